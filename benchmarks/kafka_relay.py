"""The event path over Kafka, and what the adapter adds to the bare driver.

Run: `HAAT_TEST_KAFKA_URL=URL python -m benchmarks.kafka_relay [--json] [--rounds N] [--rate N] [--seconds N]`
(`make engines ENGINES=kafka` prints a URL); `--out FILE` leaves the JSON there.

In each round the two sides take turns and change who begins: appends of 1,000 events by the adapter, and the same
batches built and sent by an idempotent aiokafka producer (`create_batch`, `send_batch`); then reading them by a group
in polls of 500 with a commit each, and by aiokafka's own consumer. CPU is this process's. After the rounds a whole
relay and consumer move events from one SQLite file to another over Kafka, first as many as they can, then at the given
rate.
"""

import argparse
import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from benchmarks.event_path import EVENTS, EventPath, Moved, lags_ms, stages
from benchmarks.group_commit import commit, spread
from benchmarks.processes import machine
from haat.engines.system import SystemClock, SystemIds
from haat.events.adapters.kafka_log import BATCH_BYTES, KafkaEventLog, servers_of
from haat.events.outbox import Outbox
from haat.events.ports import PARTITIONS, partition_of

APPEND_EVENTS: Final = 1_000
POLL_RECORDS: Final = 500
TOPIC: Final = "stock"
Entries = Sequence[tuple[str, bytes]]
Cost = tuple[float, float]
"""Events a second and CPU-µs an event."""


def made() -> list[tuple[str, bytes]]:
    """Events as the relay finds them in the outbox."""
    outbox, clock = Outbox("haat/benchmark", SystemIds()), SystemClock()
    keys = [f"itm_{number % 997:026}" for number in range(EVENTS)]
    rows = [outbox.outgoing(key, Moved(number, key), clock.now_ms()) for number, key in enumerate(keys)]
    return [(row.key, row.value) for row in rows]


class Bare:
    """The driver alone, on a topic that is there."""

    def __init__(self, servers: str, topic: str) -> None:
        self.servers = servers
        self.topic = topic

    async def append(self, producer: AIOKafkaProducer, entries: Entries) -> None:
        """A thousand events, a batch for each partition."""
        batches = [producer.create_batch() for _ in range(PARTITIONS)]
        now_ms = time.time_ns() // 1_000_000
        for key, value in entries:
            name = key.encode()
            batches[partition_of(key, PARTITIONS)].append(timestamp=now_ms, key=name, value=value)
        sent = [await producer.send_batch(batch, self.topic, partition=n) for n, batch in enumerate(batches)]
        await asyncio.gather(*sent)

    async def write(self, events: Entries) -> Cost:
        """All of them, by a producer that is warm."""
        producer = AIOKafkaProducer(
            bootstrap_servers=self.servers, acks="all", enable_idempotence=True, max_batch_size=BATCH_BYTES
        )
        await producer.start()
        try:
            await self.append(producer, events[:APPEND_EVENTS])
            return await cost(lambda: each(events, lambda some: self.append(producer, some)))
        finally:
            await producer.stop()

    async def read(self, group: str, count: int) -> Cost:
        """So many of them, with a commit after each poll."""
        consumer = AIOKafkaConsumer(
            self.topic,
            bootstrap_servers=self.servers,
            group_id=group,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
        )
        await consumer.start()

        async def work() -> None:
            left = count
            while left > 0:
                found = await consumer.getmany(timeout_ms=1_000, max_records=POLL_RECORDS)
                left -= sum(len(records) for records in found.values())
                if found:
                    await consumer.commit({at: records[-1].offset + 1 for at, records in found.items()})

        try:
            return await cost(work)
        finally:
            await consumer.stop()


async def cost(work: Callable[[], Awaitable[object]]) -> Cost:
    """Of the usual number of events."""
    wall_s, cpu_s = time.perf_counter(), time.process_time()
    await work()
    return EVENTS / (time.perf_counter() - wall_s), (time.process_time() - cpu_s) / EVENTS * 1e6


async def each(events: Entries, do: Callable[[Sequence[tuple[str, bytes]]], Awaitable[None]]) -> None:
    """Thousand after thousand."""
    for first in range(0, len(events), APPEND_EVENTS):
        await do(events[first : first + APPEND_EVENTS])


