"""haat's own two formats: a CSV for spreadsheets and JSON Lines for programs (docs/reference/feeds.md).

CSV columns: code, item (rows with the same are variants of one item), title, description, bullets, brand, category
(`Outdoor > Bags`), category_id, price or price_minor, currency, tax_class, stock (placed by the mapping) and
`stock:<warehouse>`, eans, model, pictures, status, active, shipping_class, rating, rating_count, released,
`attr:<label>` or `attr:<label>:<unit>`, `variant:<label>`. Lists are separated by `|`.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from haat.inbound import values
from haat.inbound.formats.entry import Entry, KeyOf, Plain, Reading, from_column, named, path_of
from haat.inbound.model import Bad, Refusal, Row
from haat.inbound.readers.delimited import read_rows
from haat.inbound.readers.jsontext import read_lines
from haat.inbound.readers.source import Source

_FIELDS: Final = frozenset(
    {
        "title",
        "description",
        "brand",
        "category_id",
        "model",
        "status",
        "active",
        "rating",
        "rating_count",
        "released",
        "tax_class",
        "shipping_class",
        "price",
        "currency",
        "price_minor",
    }
)
_LISTS: Final = frozenset({"bullets", "eans", "pictures"})
_OTHERS: Final = frozenset({"code", "item", "category", "stock"})


class HaatCsv(Plain):
    """Our CSV. Unknown columns are refused with their names, so that no misspelt one is lost in silence."""

    name = "haat-csv"

    def __init__(self) -> None:
        self.key: KeyOf | None = lambda row: str(row.cells.get("item") or row.cells.get("code") or f"\0{row.line}")

    def rows(self, source: Source, reading: Reading) -> Iterator[Row | Refusal]:
        """See Format."""
        known = _FIELDS | _LISTS | _OTHERS
        for row in read_rows(source, reading.mapping.delimiter, ("code", "title")):
            if isinstance(row, Row):
                unknown = [n for n in row.cells if n not in known and not n.startswith(("attr:", "variant:", "stock:"))]
                if unknown:
                    yield Refusal(row.line, unknown[0], "There is no such column. Attributes are attr:<label>.")
                    continue
            yield row

    def entries(self, rows: Sequence[Row], reading: Reading) -> tuple[str, list[Entry]]:
        """See Format."""
        del reading
        item = str(rows[0].cells.get("item", ""))
        found = []
        for position, row in enumerate(rows):
            entry = _entry(row, "both" if position == 0 else "variant")
            cells = row.cells
            entry.code = cells.get("code", "")
            entry.category = path_of(cells.get("category"), ">")
            for name in _LISTS & cells.keys():
                setattr(entry, name, values.listed(cells[name], "|"))
            if "stock" in cells:
                entry.stock[""] = cells["stock"]
            for column, value in cells.items():
                self._extra(entry, column, value)
            found.append(entry)
        return item, found

    def _extra(self, entry: Entry, column: str, value: str) -> None:
        head, _, rest = column.partition(":")
        if head == "stock" and rest:
            entry.stock[rest] = value
        elif head == "variant":
            entry.attributes.append(named(rest, value, column, kind="text", variant=True))
        elif head == "attr":
            label, _, unit = rest.partition(":")
            kind = "number" if unit else "text"
            separator = "|" if "|" in value and not unit else ""
            entry.attributes.append(
                named(label, value, column, kind="list" if separator else kind, unit=unit, separator=separator)
            )


def _entry(row: Row, role: Any) -> Entry:
    entry = Entry(row.line, row.number, role)
    for name in _FIELDS & row.cells.keys():
        setattr(entry, name, row.cells[name])
    return entry


_JSON_ITEM: Final = frozenset(
    {
        "title",
        "description",
        "brand",
        "category_id",
        "model",
        "status",
        "rating",
        "rating_count",
        "released",
        "shipping_class",
        "bullets",
    }
)
_JSON_VARIANT: Final = frozenset(
    {
        "code",
        "model",
        "active",
        "tax_class",
        "shipping_class",
        "price",
        "price_minor",
        "currency",
        "eans",
    }
)
_JSON_KNOWN: Final = (
    _JSON_ITEM | _JSON_VARIANT | {"category", "attributes", "labels", "units", "pictures", "variants", "stock"}
)
_VARIANT_KNOWN: Final = _JSON_VARIANT | {"attributes", "pictures", "stock"}
_TEXTS: Final = ("category_id", "status", "shipping_class", "currency")
_OBJECTS: Final = ("attributes", "labels", "units", "stock")
_ARRAYS: Final = ("eans", "pictures", "variants", "bullets")


class HaatJson(Plain):
    """Our JSON Lines: a line is a whole item. Prices are text or numbers in major units, or `price_minor`."""

    name = "haat-jsonl"

    def rows(self, source: Source, reading: Reading) -> Iterator[Row | Refusal]:
        """See Format."""
        del reading
        return read_lines(source)

    def entries(self, rows: Sequence[Row], reading: Reading) -> tuple[str, list[Entry]]:
        """See Format."""
        del reading
        (row,) = rows
        cells = row.cells
        _shape(cells, _JSON_KNOWN, "")
        head = Entry(row.line, row.number, "item" if "variants" in cells else "both")
        for name in _JSON_ITEM & cells.keys():
            setattr(head, name, cells[name])
        head.category = path_of(cells.get("category"), ">")
        labels, units = cells.get("labels", {}), cells.get("units", {})
        self._variant(head, cells, "", variant=False)
        head.attributes = [
            (how._replace(label=_word(labels, how.name, how.label, 120), unit=_word(units, how.name, "", 32)), value)
            for how, value in head.attributes
        ]
        found = [head]
        for position, part in enumerate(cells.get("variants", ())):
            pointer = f"variants/{position}/"
            if not isinstance(part, dict):
                raise Bad(pointer[:-1], "A variant is a JSON object.")
            _shape(part, _VARIANT_KNOWN, pointer)
            entry = Entry(row.line, row.number, "variant", columns={n: pointer + n for n in _VARIANT_KNOWN})
            self._variant(entry, part, pointer, variant=True)
            found.append(entry)
        return str(cells.get("code", "")), found

    def _variant(self, entry: Entry, part: dict[str, Any], pointer: str, *, variant: bool) -> None:
        for name in _JSON_VARIANT & part.keys():
            setattr(entry, name, part[name])
        entry.pictures = part.get("pictures", ())
        entry.stock = part.get("stock", {})
        entry.attributes = [
            from_column(name, value, f"{pointer}attributes/{name}", variant=variant)
            for name, value in part.get("attributes", {}).items()
        ]


def _word(words: dict[str, Any], name: str, default: str, most: int) -> str:
    return str(words.get(name, default))[:most]


def _shape(cells: dict[str, Any], known: frozenset[str], pointer: str) -> None:
    """Raises: Bad for the first unknown or misshapen field."""
    for name, value in cells.items():
        if name not in known:
            raise Bad(pointer + name, "There is no such field.")
        if name in _OBJECTS and not isinstance(value, dict):
            raise Bad(pointer + name, "This must be an object.")
        if name in _ARRAYS and not isinstance(value, list):
            raise Bad(pointer + name, "This must be a list.")
        if name in _TEXTS and not isinstance(value, str):
            raise Bad(pointer + name, "This must be text.")
