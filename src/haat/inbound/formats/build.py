"""From entries to drafts: every value read, every problem kept with its row."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from haat.inbound import values
from haat.inbound.formats.entry import Attribute, Entry, Format, Reading
from haat.inbound.grouping import Group
from haat.inbound.messages import AttributeValue
from haat.inbound.model import Bad, CurrencyRefused, Draft, DraftVariant, Limits, Refusal, Row, Taken

T = TypeVar("T")

_STATUSES = {
    "": "active", "active": "active", "published": "active", "1": "active", "true": "active", "draft": "draft",
    "archived": "retired", "retired": "retired", "deleted": "retired", "0": "draft", "false": "draft", "-1": "draft",
}  # fmt: skip


def build(fmt: Format, group: Group, reading: Reading) -> Taken:
    """The draft of one group of rows, and the refusals of those that cannot be taken."""
    taken = Taken(rows=len(group), refused=[row for row in group if isinstance(row, Refusal)])
    rows = [row for row in group if isinstance(row, Row)]
    if rows:
        try:
            code, entries = fmt.entries(rows, reading)
        except Bad as bad:
            taken.refused += [Refusal(row.line, bad.field, bad.reason, row.number) for row in rows]
        else:
            _Builder(taken, reading, entries).build(code)
    return taken


class _Builder:
    """Builds one draft."""

    def __init__(self, taken: Taken, reading: Reading, entries: Sequence[Entry]) -> None:
        self.taken = taken
        self.reading = reading
        self.entries = entries
        self.code: Any = ""  # the item's, as written

    def build(self, code: str) -> None:
        head = next((e for e in self.entries if e.role in ("both", "item")), self.entries[0])
        draft = Draft(code="", line=head.line, action=head.action)
        draft.item_rows = [e.number for e in self.entries if e.role != "variant"] or [head.number]
        self.code = code or head.code
        draft.code = self._take(head, values.code, self.code, head.column("code"), "")
        draft.title = self._take(head, values.text, head.title, head.column("title"), Limits.TITLE_CHARS, "")
        if head.action == "offer":
            self._item(head, draft)
            for entry in self.entries:
                self._attributes(entry, draft)
                self._pictures(entry, draft.pictures)
            self._share(draft)
        sellable = [e for e in self.entries if e.role in ("both", "variant")]
        draft.variants = [self._variant(entry, draft) for entry in sellable]
        self._judge(head, draft, sellable)

    def _take(self, entry: Entry, read: Callable[..., T], value: Any, column: str, *rest: Any) -> T:
        """A value read, or the last of `rest` with the problem noted."""
        *limits, default = rest
        try:
            return read(value, column, *limits)
        except Bad as bad:
            entry.problems.append(bad)
            return default  # type: ignore[no-any-return]  # callers give a default of the reader's type

    def _text(self, entry: Entry, name: str, most: int) -> str:
        """One of the entry's texts; most are empty in most sources."""
        value = getattr(entry, name)
        return self._take(entry, values.text, value, entry.column(name), most, "") if value else ""

    def _item(self, head: Entry, draft: Draft) -> None:
        take = self._take
        if not draft.title and not any(bad.field == head.column("title") for bad in head.problems):
            head.problems.append(Bad(head.column("title"), "There is no title."))
        draft.description = self._text(head, "description", Limits.TEXT_CHARS)
        column = head.column("bullets")
        points = [
            take(head, values.text, b, column, Limits.BULLET_CHARS, "") for b in values.listed(head.bullets, "\n")
        ]
        draft.bullets = [point for point in points[: Limits.BULLETS] if point]
        draft.brand = self._text(head, "brand", Limits.SHORT_CHARS) or None
        draft.category, draft.category_id = self._category(head)
        draft.status = _STATUSES.get(head.status.strip().lower(), "")
        if not draft.status:
            head.problems.append(Bad(head.column("status"), "A status is active, draft or retired."))
        draft.rating = take(head, values.rating, head.rating, head.column("rating"), None)
        if head.rating_count not in (None, ""):
            draft.rating_count = take(head, values.count, head.rating_count, head.column("rating_count"), 0)
        if head.released:
            draft.released = take(head, values.date, head.released, head.column("released"), None)

    def _category(self, head: Entry) -> tuple[list[str], str | None]:
        rule = self.reading.mapping.category
        column = head.column("category")
        path = list(head.category) or list(rule.default)
        if path:
            path = [*rule.root, *path]
        if len(path) > Limits.CATEGORY_DEPTH:
            head.problems.append(Bad(column, f"A category has at most {Limits.CATEGORY_DEPTH} levels."))
        names = [self._take(head, values.text, name, column, Limits.CATEGORY_CHARS, "") for name in path]
        category_id = self._text(head, "category_id", 200)
        return [name for name in names if name], category_id or None

    def _attributes(self, entry: Entry, draft: Draft) -> None:
        """Reads a row's attributes: the item's and the variant's, in one pass."""
        labels, of_item, of_variant = draft.labels, entry.of_item, entry.of_variant
        for wanted, written in entry.attributes:
            try:
                value = values.attribute(written, wanted.kind, wanted.column, wanted.separator)
            except Bad as bad:
                entry.problems.append(bad)
                continue
            if value is None:
                continue
            found = of_variant if wanted.variant else of_item
            name = wanted.name
            if name in found or labels.setdefault(name, wanted.label) != wanted.label:
                name = self._second(wanted, draft, found)
            if wanted.unit:
                draft.units[name] = wanted.unit
            found[name] = value
        if len(of_item) + len(of_variant) > Limits.ATTRIBUTES:
            entry.problems.append(Bad("attributes", f"An item has at most {Limits.ATTRIBUTES:,} attributes."))

    def _share(self, draft: Draft) -> None:
        """Rows that say the same speak of the item; where they differ, each speaks of its own variant."""
        if len(self.entries) == 1:
            draft.attributes = self.entries[0].of_item
            return
        for entry in self.entries:
            for name, value in entry.of_item.items():
                draft.attributes.setdefault(name, value)
        differ = {n for e in self.entries for n, value in e.of_item.items() if value != draft.attributes[n]}
        for name in differ:
            for entry in self.entries:
                if name in entry.of_item and entry.role in ("both", "variant"):
                    entry.of_variant.setdefault(name, entry.of_item[name])

    def _second(self, wanted: Attribute, draft: Draft, found: dict[str, AttributeValue]) -> str:
        """Another name for a second attribute of the same name: two labels, or two columns with one label."""
        name, turn = wanted.name, 1
        while name in found:
            turn += 1
            name = f"{wanted.name}_{turn}"
        draft.labels.setdefault(name, wanted.label)
        return name

    def _pictures(self, entry: Entry, found: list[str]) -> list[str]:
        root = self.reading.mapping.columns.picture_root
        own = []
        for picture in entry.pictures:
            address = self._take(entry, values.text, picture, entry.column("pictures"), 2_000, "")
            # "picture:" and its key is one that was uploaded before: the catalogue knows it
            if address and not address.startswith(("https://", "http://", "picture:")):
                if not root or ":" in address.partition("/")[0]:
                    self.taken.pictures_left_out += 1
                    continue
                address = root.rstrip("/") + "/" + address.lstrip("/")
            if address and address not in own:
                own.append(address)
        found += [address for address in own if address not in found]
        if len(found) > Limits.PICTURES:
            entry.problems.append(Bad(entry.column("pictures"), f"An item has at most {Limits.PICTURES} pictures."))
        return own

    def _variant(self, entry: Entry, draft: Draft) -> DraftVariant:
        take = self._take
        made = DraftVariant(code="", line=entry.line, number=entry.number)
        if entry.role == "both" and entry.code in ("", self.code):
            made.code = draft.code
        else:
            made.code = take(entry, values.code, entry.code, entry.column("code"), "")
        made.attributes = entry.of_variant
        made.eans = list(dict.fromkeys(take(entry, values.ean, e, entry.column("eans"), "") for e in entry.eans))
        self._model(entry, draft, made)
        made.pictures = self._pictures(entry, draft.pictures) if entry.role == "variant" else []
        if entry.active != "":
            made.active = take(entry, values.truth, entry.active, entry.column("active"), True, True)
        shipping = (entry.shipping_class or self.reading.mapping.shipping_class).strip().lower()
        if shipping not in ("standard", "heavy", "hazardous"):
            column = entry.column("shipping_class")
            entry.problems.append(Bad(column, "A shipping class is standard, heavy or hazardous."))
        made.shipping_class = shipping
        if entry.tax_class:
            made.tax_class = values.slug(self._text(entry, "tax_class", 64), "-")[:32].strip("-") or "standard"
        self._price(entry, made)
        for place, units in entry.stock.items():
            made.stock[place] = take(entry, values.count, units, entry.column("stock"), 0)
        return made

    def _model(self, entry: Entry, draft: Draft, made: DraftVariant) -> None:
        """The manufacturer's number; one too long for that (a list of names) is kept as an attribute."""
        model = self._text(entry, "model", Limits.VALUE_CHARS)
        if len(model) <= Limits.SHORT_CHARS:
            made.model = model or None
        else:
            (draft.attributes if entry.role == "both" else made.attributes)["model"] = model
            draft.labels["model"] = "Model"

    def _price(self, entry: Entry, made: DraftVariant) -> None:
        column = entry.column("price")
        try:
            if entry.price_minor is not None:
                minor = values.count(entry.price_minor, entry.column("price_minor"), Limits.PRICE_MINOR)
                made.price_minor = minor or self.reading.mapping.price.missing_price_minor
                made.price_missing = minor == 0
            else:
                made.price_minor, made.price_missing = self.reading.price(entry.price, column, entry.currency)
            if made.price_missing and entry.action == "price":
                raise Bad(column, "A price update needs a price.")  # noqa: TRY301  # joins the other problems of a price
        except CurrencyRefused as bad:
            self.taken.currency_refused += 1
            entry.problems.append(bad)
        except Bad as bad:
            entry.problems.append(bad)

    def _judge(self, head: Entry, draft: Draft, sellable: Sequence[Entry]) -> None:
        """Refuse what has problems: a row alone, or all rows when the item itself is wrong."""
        seen: dict[str, int] = {}
        for entry, made in zip(sellable, draft.variants, strict=True):
            if made.code and made.code in seen:
                detail = f"{made.code} was already given on line {seen[made.code]}."
                entry.problems.append(Bad(entry.column("code"), detail))
            seen.setdefault(made.code, entry.line)
        if len(sellable) > Limits.VARIANTS:
            head.problems.append(Bad("", f"An item has at most {Limits.VARIANTS:,} variants."))
        for entry in self.entries:
            self.taken.refused += [Refusal(entry.line, b.field, b.reason, entry.number) for b in entry.problems]
        bad = {entry.number for entry in self.entries if entry.problems}
        draft.held = [made.code for made in draft.variants if made.number in bad and made.code]
        draft.variants = [made for made in draft.variants if made.number not in bad]
        if head.problems or not draft.variants:
            why = f"Its item, on line {head.line}, was refused."
            if not head.problems:
                why = "The item has no variant that could be taken."
            left = [entry for entry in self.entries if entry.number not in bad]
            self.taken.refused += [Refusal(e.line, "", why, e.number) for e in left]
            return
        draft.item_rows = [number for number in draft.item_rows if number not in bad]
        axes = {name for made in draft.variants for name in made.attributes}
        draft.attributes = {name: value for name, value in draft.attributes.items() if name not in axes}
        self.taken.drafts.append(draft)
