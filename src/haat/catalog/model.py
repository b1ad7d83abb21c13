"""Items as they are stored, and as everyone reads them: the pinned item document.

Readers in other contexts declare their own Struct of the fields they use. `Item.origin` is the catalogue's own
memory (feed order, the URLs a feed named) and is left out of every answer to people.
"""

from typing import Final, Literal

import msgspec
from msgspec import UNSET, Struct, UnsetType

from haat.vocabulary import ShippingClass

Value = str | int | float | bool | list[str]
"""An attribute's value. Numbers are in the schema's unit; a list is a multi-value attribute."""

Status = Literal["draft", "active", "retired"]

MAX_TITLE_CHARS: Final = 500  # twice the longest title of the real catalogues we tried
MAX_DESCRIPTION_CHARS: Final = 100_000
MAX_BULLETS: Final = 50
MAX_BULLET_CHARS: Final = 1_000
MAX_BRAND_CHARS: Final = 200
MAX_CODE_CHARS: Final = 87  # a sku has 120: 32 for the seller and a dot
MAX_VARIANTS: Final = 200
MAX_ATTRIBUTES: Final = 300  # the widest real product we saw has 184
MAX_NAME_CHARS: Final = 100
MAX_LABEL_CHARS: Final = 200
MAX_UNIT_CHARS: Final = 32
MAX_TEXT_CHARS: Final = 10_000
MAX_VALUES: Final = 500
MAX_VALUE_CHARS: Final = 500
MAX_PICTURES: Final = 50
MAX_ALT_CHARS: Final = 300
MAX_EANS: Final = 200  # one real product lists 127
MAX_MODEL_CHARS: Final = 200
MAX_ITEM_BYTES: Final = 1_000_000  # of the encoded document: what one read of a page may cost


class Picture(Struct, frozen=True, forbid_unknown_fields=True):
    """A picture of an item: `/pictures/{key}/{width}.{avif|webp}`. Width and height are the original's, in pixels."""

    key: str
    alt: str = ""
    width: int = 0
    height: int = 0


class CategoryRef(Struct, frozen=True):
    """A step of the way from the root of the tree to the item's category."""

    id: str
    name: str


class Variant(Struct, frozen=True):
    """One sellable form of an item. `pictures` are positions in the item's list; `attributes` are only its own."""

    sku: str
    code: str
    attributes: dict[str, Value] = {}
    eans: list[str] = []
    model: str | None = None
    pictures: list[int] = []
    active: bool = True
    shipping_class: ShippingClass = "standard"


class Origin(Struct, frozen=True, omit_defaults=True):
    """Where the current content came from, and how new it is. Never shown.

    `digest` is of the offered content (empty once a person wrote the item), so a repeated row costs no validation.
    """

    as_of_ms: int = 0
    line: int = 0
    feed_id: str = ""
    digest: str = ""
    pictures: list[str] = []  # URLs in the feed's order
    variant_pictures: dict[str, list[str]] = {}  # sku → its URLs


class ItemView(Struct, frozen=True, kw_only=True):
    """An item as answers show it. Times are RFC 3339 UTC; `released` is a date."""

    id: str
    seller: str
    code: str
    version: int
    status: Status
    title: str
    description: str = ""
    bullets: list[str] = []
    brand: str | None = None
    category: str | None = None
    categories: list[CategoryRef] = []
    attributes: dict[str, Value] = {}
    labels: dict[str, str] = {}
    units: dict[str, str] = {}
    pictures: list[Picture] = []
    variants: list[Variant] = []
    axes: list[str] = []
    rating: float | None = None
    rating_count: int = 0
    released: str | None = None
    shipping_class: ShippingClass = "standard"
    created: str
    updated: str


class Item(ItemView, frozen=True, kw_only=True):
    """The item document: what is shown, and where it came from."""

    origin: Origin | UnsetType = UNSET


_ENCODER: Final = msgspec.json.Encoder()
_DECODER: Final = msgspec.json.Decoder(Item)


def encode(item: Item) -> bytes:
    """The document's bytes."""
    return _ENCODER.encode(item)


def decode(body: bytes) -> Item:
    """The item of a stored document. Raises: msgspec.ValidationError when it is not one."""
    return _DECODER.decode(body)


def shown(item: Item) -> Item:
    """The item without the catalogue's own memory: what answers carry."""
    return msgspec.structs.replace(item, origin=UNSET) if item.origin is not UNSET else item


def origin_of(item: Item) -> Origin:
    """Where the item's content came from; an empty Origin for one that never had any."""
    return item.origin if isinstance(item.origin, Origin) else Origin()
