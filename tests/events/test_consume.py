"""The consumer loop: retried, halved, parked, stopped, and never committed before its effect."""

import asyncio
from collections.abc import Sequence

import msgspec
import pytest
from structlog.typing import EventDict

from haat.errors import Conflict, Invalid, RateLimited, Unavailable
from haat.events.consume import TRIES, Consumer
from haat.events.envelope import Event, decode
from tests.events.world import AT_ONCE, Collect, Counted, Once, World, allow, until


async def step(world: World, consumer: Consumer, stop: asyncio.Event | None = None) -> int:
    await world.relay.step()
    async with consumer.open() as subscription:
        return await consumer.step(subscription, stop or asyncio.Event())


def raising(error: Exception, *poison: int) -> "object":
    def before(events: Sequence[Event]) -> None:
        if any(event.read(Counted).n in poison for event in events):
            raise error

    return before


async def test_a_batch_is_handled_in_order_and_committed(world: World) -> None:
    handler = Collect()
    consumer = world.consumer(handler)
    await world.publish(*range(20), key="a")
    assert await step(world, consumer) == 20
    assert handler.numbers == list(range(20))
    assert await step(world, consumer) == 0
    assert (consumer.counts.handled, consumer.counts.parked) == (20, 0)


async def test_what_a_relay_sent_twice_acts_once_also_when_both_come_in_one_batch(world: World) -> None:
    await world.publish(*range(20), key="a")
    rows = await world.sources["store-0"].unsent(100)
    for _ in range(2):  # its process died before it had marked them as sent
        await world.log.append("items", [(row.key, row.value) for row in rows])
    consumer = world.consumer(Once(world.stores[0]))
    async with consumer.open() as subscription:
        assert await consumer.step(subscription, asyncio.Event()) == 40
        assert await consumer.step(subscription, asyncio.Event()) == 0
    assert await world.effects() == dict.fromkeys(range(20), 1)


async def test_unavailable_gives_the_whole_batch_again_as_often_as_it_takes(world: World) -> None:
    handler = Collect()
    left = 3 * TRIES

    def before(events: Sequence[Event]) -> None:
        nonlocal left
        left -= 1
        if left >= 0:
            raise Unavailable if left % 2 else RateLimited(retry_after_s=0)

    handler.before = before
    consumer = world.consumer(handler)
    await world.publish(1, 2, 3, key="a")
    assert await step(world, consumer) == 3
    assert handler.calls == [[1, 2, 3]] * (3 * TRIES + 1)
    assert handler.numbers == [1, 2, 3]
    assert consumer.counts.retried == 3 * TRIES
    assert await world.parking.page() == []


@pytest.mark.parametrize("error", [Invalid("no title"), Conflict("moved on"), KeyError("a bug")])
async def test_poison_is_parked_after_its_tries_and_the_others_go_on(
    world: World, error: Exception, logs: list[EventDict]
) -> None:
    handler = Collect()
    handler.before = raising(error, 13)  # type: ignore[assignment]  # a function
    consumer = world.consumer(handler)
    await world.publish(*range(20), key="a")
    assert await step(world, consumer) == 20
    assert sorted(set(handler.numbers)) == [n for n in range(20) if n != 13]
    assert handler.calls.count([13]) == TRIES
    (parked,) = await world.parking.page()
    assert decode(parked.value).read(Counted).n == 13
    assert (parked.consumer, parked.topic, parked.key, parked.tries) == ("collect", "items", "a", TRIES)
    assert parked.code == (getattr(error, "code", None) or type(error).__name__)
    assert str(error) in parked.reason
    assert (consumer.counts.handled, consumer.counts.parked) == (19, 1)
    (logged,) = [line for line in logs if line["event"] == "event parked"]
    assert (logged["consumer"], logged["key"], logged["code"]) == ("collect", "a", parked.code)
    assert logged["exc_info"] is (error if isinstance(error, KeyError) else None)  # only a bug needs its traceback
    assert "value" not in logged  # payloads hold what people wrote
    assert await step(world, consumer) == 0


async def test_many_poisons_in_one_batch_are_each_parked(world: World) -> None:
    handler = Collect()
    poison = range(0, 40, 3)
    handler.before = raising(Invalid("bad"), *poison)  # type: ignore[assignment]  # a function
    await world.publish(*range(40))
    await step(world, world.consumer(handler))
    assert sorted(set(handler.numbers)) == [n for n in range(40) if n % 3]
    assert sorted(decode(one.value).read(Counted).n for one in await world.parking.page()) == list(poison)


async def test_a_fault_that_passes_within_its_tries_parks_nothing(world: World) -> None:
    handler = Collect()
    left = 5

    def before(events: Sequence[Event]) -> None:
        nonlocal left
        if len(events) == 1 and left:
            left -= 1
            raise KeyError("once in a while")
        if len(events) > 1 and left:
            raise KeyError("once in a while")

    handler.before = before
    await world.publish(1, 2, key="a")
    await step(world, world.consumer(handler))
    assert handler.numbers == [1, 2]
    assert await world.parking.page() == []


async def test_what_is_no_event_is_parked_at_once(world: World) -> None:
    handler = Collect()
    await world.log.append("items", [("a", b"{broken"), ("a", b'{"id": 1}'), ("a", b"\xff")])
    await world.publish(1, key="a")
    assert await step(world, world.consumer(handler)) == 4
    assert handler.numbers == [1]
    parked = await world.parking.page()
    assert [one.tries for one in parked] == [1, 1, 1]
    assert [one.value for one in parked] == [b"{broken", b'{"id": 1}', b"\xff"]


