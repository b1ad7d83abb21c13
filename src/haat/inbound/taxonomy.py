"""Google's product taxonomy, read from the list that Google publishes with its ids."""

import gzip
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from haat.errors import Invalid, Problem

_LINE: Final = re.compile(r"([0-9]{1,7}) - (.{1,400})")
_POINTER: Final = "#/mapping/category/google_taxonomy"
_MOST_BYTES: Final = 8 << 20  # the list of 2021 has 450 KB


def read_taxonomy(path: Path) -> Mapping[str, Sequence[str]]:
    """Names from root to leaf by Google's id, from `taxonomy-with-ids.<language>.txt`, packed by gzip or not.

    Raises: Invalid when the file is not that list.
    """
    try:
        opener = gzip.open if path.suffix == ".gz" else open
        with opener(path, "rb") as file:
            text = file.read(_MOST_BYTES).decode()
    except (OSError, UnicodeDecodeError, EOFError) as error:
        raise Invalid(problems=[Problem(_POINTER, f"It cannot be read: {error}")]) from error
    found = {m[1]: [part.strip() for part in m[2].split(" > ")] for m in map(_LINE.fullmatch, text.splitlines()) if m}
    if not found:
        raise Invalid(problems=[Problem(_POINTER, "This is not Google's list with ids.")])
    return found
