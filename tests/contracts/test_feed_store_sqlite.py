"""FeedStore on SQLite."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from haat.engines.sql import Statement
from haat.engines.sql.migrations import drift, upgrade
from haat.engines.sql.sqlite import SqliteDatabase
from haat.engines.system import SeededIds
from haat.events.outbox import Outbox
from haat.inbound.adapters.sql import SqlFeeds
from haat.inbound.adapters.tables import LINE, OUTBOX
from tests.conftest import ManualClock
from tests.contracts.feed_store import FeedStoreContract
from tests.migrated import migrated

_KEYS = Statement(OUTBOX.select().order_by(OUTBOX.c.seq))


class TestSqliteFeedStore(FeedStoreContract):
    @pytest.fixture
    async def database(self, tmp_path: Path, clock: ManualClock) -> AsyncIterator[SqliteDatabase]:
        database = SqliteDatabase(migrated(LINE, tmp_path / "inbound.db"), clock)
        database.open()
        yield database
        database.close()

    @pytest.fixture
    def store(self, database: SqliteDatabase, ids: SeededIds) -> SqlFeeds:
        return SqlFeeds(database, Outbox("haat/inbound", ids))

    @pytest.fixture
    def events(self, database: SqliteDatabase) -> Any:
        async def keys() -> list[str]:
            return [row[3] for row in await database.read(_KEYS.all)]

        return keys

    @pytest.fixture
    def advance(self, clock: ManualClock) -> Any:
        return clock.advance

    @pytest.fixture
    def down(self, database: SqliteDatabase) -> Any:
        async def close() -> None:
            database.close()

        return close

    def test_the_migrated_database_has_the_tables_the_code_declares(self, tmp_path: Path) -> None:
        upgrade(LINE, f"sqlite:///{tmp_path / 'x.db'}")
        assert drift(LINE, f"sqlite:///{tmp_path / 'x.db'}") == []
