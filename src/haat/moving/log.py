"""The event log as parts: its records, where each group goes on, and what is parked, which names its place in the log.

Positions mean nothing in another log. A record's place is said as its number within its partition, counted from the
oldest that is kept: so much is equal on every engine. A group has *done* as many records as lie at or before the
position it has committed; a parked record that retention has taken has the number 0.
"""

import heapq
from collections.abc import AsyncIterator, Sequence
from typing import Any, Final

from sqlalchemy import Table

from haat.engines.sql import Database
from haat.errors import Invalid
from haat.events.ports import MovableLog, Record
from haat.moving.parts import PAGE_ROWS, Pages, Values, bytes_of, text_of
from haat.moving.tables import TablePart

_READ: Final = 250  # records of each partition in memory
At = tuple[str, int]
"""Topic and partition."""
Place = tuple[str, int, int]
"""The same, and a number within it."""


async def _records(log: MovableLog, topic: str, partition: int) -> AsyncIterator[Record]:
    after = 0
    while page := await log.read(topic, partition, after, _READ):
        for record in page:
            yield record
        after = page[-1].position


class Places:
    """What was found out about places while the records were read, for the parts that come after them."""

    def __init__(self) -> None:
        self.done: dict[str, dict[At, int]] = {}  # by group how many records of a partition
        self.numbers: dict[Place, int] = {}  # by position, of what is parked


async def positions_of(log: MovableLog, wanted: set[Place]) -> dict[Place, int]:
    """Where records lie, by number. Raises: Invalid, when one is not there; Unavailable.

    Cost: each partition that is asked about is read once.
    """
    found: dict[Place, int] = {}
    for topic, partition in sorted({(topic, partition) for topic, partition, _ in wanted}):
        number = 0
        async for record in _records(log, topic, partition):
            number += 1
            if (topic, partition, number) in wanted:
                found[topic, partition, number] = record.position
    if missing := wanted - found.keys():
        topic, partition, number = min(missing)
        raise Invalid(f"The log has no record {number} in partition {partition} of {topic}.")
    return found


class RecordsPart:
    """All records: topic, partition, key, value and moment, by moment, and each partition in its order."""

    name: str = "log.records"
    columns: Sequence[str] = ("topic", "partition", "key", "value", "appended_ms")

    def __init__(self, log: MovableLog, parked: "ParkedPart", places: Places) -> None:
        self._log = log
        self._parked = parked
        self._places = places

    async def rows(self) -> Pages:
        """See Part. A few hundred records of each partition are in memory."""
        groups = await self._log.done()
        parked = await self._parked.positions()
        self._places.done = {group: dict.fromkeys(done, 0) for group, done in groups.items()}
        self._places.numbers = {}
        page: list[Values] = []
        async for record, number in self._merged():
            at = (record.topic, record.partition)
            for group, done in groups.items():
                if record.position <= done.get(at, 0):
                    self._places.done[group][at] = number
            if (*at, record.position) in parked:
                self._places.numbers[*at, record.position] = number
            page.append([*at, record.key, text_of(record.value), record.appended_ms])
            if len(page) == PAGE_ROWS:
                yield page
                page = []
        if page:
            yield page

    async def bring(self, pages: Pages) -> None:
        """See Part. The topics are there."""
        async for page in pages:
            await self._log.bring([Record(t, n, 0, key, bytes_of(value), ms) for t, n, key, value, ms in page])

    async def count(self) -> int:
        """See Part: 1 is some."""
        for topic, partitions in (await self._log.topics()).items():
            for partition in range(partitions):
                if await self._log.read(topic, partition, 0, 1):
                    return 1
        return 0

    async def _merged(self) -> AsyncIterator[tuple[Record, int]]:
        """Records with their numbers: whose moment is the smallest of all partitions' next ones, comes next."""
        streams: dict[At, AsyncIterator[Record]] = {}
        numbers: dict[At, int] = {}
        heads: list[tuple[int, At, Record]] = []
        for topic, partitions in (await self._log.topics()).items():
            for at in ((topic, partition) for partition in range(partitions)):
                streams[at] = _records(self._log, *at)
                numbers[at] = 0
                if (head := await anext(streams[at], None)) is not None:
                    heads.append((head.appended_ms, at, head))
        heapq.heapify(heads)
        while heads:
            _, at, record = heads[0]
            numbers[at] += 1
            yield record, numbers[at]
            following = await anext(streams[at], None)
            if following is None:
                heapq.heappop(heads)
            else:
                heapq.heapreplace(heads, (following.appended_ms, at, following))


class GroupsPart:
    """How many records each group has done of each partition. Read after the records of the same pass."""

    name: str = "log.groups"
    columns: Sequence[str] = ("group", "topic", "partition", "done")

    def __init__(self, log: MovableLog, places: Places) -> None:
        self._log = log
        self._places = places

    async def rows(self) -> Pages:
        """See Part."""
        found = [
            [group, *at, count]
            for group, done in sorted(self._places.done.items())
            for at, count in sorted(done.items())
            if count
        ]
        if found:
            yield found

    async def bring(self, pages: Pages) -> None:
        """See Part. The records are there."""
        done: dict[str, dict[At, int]] = {}
        async for page in pages:
            for group, topic, partition, count in page:
                done.setdefault(group, {})[topic, partition] = count
        wanted = {(*at, count) for counts in done.values() for at, count in counts.items()}
        positions = await positions_of(self._log, wanted)
        for group, counts in done.items():
            await self._log.go_on(group, {at: positions[*at, count] for at, count in counts.items()})

    async def count(self) -> int:
        """See Part: nothing can be done where no record is."""
        return 0


class ParkedPart(TablePart):
    """The table of parked events with numbers for positions. Its positions are looked up once the records are there.

    A record that the log no longer has gets a position below zero, made of its `seq`: none of the log's is like it.
    """

    def __init__(self, line: str, database: Database, table: Table, log: MovableLog, places: Places) -> None:
        super().__init__(line, database, table)
        self._log = log
        self._places = places
        names = ("topic", "partition", "position", "seq")
        self._topic, self._partition, self._position, self._seq = (self.columns.index(name) for name in names)
        self._positions: dict[Place, int] = {}

    async def positions(self) -> set[Place]:
        """Topic, partition and position of all that is parked: little, or the shop has another problem."""
        found: set[Place] = set()
        async for page in self.read():
            found |= {self._place(row) for row in page}
        return found

    async def look_up(self, pages: Pages) -> None:
        """See where the records lie that these rows name. Raises: Invalid, Unavailable."""
        wanted: set[Place] = set()
        async for page in pages:
            wanted |= {self._place(values) for values in page if values[self._position]}
        self._positions = await positions_of(self._log, wanted)

    def said(self, row: Values) -> list[Any]:
        """See TablePart."""
        values = super().said(row)
        values[self._position] = self._places.numbers.get(self._place(row), 0)
        return values

    def stored(self, values: Values) -> list[Any]:
        """See TablePart."""
        row = super().stored(values)
        row[self._position] = self._positions.get(self._place(values), -row[self._seq])
        return row

    def _place(self, row: Sequence[Any]) -> Place:
        return row[self._topic], row[self._partition], row[self._position]
