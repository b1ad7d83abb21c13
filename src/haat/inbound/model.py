"""Rows, drafts and refusals: what a source becomes on its way to events."""

from dataclasses import dataclass, field
from typing import Any, Final, Literal, NamedTuple

from haat.errors import Invalid
from haat.inbound.messages import AttributeValue

Action = Literal["offer", "price", "retire"]
"""What a row asks for: the whole item, only a new price, or that the item is no longer sold."""


class Limits:
    """How much a source may hold. Beyond these a row, or the file, is refused with the limit named."""

    LINE_BYTES: Final = 4 << 20  # one physical line or JSON row
    CELL_CHARS: Final = 131_072  # the csv module's own default
    COLUMNS: Final = 4_000  # Icecat's widest export has 5,354 keys over all rows but 194 in one
    JSON_DEPTH: Final = 32
    XML_DEPTH: Final = 40
    GROUPED_ROWS: Final = 2_000_000  # 24 bytes of memory for each row whose group may lie anywhere in the file
    UNPACKED_RATIO: Final = 250  # text seldom packs 60 times; bombs pack 1,000 times
    UNPACKED_FLOOR_BYTES: Final = 64 << 20
    CODE_CHARS: Final = 80  # a sku has 120 characters: 32 for the seller and a dot
    TITLE_CHARS: Final = 500
    TEXT_CHARS: Final = 50_000
    SHORT_CHARS: Final = 120  # brand, model
    CATEGORY_CHARS: Final = 100
    BULLETS: Final = 50
    BULLET_CHARS: Final = 1_000
    LIST_VALUE_CHARS: Final = 500
    VALUE_CHARS: Final = 10_000
    LIST_VALUES: Final = 100
    ATTRIBUTES: Final = 300
    PICTURES: Final = 50
    VARIANTS: Final = 200
    EANS: Final = 200
    CATEGORY_DEPTH: Final = 10
    STOCK_UNITS: Final = 10_000_000
    PRICE_MINOR: Final = 10**12


class Row(NamedTuple):
    """One source row: its first line (1-based), its filled cells, and its number among the rows.

    Lines are for people: two rows may share one (JSON and XML need no line breaks). Numbers count.
    """

    line: int
    cells: dict[str, Any]  # text, or what JSON can hold
    number: int = 0


class Refusal(NamedTuple):
    """Why a row is not taken."""

    line: int
    field: str
    reason: str
    number: int = 0


class Unreadable(Invalid):
    """The file itself cannot be read: packed, binary, no known format, or broken where no row can be named."""

    code, title = "unreadable-feed", "This file cannot be read as a feed"


class Bad(Exception):
    """A value is wrong. Caught where the row is known, and becomes a Refusal."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field
        self.reason = reason


class CurrencyRefused(Bad):
    """An amount in a currency that has no rate."""


@dataclass(slots=True)
class DraftVariant:
    """A sellable unit as a source describes it."""

    code: str
    line: int
    number: int  # of its row
    attributes: dict[str, AttributeValue] = field(default_factory=dict)
    eans: list[str] = field(default_factory=list)
    model: str | None = None
    pictures: list[str] = field(default_factory=list)
    active: bool = True
    shipping_class: str = "standard"
    tax_class: str = "standard"
    price_minor: int | None = None  # shop currency
    price_missing: bool = False  # the source has none, whatever stands in price_minor
    stock: dict[str, int] = field(default_factory=dict)  # by warehouse code; "" is a count without a place


@dataclass(slots=True)
class Draft:
    """An item as a source describes it, before it is checked against its category."""

    code: str
    line: int
    title: str = ""
    description: str = ""
    bullets: list[str] = field(default_factory=list)
    brand: str | None = None
    category: list[str] = field(default_factory=list)
    category_id: str | None = None
    attributes: dict[str, AttributeValue] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)
    pictures: list[str] = field(default_factory=list)
    status: str = "active"
    rating: float | None = None
    rating_count: int = 0
    released: str | None = None
    variants: list[DraftVariant] = field(default_factory=list)
    action: Action = "offer"
    item_rows: list[int] = field(default_factory=list)  # numbers of rows that say something about the item itself
    held: list[str] = field(default_factory=list)  # codes of variants whose rows were refused: they stay as they were


@dataclass(slots=True)
class Taken:
    """What a group of rows became: drafts, and the rows that belong to none."""

    drafts: list[Draft] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    rows: int = 0  # source rows in the group
    currency_refused: int = 0
    unplaced_stock: int = 0
    pictures_left_out: int = 0


@dataclass(slots=True)
class Notes:
    """What the reader noticed on the way, for the feed's report."""

    encoding: str = "utf-8"
    latin1_lines: int = 0
