"""Redis and Valkey as rigs: an empty database of the server for each test, behind a door that can be shut.

HAAT_TEST_REDIS_URL and HAAT_TEST_VALKEY_URL name them (make test-engines starts them). A test's time is the server's
own times to live, all lowered by what is to pass. Real time passes as well, so the suite's steps are large.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from typing import Any, Final
from urllib.parse import urlsplit

import pytest
import redis

from haat.engines.kv import KeyValue
from haat.engines.kv.redis import TIMEOUT_S, RedisKv
from tests.conftest import ManualClock
from tests.contracts.rigs import Advance, answering
from tests.doors import Door

SERVERS: Final = ("redis", "valkey")
PATIENT_S: Final = 30.0  # a busy test machine is no outage; the real time-out has tests of its own
EACH: Final = 128  # databases for one worker of pytest-xdist
_NUMBERS: Final = count()

# What is left of each key's time, less what passes; at its end it is gone.
_PASS: Final = """
for _, key in ipairs(redis.call('KEYS', '*')) do
  local left = redis.call('PTTL', key)
  if left >= 0 then redis.call('PEXPIRE', key, left - tonumber(ARGV[1])) end
end
"""


def url_of(server: str) -> str:
    """The server's address. One that is named and not there fails the test."""
    name = f"HAAT_TEST_{server.upper()}_URL"
    given = os.environ.get(name)
    assert given, f"{name} is not set: make test-engines starts {server} and sets it"
    return given


class RedisRig:
    """A database of a server, empty."""

    def __init__(self, server: str) -> None:
        url = urlsplit(url_of(server))
        worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
        number = worker * EACH + next(_NUMBERS) % EACH
        self.root: Any = redis.Redis.from_url(f"{url.geturl()}/{number}")
        self.root.flushdb()
        self.clock = ManualClock()  # the breaker's
        assert url.port is not None
        self.door = Door(url.port)
        behind = f"{url.username or ''}:{url.password or ''}@127.0.0.1:{self.door.port}"
        self.url = f"redis://{behind}/{number}"
        self.redis = RedisKv(self.url, self.clock, timeout_s=PATIENT_S)
        self.stores = [self.redis]
        self.kv: KeyValue = self.redis
        self.advance: Advance = self._pass

    def _pass(self, seconds: float) -> None:
        self.root.eval(_PASS, 0, round(seconds * 1000))

    async def down(self) -> None:
        self.door.shut()

    async def up(self) -> None:
        self.door.open()
        await answering(self.kv.ping, self.clock.advance)

    def hurry(self) -> None:
        """From now on with the time-out of the shop."""
        for store in self.stores:
            store._timeout_s = TIMEOUT_S

    def take_time(self) -> None:
        """Be patient again."""
        for store in self.stores:
            store._timeout_s = PATIENT_S

    async def forget(self) -> None:
        """What a restart without its file, or somebody's mistake, does."""
        self.root.flushdb()
        self.root.script_flush()


@asynccontextmanager
async def redis_rig(server: str) -> AsyncIterator[RedisRig]:
    """A rig, ended afterwards."""
    rig = RedisRig(server)
    try:
        yield rig
    finally:
        await rig.redis.close()
        rig.door.close()
        rig.root.flushdb()
        rig.root.close()


def each_kv_server() -> Any:
    """Redis and Valkey, as a fixture's parameters."""
    return [pytest.param(server, marks=pytest.mark.engine(server)) for server in SERVERS]
