"""A cart as its owner sees it."""

import datetime
from collections.abc import Mapping, Sequence
from typing import Final, Literal

import msgspec

from haat.cart.model import Cart, CartLine
from haat.cart.ports import Facts, OptionValue, Quote, QuotedLine, QuotedShipment

WayOut = Literal["fewer", "other_pincode", "save_for_later", "remove"]

OVER_THE_LIMIT: Final = "over_the_limit"
NOT_KNOWN_NOW: Final = "not_known_now"
"""Nobody can say at the moment what it costs and whether it is there. The line is kept."""
_LATER: Final[tuple[WayOut, ...]] = ("save_for_later", "remove")
_WAYS_OUT: Final[Mapping[str, tuple[WayOut, ...]]] = {
    "": (),
    "unknown": ("remove",),
    NOT_KNOWN_NOW: ("remove",),
    "too_few": ("fewer", *_LATER),
    "too_many": ("fewer", *_LATER),
    "not_delivered": ("other_pincode", *_LATER),
    "not_served": ("other_pincode", *_LATER),
}
_WORDS: Final[Mapping[str, str]] = {
    "unknown": "There is no such thing any more.",
    "not_sold": "Its seller does not offer it at the moment.",
    "sold_out": "It is sold out.",
    "too_few": "There are not so many.",
    "too_many": "One order takes fewer of it.",
    "not_delivered": "Not delivered to {pincode}.",
    "not_served": "We do not deliver to {pincode}.",
    NOT_KNOWN_NOW: "Its price cannot be read at the moment. It stays in your cart.",
    OVER_THE_LIMIT: "An order takes no more lines: order the others first.",
}


class CartLineView(msgspec.Struct, frozen=True, kw_only=True):
    """One line, priced and promised now. A line with a problem is not in the totals."""

    sku: str
    item_id: str
    seller: str
    title: str
    options: dict[str, OptionValue]  # what tells it from its item's other variants
    picture: str  # its key; empty when there is none
    quantity: int
    price_minor: int | None
    price_was_minor: int | None  # when it was put in, if that was another price
    currency: str
    total_minor: int
    tax_minor: int
    promised_on: datetime.date | None
    left: int | None  # when only few are left
    problem: str  # empty when it can be had
    detail: str
    ways_out: Sequence[WayOut]


class ParcelUnits(msgspec.Struct, frozen=True):
    """Units of a sku in a parcel."""

    sku: str
    quantity: int


class ParcelView(msgspec.Struct, frozen=True):
    """What arrives together, on one day."""

    number: int
    promised_on: datetime.date
    units: Sequence[ParcelUnits]


class TotalsView(msgspec.Struct, frozen=True, kw_only=True):
    """The sums of what can be had, tax inside."""

    currency: str
    items_minor: int = 0
    discount_minor: int = 0
    shipping_minor: int = 0
    tax_minor: int = 0
    total_minor: int = 0


class CartView(msgspec.Struct, frozen=True, kw_only=True):
    """A cart. `quote` says to an order what its buyer has seen; it is empty when nothing can be ordered."""

    version: int
    checkout_id: str
    pincode: str
    units: int
    lines: Sequence[CartLineView]
    shipments: Sequence[ParcelView]
    totals: TotalsView
    cash_on_delivery: bool
    ok: bool
    quote: str


def view_of(cart: Cart | None, whole: Quote | None, rest: Quote | None, pincode: str, currency: str) -> CartView:
    """The view of a cart. `whole` is the quote of its lines, `rest` that of those that can be had."""
    lines = cart.lines if cart else ()
    quoted = {line.sku: line for quote in (whole, rest) if quote for line in quote.lines}
    totals = rest.totals if rest else TotalsView(currency=currency)
    ok = whole is not None and whole.ok and all(line.sku in quoted for line in lines)
    return CartView(
        version=cart.version if cart else 0,
        checkout_id=cart.checkout_id if cart else "",
        pincode=pincode,
        units=sum(line.units for line in lines),
        lines=[_line(line, quoted.get(line.sku), pincode, currency) for line in lines],
        shipments=[_parcel(shipment) for shipment in rest.shipments] if rest else [],
        totals=TotalsView(
            currency=totals.currency,
            items_minor=totals.items_minor,
            discount_minor=totals.discount_minor,
            shipping_minor=totals.shipping_minor,
            tax_minor=totals.tax_minor,
            total_minor=totals.total_minor,
        ),
        cash_on_delivery=rest.cod if rest else False,
        ok=ok,
        quote=whole.token if whole and ok else "",
    )


def unpriced_view_of(cart: Cart | None, facts: Mapping[str, Facts], pincode: str, currency: str) -> CartView:
    """The view while nobody can say what the lines cost: what lies in it, and that nothing is lost."""
    view = view_of(cart, None, None, pincode, currency)
    lines = cart.lines if cart else ()
    unpriced = [_unpriced(line, facts.get(line.sku), currency, NOT_KNOWN_NOW) for line in lines]
    return msgspec.structs.replace(view, lines=unpriced)


def _parcel(shipment: QuotedShipment) -> ParcelView:
    units = [ParcelUnits(one.sku, one.units) for one in shipment.units]
    return ParcelView(shipment.number, shipment.promised_on, units)


def _line(line: CartLine, quoted: QuotedLine | None, pincode: str, currency: str) -> CartLineView:
    if quoted is None:
        return _unpriced(line, None, currency, OVER_THE_LIMIT)
    price, problem = quoted.price_minor, quoted.problem
    return CartLineView(
        sku=line.sku,
        item_id=line.item_id,
        seller=quoted.seller,
        title=quoted.title,
        options=dict(quoted.options),
        picture=quoted.picture,
        quantity=line.units,
        price_minor=price,
        price_was_minor=line.seen_price_minor if price not in (None, line.seen_price_minor) else None,
        currency=quoted.currency or currency,
        total_minor=quoted.total_minor,
        tax_minor=quoted.tax_minor,
        promised_on=quoted.promised_on,
        left=quoted.left,
        problem=problem,
        detail=quoted.detail or _WORDS.get(problem, "").format(pincode=pincode),
        ways_out=_WAYS_OUT.get(problem, _LATER),
    )


def _unpriced(line: CartLine, facts: Facts | None, currency: str, problem: str) -> CartLineView:
    return CartLineView(
        sku=line.sku, item_id=line.item_id, seller="", title=facts.title if facts else "",
        options=dict(facts.options) if facts else {}, picture=facts.picture if facts else "", quantity=line.units,
        price_minor=None, price_was_minor=None, currency=currency, total_minor=0, tax_minor=0, promised_on=None,
        left=None, problem=problem, detail=_WORDS[problem], ways_out=_WAYS_OUT.get(problem, _LATER),
    )  # fmt: skip
