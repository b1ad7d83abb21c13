"""Search servers as rigs: indices under a prefix of their own for each test, behind a door that can be shut."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from typing import Final
from urllib.parse import urlsplit

import httpx2

from haat.search.adapters.opensearch import ServerItemIndex
from haat.search.adapters.opensearch_indices import LEASE_S
from tests.conftest import ManualClock
from tests.contracts.rigs import answering
from tests.doors import Door

PATIENCE: Final = "find_ms=20000&bulk_ms=60000"
"""A server that has just started on a busy machine takes seconds for its first searches."""
_NUMBERS: Final = count()


def address_of(server: str) -> str:
    """scheme://host:port. One that is named and not there fails the test."""
    name = f"HAAT_TEST_{server.upper()}_URL"
    given = os.environ.get(name)
    assert given, f"{name} is not set: make test-engines starts {server} and sets it"
    return given


class Indices:
    """A prefix of indices in a server, and a door in front of it."""

    def __init__(self, server: str) -> None:
        at = urlsplit(address_of(server))
        self.server = server
        self.prefix = f"t_{os.getpid()}_{next(_NUMBERS)}"
        self.door = Door(at.port or 9200)
        self.base = f"http://127.0.0.1:{at.port}"

    @property
    def url(self) -> str:
        """Through the door."""
        return f"{self.server}://127.0.0.1:{self.door.port}/{self.prefix}?{PATIENCE}"

    def end(self) -> None:
        self.door.close()
        with httpx2.Client(base_url=self.base, timeout=60) as http:
            found = http.get(f"/{self.prefix}*").json()
            if found:
                http.delete("/" + ",".join(found)).raise_for_status()


class ServerIndexRig:
    """An index of a server, used by one process at a time."""

    keep_s = 300.0

    def __init__(self, server: str) -> None:
        self.clock = ManualClock()
        self.indices = Indices(server)
        self.index = ServerItemIndex(self.indices.url, self.clock, keep_s=self.keep_s)

    def another(self) -> ServerItemIndex:
        """One more process; whoever asks opens and closes it."""
        return ServerItemIndex(self.indices.url, self.clock, keep_s=self.keep_s)

    def advance(self, seconds: float) -> None:
        self.clock.advance(seconds)

    async def down(self) -> None:
        self.indices.door.shut()

    async def up(self) -> None:
        self.indices.door.open()
        await answering(self.index.ping, self.clock.advance)

    async def reopen(self) -> None:
        await self.index.close()
        self.index = self.another()
        await self.index.open()

    async def crash(self) -> None:
        """Another process takes over once the first one's leases are over; the first one never closes in order."""
        dead, self.index = self.index, self.another()
        await dead._client.close()
        self.clock.advance(LEASE_S + 1)
        await self.index.open()
        await dead.close()


@asynccontextmanager
async def opened_index(server: str) -> AsyncIterator[ServerIndexRig]:
    """A rig with an open index, ended afterwards."""
    rig = ServerIndexRig(server)
    try:
        await rig.index.open()
        yield rig
    finally:
        rig.indices.door.open()
        await rig.index.close()
        rig.indices.end()
