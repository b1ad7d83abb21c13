"""Holds on SQL."""

from pathlib import Path
from typing import Any

import pytest

from haat.engines.sql import Database
from haat.engines.sql.outgoing import SqlOutgoing
from haat.engines.system import SeededIds
from haat.events.envelope import Event, decode
from haat.events.outbox import Outbox
from haat.inventory.adapters.drift import stock_drift
from haat.inventory.adapters.holds import SqlHolds
from haat.inventory.adapters.sql import SqlOfferStore
from haat.inventory.ports import OfferStore
from haat.orders.ports import Holds
from haat.shop import LINES
from tests.contracts.holds import At, Counts, HoldsContract, HoldsRig
from tests.contracts.rigs import Rigs
from tests.contracts.sql_rigs import SqlRig, opened
from tests.sql import asked

_COUNTS = "SELECT sku, warehouse, SUM(on_hand), SUM(held) FROM stock GROUP BY sku, warehouse"
_MOVED = (
    "SELECT sku, warehouse, SUM(d_on_hand), SUM(d_held) FROM movement GROUP BY sku, warehouse"
    " HAVING SUM(d_on_hand) <> 0 OR SUM(d_held) <> 0"
)
_OPEN = "SELECT sku, warehouse, SUM(units) FROM hold WHERE state IN ('held', 'committed') GROUP BY sku, warehouse"
_BUCKETS = (
    "SELECT bucket, on_hand, held FROM stock WHERE sku = ? AND warehouse ="
    " (SELECT MIN(warehouse) FROM stock WHERE sku = ?) ORDER BY bucket"
)
_OF_ORDER = "SELECT reference, sku, warehouse, d_on_hand, d_held FROM movement WHERE reference LIKE ? ORDER BY id"


class SqlHoldsRig(SqlRig):
    def __init__(self, folder: Path) -> None:
        super().__init__(folder, LINES["orders"])
        self.ids = SeededIds(7, self.clock)
        self._use(self.file)

    def _use(self, file: Database) -> None:
        outbox = Outbox("haat/inventory", self.ids)
        self.database: Database = file
        self.store: OfferStore = SqlOfferStore(file, outbox)
        self.outgoing = SqlOutgoing(file)
        self.holds: Holds = SqlHolds(outbox)

    async def restarted(self) -> None:
        self._use(await self.found_database())

    async def rows(self, query: str, *values: object) -> list[Any]:
        return await self.database.read(asked(query, *values))

    async def counts(self) -> Counts:
        return {(row[0], row[1]): (row[2], row[3]) for row in await self.rows(_COUNTS)}

    async def of_movements(self) -> Counts:
        return {(row[0], row[1]): (row[2], row[3]) for row in await self.rows(_MOVED)}

    async def of_holds(self) -> dict[At, int]:
        return {(row[0], row[1]): row[2] for row in await self.rows(_OPEN)}

    async def buckets(self, sku: str) -> list[tuple[int, int, int]]:
        return [tuple(row) for row in await self.rows(_BUCKETS, sku, sku)]

    async def movements(self, order_id: str) -> list[tuple[str, str, str, int, int]]:
        return await self.rows(_OF_ORDER, f"{order_id}:%")

    async def events(self) -> list[Event]:
        return [decode(row.value) for row in await self.outgoing.unsent(1000)]

    async def drift(self) -> list[Any]:
        return list(await self.database.read(stock_drift))


class TestSqlHolds(HoldsContract):
    @pytest.fixture
    def rigs(self) -> Rigs[HoldsRig]:
        return lambda: opened(SqlHoldsRig)
