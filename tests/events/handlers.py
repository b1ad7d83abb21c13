"""What event tests publish and hear. Imports little, because processes that are killed often start with it."""

from collections.abc import Callable, Sequence
from typing import ClassVar

import msgspec
from sqlalchemy import Column, Integer, MetaData, String, Table, insert, select

from haat.engines.sql import Statement, Tx
from haat.engines.sql.inbox import inbox_table
from haat.engines.sql.outgoing import outbox_table
from haat.engines.sql.sqlite import SqliteDatabase
from haat.events.backoff import Backoff
from haat.events.envelope import Event
from haat.events.inbox import fresh

TABLES = MetaData()
outbox_table(TABLES)
inbox_table(TABLES)
EFFECTS = Table("effects", TABLES, Column("seq", Integer, primary_key=True), Column("n", String(40), nullable=False))
ADD_EFFECT = Statement(insert(EFFECTS), "n")
EFFECT = Statement(select(EFFECTS.c.n))

AT_ONCE = Backoff(lambda: 0.0)  # retries without waiting: the jitter is the part that is injected


def allow(events: Sequence[Event]) -> None:
    """What handlers do on the way unless a test says otherwise: nothing."""


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
