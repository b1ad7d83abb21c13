"""Two who do not know of each other, at one order, at the same moment: whoever comes first, one lawful outcome.

Each run gives every call to the database and the gateway waits of its own, drawn from the run's number; a failure
prints it. `make faults` takes twenty times as many.
"""

import asyncio
import os
import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from haat.engines.system import SeededIds
from haat.errors import HaatError
from haat_verify.run import Paths, verify
from tests.conftest import ManualClock
from tests.payments.shop import SKU, Shop, open_shop
from tests.sql import SQL

RUN_NUMBER = int(os.environ.get("HAAT_TEST_RUN_NUMBER", "1"))
RUNS = 5
MANY = 150
EXPIRY_S = 15 * 60

Racer = Callable[[Shop, str, str], Awaitable[Any]]


class Waits:
    """Yields to the others for some turns before and after each call."""

    def __init__(self) -> None:
        self.chance = random.Random(0)

    async def some(self) -> None:
        for _ in range(self.chance.choice((0, 0, 1, 2, 5, 12))):
            await asyncio.sleep(0)

    def around(self, act: Any) -> Any:
        async def call(*given: Any, **named: Any) -> Any:
            await self.some()
            try:
                return await act(*given, **named)
            finally:
                await self.some()

        return call


@pytest.fixture
async def shop(tmp_path: Path, clock: ManualClock, ids: SeededIds) -> AsyncIterator[Shop]:
    async with open_shop(tmp_path, clock, ids) as shop:
        await shop.stocked(10_000)
        shop.hold_webhooks = True
        yield shop


# ---- who races


async def come_back(shop: Shop, _: str, payment_id: str) -> None:
    await shop.apply(payment_id)


async def hear(shop: Shop, _: str, payment_id: str) -> None:
    """Webhooks of this payment that the gateway has sent."""
    for body, headers in [one for one in shop.webhooks if payment_id.encode() in one[0]]:
        await shop.hear(body, headers)


async def approve(shop: Shop, order_id: str, payment_id: str) -> None:
    await shop.act(payment_id, "approve")
    await come_back(shop, order_id, payment_id)


async def expire(shop: Shop, order_id: str, _: str) -> None:
    await shop.expire(order_id)


async def cancel(shop: Shop, order_id: str, _: str) -> None:
    await shop.cancel(order_id)


async def try_again(shop: Shop, order_id: str, _: str) -> None:
    await shop.start(await shop.try_again(order_id, owner=await _owner(shop, order_id)))


async def _owner(shop: Shop, order_id: str) -> str:
    return str((await shop.rows("SELECT owner FROM orders WHERE id = ?", order_id))[0][0])


RACES: dict[str, tuple[Sequence[Racer], bool]] = {
    "pay versus expire": ((come_back, hear, expire), True),
    "a late yes versus expire": ((approve, expire, expire), False),
    "cancel versus pay": ((cancel, come_back, hear), True),
    "a late yes versus cancel": ((cancel, approve), False),
    "webhook versus return": ((hear, come_back, hear, come_back), True),
    "another attempt versus pay": ((try_again, come_back, hear), True),
    "cancel versus expire": ((cancel, expire, cancel), False),
    "everybody": ((cancel, come_back, hear, expire, try_again, approve), False),
}
"""Who races, and whether the bank had said yes before."""


async def run(shop: Shop, waits: Waits, name: str, number: int) -> str:
    """One race; the state its order ended in."""
    racers, paid = RACES[name]
    order_id, payment_id = await shop.ordered(owner=f"crt_{number}", on_late_payment=("refund", "reorder")[number % 2])
    await shop.start(payment_id)
    if paid:
        await shop.act(payment_id, "approve")
    await shop.gateway_app.drain()
    shop.clock.advance(EXPIRY_S - (number % 3 == 0))  # a third of them a second before the end
    waits.chance = random.Random(f"{RUN_NUMBER} {name} {number}")
    order = list(racers)
    waits.chance.shuffle(order)
    said = await asyncio.gather(*(racer(shop, order_id, payment_id) for racer in order), return_exceptions=True)
    assert all(not isinstance(one, BaseException) or isinstance(one, HaatError) for one in said), said
    shop.hold_webhooks = False
    await shop.settled(2)
    if (await shop.state(order_id))[0] == "CREATED":
        shop.clock.advance(EXPIRY_S)
        if await shop.expire(order_id) == "extended":
            shop.clock.advance(EXPIRY_S)
            await shop.expire(order_id)
        await shop.settled(1)
    shop.hold_webhooks = True
    shop.webhooks.clear()
    return (await shop.state(order_id))[0]


async def race(shop: Shop, tmp_path: Path, name: str, runs: int) -> Counter[str]:
    waits = Waits()
    shop.database.transact = waits.around(shop.database.transact)  # type: ignore[method-assign]
    for call in ("find", "create", "capture", "refund", "find_refund"):
        setattr(shop.raw, call, waits.around(getattr(shop.raw, call)))
    ended: Counter[str] = Counter()
    for number in range(runs):
        try:
            ended[await run(shop, waits, name, number)] += 1
            if number % 25 == runs % 25:
                await shop.balanced()
        except AssertionError as error:
            raise AssertionError(f"{name}: run {number} of run number {RUN_NUMBER}: {error}") from error
    await shop.settled()
    await shop.balanced()
    await shop.gateway_agrees()
    report = verify(Paths(SQL.place(shop.path), tmp_path / "fakepay.db"), now_ms=shop.clock.now_ms())
    assert report.clean, report.as_table()
    assert set(ended) <= {"PLACED", "CANCELLED"}
    (left,) = (await shop.rows("SELECT SUM(on_hand - held) FROM stock WHERE sku = ?", SKU))[0]
    on = await shop.sum("SELECT COUNT(*) FROM orders WHERE state <> 'CANCELLED'")
    assert left == 10_000 - on
    return ended


@pytest.mark.parametrize("name", RACES)
async def test_whoever_comes_first_there_is_one_outcome(shop: Shop, tmp_path: Path, name: str) -> None:
    await race(shop, tmp_path, name, RUNS)


@pytest.mark.fault
@pytest.mark.timeout(1_800)
@pytest.mark.parametrize("name", RACES)
async def test_whoever_comes_first_there_is_one_outcome_many_times(shop: Shop, tmp_path: Path, name: str) -> None:
    ended = await race(shop, tmp_path, name, MANY if os.environ.get("HAAT_TEST_FAULTS") == "full" else 6 * RUNS)
    print(f"{name}: run number {RUN_NUMBER}: {dict(ended)}")
