"""Calling an order off: by its buyer before it is packed, by its seller before it leaves, by an operator until it is
delivered. Its units are free again, and what was paid becomes due back, in the same commit.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from haat.engines.sql import Database, Tx
from haat.errors import Conflict
from haat.orders.model import NoSuchOrder, Order, OrderChanged, Reason, State
from haat.orders.ports import Orders

Who = Literal["customer", "seller", "operator"]

_WHEN: Final[Mapping[Who, Sequence[State]]] = {
    "customer": ("CREATED", "PLACED"),
    "seller": ("CREATED", "PLACED", "PACKED"),
    "operator": ("CREATED", "PLACED", "PACKED", "SHIPPED"),
}
_WHY: Final[Mapping[Who, Reason]] = {"customer": "by_customer", "seller": "by_seller", "operator": "by_operator"}


class NotYours(Conflict):
    """The order has lines of other sellers, so that one of them cannot decide over all of it. Nothing was changed."""

    code, title = "lines-of-others", "The order has lines of other sellers"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does it: a buyer by the id that owns the order, a seller by code, an operator by token id."""

    who: Who
    name: str


@dataclass(frozen=True, slots=True)
class CancelOrder:
    """Cancels an order."""

    database: Database
    orders: Orders

    async def __call__(self, order_id: str, actor: Actor) -> None:
        """Cancelled; a second call changes nothing. Up to twelve statements in one commit.

        Raises: NoSuchOrder, also for somebody else's; OrderChanged when it has gone too far; NotYours.
        """

        def cancel_order(tx: Tx) -> None:
            order = allowed(tx, self.orders, order_id, actor)
            reason: Reason = _WHY[actor.who]
            if order.state == "SHIPPED" and actor.who == "operator":
                reason = "lost"
            if order.state == "CANCELLED":
                return
            if not self.orders.cancel(tx, order_id, reason, actor.name, from_states=_WHEN[actor.who]):
                raise OrderChanged(_TOO_LATE[order.state], state=order.state)

        await self.database.transact(cancel_order)


def allowed(tx: Tx, orders: Orders, order_id: str, actor: Actor) -> Order:
    """The order, locked, if the actor may touch all of it. Raises: NoSuchOrder, NotYours."""
    order = orders.head(tx, order_id)
    if order is None:
        raise NoSuchOrder
    if actor.who == "customer" and order.owner != actor.name:
        raise NoSuchOrder
    if actor.who == "seller":
        sellers = orders.sellers(tx, order_id)
        if actor.name not in sellers:
            raise NoSuchOrder
        if len(sellers) > 1:
            raise NotYours("Ask the operator: there are lines of other sellers in it.")
    return order


_TOO_LATE: Final[Mapping[State, str]] = {
    "CREATED": "It changed at the same moment. Look at it again.",
    "PLACED": "It changed at the same moment. Look at it again.",
    "PACKED": "It is packed already and cannot be cancelled here any more.",
    "SHIPPED": "It is on its way already and cannot be cancelled any more.",
    "DELIVERED": "It was delivered and cannot be cancelled any more.",
    "CANCELLED": "It is cancelled.",
}
