"""OfferStore on SQLite."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from haat.engines.sql.sqlite import SqliteDatabase
from haat.engines.system import SeededIds
from haat.events.envelope import decode
from haat.events.outbox import Outbox
from haat.inventory.adapters.sql import SqlOfferStore
from haat.inventory.adapters.tables import LINE
from tests.conftest import ManualClock
from tests.contracts.offer_store import OfferStoreContract
from tests.migrated import migrated


class TestSqliteOfferStore(OfferStoreContract):
    @pytest.fixture
    async def database(self, tmp_path: Path, clock: ManualClock) -> AsyncIterator[SqliteDatabase]:
        database = SqliteDatabase(migrated(LINE, tmp_path / "orders.db"), clock)
        database.open()
        yield database
        database.close()

    @pytest.fixture
    def store(self, database: SqliteDatabase, ids: SeededIds) -> SqlOfferStore:
        return SqlOfferStore(database, Outbox("haat/inventory", ids))

    @pytest.fixture
    def ledger(self, database: SqliteDatabase) -> Any:
        async def total(sku: str, warehouse: str) -> int:
            query = "SELECT COALESCE(SUM(d_on_hand), 0) FROM movement WHERE sku = ? AND warehouse = ?"

            def unit(tx: Any) -> int:
                tx.cursor.execute(query, (sku, warehouse))
                return int(tx.cursor.fetchone()[0])

            return await database.read(unit)

        return total

    @pytest.fixture
    def hold(self, database: SqliteDatabase) -> Any:
        async def hold(sku: str, warehouse: str, units: int) -> None:
            update = "UPDATE stock SET held = held + ? WHERE sku = ? AND warehouse = ?"
            await database.transact(lambda tx: tx.cursor.execute(update, (units, sku, warehouse)))

        return hold

    @pytest.fixture
    def events(self, store: SqlOfferStore) -> Any:
        async def types() -> list[str]:
            return [decode(row.value).type for row in await store.unsent(1000)]

        return types

    @pytest.fixture
    def down(self, database: SqliteDatabase) -> Any:
        async def close() -> None:
            database.close()

        return close
