"""Orders through their states: allowed edges only, one winner, a gapless history, stock and payment in one commit."""

import itertools
from typing import Any, get_args

import msgspec
import pytest

from haat.engines.sql import Tx
from haat.engines.sql.ports import Refused
from haat.orders.adapters.view import SqlOrdersView
from haat.orders.advance import AdvanceOrder, Step
from haat.orders.cancel import Actor, CancelOrder, NotYours
from haat.orders.model import EDGES, GRACE_MS, HOLD_MS, NoSuchOrder, OrderChanged, State
from haat.orders.place import OrderGiven
from tests.orders.world import World, at_once

STATES: tuple[State, ...] = get_args(State)
OPERATOR = Actor("operator", "tok_1")


@pytest.fixture
async def made(world: World) -> OrderGiven:
    """An unpaid order of two units."""
    await world.sell("a.X", {world.serving()[0]: 5})
    return await world.order({"a.X": 2}, owner="crt_1")


def verbs(world: World) -> tuple[CancelOrder, AdvanceOrder]:
    return (
        CancelOrder(world.database, world.orders),
        AdvanceOrder(world.database, world.orders, world.holds, world.payments),
    )


async def pay(world: World, made: OrderGiven, amount_minor: int | None = None) -> str:
    def pay_order(tx: Tx) -> str:
        return world.orders.pay(tx, made.id, made.payment.id, amount_minor or made.total.minor, "INR")

    return await world.database.transact(pay_order)


async def state_of(world: World, order_id: str) -> str:
    return str((await world.rows("SELECT state FROM orders WHERE id = ?", order_id))[0][0])


async def drive(world: World, made: OrderGiven, state: State) -> None:
    """Bring an order into a state."""
    cancel, advance = verbs(world)
    if state == "CANCELLED":
        await cancel(made.id, OPERATOR)
        return
    if state != "CREATED":
        assert await pay(world, made) == "placed"
    steps: list[Step] = ["pack", "ship", "deliver"]
    for step in steps[: max(STATES.index(state) - 1, 0)]:
        await advance(made.id, step, OPERATOR)


async def test_the_database_holds_the_same_edges_as_the_code(world: World) -> None:
    rows = {tuple(row) for row in await world.rows("SELECT from_state, to_state FROM order_edge")}
    assert rows == {(before, after) for before, to in EDGES.items() if before is not None for after in to}
    assert EDGES[None] == ("CREATED",)
    assert set(EDGES) == {None, *STATES}


@pytest.mark.parametrize(("before", "after"), [*itertools.product(STATES, STATES)])
async def test_an_edge_that_is_not_there_is_refused_by_the_database(
    world: World, made: OrderGiven, before: State, after: State
) -> None:
    await drive(world, made, before)
    history = await world.rows("SELECT * FROM order_event")

    def move_order(tx: Tx) -> bool:
        return world.orders.move(tx, made.id, before, after, "lost" if after == "CANCELLED" else "", actor="test")

    if after in EDGES[before]:
        assert await world.database.transact(move_order)
        assert await state_of(world, made.id) == after
    else:
        with pytest.raises(Refused):
            await world.database.transact(move_order)
        assert await state_of(world, made.id) == before
        assert await world.rows("SELECT * FROM order_event") == history


async def test_a_whole_life_is_told_without_gaps(world: World, made: OrderGiven) -> None:
    await drive(world, made, "DELIVERED")
    rows = await world.rows("SELECT seq, from_state, to_state FROM order_event ORDER BY seq")
    assert rows == [
        (1, None, "CREATED"),
        (2, "CREATED", "PLACED"),
        (3, "PLACED", "PACKED"),
        (4, "PACKED", "SHIPPED"),
        (5, "SHIPPED", "DELIVERED"),
    ]
    told = [msgspec.json.decode(event.data) for event in await world.events()]
    assert [(event["seq"], event["before"], event["after"]) for event in told] == rows
    assert all(event["lines"][0]["units"] == 2 for event in told)
    assert {event.subject for event in await world.events()} == {made.id}
    assert await world.rows("SELECT on_hand, held FROM stock") == [(3, 0)]
    await world.sound()


