"""Orders as rows and back."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import Column

from haat.engines.sql import Row
from haat.orders.adapters.tables import ORDER_EVENT, ORDER_LINE, ORDERS
from haat.orders.model import Event, Line, Order, Snapshot, Totals

ORDER_COLUMNS: Final[Sequence[Column[Any]]] = tuple(ORDERS.c)
LINE_COLUMNS: Final[Sequence[Column[Any]]] = tuple(ORDER_LINE.c)
EVENT_COLUMNS: Final[Sequence[Column[Any]]] = tuple(column for column in ORDER_EVENT.c if column.name != "epoch")

_ENCODER: Final = msgspec.json.Encoder()
_SNAPSHOTS: Final = msgspec.json.Decoder(Snapshot)


def order_row(order: Order) -> dict[str, object]:
    """The row of an order."""
    totals = order.totals
    return {
        "id": order.id,
        "number": order.number,
        "owner": order.owner,
        "checkout_id": order.checkout_id,
        "state": order.state,
        "reason": order.reason,
        "version": order.version,
        "currency": totals.currency,
        "items_minor": totals.items_minor,
        "discount_minor": totals.discount_minor,
        "shipping_minor": totals.shipping_minor,
        "tax_minor": totals.tax_minor,
        "total_minor": totals.total_minor,
        "method": order.method,
        "on_late_payment": order.on_late_payment,
        "pincode": order.pincode,
        "created_ms": order.created_ms,
        "expires_ms": order.expires_ms,
        "extended": int(order.extended),
        "changed_ms": order.changed_ms,
        "replaces": order.replaces,
        "snapshot": _ENCODER.encode(order.snapshot),
    }


def line_row(order_id: str, line: Line) -> dict[str, object]:
    """The row of a line."""
    return {"order_id": order_id, **msgspec.structs.asdict(line)}


def order_of(row: Row, lines: Sequence[Line] = (), events: Sequence[Event] = ()) -> Order:
    """The order of a row of ORDER_COLUMNS."""
    named: dict[str, Any] = dict(zip(ORDERS.c.keys(), row, strict=True))
    totals = Totals(**{name: named.pop(name) for name in Totals.__struct_fields__})
    named["extended"] = bool(named["extended"])
    named["snapshot"] = _SNAPSHOTS.decode(named["snapshot"])
    return Order(totals=totals, lines=lines, events=events, **named)


def line_of(row: Row) -> Line:
    """The line of a row of LINE_COLUMNS."""
    named: dict[str, Any] = dict(zip(ORDER_LINE.c.keys(), row, strict=True))
    del named["order_id"]
    return Line(**named)


def event_of(row: Row) -> Event:
    """The event of a row of EVENT_COLUMNS."""
    return Event(*row[1:])
