"""What runs beside requests and events: reading feeds, forgetting what was sent, trying pictures again."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any, Final

from haat.catalog.fetch_pictures import RetryPictures
from haat.catalog.fill_words import FillWords
from haat.engines.outgoing import OutgoingSource
from haat.engines.sql import Database, Tx
from haat.engines.sql.idempotency import KEPT_MS, forget_answers
from haat.events.backoff import pause
from haat.events.inbox import forget
from haat.events.ports import EventLog
from haat.health import tolerated
from haat.inbound.work import FeedWorker
from haat.vocabulary import Clock

DAY_MS: Final = 86_400_000
OUTBOX_KEPT_MS: Final = 7 * DAY_MS  # sent rows prove "event if and only if state" to a checker for a week
LOG_KEPT_MS: Final = 30 * DAY_MS
HOUSEKEEPING_S: Final = 300.0
FEED_POLL_S: Final = 0.5


@dataclass(frozen=True, slots=True)
class Role:
    """A part of the process that runs until `stop` is set."""

    name: str
    run: Callable[[asyncio.Event], Coroutine[Any, Any, None]]


@dataclass(frozen=True, slots=True)
class FeedLoop:
    """Reads feeds as they are accepted."""

    worker: FeedWorker

    async def run(self, stop: asyncio.Event) -> None:
        """Until stopped; a feed at hand goes on where it was after the next start."""
        going = True
        while going:
            with tolerated("feeds"):
                await self.worker()
            going = await pause(stop, FEED_POLL_S)


@dataclass(frozen=True, slots=True)
class FillLoop:
    """Gives items of an earlier release their words, once."""

    fill: FillWords

    async def run(self, stop: asyncio.Event) -> None:
        """Until stopped; a catalogue that is away is met again some minutes later."""
        going = True
        while going:
            with tolerated("words"):
                await self.fill()
                await stop.wait()
            going = await pause(stop, HOUSEKEEPING_S)


@dataclass(frozen=True, slots=True)
class Forget:
    """What need not be kept for ever: answers under idempotency keys, and which events carts have acted on.

    Natural keys (checkout, payment, refund, order) stay, so nothing happens twice when a record is gone.
    """

    orders: Database
    carts: Database

    async def __call__(self, now_ms: int) -> None:
        """One unit in each database. Raises: Unavailable."""

        def forget_old_answers(tx: Tx) -> int:
            return forget_answers(tx, now_ms - KEPT_MS)

        def forget_old_events(tx: Tx) -> int:
            return forget(tx, now_ms - LOG_KEPT_MS - DAY_MS)  # a day longer than the log could bring them again

        await self.orders.transact(forget_old_answers)
        await self.carts.transact(forget_old_events)


@dataclass(frozen=True, slots=True)
class Timers:
    """Housekeeping every five minutes."""

    sources: Mapping[str, OutgoingSource]
    event_log: EventLog
    retry_pictures: RetryPictures
    refresh_names: Callable[[], Awaitable[None]]
    forget: Forget
    clock: Clock

    async def run(self, stop: asyncio.Event) -> None:
        """Until stopped. An engine that is away is met again at the next turn."""
        while await pause(stop, HOUSEKEEPING_S):
            with tolerated("housekeeping"):
                await self.step()

    async def step(self) -> None:
        """One turn. Raises: Unavailable."""
        now_ms = self.clock.now_ms()
        for source in self.sources.values():
            await source.trim(now_ms - OUTBOX_KEPT_MS)
        await self.event_log.trim(now_ms - LOG_KEPT_MS)
        await self.forget(now_ms)
        await self.retry_pictures()
        await self.refresh_names()
