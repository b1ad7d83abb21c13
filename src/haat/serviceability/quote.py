"""The quote: for each line whether it can be brought to a PIN code, from where, and by when.

One unit is promised from the earliest warehouse that has it. More units come from the earliest warehouse that has all
of them, else from as few as can be; the line then arrives with its last part.
"""

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import msgspec

from haat.errors import Invalid, Problem
from haat.serviceability.ask import WORDS, Unreached
from haat.serviceability.live import Serviceability
from haat.serviceability.model import COD, NOT_SERVED, Place
from haat.serviceability.ports import Stocked, StockOf
from haat.serviceability.reach import Reach
from haat.vocabulary import Clock, ShippingClass, pincode

Reason = Literal["not_served", "no_stock", "refused_class", "no_lane"]

_CLASS_WORDS: Final[Mapping[ShippingClass, str]] = {
    "standard": "goods",
    "heavy": "heavy goods",
    "hazardous": "hazardous goods",
}


class Wanted(msgspec.Struct, frozen=True, gc=False):
    """One line of what somebody would like to have."""

    sku: str
    quantity: int


class StockAtHand(msgspec.Struct, frozen=True, gc=False):
    """Where one sku lies: (ordinal in the reach, free units), each free > 0."""

    shipping_class: ShippingClass
    rows: tuple[tuple[int, int], ...]


class Part(msgspec.Struct, frozen=True, gc=False):
    """Units of a line that come from one warehouse."""

    warehouse: int  # ordinal
    quantity: int
    date: datetime.date


class Quoted(msgspec.Struct, frozen=True, gc=False):
    """What can be promised for one line."""

    sku: str
    quantity: int
    deliverable: bool
    date: datetime.date | None
    cod: bool
    warehouses: int  # that have it and deliver it there
    reason: Reason | None
    detail: str
    parts: tuple[Part, ...] = ()


class Quote(msgspec.Struct, frozen=True):
    """All lines, as promised by one snapshot at one moment."""

    pincode: str
    generation: int
    lines: Sequence[Quoted]


@dataclass(frozen=True, slots=True)
class AskQuote:
    """Promises lines at a PIN code. Nothing is held or reserved."""

    serviceability: Serviceability
    stock_of: StockOf
    clock: Clock

    async def __call__(self, text: str, lines: Sequence[Wanted]) -> Quote:
        """Raises: Invalid naming every wrong line; Unavailable. Cost: one round trip for stocks, then 1 µs a line."""
        pin = pincode(text)
        _check(lines)
        rows = await self.stock_of([line.sku for line in lines])
        reach = self.serviceability.reach
        place = reach.place(pin)
        if place is None:
            reason = reach.why_not(pin) or "unknown_pincode"
            return Quote(pin, reach.generation, [_not_served(line, pin, reason) for line in lines])
        quoted = quote_lines(reach, place, lines, at_hand(reach, rows), self.clock.now_ms())
        return Quote(pin, reach.generation, quoted)


def at_hand(reach: Reach, rows: Iterable[Stocked]) -> dict[str, StockAtHand]:
    """Stock rows by sku, with warehouses as this reach numbers them; rows of unknown warehouses are left out."""
    classes: dict[str, ShippingClass] = {}
    found: dict[str, list[tuple[int, int]]] = {}
    for row in rows:
        ordinal = reach.ordinals.get(row.warehouse)
        classes[row.sku] = row.shipping_class
        lies = found.setdefault(row.sku, [])
        if ordinal is not None and row.free > 0:
            lies.append((ordinal, row.free))
    return {sku: StockAtHand(classes[sku], tuple(lies)) for sku, lies in found.items()}


