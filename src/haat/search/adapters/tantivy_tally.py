"""Exact counts of a question on one searcher: total, facets, dates, and what is out of reach.

Totals come from the counts of one field that every document has exactly once: cheaper than counting hits beside
scoring them. Each walk of the matches answers as much as it can; a facet with a selection needs a walk of its own.
"""

from collections.abc import Mapping, Sequence, Set
from functools import lru_cache
from itertools import accumulate
from typing import Any, Final

from tantivy import Query, Searcher

from haat.search.adapters.facets import (
    NUMBER_BANDS,
    PRICE_BANDS,
    Counts,
    Named,
    counted,
    prices,
    ranges,
    shown,
    wanted_counts,
)
from haat.search.adapters.tantivy_query import Compiler
from haat.search.bands import from_ordered
from haat.search.index import (
    Ask,
    AttributeKind,
    ByHub,
    ByWarehouse,
    Clause,
    Delivery,
    FacetAsk,
    RawFacet,
    Tally,
)

_TOTAL: Final = {"terms": {"field": "state", "size": 3}}


def _parts(dates: Sequence[Clause]) -> list[ByHub]:
    """Cumulative clauses of one hub as the codes that each adds to the one before; none if warehouses are asked."""
    parts: list[ByHub] = []
    first = 0
    for clause in dates:
        if isinstance(clause, ByWarehouse):
            return []
        parts.append(ByHub(clause.hub, first, clause.last))
        first = clause.last + 1
    return parts


