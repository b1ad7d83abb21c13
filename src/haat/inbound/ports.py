"""What inbound needs from others, in its own words; app.py joins them."""

from collections.abc import AsyncIterable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Protocol


class Sellers(Protocol):
    """Who may send feeds."""

    async def exists(self, code: str) -> bool:
        """Whether a seller with this code is known. Raises: Unavailable."""

    async def create(self, code: str, name: str) -> None:
        """Make a seller; does nothing when there is one. For the command line only. Raises: Invalid, Unavailable."""


class Warehouses(Protocol):
    """Where a seller may put stock."""

    async def of(self, seller: str) -> Mapping[str, str]:
        """Warehouse code → whs_ id, all that this seller may use. Raises: Unavailable."""


class AttributeSpec(Protocol):
    """One attribute of a category's schema, inherited ones included."""

    @property
    def name(self) -> str:
        """snake_case."""

    @property
    def kind(self) -> str:
        """text, number, boolean, enum or multi."""

    @property
    def required(self) -> bool:
        """Whether each active item must have it."""

    @property
    def unit(self) -> str | None:
        """Unit of a number."""

    @property
    def values(self) -> Collection[str]:
        """What an enum or multi may hold; empty: anything."""


class CategorySchemas(Protocol):
    """The attribute schemas of categories."""

    async def __call__(self, category_ids: Sequence[str]) -> Mapping[str, Sequence[AttributeSpec]]:
        """Schemas by category id; a category that does not exist is left out. One round trip. Raises: Unavailable."""


class Stored(Protocol):
    """A raw file that was stored."""

    @property
    def digest(self) -> str:
        """SHA-256, hex."""

    @property
    def size_bytes(self) -> int:
        """Length."""


class RawFiles(Protocol):
    """Where raw feed files are kept, by content. Satisfied by `haat.engines.blobs`."""

    async def put(self, chunks: AsyncIterable[bytes], max_bytes: int) -> Stored:
        """Store a stream; equal content is stored once. Raises: TooLarge (nothing kept), Unavailable."""

    async def local(self, digest: str) -> Path:
        """A file of this process's disk with that content. Raises: NotFound, Unavailable."""
