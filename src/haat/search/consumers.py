"""What search hears: which items may have changed, and that the lanes have."""

import asyncio
from collections.abc import Sequence
from typing import Final

import structlog

from haat.errors import Unavailable
from haat.events.envelope import Event
from haat.search.indexer import Indexer
from haat.search.lexicon import Lexicon
from haat.search.messages import ItemHint, LaneHint
from haat.search.ports import AllItems, Serviceability
from haat.vocabulary import Clock

CHECK_EVERY_S: Final = 1.0
_MATRIX_WAIT_S: Final = 5.0
_LOG: Final = structlog.stdlib.get_logger("haat.search")


class IndexItems:
    """Brings hinted items up to date. Safe to repeat: it reads what is true now."""

    name = "search-consumer"
    reads_others: Final = True  # a drain lets catalog and inventory finish first: then each item is written once
    topics = ("items", "offers", "stock")
    batch: Final = 8_000  # hints of one item come in threes and fours; together they are one write
    gather_s: Final = 0.25  # a commit costs some 20 CPU-ms whatever it holds: at a steady trickle three a second

    def __init__(self, indexer: Indexer) -> None:
        self._indexer = indexer

    async def __call__(self, events: Sequence[Event]) -> None:
        """Coalesce, write, commit: the events are done when their items can be found. Raises: Unavailable."""
        ids = list(dict.fromkeys(event.read(ItemHint).item_id for event in events))
        if await self._indexer.update(ids):
            await self._indexer.commit()


class IndexLanes:
    """Writes again what a change of the delivery matrix touches. Safe to repeat."""

    name = "search-lanes"
    topics = ("lanes",)

    def __init__(self, indexer: Indexer, serviceability: Serviceability, clock: Clock) -> None:
        self._indexer = indexer
        self._serviceability = serviceability
        self._clock = clock

    async def __call__(self, events: Sequence[Event]) -> None:
        """Wait until this process has the matrix of the newest event, then settle. Raises: Unavailable."""
        newest = max(event.read(LaneHint).generation for event in events)
        until_s = self._clock.monotonic_s() + _MATRIX_WAIT_S
        while self._serviceability.reach.generation < newest:
            if self._clock.monotonic_s() > until_s:
                raise Unavailable("The new delivery matrix has not arrived here yet.")
            await asyncio.sleep(0.05)
        await self._indexer.settle()


class Upkeep:
    """A timer: agrees with the matrix after a restart, and lets ranking learn the catalogue's words anew when due."""

    def __init__(self, indexer: Indexer, lexicon: Lexicon, items: AllItems) -> None:
        self._indexer = indexer
        self._lexicon = lexicon
        self._items = items

    async def step(self) -> None:
        """Do what is due now. Raises: Unavailable."""
        await self._indexer.settle()
        if self._lexicon.due:
            await self._lexicon.rebuild(lambda builder: self._indexer.collect(self._items, builder))

    async def run(self, stop: asyncio.Event) -> None:
        """Check each second until stopped. An engine that is away is tried again at the next check."""
        while not stop.is_set():
            try:
                await self.step()
            except Unavailable as error:
                _LOG.warning("search.upkeep_waits", reason=str(error))
            try:
                async with asyncio.timeout(CHECK_EVERY_S):
                    await stop.wait()
            except TimeoutError:
                continue