async def test_of_many_who_move_an_order_one_does(world: World, made: OrderGiven) -> None:
    results = await at_once(*(pay(world, made) for _ in range(10)))
    assert sorted(results) == ["off"] * 9 + ["placed"]
    await world.sound()


async def test_pay_and_expiry_at_once_have_one_winner(world: World) -> None:
    await world.sell("a.X", {world.serving()[0]: 50})
    for i in range(10):
        one = await world.order({"a.X": 1}, owner=f"crt_{i}")

        def expire_order(tx: Tx, order_id: str = one.id) -> bool:
            return world.orders.cancel(tx, order_id, "expired", "expiry", 1, from_states=("CREATED",))

        calls = [pay(world, one), world.database.transact(expire_order)]
        paid, expired = (await at_once(*calls)) if i % 2 else reversed(await at_once(*reversed(calls)))
        assert (paid, expired) in (("placed", False), ("off", True))
        assert await state_of(world, one.id) == ("PLACED" if paid == "placed" else "CANCELLED")
    await world.sound()


async def test_another_amount_or_currency_does_not_pay_an_order(world: World, made: OrderGiven) -> None:
    assert await pay(world, made, made.total.minor - 1) == "mismatch"

    def pay_in_dollars(tx: Tx) -> str:
        return world.orders.pay(tx, made.id, made.payment.id, made.total.minor, "USD")

    assert await world.database.transact(pay_in_dollars) == "mismatch"
    assert await state_of(world, made.id) == "CREATED"


async def test_cancelling_frees_the_units_and_ends_the_payment(world: World, made: OrderGiven) -> None:
    cancel, _ = verbs(world)
    await cancel(made.id, Actor("customer", "crt_1"))
    assert await world.rows("SELECT state, reason, version FROM orders") == [("CANCELLED", "by_customer", 2)]
    assert await world.rows("SELECT on_hand, held FROM stock") == [(5, 0)]
    assert await world.rows("SELECT live_order FROM payment") == [(None,)]
    await cancel(made.id, Actor("customer", "crt_1"))  # again changes nothing
    assert await world.sum("SELECT version FROM orders") == 2
    await world.sound()


async def test_a_hundred_cancels_at_once_release_once(world: World, made: OrderGiven) -> None:
    cancel, _ = verbs(world)
    await at_once(*(cancel(made.id, OPERATOR) for _ in range(100)))
    assert await world.sum("SELECT COUNT(*) FROM order_event") == 2
    assert await world.rows("SELECT on_hand, held FROM stock") == [(5, 0)]
    await world.sound()


@pytest.mark.parametrize(("who", "until"), [("customer", "PLACED"), ("seller", "PACKED"), ("operator", "SHIPPED")])
async def test_each_may_cancel_up_to_a_state(world: World, who: Any, until: State) -> None:
    await world.sell("a.X", {world.serving()[0]: 50})
    cancel, _ = verbs(world)
    actor = Actor(who, {"customer": "crt_1", "seller": "a", "operator": "tok_1"}[who])
    for state in STATES[:5]:
        one = await world.order({"a.X": 1}, owner="crt_1")
        await drive(world, one, state)
        if STATES.index(state) <= STATES.index(until):
            await cancel(one.id, actor)
            assert await state_of(world, one.id) == "CANCELLED"
        else:
            with pytest.raises(OrderChanged):
                await cancel(one.id, actor)
            assert await state_of(world, one.id) == state
    reason = await world.rows("SELECT reason FROM orders WHERE state = 'CANCELLED' ORDER BY id DESC LIMIT 1")
    assert reason == [({"customer": "by_customer", "seller": "by_seller", "operator": "lost"}[who],)]


