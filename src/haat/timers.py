"""What runs beside requests and events: reading feeds, forgetting what was sent, trying pictures again."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any, Final

from haat.catalog.fetch_pictures import RetryPictures
from haat.engines.outgoing import OutgoingSource
from haat.events.backoff import pause
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
class Timers:
    """Housekeeping every five minutes."""

    sources: Mapping[str, OutgoingSource]
    event_log: EventLog
    retry_pictures: RetryPictures
    refresh_names: Callable[[], Awaitable[None]]
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
        await self.retry_pictures()
        await self.refresh_names()
