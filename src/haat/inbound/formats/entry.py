"""An entry: one source row in haat's words, its values still as the source wrote them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal, NamedTuple, Protocol

from haat.inbound import values
from haat.inbound.mapping import Mapping as FeedMapping
from haat.inbound.messages import AttributeValue
from haat.inbound.model import Action, Bad, Refusal, Row
from haat.inbound.readers.source import Source

Role = Literal["both", "item", "variant", "more"]
"""What a row describes: an item that is its own sku, an item with variants, one variant, or more pictures."""


class Attribute(NamedTuple):
    """How an attribute is read; its value as written goes with it."""

    name: str
    label: str
    column: str
    kind: str = "auto"
    unit: str = ""
    separator: str = ""
    variant: bool = False


@dataclass(slots=True)
class Entry:
    """One row. Empty means that the row does not say; `columns` names the source's columns for reports."""

    line: int
    number: int
    role: Role = "both"
    code: Any = ""
    title: Any = ""
    description: Any = ""
    bullets: Any = None
    brand: Any = ""
    category: Sequence[str] = ()
    category_id: str = ""
    eans: Sequence[Any] = ()
    model: Any = ""
    pictures: Sequence[Any] = ()
    status: str = ""
    active: Any = ""
    rating: Any = None
    rating_count: Any = None
    released: Any = ""
    tax_class: Any = ""
    shipping_class: str = ""
    price: Any = None
    currency: str = ""
    price_minor: Any = None  # already in the shop's minor units
    stock: dict[str, Any] = field(default_factory=dict)  # by warehouse code; "" without a place
    attributes: list[tuple[Attribute, Any]] = field(default_factory=list)
    action: Action = "offer"
    of_item: dict[str, AttributeValue] = field(default_factory=dict)  # attributes as read
    of_variant: dict[str, AttributeValue] = field(default_factory=dict)
    problems: list[Bad] = field(default_factory=list)
    columns: Mapping[str, str] = field(default_factory=dict)

    def column(self, name: str) -> str:
        """What the source calls a field."""
        return self.columns.get(name, name)


@dataclass(frozen=True, slots=True)
class Reading:
    """What is the same for all rows of a feed."""

    mapping: FeedMapping
    currency: str  # the shop's
    rates: Mapping[str, Decimal]
    today: str  # YYYY-MM-DD of the feed: sale prices have dates
    taxonomy: Mapping[str, Sequence[str]]  # Google's ids → names, if the mapping names the list

    def price(self, value: Any, name: str, currency: str = "") -> tuple[int | None, bool]:
        """A price in the shop's minor units, and whether the source has none (empty and zero are none)."""
        rule = self.mapping.price
        if isinstance(value, list):
            value = value[0] if value else None
        major, named = values.amount(value, name, decimal_comma=rule.decimal_comma)
        if major is None:
            return rule.missing_price_minor, True
        unit = named or currency or rule.currency or self.currency
        if rule.unit == "minor":
            major = major.scaleb(-values.exponent(unit))
        return values.to_minor(major, unit, self.currency, self.rates, name), False

    def on_sale(self, start: str, end: str) -> bool:
        """Whether today lies in a sale's window; an open end is open."""
        return (not start or start[:10] <= self.today) and (not end or self.today <= end[:10])

    def google(self, found: str, column: str) -> list[str]:
        """A Google category as names: from its path, or from its id if the list is at hand."""
        if found.isascii() and found.isdigit():
            path = self.taxonomy.get(found)
            if path is None:
                raise Bad(
                    column, f"Google category {found} is unknown; name the list in the mapping, or send the path."
                )
            return list(path)
        return path_of(found, ">")


class Format(Protocol):
    """A way suppliers write products. Stateless but for one run's header."""

    name: str

    def rows(self, source: Source, reading: Reading) -> Iterator[Row | Refusal]:
        """The source's rows in order. Raises: Unreadable."""

    @property
    def key(self) -> "KeyOf | None":
        """What rows of one item share; None when each row is an item."""

    def members(self, row: Row) -> Iterable[str]:
        """Keys of rows that belong to this row's item."""

    def entries(self, rows: Sequence[Row], reading: Reading) -> tuple[str, list[Entry]]:
        """The item's code ("" : the first entry's) and its rows as entries."""


class KeyOf(Protocol):
    """Gives a row the key of its item."""

    def __call__(self, row: Row, /) -> str:
        """The key; equal for all rows of an item."""


class Plain:
    """Rows that are items by themselves: what most formats begin with."""

    key: KeyOf | None = None

    def members(self, row: Row) -> Iterable[str]:
        """See Format."""
        del row
        return ()


def path_of(found: Any, separator: str) -> list[str]:
    """A category path as names, root to leaf."""
    if isinstance(found, list):
        return [str(part).strip() for part in found if str(part).strip()]
    return [part for piece in str(found or "").split(separator) if (part := piece.strip())]


def deepest(paths: Iterable[Sequence[str]]) -> Sequence[str]:
    """The longest of several category paths, the first of equals."""
    return max(paths, key=len, default=())


def named(label: str, value: Any, column: str, **how: Any) -> tuple[Attribute, Any]:
    """An attribute whose name comes from the label people gave it."""
    return Attribute(values.attribute_name(label), label[:120], column, **how), value


def from_column(name: str, value: Any, column: str, **how: Any) -> tuple[Attribute, Any]:
    """An attribute whose label comes from a column's name."""
    return Attribute(values.attribute_name(name), values.attribute_label(name), column, **how), value
