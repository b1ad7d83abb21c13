"""One immutable snapshot of a tantivy index."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray
from tantivy import DocAddress, Order, Query, Searcher

from haat.search.adapters.tantivy_errors import translated
from haat.search.adapters.tantivy_query import Compiler
from haat.search.adapters.tantivy_schema import joined
from haat.search.adapters.tantivy_tally import Tallier
from haat.search.coverage import Coverage
from haat.search.index import Ask, Clause, Found, Key, Label, Stored, Tally, Window

_FIELDS: Final[Mapping[Key, str]] = {
    "price": "price_key",
    "price_desc": "price_desc_key",
    "newest": "newest_key",
    "rating": "rating_key",
}


_STORED: Final = 2_000  # stored parts at hand per searcher, half a kB each


class StoredHits:
    """Reads stored parts of one searcher's documents; those read last are at hand: most listings share some."""

    def __init__(self, searcher: Searcher) -> None:
        self._searcher = searcher
        self._read: dict[tuple[int, int], bytes] = {}

    def __call__(self, address: DocAddress) -> bytes:
        """What the entry gave as `hit`. Cost: 3 µs, or 0.3."""
        key = (address.segment_ord, address.doc)
        found = self._read.get(key)
        if found is None:
            if len(self._read) >= _STORED:
                self._read.clear()
            found = self._read[key] = self._searcher.doc(address).get_first("hit") or b""
        return found


class RankedHits:
    """Hits by address; their stored part is read when it is asked for."""

    __slots__ = ("_addresses", "_ordinals", "_searcher", "_stored", "keys", "scores")

    def __init__(
        self,
        searcher: Searcher,
        stored: StoredHits,
        found: Sequence[tuple[float, DocAddress]],
        *,
        by_key: bool,
    ) -> None:
        self._searcher = searcher
        self._stored = stored
        self._addresses = [address for _, address in found]
        self._ordinals: NDArray[np.int64] | None = None
        self.keys: Sequence[int] = [int(key) for key, _ in found] if by_key else ()
        self.scores: NDArray[np.float64] = (
            np.zeros(len(found)) if by_key else np.array([score for score, _ in found], np.float64)
        )

    @property
    def ordinals(self) -> NDArray[np.int64]:
        """The items' small numbers. Cost: 30 µs for 100, once."""
        if self._ordinals is None:
            values = self._searcher.fast_field_values("ordinal", self._addresses) if self._addresses else []
            self._ordinals = np.array(values, np.int64)
        return self._ordinals

    def stored(self, places: Sequence[int]) -> Sequence[bytes]:
        """What the entries gave as `hit`."""
        with translated("The item index could not read stored hits."):
            return [self._stored(self._addresses[place]) for place in places]


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class TantivyView:
    """See the port. All calls are synchronous inside: they take about a millisecond and hold the interpreter's lock."""

    name: str
    searcher: Searcher
    compiler: Compiler
    tallier: Tallier
    stored: StoredHits
    coverage: Coverage
    labels: Mapping[str, Label]

    @property
    def items(self) -> int:
        """Documents in it."""
        return self.searcher.num_docs

    def label(self, name: str) -> Label | None:
        """How a category or attribute is called."""
        return self.labels.get(name)

    async def find(self, ask: Ask, window: Window, *, tally: bool = True) -> Found:
        """See the port."""
        with translated("The item index could not answer."):
            counts = self.tallier.tally(ask) if tally else Tally(total=-1)
            nothing = counts.total == 0
            hits = [] if nothing or window.limit == 0 else self._hits(ask, window)
            return Found(counts, RankedHits(self.searcher, self.stored, hits, by_key=ask.key != "score"))

    def of_items(self, ids: Sequence[str]) -> dict[str, Stored]:
        """What is kept of each item that is there. The column of documents can only be read by an aggregation."""
        with translated("The item index could not read stored items."):
            query = self.compiler.items(ids)
            addresses = [address for _, address in self.searcher.search(query, len(ids), count=False).hits]
            if not addresses:
                return {}
            column = {"size": len(addresses), "sort": [{"ordinal": "asc"}], "docvalue_fields": ["ordinal", "document"]}
            rows = self.searcher.aggregate(query, {"items": {"top_hits": column}})["items"]["hits"]
            fields = [row["docvalue_fields"] for row in rows]
            documents = {int(one["ordinal"][0]): joined(one["document"]) for one in fields}
            ordinals = self.searcher.fast_field_values("ordinal", addresses)
            found = {}
            for address, ordinal in zip(addresses, ordinals, strict=True):
                assert ordinal is not None
                kept = self.searcher.doc(address)
                found[str(kept.get_first("id"))] = Stored(
                    kept.get_first("hit") or b"", documents.get(int(ordinal), b"")
                )
            return found

    def _hits(self, ask: Ask, window: Window) -> Sequence[tuple[float, DocAddress]]:
        query = self.compiler.visible(ask, scored=ask.key == "score")
        if ask.tiers:
            return self._by_tier(query, ask, window)
        return self._search(query, ask.key, window.offset, window.limit, window.behind)

    def _by_tier(self, query: Query, ask: Ask, window: Window) -> Sequence[tuple[float, DocAddress]]:
        """The tiers one after the other; whole tiers before the window are only counted."""
        found: list[tuple[float, DocAddress]] = []
        skip = window.offset
        steps: list[tuple[Clause | None, Clause | None]] = [(None, None), *((tier, tier) for tier in ask.tiers)]
        for (_, but), (clause, _) in pairwise([*steps, (None, None)]):
            inside = self.compiler.narrowed(query, clause, but)
            if skip:
                size = self.tallier.total(inside)
                if size <= skip:
                    skip -= size
                    continue
            found += self._search(inside, ask.key, skip, window.limit - len(found), None)
            skip = 0
            if len(found) >= window.limit:
                break
        return found

    def _search(
        self, query: Query, key: Key, offset: int, limit: int, behind: int | None
    ) -> Sequence[tuple[float, DocAddress]]:
        if key == "score":
            return self.searcher.search(query, limit, count=False, offset=offset).hits
        field = _FIELDS[key]
        if behind is not None:
            query = self.compiler.behind(query, field, behind)
        found = self.searcher.search(query, limit, count=False, offset=offset, order_by_field=field, order=Order.Asc)
        return found.hits
