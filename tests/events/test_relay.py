"""The relay: at least once, in order per key, woken by commits, one store's trouble is not another's."""

import asyncio
from collections.abc import Sequence

import pytest

from haat.errors import Unavailable
from haat.events.envelope import decode
from haat.events.ports import Record
from haat.events.relay import Relay
from tests.events.world import AT_ONCE, Counted, Sold, World, until


async def log_of(world: World, topic: str = "items") -> list[Record]:
    parts = [await world.log.read(topic, n, 0, 10_000) for n in range(await world.log.partitions(topic))]
    return sorted((record for part in parts for record in part), key=lambda record: record.position)


def numbers(records: Sequence[Record]) -> list[int]:
    return [decode(record.value).read(Counted).n for record in records]


async def sent(world: World, source: str) -> bool:
    return (await world.sources[source].backlog()).rows == 0


async def test_what_was_committed_is_sent_once_with_its_key(world: World) -> None:
    await world.publish(1, 2, 3, key="a")
    await world.publish(4, store=1, key="b", kind=Sold)
    assert await world.relay.step() == 4
    assert await world.relay.step() == 0
    assert numbers(await log_of(world)) == [1, 2, 3]
    assert [(record.key, record.topic) for record in await log_of(world, "offers")] == [("b", "offers")]
    event = decode((await log_of(world))[0].value)
    assert (event.source, event.type, event.dataschema) == ("haat/test", "item.counted", "item.counted/1")


async def test_a_batch_is_sent_after_the_other_in_order(world: World) -> None:
    await world.publish(*range(25), key="a")
    relay = Relay(world.log, world.sources, AT_ONCE, batch=4)
    assert await relay.step() == 25
    assert numbers(await log_of(world)) == list(range(25))


async def test_a_crash_between_append_and_mark_sends_again_in_order(world: World) -> None:
    await world.publish(1, 2, 3, key="a")
    rows = await world.sources["store-0"].unsent(2)
    await world.log.append("items", [(row.key, row.value) for row in rows])  # and the process dies
    await world.relay.step()
    assert numbers(await log_of(world)) == [1, 2, 1, 2, 3]


async def test_while_the_log_is_down_rows_wait_and_are_sent_when_it_is_back(world: World) -> None:
    world.events.close()
    await world.publish(1)
    with pytest.raises(Unavailable):
        await world.relay.step()
    assert (await world.sources["store-0"].backlog()).rows == 1
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(world.relay.run(stop))
        for _ in range(50):  # it tries, and waits
            await asyncio.sleep(0)
        world.events.open()
        await until(lambda: sent(world, "store-0"))
        stop.set()
    assert numbers(await log_of(world)) == [1]


async def test_a_store_that_is_down_delays_no_other(world: World) -> None:
    world.stores[0].close()
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(world.relay.run(stop))
        await world.publish(7, store=1)
        await until(lambda: sent(world, "store-1"))
        stop.set()
    assert numbers(await log_of(world)) == [7]
    with pytest.raises(Unavailable):
        await world.relay.step()
    world.stores[0].open()


async def test_a_commit_wakes_the_relay_long_before_its_next_look(world: World) -> None:
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as group, world.log.subscribe("g", ["items"]) as subscription:
        group.create_task(world.relay.run(stop))
        await subscription.poll(1, 0)
        for n in range(20):
            await world.publish(n)
            assert numbers(await subscription.poll(10, 20)) == [n]
        stop.set()


async def test_stop_ends_a_relay_that_sleeps_or_waits(world: World) -> None:
    for down in (False, True):
        if down:
            world.stores[0].close()
        stop = asyncio.Event()
        running = asyncio.ensure_future(world.relay.run(stop))
        for _ in range(20):
            await asyncio.sleep(0)
        stop.set()
        async with asyncio.timeout(20):
            await running
