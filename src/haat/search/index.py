"""The item index port: documents in, snapshots out, and the engine-neutral words for asking a snapshot.

Promises (tests/contracts/item_index.py has a test of each name):
P1 writing the same item twice leaves one document: the number of items stays
P2 an entry older than the stored one changes nothing and is told so; an equal version is written again
P3 what was written is seen by views taken after `commit` returned, and by none taken before
P4 a view never changes: totals, facets, order and stored hits are those of one moment, however much is written later.
   An engine may let go of that moment; then asking raises `SnapshotGone`, and a new view answers
P5 hits, total, facet counts, date counts, `later` and `not_delivered` are those of filtering every entry one by one
P6 values inside one filter are OR-ed, filters are AND-ed, and a facet is counted without its own selection
P7 an exact key (sku, EAN, model) ranks before every other hit
P8 a sorted listing has one total order: walking it page by page meets every item once, `behind` goes on after a key
P9 a view whose name was handed out is found again for `keep_s`, later it is None; after a restart, or in another
   process, it is None or that very snapshot
P10 committed documents, labels and coverage survive a restart; what was written and not committed leaves nothing
   behind. Who dies inside `commit` may leave some of its entries, each whole: writing them again completes it
P11 a rebuild serves the old content until `finish` returned, then the new, with no moment without an answer, and keeps
    what was written meanwhile
P12 a broken or closed index raises `Unavailable`
P13 `stored` gives what the newest view has of an item, also of one that is gone: its hit, and the very document that
    its entry was built from; ids that were never written are missing

P4, and P9 while something is written, need snapshots; where an engine has none (docs/reference/engines.md) a view shows
what is committed now, `keep` holds nothing, and a listing goes on behind its last hit.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Final, Literal, NamedTuple, Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray

from haat.errors import Conflict, Unavailable
from haat.search.coverage import Coverage

Key = Literal["score", "price", "price_desc", "newest", "rating"]
"""How hits are ordered. All but `score` are ascending numbers stored with the item, ties broken inside the number."""

State = Literal["gone", "listed", "stocked"]
"""gone: retired or draft, found by nobody. listed: shown when asked for. stocked: has a sku that can be bought."""

AttributeKind = Literal["text", "number", "boolean"]


class Rebuilding(Conflict):
    """A rebuild of the index is running already."""

    code, title = "rebuild-running", "The index is being rebuilt already"


class SnapshotGone(Unavailable):
    """The engine no longer has this snapshot: it restarted, or kept it for its time. A new view answers."""

    code, title = "snapshot-gone", "The search server has let this listing go"


class Label(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """How a category or an attribute is called by people."""

    label: str
    unit: str = ""


class Entry(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One item as the index keeps it. Every `…_key` is ascending: smaller comes first."""

    id: str
    version: int
    state: State
    title: str = ""  # tokens joined by spaces
    text: str = ""  # weighted tokens of everything, joined by spaces
    exact: tuple[str, ...] = ()  # normalised skus, EANs and model numbers
    categories: tuple[str, ...] = ()  # ids, root to leaf
    brand: str | None = None
    seller: str = ""
    shipping_class: str = "standard"
    texts: Mapping[str, Collection[str]] = {}  # booleans are "true" and "false"
    numbers: Mapping[str, Sequence[float]] = {}
    kinds: Mapping[str, AttributeKind] = {}
    prices_minor: tuple[int, ...] = ()
    price_key: int = 0
    price_desc_key: int = 0
    newest_key: int = 0
    rating_key: int = 0
    warehouses: tuple[str, ...] = ()
    hubs: Sequence[int] = ()
    arrivals: Sequence[int] = ()  # hub * 256 + smallest arrival code
    reach_key: int = 0  # items that reach the same places get near numbers
    labels: Mapping[str, Label] = {}  # "category:<id>", "attribute:<name>"
    hit: bytes = b""  # what a hit shows, opaque to the index
    document: bytes = b""  # what the entry was built from, opaque to the index


