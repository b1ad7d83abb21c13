"""Which facets a question shows, and what the counts of a search library or server mean: the same for every engine.

Aggregations are written as Elasticsearch writes them, which tantivy understands too. What differs is how a count of a
field's terms is asked for: each engine gives `terms`.
"""

from collections.abc import Callable, Iterator, Mapping, Set
from functools import lru_cache
from typing import Any, Final

from haat.search.adapters.fields import KIND_OF_LETTER, MAX_LEVELS
from haat.search.bands import closed
from haat.search.index import AttributeKind, FacetAsk, Filters

Counts = Mapping[str, Any]
"""Answers of aggregations by name."""
Named = tuple[str, AttributeKind, int]
"""An attribute, its kind, and the items that have it."""
Terms = Callable[[str, int], dict[str, Any]]
"""The aggregation that counts the most frequent terms of a field, up to so many."""

PRICE_BANDS: Final = 60
NUMBER_BANDS: Final = 40
CATEGORIES: Final = 200


def wanted_counts(filters: Filters, facets: FacetAsk, terms: Terms, level: str) -> dict[str, Any]:
    """What to count of the matches themselves: a facet with a selection is counted without it, in a walk of its own.

    `level` is how fields of categories begin: their depth follows.
    """
    depth = filters.category.count(".") + 2 if filters.category else 1
    asked = {"attributes": terms("attribute", len(facets.attributes) * 3 + facets.most * 2 + 20)}
    if depth <= MAX_LEVELS:
        asked["category"] = terms(f"{level}{depth}", CATEGORIES)
    if not filters.brands:
        asked["brand"] = terms("brand", facets.values)
    if filters.price_min_minor is None and filters.price_max_minor is None:
        asked["price"] = terms("price_band", PRICE_BANDS)
    return asked


def shown(counts: Counts, facets: FacetAsk, selected: Set[str]) -> list[Named]:
    """The attributes to show: those chosen, those the category wants, then the most frequent; ties by name."""
    frequent = sorted([(-b["doc_count"], *_attribute(b["key"])) for b in counts["buckets"]])
    asked = dict.fromkeys((*sorted(selected), *facets.attributes))
    first: list[Named] = []
    unseen: list[Named] = []
    for name in asked:
        own = [(name, kind, -count) for count, found, kind in frequent if found == name]
        first += own
        unseen += [] if own else [(name, "text", 0), (name, "number", 0)]
    rest = [(name, kind, -count) for count, name, kind in frequent if name not in asked]
    return first + unseen + rest[: max(0, facets.most - len(asked))]


def counted(counts: Counts, name: str) -> Iterator[tuple[Any, int]]:
    """Values with their counts, the most frequent first, ties by value: the same order whatever the segments are."""
    if name not in counts:
        return iter(())
    ordered = sorted([(-bucket["doc_count"], bucket["key"]) for bucket in counts[name]["buckets"]])
    return ((value, -count) for count, value in ordered)


def prices(counts: Counts) -> tuple[tuple[int, int, int], ...]:
    """Bands of prices with their counts: from, to, items."""
    bands = ((closed(int(band)), count) for band, count in counted(counts, "price"))
    return tuple(sorted([(round(low), int(high), count) for (low, high), count in bands]))


def ranges(bands: Iterator[tuple[Any, int]]) -> tuple[tuple[float, float, int], ...]:
    """Bands of numbers with their counts: from, to, items."""
    return tuple(sorted([(*closed(int(band)), count) for band, count in bands]))


@lru_cache(maxsize=1 << 14)
def _attribute(word: str) -> tuple[str, AttributeKind]:
    return word[1:], KIND_OF_LETTER[word[0]]
