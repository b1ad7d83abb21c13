"""The quote: what lines cost, and whether and when they can be brought to a PIN code, as an order would take them.

Cart, checkout and order ask the same function, so what is shown is what is ordered. A quote that can be ordered carries
a signed token that remembers what the buyer saw; an order that comes with it is held against it (`worse`).
"""

import asyncio
import datetime
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Final, NamedTuple, Protocol

import msgspec

from haat.errors import Invalid, Problem
from haat.orders.fees import Fees
from haat.orders.model import MAX_LINES, Totals, Wanted
from haat.orders.plan import Look, Planned, Planning, Trouble, Value, plan, read_facts
from haat.orders.ports import ItemDocuments, Serviceability, Shelf, WantedLine
from haat.orders.tax import Taxes
from haat.vocabulary import MAX_SKU_CHARS, Clock, pincode

MAX_QUANTITY: Final = 10_000  # beyond it a number is a mistake; between it and the limit a quote says so per line
_PURPOSE: Final = "quote"
_SKU_BYTES: Final = 6
_LINE_BYTES: Final = _SKU_BYTES + 1 + 6 + 3  # sku's digest, units, price, day


class QuotedLine(msgspec.Struct, frozen=True, kw_only=True):
    """A wanted line as it stands. Amounts include tax; `left` is a real count where few are left."""

    sku: str
    item_id: str = ""
    seller: str = ""
    title: str = ""
    picture: str = ""
    units: int
    price_minor: int | None = None
    currency: str
    total_minor: int = 0
    tax_bp: int = 0
    tax_minor: int = 0
    problem: Trouble = ""
    detail: str = ""
    left: int | None = None
    promised_on: datetime.date | None = None
    options: dict[str, Value] = {}


class QuotedUnits(msgspec.Struct, frozen=True):
    """Units of a sku that travel together."""

    sku: str
    units: int


class QuotedShipment(msgspec.Struct, frozen=True):
    """What arrives together, and on which day."""

    number: int
    promised_on: datetime.date
    units: Sequence[QuotedUnits]


class Quote(msgspec.Struct, frozen=True, kw_only=True):
    """All lines as they stand. `ok`: they can be ordered so; `token` then says what the buyer saw."""

    pincode: str
    lines: Sequence[QuotedLine]
    shipments: Sequence[QuotedShipment]
    totals: Totals
    cod: bool
    ok: bool
    token: str = ""


class Signs(Protocol):
    """Text that comes back unchanged or not at all (haat.http.signing.Signer)."""

    def sign(self, purpose: str, payload: bytes, /) -> str:
        """Text that `open` turns back into the payload."""

    def open(self, purpose: str, text: str, /) -> bytes | None:
        """The payload, or None."""


class SeenLine(NamedTuple):
    """A line the buyer saw."""

    sku: bytes  # digest
    units: int
    price_minor: int
    promised_on: datetime.date


class Seen(NamedTuple):
    """What the buyer saw when the order was given."""

    total_minor: int
    lines: Sequence[SeenLine]


class Worse(msgspec.Struct, frozen=True):
    """One thing that got worse: `what` is line, price, date or total."""

    what: str
    sku: str
    detail: str


AT_ONCE: Final = 16
"""Quotes of one process that ask their engines at the same time: in a crowd, answers are then read while fresh,
and an engine is not taken for slow because this process is busy."""


@dataclass(frozen=True, slots=True)
class QuoteLines:
    """Quotes lines. Nothing is held or reserved."""

    shelf: Shelf
    documents: ItemDocuments
    serviceability: Serviceability
    taxes: Taxes
    fees: Fees
    clock: Clock
    signer: Signs
    currency: str = "INR"
    turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))

    async def __call__(self, wanted: Sequence[WantedLine], pincode: str | None, method: str = "") -> Quote:
        """Every line with its price, problem or date. Without a PIN code nothing is promised, nor can it be ordered.

        Cost: one round trip to offers (two statements), one to documents. Raises: Invalid for a quantity below 1, a
        sku that cannot be one, too many lines or a PIN code that is none; Unavailable.
        """
        _, planned = await self.look(merged(wanted), pincode or "", method)
        return self.show(planned, pincode or "")

    async def look(self, wanted: Sequence[Wanted], pincode_: str, method: str) -> tuple[Planning, Planned]:
        """The plan, and what to make it from again inside a unit."""
        if pincode_:
            pincode(pincode_)
        async with self.turns:
            offers = await self.shelf([line.sku for line in wanted]) if wanted else {}
            items = {sku: offer.item_id for sku, offer in offers.items()}
            bodies = await self.documents(sorted(set(items.values()))) if items else {}
        reach = self.serviceability.reach
        planning = Planning(
            wanted=wanted,
            facts=read_facts(bodies, items),
            reach=reach,
            pincode=pincode_,
            place=reach.place(pincode_) if pincode_ else None,
            cash=method == "cod",
            taxes=self.taxes,
            fees=self.fees,
            currency=self.currency,
        )
        return planning, plan(planning, offers, self.clock.now_ms())

    def show(self, planned: Planned, pincode: str) -> Quote:
        """The quote of a plan, with its token if it can be ordered."""
        lines = [_shown(look, self.currency) for look in planned.looks]
        units = {part.part: QuotedUnits(part.sku, part.units) for part in planned.parts}
        shipments = [
            QuotedShipment(shipment.number, shipment.promised_on, [units[part] for part in shipment.parts])
            for shipment in planned.shipments
        ]
        token = self.signer.sign(_PURPOSE, _remember(planned)) if planned.ok else ""
        return Quote(
            pincode=pincode, lines=lines, shipments=shipments, totals=planned.totals, cod=planned.cod, ok=planned.ok,
            token=token,
        )  # fmt: skip

    def seen(self, token: str) -> Seen | None:
        """What the buyer saw, or None when the token is not one of ours."""
        payload = self.signer.open(_PURPOSE, token)
        return None if payload is None else _recall(payload)


