"""Group commit against one commit per unit: the same database class, callers and units; only the group's size differs.

Run: `python -m benchmarks.group_commit [--json] [--rounds N] [--callers N] [--units N] [--folder F] [--out FILE]`.
Both ways take turns within each round of one run, so that what else the machine does falls on both. Every commit is
synced to disk (WAL, synchronous=FULL) before its callers are answered. Goal: at least 5 times as many
units per second, for both units.

Two units: `row` changes one row by a guarded UPDATE; `order` is the size of a placed order: 3 guarded UPDATEs of stock,
an order, 3 lines, 3 movements and 2 outbox rows in 5 statements.
"""

import argparse
import asyncio
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from sqlalchemy import CheckConstraint, Column, Integer, MetaData, String, Table, bindparam, insert, update

from haat.engines.outgoing import Outgoing
from haat.engines.sql import Statement, Tx
from haat.engines.sql.migrations import engine_for
from haat.engines.sql.outgoing import add_outgoing, outbox_table
from haat.engines.sql.sqlite import GROUP_UNITS, SqliteDatabase
from haat.engines.system import SystemClock

GOAL_RATIO: Final = 5.0
SKUS: Final = 20_000
LINES: Final = 3
PAYLOAD: Final = b"x" * 450  # an event of the average size (reference: an item.changed with its envelope)

TABLES: Final = MetaData()
outbox_table(TABLES)
STOCK: Final = Table(
    "stock",
    TABLES,
    Column("sku", Integer, primary_key=True),
    Column("free", Integer, nullable=False),
    CheckConstraint("free >= 0"),
)
ORDERS: Final = Table("orders", TABLES, Column("id", Integer, primary_key=True), Column("state", String(16)))
ORDER_LINES: Final = Table(
    "order_lines", TABLES, Column("seq", Integer, primary_key=True), Column("order_id", Integer), Column("sku", Integer)
)
MOVEMENTS: Final = Table(
    "movements", TABLES, Column("seq", Integer, primary_key=True), Column("sku", Integer), Column("units", Integer)
)
FILL: Final = Statement(insert(STOCK), "sku", "free")
TAKE: Final = Statement(
    update(STOCK).where(STOCK.c.sku == bindparam("which"), STOCK.c.free >= 1).values(free=STOCK.c.free - 1)
)
ORDER: Final = Statement(insert(ORDERS), "id", "state")
LINE: Final = Statement(insert(ORDER_LINES), "order_id", "sku")
MOVE: Final = Statement(insert(MOVEMENTS), "sku", "units")

Unit = Callable[[int], Callable[[Tx], object]]


def row_unit(number: int) -> Callable[[Tx], object]:
    """One guarded UPDATE."""
    return lambda tx: TAKE.one(tx, {"which": number * 7919 % SKUS})


def order_unit(number: int) -> Callable[[Tx], object]:
    """What a placed order of three lines writes."""
    skus = sorted({(number * 7919 + line * 104_729) % SKUS for line in range(LINES)})
    events = [Outgoing(f"evt-{number}-{n}", "orders", str(number), PAYLOAD, 1) for n in range(2)]

    def unit(tx: Tx) -> None:
        TAKE.many(tx, [{"which": sku} for sku in skus])
        ORDER.one(tx, {"id": number, "state": "CREATED"})
        LINE.many(tx, [{"order_id": number, "sku": sku} for sku in skus])
        MOVE.many(tx, [{"sku": sku, "units": -1} for sku in skus])
        add_outgoing(tx, events)

    return unit


UNITS: Final[dict[str, Unit]] = {"row": row_unit, "order": order_unit}


