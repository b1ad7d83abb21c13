"""CartStore on SQL."""

from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from haat.cart.adapters.sql import SqlCartStore
from haat.cart.adapters.tables import LINE
from haat.cart.messages import CartChanged
from haat.cart.ports import CartStore
from haat.engines.system import SeededIds
from haat.events.envelope import decode
from haat.events.outbox import Outbox
from tests.contracts.cart_store import CartStoreContract, CartStoreRig
from tests.contracts.counting import CountingDatabase
from tests.contracts.rigs import Rigs
from tests.contracts.sql_rigs import SqlRig, opened


class SqlCartRig(SqlRig):
    def __init__(self, folder: Path) -> None:
        super().__init__(folder, LINE)
        self.counting = CountingDatabase(self.file)
        self.carts = SqlCartStore(self.counting, Outbox("haat/cart", SeededIds(7, self.clock)))
        self.store: CartStore = self.carts

    async def events(self) -> list[CartChanged]:
        rows = await self.carts.unsent(1000)
        assert all(row.topic == "carts" for row in rows)
        events = [decode(row.value).read(CartChanged) for row in rows]
        assert [event.owner for event in events] == [row.key for row in rows]
        return events

    async def statements(self) -> list[int]:
        counts, self.counting.counts = self.counting.counts, []
        return counts

    async def found(self) -> CartStore:
        return SqlCartStore(await self.found_database(), Outbox("haat/cart", SeededIds(8, self.clock)))


class TestSqlCartStore(CartStoreContract):
    @pytest.fixture
    def rigs(self) -> Rigs[CartStoreRig]:
        def rigs() -> AbstractAsyncContextManager[CartStoreRig]:
            return opened(SqlCartRig)

        return rigs
