"""A small shop of two stores with an outbox each, a log, and consumers that count."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from haat.engines.sql.outgoing import SqlOutgoing
from haat.engines.sql.sqlite import SqliteDatabase
from haat.engines.system import SeededIds
from haat.events.adapters.sql_parking import SqlParking
from haat.events.adapters.sqlite_log import SqliteEventLog
from haat.events.adapters.tables import LINE
from haat.events.consume import Consumer
from haat.events.flow import Flow
from haat.events.lag import MeasureLag
from haat.events.outbox import Outbox
from haat.events.ports import Handler
from haat.events.relay import Relay
from tests.conftest import ManualClock
from tests.events.handlers import AT_ONCE, EFFECT, TABLES, Collect, Counted, Once, Sold, allow
from tests.migrated import template

__all__ = ["AT_ONCE", "Collect", "Counted", "Once", "Sold", "World", "a_world", "allow", "until"]


async def until(true: Callable[[], Awaitable[bool]] | Callable[[], bool], timeout_s: float = 20.0) -> None:
    """Let the other tasks run until something holds; fails when it never does."""
    async with asyncio.timeout(timeout_s):
        while True:
            answer = true()
            if answer if isinstance(answer, bool) else await answer:
                return
            await asyncio.sleep(0)


class World:
    """Two stores, one log, one parked table."""

    def __init__(self, folder: Path) -> None:
        self.clock = ManualClock()
        self.stores = [SqliteDatabase(folder / f"store-{n}.db", self.clock) for n in range(2)]
        self.events = SqliteDatabase(folder / "events.db", self.clock)
        for store in self.stores:
            store.path.write_bytes(template(TABLES))
        self.events.path.write_bytes(template(LINE))
        self.log = SqliteEventLog(self.events, self.clock)
        self.parking = SqlParking(self.events)
        self.outbox = Outbox("haat/test", SeededIds(3, self.clock))
        self.sources = {f"store-{n}": SqlOutgoing(store) for n, store in enumerate(self.stores)}
        # An hour: whatever happens sooner happened because somebody was woken.
        self.relay = Relay(self.log, self.sources, AT_ONCE, poll_s=3_600)

    def open(self) -> None:
        for database in (*self.stores, self.events):
            database.open()

    def close(self) -> None:
        for database in (*self.stores, self.events):
            database.close()

    async def publish(self, *numbers: int, key: str = "", store: int = 0, kind: type[Counted] = Counted) -> None:
        """One business transaction with an event per number."""
        messages = [(key or f"k{n % 5}", kind(n)) for n in numbers]
        await self.stores[store].transact(lambda tx: self.outbox.add(tx, messages))

    def consumer(self, handler: Handler, *, batch: int = 500) -> Consumer:
        return Consumer(handler, self.log, self.parking, AT_ONCE, batch=batch, poll_s=3_600)

    def flow(self, *handlers: Handler, batch: int = 500) -> Flow:
        measure = MeasureLag(self.log, self.parking, self.sources, handlers, self.clock)
        return Flow(self.relay, [self.consumer(handler, batch=batch) for handler in handlers], measure)

    async def effects(self) -> Counter[int]:
        return Counter(int(row[0]) for row in await self.stores[0].read(EFFECT.all))


@asynccontextmanager
async def a_world(folder: Path) -> AsyncIterator[World]:
    world = World(folder)
    world.open()
    try:
        yield world
    finally:
        world.close()
