"""From a draft to what is published: stock placed, attributes checked, parts encoded so that they can be compared."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from math import gcd
from typing import Final

import msgspec
from msgspec import Struct

from haat.inbound.mapping import StockRule
from haat.inbound.messages import AttributeValue, ItemOffered, OfferedVariant, StockCount
from haat.inbound.model import Action, Bad, Draft, DraftVariant, Refusal, Taken
from haat.inbound.ports import AttributeSpec
from haat.inbound.values import number, truth
from haat.vocabulary import SHIPPING_CLASSES, sku_of

ENCODER: Final = msgspec.json.Encoder(order="deterministic")  # a new order of columns is no change


class OfferCore(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What an offer says, without where it came from: kept to compare and to change later."""

    price_minor: int | None = None
    tax_class: str = "standard"
    active: bool = True
    stock: list[StockCount] = msgspec.field(default_factory=list)
    initial: bool = False


@dataclass(slots=True)
class Part:
    """A variant ready to be compared and published."""

    code: str
    line: int
    number: int
    variant: OfferedVariant
    variant_json: bytes
    offer: OfferCore
    offer_json: bytes
    hash: bytes
    price_missing: bool


@dataclass(slots=True)
class Offering:
    """An item ready to be compared and published."""

    action: Action
    code: str
    line: int
    number: int  # of its head row
    item: ItemOffered  # without id, feed and variants
    item_json: bytes
    hash: bytes
    variants_hash: bytes
    parts: list[Part]
    item_rows: list[int]
    held: list[str]


def digest(*parts: bytes) -> bytes:
    """16 bytes that tell contents apart."""
    made = blake2b(digest_size=16)
    for part in parts:
        made.update(len(part).to_bytes(4, "big"))
        made.update(part)
    return made.digest()


class Placer:
    """Finds warehouses for counts without a place, and initial counts: the same in every run for the same code."""

    def __init__(self, warehouses: Mapping[str, str], rule: StockRule) -> None:
        self._ids = warehouses
        self._rule = rule
        wanted = rule.warehouses or sorted(warehouses)
        self.unknown = [code for code in wanted if code not in warehouses]
        self._open = [code for code in wanted if code in warehouses]

    def place(self, made: DraftVariant) -> tuple[list[StockCount], bool, bool]:
        """(counts, whether a count found no place, whether they are initial). Raises: Bad for an unknown warehouse."""
        if made.stock:
            return *self._stated(made), False
        if not self._rule.initial:
            return [], False, False
        low, high = self._rule.initial
        draw = _draws(made.code)
        counts = [
            StockCount(self._ids[code], low + _draw(draw, 8 + 4 * (at % 4)) % (high - low + 1))
            for at, code in enumerate(self._some(draw))
        ]
        return counts, not counts, True

    def _stated(self, made: DraftVariant) -> tuple[list[StockCount], bool]:
        counts: dict[str, int] = {}
        unplaced = False
        for place, units in made.stock.items():
            if place:
                if place not in self._ids:
                    raise Bad(f"stock:{place}", f"There is no warehouse {place[:40]!r} that you may use.")
                counts[place] = counts.get(place, 0) + units
                continue
            chosen = self._some(_draws(made.code))
            unplaced = not chosen
            for at, code in enumerate(chosen):
                share = units // len(chosen) + (1 if at < units % len(chosen) else 0)
                counts[code] = counts.get(code, 0) + share
        return [StockCount(self._ids[code], units) for code, units in counts.items()], unplaced

    def _some(self, draw: bytes) -> list[str]:
        """Some of the open warehouses, as many as the rule says; distinct because step and number share no factor."""
        size = len(self._open)
        if not size:
            return []
        low, high = self._rule.pick
        wanted = min(size, low + draw[0] % (high - low + 1))
        step = 1 + _draw(draw, 1) % size
        while gcd(step, size) != 1:
            step += 1
        start = _draw(draw, 4)
        return [self._open[(start + at * step) % size] for at in range(wanted)]


def _draws(code: str) -> bytes:
    return blake2b(code.encode(), digest_size=24).digest()


def _draw(draws: bytes, at: int) -> int:
    return int.from_bytes(draws[at : at + 4], "big")


