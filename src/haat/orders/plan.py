"""What becomes of wanted lines: prices, tax, parts, shipments and sums, or what is wrong with each. Pure.

The same function serves the quote (from a fresh read) and the order's unit (from rows locked in it), so that whatever
is quoted can be ordered, and nobody hears "sold out" while a warehouse that serves the place has units.
"""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal
from zlib import crc32

import msgspec

from haat.orders.allocate import Demand, Piece, Row, allocate, reachable
from haat.orders.fees import Fees, totals_of
from haat.orders.model import MAX_UNITS_PER_LINE, Line, Part, Shipment, Totals, Wanted
from haat.orders.ports import OfferRow, Place, Reach
from haat.orders.tax import Taxes, tax_inside
from haat.vocabulary import ShippingClass

Trouble = Literal["", "unknown", "not_sold", "sold_out", "too_few", "not_delivered", "not_served", "too_many"]
Value = str | int | float | bool | list[str]

FEW: Final = 5  # units left from which on a buyer is told how many
_NOT_SERVED: Final = 255
_MOST_TITLE_CHARS: Final = 400
_CLASS_WORDS: Final[Mapping[ShippingClass, str]] = {
    "standard": "goods",
    "heavy": "heavy goods",
    "hazardous": "hazardous goods",
}


class Facts(msgspec.Struct, frozen=True, gc=False):
    """What the catalogue says of a sku."""

    title: str
    picture: str
    shipping_class: ShippingClass
    sold: bool
    options: dict[str, Value]


class _Picture(msgspec.Struct, frozen=True):
    key: str


class _Variant(msgspec.Struct, frozen=True):
    sku: str
    attributes: dict[str, Value] = {}
    pictures: list[int] = []
    active: bool = True


class _Document(msgspec.Struct, frozen=True):
    status: str
    title: str
    pictures: list[_Picture] = []
    variants: list[_Variant] = []
    shipping_class: ShippingClass = "standard"


_DOCUMENTS: Final = msgspec.json.Decoder(_Document)


def read_facts(bodies: Mapping[str, bytes], skus: Mapping[str, str]) -> dict[str, Facts]:
    """Facts by sku from item documents; `skus` names each sku's item. Skus of unknown items are left out."""
    items = {item_id: _DOCUMENTS.decode(body) for item_id, body in bodies.items()}
    found = {}
    for sku, item_id in skus.items():
        item = items.get(item_id)
        variant = next((v for v in item.variants if v.sku == sku), None) if item else None
        if item is None or variant is None:
            continue
        own = [item.pictures[i].key for i in variant.pictures if 0 <= i < len(item.pictures)]
        found[sku] = Facts(
            item.title[:_MOST_TITLE_CHARS],
            (own or [picture.key for picture in item.pictures] or [""])[0],
            item.shipping_class,
            item.status == "active" and variant.active,
            variant.attributes,
        )
    return found


@dataclass(frozen=True, slots=True)
class Planning:
    """All a plan is made from that does not lie in the orders database."""

    wanted: Sequence[Wanted]  # each sku once
    facts: Mapping[str, Facts]
    reach: Reach
    pincode: str  # "": not known yet, nothing is promised
    place: Place | None  # None with a PIN code: not served
    cash: bool  # only lanes that take cash on delivery will do
    taxes: Taxes
    fees: Fees
    currency: str


@dataclass(slots=True)
class Look:
    """One wanted line as it stands."""

    wanted: Wanted
    offer: OfferRow | None
    facts: Facts | None
    line: Line | None = None  # None: it has no price
    trouble: Trouble = ""
    detail: str = ""
    left: int | None = None
    promised_on: datetime.date | None = None
    takes_cash: bool = False
    demand: Demand | None = None  # None: it is not to be had, or no place is known

    def refuse(self, trouble: Trouble, detail: str, left: int | None = None) -> None:
        """Say what is wrong with it."""
        self.trouble, self.detail = trouble, detail
        self.left = left if left is not None and left <= FEW else None


@dataclass(slots=True)
class Planned:
    """What becomes of the wanted lines. With `ok` it can be ordered as it stands."""

    looks: Sequence[Look]
    totals: Totals
    parts: list[Part] = field(default_factory=list)
    shipments: list[Shipment] = field(default_factory=list)
    cod: bool = False

    @property
    def ok(self) -> bool:
        """Whether every line can be had and brought there."""
        return bool(self.parts)

    @property
    def lines(self) -> list[Line]:
        """The lines that have a price."""
        return [look.line for look in self.looks if look.line is not None]

    def parts_of(self, order_id: str) -> list[Part]:
        """The parts as this order takes them: of a sku that is spread, from the bucket that the order's id chooses.

        By its id, so that a repetition takes from the same bucket; CRC-32 spreads ids that differ in few letters.
        """
        offers = [look.offer for look in self.looks if look.offer is not None and look.offer.buckets > 1]
        if not offers:
            return self.parts
        buckets, chosen = {offer.sku: offer.buckets for offer in offers}, crc32(order_id.encode())
        return [msgspec.structs.replace(part, bucket=chosen % buckets.get(part.sku, 1)) for part in self.parts]


