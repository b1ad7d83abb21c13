"""From an item, its offers and the delivery matrix to what the index keeps.

The rules in one place: a *stocked* sku is one whose variant and offer are active, that has a price, and of which a
warehouse has a unit free. Prices, attributes of variants, warehouses, hubs and arrival codes of an item come from its
stocked skus; when it has none, prices and attributes come from its active ones, and nothing says where it goes.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from hashlib import blake2b
from typing import Final

import numpy as np

from haat.search.index import AttributeKind, Entry, Label
from haat.search.ports import OfferRow, Reach
from haat.search.reachkey import ReachKeys
from haat.search.shapes import (
    HEAD_DECODER,
    HIT_ENCODER,
    ITEM_DECODER,
    Item,
    StoredHit,
    StoredSku,
    Value,
    Variant,
)
from haat.search.text.tokens import exact_key, read_item
from haat.vocabulary import SHIPPING_CLASSES, ShippingClass

HUB_CODES: Final = 256
FEW_UNITS: Final = 5
REMEMBERED_SETS: Final = 256
"""Sets of warehouses whose hubs are kept at hand, 20 kB each."""
_NEVER: Final = 255
_TIE_BITS: Final = 30  # of an item's hash, behind each sort value: one total order without a second sort field
_MOST_MINOR: Final = (1 << 33) - 1
_MOST_DAYS: Final = (1 << 16) - 1
_TAG: Final = re.compile(r"<[^>]{0,2000}>")
_MARK: Final = re.compile(r"[<&]")
_PRIOR_MEAN: Final = 3.5  # an item with few ratings is thought to be like most others
_PRIOR_COUNT: Final = 5


@dataclass(frozen=True, slots=True)
class Words:
    """The words of an item, as the text tokens and the second stage read them (their `ItemView`)."""

    title: str
    category_names: Sequence[str]
    category_id: str | None
    brand: str | None
    attribute_values: Sequence[str]
    bullets: Sequence[str]
    description: str
    models: Sequence[str]
    in_stock: bool


@dataclass(frozen=True, slots=True)
class Built:
    """An entry for the index, and the words it was made from: with their tokens, and as they are written."""

    entry: Entry
    item_version: int
    words: Words
    title: list[str]
    text: list[str]
    written: list[str]

    @classmethod
    def of_gone(cls, entry: Entry, item_version: int) -> "Built":
        """An item that nobody finds any more."""
        return cls(entry, item_version, _NO_WORDS, [], [], [])


_NO_WORDS: Final = Words("", (), None, None, (), (), "", (), in_stock=False)


@dataclass(frozen=True, slots=True)
class _Sku:
    variant: Variant
    offer: OfferRow | None
    warehouses: tuple[str, ...]  # with a free unit, if it is for sale
    units: int

    @property
    def stocked(self) -> bool:
        return bool(self.warehouses)


class Builder:
    """Builds entries against one matrix. Cost: about 200 CPU-µs an item with 150 words, 20 of it for the hubs."""

    def __init__(self, reach: Reach) -> None:
        self._reach = reach
        self._keys = ReachKeys(reach)
        self._generation = max(reach.generation, 0)
        self._reached: dict[tuple[tuple[str, ...], ShippingClass], tuple[Sequence[int], Sequence[int]]] = {}

    def build(self, document: bytes, offers: Sequence[OfferRow]) -> Built:
        """The entry of an item. Raises: msgspec.ValidationError when the document is not one."""
        item = ITEM_DECODER.decode(document)
        skus = _skus(item, offers)
        relevant = [s for s in skus if s.stocked] or skus
        version = _version(item.version, offers, self._generation)
        if item.status != "active":
            return Built.of_gone(Entry(id=item.id, version=version, state="gone", document=document), item.version)
        words = _words(item, relevant)
        title, text, written = read_item(words)
        texts, numbers, kinds = _attributes(item, relevant)
        shipping_class = _strictest(item, skus)
        warehouses = tuple(dict.fromkeys(w for sku in relevant for w in sku.warehouses))
        hubs, arrivals = self._arrivals(warehouses, shipping_class)
        prices = tuple(
            sorted({s.offer.price_minor for s in relevant if s.offer is not None and s.offer.price_minor is not None})
        )
        entry = Entry(
            id=item.id,
            version=version,
            state="stocked" if warehouses else "listed",
            title=" ".join(title),
            text=" ".join(text),
            exact=_exact(item, skus),
            categories=tuple(c.id for c in item.categories) or _ancestors(item.category),
            brand=item.brand or None,
            seller=item.seller,
            shipping_class=shipping_class,
            texts=texts,
            numbers=numbers,
            kinds=kinds,
            prices_minor=prices,
            warehouses=warehouses,
            hubs=hubs,
            arrivals=arrivals,
            reach_key=self._keys.of(warehouses),
            labels=_labels(item, texts, numbers),
            hit=HIT_ENCODER.encode(_hit(item, skus, shipping_class)),
            document=document,
            **_sort_keys(item, prices),
        )
        return Built(entry, item.version, words, title, text, written)

    def version(self, document: bytes, offers: Sequence[OfferRow]) -> int:
        """The version that `build` would give. Cost: 5 µs. Raises: as `build`."""
        return _version(item_version_of(document), offers, self._generation)

    def gone(self, item_id: str, offers: Sequence[OfferRow]) -> Entry:
        """The entry of an item that the catalogue no longer has."""
        return Entry(id=item_id, version=_version(0, offers, self._generation), state="gone")

    def _arrivals(
        self, warehouses: tuple[str, ...], shipping_class: ShippingClass
    ) -> tuple[Sequence[int], Sequence[int]]:
        """Remembered: a seller's items mostly lie in the same warehouses."""
        key = (warehouses, shipping_class)
        if key not in self._reached:
            if len(self._reached) >= REMEMBERED_SETS:
                self._reached.clear()
            self._reached[key] = self._computed(*key)
        return self._reached[key]

    def _computed(
        self, warehouses: Sequence[str], shipping_class: ShippingClass
    ) -> tuple[Sequence[int], Sequence[int]]:
        rows = [row for w in warehouses if (row := self._reach.ordinals.get(w)) is not None]
        if not rows:
            return (), ()
        table = self._reach.codes[shipping_class]
        codes = table[rows[0]] if len(rows) == 1 else table[rows].min(axis=0)
        hubs = np.flatnonzero(codes != _NEVER)
        return hubs.tolist(), (hubs * HUB_CODES + codes[hubs]).tolist()


