"""The event log in Apache Kafka: for any number of processes.

`kafka://host:port,host:port/name`: topics and groups of a shop are called `name.topic`; without a name, `haat.topic`.
A position is Kafka's offset and one: 0 is before the oldest.

Records of one append share a moment. It becomes one batch for each partition (more when they are large, each sent when
the one before it is acknowledged), written by an idempotent producer with acks=all. Transactions are not used: they
would not make the outbox and the log one, so consumers must know what they have done all the same.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any, Final

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaConnectionError, KafkaError, MessageSizeTooLargeError

from haat.errors import TooLarge, Unavailable
from haat.events.adapters.kafka_calls import EARLIEST, LATEST, MOST_BYTES, Calls
from haat.events.adapters.kafka_member import Member
from haat.events.ports import PARTITIONS, Lag, Record, Subscription, partition_of, refuse_other_counts
from haat.vocabulary import Clock

CALL_S: Final = 3.0
APPEND_S: Final = 5.0
SESSION_S: Final = 10.0  # a member that says nothing for so long is taken for dead, and its partitions are dealt anew
HEARTBEAT_S: Final = 1.0
KEEPS_MS: Final = 31 * 86_400_000  # a day longer than the shop's own retention, which usually comes first
BATCH_BYTES: Final = 512 << 10

_READ_BYTES: Final = 1 << 20
_END_S: Final = 1.0


def servers_of(url: str) -> tuple[str, str]:
    """The servers that a URL names, as the driver wants them, and the name that topics and groups begin with."""
    servers, _, name = url.removeprefix("kafka://").partition("?")[0].partition("/")
    return servers, name or "haat"


class KafkaEventLog:
    """An event log on a cluster. Connects when it is first used; end with `close()`."""

    def __init__(
        self,
        url: str,
        clock: Clock,
        *,
        partitions: int = PARTITIONS,
        keeps_ms: int = KEEPS_MS,
        call_s: float = CALL_S,
        append_s: float = APPEND_S,
        session_s: float = SESSION_S,
        heartbeat_s: float = HEARTBEAT_S,
    ) -> None:
        self._servers, self._name = servers_of(url)
        self._clock = clock
        self._partitions = partitions
        self._keeps_ms = keeps_ms
        self._append_s = append_s
        self._session = (session_s, heartbeat_s)
        self._calls = Calls(self._servers, call_s)
        self._producer: _Producer | None = None
        self._making = asyncio.Lock()
        self._ending: set[asyncio.Task[None]] = set()

    async def close(self) -> None:
        """End. What was appended and not acknowledged is given up; every later call raises Unavailable."""
        await self._calls.close()
        self._give_up(self._producer)
        if self._ending:
            await asyncio.wait(self._ending)

    async def make_topics(self, topics: Iterable[str]) -> Sequence[str]:
        """Make the topics that are missing, with their partitions and retention; their names. Raises: Unavailable."""
        names = [self._full(topic) for topic in dict.fromkeys(topics)]
        async with self._calls.bounded("topics are made", 2 * self._append_s):
            there = await self._calls.topics(f"{self._name}.")
            await self._calls.make(names, self._partitions, self._keeps_ms)
        return [name for name in names if name not in there]

    async def append(self, topic: str, entries: Sequence[tuple[str, bytes]]) -> None:
        """See EventLog. Raises also: TooLarge, of an event that is larger than 16 MiB; then nothing was appended.

        Cost: a round trip for each 512 KiB of the fullest partition.
        """
        if not entries:
            return
        if max(len(value) for _, value in entries) > MOST_BYTES:
            raise TooLarge("An event may have 16 MiB.")
        producer = None
        try:
            async with self._calls.bounded(f"append to {topic}", self._append_s):
                name = self._full(topic)
                leaders = await self._calls.leaders(name)
                leaders = leaders or (await self._calls.make([name], self._partitions, self._keeps_ms))[name]
                producer = await self._made()
                await _send(producer, name, _dealt(entries, len(leaders), self._clock.now_ms()))
        except Unavailable:
            self._give_up(producer)  # what it still holds is appended again by who was told that it failed
            raise

    @asynccontextmanager
    async def subscribe(self, group: str, topics: Sequence[str]) -> AsyncIterator[Subscription]:
        """See EventLog. A member that died is waited for until its session ends, some ten seconds."""
        names = {self._full(topic): topic for topic in topics}
        async with self._calls.bounded(f"{group} subscribes"):
            await self._calls.make(list(names), self._partitions, self._keeps_ms)
        member = Member(self._calls, self._full(group), names, *self._session)
        await member.join()
        try:
            yield member
        finally:
            await member.leave()

    async def read(self, topic: str, partition: int, after: int, limit: int) -> list[Record]:
        """See EventLog. Cost: a round trip for each MiB."""
        found: list[Record] = []
        async with self._calls.bounded(f"read {topic}", max(self._append_s, self._calls.call_s)):
            name = self._full(topic)
            if not await self._calls.leaders(name):
                return []
            while len(found) < limit:
                page = await self._calls.records(name, partition, after, _READ_BYTES)
                if not page:
                    break
                found += [one._replace(topic=topic) for one in page]
                after = found[-1].position
        return found[:limit]

    async def partitions(self, topic: str) -> int:
        """See EventLog."""
        async with self._calls.bounded(f"partitions of {topic}"):
            self._calls.forget(self._full(topic))  # not what was true: what is
            return len(await self._calls.leaders(self._full(topic))) or self._partitions

    async def lag(self, group: str, topic: str) -> Lag:
        """See EventLog. Cost: three round trips, and one batch of each partition that is behind."""
        name = self._full(topic)
        async with self._calls.bounded(f"lag of {group}"):
            numbers = list(await self._calls.leaders(name))
            if not numbers:
                return Lag(0, 0)
            done, first, last = await asyncio.gather(
                self._calls.committed(self._full(group), {name: numbers}),
                self._calls.offsets(name, EARLIEST),
                self._calls.offsets(name, LATEST),
            )
            begins = {number: max(done.get((name, number), 0), first[number]) for number in numbers}
            behind = {number: at for number, at in begins.items() if at < last[number]}
            heads = await asyncio.gather(*(self._calls.records(name, n, at, 1) for n, at in behind.items()))
            oldest_ms = min((head[0].appended_ms for head in heads if head), default=self._clock.now_ms())
            records = sum(last[number] - at for number, at in behind.items())
            return Lag(records, max(0, self._clock.now_ms() - oldest_ms))

    async def trim(self, before_ms: int) -> int:
        """See EventLog. Cost: three round trips for each topic, one more where something is forgotten."""
        total = 0
        async with self._calls.bounded("trim", 10 * self._calls.call_s):
            for name in await self._calls.topics(f"{self._name}."):
                last = await self._calls.offsets(name, LATEST)  # first: what comes meanwhile is not old
                first = await self._calls.offsets(name, EARLIEST)
                kept = await self._calls.offsets(name, before_ms)
                old = {number: at if at >= 0 else last[number] for number, at in kept.items()}
                old = {number: at for number, at in old.items() if at > first[number]}
                if old:
                    low = await self._calls.forget_before(name, old)
                    total += sum(low[number] - first[number] for number in old)
        return total

    async def ping(self) -> None:
        """See EventLog."""
        async with self._calls.bounded("ping", probes=True):
            await self._calls.ping()

    # ---- moving

    async def topics(self) -> Mapping[str, int]:
        """See MovableLog."""
        async with self._calls.bounded("topics"):
            found = await self._calls.topics(f"{self._name}.")
        return {self._short(name): len(leaders) for name, leaders in found.items()}

    async def done(self) -> Mapping[str, Mapping[tuple[str, int], int]]:
        """See MovableLog. Cost: two round trips for each broker and two for each group."""
        async with self._calls.bounded("groups", 10 * self._calls.call_s):
            topics = await self._calls.topics(f"{self._name}.")
            found = {}
            for group in sorted(await self._calls.groups(f"{self._name}.")):
                done = await self._calls.committed(group, topics)
                found[self._short(group)] = {(self._short(name), n): at for (name, n), at in done.items() if at > 0}
        return found

    async def make(self, partitions: Mapping[str, int]) -> None:
        """See MovableLog."""
        refuse_other_counts(partitions, await self.topics())
        async with self._calls.bounded("topics are made", 2 * self._append_s):
            for count in sorted(set(partitions.values())):
                names = [self._full(topic) for topic, wanted in partitions.items() if wanted == count]
                await self._calls.make(names, count, self._keeps_ms)

    async def bring(self, records: Sequence[Record]) -> None:
        """See MovableLog. What is older than its topic keeps is soon forgotten. Cost: as `append`, for each topic."""
        dealt: dict[str, dict[int, list[_Entry]]] = {}
        for one in records:
            part = dealt.setdefault(one.topic, {}).setdefault(one.partition, [])
            part.append((one.appended_ms, one.key.encode(), one.value))
        producer = None
        try:
            for topic, parts in dealt.items():
                async with self._calls.bounded(f"records of {topic} are brought", self._append_s):
                    producer = await self._made()
                    await _send(producer, self._full(topic), parts)
        except Unavailable:
            self._give_up(producer)
            raise

    async def go_on(self, group: str, positions: Mapping[tuple[str, int], int]) -> None:
        """See MovableLog."""
        offsets: dict[str, dict[int, int]] = {}
        for (topic, partition), at in positions.items():  # the offset of the next one is the position of the last
            offsets.setdefault(self._full(topic), {})[partition] = at
        async with self._calls.bounded(f"{group} is told where to go on", 2 * self._calls.call_s):
            await self._calls.commit(self._full(group), offsets)

    def _short(self, name: str) -> str:
        return name.removeprefix(f"{self._name}.")

    def _full(self, name: str) -> str:
        return f"{self._name}.{name}"

    # ---- the producer

    async def _made(self) -> "_Producer":
        async with self._making:
            if self._producer is None:
                made = _Producer(self._servers, self._append_s)
                try:
                    await made.driver.start()
                except BaseException:
                    self._give_up(made)
                    raise
                self._producer = made
            return self._producer

    def _give_up(self, producer: "_Producer | None") -> None:
        """Let a producer go with all that it holds; the next append makes a new one.

        An idempotent producer of this driver tries for ever, so what nobody waits for any more would pile up in it.
        """
        if producer is None or producer.given_up.done():
            return
        producer.given_up.set_result(None)
        if producer is self._producer:
            self._producer = None
        task = asyncio.get_running_loop().create_task(_ended(producer.driver))
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)


class _Producer:
    """The driver's, and whether it was given up."""

    def __init__(self, servers: str, append_s: float) -> None:
        self.given_up: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.driver: Any = AIOKafkaProducer(
            bootstrap_servers=servers,
            acks="all",
            enable_idempotence=True,
            max_batch_size=BATCH_BYTES,
            max_request_size=MOST_BYTES + (1 << 20),
            request_timeout_ms=round(append_s * 1000),
            retry_backoff_ms=50,
        )


