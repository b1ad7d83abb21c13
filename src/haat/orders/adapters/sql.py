"""Orders in SQL: every transition stands here, and nowhere else is an order's state written.

A unit locks the order's row first, then stock (holds), then payments. `seq` of a history row is the order's version
after the change, so a gap or a second row of one seq is a refused insert, not a wrong history.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import msgspec
from sqlalchemy import bindparam, insert, select, update

from haat.engines.sql import Statement, Tx
from haat.events.outbox import Outbox
from haat.orders.adapters.rows import (
    LINE_COLUMNS,
    ORDER_COLUMNS,
    line_of,
    line_row,
    order_of,
    order_row,
)
from haat.orders.adapters.tables import ORDER_EVENT, ORDER_LINE, ORDERS
from haat.orders.fees import Fees
from haat.orders.messages import OrderChanged, OrderedLine
from haat.orders.model import Event, Line, Order, Reason, State
from haat.orders.ports import Holds, Payments, Serviceability
from haat.orders.reorder import same_again
from haat.orders.tax import Taxes
from haat.vocabulary import Ids

BEFORE_SHIPPING: Final[tuple[State, ...]] = ("CREATED", "PLACED", "PACKED")

_ADD_ORDER: Final = Statement(insert(ORDERS), *ORDERS.c.keys())
_ADD_LINE: Final = Statement(insert(ORDER_LINE), *ORDER_LINE.c.keys())
_ADD_EVENT: Final = Statement(insert(ORDER_EVENT), *ORDER_EVENT.c.keys())
_MOVE: Final = Statement(
    update(ORDERS)
    .where(ORDERS.c.id == bindparam("by_id"), ORDERS.c.state == bindparam("before"))
    .values(
        state=bindparam("after"),
        reason=bindparam("new_reason"),
        version=ORDERS.c.version + 1,
        expires_ms=bindparam("new_expires"),
        changed_ms=bindparam("now_ms"),
    )
)
_OF_ID: Final = select(*ORDER_COLUMNS).where(ORDERS.c.id == bindparam("by_id"))
_HEAD: Final = Statement(_OF_ID.with_for_update())
_GLANCE: Final = Statement(_OF_ID)
_OF_CHECKOUT: Final = Statement(
    select(*ORDER_COLUMNS).where(
        ORDERS.c.owner == bindparam("by_owner"), ORDERS.c.checkout_id == bindparam("by_checkout")
    )
)
_LINES: Final = Statement(
    select(*LINE_COLUMNS).where(ORDER_LINE.c.order_id == bindparam("by_id")).order_by(ORDER_LINE.c.line)
)
_SELLERS: Final = Statement(select(ORDER_LINE.c.seller).where(ORDER_LINE.c.order_id == bindparam("by_id")).distinct())
_EXTEND: Final = Statement(
    update(ORDERS)
    .where(ORDERS.c.id == bindparam("by_id"), ORDERS.c.state == bindparam("created"), ORDERS.c.extended == 0)
    .values(expires_ms=bindparam("until_ms"), extended=1, changed_ms=bindparam("now_ms"))
)


class Facts(msgspec.Struct, frozen=True):
    """What payments look at (haat.payments.ports.OrderFacts)."""

    owner: str
    number: str
    state: str
    total_minor: int
    currency: str
    expires_ms: int


@dataclass(frozen=True, slots=True)
class SqlOrders:
    """orders.ports.Orders and payments.ports.Orders on the orders database."""

    outbox: Outbox
    ids: Ids
    holds: Holds
    payments: Payments
    serviceability: Serviceability
    taxes: Taxes
    fees: Fees

    # ---- rows

    def insert(self, tx: Tx, order: Order) -> None:
        """See Orders."""
        _ADD_ORDER.one(tx, order_row(order))
        _ADD_LINE.many(tx, [line_row(order.id, line) for line in order.lines])
        _ADD_EVENT.many(tx, [_event_row(order.id, event, 0) for event in order.events])
        lines = ordered_lines(order.lines)
        self.outbox.add(tx, [(order.id, order_changed(order, event, lines)) for event in order.events])

    def of_checkout(self, tx: Tx, owner: str, checkout_id: str) -> Order | None:
        """See Orders."""
        row = _OF_CHECKOUT.first(tx, {"by_owner": owner, "by_checkout": checkout_id})
        return order_of(row) if row is not None else None

    def head(self, tx: Tx, order_id: str) -> Order | None:
        """See Orders."""
        row = _HEAD.first(tx, {"by_id": order_id})
        return order_of(row) if row is not None else None

    def sellers(self, tx: Tx, order_id: str) -> frozenset[str]:
        """See Orders."""
        return frozenset(row[0] for row in _SELLERS.all(tx, {"by_id": order_id}))

    # ---- transitions

    def move(
        self, tx: Tx, order_id: str, before: State, after: State, reason: Reason, *, actor: str, epoch: int = 0
    ) -> bool:
        """See Orders."""
        changed = _MOVE.one(
            tx,
            {
                "by_id": order_id,
                "before": before,
                "after": after,
                "new_reason": reason,
                "new_expires": 0,  # only CREATED expires, and nothing leads back to it
                "now_ms": tx.now_ms,
            },
        )
        if not changed:
            return False
        order = self.head(tx, order_id)
        assert order is not None
        event = Event(order.version, before, after, reason, actor, tx.now_ms)
        _ADD_EVENT.one(tx, _event_row(order_id, event, epoch))
        self.outbox.add(tx, [(order_id, order_changed(order, event, ordered_lines(self._lines(tx, order_id))))])
        return True

    def cancel(
        self,
        tx: Tx,
        order_id: str,
        reason: Reason,
        actor: str,
        epoch: int = 0,
        *,
        from_states: Sequence[State] = BEFORE_SHIPPING,
    ) -> bool:
        """See Orders."""
        order = self.head(tx, order_id)
        if order is None or order.state not in from_states:
            return False
        self.holds.release(tx, order_id)
        failed = self.payments.close(tx, order_id)
        if reason == "expired" and failed:
            reason = "payment_failed"
        return self.move(tx, order_id, order.state, "CANCELLED", reason, actor=actor, epoch=epoch)

    def extend(self, tx: Tx, order_id: str, until_ms: int) -> bool:
        """Give an unpaid order its one grace; whether it got it. One statement."""
        row = {"by_id": order_id, "created": "CREATED", "until_ms": until_ms, "now_ms": tx.now_ms}
        return _EXTEND.one(tx, row) == 1

    # ---- for payments

    def facts(self, tx: Tx, order_id: str, *, locked: bool = False) -> Facts | None:
        """See payments.ports.Orders."""
        row = (_HEAD if locked else _GLANCE).first(tx, {"by_id": order_id})
        if row is None:
            return None
        order = order_of(row)
        totals = order.totals
        return Facts(order.owner, order.number, order.state, totals.total_minor, totals.currency, order.expires_ms)

    def pay(
        self, tx: Tx, order_id: str, payment_id: str, amount_minor: int, currency: str
    ) -> Literal["placed", "off", "mismatch"]:
        """See payments.ports.Orders. An order whose time is over but that was not cancelled yet is placed."""
        order = self.head(tx, order_id)
        if order is None or order.state != "CREATED":
            return "off"
        if (amount_minor, currency) != (order.totals.total_minor, order.totals.currency):
            return "mismatch"
        self.holds.commit(tx, order_id)
        return "placed" if self.move(tx, order_id, "CREATED", "PLACED", "", actor=payment_id) else "off"

    def again(self, tx: Tx, order_id: str, payment_id: str, amount_minor: int) -> str | None:
        """See payments.ports.Orders. Seven statements and those of `gather` and
        `take`, when there is a new order.
        """
        order = self.head(tx, order_id)
        if order is None or order.totals.total_minor != amount_minor:
            return None
        order = msgspec.structs.replace(order, lines=self._lines(tx, order_id))
        offers = self.holds.shelf(tx, [line.sku for line in order.lines])
        new = same_again(
            order,
            offers,
            self.serviceability.reach,
            taxes=self.taxes,
            fees=self.fees,
            now_ms=tx.now_ms,
            new_id=self.ids.new("ord"),
            payment_id=payment_id,
        )
        if new is None:
            return None
        self.holds.gather(tx, new.id, new.snapshot.parts, {sku: offer.buckets for sku, offer in offers.items()})
        self.holds.take(tx, new.id, new.owner, new.snapshot.parts, 0, committed=True)
        self.insert(tx, new)
        return new.id

    def _lines(self, tx: Tx, order_id: str) -> list[Line]:
        return [line_of(row) for row in _LINES.all(tx, {"by_id": order_id})]


def _event_row(order_id: str, event: Event, epoch: int) -> dict[str, object]:
    return {
        "order_id": order_id,
        "seq": event.seq,
        "from_state": event.before,
        "to_state": event.after,
        "reason": event.reason,
        "actor": event.actor,
        "epoch": epoch,
        "at_ms": event.at_ms,
    }


def ordered_lines(lines: Sequence[Line]) -> list[OrderedLine]:
    """An order's lines as its events tell them."""
    return [
        OrderedLine(line.sku, line.item_id, line.seller, line.units, line.price_minor, line.total_minor)
        for line in lines
    ]


def order_changed(order: Order, event: Event, lines: Sequence[OrderedLine]) -> OrderChanged:
    """The event of one step of an order."""
    return OrderChanged(
        order_id=order.id,
        number=order.number,
        owner=order.owner,
        seq=event.seq,
        before=event.before,
        after=event.after,
        reason=event.reason,
        method=order.method,
        pincode=order.pincode,
        currency=order.totals.currency,
        total_minor=order.totals.total_minor,
        at_ms=event.at_ms,
        cart=order.snapshot.cart,
        lines=lines,
    )
