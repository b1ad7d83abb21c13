"""Engine-neutral questions as the query language of OpenSearch and Elasticsearch.

Everything but the text is a filter: filters weigh nothing and are cached, so scores are those of the text alone.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from haat.search.adapters.fields import HUB_CODES, MAX_LEVELS
from haat.search.adapters.opensearch_schema import number_term, term, usable
from haat.search.index import (
    EXACT_BONUS,
    Ask,
    AttributeFilter,
    ByWarehouse,
    Clause,
    Delivery,
    Filters,
    Words,
)
from haat.vocabulary import SHIPPING_CLASSES

Query = dict[str, Any]
NOTHING: Final[Query] = {"match_none": {}}
EVERYTHING: Final[Query] = {"match_all": {}}


def visible(ask: Ask, *, without: str = "", score_scale: float = 0.0) -> Query:
    """What the hits are drawn from. `without` leaves one facet's own filter out; with a scale the text is scored."""
    must, filters, must_not = _matching(ask, without, score_scale)
    by = ask.delivery.by if ask.delivery is not None else None
    if ask.filters.stocked or by is not None:
        _stocked(ask.delivery, filters, must_not)
    elif ask.delivery is not None:
        reach: list[Query] = []
        refused: list[Query] = []
        _stocked(ask.delivery, reach, refused)
        filters.append(_any([_all((), reach, refused), _state("listed")]))
    else:
        filters.append({"terms": {"state": ["stocked", "listed"]}})
    return _all(must, filters, must_not)


def reaching(ask: Ask) -> Query:
    """What matches and reaches the place, on whatever day."""
    assert ask.delivery is not None
    must, filters, must_not = _matching(ask, "", 0.0)
    _reach(ask.delivery, ask.delivery.reaches, filters, must_not)
    return _all(must, filters, must_not)


def sold(ask: Ask) -> Query:
    """What matches and is in stock, wherever it goes."""
    must, filters, must_not = _matching(ask, "", 0.0)
    return _all(must, [*filters, _state("stocked")], must_not)


def narrowed(query: Query, clause: Clause | None, but: Clause | None = None) -> Query:
    """The query's hits inside a clause and outside another: one tier of a listing by date. Scores stay."""
    inside = [within(clause)] if clause is not None else []
    return _all([query], inside, [within(but)] if but is not None else [])


def behind(query: Query, field: str, key: int) -> Query:
    """The query's hits whose sort key is larger."""
    return _all([query], [{"range": {field: {"gt": key}}}], [])


def within(clause: Clause) -> Query:
    """A delivery clause alone."""
    if isinstance(clause, ByWarehouse):
        return _any([_set(classes, names) for classes, names in clause.sets if names and classes])
    first, last = (0, HUB_CODES - 1) if clause.whole else (clause.first, clause.last)
    if first > last:
        return NOTHING
    return {"range": {"arrival": {"gte": clause.hub * HUB_CODES + first, "lte": clause.hub * HUB_CODES + last}}}


def stocked_in(warehouses: Sequence[str]) -> Query:
    """Items in any of these warehouses."""
    return {"terms": {"warehouse": list(warehouses)}}


def _stocked(delivery: Delivery | None, filters: list[Query], must_not: list[Query]) -> None:
    if delivery is None:
        filters.append(_state("stocked"))
    else:
        _reach(delivery, delivery.by if delivery.by is not None else delivery.reaches, filters, must_not)


def _reach(delivery: Delivery, clause: Clause, filters: list[Query], must_not: list[Query]) -> None:
    filters.append(within(clause))
    if delivery.refuses:
        must_not.append({"terms": {"class": list(delivery.refuses)}})


def _set(classes: Sequence[str], names: Sequence[str]) -> Query:
    stocked = stocked_in(names)
    if len(classes) == len(SHIPPING_CLASSES):
        return stocked
    return _all((), [{"terms": {"class": list(classes)}}, stocked], ())


def _state(state: str) -> Query:
    return {"term": {"state": state}}


def _matching(ask: Ask, without: str, score_scale: float) -> tuple[list[Query], list[Query], list[Query]]:
    must: list[Query] = []
    filters: list[Query] = []
    if ask.words is not None:
        (must if score_scale else filters).append(_text(ask.words, score_scale))
    filters += _filters(ask.filters, without)
    return must, filters, []


def _text(words: Words, scale: float) -> Query:
    groups = [_group(group, scale) for group in words.groups]
    options = [_all(groups, (), ())] if words.every and len(groups) > 1 else list(groups)
    if words.exact:
        exact: Query = {"term": {"exact": words.exact}}
        options.append(_bonus(exact, EXACT_BONUS) if scale else exact)
    if not options:
        return NOTHING
    needed = [group for place, group in enumerate(groups) if place not in words.unknown]
    if scale and words.coverage > 0 and len(needed) > 1 and not words.every:
        options.append(_bonus(_all((), needed, ()), words.coverage))
    return _any(options)


def _bonus(query: Query, boost: float) -> Query:
    return {"constant_score": {"filter": query, "boost": boost}}


def _group(variants: Sequence[tuple[str, float]], scale: float) -> Query:
    terms: list[Query] = [{"term": {"text": {"value": t, "boost": w * (scale or 1.0)}}} for t, w in variants]
    return terms[0] if len(terms) == 1 else {"dis_max": {"queries": terms}}


def _filters(filters: Filters, without: str) -> Iterator[Query]:
    if filters.category is not None:
        depth = filters.category.count(".") + 1
        yield {"term": {f"level_{depth}": filters.category}} if depth <= MAX_LEVELS else NOTHING
    if filters.brands and without != "brand":
        yield {"terms": {"brand": list(filters.brands)}}
    if (filters.price_min_minor is not None or filters.price_max_minor is not None) and without != "price":
        limits = {"gte": filters.price_min_minor or 0}
        if filters.price_max_minor is not None:
            limits["lte"] = filters.price_max_minor
        yield {"range": {"price": limits}}
    for chosen in filters.attributes:
        if without != "attribute:" + chosen.name:
            yield _attribute(chosen)


def _attribute(chosen: AttributeFilter) -> Query:
    if not usable(chosen.name):
        return NOTHING
    options: list[Query] = []
    if chosen.texts:
        options.append({"terms": {"value": [term(chosen.name, text) for text in chosen.texts]}})
    for low, high in chosen.ranges:
        limits = {"gte": number_term(chosen.name, low), "lte": number_term(chosen.name, high)}
        options.append({"range": {"number": limits}})
    return _any(options)


def _all(must: Sequence[Query], filters: Sequence[Query], must_not: Sequence[Query]) -> Query:
    """One query that demands all. Exclusions alone leave everything else."""
    if len(must) + len(filters) == 1 and not must_not:
        return must[0] if must else {"bool": {"filter": list(filters)}}
    parts = {"must": list(must), "filter": list(filters), "must_not": list(must_not)}
    return (
        {"bool": {name: queries for name, queries in parts.items() if queries}} if any(parts.values()) else EVERYTHING
    )


def _any(options: Sequence[Query]) -> Query:
    if not options:
        return NOTHING
    return options[0] if len(options) == 1 else {"bool": {"should": list(options)}}
