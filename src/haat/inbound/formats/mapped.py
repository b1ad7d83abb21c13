"""Any CSV, JSON or XML by a mapping: columns named in TOML become fields."""

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

from haat.inbound import values
from haat.inbound.formats.entry import Attribute, Entry, KeyOf, Plain, Reading, path_of
from haat.inbound.mapping import AttributeColumn, CategoryRule, Mapping
from haat.inbound.model import Bad, Refusal, Row, Unreadable
from haat.inbound.readers.delimited import read_rows
from haat.inbound.readers.jsontext import read_document, read_lines
from haat.inbound.readers.source import Source
from haat.inbound.readers.xmltext import flat, read_records

_WORD: Final = re.compile(r"\w+")
_DIRECT: Final = (
    "code", "title", "description", "bullets", "brand", "model", "status", "active", "rating", "rating_count",
    "released", "tax_class", "shipping_class",
)  # fmt: skip


class Mapped(Plain):
    """A source described by its mapping."""

    name = "mapped"

    def __init__(self, mapping: Mapping) -> None:
        self.mapping = mapping
        columns = mapping.columns
        self.key: KeyOf | None = None
        if columns.group:
            self.key = lambda row: str(row.cells.get(columns.group) or row.cells.get(columns.code) or f"\0{row.line}")
        self._direct = [(name, column) for name in _DIRECT if (column := getattr(columns, name))]
        self._names = dict(self._direct) | {
            "eans": columns.eans,
            "pictures": ", ".join(columns.pictures),
            "price": mapping.price.column,
            "category": mapping.category.column,
            "stock": mapping.stock.column,
        }
        self._rules = [_Rule(rule) for rule in mapping.category.rules]
        self._plans: dict[str, Attribute | None] = {}

    def rows(self, source: Source, reading: Reading) -> Iterator[Row | Refusal]:
        """See Format."""
        del reading
        match self.mapping.format:
            case "csv":
                need = [self.mapping.columns.code.lower(), self.mapping.columns.title.lower()]
                return read_rows(source, self.mapping.delimiter, need)
            case "jsonl":
                return read_lines(source)
            case "json":
                return read_document(source)
            case "xml" if self.mapping.record:
                return (Row(node.line, flat(node)) for node in read_records(source, (self.mapping.record,)))
        raise Unreadable("An XML mapping must name the record's element.")

    def entries(self, rows: Sequence[Row], reading: Reading) -> tuple[str, list[Entry]]:
        """See Format."""
        found = [self._entry(row, reading, at == 0) for at, row in enumerate(rows)]
        group = self.mapping.columns.group
        return (str(rows[0].cells.get(group, "")) if group else ""), found

    def _entry(self, row: Row, reading: Reading, head: bool) -> Entry:
        mapping, cells = self.mapping, row.cells
        columns = mapping.columns
        entry = Entry(row.line, row.number, "both" if head else "variant", columns=self._names)
        for name, column in self._direct:
            if column in cells:
                setattr(entry, name, cells[column])
        if columns.status and not isinstance(entry.status, str):
            entry.status = "active" if entry.status else "draft"
        if not isinstance(entry.shipping_class, str):
            entry.problems.append(Bad(columns.shipping_class, "This must be text."))
            entry.shipping_class = ""
        entry.eans = values.listed(cells.get(columns.eans), ",")
        for column in columns.pictures:
            entry.pictures = [*entry.pictures, *values.listed(cells.get(column), columns.picture_separator)]
        entry.price = cells.get(mapping.price.column)
        entry.currency = str(cells.get(mapping.price.currency_column, ""))
        if mapping.stock.column in cells:
            entry.stock[""] = cells[mapping.stock.column]
        if head:
            self._category(entry, cells, reading)
        plans, attributes = self._plans, entry.attributes
        for column, value in cells.items():
            plan = plans[column] if column in plans else self._plan(column)
            if plan is not None:
                attributes.append((plan, value))
        return entry

    def _category(self, entry: Entry, cells: dict[str, Any], reading: Reading) -> None:
        rule = self.mapping.category
        if rule.id_column:
            entry.category_id = str(cells.get(rule.id_column, ""))
        found = cells.get(rule.column) if rule.column else None
        if found and not isinstance(found, list) and rule.google_names:
            try:
                entry.category = reading.google(str(found), rule.column)
            except Bad as bad:
                entry.problems.append(bad)
        elif found:
            entry.category = path_of(found, rule.separator)
        if not entry.category:
            entry.category = _first(self._rules, cells)

    def _plan(self, column: str) -> "Attribute | None":
        """How a column becomes an attribute; made once for each name."""
        plan = self._make(column)
        if len(self._plans) < 50_000:  # a hostile file may invent column names without end
            self._plans[column] = plan
        return plan

    def _make(self, column: str) -> "Attribute | None":
        rules = self.mapping.attributes
        spec = rules.columns.get(column)
        stem = column
        if spec is None:
            for pattern in rules.patterns:
                before, _, after = pattern.match.partition("*")
                if len(column) > len(pattern.match) - 1 and column.startswith(before) and column.endswith(after):
                    stem = column[len(before) : len(column) - len(after)]
                    spec = AttributeColumn(kind=pattern.kind, unit=pattern.unit)
                    break
            else:
                return None
        label = spec.label or values.attribute_label(stem)
        name = spec.name or values.attribute_name(spec.label or stem)
        unit = spec.unit or rules.units.get(name, "")
        return Attribute(name, label, column, spec.kind, unit, spec.separator, spec.variant)


class _Rule:
    """A category rule, ready for many rows: single words are looked up among a text's words, phrases are searched."""

    def __init__(self, rule: CategoryRule) -> None:
        self.column = rule.column
        self.path = rule.path
        words = [word.casefold() for word in rule.words]
        self.always = not words
        self.single = frozenset(word for word in words if _WORD.fullmatch(word))
        phrases = [re.escape(word) for word in words if word not in self.single]
        self.phrases = re.compile(r"(?<!\w)(?:" + "|".join(phrases) + r")(?!\w)") if phrases else None


def _first(rules: Sequence[_Rule], cells: dict[str, Any]) -> Sequence[str]:
    """The path of the first rule that fits."""
    read: dict[str, tuple[str, frozenset[str]]] = {}
    for rule in rules:
        found = cells.get(rule.column)
        if found is None or found == "":
            continue
        if rule.always:
            return rule.path
        if rule.column not in read:
            text = str(found).casefold()
            read[rule.column] = text, frozenset(_WORD.findall(text))
        text, words = read[rule.column]
        if not rule.single.isdisjoint(words) or (rule.phrases is not None and rule.phrases.search(text)):
            return rule.path
    return ()
