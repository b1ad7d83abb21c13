"""An order on its way: packed, shipped, delivered. Each step is taken once; the same step again changes nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from haat.engines.sql import Database, Tx
from haat.orders.cancel import Actor, allowed
from haat.orders.model import OrderChanged, State
from haat.orders.ports import Holds, Orders, Payments

Step = Literal["pack", "ship", "deliver"]

_STEPS: Final[Mapping[Step, tuple[State, State]]] = {
    "pack": ("PLACED", "PACKED"),
    "ship": ("PACKED", "SHIPPED"),
    "deliver": ("SHIPPED", "DELIVERED"),
}


@dataclass(frozen=True, slots=True)
class AdvanceOrder:
    """Takes a whole order one step further."""

    database: Database
    orders: Orders
    holds: Holds
    payments: Payments

    async def __call__(self, order_id: str, step: Step, actor: Actor) -> None:
        """Done; doing the same step again changes nothing. Shipping takes the units out of the warehouse, delivery of
        a cash order collects its money, each in the step's own commit.

        Raises: NoSuchOrder, also for somebody else's; NotYours; OrderChanged when it is not its turn.
        """
        before, after = _STEPS[step]

        def advance_order(tx: Tx) -> None:
            order = allowed(tx, self.orders, order_id, actor)
            if order.state == after:
                return
            if order.state != before:
                detail = f"Only an order that is {before} can be made {after}; this one is {order.state}."
                raise OrderChanged(detail, state=order.state)
            if step == "ship":
                self.holds.consume(tx, order_id)
            if step == "deliver" and order.method == "cod":
                self.payments.collect(tx, order_id)
            if not self.orders.move(tx, order_id, before, after, "", actor=actor.name):
                raise OrderChanged("It changed at the same moment. Look at it again.", state=order.state)

        await self.database.transact(advance_order)
