"""What the pages on which people buy are given: lines, parcels, sums, with every word already chosen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from haat.cart.model import MAX_UNITS
from haat.cart.view import CartLineView, CartView, TotalsView
from haat.cart.view import ParcelView as Parcel
from haat.orders.model import Line, Totals
from haat.web.storefront import words
from haat.web.storefront.address import item_path
from haat.web.storefront.views import WIDTHS, Amount, Picture

METHODS: Final[Mapping[str, tuple[str, str, str]]] = {
    "upi": ("UPI", "Any UPI app on your phone", "phone"),
    "card": ("Card", "Visa, RuPay, Mastercard; on the bank’s page", "card"),
    "netbanking": ("Net banking", "On your bank’s own page", "bank"),
    "cod": ("Pay on delivery", "Cash or UPI at the door", "cash"),
}
"""Word, hint and icon of each way to pay, in the order they are offered."""


@dataclass(frozen=True, slots=True)
class LineView:
    """One line of a cart or an order."""

    sku: str
    item_id: str
    title: str
    url: str
    options: str
    picture: Picture | None
    units: int
    total: Amount | None
    most: int = MAX_UNITS
    was: str = ""
    hint: str = ""
    problem: str = ""
    fits: int = 0  # how many can be had, when fewer than asked for
    elsewhere: bool = False  # another PIN code may help


@dataclass(frozen=True, slots=True)
class StepView:
    """One step on a lane: `done`, `now`, `bad`, or still to come."""

    name: str
    words: str = ""
    tone: str = ""


@dataclass(slots=True)
class ParcelView:
    """What arrives together."""

    heading: str
    day: words.Day | None
    lines: list[LineView]
    origin: str = ""
    tone: str = ""
    tag: str = ""
    steps: list[StepView] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class SumsView:
    """The sums, as they are written."""

    things: str
    items: str
    discount: str
    delivery_words: str
    delivery: str
    tax: str
    all_words: str
    all: str


@dataclass(frozen=True, slots=True)
class MethodView:
    """A way to pay."""

    value: str
    name: str
    hint: str
    icon: str
    chosen: bool = False
    why_not: str = ""


def picture_at(key: str) -> Picture | None:
    """The small picture of a line; None where there is none."""
    if not key:
        return None
    path = f"/pictures/{key}/"
    return Picture(f"{path}{WIDTHS[1]}.webp", "", f"{path}{WIDTHS[0]}.webp", "", 640, 640)


def cart_line(line: CartLineView) -> LineView:
    """A line of a cart."""
    left = line.left
    was = line.price_was_minor
    return LineView(
        sku=line.sku,
        item_id=line.item_id,
        title=line.title or line.sku,
        url=item_path(line.title or "item", line.item_id, line.sku),
        options=", ".join(words.attribute(value) for value in line.options.values()),
        picture=picture_at(line.picture),
        units=line.quantity,
        total=Amount.of(line.total_minor, line.currency) if line.price_minor is not None else None,
        most=min(MAX_UNITS, left) if left is not None else MAX_UNITS,
        was=words.money(was, line.currency) if was is not None else "",
        hint=f"Only {left} left" if left is not None and not line.problem else "",
        problem=line.detail,
        fits=(left or 0) if "fewer" in line.ways_out else 0,
        elsewhere="other_pincode" in line.ways_out,
    )


def cart_parcels(cart: CartView, today: date) -> list[ParcelView]:
    """What of a cart can be had, by the day it arrives. A line that comes in two parcels stands in the later one."""
    views = {line.sku: cart_line(line) for line in cart.lines if not line.problem}
    if not cart.shipments:
        return [ParcelView("Your things", None, list(views.values()))] if views else []
    parcels: list[ParcelView] = []
    left = dict(views)
    latest = {sku: shipment for shipment in cart.shipments for sku in _skus(shipment)}
    for shipment in cart.shipments:
        own = [left.pop(sku) for sku in _skus(shipment) if latest[sku] is shipment and sku in left]
        if own:
            parcels.append(ParcelView("", words.day(shipment.promised_on, today), own))
    for number, parcel in enumerate(parcels, 1):
        parcel.heading = f"Parcel {number} of {len(parcels)}" if len(parcels) > 1 else "Your parcel"
    return parcels


def _skus(shipment: Parcel) -> list[str]:
    return [one.sku for one in shipment.units]


def sums_of(totals: Totals | TotalsView, units: int, parcels: int, all_words: str = "To pay") -> SumsView:
    """The sums of a quote or an order."""

    def money(minor: int) -> str:
        return words.money(minor, totals.currency)

    delivery = f"Delivery, {parcels} parcels" if parcels > 1 else "Delivery"
    return SumsView(
        things=words.things(units),
        items=money(totals.items_minor),
        discount="−" + money(totals.discount_minor) if totals.discount_minor else "",
        delivery_words=delivery,
        delivery=money(totals.shipping_minor) if totals.shipping_minor else "Free",
        tax=money(totals.tax_minor),
        all_words=all_words,
        all=money(totals.total_minor),
    )


def ordered_line(line: Line, currency: str, units: int | None = None) -> LineView:
    """A line of an order; `units` when a parcel has only some of them."""
    shown = line.units if units is None else units
    return LineView(
        sku=line.sku,
        item_id=line.item_id,
        title=line.title,
        url=item_path(line.title, line.item_id, line.sku),
        options="",
        picture=picture_at(line.picture),
        units=shown,
        total=Amount.of(line.price_minor * shown, currency),
    )


def days_of(parcels: Sequence[ParcelView]) -> str:
    """Parcels on Tue, 24 Nov and Thu, 26 Nov; with one day: By Tue, 24 Nov; empty without a date."""
    days = list(dict.fromkeys(parcel.day.words for parcel in parcels if parcel.day))
    if not days:
        return ""
    return f"By {days[0]}" if len(days) == 1 else f"Parcels on {words.joined(days)}"


def methods(chosen: str, cod: bool, online: bool = True) -> list[MethodView]:
    """The ways to pay; pay on delivery with the reason beside it where it cannot be chosen."""
    views = []
    for value, (name, hint, icon) in METHODS.items():
        if value != "cod" and not online:
            continue
        why_not = "Not for all of these things at this PIN code" if value == "cod" and not cod else ""
        views.append(MethodView(value, name, hint, icon, chosen == value and not why_not, why_not))
    return views
