"""A mapping: how a supplier's columns become an item. Written as TOML, by an operator or on the command line.

    name = "acme"
    format = "csv"                    # csv, json, jsonl, xml, or the name of a built-in format
    create_categories = true

    [columns]
    code = "sku"                      # the supplier's own id
    title = "name"
    pictures = ["image", "image_2"]

    [price]
    column = "price_usd"
    currency = "USD"
    rates = { USD = "88.40" }         # shop currency units for one unit
    missing_price_minor = 49900       # leave out: rows without a price are listed but not sellable

The whole grammar is the Structs below; docs/reference/mappings.md explains it with examples.
"""

import re
from decimal import Decimal, InvalidOperation
from typing import Final, Literal

import msgspec
from msgspec import Struct, field

from haat.errors import Invalid, Problem

AttributeKind = Literal["text", "number", "boolean", "list", "auto"]
ShippingClassName = Literal["standard", "heavy", "hazardous"]


class Columns(Struct, frozen=True, forbid_unknown_fields=True):
    """Which column holds which field; empty means that the source has none."""

    code: str = ""
    group: str = ""  # rows with the same value are variants of one item
    title: str = ""
    description: str = ""
    bullets: str = ""  # a list, or text with one point a line
    brand: str = ""
    eans: str = ""
    model: str = ""
    status: str = ""  # draft, active, retired
    active: str = ""
    rating: str = ""  # 0 to 5
    rating_count: str = ""
    released: str = ""  # a date, or a date and time
    tax_class: str = ""
    shipping_class: str = ""
    pictures: list[str] = field(default_factory=list)
    picture_separator: str = ""
    picture_root: str = ""  # put in front of relative addresses; without it they are left out and counted


class PriceRule(Struct, frozen=True, forbid_unknown_fields=True):
    """How a price is read."""

    column: str = ""
    unit: Literal["major", "minor"] = "major"
    currency: str = ""  # of amounts that name none; empty: the shop's
    currency_column: str = ""
    rates: dict[str, str] = field(default_factory=dict)  # currency → shop currency units for one unit, as text
    missing_price_minor: int | None = None  # in the shop's currency
    decimal_comma: bool = False


class CategoryRule(Struct, frozen=True, forbid_unknown_fields=True):
    """A category for rows whose column exists (`words` empty) or holds one of the words."""

    column: str
    path: list[str]
    words: list[str] = field(default_factory=list)  # whole words, letter case ignored


class CategoryMapping(Struct, frozen=True, forbid_unknown_fields=True):
    """Where a row's category comes from: the column, else the first rule that fits, else the default."""

    column: str = ""
    separator: str = ">"
    root: list[str] = field(default_factory=list)  # put in front
    default: list[str] = field(default_factory=list)
    rules: list[CategoryRule] = field(default_factory=list)
    google_taxonomy: str = ""  # path of the published list, from the mapping's folder, for numeric Google ids
    google_names: dict[str, list[str]] = field(default_factory=dict)  # that list, filled in by the command line
    id_column: str = ""  # holds category ids of this shop


class AttributeColumn(Struct, frozen=True, forbid_unknown_fields=True):
    """One attribute's name, label, type and unit."""

    name: str = ""  # empty: made from the label or the column
    label: str = ""
    kind: AttributeKind = "auto"
    unit: str = ""
    variant: bool = False  # belongs to the variant, not to the item
    separator: str = ""  # splits a list


class AttributePattern(Struct, frozen=True, forbid_unknown_fields=True):
    """A family of columns: `attr_n_*`; what the star stands for becomes the name."""

    match: str
    kind: AttributeKind = "auto"
    unit: str = ""


class AttributeMapping(Struct, frozen=True, forbid_unknown_fields=True):
    """Which columns are attributes. A column named in `columns` is not looked up in `patterns`."""

    columns: dict[str, AttributeColumn] = field(default_factory=dict)
    patterns: list[AttributePattern] = field(default_factory=list)
    units: dict[str, str] = field(default_factory=dict)  # attribute name → unit


class StockPlace(Struct, frozen=True, forbid_unknown_fields=True):
    """A warehouse that an import from the command line makes if there is none with this code."""

    code: str
    name: str
    pincode: str
    reach_km: float = 600.0
    handling_days: int = 0
    wave: int = 1


