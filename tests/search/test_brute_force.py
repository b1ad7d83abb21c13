"""Hits, totals, facets, dates and what is out of reach, against looking at every item: on made-up markets."""

import dataclasses
import datetime
import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from msgspec.structs import replace

from haat.search.model import SORTS, FacetValue, SearchPage, SearchRequest
from haat.serviceability.reach import Reach
from haat.vocabulary import SHIPPING_CLASSES, ShippingClass
from tests.conftest import ManualClock
from tests.search import brute
from tests.search.world import BRANDS, CATEGORIES, COLOURS, WORDS, Search, open_search, random_market
from tests.serviceability.worlds import GridPlaces, ms, promises_of

pytestmark = pytest.mark.long

HOLIDAYS = {"": {datetime.date(2026, 12, 25)}, "Karnataka": {datetime.date(2026, 12, 1)}}
MOMENTS = [
    f"{day} {hour}"
    for day in ("2026-11-25", "2026-11-29", "2026-12-24", "2026-12-25", "2026-11-30")  # Wed, Sun, eve, holiday, Mon
    for hour in ("00:00", "11:59:59", "12:00", "14:59", "15:00", "17:59", "18:00", "20:59", "21:00", "23:59")
]
PINCODES = [p.pincode for p in GridPlaces().pincodes()]


def random_request(chance: random.Random) -> SearchRequest:
    words = chance.choices([*WORDS, "tnet", "lamps", "nothingness", "89000000042", "M-71"], k=chance.randint(0, 3))
    attributes: dict[str, tuple[str, ...]] = {}
    if chance.random() < 0.3:
        attributes["colour"] = tuple(chance.sample(COLOURS, chance.randint(1, 2)))
    if chance.random() < 0.2:
        attributes["weight"] = (chance.choice(["..10", "10..<20", "5..60.5", "20.."]),)
    if chance.random() < 0.15:
        attributes["wifi"] = (chance.choice(["true", "false"]),)
    if chance.random() < 0.15:
        attributes["mixed"] = (chance.choice(["7", "seven", "-5..0", "8.5"]),)
    if chance.random() < 0.1:
        attributes["capacity"] = ("45", "45.5")
    pincode = chance.choice([None, *chance.choices(PINCODES, k=6), "999999"])
    day = f"2026-1{chance.choice(['1-26', '1-30', '2-02', '2-05', '0-01', '2-26'])}"
    low = chance.randrange(0, 200_000)
    limited = chance.random() < 0.25
    return SearchRequest(
        q=" ".join(words),
        category=chance.choice([None, None, *CATEGORIES, "nowhere"]),
        brands=tuple(chance.sample(BRANDS, chance.choice([0, 0, 0, 1, 2]))),
        price_min_minor=low if limited else None,
        price_max_minor=low + chance.randrange(0, 200_000) if limited and chance.random() < 0.6 else None,
        attributes=attributes,
        in_stock=chance.random() < 0.8,
        pincode=pincode,
        deliver_by=day if pincode and chance.random() < 0.3 else None,
        sort=chance.choice(SORTS if pincode else SORTS[:-1]),
        limit=100,
    )


async def everything(search: Search, request: SearchRequest) -> tuple[SearchPage, list[str]]:
    """The first page, and the ids of all pages."""
    first = page = await search.find(request)
    ids = [hit.item_id for hit in page.hits]
    while page.next:
        page = await search.find(replace(request, cursor=page.next))
        assert not page.restarted
        assert page.total == first.total
        ids += [hit.item_id for hit in page.hits]
    return first, ids


