"""What the fault tests kill. Started as `python -m tests.faults.children <role> <folder> [crash point]`.

A crash point is `<call>:<before|after>:<how many times it goes well>`: the process kills itself with SIGKILL there.
`after` is also the lost answer: the engine has done it, and nobody hears of it.
"""

import asyncio
import itertools
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from haat.engines.outgoing import Backlog, OutgoingSource, Unsent
from haat.engines.sql import Tx
from haat.engines.sql.outgoing import SqlOutgoing
from haat.engines.sql.sqlite import SqliteDatabase
from haat.engines.system import SystemClock, SystemIds
from haat.errors import Invalid
from haat.events.adapters.sql_parking import SqlParking
from haat.events.adapters.sqlite_log import SqliteEventLog
from haat.events.backoff import Backoff
from haat.events.consume import Consumer
from haat.events.envelope import Event
from haat.events.flow import Flow
from haat.events.lag import MeasureLag
from haat.events.outbox import Outbox
from haat.events.parking import Parking
from haat.events.ports import EventLog, Lag, Record, Subscription
from haat.events.relay import Relay
from tests.events.handlers import Counted, Once
from tests.faults.tables import ADD_LINE, ADD_ORDER

AT_ONCE = Backoff(lambda: 0.0)
POISON = 13  # of every hundred events, this one is refused
LINES = 3


class CrashPoint:
    """Kills this process at one place."""

    def __init__(self, text: str) -> None:
        self.call, self.when, left = (text or "never:never:0").split(":")
        self.left = int(left)

    def pass_by(self, call: str, when: str) -> None:
        if (call, when) == (self.call, self.when):
            self.left -= 1
            if self.left < 0:
                os.kill(os.getpid(), signal.SIGKILL)


class Source:
    """An outbox with crash points around its calls."""

    def __init__(self, source: OutgoingSource, point: CrashPoint) -> None:
        self._source = source
        self._point = point

    async def unsent(self, most: int) -> Sequence[Unsent]:
        self._point.pass_by("unsent", "before")
        rows = await self._source.unsent(most)
        self._point.pass_by("unsent", "after")
        return rows

    async def mark_sent(self, rows: Sequence[Unsent]) -> None:
        self._point.pass_by("mark_sent", "before")
        await self._source.mark_sent(rows)
        self._point.pass_by("mark_sent", "after")

    def on_new(self, wake: Callable[[], None]) -> None:
        self._source.on_new(wake)

    async def backlog(self) -> Backlog:
        return await self._source.backlog()

    async def trim(self, before_ms: int) -> int:
        return await self._source.trim(before_ms)


class Member:
    """A subscription with crash points around its calls."""

    def __init__(self, subscription: Subscription, point: CrashPoint) -> None:
        self._subscription = subscription
        self._point = point

    async def poll(self, limit: int, timeout_s: float) -> list[Record]:
        records = await self._subscription.poll(limit, timeout_s)
        if records:
            self._point.pass_by("poll", "after")
        return records

    async def commit(self, records: Sequence[Record]) -> None:
        self._point.pass_by("commit", "before")
        await self._subscription.commit(records)
        self._point.pass_by("commit", "after")

    def interrupt(self) -> None:
        self._subscription.interrupt()


class Log:
    """A log with crash points around its calls."""

    def __init__(self, log: EventLog, point: CrashPoint) -> None:
        self._log = log
        self._point = point

    async def append(self, topic: str, entries: Sequence[tuple[str, bytes]]) -> None:
        self._point.pass_by("append", "before")
        await self._log.append(topic, entries)
        self._point.pass_by("append", "after")

    @asynccontextmanager
    async def subscribe(self, group: str, topics: Sequence[str]) -> AsyncIterator[Subscription]:
        async with self._log.subscribe(group, topics) as subscription:
            yield Member(subscription, self._point)

    async def read(self, topic: str, partition: int, after: int, limit: int) -> list[Record]:
        return await self._log.read(topic, partition, after, limit)

    async def partitions(self, topic: str) -> int:
        return await self._log.partitions(topic)

    async def lag(self, group: str, topic: str) -> Lag:
        return await self._log.lag(group, topic)

    async def trim(self, before_ms: int) -> int:
        return await self._log.trim(before_ms)

    async def ping(self) -> None:
        await self._log.ping()


class PointedParking(SqlParking):
    """A parked table with crash points around parking."""

    point: CrashPoint

    async def park(self, consumer: str, record: Record, *, code: str, reason: str, tries: int) -> None:
        self.point.pass_by("park", "before")
        await super().park(consumer, record, code=code, reason=reason, tries=tries)
        self.point.pass_by("park", "after")


class Effect(Once):
    """Writes a row per event once; refuses the poison; crash points around its unit."""

    def __init__(self, database: SqliteDatabase, point: CrashPoint) -> None:
        super().__init__(database)
        self._point = point

    async def __call__(self, events: Sequence[Event]) -> None:
        if any(event.read(Counted).n % 100 == POISON for event in events):
            raise Invalid("poison")
        self._point.pass_by("effect", "before")
        await super().__call__(events)
        self._point.pass_by("effect", "after")


def say(text: str) -> None:
    """One line to the parent, past every buffer: what was said before the kill was said."""
    os.write(1, f"{text}\n".encode())


async def units(folder: Path) -> None:
    """Forty callers write orders with lines for ever, every seventh unit raises; each answer is said."""
    clock = SystemClock()
    database = SqliteDatabase(folder / "units.db", clock)
    database.open()
    outbox, ids, numbers = Outbox("haat/faults", SystemIds()), SystemIds(), itertools.count(1)

    async def caller() -> None:
        while True:
            order, number = ids.new("ord"), next(numbers)

            def unit(tx: Tx, order: str = order, number: int = number) -> None:
                ADD_ORDER.one(tx, {"id": order, "lines": LINES})
                ADD_LINE.many(tx, [{"order_id": order, "line": n} for n in range(LINES)])
                outbox.add(tx, [(order, Counted(number))])
                if number % 7 == 0:
                    raise Invalid("not this one")

            try:
                await database.transact(unit)
            except Invalid:
                continue
            say(order)

    await asyncio.gather(*(caller() for _ in range(40)))


async def flow(folder: Path, point: CrashPoint) -> None:
    """Relay and consumer until all is quiet, in small batches so that there is much to interrupt."""
    clock = SystemClock()
    store, events = SqliteDatabase(folder / "store.db", clock), SqliteDatabase(folder / "events.db", clock)
    store.open()
    events.open()
    log: EventLog = Log(SqliteEventLog(events, clock), point)
    parking = PointedParking(events)
    parking.point = point
    kept: Parking = parking
    sources: dict[str, OutgoingSource] = {"store": Source(SqlOutgoing(store), point)}
    handler = Effect(store, point)
    path = Flow(
        Relay(log, sources, AT_ONCE, batch=40),
        [Consumer(handler, log, kept, AT_ONCE, batch=25)],
        MeasureLag(log, kept, sources, [handler], clock),
    )
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(path.run(stop))
        await asyncio.sleep(0)
        say("running")
        await path.drain()
        stop.set()
    store.close()
    events.close()
    say("quiet")


def main() -> None:
    role, folder = sys.argv[1], Path(sys.argv[2])
    point = CrashPoint(sys.argv[3] if len(sys.argv) > 3 else "")
    asyncio.run(units(folder) if role == "units" else flow(folder, point))


if __name__ == "__main__":
    main()
