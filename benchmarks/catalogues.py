"""The two real catalogues as search sees them, and two ways to rank them: haat's and plain BM25."""

import gzip
import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from tantivy import Document, Index, Occur, Query, SchemaBuilder, Searcher, SearchResult

from haat.search.text.analyse import ParsedQuery
from haat.search.text.rerank import DEPTH
from haat.search.text.snapshot import Builder, TextSnapshot
from haat.search.text.synonyms import Synonyms
from haat.search.text.tokens import exact_key, fold, read_item
from haat.search.text.vocabulary import coverage_bonus

NAMES: Final = ("esci", "icecat")
_WORD: Final = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Product:
    """A row of a catalogue: an ItemView with its own id."""

    id: str
    title: str
    category_names: Sequence[str] = ()
    category_id: str | None = None
    brand: str | None = None
    attribute_values: Sequence[str] = ()
    bullets: Sequence[str] = ()
    description: str = ""
    models: Sequence[str] = ()
    eans: Sequence[str] = ()
    in_stock: bool = True


def load(folder: Path, name: str) -> list[Product]:
    """All products of "esci" or "icecat" under the data folder."""
    read = {"esci": _esci, "icecat": _icecat}[name]
    with gzip.open(folder / f"{name}-products" / "products.jsonl.gz", "rt", encoding="utf-8") as lines:
        return [read(json.loads(line)) for line in lines]


def _esci(row: dict[str, Any]) -> Product:
    path = row["category"] or []
    return Product(
        id=row["asin"],
        title=row["title"] or "",
        category_names=path,
        category_id=".".join(_slug(part) for part in path) or None,
        brand=row["brand"],
        attribute_values=[row["color"]] if row["color"] else [],
        bullets=(row["bullet_points"] or "").split("\n"),
        description=row["description"] or "",
    )


def _icecat(row: dict[str, Any]) -> Product:
    return Product(
        id=row["id"],
        title=row["title"] or "",
        brand=row["supplier"],
        attribute_values=[str(v).replace("\\n", "\n") for k, v in row.items() if k.startswith("attr_t_")],
        description=row.get("short_description") or "",
        models=[row["name"]] if row["name"] else [],
        eans=row["ean"] or [],
    )


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


class Plain:
    """BM25 over the same combined field with the title counted once, no stemming, nothing else."""

    def __init__(self, products: Sequence[Product]) -> None:
        self.products = products
        self._index = _index([_plain_words(_whole(p)) for p in products])
        self._searcher = self._index.searcher()

    def top(self, q: str, limit: int = 10) -> list[str]:
        """Ids of the first hits."""
        words = dict.fromkeys(_plain_words(q))
        if not words:
            return []
        terms = [(Occur.Should, Query.term_query(self._index.schema, "text", word, "freq")) for word in words]
        found = self._searcher.search(Query.boolean_query(terms), limit, count=False)
        return [self.products[at].id for at in _ordinals(self._searcher, found)]


class Stack:
    """haat's ranking over a bare index: the queries of the search room's adapter, without filters and stock."""

    def __init__(self, products: Sequence[Product], synonyms: Synonyms | None = None) -> None:
        self.products = products
        builder = Builder(synonyms=synonyms)
        fields = []
        for ordinal, product in enumerate(products):
            title, field, written = read_item(product)
            builder.add(ordinal, product, (title, field), written)
            fields.append(field)
        self.snapshot: TextSnapshot = builder.build()
        keys = [[exact_key(code) for code in (p.id, *p.eans, *p.models)] for p in products]
        self._index = _index(fields, keys)
        self._searcher = self._index.searcher()

    def top(self, q: str, limit: int = 10) -> list[str]:
        """Ids of the first hits: exact codes, then the re-ordered first hundred, then index order."""
        return self.of(self.snapshot.analyser.analyse(q), limit)

    def of(self, parsed: ParsedQuery, limit: int = 10) -> list[str]:
        """The same for a query that was read already."""
        ordinals, scores = self.hits(parsed, max(limit, DEPTH))
        order = self.snapshot.ranker.order(parsed, ordinals[:DEPTH], scores[:DEPTH])
        ranked = [self.products[at].id for at in (*ordinals[order], *ordinals[DEPTH:])]
        return list(dict.fromkeys((*self.exact(parsed), *ranked)))[:limit]

    def exact(self, parsed: ParsedQuery) -> list[str]:
        """Ids of the items that carry the query as a code."""
        if not parsed.exact:
            return []
        query = Query.term_query(self._index.schema, "exact", parsed.exact)
        found = self._searcher.search(query, 10, count=False)
        return [self.products[at].id for at in _ordinals(self._searcher, found)]

    def hits(self, parsed: ParsedQuery, limit: int) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
        """Ordinals and scores in index order."""
        query = self.query(parsed)
        if query is None:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        found = self._searcher.search(query, limit, count=False)
        return np.array(_ordinals(self._searcher, found), np.int64), np.array(
            [score for score, _ in found.hits], np.float32
        )

    def query(self, parsed: ParsedQuery) -> Query | None:
        """OR over the words' groups, and a constant for items that have them all."""
        groups = [(self._group(word.variants), word) for word in parsed.words]
        if not groups:
            return None
        options = [(Occur.Should, query) for query, _ in groups]
        needed = [(query, word) for query, word in groups if word.known]
        if len(needed) > 1:
            vocabulary = self.snapshot.vocabulary
            counts = [max(vocabulary.frequency(token) for token, _ in word.variants) for _, word in needed]
            everything = Query.boolean_query([(Occur.Must, query) for query, _ in needed])
            bonus = coverage_bonus(counts, vocabulary.items)
            options.append((Occur.Should, Query.const_score_query(everything, bonus)))
        return Query.boolean_query(options)

    def _group(self, variants: Sequence[tuple[str, float]]) -> Query:
        terms = [
            Query.boost_query(Query.term_query(self._index.schema, "text", token, "freq"), weight)
            for token, weight in variants
        ]
        return terms[0] if len(terms) == 1 else Query.disjunction_max_query(terms)


def _ordinals(searcher: Searcher, found: SearchResult) -> list[int]:
    values = searcher.fast_field_values("ordinal", [address for _, address in found.hits])
    return [int(value) for value in values if value is not None]


Ranking = Callable[[str], list[str]]


def _index(fields: Sequence[Sequence[str]], keys: Sequence[Sequence[str]] = ()) -> Index:
    schema = (
        SchemaBuilder()
        .add_text_field("text", tokenizer_name="whitespace", index_option="freq")
        .add_text_field("exact", tokenizer_name="raw", index_option="basic")
        .add_unsigned_field("ordinal", fast=True)
        .build()
    )
    index = Index(schema)
    writer = index.writer(heap_size=128_000_000, num_threads=1)
    for ordinal, words in enumerate(fields):
        document = Document()
        document.add_text("text", " ".join(words))
        document.add_unsigned("ordinal", ordinal)
        for key in keys[ordinal] if keys else ():
            document.add_text("exact", key)
        writer.add_document(document)
    writer.commit()
    writer.wait_merging_threads()
    index.reload()
    return index


def _whole(product: Product) -> str:
    return "\n".join(_texts(product))


def _texts(product: Product) -> Iterator[str]:
    yield product.title
    yield from product.category_names
    yield product.brand or ""
    yield from product.attribute_values
    yield from product.bullets
    yield product.description
    yield from product.models


def _plain_words(text: str) -> list[str]:
    return [word[:40] for word in _WORD.findall(fold(text))]
