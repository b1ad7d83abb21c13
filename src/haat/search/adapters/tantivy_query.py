"""Engine-neutral questions as tantivy queries.

Filters weigh nothing (boost 0), so scores are those of the text alone. A filter is a bare term wherever it can be:
wrapped in a constant score it would hide its postings from the scorer and cost a third more.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from tantivy import FieldType, Index, Occur, Query, Schema

from haat.search.adapters.fields import HUB_CODES
from haat.search.adapters.tantivy_schema import STATES, usable
from haat.search.bands import to_ordered
from haat.search.index import (
    EXACT_BONUS,
    Ask,
    AttributeFilter,
    ByHub,
    ByWarehouse,
    Clause,
    Delivery,
    Filters,
    Words,
)
from haat.vocabulary import SHIPPING_CLASSES

_QUERY_SYNTAX: Final = frozenset("+-&|!(){}[]^\"~*?:/=<>,`'@#$%;")
_TEXTS: Final = 64  # words whose queries are kept
_Parts = list[tuple[Occur, Query]]


class Compiler:
    """Turns an Ask into queries over one index's schema."""

    def __init__(self, schema: Schema, index: Index) -> None:
        self._schema = schema
        self._index = index  # ranges over attribute numbers exist only in its query language
        self._texts: dict[tuple[Words, bool], Query] = {}

    def items(self, ids: Sequence[str]) -> Query:
        """Exactly these items, whatever their state."""
        return Query.term_set_query(self._schema, "id", list(ids))

    def visible(self, ask: Ask, *, without: str = "", scored: bool = False) -> Query:
        """What the hits are drawn from. `without` leaves one facet's own filter out."""
        parts = self._matching(ask, without, scored=scored)
        stocked = self._stocked(ask.delivery)
        if ask.filters.stocked or (ask.delivery is not None and ask.delivery.by is not None):
            parts += stocked
        elif ask.delivery is not None:
            reaches = self._all(stocked)
            parts.append((Occur.Must, _silent(_any([reaches, self._state("listed")]))))
        else:
            parts.append((Occur.Must, _silent(_any([self._state("stocked"), self._state("listed")]))))
        return self._all(parts)

    def reaching(self, ask: Ask) -> Query:
        """What matches and reaches the place, on whatever day."""
        assert ask.delivery is not None
        parts = self._matching(ask, "", scored=False)
        return self._all(parts + self._reach(ask.delivery, ask.delivery.reaches))

    def sold(self, ask: Ask) -> Query:
        """What matches and is in stock, wherever it goes."""
        return self._all([*self._matching(ask, "", scored=False), (Occur.Must, _silent(self._state("stocked")))])

    def narrowed(self, query: Query, clause: Clause | None, but: Clause | None = None) -> Query:
        """The query's hits inside a clause and outside another: one tier of a listing by date."""
        parts: _Parts = [(Occur.Must, query)]
        if clause is not None:
            parts.append((Occur.Must, _silent(self.clause(clause))))
        if but is not None:
            parts.append((Occur.MustNot, self.clause(but)))
        return self._all(parts)

    def behind(self, query: Query, field: str, key: int) -> Query:
        """The query's hits whose sort key is larger."""
        later = Query.range_query(self._schema, field, FieldType.Unsigned, key, None, include_lower=False)
        return self._all([(Occur.Must, query), (Occur.Must, _silent(later))])

    def clause(self, clause: Clause) -> Query:
        """A delivery clause alone."""
        if isinstance(clause, ByWarehouse):
            return _any([self._set(classes, names) for classes, names in clause.sets if names and classes])
        if clause.whole:
            return Query.term_query(self._schema, "hub", clause.hub)
        low, high = clause.hub * HUB_CODES + clause.first, clause.hub * HUB_CODES + clause.last
        if low > high:
            return Query.empty_query()
        return Query.range_query(self._schema, "arrival", FieldType.Unsigned, low, high)

    def aggregation(self, clause: ByHub) -> str:
        """The clause in the query language, for a filter inside an aggregation."""
        low, high = clause.hub * HUB_CODES + clause.first, clause.hub * HUB_CODES + clause.last
        return f"arrival:[{low} TO {high}]"

    def _stocked(self, delivery: Delivery | None) -> _Parts:
        if delivery is None:
            return [(Occur.Must, _silent(self._state("stocked")))]
        return self._reach(delivery, delivery.by if delivery.by is not None else delivery.reaches)

    def _reach(self, delivery: Delivery, clause: Clause) -> _Parts:
        parts: _Parts = [(Occur.Must, _silent(self.clause(clause)))]
        parts += [(Occur.MustNot, Query.term_query(self._schema, "class", name)) for name in delivery.refuses]
        return parts

    def _set(self, classes: Sequence[str], names: Sequence[str]) -> Query:
        stocked = _any([Query.term_query(self._schema, "warehouse", name) for name in names])
        if len(classes) == len(SHIPPING_CLASSES):
            return stocked
        of_class = _any([Query.term_query(self._schema, "class", name) for name in classes])
        return self._all([(Occur.Must, of_class), (Occur.Must, stocked)])

    def _state(self, state: str) -> Query:
        return Query.term_query(self._schema, "state", STATES[state])  # type: ignore[index]  # one of its keys

    def _matching(self, ask: Ask, without: str, *, scored: bool) -> _Parts:
        parts: _Parts = []
        if ask.words is not None:
            text = self._text(ask.words, scored=scored)
            parts.append((Occur.Must, text if scored else _silent(text)))
        parts += [(Occur.Must, _silent(query)) for query in self._filters(ask.filters, without)]
        return parts

    def _text(self, words: Words, *, scored: bool) -> Query:
        """The words' query. Several walks of one question need it, and so do its pages: the last ones are kept."""
        key = (words, scored)
        found = self._texts.get(key)
        if found is None:
            if len(self._texts) >= _TEXTS:
                self._texts.clear()
            found = self._texts[key] = self._spelled(words, scored=scored)
        return found

    def _spelled(self, words: Words, *, scored: bool) -> Query:
        groups = [self._group(group) for group in words.groups]
        options: _Parts = [(Occur.Should, group) for group in groups]
        if words.every and len(groups) > 1:
            options = [(Occur.Should, Query.boolean_query([(Occur.Must, group) for group in groups]))]
        if words.exact:
            exact = Query.term_query(self._schema, "exact", words.exact)
            options.append((Occur.Should, Query.const_score_query(exact, EXACT_BONUS) if scored else exact))
        if not options:
            return Query.empty_query()
        needed = [group for place, group in enumerate(groups) if place not in words.unknown]
        if scored and words.coverage > 0 and len(needed) > 1 and not words.every:
            everything = Query.boolean_query([(Occur.Must, group) for group in needed])
            options.append((Occur.Should, Query.const_score_query(everything, words.coverage)))
        return options[0][1] if len(options) == 1 else Query.boolean_query(options)

    def _group(self, variants: Sequence[tuple[str, float]]) -> Query:
        terms = [
            term if weight == 1.0 else Query.boost_query(term, weight)
            for term, weight in ((Query.term_query(self._schema, "text", t), w) for t, w in variants)
        ]
        return terms[0] if len(terms) == 1 else Query.disjunction_max_query(terms)

    def _filters(self, filters: Filters, without: str) -> Iterable[Query]:
        if filters.category is not None:
            depth = filters.category.count(".") + 1
            yield Query.term_query(self._schema, f"level.{depth}", filters.category)
        if filters.brands and without != "brand":
            yield _any([Query.term_query(self._schema, "brand", brand) for brand in filters.brands])
        if (filters.price_min_minor is not None or filters.price_max_minor is not None) and without != "price":
            low, high = filters.price_min_minor or 0, filters.price_max_minor
            yield Query.range_query(self._schema, "price", FieldType.Unsigned, low, high)
        for chosen in filters.attributes:
            if without != "attribute:" + chosen.name:
                yield self._attribute(chosen)

    def _attribute(self, chosen: AttributeFilter) -> Query:
        if not usable(chosen.name):
            return Query.empty_query()
        path = f"value.{chosen.name}"
        options = [Query.term_query(self._schema, path, text) for text in chosen.texts]
        name = "".join("\\" + c if c in _QUERY_SYNTAX else c for c in chosen.name)
        for low, high in chosen.ranges:
            options.append(self._index.parse_query(f"number.{name}:[{to_ordered(low)} TO {to_ordered(high)}]"))
        return _any(options)

    @staticmethod
    def _all(parts: _Parts) -> Query:
        if len(parts) == 1 and parts[0][0] == Occur.Must:
            return parts[0][1]
        if not any(occur == Occur.Must for occur, _ in parts):  # exclusions alone would find nothing
            parts = [(Occur.Must, _silent(Query.all_query())), *parts]
        return Query.boolean_query(parts)


def _any(options: Sequence[Query]) -> Query:
    if not options:
        return Query.empty_query()
    return options[0] if len(options) == 1 else Query.boolean_query([(Occur.Should, option) for option in options])


def _silent(query: Query) -> Query:
    return Query.boost_query(query, 0.0)
