"""OrdersView on SQL."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import pytest

from haat.engines.sql import Database, Tx, Unit
from haat.engines.system import SeededIds
from haat.orders.adapters.view import SqlOrdersView
from haat.orders.model import Order
from tests.conftest import ManualClock
from tests.contracts.orders_view import OrdersViewContract, Write
from tests.orders.world import World

T = TypeVar("T")


class CountingReads:
    """A database that counts the statements of its reading units."""

    def __init__(self, of: Database) -> None:
        self._of = of
        self.statements = 0

    async def transact(self, unit: Unit[T]) -> T:
        return await self._of.transact(unit)

    async def read(self, unit: Unit[T], *, brief: bool = False) -> T:
        def counted(tx: Tx) -> T:
            answer = unit(tx)
            self.statements += tx.statements
            return answer

        return await self._of.read(counted, brief=brief)

    async def ping(self) -> None:
        await self._of.ping()

    def on_outgoing(self, wake: Callable[[], None]) -> None:
        self._of.on_outgoing(wake)


class TestSqlOrdersView(OrdersViewContract):
    @pytest.fixture
    async def world(self, tmp_path: Path, clock: ManualClock, ids: SeededIds) -> AsyncIterator[World]:
        world = World(tmp_path / "orders.db", clock, ids)
        world.database.open()
        yield world
        world.database.close()

    @pytest.fixture
    def database(self, world: World) -> CountingReads:
        return CountingReads(world.database)

    @pytest.fixture
    def view(self, database: CountingReads) -> SqlOrdersView:
        return SqlOrdersView(database)

    @pytest.fixture
    def write(self, world: World) -> Write:
        async def write(order: Order) -> None:
            def insert_order(tx: Tx) -> None:
                world.orders.insert(tx, order)

            await world.database.transact(insert_order)

        return write

    @pytest.fixture
    def statements(self, database: CountingReads) -> Callable[[], int]:
        return lambda: database.statements

    @pytest.fixture
    def down(self, world: World) -> Callable[[], Awaitable[None]]:
        async def close() -> None:
            world.database.close()

        return close
