"""Shopify's product export: rows by Handle; the first describes the item, the others variants or more pictures.

Columns are found by name, never by position: older exports have "Variant Image" and Google columns, newer ones
"Product Category", "Option1 Linked To" and a price column for each market. Source: Shopify's product CSV columns.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

from haat.inbound import values
from haat.inbound.formats.entry import Attribute, Entry, KeyOf, Plain, Reading, from_column, named, path_of
from haat.inbound.model import Bad, Refusal, Row
from haat.inbound.readers.delimited import read_rows
from haat.inbound.readers.source import Source

_METAFIELD: Final = re.compile(r"(.{1,120}) \(product\.metafields\.[^)]+\)")
_GOOGLE: Final = ("Gender", "Age Group", "Condition")
_COLUMNS: Final = {
    "code": "Variant SKU", "title": "Title", "description": "Body (HTML)", "brand": "Vendor", "price": "Variant Price",
    "stock": "Variant Inventory Qty", "eans": "Variant Barcode", "pictures": "Image Src", "status": "Status",
    "category": "Type", "tax_class": "Variant Tax Code",
}  # fmt: skip


def units_on_hand(count: Any) -> Any:
    """Oversold goods are exported as negative counts: nothing is on hand."""
    return "0" if isinstance(count, str) and count.startswith("-") else count


class Shopify(Plain):
    """The export of a Shopify shop. Prices are in the shop's currency unless a mapping says otherwise."""

    name = "shopify"

    def __init__(self) -> None:
        self.key: KeyOf | None = lambda row: str(row.cells.get("Handle") or f"\0{row.line}")

    def rows(self, source: Source, reading: Reading) -> Iterator[Row | Refusal]:
        """See Format."""
        return read_rows(source, reading.mapping.delimiter, ("handle", "title"))

    def entries(self, rows: Sequence[Row], reading: Reading) -> tuple[str, list[Entry]]:
        """See Format."""
        head = next((row for row in rows if row.cells.get("Title")), rows[0])
        handle = str(head.cells.get("Handle", ""))
        if not handle:
            raise Bad("Handle", "There is no handle; it is the item's own id.")
        names = [head.cells.get(f"Option{n} Name", "") for n in (1, 2, 3)]
        found = [self._entry(row, row is head, handle, names, reading) for row in rows]
        return handle, found

    def _entry(self, row: Row, first: bool, handle: str, names: Sequence[str], reading: Reading) -> Entry:
        cells = row.cells
        sellable = any(cells.get(name) for name in ("Option1 Value", "Variant SKU", "Variant Price"))
        entry = Entry(row.line, row.number, columns=_COLUMNS)
        entry.role = ("both" if sellable else "item") if first else ("variant" if sellable else "more")
        entry.pictures = [cells[name] for name in ("Image Src", "Variant Image") if name in cells]
        if first:
            self._item(entry, cells, reading)
        if sellable:
            self._variant(entry, cells, handle, names)
        return entry

    def _item(self, entry: Entry, cells: dict[str, str], reading: Reading) -> None:
        entry.title, entry.brand = cells.get("Title", ""), cells.get("Vendor", "")
        entry.description = cells.get("Body (HTML)", "")
        entry.status = cells.get("Status") or ("draft" if cells.get("Published", "").lower() == "false" else "")
        google = "Google Shopping / Google Product Category"
        if cells.get("Product Category"):
            entry.category = path_of(cells["Product Category"], ">")
        elif cells.get(google):
            try:
                entry.category = reading.google(cells[google], google)
            except Bad as bad:
                entry.problems.append(bad)
        else:
            entry.category = path_of(cells.get("Type", ""), ">")
        if cells.get("Tags"):
            entry.attributes.append(from_column("tags", cells["Tags"], "Tags", kind="list", separator=","))
        entry.attributes += [
            named(name, cells[f"Google Shopping / {name}"], f"Google Shopping / {name}", kind="text")
            for name in _GOOGLE
            if f"Google Shopping / {name}" in cells
        ]
        entry.attributes += [
            named(match[1], value, column, kind="text")
            for column, value in cells.items()
            if (match := _METAFIELD.fullmatch(column))
        ]

    def _variant(self, entry: Entry, cells: dict[str, str], handle: str, names: Sequence[str]) -> None:
        options = [cells.get(f"Option{n} Value", "") for n in (1, 2, 3)]
        chosen = [(n, v) for n, v in zip(names, options, strict=True) if v and (n, v) != ("Title", "Default Title")]
        entry.attributes += [
            named(name or f"Option {at}", value, f"Option{at} Value", kind="text", variant=True)
            for at, (name, value) in enumerate(chosen, 1)
        ]
        made = "-".join([handle, *(values.code_part(value) for _, value in chosen)])
        entry.code = cells.get("Variant SKU", "").lstrip("'") or made  # the export puts ' before a sku of digits
        entry.price = cells.get("Variant Price", "")
        entry.model = cells.get("Google Shopping / MPN", "")
        entry.tax_class = cells.get("Variant Tax Code", "")
        if "Variant Inventory Qty" in cells:
            entry.stock[""] = units_on_hand(cells["Variant Inventory Qty"])
        barcode = cells.get("Variant Barcode", "").lstrip("'").strip()
        if barcode.isascii() and barcode.isdigit() and 8 <= len(barcode) <= 14:
            entry.eans = [barcode]
        elif barcode:  # Shopify lets any text stand here
            entry.attributes.append(named("Barcode", barcode, "Variant Barcode", kind="text", variant=True))
        grams = cells.get("Variant Grams", "")
        if grams.strip("0."):
            entry.attributes.append(
                (Attribute("weight", "Weight", "Variant Grams", kind="number", unit="g", variant=True), grams)
            )
