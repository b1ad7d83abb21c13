"""The quote: each line's price, promise or problem; and that nobody hears "too few" while there is enough."""

import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from haat.errors import Invalid
from haat.http.signing import MAX_TEXT_CHARS
from haat.inventory.model import Offer, StockRow
from haat.orders.fees import FlatShipping
from haat.orders.model import MAX_LINES, MAX_UNITS_PER_LINE, Wanted
from haat.orders.plan import Facts, Planned, Planning, plan
from haat.orders.tax import DatedRates
from haat.serviceability.model import NOT_SERVED
from tests.conftest import NOON_MS
from tests.orders.world import PIN, World
from tests.serviceability.worlds import GridPlaces, network_of, reach_of

REACH = reach_of(network_of(GridPlaces(), warehouses=8))
PLACE = REACH.place(PIN)
assert PLACE is not None
SERVING = [i for i, code in enumerate(REACH.column(PLACE)) if code != NOT_SERVED]


def offer(sku: str, stock: dict[int, int]) -> Offer:
    rows = [StockRow(REACH.warehouses[w], units, 0, 1) for w, units in stock.items()]
    return Offer(sku, "itm_1", "a", 100, "INR", "gst-18", True, 1, rows)


def planned(units: list[int], stocks: list[dict[int, int]], *, cash: bool = False) -> Planned:
    skus = [f"a.{i}" for i in range(len(units))]
    planning = Planning(
        wanted=[Wanted(sku, count) for sku, count in zip(skus, units, strict=True)],
        facts={sku: Facts("Thing", "", "standard", True, {}) for sku in skus},
        reach=REACH,
        pincode=PIN,
        place=PLACE,
        cash=cash,
        taxes=DatedRates(),
        fees=FlatShipping(),
        currency="INR",
    )
    return plan(planning, {sku: offer(sku, stock) for sku, stock in zip(skus, stocks, strict=True)}, NOON_MS)


stock_rows = st.dictionaries(st.integers(0, 7), st.integers(0, 6), max_size=8)


@given(st.lists(st.tuples(st.integers(1, MAX_UNITS_PER_LINE), stock_rows), min_size=1, max_size=6))
@settings(max_examples=80)
def test_a_line_is_refused_exactly_when_those_who_serve_the_place_have_too_few(
    lines: list[tuple[int, dict[int, int]]],
) -> None:
    found = planned([units for units, _ in lines], [stock for _, stock in lines])
    for look, (units, stock) in zip(found.looks, lines, strict=True):
        there = sum(count for w, count in stock.items() if w in SERVING)
        assert (look.trouble == "") == (there >= units), (look.trouble, look.detail)
        assert look.trouble in ("", "sold_out", "too_few", "not_delivered")
    assert found.ok == all(not look.trouble for look in found.looks)
    taken: dict[tuple[str, str], int] = {}
    for part in found.parts:
        key = (part.sku, part.warehouse)
        taken[key] = taken.get(key, 0) + part.units
    for look, (units, stock) in zip(found.looks, lines, strict=True):
        sku = look.wanted.sku
        assert all(taken.get((sku, w), 0) <= stock.get(i, 0) for i, w in enumerate(REACH.warehouses))
        if found.ok:
            assert sum(count for (of, _), count in taken.items() if of == sku) == units
            dates = [part.promised_on for part in found.parts if part.sku == sku]
            assert look.promised_on == max(dates)
    assert sorted(number for shipment in found.shipments for number in shipment.parts) == [p.part for p in found.parts]


async def test_a_quote_shows_price_tax_date_and_shipments(world: World) -> None:
    near, far = world.serving()[0], world.serving()[-1]
    await world.sell("a.X", {near: 3}, 20_000, tax_class="gst-5")
    await world.sell("b.Y", {far: 50}, 10_000)
    quote = await world.quotes([Wanted("a.X", 2), Wanted("b.Y", 1)], PIN)
    one, two = quote.lines
    assert (one.title, one.seller, one.units, one.price_minor, one.total_minor) == ("Thing X", "a", 2, 20_000, 40_000)
    assert (one.tax_bp, one.tax_minor, one.left, one.options) == (500, 1_905, 3, {"colour": "blue"})
    assert (two.left, two.problem, two.currency) == (None, "", "INR")
    assert (quote.totals.items_minor, quote.totals.shipping_minor, quote.totals.total_minor) == (50_000, 0, 50_000)
    assert quote.totals.tax_minor == one.tax_minor + two.tax_minor
    assert [(s.number, [(u.sku, u.units) for u in s.units]) for s in quote.shipments] == [
        (1, [("a.X", 2)]),
        (2, [("b.Y", 1)]),
    ]
    assert [s.promised_on for s in quote.shipments] == [one.promised_on, two.promised_on]
    assert quote.shipments[0].promised_on < quote.shipments[1].promised_on
    assert (quote.ok, quote.cod, quote.pincode) == (True, True, PIN)


