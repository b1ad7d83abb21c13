"""The embedded engines keep the promises of their ports."""

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.contracts.blobs import BlobsContract, BlobsRig
from tests.contracts.database import DatabaseContract, DatabaseRig
from tests.contracts.documents import DocumentsContract, DocumentsRig
from tests.contracts.embedded import (
    DocumentsOutgoingRig,
    FileBlobsRig,
    MemoryKvRig,
    SqliteDatabaseRig,
    SqliteDocumentsRig,
    SqliteEventLogRig,
    SqlOutgoingRig,
    SqlParkingRig,
    opened,
)
from tests.contracts.event_log import EventLogContract, EventLogRig
from tests.contracts.kv import KvContract, KvRig
from tests.contracts.outgoing import OutgoingContract, OutgoingRig
from tests.contracts.parking import ParkingContract, ParkingRig
from tests.contracts.rigs import Rigs


class TestSqliteDatabase(DatabaseContract):
    @pytest.fixture
    def rigs(self) -> Rigs[DatabaseRig]:
        return lambda: opened(SqliteDatabaseRig)


class TestSqlOutgoing(OutgoingContract):
    @pytest.fixture
    def rigs(self) -> Rigs[OutgoingRig]:
        return lambda: opened(SqlOutgoingRig)


class TestDocumentsOutgoing(OutgoingContract):
    @pytest.fixture
    def rigs(self) -> Rigs[OutgoingRig]:
        return lambda: opened(DocumentsOutgoingRig)


class TestSqliteDocuments(DocumentsContract):
    @pytest.fixture
    def rigs(self) -> Rigs[DocumentsRig]:
        return lambda: opened(SqliteDocumentsRig)


class TestSqliteEventLog(EventLogContract):
    @pytest.fixture
    def rigs(self) -> Rigs[EventLogRig]:
        return lambda: opened(SqliteEventLogRig)


class TestSqlParking(ParkingContract):
    @pytest.fixture
    def rigs(self) -> Rigs[ParkingRig]:
        return lambda: opened(SqlParkingRig)


class TestMemoryKv(KvContract):
    @pytest.fixture
    def rigs(self) -> Rigs[KvRig]:
        @asynccontextmanager
        async def open_one() -> AsyncIterator[KvRig]:
            yield MemoryKvRig()

        return open_one


class TestFileBlobs(BlobsContract):
    @pytest.fixture
    def rigs(self) -> Rigs[BlobsRig]:
        @asynccontextmanager
        async def open_one() -> AsyncIterator[BlobsRig]:
            with tempfile.TemporaryDirectory() as folder:
                yield FileBlobsRig(Path(folder))

        return open_one
