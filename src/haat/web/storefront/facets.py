"""The filters of a listing in words: what can be chosen, what is chosen (chips), and where taking one away leads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from haat.search.model import Facet, Facets, FacetValue
from haat.web.storefront import words
from haat.web.storefront.address import Query

OPEN_FACETS: Final = 5  # as many as a desktop shows without scrolling
FIRST_VALUES: Final = 6
MOST_VALUES: Final = 10  # a choice costs 130 bytes of every page; the rest is what the search box is for
MOST_BRANDS: Final = 20
DAYS_OFFERED: Final = 7


@dataclass(frozen=True, slots=True)
class ValueView:
    """One choice."""

    value: str
    words: str
    count: int | None
    selected: bool = False
    url: str = ""


@dataclass(frozen=True, slots=True)
class FacetView:
    """One filter. `kind` is "choice" or "price"; the rest of the fields are the price's own."""

    name: str
    label: str
    values: list[ValueView]
    kind: str = "choice"
    input: str = "checkbox"
    open: bool = False
    first: int = FIRST_VALUES
    sign: str = ""
    low: str = ""
    high: str = ""
    low_hint: str = ""
    high_hint: str = ""


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter in use and the address without it."""

    words: str
    url: str


@dataclass(frozen=True, slots=True)
class Filters:
    """All filters of a listing, in words."""

    facets: list[FacetView]
    chips: list[Chip] = field(default_factory=list)


def filters_of(query: Query, facets: Facets, today: date, *, has_place: bool) -> Filters:
    """What can be chosen and what is. A choice in use stays, even where it leaves nothing."""
    by_name = {facet.name: facet for facet in facets.attributes}
    for name in query.attributes:
        by_name.setdefault(name, Facet(name=name, kind="text"))
    attributes = [_attribute(query, facet) for facet in by_name.values()]
    attributes = [facet for facet in attributes if len(facet.values) > 1 or any(v.selected for v in facet.values)]
    found: list[FacetView] = []
    if has_place and not query.anywhere:
        days = _days(query, facets.arrives_by, today)
        found += [days] if len(days.values) > 1 else []
    found += attributes[:1]
    price = _price(query, facets.price)
    found += [price] if price is not None else []
    brands = _brands(query, facets.brand)
    found += [brands] if len(brands.values) > 1 or query.brands else []
    found += attributes[1:]
    found.append(_stock(query))
    opened = [_opened(facet, index < OPEN_FACETS) for index, facet in enumerate(found)]
    return Filters(opened, _chips(query, by_name, today, has_place=has_place))


def value_words(value: FacetValue, unit: str = "") -> str:
    """A facet's value for people: its label, or the range with its unit, or the text itself."""
    if value.label:
        return value.label
    if value.min is not None or value.max is not None:
        return _range(value.min, value.max, unit)
    if unit and value.value.replace(".", "", 1).isdigit():
        return words.attribute(float(value.value), unit)
    return {"true": "Yes", "false": "No"}.get(value.value.lower()) or words.sentence(value.value)


def _range(low: float | None, high: float | None, unit: str) -> str:
    tail = f" {unit}" if unit else ""
    if low is None or high is None:
        only = high if low is None else low
        side = "Up to " if low is None else "From "
        return side + words.number(only or 0) + tail
    if low == high:
        return words.attribute(low, unit)
    return f"{words.number(low)}–{words.number(high)}{tail}"


def _opened(facet: FacetView, wanted: bool) -> FacetView:
    chosen = any(value.selected for value in facet.values) or facet.low or facet.high
    if not wanted and not chosen:
        return facet
    return FacetView(**{name: getattr(facet, name) for name in FacetView.__slots__ if name != "open"}, open=True)


def _days(query: Query, values: Sequence[FacetValue], today: date) -> FacetView:
    offered = [
        ValueView(v.value, words.day(v.value, today).words, v.count, v.value == query.deliver_by)
        for v in _few_days(values, query.deliver_by)
    ]
    if query.deliver_by and not any(v.selected for v in offered):
        offered.append(ValueView(query.deliver_by, words.day(query.deliver_by, today).words, None, selected=True))
        offered.sort(key=lambda v: v.value)
    if not offered:
        return FacetView("deliver_by", "Here by", [])
    offered.append(ValueView("", "Any day", None if not values else values[-1].count, not query.deliver_by))
    return FacetView("deliver_by", "Here by", offered, input="radio", first=DAYS_OFFERED + 2)


def _few_days(values: Sequence[FacetValue], chosen: str) -> list[FacetValue]:
    """At most a week of days: a day that brings nothing new is passed over, the chosen one stays."""
    kept: list[FacetValue] = []
    before = 0
    for value in values:
        if value.count > before or value.value == chosen:
            kept.append(value)
            before = value.count
    return [v for index, v in enumerate(kept) if index < DAYS_OFFERED or v.value == chosen]