def check(draft: Draft, specs: Sequence[AttributeSpec]) -> list[Bad]:
    """What a category's schema finds wrong; text that fits the kind it asks for is turned into it."""
    problems = []
    for spec in specs:
        holders = [draft.attributes, *(made.attributes for made in draft.variants)]
        found = [holder for holder in holders if spec.name in holder]
        own = [made for made in draft.variants if spec.name in made.attributes]
        if spec.required and draft.status == "active" and not (spec.name in draft.attributes or own == draft.variants):
            problems.append(Bad(f"attributes/{spec.name}", f"The category asks for {spec.name}."))
        for holder in found:
            try:
                holder[spec.name] = _fitting(holder[spec.name], spec)
            except Bad as bad:
                problems.append(bad)
    return problems


def _fitting(value: AttributeValue, spec: AttributeSpec) -> AttributeValue:
    pointer = f"attributes/{spec.name}"
    if spec.kind == "number":
        return number(value, pointer)
    if spec.kind == "boolean":
        return truth(value, pointer, False)
    if spec.kind == "multi":
        found = value if isinstance(value, list) else [str(value)]
        return [_choice(one, spec, pointer) for one in found]
    if isinstance(value, list):
        raise Bad(pointer, "The category asks for one value, not a list.")
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return _choice(text, spec, pointer) if spec.kind == "enum" else text


def _choice(text: str, spec: AttributeSpec, pointer: str) -> str:
    if not spec.values or text in spec.values:
        return text
    for one in spec.values:
        if one.casefold() == text.casefold():
            return one
    shown = ", ".join(list(spec.values)[:8])
    raise Bad(pointer, f"{text[:40]!r} is not one of: {shown}{', …' if len(spec.values) > 8 else ''}.")


def offering(taken: Taken, draft: Draft, seller: str, placer: Placer, *, create_categories: bool) -> Offering | None:
    """The draft as it would be published; None when stock was wrong for all of it (refusals are in `taken`).

    Cost: two JSON encodings.
    """
    parts = []
    for made in draft.variants:
        try:
            stock, unplaced, initial = placer.place(made)
        except Bad as bad:
            taken.refused.append(Refusal(made.line, bad.field, bad.reason, made.number))
            draft.held.append(made.code)
            draft.item_rows = [n for n in draft.item_rows if n != made.number]
            continue
        taken.unplaced_stock += unplaced
        parts.append(_part(made, seller, stock, initial=initial))
    if not parts:
        gone = {refusal.number for refusal in taken.refused}
        why = "The item has no variant that could be taken."
        taken.refused += [Refusal(draft.line, "", why, n) for n in draft.item_rows if n not in gone]
        return None
    strictest = max((p.variant.shipping_class for p in parts), key=_STRICTNESS.__getitem__)
    item = ItemOffered(
        item_id="", seller=seller, code=draft.code, feed_id="", as_of_ms=0, line=0, title=draft.title,
        description=draft.description, bullets=draft.bullets, brand=draft.brand, category=draft.category,
        category_id=draft.category_id, create_categories=create_categories, attributes=draft.attributes,
        attribute_labels=draft.labels, attribute_units=draft.units, pictures=draft.pictures, status=draft.status,
        rating=draft.rating, rating_count=draft.rating_count, released=draft.released, shipping_class=strictest,
    )  # fmt: skip
    item_json = ENCODER.encode(item)
    return Offering(
        action=draft.action,
        code=draft.code,
        line=draft.line,
        number=draft.item_rows[0] if draft.item_rows else parts[0].number,
        item=item,
        item_json=item_json,
        hash=digest(item_json),
        variants_hash=digest(*(part.variant_json for part in parts)),
        parts=parts,
        item_rows=draft.item_rows,
        held=draft.held,
    )


_STRICTNESS: Final[dict[str, int]] = {name: at for at, name in enumerate(SHIPPING_CLASSES)}


def _part(made: DraftVariant, seller: str, stock: list[StockCount], *, initial: bool) -> Part:
    variant = OfferedVariant(
        sku=sku_of(seller, made.code), code=made.code, attributes=made.attributes, eans=made.eans, model=made.model,
        pictures=made.pictures, active=made.active, shipping_class=made.shipping_class,
    )  # fmt: skip
    offer = OfferCore(
        price_minor=made.price_minor, tax_class=made.tax_class, active=made.active, stock=stock, initial=initial
    )
    offer_json, variant_json = ENCODER.encode(offer), ENCODER.encode(variant)
    return Part(
        code=made.code, line=made.line, number=made.number, variant=variant, offer=offer, offer_json=offer_json,
        hash=digest(variant_json, offer_json), price_missing=made.price_missing, variant_json=variant_json,
    )  # fmt: skip
