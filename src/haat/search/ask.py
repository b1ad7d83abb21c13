"""From a request to what is asked of the index: checked, parsed, engine-neutral."""

import math
from collections.abc import Iterable
from datetime import date
from typing import Final

from haat.errors import Invalid, Problem
from haat.search.index import AttributeFilter, Filters
from haat.search.index import Words as AskedWords
from haat.search.model import MAX_QUERY_CHARS, MAX_VALUES, SORTS, SearchRequest
from haat.search.text.analyse import ParsedQuery
from haat.search.text.snapshot import TextSnapshot
from haat.search.text.vocabulary import coverage_bonus
from haat.vocabulary import pincode as checked_pincode

MAX_VALUE_CHARS: Final = 200
MAX_ATTRIBUTES: Final = 20
_MOST_MINOR: Final = (1 << 53) - 1  # what JSON readers can count to


def check(request: SearchRequest) -> date | None:
    """Check all fields at once; the day of `deliver_by`. Raises: Invalid naming every bad parameter."""
    problems = [*_text_problems(request), *_value_problems(request), *_price_problems(request)]
    day: date | None = None
    if request.deliver_by is not None:
        try:
            day = date.fromisoformat(request.deliver_by)
        except ValueError:
            problems.append(Problem("deliver_by", "A date looks like 2026-11-25."))
    if request.pincode is None and (request.deliver_by is not None or request.sort == "fastest"):
        name = "deliver_by" if request.deliver_by is not None else "sort"
        problems.append(Problem(name, "Dates need a place: give a pincode, like 560034."))
    if request.pincode is not None:
        try:
            checked_pincode(request.pincode, "pincode")
        except Invalid as error:
            problems += error.problems
    if problems:
        raise Invalid(problems=problems)
    return day


def _text_problems(request: SearchRequest) -> Iterable[Problem]:
    if len(request.q) > MAX_QUERY_CHARS:
        yield Problem("q", f"A query has at most {MAX_QUERY_CHARS} characters; this one has {len(request.q)}.")
    if request.sort not in SORTS:
        yield Problem("sort", f"Sort by one of {', '.join(SORTS)}.")
    if request.category is not None and not 0 < len(request.category) <= MAX_VALUE_CHARS:
        yield Problem("category", "A category is named by its id, like outdoor.bags.")


def _value_problems(request: SearchRequest) -> Iterable[Problem]:
    if len(request.attributes) > MAX_ATTRIBUTES:
        yield Problem("attr", f"At most {MAX_ATTRIBUTES} attributes can be filtered at once.")
    given = [("brand", request.brands), *(("attr." + name, v) for name, v in request.attributes.items())]
    for name, values in given:
        if len(values) > MAX_VALUES:
            yield Problem(name, f"At most {MAX_VALUES} values can be chosen.")
        if any(not 0 < len(value) <= MAX_VALUE_CHARS for value in values):
            yield Problem(name, f"A value has 1 to {MAX_VALUE_CHARS} characters.")


def _price_problems(request: SearchRequest) -> Iterable[Problem]:
    low, high = request.price_min_minor, request.price_max_minor
    for name, value in (("price_min", low), ("price_max", high)):
        if value is not None and not 0 <= value <= _MOST_MINOR:
            yield Problem(name, "A price is a whole number of the smallest unit (paise), 0 or more.")
    if low is not None and high is not None and low > high:
        yield Problem("price_max", "The highest price is below the lowest.")


def filters(request: SearchRequest) -> Filters:
    """The filters of a checked request, in one order, so that equal searches are equal."""
    return Filters(
        category=request.category,
        brands=tuple(sorted(set(request.brands))),
        price_min_minor=request.price_min_minor,
        price_max_minor=request.price_max_minor,
        attributes=tuple(_attribute(name, values) for name, values in sorted(request.attributes.items()) if values),
        stocked=request.in_stock,
    )


def _attribute(name: str, values: Iterable[str]) -> AttributeFilter:
    """Texts as they are; what reads as a number or a range also matches numbers."""
    texts = sorted(set(values))
    ranges = sorted({found for text in texts if (found := number_range(text)) is not None})
    return AttributeFilter(name, tuple(texts), tuple(ranges))


def number_range(text: str) -> tuple[float, float] | None:
    """`7` → (7, 7), `10..20`, `..20`, `10..`, `10..<20`; None for anything else."""
    low_text, dots, high_text = text.partition("..")
    if not dots:
        number = _number(text)
        return (number, number) if number is not None else None
    below = high_text.startswith("<")
    low = _number(low_text) if low_text else -math.inf
    high = _number(high_text[below:]) if high_text else math.inf
    if low is None or high is None or (low == -math.inf and high == math.inf):
        return None
    return low, math.nextafter(high, -math.inf) if below else high


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def words(parsed: ParsedQuery, text: TextSnapshot) -> AskedWords:
    """The query's words as the index is asked for them, with the bonus for having them all."""
    vocabulary = text.vocabulary
    groups = tuple(group.variants for group in parsed.words)
    known = [group for group in parsed.words if group.known]
    frequencies = [max(vocabulary.frequency(token) for token, _ in group.variants) for group in known]
    coverage = coverage_bonus(frequencies, vocabulary.items) if vocabulary.items else 0.0
    unknown = tuple(place for place, group in enumerate(parsed.words) if not group.known)
    return AskedWords(groups, parsed.exact, coverage, unknown)
