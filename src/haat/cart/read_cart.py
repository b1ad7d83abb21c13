"""Look into a cart: every price, date, problem and sum as it is at this moment, none of it stored."""

from dataclasses import dataclass

from haat.cart.model import MAX_LINES, Cart, Wanted
from haat.cart.ports import AskQuote, CartStore, FactsOf
from haat.cart.view import CartView, unpriced_view_of, view_of
from haat.errors import Unavailable
from haat.vocabulary import pincode


@dataclass(frozen=True, slots=True)
class ReadCart:
    """Reads a cart and asks what it costs and when it comes. Writes nothing, so looking makes no cart."""

    store: CartStore
    ask_quote: AskQuote
    facts_of: FactsOf
    currency: str

    async def __call__(self, owner: str, pin: str = "") -> CartView:
        """The view. `owner` "" is nobody; without `pin` the PIN code last used with the cart counts.

        Raises: Invalid for what is not a PIN code; Unavailable without the carts' own store. When nobody can say what
        lines cost now, they are shown without prices, and nothing can be ordered.
        Cost: a brief read and a quote; a second quote when some lines cannot be had, so that sums and parcels are of
        those that can.
        """
        if pin:
            pincode(pin, "pincode")
        cart = (await self.store.carts([owner])).get(owner) if owner else None
        at = pin or (cart.pincode if cart else "")
        wanted = [Wanted(line.sku, line.units) for line in cart.lines[:MAX_LINES]] if cart else []
        if not wanted:
            return view_of(cart, None, None, at, self.currency)
        try:
            whole = await self.ask_quote(wanted, at or None)
        except Unavailable:
            return await self._unpriced(cart, at)
        bad = {line.sku for line in whole.lines if line.problem}
        rest = [line for line in wanted if line.sku not in bad]
        if len(rest) == len(wanted):
            return view_of(cart, whole, whole, at, self.currency)
        return view_of(cart, whole, await self.ask_quote(rest, at or None) if rest else None, at, self.currency)

    async def _unpriced(self, cart: Cart | None, at: str) -> CartView:
        items = {line.sku: line.item_id for line in cart.lines} if cart else {}
        try:
            facts = await self.facts_of(items)
        except Unavailable:
            facts = {}
        return unpriced_view_of(cart, facts, at, self.currency)
