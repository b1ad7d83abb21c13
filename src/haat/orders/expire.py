"""An unpaid order's time is over: ask the gateway once more, then give it its grace or let it go."""

from dataclasses import dataclass
from typing import Final, Literal

from haat.engines.sql import Database, Tx
from haat.engines.sql.leases import holds
from haat.orders.model import GRACE_MS, OrderChanged
from haat.orders.ports import AskGateway, Orders

LEASE: Final = "expiry"
"""The lease under whose epoch orders expire."""
ACTOR: Final = "expiry"

Expired = Literal["cancelled", "extended", "not_due", "gone"]


@dataclass(frozen=True, slots=True)
class ExpireOrder:
    """Ends an order that nobody paid in time. `expires_ms` and the database's time decide, whatever the caller says."""

    database: Database
    orders: Orders
    ask: AskGateway

    async def __call__(self, order_id: str, epoch: int) -> Expired:
        """What became of it: `gone` if it was paid or cancelled before, `not_due` if it still has time.

        A payment that is under way, or of which the gateway does not say, gives the order ten minutes more, once.
        The gateway is asked outside any transaction; what happens between its answer and the unit is seen by the unit.
        One commit of at most thirteen statements.

        Raises: LeaseLost, Unavailable, what the parts raise: nothing was changed.
        """
        said = await self.ask(order_id)

        def expire_order(tx: Tx) -> Expired:
            holds(tx, LEASE, epoch)
            order = self.orders.head(tx, order_id)
            if order is None or order.state != "CREATED":
                return "gone"
            if said == "paid":  # then its payment's unit would have placed it: a person must look
                raise OrderChanged("A payment is applied to this order, and it is not placed.", order_id=order_id)
            if order.expires_ms > tx.now_ms:
                return "not_due"
            if said in ("open", "unknown") and self.orders.extend(tx, order_id, tx.now_ms + GRACE_MS):
                return "extended"
            off = self.orders.cancel(tx, order_id, "expired", ACTOR, epoch, from_states=("CREATED",))
            return "cancelled" if off else "gone"

        return await self.database.transact(expire_order)