async def ours_write(log: KafkaEventLog, events: Entries) -> Cost:
    """The adapter, warm."""
    await log.append(TOPIC, events[:APPEND_EVENTS])
    return await cost(lambda: each(events, lambda some: log.append(TOPIC, some)))


async def ours_read(log: KafkaEventLog, group: str, count: int) -> Cost:
    """So many of them, with a commit after each poll."""
    async with log.subscribe(group, [TOPIC]) as subscription:

        async def work() -> None:
            left = count
            while left > 0:
                records = await subscription.poll(POLL_RECORDS, 1.0)
                left -= len(records)
                await subscription.commit(records)

        return await cost(work)


async def one_round(url: str, events: Entries, *, bare_first: bool) -> dict[str, Cost]:
    """Both ways of both works, on topics of their own."""
    logs = [KafkaEventLog(f"{url}-{side}", SystemClock()) for side in ("ours", "bare")]
    servers, name = servers_of(f"{url}-bare")
    bare = Bare(servers, f"{name}.{TOPIC}")
    found: dict[str, Cost] = {}
    try:
        await logs[1].make_topics([TOPIC])
        order = ("bare", "ours") if bare_first else ("ours", "bare")
        for side in order:
            found[f"append {side}"] = await (bare.write(events) if side == "bare" else ours_write(logs[0], events))
        for side in order:
            read = bare.read(f"{name}.g", EVENTS) if side == "bare" else ours_read(logs[0], "g", EVENTS)
            found[f"read {side}"] = await read
    finally:
        for log in logs:
            await log.close()
    return found


async def measure(url: str, folder: Path, rounds: int, rate: int, seconds: int) -> dict[str, dict[str, float]]:
    """All rounds, then the whole path."""
    events, turns = made(), list[dict[str, Cost]]()
    base = f"kafka://{servers_of(url)[0]}/bench{os.getpid()}"
    for number in range(rounds):
        turns.append(await one_round(f"{base}-{number}", events, bare_first=bool(number % 2)))
    answer: dict[str, dict[str, float]] = {}
    for work in ("append", "read"):
        for side in ("ours", "bare"):
            answer[f"{work} {side}: CPU-us an event"] = spread([turn[f"{work} {side}"][1] for turn in turns])
            answer[f"{work} {side}: events/s"] = spread([turn[f"{work} {side}"][0] for turn in turns])
        ratios = [turn[f"{work} ours"][1] / turn[f"{work} bare"][1] for turn in turns]
        answer[f"{work}: CPU ours / bare"] = spread(ratios)
    for what in ("most", "steady"):
        (folder / what).mkdir()
        log = KafkaEventLog(f"{base}-{what}", SystemClock())
        try:
            path = EventPath(folder / what, log)
            if what == "most":
                for stage, (per_s, cpu_us) in (await stages(path)).items():
                    answer[f"path {stage}"] = {"events/s": per_s, "CPU-us an event": cpu_us}
            else:
                lags = await lags_ms(path, rate, seconds, warm_s=2)  # topics are made and the group is joined
                cuts = statistics.quantiles(lags, n=100)
                answer["path: lag ms"] = {"p50": cuts[49], "p95": cuts[94], "p99": cuts[98], "max": lags[-1]}
        finally:
            await log.close()
    return answer


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--json", action="store_true", help="JSON on stdout instead of a table")
    parser.add_argument("--out", type=Path, help="write the JSON here as well")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--rate", type=int, default=500, help="events a second while lag is measured")
    parser.add_argument("--seconds", type=int, default=10)
    asked = parser.parse_args()
    url = os.environ.get("HAAT_TEST_KAFKA_URL", "")
    if not url:
        parser.error("set HAAT_TEST_KAFKA_URL: make engines ENGINES=kafka prints an address")
    with tempfile.TemporaryDirectory() as folder:
        measured = asyncio.run(measure(url, Path(folder), asked.rounds, asked.rate, asked.seconds))
    answer: dict[str, Any] = {"benchmark": "kafka_relay", "commit": commit(), "machine": machine(), "path": measured}
    text = json.dumps(answer, indent=2)
    if asked.out:
        asked.out.write_text(text + "\n")
    if asked.json:
        print(text)
    else:
        for figure, values in measured.items():
            print(f"{figure:32} " + "  ".join(f"{name} {value:.2f}" for name, value in values.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
