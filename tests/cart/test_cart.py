"""The cart's use cases together: orders leave the cart, carts merge, tabs race, limits hold."""

import asyncio
from collections.abc import Mapping, Sequence

import msgspec
import pytest

from haat.cart.adapters.sql import SqlCartStore
from haat.cart.model import MAX_LINES, Basket, Cart, CartFull, StaleCart
from haat.cart.put_line import PutLine
from haat.errors import Invalid, Unavailable
from haat.events.envelope import Event
from haat.orders.model import Wanted as OrderWanted
from tests.cart.market import Market
from tests.orders.world import PIN

GUEST, USER = "crt_guest", "usr_asha"


async def stocked(market: Market, *codes: str, units: int = 20) -> None:
    for code in codes:
        await market.world.sell(f"acme.{code}", {market.world.serving()[0]: units}, 60_000)


async def units(market: Market, owner: str = GUEST) -> dict[str, int]:
    return {line.sku: line.quantity for line in (await market.lines_of(owner)).lines}


async def ordered(market: Market, owner: str = GUEST) -> list[Event]:
    """The events of an order of the whole cart."""
    basket = await market.lines_of(owner)
    lines = [OrderWanted(line.sku, line.quantity) for line in basket.lines]
    market.world.cart.carts[owner] = (basket.checkout_id, basket.version, lines)
    await market.world.order(None, owner=owner, checkout_id=basket.checkout_id)
    return await market.world.events()


async def test_what_was_ordered_leaves_the_cart_once(market: Market) -> None:
    await stocked(market, "A", "B")
    await market.put(GUEST, "acme.A", 2)
    await market.put(GUEST, "acme.B", 1)
    before = await market.lines_of(GUEST)
    events = await ordered(market)
    assert [event.type for event in events] == ["order.changed"]
    market.world.clock.advance(1)
    await market.put(GUEST, "acme.A", 5)  # three more, while the event is under way
    for _ in range(3):
        await market.consumer(events)
    assert await units(market) == {"acme.A": 3}
    after = await market.lines_of(GUEST)
    assert after.checkout_id != before.checkout_id
    assert [event.type for event in await market.events()] == ["cart.changed"] * 4


async def test_the_checkout_and_the_event_say_it_at_once_and_it_counts_once(market: Market) -> None:
    await stocked(market, "A")
    await market.put(GUEST, "acme.A", 2)
    events = await ordered(market)
    await asyncio.gather(*(market.consumer(events) for _ in range(5)))
    assert await units(market) == {}
    assert len(await market.events()) == 2


async def test_later_states_and_other_events_leave_the_cart_alone(market: Market) -> None:
    await stocked(market, "A")
    await market.put(GUEST, "acme.A", 2)
    (event,) = await ordered(market)
    later = msgspec.json.decode(event.data) | {"before": "CREATED", "after": "PLACED", "seq": 2}
    await market.consumer(
        [
            msgspec.structs.replace(event, data=msgspec.Raw(msgspec.json.encode(later))),
            msgspec.structs.replace(event, type="order.archived", data=msgspec.Raw(b"{}")),
        ]
    )
    assert await units(market) == {"acme.A": 2}


async def test_an_order_that_names_its_lines_leaves_the_cart_alone(market: Market) -> None:
    await stocked(market, "A")
    await market.put(GUEST, "acme.A", 2)
    command = market.world.command({"acme.A": 1}, owner=GUEST)
    await market.world.place(command)
    (event,) = await market.world.events()
    await market.consumer([event])
    assert await units(market) == {"acme.A": 2}


async def test_nobody_has_an_empty_basket(market: Market) -> None:
    assert await market.lines_of(GUEST) == Basket("", 0, ())
    assert (await market.count(""), await market.count(GUEST)) == (0, 0)
    await stocked(market, "A")
    await market.put(GUEST, "acme.A", 3)
    assert await market.count(GUEST) == 3


async def test_a_button_that_adds_never_takes_away(market: Market) -> None:
    await stocked(market, "A")
    for wanted in (2, 2, 1, 4):
        await market.put(GUEST, "acme.A", wanted, at_least=True)
    assert await units(market) == {"acme.A": 4}
    assert len(await market.events()) == 2


@pytest.mark.parametrize("wrong", [-1, 11, 1.0, 1.5, float("nan"), "2", True, None])
async def test_no_caller_gets_a_wrong_number_of_units_in(market: Market, wrong: int) -> None:
    await stocked(market, "A")
    with pytest.raises(Invalid):
        await market.put(GUEST, "acme.A", wrong)
    assert await market.events() == []


async def test_a_merged_cart_over_the_limit_says_which_lines_wait(market: Market) -> None:
    codes = [f"N{n}" for n in range(MAX_LINES + 2)]
    await stocked(market, *codes)
    for code in codes[2:]:
        await market.put(USER, f"acme.{code}", 1)
    market.world.clock.advance(1)
    for code in codes[:2]:
        await market.put(GUEST, f"acme.{code}", 2)
    await market.merge(GUEST, USER)
    view = await market.read(USER, PIN)
    assert len(view.lines) == MAX_LINES + 2
    assert (view.units, view.ok, view.quote) == (MAX_LINES + 4, False, "")
    waiting = [line for line in view.lines if line.problem]
    assert {(line.sku, line.problem, line.ways_out) for line in waiting} == {
        (f"acme.{code}", "over_the_limit", ("save_for_later", "remove")) for code in codes[:2]
    }
    assert view.totals.items_minor == MAX_LINES * 60_000
    await stocked(market, "MORE")
    with pytest.raises(CartFull):
        await market.put(USER, "acme.MORE", 1)
    await market.remove(USER, "acme.N0")
    await market.remove(USER, "acme.N1")
    assert (await market.read(USER, PIN)).ok


async def test_a_line_removed_in_another_tab_meanwhile_is_put_anew(market: Market) -> None:
    await stocked(market, "A")
    await market.put(GUEST, "acme.A", 2)
    first = (await market.store.carts([GUEST]))[GUEST]

    class Removed(SqlCartStore):
        async def carts(self, owners: Sequence[str]) -> Mapping[str, Cart]:
            found = await super().carts(owners)
            await market.remove(GUEST, "acme.A")
            return found

    late = Removed(market.database, market.store._outbox)
    put = PutLine(late, market.world.offers.offers_by_sku, market.world.ids)
    market.world.clock.advance(1)
    cart = await put(GUEST, "acme.A", 3)
    assert cart is not None
    assert (cart.version, cart.lines[0].units) == (3, 3)
    assert cart.lines[0].added_ms > first.lines[0].added_ms
    with pytest.raises(StaleCart):
        await put(GUEST, "acme.A", 1, expects=3)


async def test_while_quotes_are_away_nothing_is_made_up(market: Market) -> None:
    await stocked(market, "A")
    await market.put(GUEST, "acme.A", 1)
    market.world.database.close()
    cart = await market.read(GUEST, PIN)
    assert [(line.sku, line.problem, line.price_minor) for line in cart.lines] == [("acme.A", "not_known_now", None)]
    assert (cart.ok, cart.quote, cart.totals.total_minor, cart.shipments) == (False, "", 0, [])
    with pytest.raises(Unavailable):
        await market.put(GUEST, "acme.B", 1)
    assert (await market.put(GUEST, "acme.A", 2)) is not None, "what needs no offer goes on"
    assert (await market.read("", PIN)).lines == []