async def test_each_problem_is_named_on_its_line(world: World) -> None:
    near = world.serving()[0]
    apart = next(w for w in world.live.reach.warehouses if w not in world.serving())
    await world.sell("a.GOOD", {near: 50})
    await world.sell("a.OFF", {near: 50}, active=False)
    await world.sell("a.GONE", {near: 0})
    await world.sell("a.FEW", {near: 2})
    await world.sell("a.APART", {apart: 50})
    await world.sell("a.SPLIT", {near: 1, apart: 50})
    await world.sell("a.MANY", {near: 50})
    units = {"a.GOOD": 1, "a.NONE": 1, "a.OFF": 1, "a.GONE": 1, "a.FEW": 3, "a.APART": 1, "a.SPLIT": 2, "a.MANY": 11}
    quote = await world.quotes([Wanted(sku, count) for sku, count in units.items()], PIN)
    assert {line.sku: (line.problem, line.left) for line in quote.lines} == {
        "a.GOOD": ("", None),
        "a.NONE": ("unknown", None),
        "a.OFF": ("not_sold", None),
        "a.GONE": ("sold_out", 0),
        "a.FEW": ("too_few", 2),
        "a.APART": ("not_delivered", None),
        "a.SPLIT": ("too_few", 1),
        "a.MANY": ("too_many", None),
    }
    assert all(line.detail for line in quote.lines if line.problem)
    assert (quote.ok, quote.token, quote.shipments) == (False, "", [])


async def test_without_a_pin_code_nothing_is_promised_and_what_is_gone_is_said(world: World) -> None:
    await world.sell("a.X", {world.serving()[0]: 3})
    await world.sell("a.GONE", {world.serving()[0]: 0})
    quote = await world.quotes([Wanted("a.X", 1), Wanted("a.GONE", 1)], None)
    assert [line.problem for line in quote.lines] == ["", "sold_out"]
    assert quote.lines[0].promised_on is None
    assert not quote.ok
    assert not (await world.quotes([], PIN)).ok


async def test_equal_skus_are_one_line(world: World) -> None:
    await world.sell("a.X", {world.serving()[0]: 3})
    quote = await world.quotes([Wanted("a.X", 2), Wanted("a.X", 2)], PIN)
    assert [(line.units, line.problem) for line in quote.lines] == [(4, "too_few")]


async def test_cash_needs_every_lane_to_take_it(world: World) -> None:
    near, *rest = world.serving()
    await world.sell("a.X", {near: 1, rest[-1]: 9})
    reach = world.live.reach

    class NoCashNear:
        """The same reach, but the near lane takes no cash."""

        def __getattr__(self, name: str) -> object:
            return getattr(reach, name)

        def takes_cash(self, place: object, ordinal: int) -> bool:
            return reach.warehouses[ordinal] != near

    world.live.reach = NoCashNear()  # type: ignore[assignment]  # quacks like the reach it wraps
    paid, cash = [await world.quotes([Wanted("a.X", 1)], PIN, method) for method in ("upi", "cod")]
    assert paid.cod
    assert cash.ok
    assert paid.lines[0].promised_on < cash.lines[0].promised_on  # type: ignore[operator]  # both are dates
    both = await world.quotes([Wanted("a.X", 10)], PIN)
    assert (both.ok, both.cod) == (True, False)
    refused = (await world.quotes([Wanted("a.X", 10)], PIN, "cod")).lines[0]
    assert refused.problem == "not_delivered"
    assert "Cash on delivery" in refused.detail


async def test_the_largest_quote_has_a_token_that_comes_back_whole(world: World) -> None:
    wanted = []
    for i in range(MAX_LINES):
        sku = f"a.{'X' * 100}{i}"
        await world.sell(sku, {world.serving()[0]: 50}, 10**12)
        wanted.append(Wanted(sku, 10))
    quote = await world.quotes(wanted, PIN)
    assert quote.ok
    assert len(quote.token) < MAX_TEXT_CHARS
    seen = world.quotes.seen(quote.token)
    assert seen is not None
    assert seen.total_minor == quote.totals.total_minor == 500 * 10**12
    assert [(line.units, line.price_minor) for line in seen.lines] == [(10, 10**12)] * MAX_LINES
    assert {line.promised_on for line in seen.lines} == {quote.lines[0].promised_on}
    assert world.quotes.seen(quote.token[:-4] + "AAAA") is None


async def test_a_quote_cannot_be_asked_with_what_cannot_be(world: World) -> None:
    for wanted, pin in (
        ([Wanted("a.X", 0)], PIN),
        ([Wanted("a.X", -1)], PIN),
        ([Wanted("", 1)], PIN),
        ([Wanted("a.X" + "x" * 200, 1)], PIN),
        ([Wanted(f"a.{i}", 1) for i in range(MAX_LINES + 1)], PIN),
        ([Wanted("a.X", 1)], "12"),
    ):
        with pytest.raises(Invalid):
            await world.quotes(wanted, pin)


async def test_a_tax_that_changed_is_the_one_of_the_orders_moment(world: World) -> None:
    await world.sell("a.X", {world.serving()[0]: 5}, 10_000, tax_class="gst-12")
    reform = datetime.datetime(2025, 9, 22, tzinfo=datetime.timezone(datetime.timedelta(hours=5, minutes=30)))
    found = []
    for moment in (reform - datetime.timedelta(seconds=1), reform):
        world.clock.set(round(moment.timestamp() * 1000))
        found.append((await world.quotes([Wanted("a.X", 1)], None)).lines[0].tax_bp)
    assert found == [1_200, 500]
