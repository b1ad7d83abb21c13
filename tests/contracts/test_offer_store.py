"""OfferStore on SQL."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from haat.engines.system import SeededIds
from haat.events.envelope import decode
from haat.events.outbox import Outbox
from haat.inventory.adapters.sql import SqlOfferStore
from haat.shop import LINES
from tests.conftest import ManualClock
from tests.contracts.offer_store import OfferStoreContract
from tests.sql import SQL, Opened, asked


class TestSqlOfferStore(OfferStoreContract):
    @pytest.fixture
    async def database(self, tmp_path: Path, clock: ManualClock) -> AsyncIterator[Opened]:
        database = SQL.database(LINES["orders"], tmp_path / "orders.db", clock)
        database.open()
        yield database
        database.close()

    @pytest.fixture
    def store(self, database: Opened, ids: SeededIds) -> SqlOfferStore:
        return SqlOfferStore(database, Outbox("haat/inventory", ids))

    @pytest.fixture
    def ledger(self, database: Opened) -> Any:
        async def total(sku: str, warehouse: str) -> int:
            query = "SELECT COALESCE(SUM(d_on_hand), 0) FROM movement WHERE sku = ? AND warehouse = ?"
            return int((await database.read(asked(query, sku, warehouse)))[0][0])

        return total

    @pytest.fixture
    def hold(self, database: Opened) -> Any:
        async def hold(sku: str, warehouse: str, units: int) -> None:
            update = "UPDATE stock SET held = held + ? WHERE sku = ? AND warehouse = ?"
            await database.transact(asked(update, units, sku, warehouse))

        return hold

    @pytest.fixture
    def events(self, store: SqlOfferStore) -> Any:
        async def types() -> list[str]:
            return [decode(row.value).type for row in await store.unsent(1000)]

        return types

    @pytest.fixture
    def down(self, database: Opened) -> Any:
        async def close() -> None:
            database.close()

        return close
