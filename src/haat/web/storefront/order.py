"""How an order stands, told truly at each moment: in words that never call silence a failure."""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from zoneinfo import ZoneInfo

from haat.orders.model import Order, Part, State
from haat.payments.read import AttemptLine, OrderMoney, RefundLine
from haat.web.storefront import words
from haat.web.storefront.buying import (
    METHODS,
    MethodView,
    ParcelView,
    StepView,
    SumsView,
    methods,
    ordered_line,
    sums_of,
)
from haat.web.storefront.views import Link

REFUND_DAYS: Final = 7  # what gateways ask for at most until money shows in an account
_STEPS: Final[Sequence[tuple[State, str]]] = (
    ("PLACED", "Placed"),
    ("PACKED", "Packed"),
    ("SHIPPED", "Sent"),
    ("DELIVERED", "Delivered"),
)
_HISTORY: Final[Mapping[State, str]] = {
    "CREATED": "Ordered, things held",
    "PLACED": "Placed",
    "PACKED": "Packed",
    "SHIPPED": "Sent",
    "DELIVERED": "Delivered",
    "CANCELLED": "Cancelled",
}
_REASONS: Final[Mapping[str, str]] = {
    "payment_failed": "the payment failed",
    "expired": "time ran out before it was paid",
    "by_customer": "by you",
    "by_seller": "by the seller",
    "by_operator": "by the shop",
    "lost": "lost on the way",
}


@dataclass(frozen=True, slots=True)
class Said:
    """A name and what is said of it."""

    name: str
    words: str
    tone: str = ""


@dataclass(frozen=True, slots=True)
class NoteView:
    """Something to look at."""

    tone: str
    icon: str
    words: str
    heading: str = ""
    alert: bool = False


@dataclass(frozen=True, slots=True)
class Waiting:
    """The bank has not said yet: where it stands, and what each answer would mean."""

    steps: list[StepView]
    held: str
    outcomes: list[Said]


@dataclass(frozen=True, slots=True)
class Retry:
    """Another way to pay, while the things are held."""

    heading: str
    words: str
    methods: list[MethodView]


@dataclass(slots=True)
class OrderPage:
    """All that order.html places."""

    id: str
    number: str
    key: str  # "?k=…" for guests who came by a link, else ""
    trail: list[Link]
    heading: str
    made: str
    total: str
    paid: str
    parcels: list[ParcelView]
    totals: SumsView
    address: list[str]
    state_key: str
    lead: str = ""
    keep: str = ""
    may_cancel: bool = False
    refresh_s: int = 0
    notes: list[NoteView] = field(default_factory=list)
    waiting: Waiting | None = None
    retry: Retry | None = None
    money: list[Said] = field(default_factory=list)
    taxes: list[Said] = field(default_factory=list)
    history: list[StepView] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Told:
    """An order with all that is known of its money, at one moment."""

    order: Order
    known: OrderMoney
    now_ms: int
    today: datetime.date
    zone: ZoneInfo
    word: str = ""  # what the gateway said just now, if it was asked

    @property
    def last(self) -> AttemptLine | None:
        """The attempt that counts."""
        return self.known.attempts[-1] if self.known.attempts else None

    @property
    def late(self) -> AttemptLine | None:
        """A payment that came when the order was over."""
        return next((one for one in self.known.attempts if one.word in ("moved", "returning")), None)

    @property
    def paid(self) -> bool:
        """Whether money of a buyer stands behind it, or stood."""
        return any(one.word in ("paid", "moved", "returning") for one in self.known.attempts)

    def clock(self, at_ms: int) -> str:
        """A time of day: 2:07 pm."""
        at = datetime.datetime.fromtimestamp(at_ms / 1000, self.zone)
        return f"{at.hour % 12 or 12}:{at.minute:02d} {'am' if at.hour < 12 else 'pm'}"

    def moment(self, at_ms: int) -> str:
        """A day and a time: Sun, 22 Nov, 2:07 pm."""
        at = datetime.datetime.fromtimestamp(at_ms / 1000, self.zone)
        return f"{words.day(at.date(), self.today).words}, {self.clock(at_ms)}"

    def money(self, minor: int) -> str:
        """An amount of this order."""
        return words.money(minor, self.order.totals.currency)


def state_key(order: Order, known: OrderMoney) -> str:
    """Changes when, and only when, the page would say something else."""
    return "-".join([order.state, *(a.word for a in known.attempts), *(r.word for r in known.refunds)]).lower()


