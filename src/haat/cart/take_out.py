"""Take out of carts what was ordered."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from haat.cart.model import Cart, CartLine, Step
from haat.cart.ports import CartStore, Decide
from haat.vocabulary import Ids


class Ordered(msgspec.Struct, frozen=True):
    """What somebody ordered, and when."""

    order_id: str
    owner: str
    lines: Sequence[tuple[str, int]]  # sku, units
    at_ms: int


@dataclass(frozen=True, slots=True)
class TakeOut:
    """Subtracts ordered units from lines that were in the cart by then, and gives the cart a new checkout id.

    Done once for an order, whoever says it: the checkout at once, and `orders` again later.
    """

    store: CartStore
    ids: Ids

    async def __call__(self, orders: Sequence[Ordered]) -> None:
        """Raises: Unavailable. Cost: nine statements for any number of orders."""
        checkout_ids = [self.ids.new("chk") for _ in orders]

        def decide_for(marks: Collection[str]) -> Decide:
            def decide(carts: Mapping[str, Cart], now_ms: int) -> Sequence[Step]:
                now, steps = dict(carts), []
                left = set(marks)
                for ordered, checkout_id in zip(orders, checkout_ids, strict=True):
                    cart = now.get(ordered.owner)
                    if ordered.order_id in left and cart is not None:
                        step = _without(cart, ordered, checkout_id, now_ms)
                        now[ordered.owner] = step.after
                        steps.append(step)
                    left.discard(ordered.order_id)
                return steps

            return decide

        marks = [ordered.order_id for ordered in orders]
        await self.store.change_once(marks, [ordered.owner for ordered in orders], decide_for)


def _without(cart: Cart, ordered: Ordered, checkout_id: str, now_ms: int) -> Step:
    """The cart without what was ordered. What was put in after the order stays."""
    wanted: dict[str, int] = {}
    for sku, units in ordered.lines:
        wanted[sku] = wanted.get(sku, 0) + units
    lines: list[CartLine] = []
    taken = 0
    for line in cart.lines:
        off = min(line.units, wanted.get(line.sku, 0)) if line.added_ms <= ordered.at_ms else 0
        taken += off
        if off < line.units:
            lines.append(msgspec.structs.replace(line, units=line.units - off))
    return Step(cart.changed(lines, now_ms, checkout_id=checkout_id), "ordered", taken)
