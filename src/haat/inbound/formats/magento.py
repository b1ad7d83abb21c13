"""Magento 2's product CSV: simple products, and configurable ones that name their simple ones.

Source: Adobe Commerce, "Product attribute reference" of the data import guide.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from haat.inbound import values
from haat.inbound.formats.entry import Attribute, Entry, KeyOf, Plain, Reading, deepest, from_column, path_of
from haat.inbound.formats.shopify import units_on_hand
from haat.inbound.model import Bad, Refusal, Row
from haat.inbound.readers.delimited import read_rows
from haat.inbound.readers.source import Source

_COLUMNS: Final = {
    "code": "sku", "title": "name", "category": "categories", "stock": "qty", "pictures": "base_image",
    "status": "product_online", "tax_class": "tax_class_name", "released": "created_at",
}  # fmt: skip
_PAIR: Final = re.compile(r'(?:^|,)("?)([A-Za-z_][A-Za-z0-9_]{0,99})=')
_DULL: Final = frozenset({"has_options", "required_options"})


def pairs(text: str) -> dict[str, str]:
    """`k=v,k=v` as a dictionary; a value may hold commas that no key follows, and quotes around the pair."""
    found = {}
    matches = list(_PAIR.finditer(text))
    for match, following in zip(matches, [*matches[1:], None], strict=False):
        value = text[match.end() : following.start() if following else len(text)]
        found[match[2]] = value[:-1].replace('""', '"') if match[1] and value.endswith('"') else value
    return found


def variations(cells: dict[str, str]) -> dict[str, dict[str, str]]:
    """Options of each simple product of a configurable one, by sku."""
    parts = [pairs(part) for part in cells.get("configurable_variations", "").split("|")]
    return {part["sku"]: {k: v for k, v in part.items() if k != "sku"} for part in parts if "sku" in part}


class Magento(Plain):
    """The export of a Magento shop."""

    name = "magento"

    def __init__(self) -> None:
        self.key: KeyOf | None = lambda row: str(row.cells.get("sku") or f"\0{row.line}")

    def members(self, row: Row) -> Iterable[str]:
        """See Format."""
        return variations(row.cells)

    def rows(self, source: Source, reading: Reading) -> Iterator[Row | Refusal]:
        """See Format."""
        return read_rows(source, reading.mapping.delimiter, ("sku", "product_type"))

    def entries(self, rows: Sequence[Row], reading: Reading) -> tuple[str, list[Entry]]:
        """See Format."""
        views = [row for row in rows if row.cells.get("store_view_code")]
        plain = [row for row in rows if not row.cells.get("store_view_code")]
        if not plain:
            raise Bad("sku", "There is no row of the default store view for this sku.")
        head = next((row for row in plain if row.cells.get("product_type") == "configurable"), plain[0])
        options = variations(head.cells)
        found = [self._entry(head, "item" if options else "both", {}, reading)]
        for row in plain:
            if row is head:
                continue
            sku = str(row.cells.get("sku", ""))
            entry = self._entry(row, "variant", options.get(sku, {}), reading)
            entry.code = sku
            if sku not in options:
                entry.problems.append(Bad("sku", f"{sku} was already given on line {head.line}."))
            found.append(entry)
        for row in views:
            entry = Entry(row.line, row.number, "more")
            entry.problems.append(Bad("store_view_code", "Only the default store view is taken; this is another one."))
            found.append(entry)
        return str(head.cells.get("sku", "")), found

    def _entry(self, row: Row, role: str, options: dict[str, str], reading: Reading) -> Entry:
        cells = row.cells
        entry = Entry(row.line, row.number, "variant" if role == "variant" else "item" if role == "item" else "both")
        entry.columns = _COLUMNS
        entry.pictures = [p for p in [cells.get("base_image"), *cells.get("additional_images", "").split(",")] if p]
        entry.tax_class = cells.get("tax_class_name", "")
        entry.price = cells.get("price", "")
        window = cells.get("special_price_from_date", ""), cells.get("special_price_to_date", "")
        if cells.get("special_price") and reading.on_sale(*window):
            entry.price = cells["special_price"]
        if "qty" in cells:
            entry.stock[""] = units_on_hand(cells["qty"])
        variant = role == "variant"
        if variant:
            entry.active = "no" if cells.get("product_online") in ("0", "2") else ""
        else:
            self._item(entry, cells)
        if cells.get("weight", "").strip("0."):
            how = Attribute("weight", "Weight", "weight", "number", variant=variant)
            entry.attributes.append((how, cells["weight"]))
        if not variant:
            entry.attributes += [
                self._attribute(name, value, variant=False)
                for name, value in pairs(cells.get("additional_attributes", "")).items()
                if name not in _DULL
            ]
        entry.attributes += [self._attribute(name, value, variant=True) for name, value in options.items()]
        return entry

    def _item(self, entry: Entry, cells: dict[str, str]) -> None:
        entry.title = cells.get("name", "")
        entry.description = cells.get("description") or cells.get("short_description", "")
        entry.status = "active" if cells.get("product_online", "1") == "1" else "draft"
        entry.released = cells.get("new_from_date", "") if "-" in cells.get("new_from_date", "") else ""
        paths = [path_of(path, "/") for path in cells.get("categories", "").split(",")]
        entry.category = deepest([path[1:] for path in paths])  # the first is the shop's root category
        if cells.get("country_of_manufacture"):
            entry.attributes.append(
                from_column("country_of_manufacture", cells["country_of_manufacture"], "country_of_manufacture")
            )

    def _attribute(self, name: str, value: str, *, variant: bool) -> tuple[Attribute, Any]:
        if "|" in value:
            return from_column(name, values.listed(value, "|"), f"additional_attributes/{name}", variant=variant)
        return from_column(name, value, f"additional_attributes/{name}", kind="text", variant=variant)
