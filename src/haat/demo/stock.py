"""Where an item's units lie: a few of its seller's warehouses, some nearly empty, some items sold out everywhere."""

from collections.abc import Mapping
from random import Random
from typing import Final

from haat.demo.model import Seller
from haat.vocabulary import ShippingClass

SOLD_OUT: Final = 0.05
LOW: Final = 0.12
LOW_UNITS: Final = 5  # what the storefront shows as "Only n left"


def spread(rng: Random, seller: Seller, variants: int, shipping: ShippingClass) -> list[Mapping[str, int]]:
    """Units by warehouse code, for each of an item's variants. A warehouse that is named may hold 0.

    Heavy things lie in fewer places: nobody keeps forty mattresses in nine towns.
    """
    least, most = seller.breadth
    if shipping == "heavy":
        most = max(least, most - 1)
    count = min(len(seller.warehouses), rng.randint(least, most))
    chosen = sorted(rng.sample(range(len(seller.warehouses)), count))
    codes = [seller.warehouses[place] for place in chosen]
    mood = rng.random()
    return [_variant(rng, codes, mood) for _ in range(variants)]


def _variant(rng: Random, codes: list[str], mood: float) -> Mapping[str, int]:
    if mood < SOLD_OUT:
        return dict.fromkeys(codes, 0)
    if mood < SOLD_OUT + LOW:
        units = dict.fromkeys(codes, 0)
        units[rng.choice(codes)] = rng.randint(1, LOW_UNITS)
        return units
    if rng.random() < 0.06:  # this size is gone, the others are not
        return dict.fromkeys(codes, 0)
    return {code: 0 if rng.random() < 0.1 else rng.randint(6, 120) for code in codes}