async def test_a_payload_the_reader_cannot_read_is_parked(world: World) -> None:
    class Other(msgspec.Struct):
        title: str

    handler = Collect()

    def before(events: Sequence[Event]) -> None:
        for event in events:
            event.read(Other)

    handler.before = before
    await world.publish(1)
    await step(world, world.consumer(handler))
    (parked,) = await world.parking.page()
    assert parked.code == "ValidationError"
    assert "title" in parked.reason


async def test_a_crash_between_effect_and_commit_acts_once_with_the_inbox(world: World) -> None:
    handler = Once(world.stores[0])

    def dies(events: Sequence[Event]) -> None:
        raise asyncio.CancelledError

    await world.publish(*range(30))
    handler.fails = dies
    with pytest.raises(asyncio.CancelledError):
        await step(world, world.consumer(handler))
    assert sum((await world.effects()).values()) == 30  # the effect was made, the commit was not
    handler.fails = allow
    assert await step(world, world.consumer(handler)) == 30
    assert set((await world.effects()).values()) == {1}


async def test_a_failing_batch_acts_once_on_each_good_event(world: World) -> None:
    handler = Once(world.stores[0])
    handler.fails = raising(KeyError("after the effect"), 7)  # type: ignore[assignment]  # a function
    await world.publish(*range(16))
    await step(world, world.consumer(handler))
    assert await world.effects() == dict.fromkeys(range(16), 1)


async def test_while_parking_is_down_nothing_is_committed(world: World) -> None:
    handler = Collect()

    def before(events: Sequence[Event]) -> None:
        if len(events) == 1:
            world.events.close()
        raise Invalid("bad")

    handler.before = before
    await world.publish(1, 2, key="a")
    consumer = world.consumer(handler)
    with pytest.raises(Unavailable):
        await step(world, consumer)
    world.events.open()
    handler.before = allow
    assert await step(world, consumer) == 2
    assert await world.parking.page() == []


async def test_stop_lets_the_batch_at_hand_finish_and_commit(world: World) -> None:
    handler, stop, begun, go = Collect(), asyncio.Event(), asyncio.Event(), asyncio.Event()
    real = handler.__call__

    class Slow(Collect):
        async def __call__(self, events: Sequence[Event]) -> None:
            begun.set()
            await go.wait()
            await real(events)

    consumer = world.consumer(Slow())
    await world.publish(1, 2)
    await world.relay.step()
    running = asyncio.ensure_future(consumer.run(stop))
    await begun.wait()
    stop.set()
    go.set()
    async with asyncio.timeout(5):
        await running
    assert sorted(handler.numbers) == [1, 2]
    assert (await world.log.lag("collect", "items")).records == 0


async def test_stop_ends_a_consumer_that_waits_to_try_again_without_a_commit(world: World) -> None:
    handler, stop = Collect(), asyncio.Event()
    tried = asyncio.Event()

    def before(events: Sequence[Event]) -> None:
        tried.set()
        raise RateLimited(retry_after_s=3_600)

    handler.before = before
    await world.publish(1)
    await world.relay.step()
    running = asyncio.ensure_future(world.consumer(handler).run(stop))
    await tried.wait()
    stop.set()
    async with asyncio.timeout(5):
        await running
    assert (await world.log.lag("collect", "items")).records == 1


async def test_stop_ends_a_consumer_that_waits_for_events_at_once(world: World) -> None:
    stop = asyncio.Event()
    running = asyncio.ensure_future(world.consumer(Collect()).run(stop))
    await world.log.lag("collect", "items")
    stop.set()
    async with asyncio.timeout(20):  # a poll by itself would wait an hour
        await running


async def test_after_a_batch_that_was_not_full_events_gather_in_the_log_and_stop_does_not_wait(world: World) -> None:
    handler, stop = Collect(), asyncio.Event()
    consumer = Consumer(handler, world.log, world.parking, AT_ONCE, batch=2, gather_s=3_600)
    await world.publish(1, 2, 3)
    await world.relay.step()
    running = asyncio.ensure_future(consumer.run(stop))
    await until(lambda: consumer.counts.handled == 3)  # a full batch is followed at once
    await world.publish(4)
    await world.relay.step()
    stop.set()
    async with asyncio.timeout(5):
        await running
    assert sorted(handler.numbers) == [1, 2, 3]
    assert (await world.log.lag("collect", "items")).records == 1


async def test_a_log_that_comes_back_is_joined_again(world: World) -> None:
    handler, stop = Collect(), asyncio.Event()
    world.events.close()
    consumer = world.consumer(handler)
    running = asyncio.ensure_future(consumer.run(stop))
    await until(lambda: bool(consumer.counts.error))
    world.events.open()
    await world.publish(1)
    await world.relay.step()
    await until(lambda: bool(handler.numbers))
    stop.set()
    await running
    assert handler.numbers == [1]


async def test_a_cancelled_consumer_commits_nothing(world: World) -> None:
    begun = asyncio.Event()

    class Stuck(Collect):
        async def __call__(self, events: Sequence[Event]) -> None:
            begun.set()
            await asyncio.Event().wait()

    await world.publish(1)
    await world.relay.step()
    running = asyncio.ensure_future(world.consumer(Stuck()).run(asyncio.Event()))
    await begun.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    handler = Collect()
    await step(world, Consumer(handler, world.log, world.parking, AT_ONCE))
    assert handler.numbers == [1]
