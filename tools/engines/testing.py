"""`python -m tools.engines.testing mysql kafka …`: start engines on fresh data, run what needs them, stop them.

What gets its databases from tests/sql.py runs again on each SQL server named, at both isolation levels; then what is
marked with an engine that is named. An engine that is named and does not start fails the run. Fetched servers are kept
between runs (HAAT_ENGINES_CACHE). Data lies in memory where there is a folder for that: processes are killed in these
tests, the machine is not.

`--faults small|full` before the names runs what is killed and what races instead (make faults): the order proof on each
SQL server named, at both isolation levels, small at one each; then the fault tests marked with engines that are named.
"""

import argparse
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
    *(f"tests/engines/test_{name}.py" for name in ("idempotency", "jobs", "leases", "migrations", "mysql")),
    *(
        f"tests/{room}"
        for room in ("orders", "payments", "cart", "wishlist", "inventory", "users", "inbound", "serviceability")
    ),
)  # fmt: skip
FAULT_TESTS: Final = ("tests/faults/test_crash_points.py", "tests/faults/test_races.py")
_SMALL: Final = {"mysql": ("read-committed",), "mariadb": ("repeatable-read",)}
_SMALL_CRASHES: Final = "each_call or dying_once or test_races"
_MEMORY: Final = Path("/dev/shm")
_PARALLEL: Final = ("-n", "3", "--dist", "loadfile", "--no-loadscope-reorder", "-p", "no:schemathesis")
_IN_GROUPS: Final = ("-n", "2", "--dist", "loadgroup", "-p", "no:schemathesis")  # crowds one after the other

Run = tuple[str, Sequence[str], Mapping[str, str]]


def main(given_names: Sequence[str]) -> int:
    """The worst exit code of the tests; 1 when an engine is not to be had."""
    parser = argparse.ArgumentParser(prog="python -m tools.engines.testing")
    parser.add_argument("--faults", choices=("small", "full"), help="run the fault tests, of this size, instead")
    parser.add_argument("names", nargs="*", metavar="name", help=f"of {', '.join(ENGINES)}")
    options = parser.parse_args(given_names)
    names = options.names
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
            runs = _fault_runs(names, options.faults) if options.faults else _runs(names)
            return max(_run(given, *run) for run in runs)
        except CannotStart as error:
            _say(str(error))
            return 1
        finally:
            for name in names:
                keeper.down(ENGINES[name])


def _runs(names: Sequence[str]) -> list[Run]:
    """What is run: its name, arguments for pytest, and settings."""
    runs: list[Run] = [
        (f"SQL on {name}, {isolation}", (*SQL_TESTS, *_PARALLEL), {"HAAT_TEST_SQL": f"{name}:{isolation}"})
        for name in names
        if name in SQL_SERVERS
        for isolation in ISOLATIONS
    ]
    return [*runs, (", ".join(names), ("tests", "-m", "engine and not fault", *_PARALLEL), {})]


def _fault_runs(names: Sequence[str], size: str) -> list[Run]:
    """The same of faults."""
    chosen = {name: _SMALL[name] if size == "small" else ISOLATIONS for name in names if name in SQL_SERVERS}
    more = {"HAAT_TEST_FAULTS": size}
    crashes = ("-k", _SMALL_CRASHES) if size == "small" else ()
    runs: list[Run] = [
        (
            f"crash points and races on {name}, {isolation}",
            (*FAULT_TESTS, "-m", "fault", *crashes, *_IN_GROUPS),
            {**more, "HAAT_TEST_SQL": f"{name}:{isolation}"},
        )
        for name, isolations in chosen.items()
        for isolation in isolations
    ]
    left = [f"({name} and {one})" for name, kept in chosen.items() for one in ISOLATIONS if one not in kept]
    kept = ("-k", f"not ({' or '.join(left)})") if left else ()
    return [*runs, (", ".join(names), ("tests", "-m", "engine and fault", *kept, *_IN_GROUPS), more)]


def _run(given: Mapping[str, str], what: str, arguments: Sequence[str], more: Mapping[str, str]) -> int:
    _say(f"--- {what}")
    command = [sys.executable, "-m", "pytest", "-q", *arguments]
    return subprocess.run(command, cwd=ROOT, env={**os.environ, **given, **more}, check=False).returncode


def _say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
