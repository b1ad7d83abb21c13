"""`python -m tools.engines.testing mysql kafka …`: start engines on fresh data, run what needs them, stop them.

What gets its databases from tests/sql.py runs again on each SQL server named, at both isolation levels; then what is
marked with an engine that is named. An engine that is named and does not start fails the run. Fetched servers are kept
between runs (HAAT_ENGINES_CACHE). Data lies in memory where there is a folder for that: processes are killed in these
tests, the machine is not.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from tools.engines.__main__ import CACHE, ENGINES, ROOT
from tools.engines.engine import CannotStart
from tools.engines.keeping import Keeper

SQL_SERVERS: Final = ("mysql", "mariadb")
ISOLATIONS: Final = ("read-committed", "repeatable-read")
SQL_TESTS: Final = (
    *(
        f"tests/contracts/test_{name}.py"
        for name in (
            "sql", "cart_store", "feed_store", "holds", "network_store", "offer_store", "orders_view", "user_store",
            "wish_store",
        )
    ),
    "tests/moving/test_tables.py",
    *(f"tests/engines/test_{name}.py" for name in ("idempotency", "jobs", "leases", "migrations", "mysql")),
    *(
        f"tests/{room}"
        for room in ("orders", "payments", "cart", "wishlist", "inventory", "users", "inbound", "serviceability")
    ),
)  # fmt: skip
_MEMORY: Final = Path("/dev/shm")
_PARALLEL: Final = ("-n", "3", "--dist", "loadfile", "--no-loadscope-reorder", "-p", "no:schemathesis")


def main(names: Sequence[str]) -> int:
    """The worst exit code of the tests; 1 when an engine is not to be had."""
    unknown = [name for name in names if name not in ENGINES]
    if unknown or not names:
        print(f"Name engines of {', '.join(ENGINES)}.", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(prefix="haat-engines-", dir=_MEMORY if _MEMORY.is_dir() else None) as folder:
        keeper = Keeper(Path(folder), CACHE)
        try:
            given = {"HAAT_TEST_ENGINES": ",".join(names)}
            for name in names:
                began = time.monotonic()
                place = keeper.up(ENGINES[name])
                given[f"HAAT_TEST_{name.upper()}_URL"] = ENGINES[name].server_url(place)
                _say(f"{name} {ENGINES[name].version}: answers after {time.monotonic() - began:.1f} s")
            return max(_run(given, *run) for run in _runs(names))
        except CannotStart as error:
            _say(str(error))
            return 1
        finally:
            for name in names:
                keeper.down(ENGINES[name])


def _runs(names: Sequence[str]) -> list[tuple[str, Sequence[str], Mapping[str, str]]]:
    """What is run: its name, arguments for pytest, and settings."""
    runs: list[tuple[str, Sequence[str], Mapping[str, str]]] = [
        (f"SQL on {name}, {isolation}", SQL_TESTS, {"HAAT_TEST_SQL": f"{name}:{isolation}"})
        for name in names
        if name in SQL_SERVERS
        for isolation in ISOLATIONS
    ]
    return [*runs, (", ".join(names), ("tests", "-m", "engine and not fault"), {})]


def _run(given: Mapping[str, str], what: str, arguments: Sequence[str], more: Mapping[str, str]) -> int:
    _say(f"--- {what}")
    command = [sys.executable, "-m", "pytest", "-q", *arguments, *_PARALLEL]
    return subprocess.run(command, cwd=ROOT, env={**os.environ, **given, **more}, check=False).returncode


def _say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
