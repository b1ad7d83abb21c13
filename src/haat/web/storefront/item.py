"""The item document as pages read it: tolerant of what they do not use, with the choice of a variant."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec
from msgspec import Struct

from haat.vocabulary import ShippingClass
from haat.web.ports import Offer, Reach

Value = str | int | float | bool | list[str]


class ItemPicture(Struct, frozen=True):
    """A picture; sizes are the original's."""

    key: str
    alt: str = ""
    width: int = 0
    height: int = 0


class ItemCategory(Struct, frozen=True):
    """A step from the root to the item's category."""

    id: str
    name: str


class ItemVariant(Struct, frozen=True):
    """One sellable form; `pictures` are positions in the item's list."""

    sku: str
    code: str = ""
    attributes: dict[str, Value] = {}
    eans: list[str] = []
    model: str | None = None
    pictures: list[int] = []
    active: bool = True
    shipping_class: ShippingClass = "standard"


class ItemDocument(Struct, frozen=True, kw_only=True):
    """What pages use of an item."""

    id: str
    seller: str
    status: str
    title: str
    description: str = ""
    bullets: list[str] = []
    brand: str | None = None
    category: str | None = None
    categories: list[ItemCategory] = []
    attributes: dict[str, Value] = {}
    labels: dict[str, str] = {}
    units: dict[str, str] = {}
    pictures: list[ItemPicture] = []
    variants: list[ItemVariant] = []
    axes: list[str] = []
    rating: float | None = None
    rating_count: int = 0
    shipping_class: ShippingClass = "standard"

    def travels_as(self, sku: str | None) -> ShippingClass:
        """The shipping class of one of its skus; the item's own for one it does not have."""
        return next((v.shipping_class for v in self.variants if v.sku == sku), self.shipping_class)


_DECODER: Final = msgspec.json.Decoder(ItemDocument)


def read_item(document: bytes) -> ItemDocument:
    """The document's fields."""
    return _DECODER.decode(document)


def stocked(offer: Offer, reach: Reach) -> list[int]:
    """Ordinals of the warehouses that have it to sell."""
    return [reach.ordinals[row.warehouse] for row in offer.stock if row.free > 0 and row.warehouse in reach.ordinals]


def sellable(offer: Offer | None) -> bool:
    """Whether somebody could buy it now: active, priced, somewhere on a shelf."""
    return (
        offer is not None
        and offer.active
        and offer.price_minor is not None
        and any(row.free > 0 for row in offer.stock)
    )


def axes_of(item: ItemDocument) -> Sequence[str]:
    """Names of the attributes that tell the variants apart: the declared ones, else all that differ."""
    variants = [v for v in item.variants if v.active]
    if len(variants) < 2:
        return ()
    declared = [name for name in item.axes if any(name in v.attributes for v in variants)]
    if declared:
        return declared
    names = dict.fromkeys(name for v in variants for name in v.attributes)
    return [name for name in names if len({str(v.attributes.get(name)) for v in variants}) > 1][:3]


@dataclass(frozen=True, slots=True)
class Forms:
    """The variants of an item side by side: how they differ, and which can be bought."""

    variants: Sequence[ItemVariant]
    axes: Sequence[str]
    sold: Mapping[str, bool]  # by sku

    def nearest(self, here: ItemVariant, axis: str, value: str) -> ItemVariant:
        """The variant with this value on one axis that keeps most of the others; of equals one that can be bought."""

        def closeness(variant: ItemVariant) -> tuple[int, bool]:
            kept = (name for name in self.axes if name != axis)
            same = sum(variant.attributes.get(name) == here.attributes.get(name) for name in kept)
            return same, self.sold.get(variant.sku, False)

        return max((v for v in self.variants if str(v.attributes.get(axis)) == value), key=closeness)
