"""The event log in one SQLite file, for one process.

Records of all topics share one growing position; a poll is a range of (topic, position). A group's members are objects
of this process: partitions are dealt out among them by number, and dealt again when one joins or leaves.
What a crash tore off the end of the write-ahead log was never answered; SQLite drops it, checksum by checksum, when the
file is opened. Source: SQLite documentation, "WAL-mode File Format", section "Recovery".
"""

from collections import deque
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Final, NamedTuple

from sqlalchemy import and_, bindparam, delete, func, insert, select, update

from haat.engines.sql import Statement, Tx
from haat.engines.sql.ports import Database
from haat.events.adapters.tables import OFFSETS, RECORDS, TOPICS
from haat.events.ports import PARTITIONS, Lag, Record, Subscription, partition_of, refuse_other_counts
from haat.events.wake import Wake
from haat.vocabulary import Clock

TRIM_ROWS: Final = 2_000  # deleted per unit, so that retention never holds up appends for long

_NEW_TOPIC: Final = Statement(insert(TOPICS), "name", "partitions")
_TOPIC: Final = Statement(select(TOPICS.c.id, TOPICS.c.partitions).where(TOPICS.c.name == bindparam("topic")))
_APPEND: Final = Statement(insert(RECORDS), "topic_id", "partition", "key", "value", "appended_ms")
_NEXT: Final = Statement(
    select(RECORDS.c.partition, RECORDS.c.position, RECORDS.c.key, RECORDS.c.value, RECORDS.c.appended_ms)
    .where(RECORDS.c.topic_id == bindparam("topic"), RECORDS.c.position > bindparam("after"))
    .order_by(RECORDS.c.position)
    .limit(bindparam("most"))
)
_READ: Final = Statement(
    select(RECORDS.c.position, RECORDS.c.key, RECORDS.c.value, RECORDS.c.appended_ms)
    .where(
        RECORDS.c.topic_id == bindparam("topic"),
        RECORDS.c.partition == bindparam("part"),
        RECORDS.c.position > bindparam("after"),
    )
    .order_by(RECORDS.c.position)
    .limit(bindparam("most"))
)
_TOPICS: Final = Statement(select(TOPICS.c.name, TOPICS.c.id, TOPICS.c.partitions))
_NEW_OFFSET: Final = Statement(insert(OFFSETS), "consumer", "topic_id", "partition", "position")
_OFFSETS: Final = Statement(
    select(OFFSETS.c.partition, OFFSETS.c.position).where(
        OFFSETS.c.consumer == bindparam("member_of"), OFFSETS.c.topic_id == bindparam("topic")
    )
)
_DONE: Final = Statement(
    select(OFFSETS.c.consumer, TOPICS.c.name, OFFSETS.c.partition, OFFSETS.c.position)
    .join(TOPICS, TOPICS.c.id == OFFSETS.c.topic_id)
    .where(OFFSETS.c.position > 0)
)
_COMMIT: Final = Statement(
    update(OFFSETS)
    .where(
        OFFSETS.c.consumer == bindparam("member_of"),
        OFFSETS.c.topic_id == bindparam("topic"),
        OFFSETS.c.partition == bindparam("part"),
        OFFSETS.c.position < bindparam("done"),
    )
    .values(position=bindparam("done"))
)
_UNDONE: Final = Statement(
    select(func.count(), func.min(RECORDS.c.position))
    .select_from(
        RECORDS.join(
            OFFSETS, and_(OFFSETS.c.topic_id == RECORDS.c.topic_id, OFFSETS.c.partition == RECORDS.c.partition)
        )
    )
    .where(
        RECORDS.c.topic_id == bindparam("topic"),
        RECORDS.c.position > bindparam("after"),
        OFFSETS.c.consumer == bindparam("member_of"),
        RECORDS.c.position > OFFSETS.c.position,
    )
)
_ALL: Final = Statement(
    select(func.count(), func.min(RECORDS.c.position)).where(RECORDS.c.topic_id == bindparam("topic"))
)
_APPENDED: Final = Statement(select(RECORDS.c.appended_ms).where(RECORDS.c.position == bindparam("at")))
_OLDEST: Final = Statement(
    select(RECORDS.c.position, RECORDS.c.appended_ms).order_by(RECORDS.c.position).limit(bindparam("most"))
)
_TRIM: Final = Statement(delete(RECORDS).where(RECORDS.c.position <= bindparam("last")))


class _Topic(NamedTuple):
    id: int
    partitions: int


