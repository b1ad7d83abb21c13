"""Relay and consumer killed at every call they make, before it, after it, and at random: nothing is lost or doubled."""

import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from haat.engines.sql.outgoing import SqlOutgoing
from haat.engines.sql.sqlite import SqliteDatabase
from haat.engines.system import SeededIds
from haat.events.adapters.sql_parking import SqlParking
from haat.events.adapters.sqlite_log import SqliteEventLog
from haat.events.adapters.tables import LINE
from haat.events.envelope import decode
from haat.events.outbox import Outbox
from tests.conftest import ManualClock
from tests.events.handlers import EFFECT, TABLES, Counted
from tests.faults.children import POISON
from tests.migrated import template

pytestmark = [pytest.mark.fault, pytest.mark.timeout(300)]
ROOT = Path(__file__).parents[2]
EVENTS = 120
POINTS = [
    "unsent:before:0",
    "unsent:after:1",
    "append:before:0",
    "append:after:1",
    "mark_sent:before:0",
    "mark_sent:after:1",
    "poll:after:0",
    "effect:before:0",
    "effect:after:1",
    "park:before:0",
    "park:after:0",
    "commit:before:1",
    "commit:after:0",
]


class Shop:
    """The files, as this process sees them between two lives of the child."""

    def __init__(self, folder: Path, clock: ManualClock) -> None:
        self.folder = folder
        self.clock = clock
        self.published = 0
        (folder / "store.db").write_bytes(template(TABLES))
        (folder / "events.db").write_bytes(template(LINE))
        self.store = SqliteDatabase(folder / "store.db", clock)
        self.events = SqliteDatabase(folder / "events.db", clock)
        self.outbox = Outbox("haat/faults", SeededIds(1, clock))

    async def publish(self, count: int) -> None:
        self.store.open()
        first, self.published = self.published, self.published + count
        messages = [(f"key-{n % 7}", Counted(n)) for n in range(first, self.published)]
        await self.store.transact(lambda tx: self.outbox.add(tx, messages))
        self.store.close()

    def live(self, point: str = "", kill_after_lines: int | None = None) -> int:
        """One life of the child; its return code."""
        child = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.children", "flow", str(self.folder), point],
            cwd=ROOT,
            stdout=subprocess.PIPE,
        )
        assert child.stdout is not None
        if kill_after_lines is not None:
            for _ in range(kill_after_lines):
                child.stdout.readline()
            child.kill()
        child.communicate(timeout=60)
        return child.returncode

    async def check(self) -> None:
        """After a quiet end: each event acted exactly once or is parked once; keys kept their order in the log."""
        self.store.open()
        self.events.open()
        try:
            everything = set(range(self.published))
            poison = {n for n in everything if n % 100 == POISON}
            effects = [int(row[0]) for row in await self.store.read(EFFECT.all)]
            assert len(effects) == len(set(effects))
            assert set(effects) == everything - poison
            parked = [decode(one.value).read(Counted).n for one in await SqlParking(self.events).page(limit=500)]
            assert sorted(set(parked)) == sorted(poison)
            log = SqliteEventLog(self.events, self.clock)
            first_seen: dict[str, list[int]] = {}
            for partition in range(await log.partitions("items")):
                for record in await log.read("items", partition, 0, 1_000_000):
                    seen = first_seen.setdefault(record.key, [])
                    number = decode(record.value).read(Counted).n
                    if number not in seen:
                        seen.append(number)
            assert sorted(n for seen in first_seen.values() for n in seen) == sorted(everything)
            assert all(seen == sorted(seen) for seen in first_seen.values())
            assert (await log.lag("once", "items")).records == 0
            assert (await SqlOutgoing(self.store).backlog()).rows == 0
        finally:
            self.store.close()
            self.events.close()


@pytest.fixture
def shop(tmp_path: Path, clock: ManualClock) -> Iterator[Shop]:
    shop = Shop(tmp_path, clock)
    yield shop
    shop.store.close()
    shop.events.close()


async def test_killed_at_every_call_nothing_is_lost_and_nothing_acts_twice(shop: Shop) -> None:
    for point in POINTS:
        await shop.publish(EVENTS)
        assert shop.live(point) == -9, f"{point} was not reached"
    assert shop.live() == 0
    await shop.check()


async def test_killed_at_random_moments_nothing_is_lost_and_nothing_acts_twice(shop: Shop) -> None:
    chance = random.Random(8)
    for _ in range(8):
        await shop.publish(chance.randrange(100, 2_000))
        assert shop.live(kill_after_lines=1) == -9
    assert shop.live() == 0
    await shop.check()
