"""Orders, their lines and parts, and the states they pass through."""

import datetime
from collections.abc import Mapping, Sequence
from typing import Final, Literal

import msgspec

from haat.errors import Conflict, NotFound
from haat.vocabulary import ShippingClass

State = Literal["CREATED", "PLACED", "PACKED", "SHIPPED", "DELIVERED", "CANCELLED"]
Reason = Literal["", "payment_failed", "expired", "by_customer", "by_seller", "by_operator", "lost"]
Method = Literal["cod", "upi", "card", "netbanking"]
OnLatePayment = Literal["refund", "reorder"]

EDGES: Final[Mapping[State | None, tuple[State, ...]]] = {
    None: ("CREATED",),
    "CREATED": ("PLACED", "CANCELLED"),
    "PLACED": ("PACKED", "CANCELLED"),
    "PACKED": ("SHIPPED", "CANCELLED"),
    "SHIPPED": ("DELIVERED", "CANCELLED"),
    "DELIVERED": (),
    "CANCELLED": (),
}
"""The one table of states. The database holds the same (order_edge) and refuses an event on any other edge."""

HOLD_MS: Final = 15 * 60_000
"""How long an unpaid order keeps its units."""
GRACE_MS: Final = 10 * 60_000
"""The one extension of an order whose payment is still under way at the gateway when it expires."""
AGAIN: Final = "again:"
"""How the checkout id of an order begins that was made for a late payment; clients' ids have no colon."""
MAX_LINES: Final = 50
MAX_UNITS_PER_LINE: Final = 10
MAX_HELD_PER_SKU: Final = 10  # open units of one sku that one buyer may keep from others without paying


class Address(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where it goes and whom to call. City and state follow from the PIN code."""

    name: str
    phone: str
    line1: str
    pincode: str
    line2: str = ""
    email: str = ""
    city: str = ""
    state: str = ""


class Wanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One line as a buyer asks for it."""

    sku: str
    quantity: int


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One line of an order or quote, with everything as it was at that moment. Amounts include tax."""

    line: int
    sku: str
    item_id: str
    seller: str
    title: str
    picture: str
    units: int
    price_minor: int
    total_minor: int
    tax_class: str
    tax_bp: int
    tax_minor: int
    offer_version: int


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """Units of one line that come from one stock row."""

    part: int
    line: int
    sku: str
    item_id: str
    warehouse: str
    bucket: int = 0
    units: int
    offer_version: int
    promised_on: datetime.date


class Shipment(msgspec.Struct, frozen=True, kw_only=True):
    """What travels together: the parts of one warehouse that arrive on one day."""

    number: int
    warehouse: str
    promised_on: datetime.date
    parts: Sequence[int]  # numbers of parts


class Totals(msgspec.Struct, frozen=True, kw_only=True):
    """The sums of an order, in the currency's smallest unit. total = items - discount + shipping; tax is inside."""

    currency: str
    items_minor: int
    discount_minor: int
    shipping_minor: int
    tax_minor: int
    total_minor: int


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """What the order row keeps as JSON."""

    address: Address
    parts: Sequence[Part]
    shipments: Sequence[Shipment]
    payment_id: str = ""  # of the first attempt, so that the same checkout again gets the same answer
    shipping_classes: Mapping[str, ShippingClass] = {}  # sku → class, where it is not standard
    cart: bool = False  # it was made of what lay in the buyer's cart


class Event(msgspec.Struct, frozen=True):
    """One change of an order's state."""

    seq: int
    before: State | None
    after: State
    reason: Reason
    actor: str
    at_ms: int


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """An order at rest."""

    id: str
    number: str
    owner: str
    checkout_id: str
    state: State
    reason: Reason
    version: int
    totals: Totals
    method: Method
    on_late_payment: OnLatePayment
    pincode: str
    created_ms: int
    expires_ms: int
    extended: bool
    changed_ms: int
    replaces: str | None
    snapshot: Snapshot
    lines: Sequence[Line] = ()
    events: Sequence[Event] = ()


class NoSuchOrder(NotFound):
    """There is no such order, or it is somebody else's: both look the same."""

    code, title = "no-such-order", "There is no such order"


class OrderChanged(Conflict):
    """The order is in a state that does not allow this. Nothing was changed."""

    code, title = "order-state", "The order has moved on"


class QuoteChanged(Conflict):
    """Price, promise or availability got worse since the buyer saw them. `quote` in the problem is the new one."""

    code, title = "quote-changed", "Something changed since you looked"


class NotAvailable(QuoteChanged):
    """A line cannot be had as it was asked for: sold out, too few, or not delivered there. `lines` says which and why,
    `quote` how everything stands. Nothing was changed.
    """

    code, title = "not-available", "Not everything can be had"


class CartMoved(Conflict):
    """The cart is not the one this checkout was begun with. Nothing was changed."""

    code, title = "cart-moved", "Your cart has changed"
