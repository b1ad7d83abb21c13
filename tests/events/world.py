"""A small shop of two stores with an outbox each, a log, and consumers that count."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import ClassVar

import msgspec
from sqlalchemy import Column, Integer, MetaData, String, Table, insert, select

from haat.engines.sql import Statement, Tx
from haat.engines.sql.inbox import inbox_table
from haat.engines.sql.outgoing import SqlOutgoing, outbox_table
from haat.engines.sql.sqlite import SqliteDatabase
from haat.engines.system import SeededIds
from haat.events.adapters.sql_parking import SqlParking
from haat.events.adapters.sqlite_log import SqliteEventLog
from haat.events.adapters.tables import LINE
from haat.events.backoff import Backoff
from haat.events.consume import Consumer
from haat.events.envelope import Event
from haat.events.flow import Flow
from haat.events.inbox import fresh
from haat.events.lag import MeasureLag
from haat.events.outbox import Outbox
from haat.events.ports import Handler
from haat.events.relay import Relay
from tests.conftest import ManualClock
from tests.contracts.embedded import template

TABLES = MetaData()
outbox_table(TABLES)
inbox_table(TABLES)
EFFECTS = Table("effects", TABLES, Column("seq", Integer, primary_key=True), Column("n", String(40), nullable=False))
ADD_EFFECT = Statement(insert(EFFECTS), "n")
EFFECT = Statement(select(EFFECTS.c.n))

AT_ONCE = Backoff(lambda: 0.0)  # retries without waiting: the jitter is the part that is injected


def allow(events: Sequence[Event]) -> None:
    """What handlers do on the way unless a test says otherwise: nothing."""


async def until(true: Callable[[], Awaitable[bool]] | Callable[[], bool], timeout_s: float = 20.0) -> None:
    """Let the other tasks run until something holds; fails when it never does."""
    async with asyncio.timeout(timeout_s):
        while True:
            answer = true()
            if answer if isinstance(answer, bool) else await answer:
                return
            await asyncio.sleep(0)


class Counted(msgspec.Struct, frozen=True):
    """The message of these tests."""

    topic: ClassVar[str] = "items"
    type: ClassVar[str] = "item.counted"
    schema_version: ClassVar[int] = 1

    n: int


class Sold(Counted, frozen=True):
    """The same on another topic."""

    topic: ClassVar[str] = "offers"


class Collect:
    """A handler that keeps what it got and does what the test says on the way."""

    def __init__(self, name: str = "collect", topics: tuple[str, ...] = ("items",)) -> None:
        self.name = name
        self.topics = topics
        self.seen: list[tuple[str, int]] = []
        self.calls: list[list[int]] = []
        self.before: Callable[[Sequence[Event]], None] = allow

    async def __call__(self, events: Sequence[Event]) -> None:
        self.calls.append([event.read(Counted).n for event in events])
        self.before(events)
        self.seen += [(event.subject, event.read(Counted).n) for event in events]

    @property
    def numbers(self) -> list[int]:
        return [n for _, n in self.seen]


class Once:
    """A handler whose effect is a row, written with the inbox."""

    def __init__(self, database: SqliteDatabase) -> None:
        self.name = "once"
        self.topics = ("items",)
        self._database = database
        self.fails: Callable[[Sequence[Event]], None] = allow

    async def __call__(self, events: Sequence[Event]) -> None:
        def unit(tx: Tx) -> None:
            new = fresh(tx, self.name, [event.id for event in events])
            ADD_EFFECT.many(tx, [{"n": str(event.read(Counted).n)} for event in events if event.id in new])

        await self._database.transact(unit)
        self.fails(events)


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
        self.relay = Relay(self.log, self.sources, AT_ONCE)

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
        return Consumer(handler, self.log, self.parking, AT_ONCE, batch=batch)

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
