"""Many buyers at once, drawn by a number: nothing is sold twice, and nobody is refused what is still there."""

import random
from collections import Counter
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import pytest

from haat.engines.sql import Tx
from haat.orders.cancel import Actor, CancelOrder
from haat.orders.model import NotAvailable
from haat.orders.place import Answer
from tests.orders.world import World, at_once, given

SKUS = ("a.X", "a.Y", "b.Z")


async def stock(world: World, chance: random.Random, most: int) -> dict[str, int]:
    """Units of each sku spread over the warehouses that serve the place; how many there are."""
    there = {}
    for sku in SKUS:
        counts = {warehouse: chance.randrange(most) for warehouse in world.serving()}
        await world.sell(sku, counts)
        there[sku] = sum(counts.values())
    return there


def lines(chance: random.Random) -> dict[str, int]:
    return {sku: chance.randint(1, 4) for sku in chance.sample(SKUS, chance.randint(1, len(SKUS)))}


async def left(world: World) -> dict[str, int]:
    return dict(await world.rows("SELECT sku, SUM(on_hand - held) FROM stock GROUP BY sku"))


@pytest.mark.parametrize("number", range(3))
async def test_whoever_is_refused_could_not_have_been_served(world: World, number: int) -> None:
    chance = random.Random(number)
    there = await stock(world, chance, 12)
    wanted = [lines(chance) for _ in range(80)]
    commands = [world.command(line, owner=f"crt_{i}") for i, line in enumerate(wanted)]
    results = await at_once(*(world.place(command) for command in commands))
    after = await left(world)
    sold = Counter[str]()
    for line, result in zip(wanted, results, strict=True):
        if isinstance(result, Answer):
            sold.update(line)
            continue
        assert isinstance(result, NotAvailable)
        named = [row.sku for row in result.facts["lines"]]  # type: ignore[attr-defined]  # facts are objects
        assert named
        # Units only become fewer here: what is too few was too few for everybody who came later, and still is.
        assert all(after[sku] < line[sku] for sku in named)
    assert all(there[sku] - sold[sku] == after[sku] >= 0 for sku in SKUS)
    assert any(isinstance(result, NotAvailable) for result in results)
    await world.sound()


@pytest.mark.parametrize("number", range(3))
async def test_orders_paid_cancelled_and_expired_at_once_leave_everything_in_balance(world: World, number: int) -> None:
    chance = random.Random(number)
    there = await stock(world, chance, 30)
    cancel = CancelOrder(world.database, world.orders)
    made = []
    for i in range(25):
        answer = (await at_once(world.place(world.command(lines(chance), owner=f"crt_{i}"))))[0]
        if isinstance(answer, Answer):
            made.append((f"crt_{i}", given(answer)))
    calls: list[Awaitable[Any]] = []
    for owner, order in made:

        def pay_order(tx: Tx, order: Any = order) -> str:
            return world.orders.pay(tx, order.id, order.payment.id, order.total.minor, "INR")

        def expire_order(tx: Tx, order: Any = order) -> bool:
            return world.orders.cancel(tx, order.id, "expired", "expiry", 1, from_states=("CREATED",))

        moves: list[Callable[[], Awaitable[Any]]] = [
            partial(world.database.transact, pay_order),
            partial(world.database.transact, expire_order),
            partial(cancel, order.id, Actor("customer", owner)),
            partial(world.place, world.command(lines(chance), owner=f"crt_{chance.random()}")),
        ]
        calls += [move() for move in chance.choices(moves, k=3)]
    chance.shuffle(calls)
    results = await at_once(*calls)
    assert all(not isinstance(r, BaseException) or isinstance(r, NotAvailable) for r in results), results
    held = dict(await world.rows("SELECT sku, SUM(units) FROM hold WHERE state IN ('held', 'committed') GROUP BY sku"))
    after = await left(world)
    assert all(after[sku] + held.get(sku, 0) == there[sku] for sku in SKUS)
    await world.sound()


async def test_two_tabs_at_once_make_one_order_of_a_checkout(world: World) -> None:
    """Each has its own key and none has seen the other's order: only the checkout can tell."""
    await world.sell("a.X", {world.serving()[0]: 20})
    answers = await at_once(*(world.place(world.command({"a.X": 1}, checkout_id="chk-1")) for _ in range(8)))
    assert [answer for answer in answers if not isinstance(answer, Answer)] == []
    assert len({given(answer).id for answer in answers}) == 1
    assert Counter(answer.replayed for answer in answers) == {False: 1, True: 7}
    assert await world.sum("SELECT COUNT(*) FROM orders") == 1
    await world.sound()