class Judge:
    """Compares one search with the truth."""

    def __init__(self, search: Search) -> None:
        self.search = search
        self.facts = brute.facts(search.market)

    def truth(self, request: SearchRequest, now_ms: int, without: str = "") -> brute.Answer:
        text = self.search.lexicon.current
        parsed = text.analyser.analyse(request.q) if request.q.strip() else None
        reach = self.search.market.serviceability.reach
        return brute.search(self.facts, request, parsed, reach, now_ms, without)

    async def check(self, request: SearchRequest, now_ms: int) -> None:
        page, ids = await everything(self.search, request)
        truth = self.truth(request, now_ms)
        assert sorted(ids) == sorted(truth.ids), request
        assert page.total == len(truth.ids)
        assert (page.unreachable.later, page.unreachable.not_delivered) == (truth.later, truth.not_delivered), request
        self.check_dates(page, truth, request, now_ms)
        if request.pincode and page.reason:
            return
        self.check_facets(page, request, now_ms)
        self.check_hits(page, request, now_ms)

    def check_dates(self, page: SearchPage, truth: brute.Answer, request: SearchRequest, now_ms: int) -> None:
        """Each count equals the total of the same search with that `deliver_by`; none is missing but far ones."""
        for value in page.facets.arrives_by:
            assert value.count == sum(n for day, n in truth.by_date.items() if day <= value.value)
            again = replace(request, deliver_by=value.value)
            assert value.count == len(self.truth(again, now_ms).ids)
        shown = {value.value for value in page.facets.arrives_by}
        if len(shown) < 8 and not page.reason:
            last = max(shown, default="")
            assert all(day <= last for day in truth.by_date), (truth.by_date, shown)

    def check_facets(self, page: SearchPage, request: SearchRequest, now_ms: int) -> None:
        shown = self.truth(request, now_ms).facts
        depth = request.category.count(".") + 2 if request.category else 1
        below = [
            ".".join(f.category.split(".")[:depth]) for f in shown if f.category and f.category.count(".") + 1 >= depth
        ]
        assert counts(page.facets.category) == count_of(below)
        for value in page.facets.category:
            assert value.label == CATEGORIES[value.value]
        brands = self.truth(request, now_ms, without="brand").facts
        expected = count_of([f.brand for f in brands if f.brand])
        assert {k: v for k, v in counts(page.facets.brand).items() if v} == expected
        priced = self.truth(request, now_ms, without="price").facts
        for value in page.facets.price:
            assert value.min is not None
            assert value.max is not None
            assert value.count == sum(any(value.min <= p <= value.max for p in f.prices) for f in priced)
        in_bands = [p for f in priced for p in f.prices]
        assert all(any(v.min <= p <= v.max for v in page.facets.price) for p in in_bands)  # type: ignore[operator]
        for facet in page.facets.attributes:
            self.check_attribute(facet.name, facet.kind, facet.values, request, now_ms)

    def check_attribute(
        self, name: str, kind: str, values: Sequence[FacetValue], request: SearchRequest, now_ms: int
    ) -> None:
        shown = self.truth(request, now_ms, without=name).facts
        for value in values:
            if kind == "number":
                expected = sum(brute.chosen(f, name, (value.value,)) and bool(f.numbers.get(name)) for f in shown)
            else:
                expected = sum(value.value in f.texts.get(name, set()) for f in shown)
            assert value.count == expected, (name, value)
        if kind != "number":
            assert {v for f in shown for v in f.texts.get(name, set())} == {v.value for v in values}
        chosen = request.attributes.get(name, ())
        assert [v.value for v in values if v.selected] == [
            v.value for v in values if v.value in chosen
        ] or kind == "number"

    def check_hits(self, page: SearchPage, request: SearchRequest, now_ms: int) -> None:
        reach = self.search.market.serviceability.reach
        place = reach.place(request.pincode) if request.pincode else None
        by_id = {f.id: f for f in self.facts}
        for hit in page.hits:
            fact = by_id[hit.item_id]
            assert hit.price is None or hit.price.minor in fact.prices or not fact.stocked
            assert (hit.stock_hint == "out_of_stock") == (not fact.stocked)
            if place is None:
                assert hit.eta is None
                assert hit.deliverable is None
                continue
            soonest = brute.arrival(fact, reach, place, now_ms)
            assert hit.deliverable == (soonest is not None)
            assert hit.eta is None or hit.eta >= str(soonest)
            if request.deliver_by:
                assert hit.eta is not None
                assert hit.eta <= request.deliver_by
            if hit.variants == 1 and fact.stocked:
                assert hit.eta == (str(soonest) if soonest else None)
        self.check_order(page, request)

    def check_order(self, page: SearchPage, request: SearchRequest) -> None:
        by_id = {f.id: f for f in self.facts}
        lowest = [min(by_id[h.item_id].prices, default=None) for h in page.hits]
        priced = [p for p in lowest if p is not None]
        if request.sort in ("price", "price_desc"):
            assert lowest[: len(priced)] == priced  # those without a price come last
            assert priced == sorted(priced, reverse=request.sort == "price_desc")
        if request.sort == "fastest":
            place = self.search.market.serviceability.reach.place(request.pincode or "")
            assert place is not None
            reach, now_ms = self.search.market.serviceability.reach, self.search.clock.now_ms()
            days = [str(brute.arrival(by_id[h.item_id], reach, place, now_ms)) for h in page.hits]
            assert days == sorted(days)


