"""Behaviour: gathered, appended together, dropped and counted rather than waited for."""

import asyncio

import pytest

from haat.engines.system import SeededIds
from haat.errors import Unavailable
from haat.events.behaviour import MOST_WAITING, Behaviour
from haat.events.envelope import decode
from tests.events.world import Counted, Sold, World, until


async def heard(world: World, topic: str = "items") -> list[tuple[str, int]]:
    parts = [await world.log.read(topic, n, 0, 100_000) for n in range(await world.log.partitions(topic))]
    records = sorted((record for part in parts for record in part), key=lambda record: record.position)
    return [(record.key, decode(record.value).read(Counted).n) for record in records]


@pytest.fixture
def behaviour(world: World) -> Behaviour:
    return Behaviour(world.log, SeededIds(1, world.clock), world.clock, "haat/web")


async def test_what_is_gathered_is_appended_in_order_by_visitor(world: World, behaviour: Behaviour) -> None:
    for n in range(6):
        await behaviour.publish(f"vis_{n % 2}", Counted(n))
    await behaviour.publish("vis_0", Sold(9))
    assert await heard(world) == []
    await behaviour.flush()
    await behaviour.flush()
    assert sorted(await heard(world)) == [
        ("vis_0", 0),
        ("vis_0", 2),
        ("vis_0", 4),
        ("vis_1", 1),
        ("vis_1", 3),
        ("vis_1", 5),
    ]
    assert await heard(world, "offers") == [("vis_0", 9)]
    assert behaviour.dropped == 0


async def test_beyond_its_bound_messages_are_dropped_and_counted(world: World, behaviour: Behaviour) -> None:
    for n in range(MOST_WAITING + 3):
        await behaviour.publish("vis_0", Counted(n))
    assert behaviour.dropped == 3
    await behaviour.flush()
    assert len(await heard(world)) == MOST_WAITING
    await behaviour.publish("vis_0", Counted(1))
    await behaviour.flush()
    assert len(await heard(world)) == MOST_WAITING + 1


async def test_while_the_log_is_down_they_are_lost_and_counted(world: World, behaviour: Behaviour) -> None:
    world.events.close()
    await behaviour.publish("vis_0", Counted(1))
    with pytest.raises(Unavailable):
        await behaviour.flush()
    assert behaviour.dropped == 1
    world.events.open()
    await behaviour.flush()
    assert await heard(world) == []


async def test_run_appends_within_moments_goes_on_after_a_failure_and_flushes_at_the_end(
    world: World, behaviour: Behaviour
) -> None:
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(behaviour.run(stop))
        world.events.close()
        await behaviour.publish("vis_0", Counted(1))
        await until(lambda: behaviour.dropped == 1)
        world.events.open()
        await behaviour.publish("vis_0", Counted(2))
        async with world.log.subscribe("g", ["items"]) as subscription:
            assert len(await subscription.poll(10, 20)) == 1
        await behaviour.publish("vis_0", Counted(3))
        stop.set()
    assert await heard(world) == [("vis_0", 2), ("vis_0", 3)]