def item_version_of(document: bytes) -> int:
    """The version a document says. Cost: 3 µs. Raises: msgspec.ValidationError."""
    return HEAD_DECODER.decode(document).version


def _skus(item: Item, offers: Sequence[OfferRow]) -> list[_Sku]:
    """The item's active variants with what can be bought of each."""
    by_sku = {offer.sku: offer for offer in offers}
    found = []
    for variant in item.variants:
        if not variant.active:
            continue
        offer = by_sku.get(variant.sku)
        for_sale = offer is not None and offer.active and offer.price_minor is not None
        free = [(row.warehouse, row.free) for row in offer.stock if row.free > 0] if offer and for_sale else []
        found.append(_Sku(variant, offer, tuple(w for w, _ in free), sum(units for _, units in free)))
    return found


def _version(item: int, offers: Sequence[OfferRow], generation: int) -> int:
    """Grows with every change of item, offer or stock, then with the matrix: the last hint writes the largest."""
    total = item + sum(o.version + sum(s.version for s in o.stock) for o in offers)
    return total << 24 | generation & 0xFFFFFF


def _words(item: Item, skus: Sequence[_Sku]) -> Words:
    values: dict[str, None] = {}
    for name, value in (*item.attributes.items(), *(p for s in skus for p in s.variant.attributes.items())):
        for text in _spoken(value, item.units.get(name, "")):
            values[text] = None
    models = dict.fromkeys(m for s in skus for m in (s.variant.model, s.variant.code) if m)
    return Words(
        title=item.title,
        category_names=[c.name for c in item.categories],
        category_id=item.category,
        brand=item.brand,
        attribute_values=list(values),
        bullets=item.bullets,
        description=_plain(item.description or ""),
        models=list(models),
        in_stock=any(s.stocked for s in skus),
    )


def _spoken(value: Value, unit: str) -> Sequence[str]:
    """What people would type for a value; true, false and a number without unit say nothing without their name."""
    if isinstance(value, bool) or value is None:
        return ()
    if isinstance(value, str):
        return (value,)
    if isinstance(value, list):
        return value
    return (f"{value:g} {unit}",) if unit else ()


def _plain(text: str) -> str:
    if not _MARK.search(text):
        return text
    return _TAG.sub(" ", text).replace("&amp;", "&").replace("&nbsp;", " ").replace("&lt;", "<").replace("&gt;", ">")


def _attributes(
    item: Item, skus: Sequence[_Sku]
) -> tuple[dict[str, dict[str, None]], dict[str, list[float]], dict[str, AttributeKind]]:
    texts: dict[str, dict[str, None]] = {}
    numbers: dict[str, list[float]] = {}
    kinds: dict[str, AttributeKind] = {}
    for given in (item.attributes, *(s.variant.attributes for s in skus)):
        for name, value in given.items():
            if isinstance(value, bool):
                kinds.setdefault(name, "boolean")
                texts.setdefault(name, {})["true" if value else "false"] = None
            elif isinstance(value, (int, float)):
                numbers.setdefault(name, []).append(float(value))
            elif value:
                texts.setdefault(name, {}).update(dict.fromkeys([value] if isinstance(value, str) else value))
    return texts, numbers, kinds


