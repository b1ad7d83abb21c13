"""Orders as reconciliation reads them: by pages, beside their money and holds, and what was never told of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import msgspec
from sqlalchemy import BindParameter, MetaData, bindparam, func, literal_column, select

from haat.engines.sql import Statement, Tx
from haat.engines.sql.outgoing import outbox_table
from haat.events.envelope import decode
from haat.events.outbox import Outbox
from haat.orders.adapters.rows import EVENT_COLUMNS, LINE_COLUMNS, ORDER_COLUMNS, event_of, line_of, order_of
from haat.orders.adapters.sql import order_changed, ordered_lines
from haat.orders.adapters.tables import ORDER_EVENT, ORDER_LINE, ORDERS
from haat.orders.messages import OrderChanged
from haat.orders.model import Line

AT_ONCE: Final = 500

_OUTBOX = outbox_table(MetaData())
_IDS: Final[BindParameter[str]] = bindparam("ids", expanding=True)
_HEAD = (ORDERS.c.id, ORDERS.c.state, ORDERS.c.reason, ORDERS.c.total_minor, ORDERS.c.method)
_PAGE: Final = Statement(
    select(*_HEAD).where(ORDERS.c.id > bindparam("after")).order_by(ORDERS.c.id).limit(bindparam("most"))
)
_HEADS: Final = Statement(select(*_HEAD).where(ORDERS.c.id.in_(_IDS)))
_OVERDUE: Final = Statement(
    select(ORDERS.c.id, ORDERS.c.expires_ms)
    .where(ORDERS.c.state == literal_column("'CREATED'"), ORDERS.c.expires_ms < bindparam("before_ms"))
    .order_by(ORDERS.c.expires_ms)
    .limit(bindparam("most"))
)
_STEPS = (
    select(ORDER_EVENT.c.order_id, func.count().label("steps"))
    .where(ORDER_EVENT.c.at_ms >= bindparam("from_ms"))
    .group_by(ORDER_EVENT.c.order_id)
    .subquery("history")
)
_OF_ORDERS = _OUTBOX.c.topic == literal_column(f"'{OrderChanged.topic}'")
_EVENTS = (
    select(_OUTBOX.c.key, func.count().label("events"))
    .where(_OF_ORDERS, _OUTBOX.c.created_ms >= bindparam("from_ms"))
    .group_by(_OUTBOX.c.key)
    .subquery("told")
)
_UNTOLD: Final = Statement(
    select(_STEPS.c.order_id)
    .outerjoin(_EVENTS, _EVENTS.c.key == _STEPS.c.order_id)
    .where(func.coalesce(_EVENTS.c.events, 0) < _STEPS.c.steps)
    .order_by(_STEPS.c.order_id)
)
_TOLD_OF: Final = Statement(select(_OUTBOX.c.key, _OUTBOX.c.value).where(_OF_ORDERS, _OUTBOX.c.key.in_(_IDS)))
_STEPS_OF: Final = Statement(
    select(ORDER_EVENT.c.order_id, ORDER_EVENT.c.seq)
    .where(ORDER_EVENT.c.order_id.in_(_IDS), ORDER_EVENT.c.at_ms >= bindparam("from_ms"))
    .order_by(ORDER_EVENT.c.order_id, ORDER_EVENT.c.seq)
)
_ORDERS_OF: Final = Statement(select(*ORDER_COLUMNS).where(ORDERS.c.id.in_(_IDS)))
_LINES_OF: Final = Statement(
    select(*LINE_COLUMNS).where(ORDER_LINE.c.order_id.in_(_IDS)).order_by(ORDER_LINE.c.order_id, ORDER_LINE.c.line)
)
_EVENTS_OF: Final = Statement(
    select(*EVENT_COLUMNS).where(ORDER_EVENT.c.order_id.in_(_IDS)).order_by(ORDER_EVENT.c.order_id, ORDER_EVENT.c.seq)
)


class Head(NamedTuple):
    """An order as reconciliation sees it."""

    id: str
    state: str
    reason: str
    total_minor: int
    method: str


class _Step(msgspec.Struct):
    """Of an event, what says which step it tells."""

    seq: int


@dataclass(frozen=True, slots=True)
class SqlOrderBooks:
    """haat.payments.books.OrderBooks on the orders database."""

    outbox: Outbox

    def page(self, tx: Tx, after: str, most: int) -> Sequence[Head]:
        """See OrderBooks."""
        return [Head(*row) for row in _PAGE.all(tx, {"after": after, "most": most})]

    def heads(self, tx: Tx, order_ids: Sequence[str]) -> Mapping[str, Head]:
        """See OrderBooks."""
        return {row[0]: Head(*row) for row in _HEADS.all(tx, {"ids": list(order_ids)})} if order_ids else {}

    def overdue(self, tx: Tx, before_ms: int, most: int) -> Sequence[tuple[str, int]]:
        """See OrderBooks."""
        return [(row[0], row[1]) for row in _OVERDUE.all(tx, {"before_ms": before_ms, "most": most})]

    def untold(self, tx: Tx, from_ms: int) -> Sequence[tuple[str, int]]:
        """See OrderBooks."""
        short = [row[0] for row in _UNTOLD.all(tx, {"from_ms": from_ms})]
        steps: list[tuple[str, int]] = []
        for first in range(0, len(short), AT_ONCE):
            asked = {"ids": short[first : first + AT_ONCE], "from_ms": from_ms}
            told = {(row[0], decode(row[1]).read(_Step).seq) for row in _TOLD_OF.all(tx, asked)}
            steps += [(row[0], row[1]) for row in _STEPS_OF.all(tx, asked) if (row[0], row[1]) not in told]
        return steps

    def tell_again(self, tx: Tx, steps: Sequence[tuple[str, int]]) -> int:
        """See OrderBooks. The event says the order's total and lines as they are, which never change."""
        wanted = set(steps)
        asked = {"ids": sorted({order_id for order_id, _ in steps})}
        if not wanted:
            return 0
        orders = {row[0]: order_of(row) for row in _ORDERS_OF.all(tx, asked)}
        lines: dict[str, list[Line]] = {}
        for row in _LINES_OF.all(tx, asked):
            lines.setdefault(row[0], []).append(line_of(row))
        messages = []
        for row in _EVENTS_OF.all(tx, asked):
            event, order = event_of(row), orders.get(row[0])
            if order is not None and (row[0], event.seq) in wanted:
                messages.append((row[0], order_changed(order, event, ordered_lines(lines.get(row[0], [])))))
        self.outbox.add(tx, messages)
        return len(messages)
