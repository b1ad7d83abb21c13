"""FeedStore on SQL."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from haat.engines.sql import Statement
from haat.engines.system import SeededIds
from haat.events.outbox import Outbox
from haat.inbound.adapters.sql import SqlFeeds
from haat.inbound.adapters.tables import LINE, OUTBOX
from tests.conftest import ManualClock
from tests.contracts.feed_store import FeedStoreContract
from tests.sql import SQL, Opened

_KEYS = Statement(OUTBOX.select().order_by(OUTBOX.c.seq))


class TestSqlFeedStore(FeedStoreContract):
    @pytest.fixture
    async def database(self, tmp_path: Path, clock: ManualClock) -> AsyncIterator[Opened]:
        database = SQL.database(LINE, tmp_path / "inbound.db", clock)
        database.open()
        yield database
        database.close()

    @pytest.fixture
    def store(self, database: Opened, ids: SeededIds) -> SqlFeeds:
        return SqlFeeds(database, Outbox("haat/inbound", ids))

    @pytest.fixture
    def events(self, database: Opened) -> Any:
        async def keys() -> list[str]:
            return [row[3] for row in await database.read(_KEYS.all)]

        return keys

    @pytest.fixture
    def advance(self, clock: ManualClock) -> Any:
        return clock.advance

    @pytest.fixture
    def down(self, database: Opened) -> Any:
        async def close() -> None:
            database.close()

        return close
