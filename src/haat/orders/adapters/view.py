"""Orders as they are read: one or many, newest first, in two or three statements whatever the page's length."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, bindparam, literal_column, select

from haat.engines.sql import Database, Row, Statement, Tx
from haat.orders.adapters.rows import EVENT_COLUMNS, LINE_COLUMNS, ORDER_COLUMNS, event_of, line_of, order_of
from haat.orders.adapters.tables import ORDER_EVENT, ORDER_LINE, ORDERS
from haat.orders.model import Line, Order

NEWEST: Final = "~"
"""Behind every id: where a list begins."""


def _page(*where: ColumnElement[bool]) -> Statement:
    """Orders older than `before`, newest first."""
    return Statement(
        select(*ORDER_COLUMNS)
        .where(*where, ORDERS.c.id < bindparam("before"))
        .order_by(ORDERS.c.id.desc())
        .limit(bindparam("most"))
    )


_ONE: Final = Statement(select(*ORDER_COLUMNS).where(ORDERS.c.id == bindparam("by_id")))
_LINES_OF_ONE: Final = Statement(
    select(*LINE_COLUMNS).where(ORDER_LINE.c.order_id == bindparam("by_id")).order_by(ORDER_LINE.c.line)
)
_EVENTS_OF_ONE: Final = Statement(
    select(*EVENT_COLUMNS).where(ORDER_EVENT.c.order_id == bindparam("by_id")).order_by(ORDER_EVENT.c.seq)
)
_OF_OWNER: Final = _page(ORDERS.c.owner == bindparam("by_owner"))
_RECENT: Final = _page()
_RECENT_IN_STATE: Final = _page(ORDERS.c.state == bindparam("by_state"))
_IDS_OF_SELLER: Final = Statement(
    select(ORDER_LINE.c.order_id)
    .where(ORDER_LINE.c.seller == bindparam("by_seller"), ORDER_LINE.c.order_id < bindparam("before"))
    .distinct()
    .order_by(ORDER_LINE.c.order_id.desc())
    .limit(bindparam("most"))
)
_MANY: Final = Statement(
    select(*ORDER_COLUMNS).where(ORDERS.c.id.in_(bindparam("ids", expanding=True))).order_by(ORDERS.c.id.desc())
)
_LINES_OF_MANY: Final = Statement(
    select(*LINE_COLUMNS)
    .where(ORDER_LINE.c.order_id.in_(bindparam("ids", expanding=True)))
    .order_by(ORDER_LINE.c.order_id, ORDER_LINE.c.line)
)
_UNPAID_YET = ORDERS.c.state == literal_column("'CREATED'")
_DUE: Final = Statement(
    select(ORDERS.c.id)
    .where(_UNPAID_YET, ORDERS.c.expires_ms <= bindparam("until_ms"))
    .order_by(ORDERS.c.expires_ms)
    .limit(bindparam("most"))
)
_UNPAID: Final = Statement(
    select(ORDERS.c.id, ORDERS.c.expires_ms).where(ORDERS.c.id.in_(bindparam("ids", expanding=True)), _UNPAID_YET)
)


@dataclass(frozen=True, slots=True)
class SqlOrdersView:
    """orders.ports.OrdersView and DueOrders on the orders database."""

    database: Database

    async def order(self, order_id: str) -> Order | None:
        """See OrdersView. Three statements."""

        def read_order(tx: Tx) -> Order | None:
            row = _ONE.first(tx, {"by_id": order_id})
            if row is None:
                return None
            lines = [line_of(line) for line in _LINES_OF_ONE.all(tx, {"by_id": order_id})]
            events = [event_of(event) for event in _EVENTS_OF_ONE.all(tx, {"by_id": order_id})]
            return order_of(row, lines, events)

        return await self.database.read(read_order, brief=True)

    async def of_owner(self, owner: str, before: str, limit: int) -> Sequence[Order]:
        """See OrdersView. Two statements."""
        return await self._listed(_OF_OWNER, {"by_owner": owner, "before": before or NEWEST, "most": limit})

    async def of_seller(self, seller: str, before: str, limit: int) -> Sequence[Order]:
        """See OrdersView. Three statements."""

        def read_orders(tx: Tx) -> list[Order]:
            asked = {"by_seller": seller, "before": before or NEWEST, "most": limit}
            ids = [row[0] for row in _IDS_OF_SELLER.all(tx, asked)]
            rows = _MANY.all(tx, {"ids": ids}) if ids else []
            return _with_lines(tx, rows, seller)

        return await self.database.read(read_orders)

    async def recent(self, state: str, before: str, limit: int) -> Sequence[Order]:
        """See OrdersView. Two statements."""
        asked = {"before": before or NEWEST, "most": limit}
        if state:
            return await self._listed(_RECENT_IN_STATE, {**asked, "by_state": state})
        return await self._listed(_RECENT, asked)

    async def due(self, limit: int) -> Sequence[str]:
        """See DueOrders."""

        def read_due(tx: Tx) -> list[str]:
            return [row[0] for row in _DUE.all(tx, {"until_ms": tx.now_ms, "most": limit})]

        return await self.database.read(read_due)

    async def unpaid(self, order_ids: Sequence[str]) -> tuple[int, Mapping[str, int]]:
        """See DueOrders."""

        def read_unpaid(tx: Tx) -> tuple[int, dict[str, int]]:
            return tx.now_ms, dict(_UNPAID.all(tx, {"ids": list(order_ids)}))

        return await self.database.read(read_unpaid)

    async def _listed(self, page: Statement, asked: dict[str, Any]) -> list[Order]:
        def read_orders(tx: Tx) -> list[Order]:
            return _with_lines(tx, page.all(tx, asked))

        return await self.database.read(read_orders)


def _with_lines(tx: Tx, rows: Sequence[Row], seller: str = "") -> list[Order]:
    """Orders of these rows with their lines, or those of one seller."""
    if not rows:
        return []
    lines: dict[str, list[Line]] = {}
    for row in _LINES_OF_MANY.all(tx, {"ids": [row[0] for row in rows]}):
        line = line_of(row)
        if not seller or line.seller == seller:
            lines.setdefault(row[0], []).append(line)
    return [order_of(row, lines.get(row[0], ())) for row in rows]
