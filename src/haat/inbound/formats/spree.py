"""Spree's product CSV: rows by slug; the first is the item, the others its variants, or prices in another currency."""

from collections.abc import Iterator, Sequence
from typing import Final

from haat.inbound import values
from haat.inbound.formats.entry import Attribute, Entry, KeyOf, Plain, Reading, deepest, from_column, named, path_of
from haat.inbound.formats.shopify import units_on_hand
from haat.inbound.model import Bad, Refusal, Row
from haat.inbound.readers.delimited import read_rows
from haat.inbound.readers.source import Source

_COLUMNS: Final = {
    "code": "sku", "title": "name", "category": "category1", "stock": "inventory_count", "pictures": "image1_src",
    "released": "available_on", "tax_class": "tax_category",
}  # fmt: skip
_SIZES: Final = (("width", "dimensions_unit"), ("height", "dimensions_unit"), ("depth", "dimensions_unit"))


class Spree(Plain):
    """The export of a Spree shop. Each sku keeps one price: the shop's currency first, else the first convertible."""

    name = "spree"

    def __init__(self) -> None:
        self.key: KeyOf | None = lambda row: str(row.cells.get("slug") or row.cells.get("sku") or f"\0{row.line}")

    def rows(self, source: Source, reading: Reading) -> Iterator[Row | Refusal]:
        """See Format."""
        return read_rows(source, reading.mapping.delimiter, ("slug", "sku", "name"))

    def entries(self, rows: Sequence[Row], reading: Reading) -> tuple[str, list[Entry]]:
        """See Format."""
        head = next((row for row in rows if row.cells.get("name")), rows[0])
        by_sku: dict[str, list[Row]] = {}
        for row in rows:
            by_sku.setdefault(str(row.cells.get("sku", "")), []).append(row)
        head_sku = str(head.cells.get("sku", ""))
        alone = len(by_sku) == 1
        found = []
        for sku, same in by_sku.items():
            first = head if sku == head_sku else same[0]
            role = ("both" if alone else "item") if first is head else "variant"
            entry = self._entry(first, role == "variant")
            entry.role = "both" if role == "both" else "item" if role == "item" else "variant"
            entry.code = sku
            found += [entry, *self._prices(entry, first, same, reading)]
        return str(head.cells.get("slug") or head_sku), found

    def _prices(self, entry: Entry, first: Row, same: Sequence[Row], reading: Reading) -> list[Entry]:
        """Take one of several prices; the other rows' entries, refused unless their price was taken."""
        chosen = min(same, key=lambda row: self._rank(row.cells.get("currency", ""), reading))
        entry.price, entry.currency = chosen.cells.get("price", ""), chosen.cells.get("currency", "")
        others = []
        for row in same:
            if row is first:
                continue
            other = Entry(row.line, row.number, "more", columns=_COLUMNS)
            if row is not chosen:
                detail = f"Each sku has one price; the one in {entry.currency} on line {chosen.line} was taken."
                other.problems.append(Bad("currency", detail))
            others.append(other)
        return others

    def _rank(self, currency: str, reading: Reading) -> int:
        if currency in ("", reading.currency):
            return 0
        return 1 if currency in reading.rates else 2

    def _entry(self, row: Row, variant: bool) -> Entry:
        cells = row.cells
        entry = Entry(row.line, row.number, columns=_COLUMNS)
        pictures = [cells[f"image{n}_src"] for n in range(1, 10) if f"image{n}_src" in cells]
        entry.pictures, entry.tax_class = pictures, cells.get("tax_category", "")
        if not variant:
            entry.title, entry.description = cells.get("name", ""), cells.get("description", "")
            entry.status, entry.released = cells.get("status", ""), cells.get("available_on", "")
            entry.category = deepest([path_of(cells.get(f"category{n}"), "->") for n in range(1, 10)])
            if cells.get("product_type"):
                entry.attributes.append(from_column("product_type", cells["product_type"], "product_type"))
            if cells.get("tags"):
                entry.attributes.append(named("Tags", cells["tags"], "tags", kind="list", separator=","))
        if cells.get("inventory_count"):
            entry.stock[""] = units_on_hand(cells["inventory_count"])
        entry.attributes += [
            named(
                cells[f"option{n}_name"], cells.get(f"option{n}_value"), f"option{n}_value", kind="text", variant=True
            )
            for n in range(1, 10)
            if cells.get(f"option{n}_name")
        ]
        entry.attributes += [
            from_column(column.rpartition(".")[2], value, column, kind="text", variant=variant)
            for column, value in cells.items()
            if column.startswith("custom_field.")
        ]
        for name, unit in (*_SIZES, ("weight", "weight_unit")):
            if cells.get(name, "").strip("0."):
                label, written = values.attribute_label(name), cells.get(unit, "")
                entry.attributes.append((Attribute(name, label, name, "number", written, variant=variant), cells[name]))
        return entry
