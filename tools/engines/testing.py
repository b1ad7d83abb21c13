"""`python -m tools.engines.testing mysql kafka …`: start engines on fresh data, run what needs them, stop them.

Four kinds of runs, of which `--only` chooses:
- sql: what gets its databases from tests/sql.py runs again on each SQL server named, at both isolation levels; rooms
  that own no stock, orders or money at one of them.
- engines: what is marked with engines that are all named.
- faults: the order proof's crash points and races on each SQL server, then what is marked fault and with engines that
  are all named. HAAT_TEST_FAULTS=full: at both isolation levels each, and at full size.
- journeys: a browser in a whole shop on the engines named, if there is one of each kind.

`all` names every engine. An engine that is named and does not start fails the run. Fetched servers are kept between
runs (HAAT_ENGINES_CACHE). Data lies in memory where there is a folder for that: processes are killed in these tests,
the machine is not.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

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
    *(f"tests/{room}" for room in ("orders", "payments", "inventory")),
)  # fmt: skip
OTHER_ROOMS: Final = tuple(f"tests/{room}" for room in ("cart", "wishlist", "users", "inbound", "serviceability"))
ONE_AT: Final = {"mysql": ISOLATIONS[0], "mariadb": ISOLATIONS[1]}
"""The isolation of what runs at one only."""
ORDER_PROOF: Final = ("tests/faults/test_crash_points.py", "tests/faults/test_races.py")
_SMALL_PROOF: Final = ("-k", "each_call or dying_once or test_races")
JOURNEYS: Final = ("tests/browser/test_journeys.py", "tests/browser/test_buying.py")
WHOLE_SHOP: Final = (SQL_SERVERS, ("mongo",), ("kafka",), ("valkey",), ("opensearch",))
"""What a whole shop is tried on (tests/corner.py): the first of each that is named."""
KINDS: Final = ("sql", "engines", "faults", "journeys")
_MEMORY: Final = Path("/dev/shm")
_BY_FILE: Final = ("-n", "3", "--dist", "loadfile", "--no-loadscope-reorder", "-p", "no:schemathesis")
_BY_GROUP: Final = ("-n", "2", "--dist", "loadgroup", "-p", "no:schemathesis")


class Run(NamedTuple):
    """What pytest is told."""

    name: str
    arguments: Sequence[str]
    settings: Mapping[str, str] = {}


def main(given: Sequence[str]) -> int:
    """The worst exit code of the tests; 1 when an engine is not to be had."""
    parser = argparse.ArgumentParser(prog="python -m tools.engines.testing", description=__doc__)
    parser.add_argument("names", nargs="+", metavar="name", help=f"all, or of {', '.join(ENGINES)}")
    parser.add_argument("--only", action="append", choices=KINDS, help="this kind of runs; again for another")
    options = parser.parse_args(given)
    names = list(ENGINES) if options.names == ["all"] else list(dict.fromkeys(options.names))
    if unknown := [name for name in names if name not in ENGINES]:
        parser.error(f"there is no engine {', '.join(unknown)}; there is {', '.join(ENGINES)}")
    runs = [run for kind in options.only or KINDS for run in _runs(kind, names)]
    with tempfile.TemporaryDirectory(prefix="haat-engines-", dir=_MEMORY if _MEMORY.is_dir() else None) as folder:
        keeper = Keeper(Path(folder), CACHE)
        try:
            there = {"HAAT_TEST_ENGINES": ",".join(names)}
            for name in names:
                began = time.monotonic()
                place = keeper.up(ENGINES[name])
                there[f"HAAT_TEST_{name.upper()}_URL"] = ENGINES[name].server_url(place)
                _say(f"{name} {ENGINES[name].version}: answers after {time.monotonic() - began:.1f} s")
            return max((_done(run, there) for run in runs), default=0)
        except CannotStart as error:
            _say(str(error))
            return 1
        finally:
            for name in names:
                keeper.down(ENGINES[name])


def _runs(kind: str, names: Sequence[str]) -> Iterator[Run]:
    if kind == "sql":
        for name in names:
            for isolation in ISOLATIONS if name in SQL_SERVERS else ():
                rooms = OTHER_ROOMS if ONE_AT[name] == isolation else ()
                chosen = {"HAAT_TEST_SQL": f"{name}:{isolation}"}
                yield Run(f"SQL on {name}, {isolation}", (*SQL_TESTS, *rooms, *_BY_FILE), chosen)
    elif kind == "engines":
        yield Run(f"engines: {', '.join(names)}", ("tests", "-m", "engine and not fault", *_BY_FILE))
    elif kind == "faults":
        yield from _fault_runs([name for name in names if name in SQL_SERVERS])
    else:
        parts = [next((name for name in same if name in names), None) for same in WHOLE_SHOP]
        if None not in parts:
            chosen = {"HAAT_TEST_SHOP_SQL": f"{parts[0]}:{ISOLATIONS[0]}"}
            yield Run(f"journeys on {', '.join(map(str, parts))}", (*JOURNEYS, "-m", "browser"), chosen)


def _fault_runs(sql: Sequence[str]) -> Iterator[Run]:
    full = os.environ.get("HAAT_TEST_FAULTS") == "full"
    left: list[str] = []
    for name in sql:
        for isolation in ISOLATIONS:
            if full or ONE_AT[name] == isolation:
                chosen = {"HAAT_TEST_SQL": f"{name}:{isolation}"}
                proof = (*ORDER_PROOF, "-m", "fault", *(() if full else _SMALL_PROOF), *_BY_GROUP)
                yield Run(f"crash points and races on {name}, {isolation}", proof, chosen)
            else:
                left.append(f"({name} and {isolation})")
    less = ("-k", f"not ({' or '.join(left)})") if left else ()
    yield Run("faults", ("tests", "-m", "engine and fault", *less, *_BY_GROUP))


def _done(run: Run, there: Mapping[str, str]) -> int:
    """Pytest's exit code."""
    _say(f"--- {run.name}")
    began = time.monotonic()
    command = [sys.executable, "-m", "pytest", "-q", *run.arguments]
    environment = {"HAAT_TEST_FAULTS": "small", **os.environ, **there, **run.settings}
    code = subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode
    _say(f"--- {run.name}: {'passed' if code == 0 else 'FAILED'} in {time.monotonic() - began:.0f} s")
    return code


def _say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
