"""Orders with lines: units of several statements, whose halves can be told from their wholes."""

from sqlalchemy import Column, Integer, MetaData, String, Table, func, insert, select

from haat.engines.sql import Statement
from haat.engines.sql.outgoing import outbox_table

TABLES = MetaData()
OUTBOX = outbox_table(TABLES)
ORDERS = Table("orders", TABLES, Column("id", String(40), primary_key=True), Column("lines", Integer, nullable=False))
LINES = Table(
    "lines",
    TABLES,
    Column("order_id", String(40), primary_key=True),
    Column("line", Integer, primary_key=True, autoincrement=False),
)
ADD_ORDER = Statement(insert(ORDERS), "id", "lines")
ADD_LINE = Statement(insert(LINES), "order_id", "line")
ALL_ORDERS = Statement(select(ORDERS.c.id))
HALF_UNITS = Statement(
    select(ORDERS.c.id)
    .join(LINES, LINES.c.order_id == ORDERS.c.id, isouter=True)
    .group_by(ORDERS.c.id, ORDERS.c.lines)
    .having(func.count(LINES.c.line) != ORDERS.c.lines)
)
LINES_ALONE = Statement(select(LINES.c.order_id).where(LINES.c.order_id.not_in(select(ORDERS.c.id))))
ORDERS_WITHOUT_EVENT = Statement(select(ORDERS.c.id).where(ORDERS.c.id.not_in(select(OUTBOX.c.key))))
EVENTS_WITHOUT_ORDER = Statement(select(OUTBOX.c.key).where(OUTBOX.c.key.not_in(select(ORDERS.c.id))))