def counts(values: Sequence[FacetValue]) -> dict[str, int]:
    return {value.value: value.count for value in values}


def count_of(values: Sequence[str]) -> dict[str, int]:
    return {value: values.count(value) for value in values}


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
async def test_a_thousand_searches_equal_brute_force(tmp_path: Path, clock: ManualClock, seed: int) -> None:
    chance = random.Random(seed)
    market = random_market(seed, 110, promises=promises_of(HOLIDAYS))
    search = await open_search(market, tmp_path, clock)
    await search.load()
    judge = Judge(search)
    for _ in range(250):
        now_ms = ms(chance.choice(MOMENTS))
        clock.set(now_ms)
        await judge.check(random_request(chance), now_ms)
    await search.index.close()


def with_changes(chance: random.Random, reach: Reach) -> Reach:
    """Another matrix: some lanes gone, some slower, some new."""
    cells = {name: table.copy() for name, table in reach.codes.items()}
    for table in cells.values():
        for _ in range(6):
            row, hub = chance.randrange(table.shape[0]), chance.randrange(table.shape[1])
            table[row, hub] = chance.choice([255, 255, 8, 20, int(table[row, hub])])
        if chance.random() < 0.5:
            table[chance.randrange(table.shape[0])] = 255
    return changed_reach(reach, cells)


def changed_reach(reach: Reach, codes: dict[ShippingClass, npt.NDArray[np.uint8]]) -> Reach:
    """The same country with other arrival codes, one generation later."""
    network = replace(reach.network, generation=reach.generation + 1)
    cells = dataclasses.replace(reach.cells, codes=tuple(codes[name] for name in SHIPPING_CLASSES))
    return Reach(network, cells, reach.pins, reach.promises)


async def test_lane_changes_are_exact_at_once_while_and_after_reindexing(tmp_path: Path, clock: ManualClock) -> None:
    chance = random.Random(9)
    market = random_market(9, 100)
    search = await open_search(market, tmp_path, clock)
    await search.load()
    now_ms = clock.now_ms()
    for _ in range(6):
        market.serviceability.reach = with_changes(chance, market.serviceability.reach)
        for phase in ("before", "mixed", "after"):
            if phase == "mixed":  # some documents are written from the new matrix, the rest still say the old one
                await search.indexer.update(chance.sample(sorted(market.documents), 40), anyway=True)
                await search.indexer.commit()
            if phase == "after":
                await search.indexer.settle()
                coverage = search.index.view().coverage
                assert coverage.generation == market.serviceability.reach.generation
                assert not coverage.unsettled.any()
            judge = Judge(search)
            for _ in range(6):
                await judge.check(random_request(chance), now_ms)
    await search.index.close()


async def test_stock_that_sells_out_hides_and_comes_back(tmp_path: Path, clock: ManualClock) -> None:
    market = random_market(5)
    search = await open_search(market, tmp_path, clock)
    await search.load()
    before = (await search(limit=100)).total
    stocked = [f for f in brute.facts(market) if f.stocked]
    gone = stocked[:20]
    kept = {f.id: [(row, row.free) for o in market.offers[f.id] for row in o.stock] for f in gone}
    for fact in gone:
        for row, _ in kept[fact.id]:
            row.free, row.version = 0, row.version + 1
    await search.indexer.update([f.id for f in gone])
    await search.indexer.commit()
    assert (await search(limit=100)).total == before - 20
    assert (await search(limit=100, in_stock=False)).total == len(brute.facts(market))
    for fact in gone:
        for row, free in kept[fact.id]:
            row.free, row.version = free, row.version + 1
    await search.indexer.update([f.id for f in gone])
    await search.indexer.commit()
    assert (await search(limit=100)).total == before
    await search.index.close()