class Held(NamedTuple):
    """What the index holds of an item. Ordinals are small, unique, and stay when the index is rebuilt."""

    version: int
    ordinal: int


class Stored(NamedTuple):
    """What the index keeps of an item beside what it is found by; either may be empty."""

    hit: bytes
    document: bytes


class Words(msgspec.Struct, frozen=True, gc=False):
    """The text asked for: OR over groups, the best variant of a group counts; `exact` matches keys.

    An item that has all groups but those `unknown` (their places) gets `coverage` on top of its score.
    """

    groups: tuple[tuple[tuple[str, float], ...], ...]
    exact: str = ""
    coverage: float = 0.0
    unknown: tuple[int, ...] = ()
    every: bool = False  # all groups must match, for callers that demand it


class AttributeFilter(msgspec.Struct, frozen=True, gc=False):
    """Any of these texts, or a number in any of these ranges (both ends included)."""

    name: str
    texts: tuple[str, ...] = ()
    ranges: tuple[tuple[float, float], ...] = ()


class Filters(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What must hold beside the text."""

    category: str | None = None
    brands: tuple[str, ...] = ()
    price_min_minor: int | None = None
    price_max_minor: int | None = None
    attributes: tuple[AttributeFilter, ...] = ()
    stocked: bool = True


class ByHub(msgspec.Struct, frozen=True, tag=True, gc=False):
    """Items whose best arrival code at a hub is from `first` to `last`. 0 to 254: whatever reaches it."""

    hub: int
    first: int = 0
    last: int = 254

    @property
    def whole(self) -> bool:
        """Whether any arrival will do."""
        return self.first == 0 and self.last >= 254


class ByWarehouse(msgspec.Struct, frozen=True, tag=True, gc=False):
    """Items of these shipping classes stocked in any of these warehouses; the sets are OR-ed. No sets: nothing."""

    sets: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = ()


Clause = ByHub | ByWarehouse


class Delivery(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Where it must arrive. `dates` are cumulative clauses, soonest first; `by` limits hits, not the date counts."""

    reaches: Clause
    refuses: tuple[str, ...] = ()  # shipping classes that this PIN code does not take
    by: Clause | None = None
    dates: tuple[Clause, ...] = ()


class FacetAsk(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Which facets to count. `attributes`: these names first; then the most frequent ones up to `most`.

    `values`: most values of a facet; `numbers`: of a number, which also comes as ranges.
    """

    attributes: tuple[str, ...] = ()
    most: int = 12
    values: int = 30
    numbers: int = 11


class Ask(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A whole question. Hashable: equal questions of one view have equal answers."""

    words: Words | None = None
    filters: Filters = Filters()
    delivery: Delivery | None = None
    facets: FacetAsk | None = None
    unreachable: bool = True  # count what is not delivered: one more walk of the matches
    key: Key = "score"
    tiers: tuple[Clause, ...] = ()  # cumulative, as `dates`: hits of the first tier come before those of the second

    def tallied(self) -> "Ask":
        """The same question without its order: what totals and facets depend on."""
        return msgspec.structs.replace(self, key="score", tiers=())


class Window(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Which hits of the order. `behind`: only those with a larger key (not for `score`)."""

    offset: int = 0
    limit: int = 24
    behind: int | None = None


class RawFacet(msgspec.Struct, frozen=True, gc=False):
    """Counts of one attribute. `values` are texts or numbers; `ranges` (low, high, count) only for numbers."""

    name: str
    kind: AttributeKind
    values: tuple[tuple[str | float, int], ...]
    ranges: tuple[tuple[float, float, int], ...] = ()
    items: int = 0  # that have the attribute at all


class Tally(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Exact counts of a question."""

    total: int
    categories: tuple[tuple[str, int], ...] = ()
    brands: tuple[tuple[str, int], ...] = ()
    prices: tuple[tuple[int, int, int], ...] = ()  # (from, to, count), minor units, both ends included
    attributes: tuple[RawFacet, ...] = ()
    dates: tuple[int, ...] = ()  # one per `delivery.dates`
    later: int = 0
    not_delivered: int = 0


class Ranked(Protocol):
    """Hits of a window, in order."""

    @property
    def scores(self) -> NDArray[np.float64]:
        """Relevance, larger is better; exact keys add `EXACT_BONUS`."""

    @property
    def keys(self) -> Sequence[int]:
        """The sort keys; empty when ordered by score."""

    @property
    def ordinals(self) -> NDArray[np.int64]:
        """The items' small numbers."""

    def stored(self, places: Sequence[int]) -> Sequence[bytes]:
        """`Entry.hit` of the hits at these places of the window. Raises: Unavailable."""


EXACT_BONUS: Final = 10_000.0


class Found(msgspec.Struct, frozen=True, gc=False):
    """The answer to an Ask."""

    tally: Tally
    ranked: Ranked


class View(Protocol):
    """One immutable snapshot of the index."""

    @property
    def name(self) -> str:
        """Names this snapshot in cursors; never used twice, not even after a restart."""

    @property
    def coverage(self) -> Coverage:
        """Which hubs' terms can be trusted, for which matrix."""

    @property
    def items(self) -> int:
        """Documents in it, those that are gone included."""

    @property
    def labels(self) -> Mapping[str, Label]:
        """All labels by name."""

    def label(self, name: str) -> Label | None:
        """The label of "category:<id>" or "attribute:<name>"."""

    async def find(self, ask: Ask, window: Window, *, tally: bool = True) -> Found:
        """Hits of the window and, unless refused, exact counts of all. Raises: Unavailable, of it SnapshotGone."""


class ItemIndex(Protocol):
    """The index. Promises in the module's docstring. One writer at a time; an embedded index is also read by its own
    process alone, one on a server by any number of them, which see a commit of another within seconds.
    """

    def view(self) -> View:
        """The newest committed snapshot. Raises: Unavailable."""

    def keep(self, view: View) -> None:
        """Keep it for cursors: `recall` finds it for some minutes."""

    def recall(self, name: str) -> View | None:
        """A kept snapshot, or None when it is gone."""

    async def write(self, entries: Sequence[Entry]) -> Sequence[int | None]:
        """Take entries for the next commit. Answers each item's ordinal, or None for an entry that was stale.

        Raises: Unavailable. Cost: about 300 CPU-µs an entry beside the event loop; on a server a round trip or two.
        """

    async def commit(self) -> None:
        """Make all that was written durable and visible. Raises: Unavailable (what was not committed is lost)."""

    async def cover(self, coverage: Coverage) -> None:
        """Replace the coverage, durably, in the newest view at once."""

    async def stocked_in(self, warehouses: Sequence[str]) -> Sequence[str]:
        """Ids of the items stocked in any of these warehouses, in the newest view."""

    async def held(self, ids: Sequence[str]) -> Mapping[str, Held]:
        """Version and ordinal of each item that is in the newest view."""

    async def stored(self, ids: Sequence[str]) -> Mapping[str, Stored]:
        """Hit and document of each item that is in the newest view.

        Raises: Unavailable. Cost: one round trip; embedded 1 CPU-ms and 0.08 an item. Meant for the items of one page.
        """

    async def rebuild(self) -> "Rebuild":
        """Commit, and begin a second, empty index beside this one. Raises: Conflict while another rebuild runs."""

    async def ping(self) -> None:
        """Return if it answers. Raises: Unavailable."""


class Rebuild(Protocol):
    """A second index under construction. Entries written to the live index meanwhile also reach it."""

    async def write(self, entries: Sequence[Entry]) -> Sequence[int | None]:
        """As `ItemIndex.write`; items keep the ordinals they had."""

    async def finish(self, coverage: Coverage) -> None:
        """Commit and put it in the live one's place. Raises: Unavailable (the live one goes on)."""

    async def abandon(self) -> None:
        """Throw it away."""
