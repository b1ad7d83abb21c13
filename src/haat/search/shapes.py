"""What search reads of the catalogue's documents, and what it stores for a hit to show."""

from typing import Final

import msgspec

from haat.vocabulary import ShippingClass

Value = str | int | float | bool | list[str] | None


class Category(msgspec.Struct, frozen=True, gc=False):
    """A category of the path."""

    id: str
    name: str


class Picture(msgspec.Struct, frozen=True, gc=False):
    """A picture of the item."""

    key: str
    alt: str = ""
    width: int = 0
    height: int = 0


class Variant(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One variant of the catalogue's document, as far as search reads it."""

    sku: str
    code: str = ""
    attributes: dict[str, Value] = {}
    eans: list[str] = []
    model: str | None = None
    pictures: list[int] = []
    active: bool = True
    shipping_class: str | None = None


class Item(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The catalogue's document, as far as search reads it."""

    id: str
    version: int
    status: str
    title: str
    seller: str = ""
    description: str | None = None
    bullets: list[str] = []
    brand: str | None = None
    category: str | None = None
    categories: list[Category] = []
    attributes: dict[str, Value] = {}
    labels: dict[str, str] = {}
    units: dict[str, str] = {}
    pictures: list[Picture] = []
    variants: list[Variant] = []
    rating: float | None = None
    rating_count: int | None = None
    released: str | None = None
    shipping_class: str | None = None


class StoredSku(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One active sku inside a hit. `warehouses`: where a unit is free, if it can be bought."""

    sku: str
    price_minor: int | None
    currency: str
    warehouses: tuple[str, ...]
    few: bool  # not the count: most changes of stock then change nothing here
    attributes: dict[
        str, str | float | list[str] | None
    ]  # those that tell variants apart; the item's own are met by all
    picture: int = -1


class StoredHit(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What a hit shows, as it lies in the index."""

    id: str
    title: str
    brand: str | None
    shipping_class: ShippingClass
    pictures: list[Picture]
    rating: float | None
    rating_count: int
    skus: list[StoredSku]


class Head(msgspec.Struct, frozen=True, gc=False):
    """The part of the document that says how new it is."""

    version: int


ITEM_DECODER: Final = msgspec.json.Decoder(Item)
HEAD_DECODER: Final = msgspec.json.Decoder(Head)
HIT_ENCODER: Final = msgspec.msgpack.Encoder()
HIT_DECODER: Final = msgspec.msgpack.Decoder(StoredHit)
