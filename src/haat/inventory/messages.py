"""What inventory publishes, and its reading of what it hears."""

from typing import ClassVar

import msgspec


class OfferChanged(msgspec.Struct, frozen=True):
    """An offer's price, activity or existence changed."""

    topic: ClassVar[str] = "offers"
    type: ClassVar[str] = "offer.changed"
    schema_version: ClassVar[int] = 1

    item_id: str
    sku: str
    version: int
    price_minor: int | None
    active: bool


class StockChanged(msgspec.Struct, frozen=True):
    """A warehouse's count of a sku changed."""

    topic: ClassVar[str] = "stock"
    type: ClassVar[str] = "stock.changed"
    schema_version: ClassVar[int] = 1

    item_id: str
    sku: str
    warehouse: str
    on_hand: int
    held: int
    version: int


class StockHeld(msgspec.Struct, frozen=True):
    """Units of a sku were held for an order, given free again, or left. Deltas: reading the counts would cost the order
    a statement, and who hears this reads them anyway.
    """

    topic: ClassVar[str] = "stock"
    type: ClassVar[str] = "stock.held"
    schema_version: ClassVar[int] = 1

    item_id: str
    sku: str
    warehouse: str
    d_held: int
    d_on_hand: int


class CountOffered(msgspec.Struct, frozen=True):
    """A warehouse's count in an inbound row."""

    warehouse: str
    on_hand: int


class OfferOffered(msgspec.Struct, frozen=True):
    """An accepted row of a feed, as inventory reads it from `offers.inbound`."""

    item_id: str
    sku: str
    seller: str
    feed_id: str
    as_of_ms: int
    price_minor: int | None
    currency: str
    tax_class: str = "standard"
    active: bool = True
    stock: tuple[CountOffered, ...] = ()
    stock_mode: str = "restate"
