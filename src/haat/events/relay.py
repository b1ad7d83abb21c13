"""The relay: moves outgoing events from the stores they were committed in to the event log, at least once.

It asks each store for *unsent* rows, appends them, and only then marks them sent: a crash in between sends them again.
Rows of one key stay in the order of their transactions, because a store's rows are sent one batch after the other.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final

import structlog

from haat.engines.outgoing import OutgoingSource, Unsent
from haat.errors import HaatError
from haat.events.backoff import Backoff, pause
from haat.events.ports import EventLog
from haat.events.together import all_of
from haat.events.wake import Wake

BATCH_ROWS: Final = 1_000  # beyond it the cost per row no longer falls (docs/reference/figures.md)
GATHER_S: Final = 0.04  # after a batch that was not full: a move costs two flushes to disk, however few its rows
POLL_S: Final = 1.0  # only for rows another process committed: this process wakes the relay itself

_LOG: Final = structlog.stdlib.get_logger("haat.events.relay")


class Relay:
    """Sends for several stores, each named in metrics and in `haat doctor`. A store that is down delays no other."""

    def __init__(
        self,
        log: EventLog,
        sources: Mapping[str, OutgoingSource],
        backoff: Backoff,
        *,
        batch: int = BATCH_ROWS,
        poll_s: float = POLL_S,
        gather_s: float = GATHER_S,
    ) -> None:
        self.sources = dict(sources)
        self._log = log
        self._backoff = backoff
        self._batch = batch
        self._poll_s = poll_s
        self._gather_s = gather_s
        self._wakes = {name: Wake() for name in self.sources}
        for name, source in self.sources.items():
            source.on_new(self._wakes[name].notify)

    async def run(self, stop: asyncio.Event) -> None:
        """Send until stopped, and finish the batch at hand. Engines that are down are tried again."""
        async with asyncio.TaskGroup() as group:
            for name in self.sources:
                group.create_task(self._send(name, stop))
            await stop.wait()
            for wake in self._wakes.values():
                wake.notify()

    async def step(self) -> int:
        """Send everything that waits in any store now; the number of events sent. Raises: Unavailable."""
        return sum(await all_of(self._empty(source) for source in self.sources.values()))

    async def _send(self, name: str, stop: asyncio.Event) -> None:
        source, wake, failures = self.sources[name], self._wakes[name], 0
        while not stop.is_set():
            wake.arm()
            try:
                sent = await self._move(source)
            except HaatError as error:
                _LOG.warning("relay is waiting", source=name, error=str(error), failures=failures)
                await pause(stop, self._backoff.pause_s(failures))
                failures += 1
                continue
            failures = 0
            if sent < self._batch and not stop.is_set():
                if sent and not await pause(stop, self._gather_s):
                    return
                await wake.wait(self._poll_s)

    async def _empty(self, source: OutgoingSource) -> int:
        total = 0
        while sent := await self._move(source):
            total += sent
        return total

    async def _move(self, source: OutgoingSource) -> int:
        rows = await source.unsent(self._batch)
        if not rows:
            return 0
        by_topic: dict[str, list[Unsent]] = {}
        for row in rows:
            by_topic.setdefault(row.topic, []).append(row)
        # At the same moment, so that the log's group commit makes one fsync of all topics.
        await all_of(self._append(topic, entries) for topic, entries in by_topic.items())
        await source.mark_sent(rows)
        return len(rows)

    async def _append(self, topic: str, rows: Sequence[Unsent]) -> None:
        await self._log.append(topic, [(row.key, row.value) for row in rows])
