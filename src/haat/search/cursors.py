"""Where a listing goes on: (snapshot, position, search), and what to stand behind if the snapshot is gone."""

from hashlib import blake2b
from typing import Final

import msgspec

from haat.errors import Malformed, Problem
from haat.search.model import SearchRequest
from haat.search.ports import OpenCursor, Sign


class Cursor(msgspec.Struct, frozen=True, array_like=True):
    """The payload of an opaque cursor."""

    view: str  # the snapshot's name
    search: int  # hash of what was asked: a cursor of another search is refused
    route: int  # hash of the delivery clauses: they change with the matrix and at each pickup
    position: int  # hits before the next one, in that snapshot's order
    base: int | None  # the sort key the order begins behind, if it was restarted once
    key: int | None  # sort key of the last hit seen
    score: float | None  # relevance of the last hit seen
    ordinal: int  # the last hit itself


_ENCODER: Final = msgspec.msgpack.Encoder()
_DECODER: Final = msgspec.msgpack.Decoder(Cursor)
_FREE: Final = ("cursor", "limit", "facets", "visitor")  # may differ from page to page


def fingerprint(asked: object) -> int:
    """A 63-bit name of a question, the same in every process."""
    return int.from_bytes(blake2b(_ENCODER.encode(asked), digest_size=8).digest(), "big") >> 1


def search_of(request: SearchRequest) -> int:
    """The fingerprint of all that must be the same on every page."""
    parts = [getattr(request, name) for name in request.__struct_fields__ if name not in _FREE]
    return fingerprint(parts)


def open_cursor(text: str, request: SearchRequest, opened: OpenCursor) -> Cursor:
    """The cursor of a request. Raises: Malformed when it is not ours, or belongs to another search."""
    try:
        cursor = _DECODER.decode(opened(text))
    except msgspec.DecodeError:  # signed by us for something else, or by an older release
        cursor = None
    if cursor is None or cursor.search != search_of(request):
        detail = "This cursor belongs to another search. Begin again without it."
        raise Malformed(problems=[Problem("cursor", detail)])
    return cursor


def write_cursor(cursor: Cursor, sign: Sign) -> str:
    """The cursor as text."""
    return sign(_ENCODER.encode(cursor))