async def test_what_is_somebody_elses_is_not_there(world: World, made: OrderGiven) -> None:
    cancel, advance = verbs(world)
    for actor in (Actor("customer", "crt_2"), Actor("customer", ""), Actor("seller", "b")):
        with pytest.raises(NoSuchOrder):
            await cancel(made.id, actor)
    with pytest.raises(NoSuchOrder):
        await advance(made.id, "pack", Actor("seller", "b"))
    with pytest.raises(NoSuchOrder):
        await cancel("ord_none", OPERATOR)


async def test_a_seller_does_not_decide_over_lines_of_others(world: World) -> None:
    near = world.serving()[0]
    await world.sell("a.X", {near: 5})
    await world.sell("b.Y", {near: 5})
    both = await world.order({"a.X": 1, "b.Y": 1})
    await pay(world, both)
    cancel, advance = verbs(world)
    with pytest.raises(NotYours):
        await cancel(both.id, Actor("seller", "a"))
    with pytest.raises(NotYours):
        await advance(both.id, "pack", Actor("seller", "b"))
    await advance(both.id, "pack", OPERATOR)
    assert await state_of(world, both.id) == "PACKED"


async def test_steps_are_taken_in_order_and_once(world: World, made: OrderGiven) -> None:
    _, advance = verbs(world)
    seller = Actor("seller", "a")
    with pytest.raises(OrderChanged):
        await advance(made.id, "pack", seller)  # not paid
    await pay(world, made)
    with pytest.raises(OrderChanged):
        await advance(made.id, "ship", seller)
    steps: list[Step] = ["pack", "pack", "ship", "ship", "deliver", "deliver"]
    for step in steps:
        await advance(made.id, step, seller)
    assert await world.sum("SELECT version FROM orders") == 5
    await world.sound()


async def test_cancel_and_ship_at_once_have_one_winner(world: World) -> None:
    await world.sell("a.X", {world.serving()[0]: 50})
    cancel, advance = verbs(world)
    for i in range(6):
        one = await world.order({"a.X": 1}, owner=f"crt_{i}")
        await drive(world, one, "PACKED")
        calls = [cancel(one.id, Actor("seller", "a")), advance(one.id, "ship", Actor("seller", "a"))]
        results = await at_once(*(calls if i % 2 else reversed(calls)))
        assert sorted(type(result).__name__ for result in results) == ["NoneType", "OrderChanged"]
    await world.sound()


async def test_the_money_of_a_cash_order_is_counted_when_it_is_delivered(world: World) -> None:
    await world.sell("a.X", {world.serving()[0]: 5})
    one = await world.order({"a.X": 2}, method="cod")
    _, advance = verbs(world)
    steps: list[Step] = ["pack", "ship"]
    for step in steps:
        await advance(one.id, step, OPERATOR)
    assert await world.rows("SELECT state, captured_minor FROM payment") == [("INITIATED", 0)]
    await advance(one.id, "deliver", OPERATOR)
    assert await world.rows("SELECT state, captured_minor, outcome, applied_order FROM payment") == [
        ("SUCCEEDED", 118_000, "APPLIED", one.id)
    ]
    await world.sound()


async def test_time_is_over_by_the_databases_clock_and_grace_is_given_once(world: World, made: OrderGiven) -> None:
    view = SqlOrdersView(world.database)
    assert await view.due(10) == []
    assert await view.unpaid([made.id]) == (world.clock.now_ms(), {made.id: world.clock.now_ms() + HOLD_MS})
    world.clock.advance(HOLD_MS / 1000)
    assert await view.due(10) == [made.id]

    def extend_order(tx: Tx) -> bool:
        return world.orders.extend(tx, made.id, tx.now_ms + GRACE_MS)

    assert await world.database.transact(extend_order)
    assert not await world.database.transact(extend_order)
    assert await view.due(10) == []
    await pay(world, made)
    assert await view.unpaid([made.id]) == (world.clock.now_ms(), {})
    assert not await world.database.transact(extend_order)
    await world.sound()


