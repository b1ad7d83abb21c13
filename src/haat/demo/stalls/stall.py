"""How a stall states its leaves: what all of them share is said once."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from haat.demo.model import Attribute, Category, Leaf
from haat.demo.words import BRANDS, LINES
from haat.vocabulary import ShippingClass


@dataclass(frozen=True, slots=True)
class Stall:
    """The root of a part of the tree. `groups` maps the second part of a path to its name; `attributes` hold for all."""

    id: str
    name: str
    groups: Mapping[str, str]
    attributes: tuple[Attribute, ...] = ()
    tax_class: str = "gst-18"

    def leaf(
        self, path: str, name: str, kind: str, *, nouns: str, palette: str, price: tuple[int, int],
        attributes: tuple[Attribute, ...], titles: str, uses: str, parts: str, lines: str, by: str = "",
        hindi: str = "", tax: str = "", shipping: ShippingClass = "standard", share: float = 1.0, brands: str = "",
    ) -> Leaf:  # fmt: skip
        """One leaf; `path` is `group.leaf`. Lists are written with `|` between, palette names with commas."""
        group = path.partition(".")[0]
        return Leaf(
            id=f"{self.id}.{path}",
            names=(self.name, self.groups[group], name),
            nouns=tuple(nouns.split("|")),
            kind=kind,
            palette=tuple(palette.split(",")),
            price_rupees=price,
            attributes=self.attributes + attributes,
            titles=tuple(titles.split("|")),
            uses=tuple(uses.split("|")),
            parts=tuple(parts.split("|")),
            lines=LINES[lines],
            brands=BRANDS[brands or self.id],
            tax_class=tax or self.tax_class,
            shipping=shipping,
            by=by,
            hindi=hindi,
            share=share,
        )

    def categories(self, leaves: tuple[Leaf, ...]) -> tuple[Category, ...]:
        """The stall, its groups and its leaves, parents first; inherited attributes stay with the stall."""
        own = len(self.attributes)
        return (
            Category(self.id, self.name, self.attributes),
            *(Category(f"{self.id}.{slug}", name) for slug, name in self.groups.items()),
            *(Category(leaf.id, leaf.names[-1], leaf.attributes[own:]) for leaf in leaves),
        )


SIZES: Final = ("XS", "S", "M", "L", "XL", "XXL")
