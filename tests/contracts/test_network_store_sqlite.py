"""NetworkStore on SQLite."""

import shutil
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from haat.engines.sql.migrations import drift, upgrade
from haat.engines.sql.outgoing import SqlOutgoing
from haat.engines.sql.sqlite import SqliteDatabase
from haat.engines.system import SeededIds
from haat.events.outbox import Outbox
from haat.serviceability.adapters.sql import SqlNetworkStore
from haat.serviceability.adapters.tables import LINE
from tests.conftest import ManualClock
from tests.contracts.network_store import NetworkStoreContract
from tests.contracts.rigs import Rigs
from tests.migrated import migrated


class SqliteRig:
    def __init__(self, folder: Path, migrated: Path) -> None:
        self.path, self.clock = folder / "serviceability.db", ManualClock()
        shutil.copy(migrated, self.path)
        self.outbox = Outbox("haat/serviceability", SeededIds(7, self.clock))
        self.open()

    def open(self) -> None:
        self.database = SqliteDatabase(self.path, self.clock)
        self.database.open()
        self.store = SqlNetworkStore(self.database, self.outbox)

    async def down(self) -> None:
        self.database.close()

    async def up(self) -> None:
        self.open()

    async def published(self) -> Sequence[bytes]:
        return [row.value for row in await SqlOutgoing(self.database).unsent(1_000)]


class TestSqliteNetworkStore(NetworkStoreContract):
    @pytest.fixture
    def rigs(self, tmp_path: Path) -> Rigs[SqliteRig]:
        empty = migrated(LINE, tmp_path / "empty.db")

        @asynccontextmanager
        async def rig() -> AsyncIterator[SqliteRig]:
            with tempfile.TemporaryDirectory() as folder:
                opened = SqliteRig(Path(folder), empty)
                try:
                    yield opened
                finally:
                    opened.database.close()

        return rig

    def test_the_migrated_database_has_the_tables_the_code_declares(self, tmp_path: Path) -> None:
        upgrade(LINE, f"sqlite:///{tmp_path / 'x.db'}")
        assert drift(LINE, f"sqlite:///{tmp_path / 'x.db'}") == []
