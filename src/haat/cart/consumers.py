"""The cart hears `orders`: what was ordered leaves the cart."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from haat.cart.messages import OrderHint
from haat.cart.take_out import Ordered, TakeOut
from haat.events.envelope import Event


@dataclass(frozen=True, slots=True)
class CartsOfOrders:
    """Takes out what new orders of carts were made of; one that named its lines leaves the cart alone.

    A batch may come twice: an order is taken out once.
    """

    take_out: TakeOut
    name: ClassVar[str] = "cart"
    topics: ClassVar[tuple[str, ...]] = ("orders",)
    gather_s: ClassVar[float] = 0.1  # a batch is two commits, whatever its size

    async def __call__(self, events: Sequence[Event]) -> None:
        """One unit for the batch. Raises: Unavailable."""
        hints = [event.read(OrderHint) for event in events if event.type == "order.changed"]
        orders = [
            Ordered(hint.order_id, hint.owner, [(line.sku, line.units) for line in hint.lines], hint.at_ms)
            for hint in hints
            if hint.before is None and hint.cart
        ]
        if orders:
            await self.take_out(orders)
