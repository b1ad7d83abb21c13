"""What a visitor is told: one PIN code, and a quote of several lines."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from haat.errors import Invalid
from haat.serviceability.ask import AskPincode
from haat.serviceability.live import Serviceability
from haat.serviceability.model import Lane, PinRule, Place
from haat.serviceability.quote import AskQuote, Quoted, StockAtHand, Wanted, quote_lines
from haat.vocabulary import ShippingClass
from tests.conftest import ManualClock
from tests.serviceability.conftest import Shop
from tests.serviceability.worlds import GridPlaces, ms, network_of, reach_of

REACH = reach_of(network_of(GridPlaces(), warehouses=16))


@dataclass(frozen=True)
class Row:
    sku: str
    warehouse: str
    free: int
    shipping_class: ShippingClass = "standard"


class HandStock:
    def __init__(self, *rows: Row) -> None:
        self.rows = list(rows)
        self.calls = 0

    async def __call__(self, skus: Sequence[str]) -> Sequence[Row]:
        self.calls += 1
        return [row for row in self.rows if row.sku in skus]


@dataclass
class Market:
    """A place that several warehouses serve, and one that does not."""

    live: Serviceability
    stock: HandStock
    quote: AskQuote
    place: Place
    serving: list[int]  # ordinals, the earliest first
    not_serving: int

    def id(self, ordinal: int) -> str:
        return self.live.reach.warehouses[ordinal]

    async def one(self, sku: str, quantity: int = 1) -> Quoted:
        return (await self.quote(self.place.pincode, [Wanted(sku, quantity)])).lines[0]

    def date(self, ordinal: int) -> datetime.date | None:
        reach = self.live.reach
        return reach.dates(self.place, ms("2026-11-23 09:00"))[reach.column(self.place)[ordinal]]


@pytest.fixture
async def market(shop: Shop, clock: ManualClock) -> Market:
    live = await shop.filled(16)
    clock.set(ms("2026-11-23 09:00"))
    for number in range(110_001, 110_145):
        place = live.reach.place(str(number))
        if place is None or place.refuses:
            continue
        column = live.reach.column(place)
        serving = sorted((w for w in range(16) if column[w] != 255), key=lambda w: (column[w], w))
        if len(serving) >= 4 and len(serving) < 16 and column[serving[0]] < column[serving[-1]] - 4:
            lost = next(w for w in range(16) if column[w] == 255)
            stock = HandStock()
            return Market(live, stock, AskQuote(live, stock, clock), place, serving, lost)
    raise AssertionError("the test's world is too small")


async def test_one_unit_comes_from_the_earliest_warehouse_that_has_it(market: Market) -> None:
    first, second, third = market.serving[:3]
    market.stock.rows = [Row("a.x", market.id(w), 5) for w in (third, second, market.not_serving)]
    line = await market.one("a.x")
    promise = market.live.reach.best(market.place, [third, second], "standard", ms("2026-11-23 09:00"))
    assert promise is not None
    assert (line.deliverable, line.date, line.cod, line.warehouses) == (True, promise.date, promise.cod, 2)
    assert [(part.warehouse, part.quantity) for part in line.parts] == [(second, 1)]
    market.stock.rows.append(Row("a.x", market.id(first), 1))
    assert (await market.one("a.x")).date == market.date(first)


async def test_more_units_come_from_one_warehouse_if_one_has_them(market: Market) -> None:
    first, last = market.serving[0], market.serving[-1]
    market.stock.rows = [Row("a.x", market.id(first), 2), Row("a.x", market.id(last), 9)]
    line = await market.one("a.x", 3)
    assert [(part.warehouse, part.quantity) for part in line.parts] == [(last, 3)]
    assert (line.date, line.warehouses) == (market.date(last), 2)


async def test_else_from_the_fewest_and_arrive_with_the_last_part(market: Market) -> None:
    a, b, c, *_, z = market.serving
    market.stock.rows = [Row("a.x", market.id(w), free) for w, free in ((a, 1), (b, 2), (c, 2), (z, 4))]
    line = await market.one("a.x", 6)
    assert [(part.warehouse, part.quantity) for part in line.parts] == [(z, 4), (b, 2)]
    assert line.date == max(d for d in (market.date(z), market.date(b)) if d)
    assert line.deliverable


async def test_every_reason_is_given_in_words(market: Market, shop: Shop) -> None:
    first, pin = market.serving[0], market.place.pincode
    market.stock.rows = [
        Row("a.gone", market.id(first), 0),
        Row("a.few", market.id(first), 2),
        Row("a.far", market.id(market.not_serving), 9),
        Row("a.acid", market.id(first), 9, "hazardous"),
        Row("a.lost", "whs_unknown", 9),
    ]
    hub = market.live.reach.network.hubs[market.place.hub].code
    await shop.store.save(Lane(origin=market.id(first), hub=hub, hazardous=False), 0)
    await market.live.refresh()
    skus = ("a.gone", "a.few", "a.far", "a.acid", "a.lost", "a.none")
    quote = await market.quote(pin, [Wanted(sku, 3) for sku in skus])
    assert [line.reason for line in quote.lines] == [
        "no_stock",
        "no_stock",
        "no_lane",
        "refused_class",
        "no_stock",
        "no_stock",
    ]
    assert all(line.detail and not line.deliverable and line.date is None for line in quote.lines)
    assert "2" in quote.lines[1].detail
    assert "hazardous" in quote.lines[3].detail
    assert market.stock.calls == 1
    await shop.store.save(PinRule(pincode=pin, refuses=("hazardous",)), 0)
    await market.live.refresh()
    assert (await market.one("a.acid")).reason == "refused_class"
    await shop.store.save(PinRule(pincode=pin, served=False), 1)
    await market.live.refresh()
    refused = await market.one("a.few")
    assert (refused.reason, refused.detail) == ("not_served", f"We do not deliver to {pin} at the moment.")


async def test_wrong_lines_are_all_named(market: Market) -> None:
    with pytest.raises(Invalid) as caught:
        await market.quote(market.place.pincode, [Wanted("a", 1), Wanted("a", 2), Wanted("b", 0)])
    assert [problem.pointer for problem in caught.value.problems] == ["#/lines/1/sku", "#/lines/2/quantity"]
    with pytest.raises(Invalid):
        await market.quote("012345", [Wanted("a", 1)])


async def test_a_pin_code_is_answered_with_its_best_date(market: Market, shop: Shop, clock: ManualClock) -> None:
    ask, place = AskPincode(market.live, clock), market.place
    view = await ask(place.pincode)
    assert (view.served, view.warehouses, view.earliest) == (True, len(market.serving), market.date(market.serving[0]))
    assert (view.city, view.state, view.hub, view.detail) == (place.city, place.state, place.hub_name, "")
    for pin, reason in (("999999", "unknown_pincode"), ("110023", "no_delivery_office"), ("110062", "place_not_known")):
        told = await ask(pin)
        assert (told.served, told.reason, told.earliest, told.warehouses) == (False, reason, None, 0)
        assert pin in told.detail
    with pytest.raises(Invalid):
        await ask("5600")
    hub = market.live.reach.network.hubs[place.hub]
    await shop.store.save(msgspec.structs.replace(hub, active=False), 1)
    await market.live.refresh()
    cut_off = await ask(place.pincode)
    assert (cut_off.served, cut_off.reason, cut_off.cod) == (False, "no_lane", False)


@given(
    st.lists(st.tuples(st.integers(0, 15), st.integers(1, 4)), max_size=6, unique_by=lambda r: r[0]), st.integers(1, 9)
)
def test_a_line_is_filled_exactly_by_the_fewest_warehouses(rows: list[tuple[int, int]], quantity: int) -> None:
    place = next(p for n in range(110_001, 110_145) if (p := REACH.place(str(n))) and not p.refuses)
    now_ms = ms("2026-11-23 13:00")
    stocks = {"a.x": StockAtHand("standard", tuple(rows))}
    line = quote_lines(REACH, place, [Wanted("a.x", quantity)], stocks, now_ms)[0]
    dates, column = REACH.dates(place, now_ms), REACH.column(place)
    free = {ordinal: units for ordinal, units in rows if column[ordinal] != 255}
    assert line.deliverable == (sum(free.values()) >= quantity)
    if not line.deliverable:
        assert (line.date, line.parts) == (None, ())
        return
    assert line.warehouses == len(free)
    assert sum(part.quantity for part in line.parts) == quantity
    assert all(0 < part.quantity <= free[part.warehouse] for part in line.parts)
    assert [part.date for part in line.parts] == [dates[column[part.warehouse]] for part in line.parts]
    assert line.date == max(part.date for part in line.parts)
    fewest = next(n for n in range(1, 7) if sum(sorted(free.values(), reverse=True)[:n]) >= quantity)
    assert len({part.warehouse for part in line.parts}) == len(line.parts) == fewest
    if fewest == 1:
        whole = [ordinal for ordinal, units in free.items() if units >= quantity]
        promise = REACH.best(place, whole, "standard", now_ms)
        assert promise is not None
        assert (line.date, line.cod) == (promise.date, promise.cod)
