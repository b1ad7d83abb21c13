"""Exact counts of a question as searches without hits: what to ask, and what the answers mean.

Two steps: the first also says which attributes are worth showing, the second counts their values. An index has one
shard, so counts of terms are exact.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from typing import Any, Final

from haat.search.adapters.facets import NUMBER_BANDS, PRICE_BANDS, Named, counted, prices, ranges, shown, wanted_counts
from haat.search.adapters.opensearch_query import Query, reaching, sold, visible, within
from haat.search.adapters.opensearch_schema import SEPARATOR, number_of
from haat.search.index import (
    Ask,
    AttributeKind,
    ByHub,
    ByWarehouse,
    Clause,
    FacetAsk,
    RawFacet,
    Tally,
)

Body = dict[str, Any]
Answer = Mapping[str, Any]
_SPECIAL: Final = re.compile(r"[^A-Za-z0-9_]")


def counting(query: Query, aggregations: Mapping[str, Any] | None = None) -> Body:
    """A search that counts all matches and shows none."""
    body: Body = {"query": query, "size": 0, "track_total_hits": True}
    if aggregations:
        body["aggs"] = aggregations
    return body


def total(answer: Answer) -> int:
    """How many matched."""
    return int(answer["hits"]["total"]["value"])


class Counting:
    """The counts of one question. `first` and then `second` are sent; each is answered in its order."""

    def __init__(self, ask: Ask, sold_known: int | None) -> None:
        self._ask = ask
        self._sold = sold_known
        delivery = ask.delivery
        self._plain = delivery is not None and delivery.by is None and ask.filters.stocked  # what is seen reaches
        self._first: dict[str, Body] = self._begin()
        self._names: list[Named] = []
        self._second: dict[str, Body] = {}
        self._base = Tally(total=0)
        self._found: dict[str, Any] = {}

    @property
    def first(self) -> list[Body]:
        """The first step."""
        return list(self._first.values())

    @property
    def second(self) -> list[Body]:
        """The second step, once the first is read; often empty."""
        return list(self._second.values())

    @property
    def sold(self) -> int | None:
        """How many match and are in stock, wherever they go, if that was counted."""
        return self._sold

    def read_first(self, answers: Sequence[Answer]) -> None:
        """Take the answers of the first step."""
        by_name = dict(zip(self._first, answers, strict=True))
        seen = by_name["seen"]
        for answer in by_name.values():
            self._found.update(answer.get("aggregations", {}))
        if "sold" in by_name:
            self._sold = total(by_name["sold"])
        count, delivery = total(seen), self._ask.delivery
        dates: tuple[int, ...] = ()
        later = not_delivered = 0
        if delivery is not None:
            reached = count if self._plain else total(by_name["reaching"])
            dates = self._dates(delivery.dates)
            later = reached - count if delivery.by is not None else 0
            not_delivered = (self._sold or 0) - reached if self._ask.unreachable else 0
        self._base = Tally(total=count, dates=dates, later=later, not_delivered=not_delivered)
        if self._ask.facets is not None:
            self._name(self._ask.facets)

    def read_second(self, answers: Sequence[Answer]) -> Tally:
        """Take the answers of the second step, none if there is none. The counts."""
        facets = self._ask.facets
        if facets is None:
            return self._base
        values: dict[str, Any] = {}
        for answer in answers:
            values.update(answer.get("aggregations", {}))
        return Tally(
            total=self._base.total,
            dates=self._base.dates,
            later=self._base.later,
            not_delivered=self._base.not_delivered,
            categories=tuple(counted(self._found, "category")),
            brands=tuple(counted(self._found, "brand")),
            prices=prices(self._found),
            attributes=tuple(
                _raw(f"{place}", name, kind, items, values) for place, (name, kind, items) in enumerate(self._names)
            ),
        )

    def _begin(self) -> dict[str, Body]:
        ask, filters = self._ask, self._ask.filters
        wanted: dict[str, Any] = {}
        bodies: dict[str, Body] = {}
        if ask.facets is not None:
            wanted = wanted_counts(filters, ask.facets, _terms, "level_")
            if filters.brands:
                own = {"brand": _terms("brand", ask.facets.values)}
                bodies["brand"] = counting(visible(ask, without="brand"), own)
            if filters.price_min_minor is not None or filters.price_max_minor is not None:
                own = {"price": _terms("price_band", PRICE_BANDS)}
                bodies["price"] = counting(visible(ask, without="price"), own)
        if ask.delivery is not None:
            dates = _date_aggregations(ask.delivery.dates)
            if self._plain:
                wanted |= dates
            else:
                bodies["reaching"] = counting(reaching(ask), dates)
            if ask.unreachable and self._sold is None:
                bodies["sold"] = counting(sold(ask))
        return {"seen": counting(visible(ask), wanted), **bodies}

    def _dates(self, dates: Sequence[Clause]) -> tuple[int, ...]:
        counts = [int(self._found[f"date{place}"]["doc_count"]) for place in range(len(dates))]
        return tuple(accumulate(counts)) if _by_hub(dates) else tuple(counts)

    def _name(self, facets: FacetAsk) -> None:
        """Which attributes are shown, and what has to be asked for them: one selected is counted without itself."""
        selected = {chosen.name for chosen in self._ask.filters.attributes}
        self._names = shown(self._found["attributes"], facets, selected)
        shared: dict[str, Any] = {}
        for place, (name, kind, _) in enumerate(self._names):
            wanted = _of_attribute(f"{place}", name, kind, facets.values, facets.numbers)
            if name not in selected:
                shared |= wanted
                continue
            key = "attribute:" + name
            if key in self._second:
                self._second[key]["aggs"] |= wanted
            else:
                self._second[key] = _unnumbered(visible(self._ask, without=key), wanted)
        if shared:
            self._second["shared"] = _unnumbered(visible(self._ask), shared)


def _unnumbered(query: Query, aggregations: dict[str, Any]) -> Body:
    return {"query": query, "size": 0, "track_total_hits": False, "aggs": aggregations}


def _by_hub(dates: Sequence[Clause]) -> bool:
    return not any(isinstance(clause, ByWarehouse) for clause in dates)


def _date_aggregations(dates: Sequence[Clause]) -> dict[str, Any]:
    """One filter a date. Codes of a hub are asked for in parts, each what is new with its date; sets as they are."""
    wanted: dict[str, Any] = {}
    first = 0
    apart = _by_hub(dates)
    for place, clause in enumerate(dates):
        part: Clause = clause
        if apart and isinstance(clause, ByHub):
            part, first = ByHub(clause.hub, first, clause.last), clause.last + 1
        wanted[f"date{place}"] = {"filter": within(part)}
    return wanted


def _terms(field: str, size: int) -> dict[str, Any]:
    return {"terms": {"field": field, "size": size}}


def _of_attribute(key: str, name: str, kind: AttributeKind, values: int, numbers: int) -> dict[str, Any]:
    if kind == "number":
        return {"n" + key: _below("number", name, numbers), "r" + key: _below("band", name, NUMBER_BANDS)}
    return {"v" + key: _below("value", name, values)}


def _below(field: str, name: str, size: int) -> dict[str, Any]:
    """The most frequent terms that begin with an attribute's name. Source: Lucene RegExp, whose signs are escaped."""
    pattern = _SPECIAL.sub(lambda found: "\\" + found.group(), name + SEPARATOR) + ".*"
    return {"terms": {"field": field, "size": size, "include": pattern}}


def _parted(counts: Answer, name: str) -> Iterator[tuple[str, int]]:
    """The same without the attribute's name."""
    return ((value.partition(SEPARATOR)[2], count) for value, count in counted(counts, name))


def _raw(key: str, name: str, kind: AttributeKind, items: int, counts: Answer) -> RawFacet:
    if kind != "number":
        return RawFacet(name, kind, tuple(_parted(counts, "v" + key)), (), items)
    numbers = tuple([(number_of(word), count) for word, count in _parted(counts, "n" + key)])
    return RawFacet(name, kind, numbers, ranges(_parted(counts, "r" + key)), items)