async def _ended(producer: Any) -> None:
    """What the driver's own `stop` does, without waiting until all is sent."""
    sender, client = producer._sender, producer.client  # noqa: SLF001 -- see `_give_up`
    for connection in list(client._conns.values()):  # noqa: SLF001 -- the same
        connection.close()
    with suppress(KafkaError, TimeoutError, asyncio.CancelledError):
        async with asyncio.timeout(_END_S):
            await sender.close()
    producer._closed = True  # noqa: SLF001 -- the same
    await client.close()


_Entry = tuple[int, bytes, bytes]  # when, key, value


def _dealt(entries: Sequence[tuple[str, bytes]], partitions: int, now_ms: int) -> dict[int, list[_Entry]]:
    found: dict[int, list[_Entry]] = {}
    for key, value in entries:
        found.setdefault(partition_of(key, partitions), []).append((now_ms, key.encode(), value))
    return found


async def _send(using: _Producer, topic: str, dealt: dict[int, list[_Entry]]) -> None:
    """Batch after batch of each partition, all partitions at once. Raises: the driver's errors."""
    while dealt:
        sent: list[asyncio.Future[Any]] = []
        for partition, entries in list(dealt.items()):
            batch = using.driver.create_batch()
            count = 0
            for at_ms, key, value in entries:
                if batch.append(timestamp=at_ms, key=key, value=value) is None:
                    break
                count += 1
            if count == 0:
                raise MessageSizeTooLargeError(topic)
            sent.append(await using.driver.send_batch(batch, topic, partition=partition))
            sent[-1].add_done_callback(_heard)
            if count == len(entries):
                del dealt[partition]
            else:
                dealt[partition] = entries[count:]
        waiting = set(sent)
        while waiting:  # never cancelled with the caller: the producer trips over that
            done, waiting = await asyncio.wait({*waiting, using.given_up}, return_when=asyncio.FIRST_COMPLETED)
            if using.given_up in done:
                raise KafkaConnectionError("given up")
            waiting.discard(using.given_up)
        for one in sent:
            one.result()


def _heard(sent: asyncio.Future[Any]) -> None:
    """Somebody has looked at the outcome, also when the caller is gone."""
    sent.exception()
