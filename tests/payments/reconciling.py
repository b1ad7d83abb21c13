"""A shop with reconciliation on it, as the composition joins them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from haat.engines.kv.memory import MemoryKv
from haat.engines.system import SeededIds
from haat.events.outbox import Outbox
from haat.inventory.adapters.audit import SqlStockBooks
from haat.orders.adapters.audit import SqlOrderBooks
from haat.orders.adapters.view import SqlOrdersView
from haat.orders.sweep import Sweeper
from haat.payments.adapters.audit import SqlMoneyBooks
from haat.payments.adapters.breaks import SqlBreaks
from haat.payments.breaks import LookAtBreaks
from haat.payments.reconcile import Reconcile
from haat.payments.reconcile_gateway import GatewayAudit
from haat.payments.reconcile_shop import Rooms, ShopAudit
from tests.conftest import ManualClock
from tests.payments.shop import Shop, open_shop


class Reconciled:
    """The use cases on a shop."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        database, ids = shop.database, shop.ids
        self.breaks = SqlBreaks()
        self.sweeper = Sweeper(
            database, MemoryKv(shop.clock), shop.expire_order, SqlOrdersView(database), holder="tests", clock=shop.clock
        )
        rooms = Rooms(
            SqlOrderBooks(Outbox("haat/orders", ids)),
            SqlStockBooks(Outbox("haat/inventory", ids)),
            shop.holds,
            shop.orders,
            shop.payments,
            self.sweeper.step,
        )
        money = SqlMoneyBooks()
        self.run = Reconcile(
            database,
            self.breaks,
            self.breaks,
            {"fakepay": shop.breaker},
            GatewayAudit(database, money, shop.apply, shop.send),
            ShopAudit(database, money, rooms, shop.apply, shop.send, shop.handle),
        )
        self.look = LookAtBreaks(database, self.breaks)


@asynccontextmanager
async def reconciled(folder: Path, clock: ManualClock, ids: SeededIds) -> AsyncIterator[Reconciled]:
    async with open_shop(folder, clock, ids) as shop:
        yield Reconciled(shop)
