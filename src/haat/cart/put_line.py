"""Put so many units of a sku into a cart."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

from haat.cart.model import (
    MAX_LINES,
    MAX_UNITS,
    Cart,
    CartFull,
    CartLine,
    NotSold,
    Step,
    UnknownSku,
    check_version,
    new_cart,
    removed,
)
from haat.cart.ports import CartStore, Decide, Offer, OffersBySku
from haat.errors import Invalid, Problem
from haat.vocabulary import MAX_SKU_CHARS, Ids, pincode


class _OfferWanted(Exception):
    """The line left the cart since it was read, so the offer has to be asked for after all."""


@dataclass(frozen=True, slots=True)
class PutLine:
    """Sets the units of a line: the same again changes nothing, so a double click or a retry never doubles."""

    store: CartStore
    offers: OffersBySku
    ids: Ids

    async def __call__(
        self, owner: str, sku: str, units: int, *, pin: str = "", expects: int | None = None, at_least: bool = False
    ) -> Cart | None:
        """The cart as it is then, or None if there is none. 0 units remove the line; `pin` is where it is to go.

        `at_least`: a line that has more keeps them, for buttons that add without having seen the cart.

        Raises: Invalid, UnknownSku, NotSold (a new line only), CartFull, StaleCart if `expects` is not the version,
        Unavailable. Cost: a brief read, another for a new line's offer, and a unit of three statements.
        """
        if type(units) is not int or not 0 <= units <= MAX_UNITS:
            detail = f"Give a whole number of units from 0 to {MAX_UNITS}; 0 removes the line."
            raise Invalid(problems=[Problem("#/quantity", detail)])
        if pin:
            pincode(pin, "pincode")
        known = await self.store.carts([owner])
        cart = known.get(owner)
        offer = None
        if units and (cart is None or cart.line(sku) is None):
            offer = await self._offer(sku)
        checkout_id = self.ids.new("chk")

        def decide_with(offer: Offer | None) -> Decide:
            def decide(carts: Mapping[str, Cart], now_ms: int) -> Sequence[Step]:
                cart = carts.get(owner) or new_cart(owner, checkout_id, now_ms)
                check_version(cart, expects)
                return (
                    _put(cart, _Units(sku, units, at_least, offer, pin), now_ms)
                    if units
                    else removed(cart, sku, now_ms, pin)
                )

            return decide

        try:
            carts = await self.store.change([owner], decide_with(offer), known)
        except _OfferWanted:
            carts = await self.store.change([owner], decide_with(await self._offer(sku)))
        return carts.get(owner)

    async def _offer(self, sku: str) -> Offer:
        offer = (await self.offers([sku])).get(sku) if 0 < len(sku) <= MAX_SKU_CHARS else None
        if offer is None:
            raise UnknownSku(sku=sku[:MAX_SKU_CHARS])
        if not offer.active or offer.price_minor is None:
            raise NotSold(sku=sku)
        return offer


@dataclass(frozen=True, slots=True)
class _Units:
    sku: str
    units: int
    at_least: bool
    offer: Offer | None  # asked for when the line is new
    pin: str


def _put(cart: Cart, put: _Units, now_ms: int) -> Sequence[Step]:
    line = cart.line(put.sku)
    if line is None:
        if put.offer is None:
            raise _OfferWanted
        if len(cart.lines) >= MAX_LINES:
            raise CartFull(f"A cart has room for {MAX_LINES} lines. Order or remove some first.", most=MAX_LINES)
        line = CartLine(put.sku, put.offer.item_id, put.units, put.offer.price_minor or 0, now_ms)
    elif line.units == put.units or (put.at_least and line.units > put.units):
        return ()
    else:
        line = msgspec.structs.replace(line, units=put.units)
    lines = [*(other for other in cart.lines if other.sku != put.sku), line]
    return (Step(cart.changed(lines, now_ms, pincode=put.pin), "put", put.units, line.sku, line.item_id),)
