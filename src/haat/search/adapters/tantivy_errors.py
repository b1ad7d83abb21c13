"""What tantivy raises, as the error family of a broken engine."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from haat.errors import Unavailable

_DRIVER_ERRORS: Final = (ValueError, OSError, RuntimeError)
"""Its own errors come as ValueError, files as OSError, a lost index as RuntimeError."""


@contextmanager
def translated(problem: str) -> Iterator[None]:
    """Turn the driver's errors into Unavailable. A panic in its native code arrives as a BaseException of no module."""
    try:
        yield
    except _DRIVER_ERRORS as error:
        raise Unavailable(problem) from error
    except BaseException as error:
        if type(error).__name__ == "PanicException":
            raise Unavailable(problem) from error
        raise
