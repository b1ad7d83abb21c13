"""Holds on SQLite."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from haat.engines.sql import Database, Tx
from haat.engines.sql.outgoing import SqlOutgoing
from haat.engines.sql.sqlite import SqliteDatabase
from haat.engines.system import SeededIds
from haat.events.envelope import Event, decode
from haat.events.outbox import Outbox
from haat.inventory.adapters.drift import stock_drift
from haat.inventory.adapters.holds import SqlHolds
from haat.inventory.adapters.sql import SqlOfferStore
from haat.inventory.adapters.tables import LINE
from haat.inventory.ports import OfferStore
from haat.orders.ports import Holds
from tests.conftest import ManualClock
from tests.contracts.embedded import template
from tests.contracts.holds import At, Counts, HoldsContract, HoldsRig
from tests.contracts.rigs import Rigs

_COUNTS = "SELECT sku, warehouse, SUM(on_hand), SUM(held) FROM stock GROUP BY sku, warehouse"
_MOVED = (
    "SELECT sku, warehouse, SUM(d_on_hand), SUM(d_held) FROM movement GROUP BY sku, warehouse"
    " HAVING SUM(d_on_hand) <> 0 OR SUM(d_held) <> 0"
)
_OPEN = "SELECT sku, warehouse, SUM(units) FROM hold WHERE state IN ('held', 'committed') GROUP BY sku, warehouse"
_OF_ORDER = "SELECT reference, sku, warehouse, d_on_hand, d_held FROM movement WHERE reference LIKE ? ORDER BY id"


@dataclass
class SqliteHolds:
    database: Database
    store: OfferStore
    holds: Holds
    file: SqliteDatabase
    outbox: SqlOutgoing

    async def rows(self, query: str, *values: object) -> list[Any]:
        def unit(tx: Tx) -> list[Any]:
            tx.cursor.execute(query, values)
            return tx.cursor.fetchall()

        return await self.database.read(unit)

    async def counts(self) -> Counts:
        return {(row[0], row[1]): (row[2], row[3]) for row in await self.rows(_COUNTS)}

    async def of_movements(self) -> Counts:
        return {(row[0], row[1]): (row[2], row[3]) for row in await self.rows(_MOVED)}

    async def of_holds(self) -> dict[At, int]:
        return {(row[0], row[1]): row[2] for row in await self.rows(_OPEN)}

    async def movements(self, order_id: str) -> list[tuple[str, str, str, int, int]]:
        return await self.rows(_OF_ORDER, f"{order_id}:%")

    async def events(self) -> list[Event]:
        return [decode(row.value) for row in await self.outbox.unsent(1000)]

    async def drift(self) -> list[Any]:
        return list(await self.database.read(stock_drift))

    async def down(self) -> None:
        self.file.close()

    async def up(self) -> None:
        self.file.open()


class TestSqliteHolds(HoldsContract):
    @pytest.fixture
    def rigs(self) -> Rigs[HoldsRig]:
        @asynccontextmanager
        async def rigs() -> AsyncIterator[HoldsRig]:
            with TemporaryDirectory() as folder:
                path = Path(folder) / "orders.db"
                path.write_bytes(template(LINE))
                clock = ManualClock()
                database = SqliteDatabase(path, clock)
                database.open()
                outbox = Outbox("haat/inventory", SeededIds(7, clock))
                store = SqlOfferStore(database, outbox)
                yield SqliteHolds(database, store, SqlHolds(outbox), database, store)
                database.close()

        return rigs
