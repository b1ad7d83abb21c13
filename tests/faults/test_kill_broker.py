"""A broker that dies again and again, under a relay that dies every three seconds and a consumer that dies as well.

Nothing is lost, nothing acts twice, and no key's events change places. The broker is the test's own.
"""

import asyncio
import os
import random
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from haat.engines.sql.outgoing import SqlOutgoing
from haat.engines.sql.sqlite import SqliteDatabase
from haat.engines.system import SeededIds, SystemClock
from haat.errors import Unavailable
from haat.events.adapters.kafka_log import KafkaEventLog
from haat.events.adapters.sql_parking import SqlParking
from haat.events.adapters.tables import LINE
from haat.events.envelope import decode
from haat.events.outbox import Outbox
from haat.events.ports import partition_of
from tests.events.handlers import EFFECT, TABLES, Counted
from tests.migrated import template
from tools.engines.__main__ import CACHE
from tools.engines.kafka import Kafka
from tools.engines.keeping import Keeper

FULL = os.environ.get("HAAT_TEST_FAULTS", "") == "full"
pytestmark = [pytest.mark.fault, pytest.mark.engine("kafka"), pytest.mark.timeout(1_200 if FULL else 240)]
ROOT = Path(__file__).parents[2]
EVENTS, KILLS = (50_000, 20) if FULL else (3_000, 2)
KEYS = 50
RELAY_LIVES_S = 3.0
QUIET_S = 240.0


