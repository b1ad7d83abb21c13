"""Requests to a Kafka cluster, each bounded in time: what the driver has no call for, or only one that waits for ever.

Source: Kafka protocol guide, and Kafka documentation, "Consumer Group Protocol". The driver is aiokafka: its client
keeps the connections and picks the version of each request. What it raises becomes Unavailable here.
"""

import asyncio
import logging
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final, TypeVar

from aiokafka.client import AIOKafkaClient
from aiokafka.errors import (
    KafkaConnectionError,
    KafkaError,
    LeaderNotAvailableError,
    NodeNotReadyError,
    NoError,
    OffsetOutOfRangeError,
    TopicAlreadyExistsError,
    for_code,
)
from aiokafka.protocol.admin import CreateTopicsRequest, DeleteRecordsRequest, ListGroupsRequest
from aiokafka.protocol.commit import OffsetCommitRequest, OffsetFetchRequest
from aiokafka.protocol.coordination import FindCoordinatorRequest
from aiokafka.protocol.fetch import FetchRequest
from aiokafka.protocol.metadata import MetadataRequest
from aiokafka.protocol.offset import OffsetRequest
from aiokafka.record import MemoryRecords

from haat.errors import Unavailable
from haat.events.ports import Record

T = TypeVar("T")
LATEST: Final = -1
EARLIEST: Final = -2
MOST_BYTES: Final = 16 << 20  # of one event: as much as the parked table takes
REPLICAS: Final = 3  # where the cluster has as many brokers

_AGAIN_S: Final = 0.05
_UTF_8: Final = ("utf-8", "replace")  # no key of ours is anything else
_FOR_EVER_MS: Final = (1 << 63) - 1

# It says each of its own tries while a broker is away, many in a second; relay and consumers say what comes of it.
logging.getLogger("aiokafka").setLevel(logging.CRITICAL)


