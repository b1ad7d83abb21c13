"""Orders as answers show them: to their buyer, to a seller, to an operator."""

import datetime
from collections.abc import Sequence

import msgspec

from haat.events.envelope import rfc3339
from haat.orders.model import Address, Line, Order, Totals


class LineView(msgspec.Struct, frozen=True, kw_only=True):
    """A line as it was when it was ordered. Amounts include tax."""

    sku: str
    item_id: str
    seller: str
    title: str
    picture: str
    units: int
    price_minor: int
    total_minor: int
    tax_bp: int
    tax_minor: int

    @classmethod
    def of(cls, line: Line) -> "LineView":
        """The view of a line."""
        return cls(**{name: getattr(line, name) for name in cls.__struct_fields__})


class UnitsView(msgspec.Struct, frozen=True):
    """Units of a sku."""

    sku: str
    units: int


class ShipmentView(msgspec.Struct, frozen=True):
    """What arrives together, and the promised day."""

    number: int
    promised_on: datetime.date
    units: Sequence[UnitsView]


class EventView(msgspec.Struct, frozen=True):
    """One step of the order's history."""

    state: str
    reason: str
    at: str


class OrderView(msgspec.Struct, frozen=True, kw_only=True):
    """An order as its buyer sees it. `expires_at`: to be paid until then; null when it does not expire."""

    id: str
    number: str
    state: str
    reason: str
    version: int
    created_at: str
    changed_at: str
    expires_at: str | None
    method: str
    on_late_payment: str
    totals: Totals
    address: Address
    lines: Sequence[LineView]
    shipments: Sequence[ShipmentView]
    events: Sequence[EventView]
    replaces: str | None
    cancellable: bool

    @classmethod
    def of(cls, order: Order) -> "OrderView":
        """The view of an order."""
        parts = {part.part: UnitsView(part.sku, part.units) for part in order.snapshot.parts}
        return cls(
            id=order.id,
            number=order.number,
            state=order.state,
            reason=order.reason,
            version=tag_of(order),
            created_at=rfc3339(order.created_ms),
            changed_at=rfc3339(order.changed_ms),
            expires_at=rfc3339(order.expires_ms) if order.state == "CREATED" else None,
            method=order.method,
            on_late_payment=order.on_late_payment,
            totals=order.totals,
            address=order.snapshot.address,
            lines=[LineView.of(line) for line in order.lines],
            shipments=[
                ShipmentView(shipment.number, shipment.promised_on, [parts[number] for number in shipment.parts])
                for shipment in order.snapshot.shipments
            ],
            events=[EventView(event.after, event.reason, rfc3339(event.at_ms)) for event in order.events],
            replaces=order.replaces,
            cancellable=order.state in ("CREATED", "PLACED"),
        )


class SummaryView(msgspec.Struct, frozen=True, kw_only=True):
    """An order in a list of the buyer's own, or of an operator's."""

    id: str
    number: str
    state: str
    reason: str
    created_at: str
    expires_at: str | None
    method: str
    currency: str
    total_minor: int
    lines: Sequence[LineView]

    @classmethod
    def of(cls, order: Order) -> "SummaryView":
        """The view of an order."""
        return cls(
            id=order.id,
            number=order.number,
            state=order.state,
            reason=order.reason,
            created_at=rfc3339(order.created_ms),
            expires_at=rfc3339(order.expires_ms) if order.state == "CREATED" else None,
            method=order.method,
            currency=order.totals.currency,
            total_minor=order.totals.total_minor,
            lines=[LineView.of(line) for line in order.lines],
        )


class SummaryList(msgspec.Struct, frozen=True):
    """A page of orders, newest first."""

    orders: Sequence[SummaryView]
    next: str | None


class Recipient(msgspec.Struct, frozen=True):
    """Whom a parcel goes to: what its label needs."""

    name: str
    phone: str
    line1: str
    line2: str
    pincode: str
    city: str
    state: str


class PickView(msgspec.Struct, frozen=True):
    """Units to take from a warehouse, and the day they are promised for."""

    sku: str
    units: int
    warehouse: str
    promised_on: datetime.date


class SellerOrderView(msgspec.Struct, frozen=True, kw_only=True):
    """An order as one of its sellers sees it: his lines alone. `whole`: there are no lines of others in it.

    `recipient` is told while there is something to send: not before it is placed, nor when it was cancelled.
    """

    id: str
    number: str
    state: str
    reason: str
    created_at: str
    method: str
    currency: str
    total_minor: int
    recipient: Recipient | None
    lines: Sequence[LineView]
    picks: Sequence[PickView]
    whole: bool

    @classmethod
    def of(cls, order: Order, seller: str) -> "SellerOrderView":
        """The view of an order for a seller who has lines in it."""
        own = [line for line in order.lines if line.seller == seller]
        numbers = {line.line for line in own}
        address = order.snapshot.address
        lines_in_all = {part.line for part in order.snapshot.parts}
        return cls(
            id=order.id,
            number=order.number,
            state=order.state,
            reason=order.reason,
            created_at=rfc3339(order.created_ms),
            method=order.method,
            currency=order.totals.currency,
            total_minor=sum(line.total_minor for line in own),
            recipient=Recipient(**{name: getattr(address, name) for name in Recipient.__struct_fields__})
            if order.state not in ("CREATED", "CANCELLED")
            else None,
            lines=[LineView.of(line) for line in own],
            picks=[
                PickView(part.sku, part.units, part.warehouse, part.promised_on)
                for part in order.snapshot.parts
                if part.line in numbers
            ],
            whole=numbers == lines_in_all,
        )


class SellerOrderList(msgspec.Struct, frozen=True):
    """A page of a seller's orders, newest first."""

    orders: Sequence[SellerOrderView]
    next: str | None


class OperatorOrderView(msgspec.Struct, frozen=True, kw_only=True):
    """An order as an operator sees it: with its owner and who did what."""

    owner: str
    order: OrderView
    picks: Sequence[PickView]
    actors: Sequence[str]  # of the history's steps, in their order

    @classmethod
    def of(cls, order: Order) -> "OperatorOrderView":
        """The view of an order."""
        return cls(
            owner=order.owner,
            order=OrderView.of(order),
            picks=[PickView(part.sku, part.units, part.warehouse, part.promised_on) for part in order.snapshot.parts],
            actors=[event.actor for event in order.events],
        )


def tag_of(order: Order) -> int:
    """A number that changes with whatever a reader can see of an order: its state, and when it expires."""
    return 2 * order.version + order.extended
