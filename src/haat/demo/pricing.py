"""What a variant costs, in paise, and how well an item is liked: plausible, not true."""

import math
from collections.abc import Mapping
from random import Random
from typing import Final

from haat.demo.model import Attribute, Leaf, Value

_POWERS: Final[Mapping[str, float]] = {
    "kg": 0.9, "g": 0.9, "ml": 0.85, "l": 0.55, "GB": 0.16, "persons": 0.5, "mAh": 0.45, "cm": 0.75, "pieces": 0.88,
    "seeds": 0.5, "W": 0.4,
}  # fmt: skip
"""By unit: price grows with amount ** power. Bulk is cheaper per kilogram; storage is nearly free."""

_STEPS: Final[Mapping[str, float]] = {
    "single": 1.0, "double": 1.35, "queen": 1.5, "king": 1.7, "hardcover": 1.6, "long": 1.08, "XXL": 1.05,
    "Short Handle": 1.15, "Harrow": 1.08, "duck down": 1.3,
}  # fmt: skip


def base_rupees(rng: Random, leaf: Leaf, values: Mapping[str, Value]) -> float:
    """The price of the plain variant: within the leaf's range, along the attribute it grows with."""
    low, high = leaf.price_rupees
    place = rng.random()
    grows = next((a for a in leaf.attributes if a.name == leaf.by and not a.axis), None)
    if grows is not None:
        place = 0.75 * grows.choices.index(_number(values[leaf.by])) / (len(grows.choices) - 1) + 0.25 * place
    return low * math.exp(math.log(high / low) * place)


def price_minor(base: float, leaf: Leaf, own: Mapping[str, Value]) -> int:
    """Paise for a variant with these axis values, ending as prices in shops do."""
    rupees = base
    for attribute in leaf.attributes:
        if attribute.name not in own:
            continue
        value = own[attribute.name]
        if attribute.kind == "number":
            rupees *= (_number(value) / _reference(attribute)) ** _POWERS.get(attribute.unit, 0.3)
        elif isinstance(value, str):
            rupees *= _STEPS.get(value, 1.0)
    return _ending(rupees) * 100


def _reference(attribute: Attribute) -> float:
    """The amount a leaf's price range speaks of: one piece, else the second size, which sells most."""
    return _number(attribute.choices[0 if attribute.unit == "pieces" else 1])


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{value!r} is not a number")
    return value


def _ending(rupees: float) -> int:
    if rupees < 200:
        return max(5, round(rupees))
    if rupees < 1_000:
        return round(rupees / 10) * 10 - 1
    if rupees < 10_000:
        return round(rupees / 50) * 50 - 1
    return round(rupees / 500) * 500 - 10


def rating(rng: Random, days_out: int) -> tuple[float | None, int]:
    """Mean of the stars and how many gave them; nothing for one in nine, and few for what is new."""
    if days_out < 7 or rng.random() < 0.11:
        return None, 0
    count = max(1, int(rng.lognormvariate(3.9, 1.3) * min(1.0, days_out / 240)))
    spread = 0.36 if count > 20 else 0.6
    return round(min(4.9, max(2.4, rng.gauss(4.15, spread))), 1), count


def ean13(serial: int) -> str:
    """A 13-digit article number in GS1's range for use inside one company (29…), so it is nobody's.

    Source: GS1 General Specifications, 7.9 (check digit: weights 1 and 3 from the left, complement to ten).
    """
    body = f"29{serial % 10**10:010d}"
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(body))
    return f"{body}{-total % 10}"