def order_page(
    told: Told, names: Mapping[str, str], *, key: str = "", keep: str = "", online: bool = True
) -> OrderPage:
    """The page of an order."""
    order = told.order
    units = sum(line.units for line in order.lines)
    view = OrderPage(
        id=order.id,
        number=order.number,
        key=key,
        trail=[Link("Your orders", "/orders"), Link(order.number, "")],
        heading="",
        made=told.moment(order.created_ms),
        total=told.money(order.totals.total_minor),
        paid=_paid(told),
        parcels=_parcels(told, names),
        totals=sums_of(order.totals, units, len(order.snapshot.shipments), "Paid" if told.paid else "To pay"),
        address=_address(order),
        state_key=state_key(order, told.known),
        keep=keep,
        may_cancel=order.state in ("CREATED", "PLACED"),
    )
    view.heading, view.lead = heading(told)
    _waiting(view, told, online=online)
    _notes(view, told)
    view.money = [_refund_said(told, refund) for refund in told.known.refunds]
    rate = "{:g} %"
    view.taxes = [
        Said(
            line.title,
            f"{rate.format(line.tax_bp / 100)}: {told.money(line.tax_minor)} in {told.money(line.total_minor)}",
        )
        for line in order.lines
    ]
    view.history = [
        StepView(
            _HISTORY[event.after], told.moment(event.at_ms) + (f", {_REASONS[event.reason]}" if event.reason else "")
        )
        for event in reversed(order.events)
    ]
    return view


def heading(told: Told) -> tuple[str, str]:
    """What the page says first, and the line below."""
    order, last = told.order, told.last
    if order.state == "CREATED":
        if last is None or last.word in ("declined", "unused"):
            return "Your bank said no. Nothing was taken.", "Your things are still held for you: pay in another way."
        if last.word == "to_pay":
            return "Your things are held. Pay to place the order.", ""
        if told.word == "none":
            return "Not paid yet. Your things are held.", "Go back to your bank’s page, or choose another way to pay."
        return "We do not know yet if your bank paid.", "Please do not pay again. We ask your bank every few seconds."
    if order.state == "CANCELLED":
        return _cancelled(told)
    day = _first_day(told)
    said = {
        "PLACED": ("Thank you. Your order is placed.", f"Get it by {day}." if day else ""),
        "PACKED": ("Packed, and about to leave", f"Get it by {day}." if day else ""),
        "SHIPPED": ("On its way to you", f"Get it by {day}." if day else ""),
        "DELIVERED": ("Delivered", ""),
    }
    return said[order.state]


def _cancelled(told: Told) -> tuple[str, str]:
    order, late = told.order, told.late
    when = told.clock(order.changed_ms)
    if late is not None and late.word == "moved":
        return (
            "Ordered again, as you asked",
            "Your bank said yes late: the same things, at the same price.",
        )
    if late is not None:
        back = all(refund.word == "returned" for refund in told.known.refunds)
        ended = {"by_customer": "you had cancelled", "expired": "order had expired"}.get(
            order.reason, "order had ended"
        )
        said = f"Your bank said yes when we had let the things go, at {when}."
        return f"Payment received, {ended}, " + ("money sent back" if back else "refund on its way"), said
    if order.reason == "expired":
        return "Time ran out, order cancelled", "If money left your account, we send it back and write to you."
    if order.reason == "payment_failed":
        return "Your bank said no, order cancelled", "Nothing was taken. Order again whenever you like."
    who = {"by_customer": "You cancelled this order", "by_seller": "The seller cancelled this order"}
    return who.get(order.reason, "This order was cancelled"), "" if told.paid else "Nothing was paid."