async def spend(path: Path, group_units: int, unit: Unit, callers: int, units: int) -> tuple[float, float]:
    """Units per second and CPU-µs per unit of one turn on a fresh database."""
    engine = engine_for(f"sqlite:///{path}")
    TABLES.create_all(engine)
    engine.dispose()
    database = SqliteDatabase(path, SystemClock(), group_units=group_units)
    database.open()
    try:
        await database.transact(lambda tx: FILL.many(tx, [{"sku": n, "free": 1_000_000} for n in range(SKUS)]))
        numbers = iter(range(units))

        async def caller() -> None:
            for number in numbers:
                await database.transact(unit(number))

        wall_s, cpu_s = time.perf_counter(), time.process_time()
        await asyncio.gather(*(caller() for _ in range(callers)))
        wall_s, cpu_s = time.perf_counter() - wall_s, time.process_time() - cpu_s
    finally:
        database.close()
    return units / wall_s, cpu_s / units * 1e6


def spread(values: Sequence[float]) -> dict[str, float]:
    """Median, least and most."""
    return {"median": statistics.median(values), "min": min(values), "max": max(values)}


async def measure(folder: Path, rounds: int, callers: int, units: int) -> dict[str, Any]:
    """All rounds of both units, the two ways taking turns and changing who begins."""
    answer: dict[str, Any] = {}
    for name, unit in UNITS.items():
        rates: dict[int, list[float]] = {GROUP_UNITS: [], 1: []}
        costs: dict[int, list[float]] = {GROUP_UNITS: [], 1: []}
        for number in range(rounds):
            for group_units in (GROUP_UNITS, 1) if number % 2 else (1, GROUP_UNITS):
                # One commit per unit is slow: a fifth of the units is enough to know its rate.
                count = units if group_units > 1 else max(callers, units // 5)
                rate, cost = await spend(
                    folder / f"{name}-{number}-{group_units}.db", group_units, unit, callers, count
                )
                rates[group_units].append(rate)
                costs[group_units].append(cost)
        answer[name] = {
            "group_units_per_s": spread(rates[GROUP_UNITS]),
            "single_units_per_s": spread(rates[1]),
            "rate_ratio": spread([g / s for g, s in zip(rates[GROUP_UNITS], rates[1], strict=True)]),
            "group_cpu_us_per_unit": spread(costs[GROUP_UNITS]),
            "single_cpu_us_per_unit": spread(costs[1]),
            "cpu_ratio": spread([g / s for g, s in zip(costs[GROUP_UNITS], costs[1], strict=True)]),
        }
    return answer


def commit() -> str:
    """The commit that was measured, or "unknown" outside a checkout."""
    found = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    return found.stdout.strip() or "unknown"


def main() -> int:
    """Measure, print, and say by the exit code whether the goal was reached."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--json", action="store_true", help="JSON on stdout instead of a table")
    parser.add_argument("--out", type=Path, help="write the JSON here as well")
    parser.add_argument("--folder", type=Path, help="where the databases lie; must be on a disk that syncs")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--callers", type=int, default=256)
    parser.add_argument("--units", type=int, default=3_000)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=asked.folder) as folder:
        measured = asyncio.run(measure(Path(folder), asked.rounds, asked.callers, asked.units))
    answer = {
        "benchmark": "group_commit",
        "commit": commit(),
        "machine": {"python": platform.python_version(), "system": platform.platform(), "cpus": os.cpu_count()},
        "rounds": asked.rounds,
        "callers": asked.callers,
        "goal_rate_ratio": GOAL_RATIO,
        "reached": all(unit["rate_ratio"]["median"] >= GOAL_RATIO for unit in measured.values()),
        "units": measured,
    }
    text = json.dumps(answer, indent=2)
    if asked.out:
        asked.out.write_text(text + "\n")
    if asked.json:
        print(text)
    else:
        for name, figures in measured.items():
            for figure, values in figures.items():
                print(f"{name:6} {figure:24} {values['median']:10.2f} ({values['min']:.2f} to {values['max']:.2f})")
        print(f"goal: both rate_ratios >= {GOAL_RATIO:g}: {'reached' if answer['reached'] else 'missed'}")
    return 0 if answer["reached"] else 1


if __name__ == "__main__":
    sys.exit(main())
