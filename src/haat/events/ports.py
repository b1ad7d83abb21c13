"""The ports of events: the log, a subscription to it, and what a consumer looks like.

Event log, promises (tests/contracts/event_log.py has a test of each name):
P1  an append that returned is durable as a whole; of one that did not (it raised, or its process or the engine died)
    each partition has the first of its entries, in order, or none: who appends the whole list again makes doubles,
    and neither a gap nor another order of first appearances
P2  entries of one key keep their order and share a partition, in every topic with the same number of partitions
P3  every group sees every record at least once; a record that was committed by the group is not given to it again
P4  members of one group share its partitions; each has the partitions of a member that left after it left, and of one
    that died after as long as the engine waits for it (docs/reference/engines.md)
P5  positions grow within a partition, may have gaps, and are never used twice there, also after `trim`
P6  a waiting poll returns within milliseconds of an append of the same process
P7  a group's offset never moves back by a late commit
P8  `trim` forgets only records older than asked; a group behind the oldest record continues with the oldest
P9  after close, and while the engine is gone, every call raises `Unavailable`
P10 lag counts the records a group has not committed, and how long the oldest of them has waited

A log that can be moved, promises (the same suite):
P11 what was brought is there with its partition, key, value, moment and order, and is read like any other record
P12 a group that was told to go on behind a record is given the next one of that partition first, and none before it
"""

import zlib
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Final, NamedTuple, Protocol

from haat.errors import Conflict
from haat.events.envelope import Event

PARTITIONS: Final = 8
"""Of every new topic: `items`, `offers` and `stock` must agree, since they share the item as key."""


class Record(NamedTuple):
    """One entry of the log."""

    topic: str
    partition: int
    position: int
    key: str
    value: bytes
    appended_ms: int


class Lag(NamedTuple):
    """How far a group is behind in one topic."""

    records: int
    ms: int  # age of the oldest record it has not committed; 0 when there is none


def partition_of(key: str, partitions: int) -> int:
    """The partition of a key: the same on every machine and in every version. Source: CRC-32 (ISO 3309)."""
    return zlib.crc32(key.encode()) % partitions


def refuse_other_counts(wanted: Mapping[str, int], there: Mapping[str, int]) -> None:
    """Topics cannot change how many partitions they have without mixing the order of keys. Raises: Conflict."""
    for topic in sorted(wanted.keys() & there.keys()):
        if there[topic] != wanted[topic]:
            detail = f"The topic {topic} has {there[topic]} partitions here and {wanted[topic]} where it comes from."
            raise Conflict(detail, topic=topic)


class Subscription(Protocol):
    """One member of a group. Used by one task; `interrupt` may come from another."""

    async def poll(self, limit: int, timeout_s: float) -> list[Record]:
        """The next records, oldest first in each partition, at most `limit`; waits up to `timeout_s` for the first.

        With no time to wait, an empty answer means that nothing was left in this member's partitions at that moment.
        Raises: Unavailable.
        """

    async def commit(self, records: Sequence[Record]) -> None:
        """Remember that the group has done these records and all before them in their partitions.

        Those of a partition that has gone to another member meanwhile may be given again, to that member.
        Raises: Unavailable (they may then be given again).
        """

    def interrupt(self) -> None:
        """Let a waiting poll return at once."""


class EventLog(Protocol):
    """Topics of records, in partitions. Promises in the module's docstring."""

    async def append(self, topic: str, entries: Sequence[tuple[str, bytes]]) -> None:
        """Add (key, value) entries, those of a key in order; a new topic is made. No entries, no call.

        Raises: Unavailable: some may be there all the same (P1), so append all of them again. Cost: one commit, shared
        with what is appended at the same moment.
        """

    def subscribe(self, group: str, topics: Sequence[str]) -> AbstractAsyncContextManager[Subscription]:
        """Join a group. A new group begins with the oldest record. Raises: Unavailable."""

    async def read(self, topic: str, partition: int, after: int, limit: int) -> list[Record]:
        """Records of a partition behind a position (0: from the oldest), without any group. Raises: Unavailable."""

    async def partitions(self, topic: str) -> int:
        """How many partitions a topic has; PARTITIONS if it does not exist yet. Raises: Unavailable."""

    async def lag(self, group: str, topic: str) -> Lag:
        """What a group has not committed yet; an unknown group has done nothing. Raises: Unavailable."""

    async def trim(self, before_ms: int) -> int:
        """Forget records appended before this moment; the number forgotten. Raises: Unavailable."""

    async def ping(self) -> None:
        """Return if the engine answers. Raises: Unavailable."""


class MovableLog(EventLog, Protocol):
    """A log whose records and groups can come from, or go to, another one: only while nobody else uses it."""

    async def topics(self) -> Mapping[str, int]:
        """How many partitions each topic has that is there. Raises: Unavailable."""

    async def done(self) -> Mapping[str, Mapping[tuple[str, int], int]]:
        """By group the last position it has committed, by topic and partition. Raises: Unavailable."""

    async def make(self, partitions: Mapping[str, int]) -> None:
        """Make topics with so many partitions each.

        Raises: Conflict, when one is there with another number (nothing was made); Unavailable.
        """

    async def bring(self, records: Sequence[Record]) -> None:
        """Append records with the partition and moment that they have, to topics that are there; positions are new.

        Raises: Unavailable: some may be there, and whoever brings them again makes doubles.
        """

    async def go_on(self, group: str, positions: Mapping[tuple[str, int], int]) -> None:
        """Let a group without members go on behind these positions, by topic and partition. Raises: Unavailable."""


class Handler(Protocol):
    """A consumer, as a context exports it. Sees events at least once, so its effect is guarded or uses the inbox."""

    @property
    def name(self) -> str:
        """The consumer's name for good: its group in the log, its label in metrics, its word in `haat replay`."""

    @property
    def topics(self) -> tuple[str, ...]:
        """What it hears."""

    async def __call__(self, events: Sequence[Event]) -> None:
        """Act on some hundred events, in order, none of them twice in one call.

        Raises: Unavailable and RateLimited (all of them are given again later); anything else (the batch is split,
        and the event that cannot be processed is parked after its tries).
        """
