"""Brief reads on the caller's thread against reads by a reader's thread: one row by its key, and 24 documents by id.

Run: `python -m benchmarks.reads [--json] [--rounds N] [--out FILE]`. Both ways take turns within each round of one run;
what counts is CPU time of the process per read, alone and with 16 callers at once. Goal: a brief read of one row costs
at most half. The decision is docs/adr/0018-brief-reads-on-the-callers-thread.md.
"""

import argparse
import asyncio
import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final

from benchmarks.group_commit import commit, spread
from haat.engines.documents import Put
from haat.engines.documents.sqlite import SqliteDocuments
from haat.engines.documents.tables import line
from haat.engines.sql.migrations import upgrade
from haat.engines.sql.ports import T, Unit
from haat.engines.sql.sqlite import SqliteDatabase
from haat.engines.system import SystemClock

GOAL_RATIO: Final = 0.5
DOCUMENTS: Final = 5_000
BODY: Final = b"{" + b" " * 2_998 + b"}"  # the size of an item of the catalogue
READS: Final = 2_000


class Threaded:
    """The same database without brief reads."""

    def __init__(self, database: SqliteDatabase) -> None:
        self._database = database
        self.transact = database.transact
        self.ping = database.ping
        self.on_outgoing = database.on_outgoing

    async def read(self, unit: Unit[T], *, brief: bool = False) -> T:
        """Always by a reader's thread."""
        assert brief, "the benchmark asks for brief reads only"
        return await self._database.read(unit)


async def cost_us(call: Callable[[int], Awaitable[object]], callers: int) -> float:
    """CPU-µs per call."""
    numbers = iter(range(READS))

    async def caller() -> None:
        for number in numbers:
            await call(number)

    cpu_s = time.process_time()
    await asyncio.gather(*(caller() for _ in range(callers)))
    return (time.process_time() - cpu_s) / READS * 1e6


async def measure(folder: Path, rounds: int) -> dict[str, Any]:
    """All rounds; by size and number of callers."""
    tables, path = line("benchmark"), folder / "documents.db"
    upgrade(tables, f"sqlite:///{path}")
    database = SqliteDatabase(path, SystemClock())
    database.open()
    ids = [f"itm_{n:026}" for n in range(DOCUMENTS)]
    ways = {
        "brief": SqliteDocuments(database, "items", SystemClock()),
        "thread": SqliteDocuments(Threaded(database), "items", SystemClock()),
    }
    try:
        for first in range(0, DOCUMENTS, 500):
            await ways["brief"].put([Put(one, BODY, 0) for one in ids[first : first + 500]])
        costs: dict[tuple[int, int, str], list[float]] = {}
        for number in range(rounds):
            for size in (1, 24):
                for callers in (1, 16):
                    for way in sorted(ways, reverse=bool(number % 2)):
                        documents = ways[way]

                        async def get(n: int, size: int = size, documents: SqliteDocuments = documents) -> object:
                            return await documents.get([ids[(n * 7919 + i * 104_729) % DOCUMENTS] for i in range(size)])

                        costs.setdefault((size, callers, way), []).append(await cost_us(get, callers))
    finally:
        database.close()
    return {
        f"{size} documents, {callers} callers": {
            "brief_cpu_us": spread(costs[size, callers, "brief"]),
            "thread_cpu_us": spread(costs[size, callers, "thread"]),
            "cpu_ratio": spread(
                [b / t for b, t in zip(costs[size, callers, "brief"], costs[size, callers, "thread"], strict=True)]
            ),
        }
        for size in (1, 24)
        for callers in (1, 16)
    }


def main() -> int:
    """Measure, print, and say by the exit code whether the goal was reached."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--json", action="store_true", help="JSON on stdout instead of a table")
    parser.add_argument("--out", type=Path, help="write the JSON here as well")
    parser.add_argument("--rounds", type=int, default=7)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        measured = asyncio.run(measure(Path(folder), asked.rounds))
    answer = {
        "benchmark": "reads",
        "commit": commit(),
        "machine": {"python": platform.python_version(), "system": platform.platform(), "cpus": os.cpu_count()},
        "rounds": asked.rounds,
        "goal_cpu_ratio": GOAL_RATIO,
        "reached": measured["1 documents, 1 callers"]["cpu_ratio"]["median"] <= GOAL_RATIO,
        "reads": measured,
    }
    text = json.dumps(answer, indent=2)
    if asked.out:
        asked.out.write_text(text + "\n")
    if asked.json:
        print(text)
    else:
        for name, figures in measured.items():
            for figure, values in figures.items():
                median, least, most = values["median"], values["min"], values["max"]
                print(f"{name:26} {figure:14} {median:8.2f} ({least:.2f} to {most:.2f})")
        print(
            f"goal: 1 document, 1 caller: cpu_ratio <= {GOAL_RATIO:g}: {'reached' if answer['reached'] else 'missed'}"
        )
    return 0 if answer["reached"] else 1


if __name__ == "__main__":
    sys.exit(main())