class Shop:
    """Its files and its broker."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = SystemClock()
        self.engines = folder / "engines"
        self.keeper = Keeper(self.engines, CACHE)
        self.engine = Kafka()
        for name, tables in (("store", TABLES), ("effects", TABLES), ("parked", LINE)):
            (folder / f"{name}.db").write_bytes(template(tables))
        self.store = SqliteDatabase(folder / "store.db", self.clock)
        self.effects = SqliteDatabase(folder / "effects.db", self.clock)
        self.parked = SqliteDatabase(folder / "parked.db", self.clock)
        self.outbox = Outbox("haat/faults", SeededIds(1, self.clock))
        self.published = 0
        self.url = ""

    async def publish(self, count: int) -> None:
        first, self.published = self.published, self.published + count
        for start in range(first, self.published, 100):
            numbers = range(start, min(start + 100, self.published))
            messages = [(f"key-{n % KEYS}", Counted(n)) for n in numbers]
            await self.store.transact(lambda tx, m=messages: self.outbox.add(tx, m))  # type: ignore[misc]

    async def acted(self) -> list[int]:
        return [int(row[0]) for row in await self.effects.read(EFFECT.all)]

    async def tool(self, what: str) -> None:
        """Have the broker started or stopped, by another process: it outlives who starts it."""
        command = [sys.executable, "-m", "tools.engines", what, "kafka", "--dir", str(self.engines)]
        done = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=subprocess.DEVNULL)
        assert await done.wait() == 0

    async def until_acted(self, count: int) -> None:
        async with asyncio.timeout(QUIET_S):
            while len(await self.acted()) < count:  # noqa: ASYNC110 -- another process acts
                await asyncio.sleep(0.05)

    async def until_quiet(self) -> None:
        log = KafkaEventLog(self.url, self.clock)
        try:
            async with asyncio.timeout(QUIET_S):
                while (await SqlOutgoing(self.store).backlog()).rows or (await log.lag("once", "items")).records:  # noqa: ASYNC110 -- the same
                    await asyncio.sleep(0.1)
        finally:
            await log.close()

    def child(self, role: str) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-m", "tests.faults.kafka_children", role, str(self.folder), self.url]
        return subprocess.Popen(command, cwd=ROOT)

    async def lives(self, role: str, killed: asyncio.Event, life_s: float) -> None:
        """A child that is killed when its time is over or when it is said, and always comes back."""
        while True:
            child = self.child(role)
            try:
                killed.clear()
                with suppress(TimeoutError):
                    async with asyncio.timeout(life_s):
                        await killed.wait()
                assert child.poll() is None, f"{role} ended by itself"
            finally:
                child.kill()
                child.wait()

    async def check(self) -> None:
        """Every event acted exactly once; keys kept their order, in the log and in what was done."""
        everything = list(range(self.published))
        acted = await self.acted()
        assert sorted(acted) == everything
        assert await SqlParking(self.parked).page(limit=10) == []
        log = KafkaEventLog(self.url, self.clock)
        try:
            first_seen: dict[str, dict[int, None]] = {}
            for partition in range(await log.partitions("items")):
                for record in await log.read("items", partition, 0, 10 * EVENTS):
                    first_seen.setdefault(record.key, {})[decode(record.value).read(Counted).n] = None
            assert sorted(n for seen in first_seen.values() for n in seen) == everything
            assert all(list(seen) == sorted(seen) for seen in first_seen.values())
            assert (await log.lag("once", "items")).records == 0
        finally:
            await log.close()
        for key in range(KEYS):
            of_key = [n for n in acted if n % KEYS == key]
            assert of_key == sorted(of_key)
        assert (await SqlOutgoing(self.store).backlog()).rows == 0


@asynccontextmanager
async def running(*tasks: "asyncio.Task[None]") -> AsyncIterator[None]:
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        done = await asyncio.gather(*tasks, return_exceptions=True)
    assert all(isinstance(one, asyncio.CancelledError) for one in done), done


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Shop]:
    shop = Shop(tmp_path)
    try:
        await shop.tool("up")
        there = shop.keeper.status(shop.engine)
        assert there
        shop.url = f"kafka://127.0.0.1:{there[0].port}/faults"
        for database in (shop.store, shop.effects, shop.parked):
            database.open()
        yield shop
    finally:
        for database in (shop.store, shop.effects, shop.parked):
            database.close()
        await shop.tool("down")


async def test_a_broker_and_a_relay_that_die_lose_nothing_double_nothing_and_keep_the_order(shop: Shop) -> None:
    chance = random.Random(28)
    relay_dies, consumer_dies = asyncio.Event(), asyncio.Event()
    relay = asyncio.create_task(shop.lives("relay", relay_dies, RELAY_LIVES_S))
    consumer = asyncio.create_task(shop.lives("consumer", consumer_dies, QUIET_S))
    async with running(relay, consumer):
        for number in range(KILLS):
            before = shop.published
            await shop.publish(EVENTS // KILLS)
            await shop.until_acted(before + chance.randrange(1, EVENTS // KILLS // 2))
            await asyncio.to_thread(shop.keeper.kill, shop.engine)
            if number % 2:
                consumer_dies.set()
            await shop.tool("up")
        await shop.until_acted(shop.published)
        await shop.until_quiet()
    await shop.check()


async def test_a_torn_tail_loses_only_whole_appends_at_its_end_and_writing_goes_on(shop: Shop) -> None:
    log = KafkaEventLog(shop.url, shop.clock)
    try:
        for number in range(5):
            await log.append("items", [("a", str(n).encode()) for n in range(number * 10, number * 10 + 10)])
        partition = partition_of("a", await log.partitions("items"))
        await asyncio.to_thread(shop.keeper.kill, shop.engine)
        (segment,) = (shop.engines / "kafka" / "data" / f"faults.items-{partition}").glob("*.log")
        with segment.open("r+b") as file:
            file.truncate(segment.stat().st_size - 30)
        await shop.tool("up")
        await log.ping()
        there = await log.read("items", partition, 0, 100)
        assert [int(record.value) for record in there] == list(range(40))
        with pytest.raises(Unavailable):  # its producer finds that what was acknowledged is gone
            await log.append("items", [("a", b"40")])
        await log.append("items", [("a", b"40")])
        assert [int(record.value) for record in await log.read("items", partition, 0, 100)] == list(range(41))
    finally:
        await log.close()
