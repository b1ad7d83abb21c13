"""From raw counts to the facets a page shows."""

import math
from collections.abc import Sequence
from datetime import date
from typing import Final

from haat.search.index import AttributeFilter, Filters, Label, RawFacet, Tally, View
from haat.search.model import Facet, Facets, FacetValue

FEW_NUMBERS: Final = 10
"""So many different numbers are shown one by one; more become ranges."""
MOST_BRANDS: Final = 30


def facets(tally: Tally, filters: Filters, days: Sequence[date], deliver_by: date | None, view: View) -> Facets:
    """The facets of a page: nothing without a choice, the chosen ones always."""
    return Facets(
        category=tuple(
            FacetValue(value=id_, count=count, label=_label(view, "category:" + id_).label)
            for id_, count in tally.categories
        ),
        brand=_brands(tally, filters),
        price=_prices(tally, filters),
        arrives_by=_dates(tally, days, deliver_by),
        attributes=tuple(
            facet for raw in tally.attributes if (facet := _attribute(raw, filters, view, tally.total)) is not None
        ),
    )


def _label(view: View, name: str) -> Label:
    return view.label(name) or Label("")


def _brands(tally: Tally, filters: Filters) -> tuple[FacetValue, ...]:
    counted = dict(tally.brands)
    missing = [(brand, 0) for brand in filters.brands if brand not in counted]
    return tuple(
        FacetValue(value=brand, count=count, selected=brand in filters.brands)
        for brand, count in (*tally.brands[:MOST_BRANDS], *missing)
    )


def _prices(tally: Tally, filters: Filters) -> tuple[FacetValue, ...]:
    chosen = (filters.price_min_minor, filters.price_max_minor)
    return tuple(
        FacetValue(value=f"{low}..{high}", count=count, selected=chosen == (low, high), min=low, max=high)
        for low, high, count in tally.prices
    )


def _dates(tally: Tally, days: Sequence[date], deliver_by: date | None) -> tuple[FacetValue, ...]:
    """Cumulative; a date that adds nothing to the one before is left out."""
    shown: list[FacetValue] = []
    before = 0
    for day, count in zip(days, tally.dates, strict=True):
        if count > before or (count and day == deliver_by):
            shown.append(FacetValue(value=day.isoformat(), count=count, selected=day == deliver_by))
        before = count
    return tuple(shown)


def _attribute(raw: RawFacet, filters: Filters, view: View, total: int) -> Facet | None:
    chosen = next((c for c in filters.attributes if c.name == raw.name), None)
    if raw.kind == "number":
        values = _numbers(raw, chosen)
    else:
        values = tuple(
            FacetValue(value=str(v), count=n, selected=chosen is not None and v in chosen.texts) for v, n in raw.values
        )
    if not values or (chosen is None and not _divides(values, total)):
        return None
    known = _label(view, "attribute:" + raw.name)
    return Facet(name=raw.name, kind=raw.kind, label=known.label, unit=known.unit, values=values)


def _divides(values: Sequence[FacetValue], total: int) -> bool:
    """Whether choosing something would change anything."""
    return len(values) > 1 or values[0].count < total


def _numbers(raw: RawFacet, chosen: AttributeFilter | None) -> tuple[FacetValue, ...]:
    ranges = chosen.ranges if chosen is not None else ()
    if len(raw.values) <= FEW_NUMBERS:
        numbers = sorted((float(v), n) for v, n in raw.values)
        return tuple(
            FacetValue(value=f"{v:.15g}", count=n, selected=(v, v) in ranges, min=v, max=v) for v, n in numbers
        )
    return tuple(
        FacetValue(value=_range(low, high), count=n, selected=(low, high) in ranges, min=low, max=_edge(high))
        for low, high, n in raw.ranges
    )


def _edge(high: float) -> float:
    """The round number just above a band's last value."""
    return high if high <= 0 else math.nextafter(high, math.inf)


def _range(low: float, high: float) -> str:
    """A band as the parameter that means exactly it."""
    return f"{low:.15g}..<{_edge(high):.15g}" if high > 0 else f"{low!r}..{high!r}"
