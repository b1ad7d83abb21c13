"""The event path of one process: the relay and its consumers, running together or driven until all is quiet."""

import asyncio
from collections.abc import Coroutine, Sequence
from contextlib import AsyncExitStack
from typing import Any, Final, TypeVar

from haat.errors import Unavailable
from haat.events.consume import Consumer
from haat.events.lag import Lags, MeasureLag
from haat.events.ports import Subscription
from haat.events.relay import Relay
from haat.events.together import all_of
from haat.events.wake import Wake

T = TypeVar("T")
_LOOK_AGAIN_S: Final = 0.1  # until work that goes on has made the next events


class Flow:
    """Relay and consumers of one process."""

    def __init__(self, relay: Relay, consumers: Sequence[Consumer], measure: MeasureLag) -> None:
        self.relay = relay
        self.consumers = tuple(consumers)
        self.measure = measure
        self._running = False
        self._moved = Wake()
        for consumer in self.consumers:
            consumer.progressed = self._moved.notify

    async def run(self, stop: asyncio.Event) -> None:
        """Move events until stopped; batches at hand are finished first."""
        self._running = True
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self.relay.run(stop))
                for consumer in self.consumers:
                    group.create_task(consumer.run(stop))
        finally:
            self._running = False

    async def drain(self, timeout_s: float = 60.0) -> Lags:
        """Return when every committed event has reached every consumer, including the events this made in turn.

        While `run` is running it waits for it; else it does the work itself. Parked events do not hold it up.

        Raises: Unavailable when that takes longer than the timeout; what was done stays done.
        """
        try:
            async with asyncio.timeout(timeout_s):
                await (self._quiet() if self._running else self._work())
        except TimeoutError:
            lags = await self.measure()
            behind = [f"{one.source}: {one.rows} rows" for one in lags.relay if one.rows]
            behind += [f"{one.consumer} ({one.topic}): {one.records} events" for one in lags.consumers if one.records]
            raise Unavailable(f"Events still wait after {timeout_s:g} s: {', '.join(behind)}") from None
        return await self.measure()

    async def drain_beside(self, work: Coroutine[Any, Any, T], timeout_s: float = 60.0) -> T:
        """Drain while some work makes events, and once more after it; the work's result.

        Raises: as `drain`, then the work is cancelled; as the work.
        """
        making = asyncio.create_task(work)
        try:
            while not making.done():
                await self.drain(timeout_s)
                await asyncio.wait([making], timeout=_LOOK_AGAIN_S)
            made = await making
            await self.drain(timeout_s)
        finally:
            making.cancel()
        return made

    async def _quiet(self) -> None:
        while True:
            self._moved.arm()
            if (await self.measure()).quiet:
                return
            await self._moved.wait(1.0)

    async def _work(self) -> None:
        never = asyncio.Event()
        async with AsyncExitStack() as stack:
            opened = [(consumer, await stack.enter_async_context(consumer.open())) for consumer in self.consumers]
            first = [one for one in opened if not _reads_others(one[0])]
            last = [one for one in opened if _reads_others(one[0])]
            moved = 1
            while moved:
                moved = await self.relay.step() + await _step(first, never)
                # Who reads what others write acts once on their last word instead of again on each.
                moved = moved or await _step(last, never)


def _reads_others(consumer: Consumer) -> bool:
    """Whether a handler takes events as hints and reads what other consumers have written (it says so itself)."""
    return bool(getattr(consumer.handler, "reads_others", False))


async def _step(opened: Sequence[tuple[Consumer, Subscription]], stop: asyncio.Event) -> int:
    return sum(await all_of(consumer.step(subscription, stop) for consumer, subscription in opened))
