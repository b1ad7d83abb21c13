"""The sweeper: in time with the hint, soon without it, never early, never twice, whoever else sweeps."""

import asyncio
from collections.abc import AsyncIterator
from typing import Protocol

import pytest

from haat.engines.kv import KeyValue
from haat.engines.sql import Tx
from haat.orders.adapters.view import SqlOrdersView
from haat.orders.expire import ExpireOrder
from haat.orders.model import GRACE_MS, HOLD_MS
from haat.orders.place import OrderGiven
from haat.orders.sweep import HINTS, RemindOfExpiry, Sweeper
from tests.conftest import ManualClock
from tests.contracts.embedded import MemoryKvRig
from tests.contracts.rigs import Breakable
from tests.contracts.servers_kv import each_kv_server, redis_rig
from tests.orders.test_expire import Gateway, held, paid, state
from tests.orders.world import World


class Forgetful(Breakable, Protocol):
    """A key-value store that can be taken away, and that can lose everything."""

    kv: KeyValue

    async def forget(self) -> None:
        """From now on it is empty."""


@pytest.fixture(params=["memory", *each_kv_server()])
async def store(request: pytest.FixtureRequest) -> AsyncIterator[Forgetful]:
    if request.param == "memory":
        yield MemoryKvRig()
        return
    async with redis_rig(request.param) as rig:
        yield rig


@pytest.fixture
def kv(store: Forgetful) -> KeyValue:
    return store.kv


@pytest.fixture
def gateway() -> Gateway:
    return Gateway()


def sweeper(world: World, kv: KeyValue, gateway: Gateway, holder: str = "one") -> Sweeper:
    expire = ExpireOrder(world.database, world.orders, gateway)
    return Sweeper(world.database, kv, expire, SqlOrdersView(world.database), holder=holder, clock=world.clock)


async def ordered(world: World, kv: KeyValue, count: int, *, hinted: bool = True) -> list[OrderGiven]:
    """Unpaid orders of one unit each, and what a use case remembers of them."""
    await world.sell("a.X", {world.serving()[0]: count})
    orders = [await world.order({"a.X": 1}, owner=f"crt_{n}") for n in range(count)]
    if hinted:
        remind = RemindOfExpiry(kv)
        for order_id, expires_ms in world.notes.given:
            await remind(order_id, expires_ms)
    return orders


async def open_orders(world: World) -> int:
    return await world.sum("SELECT COUNT(*) FROM orders WHERE state = 'CREATED'")


async def test_hinted_orders_end_when_they_are_due_and_not_before(
    world: World, kv: KeyValue, gateway: Gateway, clock: ManualClock
) -> None:
    await ordered(world, kv, 5)
    sweep = sweeper(world, kv, gateway)
    clock.set(clock.now_ms() + HOLD_MS - 1)
    assert await sweep.step() == 0
    assert gateway.asked == []
    clock.set(clock.now_ms() + 1)
    assert await sweep.step() == 5
    assert (await open_orders(world), await held(world)) == (0, 0)
    assert await kv.z_due(HINTS, 2**60, 10) == []
    assert await sweep.step() == 0
    await world.sound()


async def test_what_the_hint_forgot_is_found_in_sql(
    world: World, kv: KeyValue, gateway: Gateway, clock: ManualClock
) -> None:
    await ordered(world, kv, 5)
    await kv.delete(HINTS)
    clock.advance(HOLD_MS / 1000)
    assert await sweeper(world, kv, gateway).step() == 5
    await world.sound()


async def test_a_kv_that_is_gone_changes_nothing(
    world: World, store: Forgetful, gateway: Gateway, clock: ManualClock
) -> None:
    await ordered(world, store.kv, 3)
    await store.down()
    clock.advance(HOLD_MS / 1000)
    assert await sweeper(world, store.kv, gateway).step() == 3


async def test_a_kv_that_lost_everything_in_mid_expiry_loses_no_order(
    world: World, store: Forgetful, gateway: Gateway, clock: ManualClock
) -> None:
    await ordered(world, store.kv, 4)
    clock.advance(60)
    await world.sell("a.Y", {world.serving()[0]: 2})
    later = await world.order({"a.Y": 1}, owner="crt_later")
    await RemindOfExpiry(store.kv)(*world.notes.given[-1])
    sweep = sweeper(world, store.kv, gateway)

    async def lost(_: str) -> None:
        """While the first of them are asked about."""
        gateway.meanwhile = None
        await store.forget()

    gateway.meanwhile = lost
    clock.advance(HOLD_MS / 1000 - 60)
    assert await sweep.step() == 4
    assert await store.kv.z_due(HINTS, 2**60, 10) == []  # the later one's hint went with the others
    clock.advance(60)
    assert await sweep.step() == 1
    assert (await state(world, later.id))[0] == "CANCELLED"
    hinted = await world.order({"a.Y": 1}, owner="crt_hinted")
    await RemindOfExpiry(store.kv)(*world.notes.given[-1])
    assert await store.kv.z_due(HINTS, 2**60, 10) == [hinted.id]
    await world.sound()


