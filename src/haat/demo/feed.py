"""An item as a line of a haat JSON Lines feed: the demo comes in the way every supplier's goods do."""

from collections.abc import Mapping
from typing import Final

import msgspec

from haat.demo.model import Item, Look, Variant

_ENCODER: Final = msgspec.json.Encoder(order="deterministic")
CURRENCY: Final = "INR"
PICTURE: Final = "picture:"
"""How a feed names a picture that the shop has already: this, and its key."""


def line(item: Item, pictures: Mapping[Look, str]) -> bytes:
    """The item with its variants, prices and stock, ended by a newline. Looks without a key go without a picture."""
    keys = [f"{PICTURE}{pictures[look]}" if look in pictures else "" for look in item.looks]
    declared = {attribute.name: attribute for attribute in item.leaf.attributes}
    used = [declared[name] for name in (*item.attributes, *item.leaf.axes)]
    row: dict[str, object] = {
        "code": item.code,
        "title": item.title,
        "description": item.description,
        "bullets": item.bullets,
        "category_id": item.leaf.id,
        "attributes": item.attributes,
        "labels": {attribute.name: attribute.label for attribute in used},
        "units": {attribute.name: attribute.unit for attribute in used if attribute.unit},
        "pictures": [key for key in keys if key],
        "released": item.released,
        "shipping_class": item.shipping,
        "variants": [_variant(item, variant, keys) for variant in item.variants],
    }
    if item.brand:
        row["brand"] = item.brand
    if item.rating is not None:
        row["rating"] = item.rating
        row["rating_count"] = item.rating_count
    return _ENCODER.encode(row) + b"\n"


def _variant(item: Item, variant: Variant, keys: list[str]) -> dict[str, object]:
    row: dict[str, object] = {
        "code": variant.code,
        "attributes": variant.attributes,
        "eans": [variant.ean],
        "active": variant.active,
        "price_minor": variant.price_minor,
        "currency": CURRENCY,
        "tax_class": item.tax_class,
        "shipping_class": item.shipping,
        "stock": variant.stock,
    }
    if variant.model:
        row["model"] = variant.model
    if keys[variant.picture]:
        row["pictures"] = [keys[variant.picture]]
    return row
