"""UserStore on SQLite."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from haat.engines.sql.sqlite import SqliteDatabase
from haat.users.adapters.sql import SqlUserStore
from haat.users.adapters.tables import LINE
from tests.conftest import ManualClock
from tests.contracts.user_store import UserStoreContract
from tests.migrated import migrated


class TestSqliteUserStore(UserStoreContract):
    @pytest.fixture
    async def database(self, tmp_path: Path, clock: ManualClock) -> AsyncIterator[SqliteDatabase]:
        database = SqliteDatabase(migrated(LINE, tmp_path / "users.db"), clock)
        database.open()
        yield database
        database.close()

    @pytest.fixture
    def store(self, database: SqliteDatabase) -> SqlUserStore:
        return SqlUserStore(database)

    @pytest.fixture
    def down(self, database: SqliteDatabase) -> Any:
        async def close() -> None:
            database.close()

        return close
