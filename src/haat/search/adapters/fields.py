"""What of an entry lies the same way in every engine, and what of its attributes can be a facet."""

import math
from base64 import b64encode
from collections.abc import Iterable, Mapping
from typing import Any, Final

from haat.search.bands import band_of
from haat.search.index import AttributeKind, Entry

KIND_LETTERS: Final[Mapping[AttributeKind, str]] = {"text": "t", "number": "n", "boolean": "b"}
KIND_OF_LETTER: Final[Mapping[str, AttributeKind]] = {letter: kind for kind, letter in KIND_LETTERS.items()}
HUB_CODES: Final = 256
MAX_VALUE_CHARS: Final = 120
"""Longer texts are prose, not choices: they stay searchable and are no facet."""
MAX_LEVELS: Final = 12


def common(entry: Entry) -> dict[str, Any]:
    """Fields by name. Money in minor units, as whole numbers."""
    fields: dict[str, Any] = {
        "text": entry.text,
        "exact": entry.exact,
        "class": entry.shipping_class,
        "price": entry.prices_minor,
        "price_band": sorted({band_of(price) for price in entry.prices_minor}),
        "price_key": entry.price_key,
        "price_desc_key": entry.price_desc_key,
        "newest_key": entry.newest_key,
        "rating_key": entry.rating_key,
        "warehouse": entry.warehouses,
        "arrival": entry.arrivals,
        "hit": b64encode(entry.hit).decode(),
    }
    if entry.brand:
        fields["brand"] = entry.brand
    return fields


def attributes(entry: Entry, texts: Iterable[str], numbers: Iterable[str]) -> list[str]:
    """The words that name an item's attributes with their kinds."""
    letters = [KIND_LETTERS[entry.kinds.get(name, "text")] + name for name in texts]
    return letters + [KIND_LETTERS["number"] + name for name in numbers]


def choices(values: Iterable[str]) -> dict[str, None]:
    """Values that can be a choice, once each, in their order."""
    return dict.fromkeys(value for value in values if value and len(value) <= MAX_VALUE_CHARS)


def finite(values: Iterable[float]) -> list[float]:
    """Numbers that can be a choice, once each, by size."""
    return sorted({float(value) for value in values if math.isfinite(value)})
