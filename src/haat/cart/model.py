"""A cart and its lines, and what one change makes of them. Pure: the store makes each change atomic."""

from collections.abc import Sequence
from typing import Final, Literal, NamedTuple

import msgspec

from haat.errors import Conflict, NotFound, Stale

Change = Literal["put", "removed", "merged", "ordered"]

MAX_UNITS: Final = 10
"""Units of one line; as many as an order takes."""
MAX_LINES: Final = 50
"""Lines that can be put into a cart; as many as an order takes. A merge may lead to more: it loses nothing."""


class Wanted(msgspec.Struct, frozen=True, gc=False):
    """One line as an order or a quote is asked for it."""

    sku: str
    quantity: int


class CartLine(msgspec.Struct, frozen=True, gc=False):
    """Units of one sku, and what one cost when it was put in."""

    sku: str
    item_id: str
    units: int
    seen_price_minor: int
    added_ms: int


class Cart(msgspec.Struct, frozen=True, kw_only=True):
    """A cart at rest. `checkout_id` names the order that will be made of it: a new one after each order."""

    owner: str
    checkout_id: str
    version: int
    pincode: str
    created_ms: int
    changed_ms: int
    lines: tuple[CartLine, ...] = ()  # the oldest first

    def line(self, sku: str) -> CartLine | None:
        """The line of a sku, or None."""
        return next((line for line in self.lines if line.sku == sku), None)

    def changed(self, lines: Sequence[CartLine], now_ms: int, *, pincode: str = "", checkout_id: str = "") -> "Cart":
        """The next version, with these lines."""
        ordered = tuple(sorted(lines, key=lambda line: (line.added_ms, line.sku)))
        return msgspec.structs.replace(
            self,
            lines=ordered,
            version=self.version + 1,
            changed_ms=now_ms,
            pincode=pincode or self.pincode,
            checkout_id=checkout_id or self.checkout_id,
        )


def new_cart(owner: str, checkout_id: str, now_ms: int) -> Cart:
    """A cart before its first change."""
    return Cart(owner=owner, checkout_id=checkout_id, version=0, pincode="", created_ms=now_ms, changed_ms=now_ms)


class Step(NamedTuple):
    """One change of one cart, with what its event says."""

    after: Cart
    change: Change
    units: int
    sku: str | None = None  # None: several
    item_id: str | None = None
    other: str = ""  # the other cart of a merge


def removed(cart: Cart, sku: str, now_ms: int, pincode: str = "") -> Sequence[Step]:
    """The step that takes a line out; none if there is no such line."""
    line = cart.line(sku)
    if line is None:
        return ()
    lines = [other for other in cart.lines if other.sku != sku]
    return (Step(cart.changed(lines, now_ms, pincode=pincode), "removed", line.units, sku, line.item_id),)


class Basket(NamedTuple):
    """What an order is made of."""

    checkout_id: str
    version: int
    lines: Sequence[Wanted]


class UnknownSku(NotFound):
    """Nothing is offered under this sku. Nothing was changed."""

    code, title = "unknown-sku", "There is no such sku"


class NotSold(Conflict):
    """The sku is known, but not sold at the moment, so it was not put into the cart."""

    code, title = "not-sold", "This is not sold at the moment"


class CartFull(Conflict):
    """The cart has as many lines as one may have. Nothing was changed."""

    code, title = "cart-full", "Your cart is full"


class StaleCart(Stale):
    """The cart was changed since it was read, in another tab or by an order. Nothing was changed."""

    code, title = "cart-stale", "Your cart has changed in the meantime"


def check_version(cart: Cart, expects: int | None) -> None:
    """Raises: StaleCart when a version is expected and it is not the cart's."""
    if expects is not None and expects != cart.version:
        raise StaleCart(current=cart.version)
