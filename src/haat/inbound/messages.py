"""What inbound publishes: an item as its supplier offers it, and each sku's offer.

Consumers keep the greatest `as_of_ms` per item and per sku and skip what is not newer; events of one item keep order.
"""

from typing import ClassVar

from msgspec import Struct, field

AttributeValue = str | int | float | bool | list[str]
"""An attribute's value; numbers are in the unit named beside it."""


class OfferedVariant(Struct, frozen=True, kw_only=True):
    """One sellable unit of an item."""

    sku: str  # "<seller code>.<code>"
    code: str  # the supplier's own
    attributes: dict[str, AttributeValue] = field(default_factory=dict)
    eans: list[str] = field(default_factory=list)
    model: str | None = None
    pictures: list[str] = field(default_factory=list)  # URLs, each also among the item's
    active: bool = True
    shipping_class: str = "standard"


class ItemOffered(Struct, frozen=True, kw_only=True):
    """An item as one feed describes it: the whole item, not a difference."""

    topic: ClassVar[str] = "items.inbound"
    type: ClassVar[str] = "item.offered"
    schema_version: ClassVar[int] = 1

    item_id: str
    seller: str  # code
    code: str  # the supplier's code of the item (of the group, when it has variants)
    feed_id: str
    as_of_ms: int  # the order of feeds
    line: int  # where it begins in the source, 1-based
    title: str
    description: str = ""
    bullets: list[str] = field(default_factory=list)
    brand: str | None = None
    category: list[str] = field(default_factory=list)  # names, root to leaf
    category_id: str | None = None
    create_categories: bool = False
    attributes: dict[str, AttributeValue] = field(default_factory=dict)
    attribute_labels: dict[str, str] = field(default_factory=dict)
    attribute_units: dict[str, str] = field(default_factory=dict)
    pictures: list[str] = field(default_factory=list)  # URLs
    status: str = "active"  # draft, active or retired
    rating: float | None = None  # 0 to 5
    rating_count: int = 0
    released: str | None = None  # YYYY-MM-DD
    shipping_class: str = "standard"
    variants: list[OfferedVariant] = field(default_factory=list)


class StockCount(Struct, frozen=True):
    """Units of a sku in a warehouse."""

    warehouse: str  # whs_ id
    on_hand: int


class OfferOffered(Struct, frozen=True, kw_only=True):
    """A sku's price and stock as one feed states them. No stock rows: the feed says nothing about stock."""

    topic: ClassVar[str] = "offers.inbound"
    type: ClassVar[str] = "offer.offered"
    schema_version: ClassVar[int] = 1

    item_id: str
    sku: str
    seller: str  # code
    feed_id: str
    as_of_ms: int
    line: int
    price_minor: int | None  # in the shop's currency; None: listed, not sellable
    currency: str
    tax_class: str = "standard"
    active: bool = True
    stock: list[StockCount] = field(default_factory=list)
    stock_mode: str = "restate"  # "initial": for stock rows that do not exist yet