def quote_lines(
    reach: Reach, place: Place, lines: Sequence[Wanted], stocks: Mapping[str, StockAtHand], now_ms: int
) -> list[Quoted]:
    """Each line by itself. Cost: 20 lines in ≤ 30 µs where one warehouse has all (benchmarks/matrix.py)."""
    dates, refuses = reach.dates(place, now_ms), place.refuses
    columns: dict[ShippingClass, bytes] = {}
    cash = reach.flags(place) if place.cod else bytes(len(reach.warehouses))
    quoted = []
    for line in lines:
        sku, quantity = line.sku, line.quantity
        stock = stocks.get(sku)
        if stock is None or not stock.rows:
            quoted.append(_refused(line, "no_stock", "It is sold out."))
            continue
        name = stock.shipping_class
        if refuses and name in refuses:
            quoted.append(_refused_class(line, place, name))
            continue
        column = columns.get(name)
        if column is None:
            column = columns[name] = reach.column(place, name)
        count, best, code = 0, -1, NOT_SERVED
        for ordinal, free in stock.rows:
            own = column[ordinal]
            if own != NOT_SERVED:
                count += 1
                if own < code and free >= quantity:
                    best, code = ordinal, own
        day = dates[code]  # None for NOT_SERVED: then no single warehouse has all
        if day is None:
            quoted.append(_several(reach, place, line, stock, dates))
        else:
            parts = (Part(best, quantity, day),)
            quoted.append(Quoted(sku, quantity, True, day, cash[best] & COD != 0, count, None, "", parts))
    return quoted


def _several(
    reach: Reach, place: Place, line: Wanted, stock: StockAtHand, dates: Sequence[datetime.date | None]
) -> Quoted:
    """A line that no single warehouse can fill: the fewest, among equals the earliest; or why it cannot be had."""
    column = reach.column(place, stock.shipping_class)
    serving = [(free, ordinal) for ordinal, free in stock.rows if dates[column[ordinal]] is not None]
    if not serving:
        standard = reach.column(place)
        if stock.shipping_class != "standard" and any(standard[ordinal] != NOT_SERVED for ordinal, _ in stock.rows):
            return _refused_class(line, place, stock.shipping_class)
        return _refused(line, "no_lane", f"No warehouse that has it delivers to {place.pincode}.")
    serving.sort(key=lambda row: (-row[0], column[row[1]], row[1]))
    parts, left = [], line.quantity
    for free, ordinal in serving:
        day = dates[column[ordinal]]
        assert day is not None
        parts.append(Part(ordinal, min(free, left), day))
        left -= parts[-1].quantity
        if not left:
            break
    if left:
        can = line.quantity - left
        return _refused(line, "no_stock", f"Only {can} can be brought to {place.pincode}.", len(serving))
    return Quoted(
        line.sku,
        line.quantity,
        True,
        max(part.date for part in parts),
        all(reach.takes_cash(place, part.warehouse) for part in parts),
        len(serving),
        None,
        "",
        tuple(parts),
    )


def _refused(line: Wanted, reason: Reason, detail: str, warehouses: int = 0) -> Quoted:
    return Quoted(line.sku, line.quantity, False, None, False, warehouses, reason, detail)


def _refused_class(line: Wanted, place: Place, shipping_class: ShippingClass) -> Quoted:
    words = _CLASS_WORDS[shipping_class]
    return _refused(line, "refused_class", f"It counts as {words}, which we cannot bring to {place.pincode}.")


def _not_served(line: Wanted, pin: str, reason: Unreached) -> Quoted:
    return _refused(line, "not_served", WORDS[reason].format(pincode=pin))


def _check(lines: Sequence[Wanted]) -> None:
    seen: set[str] = set()
    problems = []
    for i, line in enumerate(lines):
        if line.sku in seen:
            problems.append(Problem(f"#/lines/{i}/sku", "This sku has a line already: put the quantities together."))
        if line.quantity < 1:
            problems.append(Problem(f"#/lines/{i}/quantity", "Ask for 1 or more."))
        seen.add(line.sku)
    if problems:
        raise Invalid(problems=problems)
