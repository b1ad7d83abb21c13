"""The sweeper against real payments at FakePay: whoever comes first, money and stock are whole."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from haat.engines.kv.memory import MemoryKv
from haat.engines.system import SeededIds
from haat.orders.adapters.view import SqlOrdersView
from haat.orders.sweep import Sweeper
from tests.conftest import ManualClock
from tests.payments.shop import Shop, open_shop


@pytest.fixture
async def shop(tmp_path: Path, clock: ManualClock, ids: SeededIds) -> AsyncIterator[Shop]:
    async with open_shop(tmp_path, clock, ids) as shop:
        yield shop


def sweeper(shop: Shop, holder: str = "one") -> Sweeper:
    view = SqlOrdersView(shop.database)
    return Sweeper(shop.database, MemoryKv(shop.clock), shop.expire_order, view, holder=holder, clock=shop.clock)


async def whole(shop: Shop) -> dict[str, int]:
    """Everything that is due is done; orders by state."""
    await shop.settled()
    await shop.balanced()
    await shop.gateway_agrees()
    return {row[0]: row[1] for row in await shop.rows("SELECT state, COUNT(*) FROM orders GROUP BY state")}


Order = Callable[[list[Coroutine[Any, Any, Any]]], list[Coroutine[Any, Any, Any]]]


@pytest.mark.parametrize("turned", [list, lambda calls: list(reversed(calls))], ids=["pay first", "sweep first"])
async def test_money_in_the_moment_of_expiry_places_or_comes_back(shop: Shop, turned: Order) -> None:
    orders = [await shop.ordered(owner=f"crt_{n}") for n in range(10)]
    for _, payment_id in orders:
        await shop.start(payment_id)
    shop.hold_webhooks = True
    shop.clock.advance(15 * 60 - 1)
    for _, payment_id in orders:
        await shop.act(payment_id, "approve")
    shop.clock.advance(1)
    one, two = sweeper(shop, "one"), sweeper(shop, "two")
    calls: list[Coroutine[Any, Any, Any]] = [shop.apply(payment_id) for _, payment_id in orders]
    await asyncio.gather(*turned([*calls, one.step(), two.step()]))
    # The gateway is asked before an order is given up, so money that was there in time always places it.
    assert await whole(shop) == {"PLACED": 10}
    assert await shop.refunds() == []


async def test_money_a_moment_after_the_end_comes_back(shop: Shop) -> None:
    order_id, payment_id = await shop.ordered()
    await shop.start(payment_id)
    await shop.script({"on": "act", "do": "late_success", "ms": 60_000})
    await shop.act(payment_id, "approve")
    shop.clock.advance(15 * 60)
    sweep = sweeper(shop)
    await sweep.step()
    shop.clock.advance(10 * 60)
    await sweep.step()
    await shop.settled()
    state, _ = await shop.state(order_id)
    assert await whole(shop) == {state: 1}
    assert [refund[0] for refund in await shop.refunds()] == ([] if state == "PLACED" else ["late"])


async def test_a_gateway_that_is_down_at_the_end_costs_the_grace_and_late_money_comes_back(shop: Shop) -> None:
    order_id, payment_id = await shop.ordered()
    await shop.start(payment_id)
    shop.hold_webhooks = True
    assert await shop.act(payment_id, "approve") == 200
    await shop.script({"on": "find", "do": "down", "times": 1000})
    sweep = sweeper(shop)
    shop.clock.advance(15 * 60)
    assert await sweep.step() == 0
    assert await shop.state(order_id) == ("CREATED", "")
    shop.clock.advance(10 * 60)
    assert await sweep.step() == 1
    assert await shop.state(order_id) == ("CANCELLED", "expired")
    await shop.control.delete("/faults")
    shop.clock.advance(60)
    await shop.apply(payment_id)
    assert await whole(shop) == {"CANCELLED": 1}
    assert [refund[:2] for refund in await shop.refunds()] == [("late", "DONE")]