class Tallier:
    """Counts on one searcher. Answers are remembered, because a searcher never changes."""

    def __init__(self, searcher: Searcher, compiler: Compiler) -> None:
        self._searcher = searcher
        self._compiler = compiler
        self._sold: dict[Ask, int] = {}
        self._tallies: dict[Ask, Tally] = {}
        self._largest: dict[tuple[Clause, ...], int] = {}  # by the dates of a place: which had the most last time

    def tally(self, ask: Ask) -> Tally:
        """The counts. Cost: one walk of the matches; one more for attribute values, for each facet with a selection,
        for what is not delivered, and, if a date was chosen, for the dates.
        """
        ask = ask.tallied()
        known = self._tallies.get(ask)
        if known is None:
            if len(self._tallies) >= 2_000:  # a snapshot lives for seconds; some 5 MB at worst
                self._tallies.clear()
            known = self._tallies[ask] = self._count(ask)
        return known

    def total(self, query: Query) -> int:
        """How many documents match."""
        return _total(self._searcher.aggregate(query, {"total": _TOTAL}))

    def _count(self, ask: Ask) -> Tally:
        delivery = ask.delivery
        plain = delivery is not None and delivery.by is None and ask.filters.stocked  # what is seen is what reaches
        wanted: dict[str, Any] = {"total": _TOTAL}
        if ask.facets is not None:
            wanted |= wanted_counts(ask.filters, ask.facets, _terms, "level.")
        dates = self._date_aggregations(ask) if plain else {}
        seen = self._compiler.visible(ask)
        found = self._searcher.aggregate(seen, {**wanted, **dates})
        total = _total(found)
        date_counts: tuple[int, ...] = ()
        later = not_delivered = 0
        if delivery is not None:
            reached, date_counts = (total, self._dates(ask, found, total)) if plain else self._reached(ask)
            if delivery.by is not None:
                later = reached - total
            not_delivered = self._all_sold(ask) - reached if ask.unreachable else 0
        base = Tally(total=total, dates=date_counts, later=later, not_delivered=not_delivered)
        return base if ask.facets is None else self._with_facets(base, ask, ask.facets, seen, found)

    def _reached(self, ask: Ask) -> tuple[int, tuple[int, ...]]:
        found = self._searcher.aggregate(
            self._compiler.reaching(ask), {"total": _TOTAL, **self._date_aggregations(ask)}
        )
        total = _total(found)
        return total, self._dates(ask, found, total)

    def _all_sold(self, ask: Ask) -> int:
        key = Ask(words=ask.words, filters=ask.filters)
        known = self._sold.get(key)
        if known is None:
            if len(self._sold) >= 5_000:
                self._sold.clear()
            known = self._sold[key] = self.total(self._compiler.sold(ask))
        return known

    def _date_aggregations(self, ask: Ask) -> dict[str, Any]:
        """One filter a date, over the codes that are new with it: such a filter costs what the *hub* has of them. The
        date that was the largest last time is left out: it is the rest.
        """
        assert ask.delivery is not None
        rest = self._rest(ask.delivery)
        parts = enumerate(_parts(ask.delivery.dates))
        return {f"date{place}": {"filter": self._compiler.aggregation(part)} for place, part in parts if place != rest}

    def _dates(self, ask: Ask, found: Counts, reached: int) -> tuple[int, ...]:
        assert ask.delivery is not None
        dates, parts = ask.delivery.dates, _parts(ask.delivery.dates)
        if not parts:
            whole = self._compiler.reaching(ask)
            asked = ((clause, self._compiler.narrowed(whole, clause)) for clause in dates)
            return tuple(
                reached if clause == ask.delivery.reaches else self.total(narrowed) for clause, narrowed in asked
            )
        counts = [found[name]["doc_count"] if (name := f"date{place}") in found else 0 for place in range(len(parts))]
        rest = self._rest(ask.delivery)
        if rest is not None:
            counts[rest] = reached - sum(counts)
            if len(self._largest) >= 2_000:
                self._largest.clear()
            self._largest[dates] = counts.index(max(counts))
        return tuple(accumulate(counts))

    def _rest(self, delivery: Delivery) -> int | None:
        """The place of the date whose count is what the others leave; None when some come on none of the dates."""
        if not delivery.dates or delivery.dates[-1] != delivery.reaches:
            return None
        return self._largest.get(delivery.dates, len(delivery.dates) - 1)

    def _with_facets(self, base: Tally, ask: Ask, facets: FacetAsk, seen: Query, found: Counts) -> Tally:
        selected = {chosen.name for chosen in ask.filters.attributes}
        apart = dict(found)
        if ask.filters.brands:
            apart["brand"] = self._without(ask, "brand", {"brand": _terms("brand", facets.values)})["brand"]
        if ask.filters.price_min_minor is not None or ask.filters.price_max_minor is not None:
            apart["price"] = self._without(ask, "price", {"price": _terms("price_band", PRICE_BANDS)})["price"]
        names = shown(found["attributes"], facets, selected)
        counts = dict(self._searcher.aggregate(seen, _values(names, facets, but=selected)))
        for name in selected:
            own = [pair for pair in names if pair[0] == name]
            counts.update(self._without(ask, "attribute:" + name, _values(own, facets)))
        return Tally(
            total=base.total,
            dates=base.dates,
            later=base.later,
            not_delivered=base.not_delivered,
            categories=tuple(counted(apart, "category")),
            brands=tuple(counted(apart, "brand")),
            prices=prices(apart),
            attributes=tuple(_raw(name, kind, items, counts) for name, kind, items in names),
        )

    def _without(self, ask: Ask, facet: str, wanted: dict[str, Any]) -> Counts:
        if not wanted:
            return {}
        counts: Counts = self._searcher.aggregate(self._compiler.visible(ask, without=facet), wanted)
        return counts


def _terms(field: str, size: int) -> dict[str, Any]:
    """The most frequent values. `segment_size` beyond any real field makes the counts exact over segments."""
    return {"terms": {"field": field, "size": size, "segment_size": 1_000_000}}


def _values(
    names: Sequence[Named],
    facets: FacetAsk,
    but: Set[str] = frozenset(),
) -> dict[str, Any]:
    wanted: dict[str, Any] = {}
    for name, kind, _ in names:
        if name not in but:
            wanted.update(_of_attribute(name, kind, facets.values, facets.numbers))
    return wanted


@lru_cache(maxsize=4_096)
def _of_attribute(name: str, kind: AttributeKind, values: int, numbers: int) -> Mapping[str, Any]:
    if kind == "number":
        return {"n" + name: _terms("number." + name, numbers), "r" + name: _terms("band." + name, NUMBER_BANDS)}
    return {"v" + name: _terms("value." + name, values)}


def _raw(name: str, kind: AttributeKind, items: int, counts: Counts) -> RawFacet:
    if kind != "number":
        return RawFacet(name, kind, tuple(counted(counts, "v" + name)), (), items)
    numbers = tuple([(from_ordered(int(value)), count) for value, count in counted(counts, "n" + name)])
    return RawFacet(name, kind, numbers, ranges(counted(counts, "r" + name)), items)


def _total(counts: Counts) -> int:
    return sum(bucket["doc_count"] for bucket in counts["total"]["buckets"])
