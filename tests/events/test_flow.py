"""Relay and consumers together: drained, running, measured, and a life full of faults."""

import asyncio
import itertools
import random
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from haat.errors import Invalid, Unavailable
from haat.events.envelope import Event, decode
from haat.events.lag import ConsumerLag, RelayLag
from tests.events.world import Collect, Counted, Once, Sold, World, a_world, until


class Chain(Collect):
    """Publishes a further event for each it hears, a few times over."""

    def __init__(self, world: World) -> None:
        super().__init__("chain")
        self.world = world

    async def __call__(self, events: Sequence[Event]) -> None:
        await super().__call__(events)
        more = [event.read(Counted).n - 1 for event in events if event.read(Counted).n]
        if more:
            await self.world.publish(*more, store=1)


async def test_drain_follows_events_that_events_make(world: World) -> None:
    chain, other = Chain(world), Collect("other", ("items", "offers"))
    await world.publish(5)
    await world.publish(9, kind=Sold)
    lags = await world.flow(chain, other).drain()
    assert lags.quiet
    assert sorted(chain.numbers) == [0, 1, 2, 3, 4, 5]
    assert sorted(other.numbers) == [0, 1, 2, 3, 4, 5, 9]


async def test_drain_waits_for_a_flow_that_runs(world: World) -> None:
    chain, stop = Chain(world), asyncio.Event()
    flow = world.flow(chain)
    async with asyncio.TaskGroup() as group:
        group.create_task(flow.run(stop))
        await asyncio.sleep(0)
        for n in range(5):
            await world.publish(n, store=n % 2)
        assert (await flow.drain()).quiet
        assert len(chain.numbers) == 15
        stop.set()


async def test_drain_says_what_still_waits(world: World) -> None:
    handler = Collect()

    def down(events: Sequence[Event]) -> None:
        raise Unavailable

    handler.before = down
    await world.publish(1, 2)
    with pytest.raises(Unavailable, match=r"collect \(items\): 2 events"):
        await world.flow(handler).drain(timeout_s=0.2)


async def test_parked_events_do_not_hold_up_a_drain(world: World) -> None:
    handler = Collect()

    def refuse(events: Sequence[Event]) -> None:
        raise Invalid("bad")

    handler.before = refuse
    await world.publish(1, 2)
    lags = await world.flow(handler).drain()
    assert lags.quiet
    assert lags.parked == {"collect": 2}


async def test_drain_beside_moves_events_while_work_makes_them_and_after_it(world: World) -> None:
    handler = Collect()

    async def work() -> str:
        await world.publish(1)
        await until(lambda: handler.numbers == [1])  # only events that flow beside let it go on
        await world.publish(2)
        return "made"

    assert await world.flow(handler).drain_beside(work()) == "made"
    assert handler.numbers == [1, 2]


async def test_drain_beside_raises_what_the_work_raises(world: World) -> None:
    async def work() -> None:
        await world.publish(1)
        raise Invalid("bad")

    with pytest.raises(Invalid, match="bad"):
        await world.flow(Collect()).drain_beside(work())


async def test_drain_beside_ends_the_work_when_events_do_not_move(world: World) -> None:
    handler, ended = Collect(), asyncio.Event()

    def down(events: Sequence[Event]) -> None:
        raise Unavailable

    async def work() -> None:
        await world.publish(1)
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    handler.before = down
    with pytest.raises(Unavailable, match="still wait"):
        await world.flow(handler).drain_beside(work(), timeout_s=0.2)
    await asyncio.wait_for(ended.wait(), 1)


async def test_lag_is_measured_on_the_whole_way(world: World) -> None:
    handler = Collect(topics=("items", "offers"))
    flow = world.flow(handler)
    await world.publish(1, 2)
    world.clock.advance(2)
    lags = await flow.measure()
    assert list(lags.relay) == [RelayLag("store-0", 2, 2_000), RelayLag("store-1", 0, 0)]
    assert list(lags.consumers) == [ConsumerLag("collect", "items", 0, 0), ConsumerLag("collect", "offers", 0, 0)]
    assert not lags.quiet
    await world.relay.step()
    world.clock.advance(3)
    lags = await flow.measure()
    assert list(lags.relay) == [RelayLag("store-0", 0, 0), RelayLag("store-1", 0, 0)]
    assert list(lags.consumers) == [ConsumerLag("collect", "items", 2, 3_000), ConsumerLag("collect", "offers", 0, 0)]
    assert (await flow.drain()).quiet


async def test_handlers_run_beside_each_other_and_one_that_waits_delays_none(world: World) -> None:
    stuck, quick, stop = Collect("stuck"), Collect("quick"), asyncio.Event()

    def down(events: Sequence[Event]) -> None:
        raise Unavailable

    stuck.before = down
    flow = world.flow(stuck, quick)
    async with asyncio.TaskGroup() as group:
        group.create_task(flow.run(stop))
        await world.publish(*range(10))
        await until(lambda: len(quick.numbers) == 10)
        stop.set()
    assert stuck.numbers == []


@settings(max_examples=10)
@given(
    seed=st.integers(0, 2**32), batches=st.lists(st.integers(1, 12), min_size=1, max_size=8), batch=st.integers(1, 20)
)
def test_whatever_fails_every_event_acts_once_or_is_parked_and_keys_keep_order(
    seed: int, batches: list[int], batch: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    chance = random.Random(seed)

    async def life(folder: Path) -> None:
        async with a_world(folder) as world:
            once, ordered = Once(world.stores[0]), Collect("ordered")

            def trouble(events: Sequence[Event]) -> None:
                if any(event.read(Counted).n % 17 == 13 for event in events):
                    raise Invalid("poison")
                draw = chance.random()
                if draw < 0.15:
                    raise Unavailable("now and then")
                if draw < 0.2 and len(events) > 1:
                    raise KeyError("a bug in large batches")

            once.fails = trouble
            flow, first = world.flow(once, ordered, batch=batch), 0
            stores: list[int] = []
            for size in batches:
                store = chance.randrange(2)
                await world.publish(*range(first, first + size), store=store, key=chance.choice("abc"))
                stores += [store] * size
                first += size
                if chance.random() < 0.5:
                    await world.relay.step()
                if chance.random() < 0.3:
                    world.events.close()
                    world.events.open()
            await flow.drain()
            assert await world.effects() == dict.fromkeys(range(first), 1)
            parked = sorted(decode(one.value).read(Counted).n for one in await world.parking.page(limit=500))
            assert parked == [n for n in range(first) if n % 17 == 13]
            for key, store in itertools.product("abc", range(2)):
                mine = [n for subject, n in ordered.seen if subject == key and stores[n] == store]
                assert mine == sorted(set(mine))

    asyncio.run(life(tmp_path_factory.mktemp("life")))
