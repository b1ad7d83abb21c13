"""What a part of a shop is, and its canonical lines.

A line is a JSON array of one row's values, in the order of its columns, and a newline. Bytes are text there: `t:` and
themselves when they are UTF-8, else `b:` and Base64 (RFC 4648). So equal rows are equal lines, and nothing is lost.
"""

import hashlib
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator, Sequence
from typing import Any, Final, NamedTuple, Protocol

import msgspec

PAGE_ROWS: Final = 500  # read or written at once
Values = Sequence[Any]
Pages = AsyncIterator[Sequence[Values]]
"""Rows as JSON values, page after page, in the part's order."""

_ENCODER: Final = msgspec.json.Encoder()


class Part(Protocol):
    """One part of a shop, on its engine."""

    @property
    def name(self) -> str:
        """Under which it is exported: `orders.stock`."""

    @property
    def columns(self) -> Sequence[str]:
        """What the values of a row are, in their order."""

    def rows(self) -> Pages:
        """All of it, in an order that every engine gives. Raises: Unavailable."""

    async def bring(self, pages: Pages) -> None:
        """Write all of it, where nothing is yet. Raises: Unavailable, Conflict."""

    async def count(self) -> int:
        """How much of its own is there, as far as it is cheap to tell: 0 is nothing. Raises: Unavailable."""


class Content(NamedTuple):
    """How much a part holds, and its hash."""

    rows: int
    sha256: str


class Counted:
    """Rows and hash of lines that went by."""

    def __init__(self) -> None:
        self._rows = 0
        self._hash = hashlib.sha256()

    def take(self, lines: Sequence[bytes]) -> None:
        """Lines go by."""
        self._rows += len(lines)
        self._hash.update(b"".join(lines))

    @property
    def content(self) -> Content:
        """What went by until now."""
        return Content(self._rows, self._hash.hexdigest())


def lines_of(page: Sequence[Values]) -> list[bytes]:
    """The canonical lines of rows."""
    return [_ENCODER.encode(values) + b"\n" for values in page]


def text_of(content: bytes) -> str:
    """Bytes as they stand in a line."""
    try:
        return "t:" + content.decode()
    except UnicodeDecodeError:
        return "b:" + b64encode(content).decode()


def bytes_of(text: str) -> bytes:
    """What `text_of` made the text of."""
    return text[2:].encode() if text.startswith("t:") else b64decode(text[2:])


async def content_of(part: Part) -> Content:
    """Rows and hash of a part as it is now. Raises: Unavailable."""
    counted = Counted()
    async for page in part.rows():
        counted.take(lines_of(page))
    return counted.content