async def test_more_orders_than_a_batch_end_in_one_turn(
    world: World, kv: KeyValue, gateway: Gateway, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("haat.orders.sweep.BATCH", 10)
    await ordered(world, kv, 35)
    clock.advance(HOLD_MS / 1000)
    assert await sweeper(world, kv, gateway).step() == 35
    await kv.delete(HINTS)
    assert (await open_orders(world), len(gateway.asked)) == (0, 35)


async def test_two_sweepers_end_each_order_once(
    world: World, kv: KeyValue, gateway: Gateway, clock: ManualClock
) -> None:
    await ordered(world, kv, 20)
    clock.advance(HOLD_MS / 1000)
    one, two = sweeper(world, kv, gateway, "one"), sweeper(world, kv, gateway, "two")
    ended = await asyncio.gather(one.step(), two.step(), one.step(), two.step())
    assert sum(ended) == 20
    assert {one.epoch, two.epoch} == {1, None}
    assert await world.sum("SELECT COUNT(*) FROM order_event WHERE to_state = 'CANCELLED'") == 20
    assert await world.sum("SELECT COUNT(*) FROM movement WHERE reason = 'release'") == 20
    await world.sound()


async def test_a_sweeper_that_slept_through_its_lease_is_refused(
    world: World, kv: KeyValue, gateway: Gateway, clock: ManualClock
) -> None:
    orders = await ordered(world, kv, 1)
    one, two = sweeper(world, kv, gateway, "one"), sweeper(world, kv, gateway, "two")
    assert await one.step() == 0
    clock.advance(HOLD_MS / 1000)

    async def sleeps(_: str) -> None:
        """The gateway is slow; meanwhile the lease ends and the other takes it."""
        gateway.meanwhile = None
        clock.advance(11)
        assert await two.step() == 1

    gateway.meanwhile = sleeps
    assert await one.step() == 0
    assert (one.epoch, two.epoch) == (None, 3)  # one's second turn came after its first lease had run out
    assert {(await state(world, made.id))[0] for made in orders} == {"CANCELLED"}
    assert await world.rows("SELECT DISTINCT epoch FROM order_event WHERE to_state = 'CANCELLED'") == [(3,)]
    await world.sound()


async def test_a_clock_that_steps_back_ends_nothing_early_and_holds_up_nobody(
    world: World, kv: KeyValue, gateway: Gateway, clock: ManualClock
) -> None:
    await ordered(world, kv, 2)
    one, two = sweeper(world, kv, gateway, "one"), sweeper(world, kv, gateway, "two")
    assert await one.step() == 0
    start_ms = clock.now_ms()
    clock.set(start_ms - 3_600_000)
    assert await two.step() == 0
    clock.set(start_ms + HOLD_MS - 1)
    assert await two.step() == 0
    assert await open_orders(world) == 2
    clock.set(start_ms + HOLD_MS)
    assert await two.step() == 2
    await world.sound()


async def test_a_sweeper_whose_own_clock_is_ahead_ends_nothing_early(
    world: World, kv: KeyValue, gateway: Gateway, clock: ManualClock
) -> None:
    await ordered(world, kv, 2)
    ahead = ManualClock(clock.now_ms() + HOLD_MS + 600_000)
    expire = ExpireOrder(world.database, world.orders, gateway)
    sweep = Sweeper(world.database, kv, expire, SqlOrdersView(world.database), holder="ahead", clock=ahead)
    assert await sweep.step() == 0
    assert gateway.asked == []
    assert await open_orders(world) == 2


async def test_one_whose_own_clock_is_behind_finds_them_by_the_databases(
    world: World, kv: KeyValue, gateway: Gateway, clock: ManualClock
) -> None:
    await ordered(world, kv, 2)
    behind = ManualClock(clock.now_ms() - 600_000)
    expire = ExpireOrder(world.database, world.orders, gateway)
    sweep = Sweeper(world.database, kv, expire, SqlOrdersView(world.database), holder="behind", clock=behind)
    clock.advance(HOLD_MS / 1000)
    assert await sweep.step() == 2


async def test_paid_orders_cost_no_question_and_lose_their_hint(
    world: World, kv: KeyValue, gateway: Gateway, clock: ManualClock
) -> None:
    orders = await ordered(world, kv, 3)
    for made in orders:
        await paid(world, made)
    clock.advance(HOLD_MS / 1000)
    assert await sweeper(world, kv, gateway).step() == 0
    assert (gateway.asked, await kv.z_due(HINTS, 2**60, 10)) == ([], [])
    await world.sound()


async def test_a_gateway_that_is_down_gives_the_grace_and_then_the_end(
    world: World, kv: KeyValue, gateway: Gateway, clock: ManualClock
) -> None:
    await ordered(world, kv, 3)
    gateway.word = "unknown"
    sweep = sweeper(world, kv, gateway)
    clock.advance(HOLD_MS / 1000)
    assert await sweep.step() == 0
    assert await open_orders(world) == 3
    clock.set(clock.now_ms() + GRACE_MS - 1)
    assert await sweep.step() == 0
    clock.set(clock.now_ms() + 1)
    assert await sweep.step() == 3
    await world.sound()


async def test_a_whole_street_of_silent_payments_is_extended_in_one_turn(
    world: World, kv: KeyValue, gateway: Gateway, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("haat.orders.sweep.BATCH", 4)
    await ordered(world, kv, 15)
    gateway.word = "open"
    clock.advance(HOLD_MS / 1000)
    assert await sweeper(world, kv, gateway).step() == 0
    assert await world.sum("SELECT COUNT(*) FROM orders WHERE extended = 1") == 15
    assert len(gateway.asked) == 15
    gateway.word = "none"
    clock.advance(GRACE_MS / 1000)
    assert await sweeper(world, kv, gateway).step() == 15
    await world.sound()


async def test_an_order_that_cannot_be_ended_keeps_nobody_waiting_and_is_tried_again(
    world: World, kv: KeyValue, gateway: Gateway, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("haat.orders.sweep.BATCH", 2)
    await ordered(world, kv, 5)
    await world.sell("a.Y", {world.serving()[0]: 1})
    broken = await world.order({"a.Y": 1}, owner="crt_y")

    async def by_hand(sql: str) -> None:
        def unit(tx: Tx) -> None:
            tx.cursor.execute(sql)

        await world.database.transact(unit)

    await by_hand("UPDATE stock SET held = 0 WHERE sku = 'a.Y'")
    await by_hand(f"UPDATE orders SET expires_ms = 1 WHERE id = '{broken.id}'")
    clock.advance(HOLD_MS / 1000)
    sweep = sweeper(world, kv, gateway)
    assert await sweep.step() == 5
    assert (await state(world, broken.id), gateway.asked.count(broken.id)) == (("CREATED", ""), 1)
    await sweep.step()
    assert gateway.asked.count(broken.id) == 1  # it is not asked at every turn
    clock.advance(2)
    await sweep.step()
    assert gateway.asked.count(broken.id) == 2
    await by_hand("UPDATE stock SET held = 1 WHERE sku = 'a.Y'")
    clock.advance(60)
    assert await sweep.step() == 1
    await world.sound()


@pytest.mark.parametrize("hinted", [True, False])
async def test_more_orders_that_cannot_be_ended_than_a_batch_keep_nobody_waiting(
    world: World, kv: KeyValue, gateway: Gateway, clock: ManualClock, monkeypatch: pytest.MonkeyPatch, hinted: bool
) -> None:
    monkeypatch.setattr("haat.orders.sweep.BATCH", 2)
    await world.sell("a.Y", {world.serving()[0]: 5})
    broken = [await world.order({"a.Y": 1}, owner=f"crt_y{n}") for n in range(5)]
    clock.advance(1)
    await ordered(world, kv, 4, hinted=hinted)

    def by_hand(tx: Tx) -> None:
        tx.cursor.execute("UPDATE stock SET held = 0 WHERE sku = 'a.Y'")

    await world.database.transact(by_hand)
    clock.advance(HOLD_MS / 1000)
    assert await sweeper(world, kv, gateway).step() == 4
    assert await open_orders(world) == len(broken)


async def test_it_runs_until_stopped_and_gives_its_lease_back(
    world: World, kv: KeyValue, gateway: Gateway, clock: ManualClock
) -> None:
    await ordered(world, kv, 3, hinted=False)
    clock.advance(HOLD_MS / 1000)
    stop, seen = asyncio.Event(), asyncio.Event()

    async def all_seen(_: str) -> None:
        if len(gateway.asked) == 3:
            seen.set()

    gateway.meanwhile = all_seen
    one, two = sweeper(world, kv, gateway, "one"), sweeper(world, kv, gateway, "two")
    running = asyncio.create_task(one.run(stop))
    async with asyncio.timeout(10):
        await seen.wait()
        stop.set()
        await running
    assert await open_orders(world) == 0
    assert one.epoch is None
    await two.step()
    assert two.epoch == 2
