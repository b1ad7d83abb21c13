"""`python -m tools.engines up|down|status [names]`: real servers for development and for tests.

`up` prints the settings that make a shop use them, for `eval` or a file; `--json` prints the same for programs.
"""

import argparse
import json
import os
import sys
import time
from pathlib import Path
from typing import Any, Final

from tools.engines.engine import CannotStart, Engine
from tools.engines.kafka import Kafka
from tools.engines.keeping import Keeper
from tools.engines.mongo import MongoStandIn
from tools.engines.redis import Redis, Valkey
from tools.engines.search import Elasticsearch, OpenSearch
from tools.engines.sql import MariaDb, MySql

ROOT: Final = Path(__file__).resolve().parents[2]
CACHE: Final = Path(os.environ.get("HAAT_ENGINES_CACHE", ROOT / ".engines" / "cache"))
ENGINES: Final[dict[str, Engine]] = {
    engine.name: engine
    for engine in (MySql(), MariaDb(), Redis(), Valkey(), MongoStandIn(), Kafka(), OpenSearch(), Elasticsearch())
}


def main(given: list[str]) -> int:
    """Do it; 1 when an engine that was named is not there afterwards."""
    parser = argparse.ArgumentParser(prog="python -m tools.engines", description=__doc__)
    parser.add_argument("what", choices=("up", "down", "status"))
    parser.add_argument("names", nargs="*", metavar="name", help=f"of {', '.join(ENGINES)}; none: all")
    parser.add_argument("--dir", type=Path, default=ROOT / ".engines", help="where their data lies")
    parser.add_argument("--json", action="store_true", help="print what is there as JSON")
    parser.add_argument("--wipe", action="store_true", help="down: delete their data as well")
    options = parser.parse_args(given)
    unknown = [name for name in options.names if name not in ENGINES]
    if unknown:
        parser.error(f"there is no engine {', '.join(unknown)}; there is {', '.join(ENGINES)}")
    engines = [ENGINES[name] for name in options.names or ENGINES]
    keeper = Keeper(options.dir, CACHE)
    try:
        for engine in engines:
            if options.what == "down":
                _say(f"{engine.name}: {'stopped' if keeper.down(engine, wipe=options.wipe) else 'did not run'}")
            elif options.what == "up":
                began = time.monotonic()
                keeper.up(engine)
                _say(f"{engine.name} {engine.version}: answers after {time.monotonic() - began:.1f} s")
    except CannotStart as error:
        _say(str(error))
        return 1
    return _show(keeper, engines, as_json=options.json, expected=options.what == "up")


def _show(keeper: Keeper, engines: list[Engine], *, as_json: bool, expected: bool) -> int:
    found: dict[str, dict[str, Any]] = {}
    settings: dict[str, str] = {}
    for engine in engines:
        there = keeper.status(engine)
        if there is None:
            found[engine.name] = {"running": False}
            continue
        place, pid, answers = there
        given = dict(engine.settings(place))
        settings.update(given)
        found[engine.name] = {
            "running": True,
            "answers": answers,
            "version": engine.version,
            "pid": pid,
            "port": place.port,
            "log": str(place.log),
            "settings": given,
        }
    if "HAAT_EVENTS_URL" not in settings:
        settings.pop("HAAT_PARKED_URL", None)  # parked events lie with a log that is SQL
    if as_json:
        print(json.dumps(found, indent=1))
    elif expected:
        for name, value in settings.items():
            print(f"export {name}='{value}'")
    else:
        for name, one in found.items():
            words = f"port {one['port']}, pid {one['pid']}" if one["running"] else "does not run"
            print(f"{name}: {words}{'' if not one['running'] or one['answers'] else ', but does not answer'}")
    return int(expected and not all(one["running"] for one in found.values()))


def _say(words: str) -> None:
    print(words, file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
