"""Thirty kills: every acknowledged unit is there, no unit is there by half, and the file opens each time."""

import random
import subprocess
import sys
from pathlib import Path

import pytest

from haat.engines.sql.sqlite import SqliteDatabase
from tests.conftest import ManualClock
from tests.faults.tables import (
    ALL_ORDERS,
    EVENTS_WITHOUT_ORDER,
    HALF_UNITS,
    LINES_ALONE,
    ORDERS_WITHOUT_EVENT,
    TABLES,
)
from tests.migrated import template

pytestmark = pytest.mark.fault
KILLS = 30
ROOT = Path(__file__).parents[2]


def killed_after(folder: Path, answers: int) -> set[str]:
    """Run the writer, kill it after so many answers, and give all it had said by then."""
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.faults.children", "units", str(folder)], cwd=ROOT, stdout=subprocess.PIPE
    )
    assert child.stdout is not None
    said = b"".join(child.stdout.readline() for _ in range(answers))
    child.kill()
    said += child.communicate()[0]
    assert child.returncode == -9
    return {line for line in said.decode().split("\n")[:-1] if line}


@pytest.mark.timeout(300)
async def test_thirty_kills_lose_no_acknowledged_unit_and_leave_no_half(tmp_path: Path, clock: ManualClock) -> None:
    path = tmp_path / "units.db"
    path.write_bytes(template(TABLES))
    chance, acknowledged = random.Random(30), set[str]()
    for _ in range(KILLS):
        acknowledged |= killed_after(tmp_path, chance.randrange(1, 250))
        database = SqliteDatabase(path, clock)
        database.open()
        try:
            there = {row[0] for row in await database.read(ALL_ORDERS.all)}
            assert acknowledged <= there
            for broken in (HALF_UNITS, LINES_ALONE, ORDERS_WITHOUT_EVENT, EVENTS_WITHOUT_ORDER):
                assert await database.read(broken.all) == []
            assert await database.read(
                lambda tx: tx.cursor.execute("PRAGMA integrity_check") and tx.cursor.fetchall()
            ) == [("ok",)]
        finally:
            database.close()
    assert len(acknowledged) > 1_000