class SqliteEventLog:
    """The embedded event log on an open database whose line is `haat.events.adapters.tables.LINE`."""

    def __init__(self, database: Database, clock: Clock, *, partitions: int = PARTITIONS) -> None:
        self._database = database
        self._clock = clock
        self._partitions = partitions
        self._topics: dict[str, _Topic] = {}
        self._members: dict[str, list[_Member]] = {}

    async def append(self, topic: str, entries: Sequence[tuple[str, bytes]]) -> None:
        """See EventLog."""
        if not entries:
            return
        known = self._topics.get(topic)

        def unit(tx: Tx) -> _Topic:
            at = known or self._made(tx, topic)
            _APPEND.many(
                tx,
                [
                    {
                        "topic_id": at.id,
                        "partition": partition_of(key, at.partitions),
                        "key": key,
                        "value": value,
                        "appended_ms": tx.now_ms,
                    }
                    for key, value in entries
                ],
            )
            return at

        try:
            self._topics[topic] = await self._database.transact(unit)
        finally:  # also when the caller is cancelled: the unit may have committed
            for members in self._members.values():
                for member in members:
                    if topic in member.topics:
                        member.interrupt()

    @asynccontextmanager
    async def subscribe(self, group: str, topics: Sequence[str]) -> AsyncIterator[Subscription]:
        """See EventLog."""
        names = tuple(dict.fromkeys(topics))
        found = await self._database.transact(lambda tx: {name: self._joined(tx, group, name) for name in names})
        self._topics.update(found)
        member = _Member(self._database, group, found)
        members = self._members.setdefault(group, [])
        members.append(member)
        self._deal(members)
        try:
            yield member
        finally:
            members.remove(member)
            self._deal(members)

    async def read(self, topic: str, partition: int, after: int, limit: int) -> list[Record]:
        """See EventLog."""

        def unit(tx: Tx) -> list[Record]:
            at = self._found(tx, topic)
            if at is None:
                return []
            rows = _READ.all(tx, {"topic": at.id, "part": partition, "after": after, "most": limit})
            return [Record(topic, partition, *row) for row in rows]

        return await self._database.read(unit)

    async def partitions(self, topic: str) -> int:
        """See EventLog."""
        at = await self._database.read(lambda tx: self._found(tx, topic))
        return at.partitions if at else self._partitions

    async def lag(self, group: str, topic: str) -> Lag:
        """See EventLog. Cost: one index range from the group's slowest partition to the end."""

        def unit(tx: Tx) -> Lag:
            at = self._found(tx, topic)
            if at is None:
                return Lag(0, 0)
            offsets = _OFFSETS.all(tx, {"member_of": group, "topic": at.id})
            if offsets:
                slowest = min(position for _, position in offsets)
                row = _UNDONE.first(tx, {"topic": at.id, "after": slowest, "member_of": group})
            else:
                row = _ALL.first(tx, {"topic": at.id})
            if row is None or not row[0]:
                return Lag(0, 0)
            appended = _APPENDED.first(tx, {"at": row[1]})
            return Lag(row[0], max(0, tx.now_ms - appended[0]) if appended else 0)

        return await self._database.read(unit)

    async def trim(self, before_ms: int) -> int:
        """See EventLog. Cost: one unit per 2,000 records."""

        def unit(tx: Tx) -> int:
            old = []
            for position, appended_ms in _OLDEST.all(tx, {"most": TRIM_ROWS}):
                if appended_ms >= before_ms:
                    break
                old.append(position)
            return _TRIM.one(tx, {"last": old[-1]}) if old else 0

        total = 0
        while count := await self._database.transact(unit):
            total += count
        return total

    async def ping(self) -> None:
        """See EventLog."""
        await self._database.ping()

    # ---- moving

    async def topics(self) -> Mapping[str, int]:
        """See MovableLog."""
        return {name: topic.partitions for name, topic in (await self._database.read(self._there)).items()}

    async def done(self) -> Mapping[str, Mapping[tuple[str, int], int]]:
        """See MovableLog."""
        found: dict[str, dict[tuple[str, int], int]] = {}
        for group, topic, partition, position in await self._database.read(_DONE.all):
            found.setdefault(group, {})[topic, partition] = position
        return found

    async def make(self, partitions: Mapping[str, int]) -> None:
        """See MovableLog."""

        def unit(tx: Tx) -> None:
            there = self._there(tx)
            refuse_other_counts(partitions, {name: topic.partitions for name, topic in there.items()})
            missing = partitions.keys() - there.keys()
            _NEW_TOPIC.many(tx, [{"name": name, "partitions": partitions[name]} for name in sorted(missing)])

        await self._database.transact(unit)

    async def bring(self, records: Sequence[Record]) -> None:
        """See MovableLog. Cost: one commit."""

        def unit(tx: Tx) -> None:
            there = self._there(tx)
            _APPEND.many(tx, [{**one._asdict(), "topic_id": there[one.topic].id} for one in records])

        await self._database.transact(unit)

    async def go_on(self, group: str, positions: Mapping[tuple[str, int], int]) -> None:
        """See MovableLog. Cost: one commit."""

        def unit(tx: Tx) -> None:
            for name in sorted({topic for topic, _ in positions}):
                self._joined(tx, group, name)
            there = self._there(tx)
            rows = [
                {"member_of": group, "topic": there[name].id, "part": partition, "done": at}
                for (name, partition), at in positions.items()
            ]
            _COMMIT.many(tx, rows)

        await self._database.transact(unit)

    def _there(self, tx: Tx) -> dict[str, _Topic]:
        return {name: _Topic(number, partitions) for name, number, partitions in _TOPICS.all(tx)}

    def _found(self, tx: Tx, name: str) -> _Topic | None:
        row = _TOPIC.first(tx, {"topic": name})
        return _Topic(*row) if row else None

    def _made(self, tx: Tx, name: str) -> _Topic:
        found = self._found(tx, name)
        if found is None:
            _NEW_TOPIC.one(tx, {"name": name, "partitions": self._partitions})
            found = self._found(tx, name)
            assert found is not None
        return found

    def _joined(self, tx: Tx, group: str, name: str) -> _Topic:
        at = self._made(tx, name)
        if not _OFFSETS.all(tx, {"member_of": group, "topic": at.id}):
            partitions = range(at.partitions)
            _NEW_OFFSET.many(
                tx, [{"consumer": group, "topic_id": at.id, "partition": n, "position": 0} for n in partitions]
            )
        return at

    @staticmethod
    def _deal(members: "Sequence[_Member]") -> None:
        for number, member in enumerate(members):
            member.deal(number, len(members))


