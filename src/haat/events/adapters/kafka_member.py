"""A member of a consumer group. The driver keeps the membership; records are fetched when they are asked for.

Nothing is read ahead of `poll`, so a slow consumer costs no memory, and it is not thrown out either: heartbeats go on
beside it, and no time between polls is too long. The driver's own fetching stands still: while it waits for news of the
other partitions it would let a fresh record of the one that was read last wait as well.

Partitions are dealt out by number (the range assignor), so topics with the same number of them stay together.
"""

import asyncio
import itertools
import math
import time
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any, Final

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, OffsetAndMetadata, TopicPartition
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from aiokafka.errors import CommitFailedError, IllegalStateError, NoError, OffsetOutOfRangeError, for_code
from aiokafka.protocol.fetch import FetchRequest

from haat.errors import Unavailable
from haat.events.adapters.kafka_calls import EARLIEST, Calls, unpacked
from haat.events.ports import Record

FETCH_BYTES: Final = 2 << 20  # a poll's share of memory, beside one batch that is larger
PARTITION_BYTES: Final = 512 << 10
NEVER_MS: Final = (1 << 31) - 1

_LONG_S: Final = 1.0  # a broker lets a question for news wait at most so long
_LEAVE_S: Final = 2.0
_AGAIN_S: Final = 0.05
_LOG: Final = structlog.stdlib.get_logger("haat.events.kafka")
_NUMBERS: Final = itertools.count()
_At = tuple[str, int]  # a topic as the cluster names it, and a partition


