"""Google Merchant feeds: XML (RSS 2.0 and Atom) and TSV. Facebook and Criteo use the same names.

Source: Google Merchant Center, product data specification.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from haat.inbound.formats.entry import Entry, KeyOf, Plain, Reading, from_column, named, path_of
from haat.inbound.model import Bad, Refusal, Row
from haat.inbound.readers.delimited import read_rows
from haat.inbound.readers.source import Source
from haat.inbound.readers.xmltext import flat, read_records

_COLUMNS: Final = {
    "code": "id", "eans": "gtin", "model": "mpn", "pictures": "image_link", "category": "google_product_category",
    "active": "availability", "stock": "quantity",
}  # fmt: skip
_AXES: Final = ("color", "size", "material", "pattern")
_PLAIN: Final = ("gender", "age_group", "condition", "size_type", "size_system", "adult", "is_bundle", "multipack")
_STOCK: Final = ("quantity", "inventory", "quantity_to_sell_on_facebook", "sell_on_google_quantity")
_GONE: Final = frozenset({"out of stock", "out_of_stock", "discontinued"})


def first(value: Any) -> str:
    """The first of repeated elements."""
    return str(value[0] if isinstance(value, list) else value or "")


def every(value: Any) -> list[str]:
    """All of repeated elements; in TSV they are separated by commas."""
    if isinstance(value, list):
        return value
    return [part for piece in str(value or "").split(",") if (part := piece.strip())]


class GoogleXml(Plain):
    """A merchant feed in RSS 2.0 or Atom."""

    name = "google-xml"

    def __init__(self) -> None:
        self.key: KeyOf | None = self._key

    def _key(self, row: Row) -> str:
        group = first(row.cells.get("item_group_id"))
        return f"group {group}" if group else f"id {first(row.cells.get('id')) or row.line}"

    def rows(self, source: Source, reading: Reading) -> Iterator[Row | Refusal]:
        """See Format."""
        del reading
        for node in read_records(source, ("item", "entry"), ("rss", "feed", "RDF")):
            yield Row(node.line, flat(node))

    def entries(self, rows: Sequence[Row], reading: Reading) -> tuple[str, list[Entry]]:
        """See Format."""
        group = first(rows[0].cells.get("item_group_id"))
        found = [self._entry(row, group != "", at == 0, reading) for at, row in enumerate(rows) if at == 0 or group]
        for row in rows[len(found) :]:
            entry = Entry(row.line, row.number, "more", columns=_COLUMNS)
            entry.problems.append(Bad("id", f"{first(row.cells.get('id'))} was already given on line {rows[0].line}."))
            found.append(entry)
        return group or first(rows[0].cells.get("id")), found

    def _entry(self, row: Row, grouped: bool, head: bool, reading: Reading) -> Entry:
        cells = row.cells
        entry = Entry(row.line, row.number, "both" if head else "variant", columns=_COLUMNS)
        entry.code = first(cells.get("id"))
        entry.pictures = [first(cells.get("image_link")), *every(cells.get("additional_image_link"))]
        if head:
            entry.title, entry.description = first(cells.get("title")), first(cells.get("description"))
            entry.brand = first(cells.get("brand"))
            self._category(entry, cells, reading)
            entry.attributes += [
                from_column(name, first(cells[name]), name, kind="text") for name in _PLAIN if name in cells
            ]
            entry.attributes += [
                named(label.strip(), value.strip(), "product_detail", kind="text")
                for label, value in self._details(cells)
            ]
        entry.attributes += [
            from_column(name, first(cells[name]), name, kind="text", variant=grouped) for name in _AXES if name in cells
        ]
        entry.eans, entry.model = every(cells.get("gtin")), first(cells.get("mpn"))
        self._price(entry, cells, reading)
        availability = first(cells.get("availability")).lower()
        for name in _STOCK:
            if cells.get(name):
                entry.stock[""] = first(cells[name])
                break
        if availability in _GONE:
            entry.stock[""] = "0"
        return entry

    def _details(self, cells: dict[str, Any]) -> list[tuple[str, str]]:
        names, found = cells.get("product_detail/attribute_name"), cells.get("product_detail/attribute_value")
        if not names or not found:
            return []
        return list(zip(names if isinstance(names, list) else [names], every(found), strict=False))

    def _price(self, entry: Entry, cells: dict[str, Any], reading: Reading) -> None:
        entry.price = first(cells.get("price"))
        start, _, end = first(cells.get("sale_price_effective_date")).partition("/")
        sale = first(cells.get("sale_price"))
        if sale and reading.on_sale(start, end):
            currency = entry.price[-3:] if entry.price[-3:].isalpha() else ""
            entry.price, entry.currency = sale, currency  # a sale price may leave its currency to the price

    def _category(self, entry: Entry, cells: dict[str, Any], reading: Reading) -> None:
        google, own = first(cells.get("google_product_category")), first(cells.get("product_type"))
        try:
            entry.category = reading.google(google, "google_product_category") if google else path_of(own, ">")
        except Bad as bad:
            entry.category = path_of(own, ">")
            if not entry.category:
                entry.problems.append(bad)


class GoogleTsv(GoogleXml):
    """A merchant feed as text with tabs. Header names may have spaces or a `g:`."""

    name = "google-tsv"

    def rows(self, source: Source, reading: Reading) -> Iterator[Row | Refusal]:
        """See Format."""
        delimiter = reading.mapping.delimiter if reading.mapping.delimiter != "," else "\t"
        for row in read_rows(source, delimiter):
            if isinstance(row, Row):
                yield Row(row.line, {k.lower().removeprefix("g:").replace(" ", "_"): v for k, v in row.cells.items()})
            else:
                yield row
