"""Behaviour: what visitors search and look at, appended to the log without an outbox.

Messages are gathered for at most 200 ms and appended together. What is gathered is lost in a crash, and above the bound
new messages are dropped and counted: nobody waits for being watched. Everything else in haat uses the outbox.
"""

import asyncio
from typing import Final

import structlog

from haat.errors import HaatError
from haat.events.backoff import pause
from haat.events.envelope import Message, encode, wrap
from haat.events.ports import EventLog
from haat.vocabulary import Clock, EventId, Ids

GATHER_S: Final = 0.2
MOST_WAITING: Final = 10_000
_LOG: Final = structlog.stdlib.get_logger("haat.events.behaviour")


class Behaviour:
    """Publishes messages of visitors, keyed by visitor."""

    def __init__(self, log: EventLog, ids: Ids, clock: Clock, source: str) -> None:
        self._log = log
        self._ids = ids
        self._clock = clock
        self._source = source
        self._waiting: dict[str, list[tuple[str, bytes]]] = {}
        self._count = 0
        self.dropped = 0  # since the start of the process, for /metrics

    async def publish(self, visitor: str, message: Message) -> None:
        """Take a message; it reaches the log within about 200 ms, or never."""
        if self._count >= MOST_WAITING:
            self.dropped += 1
            return
        event_id = EventId(self._ids.new("evt"))
        event = wrap(message, event_id=event_id, key=visitor, source=self._source, now_ms=self._clock.now_ms())
        self._waiting.setdefault(message.topic, []).append((visitor, encode(event)))
        self._count += 1

    async def flush(self) -> None:
        """Append what was gathered. Raises: Unavailable; then it is dropped."""
        waiting, self._waiting = self._waiting, {}
        count, self._count = self._count, 0
        try:
            for topic, entries in waiting.items():
                await self._log.append(topic, entries)
        except HaatError:
            self.dropped += count
            raise

    async def run(self, stop: asyncio.Event) -> None:
        """Flush until stopped, and once more."""
        going = True
        while going:
            going = await pause(stop, GATHER_S)
            try:
                await self.flush()
            except HaatError as error:
                _LOG.warning("behaviour is lost", error=str(error), dropped=self.dropped)
