"""UserStore on SQL."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from haat.users.adapters.sql import SqlUserStore
from haat.users.adapters.tables import LINE
from tests.conftest import ManualClock
from tests.contracts.user_store import UserStoreContract
from tests.sql import SQL, Opened


class TestSqlUserStore(UserStoreContract):
    @pytest.fixture
    async def database(self, tmp_path: Path, clock: ManualClock) -> AsyncIterator[Opened]:
        database = SQL.database(LINE, tmp_path / "users.db", clock)
        database.open()
        yield database
        database.close()

    @pytest.fixture
    def store(self, database: Opened) -> SqlUserStore:
        return SqlUserStore(database)

    @pytest.fixture
    def down(self, database: Opened) -> Any:
        async def close() -> None:
            database.close()

        return close