# ---- late payments


async def expire(world: World, made: OrderGiven, reason: Any = "expired") -> None:
    def expire_order(tx: Tx) -> bool:
        return world.orders.cancel(tx, made.id, reason, "expiry", 1)

    assert await world.database.transact(expire_order)


async def again(world: World, made: OrderGiven, amount_minor: int | None = None) -> str | None:
    def make_again(tx: Tx) -> str | None:
        return world.orders.again(tx, made.id, made.payment.id, amount_minor or made.total.minor)

    return await world.database.transact(make_again)


async def test_a_late_payment_makes_the_order_again_if_its_buyer_wanted_that(world: World) -> None:
    near, far = world.serving()[0], world.serving()[-1]
    await world.sell("a.X", {near: 2, far: 2})
    one = await world.order({"a.X": 2}, owner="crt_1", on_late_payment="reorder")
    await expire(world, one)
    await world.order({"a.X": 2}, owner="crt_2")  # somebody else has the near ones now
    new = await again(world, one)
    assert new is not None
    kept = await SqlOrdersView(world.database).order(new)
    assert kept is not None
    assert (kept.state, kept.owner, kept.replaces, kept.version, kept.expires_ms) == ("PLACED", "crt_1", one.id, 2, 0)
    assert kept.totals.total_minor == one.total.minor
    assert {part.warehouse for part in kept.snapshot.parts} == {far}
    assert [(event.before, event.after, event.actor) for event in kept.events] == [
        (None, "CREATED", one.payment.id),
        ("CREATED", "PLACED", one.payment.id),
    ]
    await world.sell("a.X", {near: 9, far: 9})
    with pytest.raises(Refused):
        await again(world, one)  # one order replaces another, once
    await world.sound()


async def test_an_order_is_made_again_from_units_that_lie_in_several_buckets(world: World) -> None:
    near = world.serving()[0]
    await world.sell("a.X", {near: 4})
    one = await world.order({"a.X": 4}, on_late_payment="reorder")
    await expire(world, one)
    await world.offers.spread("a.X", 4, actor="tok_1", reference="spread:1")
    new = await again(world, one)
    assert new is not None
    assert await world.rows("SELECT units, state FROM hold WHERE order_id = ?", new) == [(4, "committed")]
    await world.sound()


async def test_a_cheaper_price_makes_the_order_again_at_what_was_paid(world: World) -> None:
    await world.sell("a.X", {world.serving()[0]: 5}, 60_000)
    one = await world.order({"a.X": 1}, on_late_payment="reorder")
    await expire(world, one)
    await world.sell("a.X", {world.serving()[0]: 5}, 50_000)
    new = await again(world, one)
    assert new is not None
    assert await world.sum("SELECT total_minor FROM orders WHERE id = ?", new) == 60_000
    await world.sound()


@pytest.mark.parametrize("hindrance", ["refund", "dearer", "sold_out", "withdrawn", "by_customer", "amount", "alive"])
async def test_a_late_payment_does_not_make_an_order_that_cannot_be_or_is_not_wanted(
    world: World, hindrance: str
) -> None:
    near = world.serving()[0]
    await world.sell("a.X", {near: 2})
    one = await world.order({"a.X": 2}, on_late_payment="refund" if hindrance == "refund" else "reorder")
    if hindrance != "alive":
        await expire(world, one, "by_customer" if hindrance == "by_customer" else "expired")
    if hindrance == "dearer":
        await world.sell("a.X", {near: 2}, 60_000)
    if hindrance == "withdrawn":
        await world.sell("a.X", {near: 2}, active=False)
    if hindrance == "sold_out":
        await world.order({"a.X": 1}, owner="crt_2")
    before = await world.sum("SELECT COUNT(*) FROM orders")
    assert await again(world, one, 1 if hindrance == "amount" else None) is None
    assert await world.sum("SELECT COUNT(*) FROM orders") == before
    await world.sound()
