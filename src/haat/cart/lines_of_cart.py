"""What an order of the cart is made of."""

from dataclasses import dataclass

from haat.cart.model import Basket, Wanted
from haat.cart.ports import CartStore


@dataclass(frozen=True, slots=True)
class LinesOfCart:
    """The cart's lines for an order, with the checkout id that makes it one order however often it is sent."""

    store: CartStore

    async def __call__(self, owner: str) -> Basket:
        """Of an owner without a cart: no checkout id, version 0, no lines. Raises: Unavailable. One brief read."""
        cart = (await self.store.carts([owner])).get(owner)
        if cart is None:
            return Basket("", 0, ())
        return Basket(cart.checkout_id, cart.version, [Wanted(line.sku, line.units) for line in cart.lines])
