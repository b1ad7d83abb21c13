"""What the generator is told (stalls, leaves, sellers, warehouses) and what it makes (items, variants, stock)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from haat.vocabulary import ShippingClass

Value = str | int | float | bool | list[str]
AttributeKind = Literal["text", "number", "boolean", "enum", "multi"]


@dataclass(frozen=True, slots=True)
class Attribute:
    """One line of a category's schema, and the values the demo draws from.

    `choices` of a number are in `unit`; of a multi-value attribute, one to three are drawn. `likely` is the chance that
    a boolean is true, or that an attribute that is not required is given at all.
    """

    name: str
    label: str
    kind: AttributeKind
    choices: tuple[str | int | float, ...] = ()
    unit: str = ""
    required: bool = True
    facet: bool = True
    searchable: bool = False
    axis: bool = False
    likely: float = 0.5


@dataclass(frozen=True, slots=True)
class Leaf:
    """A leaf category: what lies in it, what it costs, how it is spoken of and drawn.

    `id` is the dotted path; `names` runs from the stall to the leaf. `price_rupees` is the range of the plain variant;
    `by` names the number attribute that a price grows with. `palette` lists colour names of `palette.COLOURS`.
    `titles` are templates over the item's values, `{line}` and `{noun}`. `uses` are noun phrases, `parts` sentences.
    """

    id: str
    names: tuple[str, ...]
    nouns: tuple[str, ...]
    kind: str
    palette: tuple[str, ...]
    price_rupees: tuple[int, int]
    attributes: tuple[Attribute, ...]
    titles: tuple[str, ...]
    uses: tuple[str, ...]
    parts: tuple[str, ...]
    lines: tuple[str, ...]
    brands: tuple[str, ...]
    tax_class: str = "gst-18"
    shipping: ShippingClass = "standard"
    by: str = ""
    hindi: str = ""
    share: float = 1.0

    @property
    def axes(self) -> tuple[str, ...]:
        """Names of the attributes that tell variants of one item apart."""
        return tuple(a.name for a in self.attributes if a.axis)


@dataclass(frozen=True, slots=True)
class Category:
    """A node of the tree, parents before children. `attributes` are its own; those of its ancestors hold too."""

    id: str
    name: str
    attributes: tuple[Attribute, ...] = ()


@dataclass(frozen=True, slots=True)
class Warehouse:
    """A place goods leave from: its PIN code, how far it sends, and which daily pickup (0 to 3) takes its parcels."""

    code: str
    name: str
    seller: str | None  # None: every seller may keep stock there
    pincode: str
    latitude: float
    longitude: float
    handling_days: int
    wave: int
    reach_km: float


@dataclass(frozen=True, slots=True)
class Seller:
    """Who sells: his stalls (first parts of category ids) and the codes of his warehouses. `breadth` is how many of
    them stock one item, at least and at most.
    """

    code: str
    name: str
    town: str
    stalls: tuple[str, ...]
    warehouses: tuple[str, ...]
    breadth: tuple[int, int]
    share: float = 1.0


@dataclass(frozen=True, slots=True)
class Look:
    """What decides a picture: its shape's name, the colour's name, and the brand's house style (0, 1, 2).

    Items with equal looks share one picture.
    """

    kind: str
    colour: str
    style: int

    @property
    def name(self) -> str:
        """A file-safe name, unique per look."""
        return f"{self.kind}-{self.colour}-{self.style}".replace(" ", "_")


@dataclass(frozen=True, slots=True)
class Variant:
    """A sellable size or colour. `stock` is units by warehouse code; `picture` is an index of the item's looks."""

    code: str
    attributes: Mapping[str, Value]
    ean: str
    model: str | None
    price_minor: int
    stock: Mapping[str, int]
    picture: int
    active: bool = True


@dataclass(frozen=True, slots=True)
class Item:
    """One generated item with its variants, offers and stock. `code` is the supplier's group code."""

    code: str
    seller: str
    leaf: Leaf
    title: str
    description: str
    bullets: tuple[str, ...]
    brand: str | None
    attributes: Mapping[str, Value]
    looks: tuple[Look, ...]
    variants: tuple[Variant, ...]
    rating: float | None
    rating_count: int
    released: str
    tax_class: str
    shipping: ShippingClass
    alts: tuple[str, ...] = field(default=())
