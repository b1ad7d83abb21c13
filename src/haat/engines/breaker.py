"""A circuit breaker: when an engine is gone, callers hear so at once instead of each waiting for its time-out.

Closed: calls pass. After `failures` calls in a row that failed it is open: calls are refused. After `pause_s` one call
may try; if it works the breaker is closed again, else open for another pause.
Source: M. Nygard, "Release It!", 2nd edition, section 5.2.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from haat.errors import Unavailable
from haat.vocabulary import Clock

FAILURES: Final = 3
PAUSE_S: Final = 1.0


class Breaker:
    """Counts the failures of one engine. Belongs to one event loop."""

    def __init__(self, clock: Clock, problem: str, *, failures: int = FAILURES, pause_s: float = PAUSE_S) -> None:
        self._clock = clock
        self._problem = problem  # what callers are told while it is open
        self._most = failures
        self._pause_s = pause_s
        self._failed = 0  # in a row
        self._opened_s = 0.0
        self._trying = False

    @property
    def is_open(self) -> bool:
        """Whether a call would be refused now."""
        return self._failed >= self._most and (self._trying or self._left_s() > 0)

    @contextmanager
    def __call__(self) -> Iterator[None]:
        """Around one call of the engine. What is raised inside as Unavailable counts as a failure of the engine;
        anything else, a cancelled call for one, says nothing about it.

        Raises: Unavailable at once while it is open.
        """
        if self.is_open:
            raise Unavailable(self._problem)
        trial = self._failed >= self._most
        self._trying = trial
        try:
            yield
        except Unavailable:
            self._failed += 1
            if self._failed >= self._most:
                self._opened_s = self._clock.monotonic_s()
            raise
        else:
            self._failed = 0
        finally:
            if trial:
                self._trying = False

    def _left_s(self) -> float:
        return self._opened_s + self._pause_s - self._clock.monotonic_s()
