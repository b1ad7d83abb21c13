"""The servers that a whole shop needs, each of which can be taken away from it in five ways, and given back.

Each stands behind a door of its own. A second SQL server holds all databases but the orders' own, which is the one that
is taken away: that a shop keeps carts elsewhere is what lets them live.
"""

import os
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final, Literal
from urllib.parse import urlsplit

from tests.doors import Door
from tools.engines.__main__ import CACHE, ENGINES
from tools.engines.engine import Place
from tools.engines.kafka import doors_of
from tools.engines.keeping import Keeper

Part = Literal["search", "keys", "log", "catalogue", "orders"]
Fault = Literal["killed", "frozen", "slow", "reset", "black hole"]

SERVERS: Final[Mapping[Part, str]] = {
    "search": "opensearch",
    "keys": "valkey",
    "log": "kafka",
    "catalogue": "mongo",
    "orders": "mysql",
}
OTHER_SQL: Final = "mariadb"
FAULTS: Final[tuple[Fault, ...]] = ("killed", "frozen", "slow", "reset", "black hole")
SLOW_S: Final = 5.0
_URLS: Final[Mapping[Part, str]] = {
    "search": "HAAT_SEARCH_URL",
    "keys": "HAAT_KV_URL",
    "log": "HAAT_EVENTS_URL",
    "catalogue": "HAAT_CATALOG_URL",
    "orders": "HAAT_ORDERS_URL",
}
# Two cores run six servers here, elsewhere it is 300 ms. Less than a page has: a call that is cut off is not counted.
_PATIENCE: Final[Mapping[Part, str]] = {"search": "?find_ms=500", "catalogue": "&timeoutMS=500"}


class Servers:
    """All of them, started for this test alone."""

    def __init__(self, folder: Path) -> None:
        self._keeper = Keeper(folder, CACHE)
        self._pids: dict[Part, int] = {}
        self._doors: dict[Part, Door] = {}
        self.urls: dict[str, str] = {}

    @contextmanager
    def up(self) -> Iterator[None]:
        """Start them, and stop them at the end whatever way they are in."""
        with ExitStack() as stack:
            other = ENGINES[OTHER_SQL]
            stack.callback(self._keeper.down, other)
            self.urls |= other.settings(self._keeper.up(other))
            for part, name in SERVERS.items():
                stack.callback(self._end, part)
                place = self._start(part)
                outside, inside = doors_of(place)[0] if name == "kafka" else (0, place.port)
                self._doors[part] = door = Door(inside, at=outside)
                stack.callback(door.close)
                url = ENGINES[name].settings(place)[_URLS[part]] + _PATIENCE.get(part, "")
                self.urls[_URLS[part]] = url.replace(f":{place.port}/", f":{door.port}/")
                assert urlsplit(self.urls[_URLS[part]]).port == door.port
            yield

    def take(self, part: Part, fault: Fault) -> None:
        """Take one away."""
        ways: Mapping[Fault, Callable[[], None]] = {
            "killed": lambda: self._keeper.kill(ENGINES[SERVERS[part]]),
            "frozen": lambda: os.kill(self._pids[part], signal.SIGSTOP),
            "slow": lambda: self._doors[part].slow(SLOW_S),
            "reset": self._doors[part].shut,
            "black hole": self._doors[part].swallow,
        }
        ways[fault]()

    def give_back(self, part: Part, fault: Fault) -> None:
        """As a machine that comes up again, or a network that is mended."""
        if fault == "killed":
            self._start(part)
        elif fault == "frozen":
            os.kill(self._pids[part], signal.SIGCONT)
        else:
            self._doors[part].open()

    def _start(self, part: Part) -> Place:
        engine = ENGINES[SERVERS[part]]
        place = self._keeper.up(engine)
        there = self._keeper.status(engine)
        assert there is not None
        self._pids[part] = there[1]
        return place

    def _end(self, part: Part) -> None:
        if part in self._pids and self._keeper.status(ENGINES[SERVERS[part]]) is not None:
            os.kill(self._pids[part], signal.SIGCONT)
        self._keeper.down(ENGINES[SERVERS[part]])