class Calls:
    """A client of a cluster. Connects when it is first asked."""

    def __init__(self, servers: str, call_s: float) -> None:
        self.servers = servers
        self.call_s = call_s
        self._client: Any = None
        self._opening = asyncio.Lock()
        self._leaders: dict[str, dict[int, int]] = {}
        self._coordinators: dict[str, int] = {}
        self._gone_until_s = 0.0
        self._closed = False

    @asynccontextmanager
    async def bounded(self, what: str, seconds: float | None = None, *, probes: bool = False) -> AsyncIterator[None]:
        """Let at most this time pass. After a call that nobody answered the next ones fail at once for a second, so
        that not each of them waits for its own time-out; one that `probes` is let through, and ends that.

        Raises: Unavailable, whatever the driver raised.
        """
        if self._closed:
            raise Unavailable(f"Kafka is closed: {what}")
        if time.monotonic() < self._gone_until_s and not probes:
            raise Unavailable(f"Kafka did not answer a moment ago: {what}")
        try:
            async with asyncio.timeout(seconds or self.call_s):
                yield
        except TimeoutError as error:
            self._gone_until_s = time.monotonic() + 1.0
            raise Unavailable(f"Kafka did not answer in time: {what}") from error
        except (KafkaError, OSError) as error:
            raise Unavailable(f"Kafka: {what}: {error!r}") from error
        self._gone_until_s = 0.0

    async def close(self) -> None:
        """End. Calls that wait fail, and every later one."""
        self._closed = True
        await self._dropped(self._client)

    async def ping(self) -> None:
        """Return when a broker answers."""
        await self._any(MetadataRequest([], allow_auto_topic_creation=False))

    # ---- topics

    async def leaders(self, topic: str) -> Mapping[int, int]:
        """Which broker leads each partition; of an unknown topic nothing. It is remembered until `forget`."""
        return self._leaders.get(topic) or (await self._look_up([topic])).get(topic, {})

    def forget(self, topic: str) -> None:
        """Look its leaders up again."""
        self._leaders.pop(topic, None)

    async def topics(self, prefix: str) -> Mapping[str, Mapping[int, int]]:
        """The leaders of all topics whose names begin so."""
        found = await self._look_up(None)
        return {name: leaders for name, leaders in found.items() if name.startswith(prefix)}

    async def make(self, topics: Sequence[str], partitions: int, keeps_ms: int) -> Mapping[str, Mapping[int, int]]:
        """The leaders of these topics; those that are missing are made."""
        found = await self._look_up(topics)
        missing = [topic for topic in topics if topic not in found]
        if missing:
            await self._create(missing, partitions, keeps_ms)
            found = await self._again("", lambda: self._all_of(topics))  # it takes the cluster a moment
        return found

    async def _all_of(self, topics: Sequence[str]) -> dict[str, dict[int, int]]:
        found = await self._look_up(topics)
        if len(found) < len(topics):
            raise LeaderNotAvailableError
        return found

    async def _create(self, topics: Sequence[str], partitions: int, keeps_ms: int) -> None:
        client = await self._connected()
        replicas = min(REPLICAS, max(1, len(client.cluster.brokers())))
        # A producer's timestamps are those of the shop's clock: a broker whose own is behind shall not refuse them.
        options = [
            ("cleanup.policy", "delete"),
            ("retention.ms", str(keeps_ms)),
            ("min.insync.replicas", str(max(1, replicas - 1))),
            ("max.message.bytes", str(MOST_BYTES + (1 << 20))),
            ("message.timestamp.type", "CreateTime"),
            ("message.timestamp.after.max.ms", str(_FOR_EVER_MS)),
        ]
        wanted: list[tuple[Any, ...]] = [(topic, partitions, replicas, [], options) for topic in topics]
        request = CreateTopicsRequest(wanted, round(self.call_s * 1000), False)
        answer = await self._any(request)  # any broker passes it on to the controller
        for _, code, *_ in answer.topic_errors:
            if for_code(code) not in (NoError, TopicAlreadyExistsError):
                raise for_code(code)()

    async def _look_up(self, topics: Sequence[str] | None) -> dict[str, dict[int, int]]:
        wanted = None if topics is None else list(topics)
        answer = await self._any(MetadataRequest(wanted, allow_auto_topic_creation=False))
        client = await self._connected()
        client.cluster.update_metadata(answer)
        found = {}
        for code, topic, _, partitions in answer.topics:
            leaders = {number: leader for _, number, leader, *_ in partitions}
            if code == 0 and leaders and min(leaders.values()) >= 0:
                found[topic] = leaders
        self._leaders.update(found)
        return found

    # ---- records

    async def offsets(self, topic: str, when: int, partitions: Iterable[int] | None = None) -> dict[int, int]:
        """By partition the offset of the first record at or after a moment in ms; -1: there is none.

        EARLIEST: of the oldest record. LATEST: which the next record will get.
        """

        async def ask(node: int, numbers: Sequence[int]) -> Iterable[tuple[int, int, int]]:
            answer = await self.send(node, OffsetRequest(-1, 0, [(topic, [(number, when) for number in numbers])]))
            return ((number, code, offset) for _, parts in answer.topics for number, code, _, offset in parts)

        return await self._of_leaders(topic, partitions, ask)

    async def forget_before(self, topic: str, offsets: Mapping[int, int]) -> dict[int, int]:
        """Delete what lies before these offsets; which is the oldest now, by partition."""

        async def ask(node: int, numbers: Sequence[int]) -> Iterable[tuple[int, int, int]]:
            wanted = [(topic, [(number, offsets[number]) for number in numbers])]
            answer = await self.send(node, DeleteRecordsRequest(wanted, round(self.call_s * 1000)))
            return ((number, code, low) for _, parts, *_ in answer.topics for number, low, code, *_ in parts)

        return await self._of_leaders(topic, offsets, ask)

    async def records(self, topic: str, partition: int, offset: int, most_bytes: int) -> list[Record]:
        """What lies there, about so many bytes of it and at least one batch; from the oldest when it is gone."""
        while True:
            at = offset
            try:
                return await self._again(topic, lambda: self._records(topic, partition, at, most_bytes))  # noqa: B023 -- awaited here
            except OffsetOutOfRangeError:
                first = (await self.offsets(topic, EARLIEST, [partition]))[partition]
                if offset >= first:  # behind the end
                    return []
                offset = first

    async def _records(self, topic: str, partition: int, offset: int, most_bytes: int) -> list[Record]:
        node = (await self.leaders(topic)).get(partition)
        if node is None:
            return []
        request = FetchRequest(0, 0, most_bytes, 0, [(topic, [(partition, offset, most_bytes)])])
        answer = await self.send(node, request)
        found: list[Record] = []
        for _, parts in answer.topics:
            for _, code, _, *rest in parts:
                if code:
                    raise for_code(code)()
                found += unpacked(rest[-1], topic, partition, offset)[0]
        return found

    # ---- groups

    async def committed(self, group: str, topics: Mapping[str, Iterable[int]]) -> dict[tuple[str, int], int]:
        """Where a group goes on, by topic and partition; what it has never committed is not in it."""
        wanted = [(topic, list(numbers)) for topic, numbers in topics.items()]

        async def ask() -> dict[tuple[str, int], int]:
            answer = await self.send(await self._coordinator(group), OffsetFetchRequest(group, wanted))
            found = {}
            for topic, parts in answer.topics:
                for number, offset, _, code in parts:
                    if code:
                        self._coordinators.pop(group, None)
                        raise for_code(code)()
                    if offset >= 0:
                        found[topic, number] = offset
            return found

        return await self._again("", ask)

    async def commit(self, group: str, offsets: Mapping[str, Mapping[int, int]]) -> None:
        """Let a group that has no members go on at these offsets, by topic and partition."""
        topics = [(topic, [(number, at, "") for number, at in parts.items()]) for topic, parts in offsets.items()]
        request = OffsetCommitRequest(group, -1, "", -1, topics)

        async def ask() -> None:
            answer = await self.send(await self._coordinator(group), request)
            for _, parts in answer.topics:
                for _, code in parts:
                    if code:
                        self._coordinators.pop(group, None)
                        raise for_code(code)()

        await self._again("", ask)

    async def groups(self, prefix: str) -> set[str]:
        """Groups whose names begin so, of every broker."""
        client = await self._connected()
        found = set()
        for broker in client.cluster.brokers():
            answer = await self.send(broker.nodeId, ListGroupsRequest())
            if answer.error_code:
                raise for_code(answer.error_code)()
            found |= {name for name, _ in answer.groups if name.startswith(prefix)}
        return found

    async def _coordinator(self, group: str) -> int:
        node = self._coordinators.get(group)
        if node is None:
            answer = await self._any(FindCoordinatorRequest(group, 0))
            if answer.error_code:
                raise for_code(answer.error_code)()
            node = self._coordinators[group] = int(answer.coordinator_id)
        return node

    # ---- nodes

    async def send(self, node: int, request: Any, line: object = 0) -> Any:
        """The answer of one broker. Requests on one line are answered one after the other: long ones have their own."""
        client = await self._connected()
        try:
            return await client.send(node, request, group=line)
        except (NodeNotReadyError, KafkaConnectionError):
            self._leaders.clear()
            self._coordinators.clear()
            raise

    def hang_up(self, line: object) -> None:
        """Close the connections of a line."""
        for where in [where for where in (self._client._conns if self._client else ()) if where[1] == line]:  # noqa: SLF001 -- see module
            self._client._conns.pop(where).close()  # noqa: SLF001 -- see module

    async def _any(self, request: Any) -> Any:
        client = await self._connected()
        nodes = [broker.nodeId for broker in client.cluster.brokers()]
        random.shuffle(nodes)  # nosec: which broker is asked is no secret
        for node in nodes:
            try:
                return await self.send(node, request)
            except (NodeNotReadyError, KafkaConnectionError):
                continue
        # They may have moved: begin again with the addresses that were given.
        if self._client is client:
            self._client = None
            await self._dropped(client)
        client = await self._connected()
        return await self.send(client.get_random_node(), request)

    async def _connected(self) -> Any:
        async with self._opening:
            if self._closed:
                raise KafkaConnectionError("closed")
            if self._client is None:
                client = AIOKafkaClient(bootstrap_servers=self.servers, request_timeout_ms=round(self.call_s * 1000))
                try:
                    await client.bootstrap()
                except BaseException:
                    await self._dropped(client)
                    raise
                self._client = client
            return self._client

    @staticmethod
    async def _dropped(client: Any) -> None:
        if client is not None:
            for connection in client._conns.values():  # noqa: SLF001 -- see module; what waits fails now
                connection.close()
            await client.close()

    async def _again(self, topic: str, call: Callable[[], Awaitable[T]]) -> T:
        """Call until the cluster knows what it is asked about: leaders and coordinators move, and load for a moment."""
        while True:
            try:
                return await call()
            except (NodeNotReadyError, KafkaConnectionError, OffsetOutOfRangeError):
                raise
            except KafkaError as error:
                if not error.retriable:
                    raise
                self.forget(topic)
                await asyncio.sleep(_AGAIN_S)

    async def _of_leaders(
        self,
        topic: str,
        partitions: Iterable[int] | None,
        ask: Callable[[int, Sequence[int]], Awaitable[Iterable[tuple[int, int, int]]]],
    ) -> dict[int, int]:
        """A number for each partition, asked of those who lead them."""
        numbers = None if partitions is None else list(partitions)

        async def asked() -> dict[int, int]:
            leaders = await self.leaders(topic)
            by_node: dict[int, list[int]] = {}
            for number in leaders if numbers is None else numbers:
                if number not in leaders:
                    raise LeaderNotAvailableError
                by_node.setdefault(leaders[number], []).append(number)
            found = {}
            for answer in await asyncio.gather(*(ask(node, some) for node, some in by_node.items())):
                for number, code, value in answer:
                    if code:
                        raise for_code(code)()
                    found[number] = value
            return found

        return await self._again(topic, asked)


def unpacked(content: bytes | None, topic: str, partition: int, offset: int) -> tuple[list[Record], int]:
    """The records of a fetched piece of a partition from an offset on, and the offset behind them.

    A batch that is cut off at the end is left for the next time.
    """
    found: list[Record] = []
    batches = MemoryRecords(content or b"")
    behind = offset
    while batches.has_next():
        batch = batches.next_batch()
        behind = max(behind, batch.next_offset)
        if batch.is_control_batch:  # the mark of somebody's transaction
            continue
        if not batch.validate_crc():
            raise KafkaError("a batch of records is damaged")
        found += [
            Record(topic, partition, one.offset + 1, str(one.key or b"", *_UTF_8), one.value or b"", one.timestamp)
            for one in batch
            if one.offset >= offset
        ]
    return found, behind
