"""MongoDB's wire-compatible stand-in as rigs: a fresh database for each test, behind a door that can be shut.

HAAT_TEST_MONGO_URL names it (make test-engines starts it). What a crash would leave is what another connection sees.
"""

import os
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from itertools import count
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

from pymongo import MongoClient

from haat.engines.documents import Documents, MovableDocuments, Put
from haat.engines.documents.mongo import READ_S, WRITE_S, MongoStore
from haat.engines.documents.mongo_outgoing import MongoOutgoing
from haat.engines.documents.mongo_schema import upgrade
from haat.engines.outgoing import Outgoing, OutgoingSource
from tests.conftest import ManualClock
from tests.contracts.embedded import Watched
from tests.contracts.rigs import answering
from tests.doors import Door

COLLECTIONS: Final = ("items", "categories")
PATIENT_S: Final = 30.0  # a busy test machine is no outage: the shop's own time-outs hold while the engine is away
_NUMBERS: Final = count()


def server_url() -> str:
    """The server's address. One that is named and not there fails the test."""
    given = os.environ.get("HAAT_TEST_MONGO_URL")
    assert given, "HAAT_TEST_MONGO_URL is not set: make test-engines starts mongo and sets it"
    return given


class MongoRig:
    """A database with the catalogue's collections."""

    def __init__(self) -> None:
        self.url = urlsplit(server_url())
        assert self.url.port is not None
        self.root: MongoClient[dict[str, Any]] = MongoClient(self.url.geturl())
        self.made: list[str] = []
        self.live = self._make()
        self.clock = ManualClock()
        self.door = Door(self.url.port)
        self.stores: list[MongoStore] = []
        self.store = self._opened(self.live, self.door.port)
        self.documents: MovableDocuments = self.store.collection("items")
        self.others: Documents = self.store.collection("categories")
        self.source: OutgoingSource = MongoOutgoing(self.store)
        self.crashed = ""

    def _make(self) -> str:
        name = f"t_{os.getpid()}_{threading.get_ident()}_{next(_NUMBERS)}"
        upgrade("catalog", self.address(name, self.url.port or 0), COLLECTIONS)
        self.made.append(name)
        return name

    def address(self, name: str, port: int) -> str:
        return f"mongodb://127.0.0.1:{port}/{name}?directConnection=true"

    def _opened(self, name: str, port: int) -> MongoStore:
        store = MongoStore(self.address(name, port), self.clock, read_s=PATIENT_S, write_s=PATIENT_S)
        self.stores.append(store)
        return store

    def hurry(self) -> None:
        """From now on with the time-outs of the shop."""
        self.store._read_s, self.store._write_s = READ_S, WRITE_S

    async def down(self) -> None:
        self.door.shut()
        self.hurry()

    async def up(self) -> None:
        self.door.open()
        self.store._read_s = self.store._write_s = PATIENT_S
        await answering(self.store.ping, self.clock.advance)

    def crash_point(self) -> None:
        self.crashed = self._make()
        for name in COLLECTIONS:
            if found := list(self.root[self.live][name].find({})):
                self.root[self.crashed][name].insert_many(found)

    async def found_store(self) -> MongoStore:
        store = self._opened(self.crashed, self.url.port or 0)
        for name in COLLECTIONS:
            store.collection(name)
        return store

    async def end(self) -> None:
        for store in self.stores:
            await store.close()
        self.door.close()
        for name in self.made:
            self.root.drop_database(name)
        self.root.close()


class MongoDocumentsRig(MongoRig):
    async def found(self) -> tuple[Documents, OutgoingSource]:
        store = await self.found_store()
        return store.collection("items"), MongoOutgoing(store)

    async def crash_inside(self, put: Put) -> None:
        """There is no moment between a document and its rows: this is the last one before both.

        That no other connection ever sees the one without the other is a test in tests/engines/test_mongo.py.
        """
        watched = Put(put.id, put.body, put.expects, Watched(put.keys, self.crash_point), put.outgoing)
        assert await self.documents.put([watched]) == [True]
        assert self.crashed


class MongoOutgoingRig(MongoRig):
    number = 0

    async def publish(self, rows: Sequence[Outgoing], *, refused: bool = False) -> None:
        self.number += 1
        put = Put(f"id-{self.number}", b"{}", 5 if refused else 0, {}, rows)
        assert await self.documents.put([put]) == [not refused]

    async def found(self) -> OutgoingSource:
        return MongoOutgoing(await self.found_store())


R = TypeVar("R", bound=MongoRig)


@asynccontextmanager
async def mongo_rig(make: Callable[[], R]) -> AsyncIterator[R]:
    """A rig, ended afterwards."""
    rig = make()
    try:
        yield rig
    finally:
        await rig.end()
