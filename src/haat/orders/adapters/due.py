"""Which unpaid orders are due, by the database's own time."""

from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy import bindparam, literal_column, select

from haat.engines.sql import Database, Statement, Tx
from haat.orders.adapters.tables import ORDERS

_CREATED = ORDERS.c.state == literal_column("'CREATED'")
_DUE: Final = Statement(
    select(ORDERS.c.id)
    .where(_CREATED, ORDERS.c.expires_ms <= bindparam("now_ms"))
    .order_by(ORDERS.c.expires_ms)
    .limit(bindparam("most"))
)
_UNPAID: Final = Statement(
    select(ORDERS.c.id, ORDERS.c.expires_ms).where(ORDERS.c.id.in_(bindparam("ids", expanding=True)), _CREATED)
)


class SqlDueOrders:
    """DueOrders on the orders database."""

    __slots__ = ("_database",)

    def __init__(self, database: Database) -> None:
        self._database = database

    async def due(self, limit: int) -> Sequence[str]:
        """See DueOrders."""

        def due_orders(tx: Tx) -> list[str]:
            return [row[0] for row in _DUE.all(tx, {"now_ms": tx.now_ms, "most": limit})]

        return await self._database.read(due_orders)

    async def unpaid(self, order_ids: Sequence[str]) -> tuple[int, Mapping[str, int]]:
        """See DueOrders."""

        def unpaid_orders(tx: Tx) -> tuple[int, dict[str, int]]:
            return tx.now_ms, dict[str, int](_UNPAID.all(tx, {"ids": list(order_ids)}))

        return await self._database.read(unpaid_orders, brief=True)
