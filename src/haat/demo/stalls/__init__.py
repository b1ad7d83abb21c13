"""The stalls of the demo market: 100 leaf categories under 13 stalls, three levels deep."""

from typing import Final

from haat.demo.model import Category, Leaf
from haat.demo.stalls import (
    beauty,
    books,
    electronics,
    fashion,
    furniture,
    grocery,
    handloom,
    home,
    outdoor,
    sports,
    toys,
    workshop,
)

_STALLS: Final = (
    (outdoor.STALL, outdoor.LEAVES),
    (home.STALL, home.LEAVES),
    (handloom.STALL, handloom.LEAVES),
    (books.STALL, books.LEAVES),
    (grocery.STALL, grocery.LEAVES),
    (electronics.STALL, electronics.LEAVES),
    (beauty.STALL, beauty.LEAVES),
    (sports.STALL, sports.LEAVES),
    (toys.STALL, toys.LEAVES),
    (fashion.STALL, fashion.LEAVES),
    (furniture.STALL, furniture.LEAVES),
    (workshop.GARDEN, workshop.GARDEN_LEAVES),
    (workshop.TOOLS, workshop.TOOLS_LEAVES),
)
LEAVES: Final[tuple[Leaf, ...]] = tuple(leaf for _, leaves in _STALLS for leaf in leaves)
CATEGORIES: Final[tuple[Category, ...]] = tuple(c for stall, leaves in _STALLS for c in stall.categories(leaves))
"""Parents before children, in the order of the stalls on the home page."""
