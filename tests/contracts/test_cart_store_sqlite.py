"""CartStore on SQLite."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import TypeVar

import pytest

from haat.cart.adapters.sql import SqlCartStore
from haat.cart.adapters.tables import LINE
from haat.cart.messages import CartChanged
from haat.cart.ports import CartStore
from haat.engines.sql.ports import Tx, Unit
from haat.engines.sql.sqlite import SqliteDatabase
from haat.engines.system import SeededIds
from haat.events.envelope import decode
from haat.events.outbox import Outbox
from tests.contracts.cart_store import CartStoreContract, CartStoreRig
from tests.contracts.embedded import SqliteRig, opened
from tests.contracts.rigs import Rigs

T = TypeVar("T")


class CountingDatabase:
    """Remembers how many statements each writing unit ran, its outgoing rows with it."""

    def __init__(self, of: SqliteDatabase) -> None:
        self.of = of
        self.counts: list[int] = []

    async def transact(self, unit: Unit[T]) -> T:
        seen: list[Tx] = []

        def counted(tx: Tx) -> T:
            seen.append(tx)
            return unit(tx)

        answer = await self.of.transact(counted)
        self.counts.append(seen[0].statements)
        return answer

    async def read(self, unit: Unit[T], *, brief: bool = False) -> T:
        return await self.of.read(unit, brief=brief)

    async def ping(self) -> None:
        await self.of.ping()

    def on_outgoing(self, wake: Callable[[], None]) -> None:
        self.of.on_outgoing(wake)


class SqliteCartRig(SqliteRig):
    def __init__(self, folder: Path) -> None:
        super().__init__(folder, LINE)
        self.counting = CountingDatabase(self.file)
        self.sql = SqlCartStore(self.counting, Outbox("haat/cart", SeededIds(7, self.clock)))
        self.store: CartStore = self.sql

    async def events(self) -> list[CartChanged]:
        rows = await self.sql.unsent(1000)
        assert all(row.topic == "carts" for row in rows)
        events = [decode(row.value).read(CartChanged) for row in rows]
        assert [event.owner for event in events] == [row.key for row in rows]
        return events

    async def statements(self) -> list[int]:
        counts, self.counting.counts = self.counting.counts, []
        return counts

    async def found(self) -> CartStore:
        return SqlCartStore(await self.found_database(), Outbox("haat/cart", SeededIds(8, self.clock)))


class TestSqliteCartStore(CartStoreContract):
    @pytest.fixture
    def rigs(self) -> Rigs[CartStoreRig]:
        def rigs() -> AbstractAsyncContextManager[CartStoreRig]:
            return opened(SqliteCartRig)

        return rigs
