"""Look into a cart: every price, date, problem and sum as it is at this moment, none of it stored."""

from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

from haat.cart.model import MAX_LINES, Cart, Wanted
from haat.cart.ports import AskQuote, CartStore, Quote
from haat.cart.view import CartView, view_of
from haat.vocabulary import pincode

Q = TypeVar("Q", bound=Quote)


class Look(NamedTuple, Generic[Q]):
    """A cart and its quote, for pages; no quote when there are no lines."""

    cart: Cart | None
    quote: Q | None
    pincode: str


@dataclass(frozen=True, slots=True)
class ReadCart(Generic[Q]):
    """Reads a cart and asks what it costs and when it comes. Writes nothing, so looking makes no cart."""

    store: CartStore
    ask_quote: AskQuote[Q]
    currency: str

    async def __call__(self, owner: str, pin: str = "") -> CartView:
        """The view. `owner` "" is nobody; without `pin` the PIN code last used with the cart counts.

        Raises: Invalid for what is not a PIN code, Unavailable. Cost: a brief read and a quote.
        """
        cart, quote, at = await self.look(owner, pin)
        return view_of(cart, quote, at, self.currency)

    async def look(self, owner: str, pin: str = "") -> Look[Q]:
        """The cart and its quote as they are, at the same cost."""
        if pin:
            pincode(pin, "pincode")
        cart = (await self.store.carts([owner])).get(owner) if owner else None
        at = pin or (cart.pincode if cart else "")
        if cart is None or not cart.lines:
            return Look(cart, None, at)
        wanted = [Wanted(line.sku, line.units) for line in cart.lines[:MAX_LINES]]
        return Look(cart, await self.ask_quote(wanted, at or None), at)