def _strictest(item: Item, skus: Sequence[_Sku]) -> ShippingClass:
    """The strictest class of the item and its skus; a word we do not know ships as the strictest."""
    given = [s.variant.shipping_class for s in skus] + [item.shipping_class]
    ranks = [SHIPPING_CLASSES.index(c) if c in SHIPPING_CLASSES else len(SHIPPING_CLASSES) - 1 for c in given if c]
    return SHIPPING_CLASSES[max(ranks, default=0)]


def _exact(item: Item, skus: Sequence[_Sku]) -> tuple[str, ...]:
    keys: dict[str, None] = {exact_key(item.id): None}
    for sku in skus:
        variant = sku.variant
        for text in (variant.sku, variant.code, variant.model, *variant.eans):
            if text:
                keys[exact_key(text)] = None
    keys.pop("", None)
    return tuple(keys)


def _ancestors(category: str | None) -> tuple[str, ...]:
    if not category:
        return ()
    parts = category.split(".")
    return tuple(".".join(parts[: depth + 1]) for depth in range(len(parts)))


def _labels(item: Item, texts: Mapping[str, object], numbers: Mapping[str, object]) -> dict[str, Label]:
    labels = {"category:" + c.id: _label(c.name, "") for c in item.categories}
    for name in (*texts, *numbers):
        label, unit = item.labels.get(name, ""), item.units.get(name, "")
        if label or unit:
            labels["attribute:" + name] = _label(label, unit)
    return labels


@lru_cache(maxsize=1 << 14)
def _label(label: str, unit: str) -> Label:
    return Label(label, unit)


def _sort_keys(item: Item, prices: Sequence[int]) -> dict[str, int]:
    """Ascending numbers: the value first, then bits of the item's hash, so that no two items tie."""
    tie = int.from_bytes(blake2b(item.id.encode(), digest_size=4).digest(), "big") >> (32 - _TIE_BITS)
    price = min(prices[0], _MOST_MINOR) if prices else _MOST_MINOR
    price_desc = _MOST_MINOR - min(prices[0], _MOST_MINOR) if prices else _MOST_MINOR
    age = _MOST_DAYS - _days(item.released)
    return {
        "price_key": price << _TIE_BITS | tie,
        "price_desc_key": price_desc << _TIE_BITS | tie,
        "newest_key": age << _TIE_BITS | tie,
        "rating_key": (_dislike(item) << 16 | age) << _TIE_BITS | tie,
    }


def _days(released: str | None) -> int:
    """Days since 1970 of a release date; 0 when there is none, or none that is a date."""
    try:
        day = date.fromisoformat(released[:10]) if released else None
    except ValueError:
        day = None
    return min(max((day - date(1970, 1, 1)).days, 0), _MOST_DAYS) if day else 0


def _dislike(item: Item) -> int:
    """How far from five stars, in 17 bits; items without ratings come last. Source: Bayesian average."""
    count = item.rating_count or 0
    if item.rating is None or count <= 0:
        return (1 << 17) - 1
    mean = (item.rating * count + _PRIOR_MEAN * _PRIOR_COUNT) / (count + _PRIOR_COUNT)
    return round((5 - min(max(mean, 0.0), 5.0)) * 20_000)


def _hit(item: Item, skus: Sequence[_Sku], shipping_class: ShippingClass) -> StoredHit:
    own = item.pictures
    used = dict.fromkeys([0, *(s.variant.pictures[0] for s in skus if s.variant.pictures)])
    places = {at: place for place, at in enumerate(at for at in used if 0 <= at < len(own))}
    stored = [
        StoredSku(
            s.variant.sku,
            s.offer.price_minor if s.offer is not None and s.offer.active else None,
            s.offer.currency if s.offer is not None else "",
            s.warehouses,
            s.units <= FEW_UNITS,
            {name: _stored(value) for name, value in s.variant.attributes.items()},
            places.get(s.variant.pictures[0], -1) if s.variant.pictures else -1,
        )
        for s in skus
    ]
    pictures = [own[at] for at in places]
    count = item.rating_count or 0
    return StoredHit(item.id, item.title, item.brand or None, shipping_class, pictures, item.rating, count, stored)


def _stored(value: Value) -> str | float | list[str] | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    return float(value) if isinstance(value, int) else value