class Member(ConsumerRebalanceListener):  # type: ignore[misc]  # the driver has no types
    """A subscription. `names` are the port's names of topics, by the cluster's."""

    def __init__(
        self, calls: Calls, group: str, names: Mapping[str, str], session_s: float, heartbeat_s: float
    ) -> None:
        self._calls = calls
        self._group = group
        self._names = names
        self._deal_s = session_s + calls.call_s  # a member that died is waited for until its session ends
        self._line = f"poll-{next(_NUMBERS)}"
        self._consumer: Any = AIOKafkaConsumer(
            bootstrap_servers=calls.servers,
            group_id=group,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            partition_assignment_strategy=(RangePartitionAssignor,),
            session_timeout_ms=round(session_s * 1000),
            heartbeat_interval_ms=round(heartbeat_s * 1000),
            max_poll_interval_ms=NEVER_MS,
            consumer_timeout_ms=5_000,  # how often its own fetching looks whether it has anything to do: it has not
            request_timeout_ms=round(self._deal_s * 1000),
        )
        self._consumer.subscribe(list(names), listener=self)
        self._dealt: tuple[_At, ...] | None = None  # None while partitions are dealt out
        self._deal = 0
        self._begun = False
        self._order: deque[_At] = deque()  # whom to ask first: who gave nothing for longest
        self._positions: dict[_At, int] = {}  # the offset to read next
        self._done: dict[_At, int] = {}  # the offset that the group goes on with, as far as this member knows
        self._kept: deque[Record] = deque()  # fetched and not given out
        self._flying: dict[int, tuple[int, asyncio.Task[Any]]] = {}  # by broker: of which deal, and the answer
        self._turned: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._interrupted = False

    # ---- membership

    async def join(self) -> None:
        """Be a member. Raises: Unavailable."""
        try:
            async with self._calls.bounded(f"{self._group} joins", self._deal_s):
                await self._consumer.start()
        except BaseException:
            await self.leave()
            raise

    async def leave(self) -> None:
        """Leave the group, so that the others need not wait for the session to end."""
        for _, task in self._flying.values():
            task.cancel()
        self._calls.hang_up(self._line)
        ending = asyncio.ensure_future(self._consumer.stop())
        if not (await asyncio.wait({ending}, timeout=_LEAVE_S))[0]:
            for connection in list(self._consumer._client._conns.values()):  # noqa: SLF001 -- see module of the calls
                connection.close()
            await asyncio.wait({ending}, timeout=_LEAVE_S)
            ending.cancel()
        elif not ending.cancelled() and (error := ending.exception()):
            _LOG.info("left a group without goodbye", group=self._group, error=repr(error))

    def on_partitions_revoked(self, revoked: Any) -> None:  # noqa: ARG002  # the driver's signature
        """The driver: partitions are about to be dealt out anew."""
        self._dealt = None
        self._turn()

    def on_partitions_assigned(self, assigned: Any) -> None:
        """The driver: these are ours now."""
        self._consumer.pause(*assigned)
        self._dealt = tuple(sorted((at.topic, at.partition) for at in assigned))
        self._deal += 1
        self._begun = False
        self._kept.clear()
        self._turn()

    def interrupt(self) -> None:
        """See Subscription."""
        self._interrupted = True
        self._turn()

    def _turn(self) -> None:
        if not self._turned.done():
            self._turned.set_result(None)

    async def _turns(self, until_s: float) -> None:
        """Return at the next turn of events, or at the time."""
        await asyncio.wait({self._turned}, timeout=max(0.0, until_s - time.monotonic()))

    async def _greet(self) -> None:
        """Hear from the group now, and not at the next heartbeat, whether partitions are to be dealt out anew."""
        coordinator = self._consumer._coordinator  # noqa: SLF001 -- the driver has no call for it
        coordinator.check_errors()
        if self._dealt is None:
            return
        well = await coordinator._do_heartbeat()  # noqa: SLF001 -- the same
        if coordinator._rejoin_needed_fut.done():  # noqa: SLF001 -- the same
            self._dealt = None
        elif not well:
            raise Unavailable(f"Kafka: nobody keeps the group {self._group}")

    async def _begin(self, until_s: float = math.inf) -> bool:
        """Wait until partitions are dealt out, and begin at what the group committed.

        False: before the time, or an interrupt when there is one, they were not.
        """
        while self._dealt is None or not self._begun:
            self._turned = asyncio.get_running_loop().create_future()
            if self._dealt is None:
                left_s = until_s - time.monotonic()
                if left_s <= 0 or (self._interrupted and left_s < math.inf):
                    return False
                await asyncio.wait({self._turned}, timeout=None if left_s == math.inf else left_s)
                continue
            deal, dealt = self._deal, self._dealt
            wanted: dict[str, list[int]] = {}
            for topic, partition in dealt:
                wanted.setdefault(topic, []).append(partition)
            done = await self._calls.committed(self._group, wanted) if wanted else {}
            if deal != self._deal or self._dealt is None:
                continue
            self._done = {at: done.get(at, 0) for at in dealt}
            self._positions = dict(self._done)
            self._order = deque(dealt)
            self._kept.clear()
            self._begun = True
        return True

    # ---- records

    async def poll(self, limit: int, timeout_s: float) -> list[Record]:
        """See Subscription. With no time to wait the group is asked first, so that its answer holds at that moment."""
        self._interrupted = False
        until_s = time.monotonic() + timeout_s
        async with self._calls.bounded(f"{self._group} polls", timeout_s + self._deal_s):
            self._consumer._coordinator.check_errors()  # noqa: SLF001 -- as the driver's own polls do
            if timeout_s <= 0:
                async with asyncio.timeout(self._calls.call_s):
                    await self._greet()
            while True:
                if not await self._begin(until_s if timeout_s > 0 else math.inf):
                    if not self._interrupted:
                        await self._calls.ping()  # others may hold it up; a broker that is gone is another matter
                    return []
                if self._kept:
                    return [self._kept.popleft() for _ in range(min(limit, len(self._kept)))]
                whole = await self._fetch(until_s)
                late = time.monotonic() >= until_s and (whole or timeout_s > 0)
                if not self._kept and (self._interrupted or late):
                    return []

    async def commit(self, records: Sequence[Record]) -> None:
        """See Subscription. What belongs to another member by now is left to it, and is given to it again."""
        topics = {name: topic for topic, name in self._names.items()}
        reached: dict[_At, int] = {}
        for record in records:
            at = (topics[record.topic], record.partition)
            reached[at] = max(reached.get(at, 0), record.position)
        async with self._calls.bounded(f"{self._group} commits", self._deal_s):
            while True:
                await self._begin()
                due = {at: offset for at, offset in reached.items() if offset > self._done.get(at, offset)}
                if not due:
                    return
                try:
                    await self._consumer.commit(
                        {TopicPartition(*at): OffsetAndMetadata(n, "") for at, n in due.items()}
                    )
                except (CommitFailedError, IllegalStateError):  # dealt out anew: ask what is still ours
                    await self._greet()
                    await asyncio.sleep(0)
                    continue
                self._moved(due)
                return

    def _moved(self, due: Mapping[_At, int]) -> None:
        for at, offset in due.items():
            if at in self._done:
                self._done[at] = max(self._done[at], offset)
            if self._positions.get(at, offset) < offset:  # dealt out anew, and ours again
                self._positions[at] = offset
        topics = {name: topic for topic, name in self._names.items()}
        if any(one.position <= self._done.get((topics[one.topic], one.partition), 0) for one in self._kept):
            self._kept = deque(
                one for one in self._kept if one.position > self._done.get((topics[one.topic], one.partition), 0)
            )

    async def _fetch(self, until_s: float) -> bool:
        """Keep what brokers answer next; whether all of them have answered, and know where we are."""
        by_node: dict[int, list[_At]] = {}
        whole = True
        for topic, partition in self._order:
            leaders = await self._calls.leaders(topic)
            if partition in leaders:
                by_node.setdefault(leaders[partition], []).append((topic, partition))
            else:
                whole = False
        wait_s = min(_LONG_S, max(0.0, until_s - time.monotonic()))
        self._turned = asyncio.get_running_loop().create_future()
        if self._interrupted:
            self._turn()
        for node, wanted in by_node.items():
            if node not in self._flying:
                self._flying[node] = (self._deal, asyncio.ensure_future(self._asked(node, wanted, wait_s)))
        tasks = {task for _, task in self._flying.values()}
        if not tasks:
            await self._turns(until_s if whole else time.monotonic() + _AGAIN_S)
            return whole
        when = asyncio.FIRST_COMPLETED if wait_s else asyncio.ALL_COMPLETED
        await asyncio.wait(tasks | ({self._turned} if wait_s else set()), timeout=wait_s or None, return_when=when)
        for node, (deal, task) in list(self._flying.items()):
            if not task.done():
                whole = False
                continue
            del self._flying[node]
            ours = deal == self._deal and self._begun
            whole = ours and await self._keep(task.result()) and whole
        return whole

    async def _asked(self, node: int, wanted: Sequence[_At], wait_s: float) -> Any:
        topics: dict[str, list[tuple[int, int, int]]] = {}
        for topic, partition in wanted:
            topics.setdefault(topic, []).append((partition, self._positions[topic, partition], PARTITION_BYTES))
        request = FetchRequest(round(wait_s * 1000), 1, FETCH_BYTES, 0, list(topics.items()))
        return await self._calls.send(node, request, self._line)

    async def _keep(self, answer: Any) -> bool:
        clean = True
        for topic, parts in answer.topics:
            for partition, code, _, *rest in parts:
                at, error = (topic, partition), for_code(code)
                if error is OffsetOutOfRangeError:
                    first = (await self._calls.offsets(topic, EARLIEST, [partition]))[partition]
                    self._positions[at], clean = first, False
                elif error is not NoError:
                    if not error.retriable:
                        raise error()
                    self._calls.forget(topic)
                    await asyncio.sleep(_AGAIN_S)  # a new leader is being chosen
                    clean = False
                elif rest[-1]:
                    self._take(at, rest[-1])
        return clean

    def _take(self, at: _At, content: bytes) -> None:
        records, self._positions[at] = unpacked(content, self._names[at[0]], at[1], self._positions[at])
        self._kept.extend(records)
        if records:
            self._order.remove(at)
            self._order.append(at)
