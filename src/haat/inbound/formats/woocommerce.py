"""WooCommerce's product CSV: simple, variable with variations, grouped, downloadable and virtual products.

Header names are matched without regard to letter case (exports differ). Source: WooCommerce's CSV import schema.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from haat.inbound import values
from haat.inbound.formats.entry import Attribute, Entry, KeyOf, Plain, Reading, deepest, named, path_of
from haat.inbound.formats.shopify import units_on_hand
from haat.inbound.model import Bad, Refusal, Row
from haat.inbound.readers.delimited import read_rows
from haat.inbound.readers.source import Source

_COLUMNS: Final = {
    "code": "SKU", "title": "Name", "description": "Description", "price": "Regular price", "stock": "Stock",
    "category": "Categories", "pictures": "Images", "brand": "Brands", "eans": "GTIN, UPC, EAN, or ISBN",
    "status": "Published", "tax_class": "Tax class",
}  # fmt: skip
_SIZES: Final = (("weight", "kg"), ("length", "cm"), ("width", "cm"), ("height", "cm"))
_BACK: Final = {name.lower(): name for name in _COLUMNS.values()}


def _kinds(row: Row) -> set[str]:
    return {kind.strip() for kind in str(row.cells.get("type", "")).lower().split(",")}


class WooCommerce(Plain):
    """The export of a WooCommerce shop."""

    name = "woocommerce"

    def __init__(self) -> None:
        self.key: KeyOf | None = self._key

    def _key(self, row: Row) -> str:
        cells = row.cells
        if "variation" in _kinds(row) and cells.get("parent"):
            return str(cells["parent"]).strip()
        return str(cells.get("sku") or (f"id:{cells['id']}" if cells.get("id") else f"\0{row.line}")).strip()

    def members(self, row: Row) -> Iterable[str]:
        """A variation may name its parent by id although the parent has a sku."""
        return [f"id:{row.cells['id']}"] if row.cells.get("id") and row.cells.get("sku") else []

    def rows(self, source: Source, reading: Reading) -> Iterator[Row | Refusal]:
        """See Format."""
        for row in read_rows(source, reading.mapping.delimiter, ("type", "name", "regular price")):
            yield Row(row.line, {k.lower(): v for k, v in row.cells.items()}) if isinstance(row, Row) else row

    def entries(self, rows: Sequence[Row], reading: Reading) -> tuple[str, list[Entry]]:
        """See Format."""
        parents = [row for row in rows if "variation" not in _kinds(row)]
        if not parents:
            raise Bad("Parent", "There is no row for this variation's parent.")
        ordered = parents + [row for row in rows if "variation" in _kinds(row)]
        head = parents[0]
        code = self._code(head)
        if "external" in _kinds(head):
            raise Bad("Type", "External products are sold at another shop, so they cannot be offered here.")
        if not code:
            raise Bad("SKU", "There is neither a SKU nor an ID.")
        found = [self._item(head, reading)]
        found += [self._extra(row, code) for row in parents[1:]]
        found += [self._variation(row, code, reading) for row in ordered[len(parents) :]]
        return code, found

    def _code(self, row: Row) -> str:
        return str(row.cells.get("sku") or row.cells.get("id") or "").strip()

    def _extra(self, row: Row, code: str) -> Entry:
        entry = Entry(row.line, row.number, "more", columns=_COLUMNS)
        entry.problems.append(Bad("SKU", f"{code} was already given by an earlier row."))
        return entry

    def _item(self, row: Row, reading: Reading) -> Entry:
        cells, kinds = row.cells, _kinds(row)
        entry = Entry(row.line, row.number, "item" if "variable" in kinds else "both", columns=_COLUMNS)
        entry.title = cells.get("name", "")
        entry.description = cells.get("description") or cells.get("short description", "")
        entry.brand = cells.get("brands", "")
        entry.status = {"1": "active", "0": "draft", "-1": "draft"}.get(cells.get("published", "1"), "draft")
        entry.category = deepest([path_of(p, ">") for p in str(cells.get("categories", "")).split(",")])
        entry.pictures = values.listed(cells.get("images"), ",")
        if cells.get("tags"):
            entry.attributes.append(named("Tags", cells["tags"], "Tags", kind="list", separator=","))
        for kind in ("downloadable", "virtual"):
            if kind in kinds:
                entry.attributes.append(named(kind.capitalize(), True, "Type"))
        if cells.get("grouped products"):
            entry.attributes.append(
                named("Grouped products", cells["grouped products"], "Grouped products", kind="list", separator=",")
            )
        self._sellable(entry, cells, reading, variant=False)
        entry.code = ""  # its own sku is the item's code
        return entry

    def _variation(self, row: Row, code: str, reading: Reading) -> Entry:
        entry = Entry(row.line, row.number, "variant", columns=_COLUMNS)
        cells = row.cells
        entry.pictures = values.listed(cells.get("images"), ",")
        self._sellable(entry, cells, reading, variant=True)
        made = "-".join(
            [code, *(values.code_part(str(value)) for how, value in entry.attributes if how.kind == "text")]
        )
        entry.code = cells.get("sku") or (cells.get("id") and f"{code}-{cells['id']}") or made
        return entry

    def _sellable(self, entry: Entry, cells: dict[str, str], reading: Reading, *, variant: bool) -> None:
        entry.price = cells.get("regular price", "")
        start, end = cells.get("date sale price starts", ""), cells.get("date sale price ends", "")
        if cells.get("sale price") and reading.on_sale(start, end):
            entry.price = cells["sale price"]
        entry.active = "no" if variant and cells.get("published") in ("0", "-1") else ""
        entry.tax_class = "" if cells.get("tax class") == "parent" else cells.get("tax class", "")
        entry.eans = values.listed(cells.get("gtin, upc, ean, or isbn"))
        if cells.get("stock") not in (None, "", "parent"):
            entry.stock[""] = units_on_hand(cells["stock"])
        elif cells.get("in stock?") == "0":
            entry.stock[""] = "0"
        for name, unit in _SIZES:
            column = f"{name} ({unit})"
            if cells.get(column):
                entry.attributes.append(
                    (
                        Attribute(name, name.capitalize(), column, kind="number", unit=unit, variant=variant),
                        cells[column],
                    )
                )
        for at in range(1, 100):
            if f"attribute {at} name" not in cells:
                break
            label, value = cells[f"attribute {at} name"], cells.get(f"attribute {at} value(s)", "")
            several = "," in value and not variant
            entry.attributes.append(
                named(
                    label, value, f"Attribute {at} value(s)", kind="list" if several else "text",
                    separator="," if several else "", variant=variant,
                )
            )  # fmt: skip
