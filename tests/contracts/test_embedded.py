"""The embedded engines keep the promises of their ports."""

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.contracts.blobs import BlobsContract, BlobsRig
from tests.contracts.documents import DocumentsContract, DocumentsRig
from tests.contracts.embedded import (
    DocumentsOutgoingRig,
    FileBlobsRig,
    MemoryKvRig,
    SqliteDocumentsRig,
    SqliteEventLogRig,
)
from tests.contracts.event_log import EventLogContract, EventLogRig
from tests.contracts.kv import KvContract, KvRig
from tests.contracts.outgoing import OutgoingContract, OutgoingRig
from tests.contracts.rigs import Rigs
from tests.contracts.sql_rigs import opened


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