class _Member:
    """A subscription: where it has read to, and what it has given out but not seen committed."""

    def __init__(self, database: Database, group: str, topics: dict[str, _Topic]) -> None:
        self.topics = topics
        self._database = database
        self._group = group
        self._wake = Wake()
        self._number = 0
        self._members = 1
        self._dealt = False
        self._read_to: dict[str, int] = {}
        self._given: dict[tuple[str, int], deque[int]] = {}
        self._done: dict[tuple[str, int], int] = {}

    def deal(self, number: int, members: int) -> None:
        """Take the partitions whose number leaves this rest; begin again at what the group committed."""
        if (self._number, self._members) != (number, members) or not self._read_to:
            self._number, self._members, self._dealt = number, members, False
            self._wake.notify()

    def interrupt(self) -> None:
        """See Subscription."""
        self._wake.notify()

    async def poll(self, limit: int, timeout_s: float) -> list[Record]:
        """See Subscription."""
        self._wake.arm()
        records = await self._next(limit)
        if records or timeout_s <= 0:
            return records
        await self._wake.wait(timeout_s)
        return await self._next(limit)

    async def commit(self, records: Sequence[Record]) -> None:
        """See Subscription. Quiet partitions move along, so that lag and restarts stay cheap."""
        done = dict(self._done)
        for record in records:
            where = (record.topic, record.partition)
            done[where] = max(done.get(where, 0), record.position)
        still = {
            where: next((at for at in given if at > done.get(where, 0)), 0) for where, given in self._given.items()
        }
        # Not when partitions were just dealt anew: what this member has read says nothing about those it was given.
        for name in {record.topic for record in records} if self._dealt else ():
            for partition in self._mine(name):
                first = still.get((name, partition), 0)
                reached = first - 1 if first else self._read_to.get(name, 0)
                done[name, partition] = max(done.get((name, partition), 0), reached)
        moved = {where: at for where, at in done.items() if at > self._done.get(where, 0)}
        if not moved:
            return
        rows = [
            {"member_of": self._group, "topic": self.topics[name].id, "part": partition, "done": at}
            for (name, partition), at in moved.items()
        ]
        await self._database.transact(lambda tx: _COMMIT.many(tx, rows))
        for where, at in moved.items():
            self._done[where] = max(self._done.get(where, 0), at)
            given = self._given.get(where, deque())
            while given and given[0] <= at:
                given.popleft()

    def _mine(self, name: str) -> Iterable[int]:
        return range(self._number, self.topics[name].partitions, self._members)

    async def _next(self, limit: int) -> list[Record]:
        while True:
            if not self._dealt:
                await self._begin()
            read_to = dict(self._read_to)
            rows = await self._database.read(lambda tx: self._range(tx, read_to, limit))  # noqa: B023 -- awaited here
            if not self._dealt:  # partitions were dealt out anew while we read
                continue
            mine = []
            for record in rows:
                self._read_to[record.topic] = record.position
                where = (record.topic, record.partition)
                if record.partition % self._members == self._number and record.position > self._done.get(where, 0):
                    self._given.setdefault(where, deque()).append(record.position)
                    mine.append(record)
            if mine or not rows:
                return mine

    def _range(self, tx: Tx, read_to: dict[str, int], limit: int) -> list[Record]:
        found = [
            Record(name, *row)
            for name, topic in self.topics.items()
            for row in _NEXT.all(tx, {"topic": topic.id, "after": read_to[name], "most": limit})
        ]
        if len(self.topics) > 1:
            found.sort(key=lambda record: record.position)
        return found[:limit]

    async def _begin(self) -> None:
        self._dealt = True

        def unit(tx: Tx) -> dict[str, dict[int, int]]:
            return {
                name: dict(_OFFSETS.all(tx, {"member_of": self._group, "topic": topic.id}))
                for name, topic in self.topics.items()
            }

        offsets = await self._database.read(unit)
        self._given.clear()
        self._done = {(name, part): at for name, parts in offsets.items() for part, at in parts.items()}
        self._read_to = {
            name: min((parts[part] for part in self._mine(name)), default=0) for name, parts in offsets.items()
        }