def _attribute(query: Query, facet: Facet) -> FacetView:
    chosen = query.attributes.get(facet.name, ())
    values = [
        ValueView(v.value, value_words(v, facet.unit), v.count, v.selected or v.value in chosen)
        for place, v in enumerate(facet.values)
        if place < MOST_VALUES or v.value in chosen
    ]
    known = {v.value for v in values}
    values += [
        ValueView(v, value_words(FacetValue(value=v, count=0), facet.unit), 0, True) for v in chosen if v not in known
    ]
    return FacetView(f"attr.{facet.name}", facet.label or words.label(facet.name), values)


def _brands(query: Query, facet: Sequence[FacetValue]) -> FacetView:
    values = [
        ValueView(v.value, v.label or v.value, v.count, v.selected or v.value in query.brands)
        for place, v in enumerate(facet)
        if place < MOST_BRANDS or v.value in query.brands
    ]
    known = {v.value for v in values}
    values += [ValueView(v, v, 0, True) for v in query.brands if v not in known]
    return FacetView("brand", "Brand", values)


def _price(query: Query, values: Sequence[FacetValue]) -> FacetView | None:
    if not values and query.price_min_minor is None and query.price_max_minor is None:
        return None
    currency = query.currency
    lows = [int(v.min) for v in values if v.min is not None]
    highs = [_round(v.max) for v in values if v.max is not None]
    ranges = [
        ValueView(v.value, _money_range(v, currency), v.count, url=_price_url(query, v)) for v in values if v.count
    ]
    return FacetView(
        "price",
        "Price",
        ranges if len(ranges) > 1 else [],
        kind="price",
        sign=words.money(0, currency)[:-1].strip(),
        low=_typed(query.price_min_minor, currency),
        high=_typed(query.price_max_minor, currency),
        low_hint=_typed(min(lows), currency) if lows else "",
        high_hint=_typed(max(highs), currency) if highs else "",
    )


def _typed(minor: int | None, currency: str) -> str:
    return "" if minor is None else words.money(minor, currency).removeprefix(words.money(0, currency)[:-1])


def _money_range(value: FacetValue, currency: str) -> str:
    low = words.money(int(value.min), currency) if value.min is not None else None
    high = words.money(_round(value.max), currency) if value.max is not None else None
    if low and high:
        return f"{low}–{high}"
    return f"From {low}" if low else f"Up to {high}" if high else value.label or value.value


def _round(high: float) -> int:
    """The round price just above a range that ends one paisa below it: ₹200, not ₹199.99."""
    return int(high) + 1 if int(high) % 100 == 99 else int(high)


def _price_url(query: Query, value: FacetValue) -> str:
    low = int(value.min) if value.min is not None else None
    high = int(value.max) if value.max is not None else None
    return query.url(price_min_minor=low, price_max_minor=high)


def _stock(query: Query) -> FacetView:
    return FacetView("in_stock", "Sold out things", [ValueView("false", "Show them too", None, not query.in_stock)])


def _chips(query: Query, facets: Mapping[str, Facet], today: date, *, has_place: bool) -> list[Chip]:
    chips: list[Chip] = []
    if query.anywhere and has_place:
        chips.append(Chip("All of India", query.url(anywhere=False)))
    if query.deliver_by and has_place and not query.anywhere:
        chips.append(Chip(f"Here by {words.day(query.deliver_by, today).words}", query.url(deliver_by="")))
    for name, chosen in query.attributes.items():
        facet = facets[name]
        labels = {v.value: value_words(v, facet.unit) for v in facet.values}
        for value in chosen:
            text = labels.get(value) or value_words(FacetValue(value=value, count=0), facet.unit)
            if facet.kind in ("boolean", "number") or text in ("Yes", "No"):
                text = f"{facet.label or words.label(name)}: {text}"
            chips.append(Chip(text, query.url(attributes=_without(query.attributes, name, value))))
    if query.price_min_minor is not None:
        text = f"From {words.money(query.price_min_minor, query.currency)}"
        chips.append(Chip(text, query.url(price_min_minor=None)))
    if query.price_max_minor is not None:
        text = f"Up to {words.money(query.price_max_minor, query.currency)}"
        chips.append(Chip(text, query.url(price_max_minor=None)))
    chips += [Chip(brand, query.url(brands=tuple(b for b in query.brands if b != brand))) for brand in query.brands]
    if not query.in_stock:
        chips.append(Chip("Sold out too", query.url(in_stock=True)))
    return chips


def _without(attributes: Mapping[str, tuple[str, ...]], name: str, value: str) -> dict[str, tuple[str, ...]]:
    left = {key: tuple(v for v in values if (key, v) != (name, value)) for key, values in attributes.items()}
    return {key: values for key, values in left.items() if values}