class StockRule(Struct, frozen=True, forbid_unknown_fields=True):
    """Where units lie when the source does not say, and how many when it does not count.

    The choice depends on the sku's code alone, so it is the same in every run.
    """

    column: str = ""
    warehouses: list[str] = field(default_factory=list)  # codes; empty: all the seller may use
    pick: list[int] = field(default_factory=lambda: [1, 1])  # from … to warehouses for a sku
    initial: list[int] = field(default_factory=list)  # from … to units per warehouse, if the source counts nothing
    create: list[StockPlace] = field(default_factory=list)


class Mapping(Struct, frozen=True, forbid_unknown_fields=True):
    """A whole mapping. The empty one is what a built-in format uses."""

    name: str = ""
    format: str = ""
    encoding: str = ""  # empty: found by byte order mark, else UTF-8, else Latin-1
    delimiter: str = ","
    record: str = ""  # XML: the element that is a row; JSON: the key of the list
    create_categories: bool = False
    shipping_class: ShippingClassName = "standard"
    columns: Columns = field(default_factory=Columns)
    price: PriceRule = field(default_factory=PriceRule)
    category: CategoryMapping = field(default_factory=CategoryMapping)
    attributes: AttributeMapping = field(default_factory=AttributeMapping)
    stock: StockRule = field(default_factory=StockRule)


PLAIN_FORMATS: Final = ("csv", "json", "jsonl", "xml")
"""Formats that mean nothing without a mapping's columns."""

_CURRENCY: Final = re.compile("[A-Z]{3}")


def read_mapping(text: bytes) -> Mapping:
    """A mapping from TOML.

    Raises: Invalid with what is wrong and where.
    """
    try:
        mapping = msgspec.toml.decode(text, type=Mapping)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Invalid(problems=[Problem("#/mapping", f"The mapping cannot be read: {error}")]) from error
    problems = check_mapping(mapping)
    if problems:
        raise Invalid(problems=problems)
    return mapping


def _range(pair: list[int], least: int, most: int) -> bool:
    return len(pair) == 2 and least <= pair[0] <= pair[1] <= most


def _rate_problems(rates: dict[str, str]) -> list[Problem]:
    problems = []
    for currency, rate in rates.items():
        if not _CURRENCY.fullmatch(currency):
            problems.append(Problem("#/mapping/price/rates", f"{currency!r} is not a currency code like USD."))
        try:
            good = Decimal(rate).is_finite() and Decimal(rate) > 0
        except InvalidOperation:
            good = False
        if not good:
            problems.append(Problem(f"#/mapping/price/rates/{currency}", f'{rate!r} is not a rate like "88.40".'))
    return problems


def check_mapping(mapping: Mapping) -> list[Problem]:
    """What the Structs cannot say: rates are positive decimals, ranges are ranges, columns are named."""
    price, stock = mapping.price, mapping.stock
    checks = [
        (
            not price.currency or _CURRENCY.fullmatch(price.currency) is not None,
            Problem("#/mapping/price/currency", "A currency is three capital letters, like USD."),
        ),
        (
            price.missing_price_minor is None or price.missing_price_minor > 0,
            Problem("#/mapping/price/missing_price_minor", "A price is more than nothing."),
        ),
        (_range(stock.pick, 1, 100), Problem("#/mapping/stock/pick", "[from, to] with 1 ≤ from ≤ to ≤ 100.")),
        (
            not stock.initial or _range(stock.initial, 0, 1_000_000),
            Problem("#/mapping/stock/initial", "[from, to] with 0 ≤ from ≤ to ≤ 1,000,000."),
        ),
        (len(mapping.delimiter) == 1, Problem("#/mapping/delimiter", "A delimiter is one character.")),
    ]
    if mapping.format in PLAIN_FORMATS:
        checks += [
            (
                bool(getattr(mapping.columns, name)),
                Problem(f"#/mapping/columns/{name}", f"The mapping must say which column is the {name}."),
            )
            for name in ("code", "title")
        ]
    checks += [
        (
            pattern.match.count("*") == 1,
            Problem("#/mapping/attributes/patterns", f"{pattern.match!r} needs exactly one star."),
        )
        for pattern in mapping.attributes.patterns
    ]
    return _rate_problems(price.rates) + [problem for good, problem in checks if not good]