def merged(wanted: Sequence[WantedLine], pointer: str = "#/lines") -> list[Wanted]:
    """Each sku once, with the sum of its quantities, in the order in which they were first asked for.

    Raises: Invalid naming every wrong line.
    """
    problems = []
    if len(wanted) > MAX_LINES:
        problems.append(Problem(pointer, f"An order takes up to {MAX_LINES} lines, not {len(wanted)}."))
    units: dict[str, int] = {}
    for i, line in enumerate(wanted[:MAX_LINES]):
        if not 1 <= len(line.sku) <= MAX_SKU_CHARS:
            problems.append(Problem(f"{pointer}/{i}/sku", f"A sku has 1 to {MAX_SKU_CHARS} characters."))
        if not 1 <= line.quantity <= MAX_QUANTITY:
            problems.append(Problem(f"{pointer}/{i}/quantity", f"Ask for 1 to {MAX_QUANTITY}."))
        units[line.sku] = units.get(line.sku, 0) + line.quantity
    if problems:
        raise Invalid(problems=problems)
    return [Wanted(sku, quantity) for sku, quantity in units.items()]


def worse(old: Seen, new: Planned) -> list[Worse]:
    """What a buyer who saw `old` must be asked about; empty when nothing got worse."""
    seen = {line.sku: line for line in old.lines}
    found = []
    for look in new.looks:
        sku = look.wanted.sku
        before = seen.get(_digest(sku))
        if before is None or before.units < look.wanted.quantity:
            found.append(Worse("line", sku, "It is more than what you have seen."))
            continue
        if look.trouble or look.line is None or look.promised_on is None:
            found.append(Worse("line", sku, look.detail))
            continue
        if look.line.price_minor > before.price_minor:
            found.append(Worse("price", sku, "It costs more now."))
        if look.promised_on > before.promised_on:
            found.append(Worse("date", sku, f"It arrives later now: on {look.promised_on}."))
    if not found and new.totals.total_minor > old.total_minor:
        found.append(Worse("total", "", "The total is higher now."))
    return found


def _shown(look: Look, currency: str) -> QuotedLine:
    line, facts, offer = look.line, look.facts, look.offer
    return QuotedLine(
        sku=look.wanted.sku,
        item_id=offer.item_id if offer else "",
        seller=offer.seller if offer else "",
        title=facts.title if facts else "",
        picture=facts.picture if facts else "",
        units=look.wanted.quantity,
        price_minor=line.price_minor if line else None,
        currency=currency,
        total_minor=line.total_minor if line else 0,
        tax_bp=line.tax_bp if line else 0,
        tax_minor=line.tax_minor if line else 0,
        problem=look.trouble,
        detail=look.detail,
        left=look.left,
        promised_on=look.promised_on,
        options=facts.options if facts else {},
    )


def _digest(sku: str) -> bytes:
    return blake2b(sku.encode(), digest_size=_SKU_BYTES).digest()


def _remember(planned: Planned) -> bytes:
    """What a buyer sees, short enough for a form field: 50 lines make 1,100 characters."""
    rows = [planned.totals.total_minor.to_bytes(8, "big")]
    for look in planned.looks:
        assert look.line is not None
        assert look.promised_on is not None
        rows.append(_digest(look.wanted.sku) + look.wanted.quantity.to_bytes(1, "big"))
        rows.append(look.line.price_minor.to_bytes(6, "big") + look.promised_on.toordinal().to_bytes(3, "big"))
    return b"".join(rows)


def _recall(payload: bytes) -> Seen:
    lines = []
    for start in range(8, len(payload), _LINE_BYTES):
        row = payload[start : start + _LINE_BYTES]
        day = datetime.date.fromordinal(int.from_bytes(row[13:], "big"))
        lines.append(SeenLine(row[:6], row[6], int.from_bytes(row[7:13], "big"), day))
    return Seen(int.from_bytes(payload[:8], "big"), lines)