def _waiting(view: OrderPage, told: Told, *, online: bool) -> None:
    order, last = told.order, told.last
    if order.state != "CREATED":
        return
    until = told.clock(order.expires_ms)
    if last is not None and last.word == "confirming":
        view.refresh_s = 5
        amount = told.money(order.totals.total_minor)
        late = (
            "We order the same things again, if price and stock are the same; else we send the money back."
            if order.on_late_payment == "reorder"
            else f"We send {amount} back the way it came, by {_refund_day(told, told.now_ms)} at the latest."
        )
        view.waiting = Waiting(
            steps=[
                StepView("Ordered", f"{told.clock(order.created_ms)}. Your things are held", "done"),
                StepView(
                    "Not paid yet" if told.word == "none" else "Bank: no answer yet",
                    f"Asked at {told.clock(told.now_ms)}",
                    "now",
                ),
                StepView("Packed"),
                StepView("At your door", _first_day(told)),
            ],
            held=f"Held for you until {until}.",
            outcomes=[
                Said("The bank says yes", "Your order is placed. The dates stay."),
                Said("The bank says no", "Nothing was taken. Try another way."),
                Said(f"No answer by {until}", "We ask once more, then let the things go and cancel the order."),
                Said(f"A yes after {until}", late),
            ],
        )
        view.retry = Retry(
            "Did you leave the bank’s page?",
            "Go back to it, or choose another way. If you have paid already, wait: we are asking.",
            methods("", cod=False, online=online)[:-1],
        )
        return
    again = "Pay now" if last is not None and last.word == "to_pay" else "Try another way"
    view.retry = Retry(again, f"Held for you until {until}.", methods("", cod=False, online=online)[:-1])


def _notes(view: OrderPage, told: Told) -> None:
    for attempt in told.known.attempts:
        if attempt.new_order:
            words_ = f"Your payment counts for a new order: open it under Your orders. {attempt.says}"
            view.notes.append(NoteView("paan", "check", words_))
    for refund in told.known.refunds:
        if refund.word == "delayed":
            said = f"{told.money(refund.amount_minor)} could not be sent back yet. A person here looks at it now."
            view.notes.append(NoteView("mirch", "alert", said, "Your refund is late", alert=True))


def _refund_said(told: Told, refund: RefundLine) -> Said:
    amount = told.money(refund.amount_minor)
    if refund.word == "returned":
        return Said("refund", f"{amount} went back. Your bank may take some days to show it.", "paan")
    if refund.word == "delayed":
        return Said("refund", f"{amount} could not be sent back yet.", "mirch")
    return Said("refund", f"{amount} is on its way back, by {_refund_day(told, told.order.changed_ms)}.", "paan")


def _refund_day(told: Told, from_ms: int) -> str:
    at = datetime.datetime.fromtimestamp(from_ms / 1000, told.zone).date() + datetime.timedelta(days=REFUND_DAYS)
    return words.day(at, told.today).words


def _paid(told: Told) -> str:
    name = METHODS[told.order.method][0] if told.order.method in METHODS else told.order.method
    last = told.last
    if last is not None and last.method in METHODS:
        name = METHODS[last.method][0]
    if told.order.method == "cod":
        return name
    if told.paid:
        return f"{name}, paid"
    return f"{name}, not paid" if told.order.state != "CREATED" else name


def _first_day(told: Told) -> str:
    days = sorted(shipment.promised_on for shipment in told.order.snapshot.shipments)
    return words.joined(list(dict.fromkeys(words.day(day, told.today).words for day in days)))


def _parcels(told: Told, names: Mapping[str, str]) -> list[ParcelView]:
    order = told.order
    lines = {line.line: line for line in order.lines}
    parts: dict[int, Part] = {part.part: part for part in order.snapshot.parts}
    count = len(order.snapshot.shipments)
    steps = _steps(told) if order.state not in ("CREATED", "CANCELLED") else []
    parcels = []
    for shipment in order.snapshot.shipments:
        own = [parts[number] for number in shipment.parts if number in parts]
        shown = [
            ordered_line(lines[part.line], order.totals.currency, part.units) for part in own if part.line in lines
        ]
        if not shown:
            continue
        origin = names.get(shipment.warehouse, "")
        parcels.append(
            ParcelView(
                f"Parcel {shipment.number} of {count}" if count > 1 else "Your parcel",
                words.day(shipment.promised_on, told.today),
                shown,
                f"From {origin}" if origin else "",
                tone="" if order.state in ("CREATED", "CANCELLED") else "paan",
                tag=_HISTORY[order.state] if order.state != "CREATED" else "Held",
                steps=steps,
            )
        )
    return parcels


def _steps(told: Told) -> list[StepView]:
    at = {event.after: event.at_ms for event in told.order.events}
    reached = [state for state, _ in _STEPS if state in at]
    steps = []
    for state, name in _STEPS:
        tone = "now" if reached and state == reached[-1] else "done" if state in at else ""
        steps.append(StepView(name, told.moment(at[state]) if state in at else "", tone))
    return steps


def _address(order: Order) -> list[str]:
    to = order.snapshot.address
    city = ", ".join(part for part in (to.city, to.state) if part)
    return [part for part in (to.name, to.line1, to.line2, f"{city} {to.pincode}".strip(), to.phone) if part]
