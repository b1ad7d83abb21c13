"""What inbound needs from others, in its own words; app.py joins them."""

from collections.abc import AsyncIterable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from haat.errors import Conflict
from haat.inbound.feed import Counts, Feed, State
from haat.inbound.model import Refusal

if TYPE_CHECKING:  # both use AttributeSpec
    from haat.inbound.decide import Speaker
    from haat.inbound.offering import Offering


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


class LeaseLost(Conflict):
    """Another worker took the feed over; this one stops reading it. Nothing of its chunk was kept."""

    code, title = "feed-taken-over", "Another worker reads this feed"


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some groups of rows, read and checked, to be committed at once."""

    since: int  # groups committed before
    groups: int
    rows: int
    bytes_read: int
    offerings: "Sequence[Offering]"
    refusals: Sequence[Refusal]
    new_ids: Sequence[str]  # an item id for each offering
    new_categories: Sequence[str]
    currency_refused: int
    pictures_left_out: int
    unplaced_stock: int
    latin1_lines: int
    encoding: str


class FeedStore(Protocol):
    """Feeds, identities and reports at rest.

    P1 a chunk's identities, events, refusals, counts and checkpoint are kept together or not at all
    P2 a chunk is kept once: its `since` must be the stored position, its holder the current one
    P3 two codes never share an item id; a code keeps its id for ever
    """

    async def add(self, feed: Feed) -> Feed:
        """Keep a feed, or answer the unfinished one with the same seller, file, format and mapping.

        Without a client's time, `as_of_ms` becomes later than any before of this seller. Raises: Unavailable.
        """

    async def get(self, feed_id: str) -> Feed | None:
        """One feed. Raises: Unavailable."""

    async def of_seller(self, seller: str, before: str, most: int) -> Sequence[Feed]:
        """A seller's feeds, newest first, from before an id ("" : the newest). Raises: Unavailable."""

    async def open_feeds(self, now_ms: int) -> Sequence[str]:
        """Ids of feeds that wait or whose worker is gone, oldest first. Raises: Unavailable."""

    async def claim(self, feed_id: str, holder: str, lease_ms: int, *, force: bool) -> Feed | None:
        """Take a feed to read it; None when it has ended, or is held (unless forced). Raises: Unavailable."""

    async def commit(self, speaker: "Speaker", chunk: Chunk, holder: str, lease_ms: int) -> Counts:
        """Keep a chunk and publish what changed; the counts after it. Raises: LeaseLost, Unavailable."""

    async def finish(self, feed_id: str, holder: str, state: State, reason: str) -> None:
        """End a feed. Raises: Unavailable."""

    async def release(self, feed_id: str, holder: str, wait_ms: int) -> None:
        """Let go of a feed, to be taken up after a while. Raises: Unavailable."""

    async def refusals(self, feed_id: str, after: int, most: int) -> Sequence[tuple[int, Refusal]]:
        """Refusals behind a position, in the order of rows, with their positions. Raises: Unavailable."""

    async def identity(self, seller: str, code: str, new_id: str) -> str:
        """The item id of a code; the new one is kept if there is none. Raises: Refused (a race), Unavailable."""


class ParkedRows(Protocol):
    """What consumers could not process, by feed."""

    async def __call__(self, feed_id: str) -> int:
        """Parked events of this feed that wait for a person. Raises: Unavailable."""
