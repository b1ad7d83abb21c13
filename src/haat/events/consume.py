"""The consumer loop: reads a group's records, lets a handler act, and commits after the effect.

`Unavailable` and `RateLimited` mean "not now": the whole batch is given again after a pause, as often as it takes, and
the lag shows it. Any other error means that some event of the batch cannot be processed: the batch is halved until that
event stands alone; after its tries it is parked with its reason, and the others go on.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final, NamedTuple

import msgspec
import structlog

from haat.errors import HaatError, Invalid, RateLimited
from haat.events.backoff import Backoff, pause
from haat.events.envelope import Event, decode
from haat.events.parking import Parking, reason_of
from haat.events.ports import EventLog, Handler, Record, Subscription

BATCH_RECORDS: Final = 500  # a bulk read of 500 items is one round trip of every engine
TRIES: Final = 10  # docs/explanation/reliability.md: after that it waits for a person
POISON_MOST_S: Final = 0.5  # tries of one event wait less: all others of its partition wait behind it
POLL_S: Final = 1.0  # only for records another process appended: this process wakes its consumers itself

_LOG: Final = structlog.stdlib.get_logger("haat.events.consume")


class _Given(NamedTuple):
    record: Record
    event: Event


class _Stopped(Exception):
    """The loop was asked to end while it waited to try again: nothing was committed, the batch comes back."""


@dataclass(slots=True)
class Counts:
    """What a consumer has done since the start of the process, for /metrics and `haat doctor`."""

    handled: int = 0
    retried: int = 0  # whole batches given again
    parked: int = 0
    error: str = ""  # why it is waiting; empty when it is not


class Consumer:
    """One handler on the log. `run` it in a task group, or `open` and `step` it by hand."""

    def __init__(
        self,
        handler: Handler,
        log: EventLog,
        parking: Parking,
        backoff: Backoff,
        *,
        batch: int = BATCH_RECORDS,
        gather_s: float = 0.0,
        tries: int = TRIES,
        poll_s: float = POLL_S,
        progressed: Callable[[], None] = lambda: None,
    ) -> None:
        self.handler = handler
        self.counts = Counts()
        self.progressed = progressed  # called after each commit
        self._log = log
        self._parking = parking
        self._backoff = backoff
        self._batch = batch
        self._gather_s = gather_s  # after a batch that was not full: what comes meanwhile waits in the log, unread
        self._tries = tries
        self._poll_s = poll_s

    async def run(self, stop: asyncio.Event) -> None:
        """Consume until stopped; the batch at hand is finished and committed first."""
        failures = 0
        while not stop.is_set():
            try:
                async with self.open() as subscription, asyncio.TaskGroup() as group:
                    waker = group.create_task(_interrupt(subscription, stop))
                    try:
                        while not stop.is_set():
                            done = await self.step(subscription, stop, timeout_s=self._poll_s)
                            failures = 0
                            if 0 < done < self._batch and self._gather_s > 0:
                                await pause(stop, self._gather_s)
                    finally:
                        waker.cancel()
            except* HaatError as errors:  # the log itself is down
                self.counts.error = str(errors.exceptions[0])
                _LOG.warning("consumer is waiting for the log", consumer=self.handler.name, error=self.counts.error)
            if await pause(stop, self._backoff.pause_s(failures)):
                failures += 1

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Subscription]:
        """Join the handler's group. Raises: Unavailable."""
        async with self._log.subscribe(self.handler.name, self.handler.topics) as subscription:
            yield subscription

    async def step(self, subscription: Subscription, stop: asyncio.Event, *, timeout_s: float = 0.0) -> int:
        """Take one batch through: poll, act, park what cannot be done, commit. The number of records done.

        Raises: Unavailable when the log or the parked table is down; the batch then comes again.
        """
        records = await subscription.poll(self._batch, timeout_s)
        if not records:
            return 0
        parked_before = self.counts.parked
        try:
            await self._deliver(await self._decoded(records), stop)
        except _Stopped:
            return 0
        await subscription.commit(records)
        self.counts.error = ""
        self.counts.handled += len(records) - (self.counts.parked - parked_before)
        self.progressed()
        return len(records)

    async def _decoded(self, records: Sequence[Record]) -> list[_Given]:
        """What can be read, each event once: what a relay sent twice may lie in one batch, and `inbox.fresh` answers
        for a batch as a whole.
        """
        given: dict[str, _Given] = {}
        for record in records:
            try:
                event = decode(record.value)
            except msgspec.MsgspecError as error:  # no later try can read what is not an envelope
                await self._park(record, error, tries=1)
            else:
                given.setdefault(event.id, _Given(record, event))
        return list(given.values())

    async def _deliver(self, given: Sequence[_Given], stop: asyncio.Event) -> None:
        if not given:
            return
        error = await self._act(given, stop)
        if error is None:
            return
        if len(given) > 1:
            middle = len(given) // 2
            await self._deliver(given[:middle], stop)
            await self._deliver(given[middle:], stop)
            return
        for attempt in range(1, self._tries):
            # What is wrong in itself does not get better by waiting.
            if not isinstance(error, Invalid | msgspec.MsgspecError):
                await self._pause(min(POISON_MOST_S, self._backoff.pause_s(attempt)), stop)
            error = await self._act(given, stop)
            if error is None:
                return
        await self._park(given[0].record, error, tries=self._tries)

    async def _act(self, given: Sequence[_Given], stop: asyncio.Event) -> Exception | None:
        """Let the handler act, however often its engines are down. What else it raises is the answer."""
        events = [one.event for one in given]
        attempt = 0
        while True:
            try:
                await self.handler(events)
            except HaatError as error:
                if not error.retryable:
                    return error
                self._waits(error)
                asked_s = error.retry_after_s if isinstance(error, RateLimited) else 0
                await self._pause(max(asked_s, self._backoff.pause_s(attempt)), stop)
                attempt += 1
            except Exception as error:  # a bug meets one event: it is parked, it does not stop the shop
                return error
            else:
                return None

    def _waits(self, error: HaatError) -> None:
        self.counts.retried += 1
        self.counts.error = str(error)
        _LOG.warning("consumer tries again", consumer=self.handler.name, error=str(error))

    async def _park(self, record: Record, error: Exception, *, tries: int) -> None:
        code, reason = reason_of(error)
        await self._parking.park(self.handler.name, record, code=code, reason=reason, tries=tries)
        self.counts.parked += 1
        # A refusal explains itself; only what nobody foresaw needs its traceback.
        bug = None if isinstance(error, HaatError | msgspec.MsgspecError) else error
        _LOG.error(
            "event parked", consumer=self.handler.name, topic=record.topic, key=record.key, code=code, exc_info=bug
        )

    @staticmethod
    async def _pause(pause_s: float, stop: asyncio.Event) -> None:
        if not await pause(stop, pause_s):
            raise _Stopped


async def _interrupt(subscription: Subscription, stop: asyncio.Event) -> None:
    await stop.wait()
    subscription.interrupt()