def plan(planning: Planning, offers: Mapping[str, OfferRow], now_ms: int) -> Planned:
    """Price, promise and allocate. Cost: some 70 µs for three lines that lie in five warehouses each."""
    looks = []
    for number, wanted in enumerate(planning.wanted, 1):
        look = Look(wanted, offers.get(wanted.sku), planning.facts.get(wanted.sku))
        looks.append(look)
        _price(look, number, planning, now_ms)
    if planning.place is not None:
        _demands(looks, planning, planning.place, now_ms)
    planned = Planned(looks, totals_of((x.line for x in looks if x.line), planning.fees, planning.currency))
    demands = [look.demand for look in looks if look.demand is not None]
    if looks and len(demands) == len(looks):
        planned.cod = all(look.takes_cash for look in looks)
        _ship(planned, allocate(demands), list(planning.reach.ordinals))
    return planned


def _price(look: Look, number: int, planning: Planning, now_ms: int) -> None:
    """The line at today's price, and what is wrong with it wherever it shall go."""
    offer, facts, units = look.offer, look.facts, look.wanted.quantity
    if offer is None or facts is None:
        look.refuse("unknown", "We do not have this any more.")
        return
    if offer.price_minor is None or not offer.active or not facts.sold or offer.currency != planning.currency:
        look.refuse("not_sold", "This is not sold at the moment.")
        return
    total_minor = offer.price_minor * units
    tax_bp = planning.taxes.rate_bp(offer.tax_class, now_ms)
    look.line = Line(
        line=number,
        sku=offer.sku,
        item_id=offer.item_id,
        seller=offer.seller,
        title=facts.title,
        picture=facts.picture,
        units=units,
        price_minor=offer.price_minor,
        total_minor=total_minor,
        tax_class=offer.tax_class,
        tax_bp=tax_bp,
        tax_minor=tax_inside(total_minor, tax_bp),
        offer_version=offer.version,
    )
    free = sum(row.free for row in offer.stock if row.free > 0)
    if units > MAX_UNITS_PER_LINE:
        look.refuse("too_many", f"One order takes up to {MAX_UNITS_PER_LINE} of it.")
    elif not free:
        look.refuse("sold_out", "It is sold out.", 0)
    elif free < units:
        look.refuse("too_few", _only(free), free)
    elif planning.pincode and planning.place is None:
        look.refuse("not_served", f"We do not deliver to {planning.pincode} yet.")
    else:
        look.left = free if free <= FEW else None


def _demands(looks: Sequence[Look], planning: Planning, place: Place, now_ms: int) -> None:
    """For each line that is to be had, the rows that bring it to the place."""
    reach = planning.reach
    dates, ordinals = reach.dates(place, now_ms), reach.ordinals
    columns: dict[ShippingClass, bytes] = {}
    for look in looks:
        if look.trouble or look.offer is None or look.facts is None:
            continue
        name = look.facts.shipping_class
        if name in place.refuses:
            look.refuse(
                "not_delivered", f"It counts as {_CLASS_WORDS[name]}, which we cannot bring to {place.pincode}."
            )
            continue
        column = columns.get(name)
        if column is None:
            column = columns[name] = reach.column(place, name)
        rows, paid_in_cash = [], []
        for stock in look.offer.stock:
            ordinal = ordinals.get(stock.warehouse, -1)
            if stock.free <= 0 or not 0 <= ordinal < len(column) or (code := column[ordinal]) == _NOT_SERVED:
                continue
            day = dates[code]
            if day is not None:
                rows.append(Row(ordinal, stock.free, code, day))
                if reach.takes_cash(place, ordinal):
                    paid_in_cash.append(rows[-1])
        _judge(look, Demand(look.wanted.quantity, rows), Demand(look.wanted.quantity, paid_in_cash), planning)


def _judge(look: Look, any_way: Demand, in_cash: Demand, planning: Planning) -> None:
    """Whether what serves the place is enough, in cash if that is asked for."""
    units, pincode = any_way.units, planning.pincode
    can = reachable(any_way)
    look.takes_cash = reachable(in_cash) == units
    if not can:
        look.refuse("not_delivered", f"No warehouse that has it delivers to {pincode}.")
    elif can < units:
        look.refuse("too_few", f"{_only(can)[:-1]} for {pincode}.", can)
    elif planning.cash and not look.takes_cash:
        look.refuse(
            "not_delivered", f"Cash on delivery is not possible for it at {pincode}: please pay in another way."
        )
    else:
        look.demand = in_cash if planning.cash else any_way
        there = sum(row.free for row in look.demand.rows)
        look.left = there if there <= FEW else None


def _only(units: int) -> str:
    return "Only 1 is left." if units == 1 else f"Only {units} are left."


def _ship(planned: Planned, pieces: Sequence[Piece], warehouses: Sequence[str]) -> None:
    """Parts, and shipments of what leaves one warehouse for one day."""
    together: dict[tuple[datetime.date, int], list[int]] = {}
    for number, piece in enumerate(pieces, 1):
        look = planned.looks[piece.demand]
        assert look.line is not None
        line = look.line
        planned.parts.append(
            Part(
                part=number,
                line=line.line,
                sku=line.sku,
                item_id=line.item_id,
                warehouse=warehouses[piece.warehouse],
                units=piece.units,
                offer_version=line.offer_version,
                promised_on=piece.date,
            )
        )
        look.promised_on = piece.date if look.promised_on is None else max(look.promised_on, piece.date)
        together.setdefault((piece.date, piece.warehouse), []).append(number)
    planned.shipments = [
        Shipment(number=number, warehouse=warehouses[warehouse], promised_on=day, parts=parts)
        for number, ((day, warehouse), parts) in enumerate(sorted(together.items()), 1)
    ]
