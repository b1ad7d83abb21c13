"""The second stage: puts the first 100 hits of a text query in order, by what the index cannot see.

Bonuses, as shares of the best hit's score: all words in the title; agreement of the leaf category among the first 20;
where many items lack a category, likeness and agreement of kind learned from the catalogue. A title that is free of
what the query excludes rises, one that has it falls.
Weights: relevance.md sections 1 and 2; do not tune, it fits noise.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from haat.search.text.analyse import ParsedQuery
from haat.search.text.semantics import DIMENSIONS, Bag, Floats, Semantics
from haat.search.text.spelling import Hashes, ident

DEPTH: Final = 100
"""How many hits to hand over: 50, 100 or 200 give the same first page."""
AGREEING: Final = 20
IN_TITLE: Final = 0.05
CATEGORY: Final = 0.05
CATEGORY_ALONE: Final = 0.10
CLUSTER: Final = 0.10
LIKENESS: Final = 0.10
FREE_OF: Final = 0.20
"""A title that says it is free of what was excluded: the one hit that surely is meant. At 0.10 it does not reach the
first page over titles that merely are silent."""
EXCLUSION: Final = 0.10
_DECIMALS: Final = 6
"""Sums are compared to so many places, so that ties do not hang on the processor's order of additions."""

Ordinals = npt.NDArray[np.int64]
Order = npt.NDArray[np.intp]
_NEGATIONS: Final = np.array([ident("without"), ident("no")], np.uint32)
_FILLERS: Final = np.array([ident("a"), ident("any"), ident("the")], np.uint32)
_W: Final = np.uint32(ident("w"))
_O: Final = np.uint32(ident("o"))
"""How the index holds "w/o"."""
_ENDINGS: Final = np.array([ident("free"), ident("less")], np.uint32)


class Ranker:
    """Per-item arrays keyed by the item's ordinal, about 330 bytes an item with semantics, 80 without.

    `put` may run while others read: a reader sees an item's old or new row. Growth makes a new Ranker.
    """

    def __init__(self, capacity: int, semantics: Semantics | None = None) -> None:
        """Room for ordinals below `capacity`; unknown ordinals rank by their score alone."""
        self.capacity = capacity
        self.semantics = semantics
        rows = capacity + 1  # the last row stands for every item that is not known yet
        self._leaf = np.full(rows, -1, np.int32)
        self._start = np.zeros(rows, np.int32)
        self._length = np.zeros(rows, np.int16)
        self._titles: Hashes = np.zeros(16 * rows, np.uint32)
        self._used = 1
        self._known = np.zeros(rows, np.bool_)
        self._vectors = np.zeros((rows if semantics else 1, DIMENSIONS), np.float32)
        self._clusters = np.full(rows if semantics else 1, -1, np.int16)
        self._leaves: dict[str, int] = {}

    def knows(self, ordinal: int) -> bool:
        """Whether the item has a row."""
        return ordinal < self.capacity and bool(self._known[ordinal])

    def put(self, ordinal: int, title: Sequence[str], category_id: str | None) -> None:
        """Set an item's title tokens and leaf category."""
        tokens = [ident(token) for token in title[:64]]
        if self._used + len(tokens) > len(self._titles):
            self._titles = np.concatenate((self._titles, np.zeros(max(len(self._titles) // 4, 1024), np.uint32)))
        self._titles[self._used : self._used + len(tokens)] = tokens
        self._start[ordinal], self._length[ordinal] = self._used, len(tokens)
        self._used += len(tokens)
        self._leaf[ordinal] = self._leaves.setdefault(category_id, len(self._leaves)) if category_id else -1
        self._known[ordinal] = True

    def place(self, ordinals: Sequence[int], bags: Sequence[Bag]) -> None:
        """Set the items' places in the learned space; nothing to do without semantics."""
        if self.semantics and bags:
            at = np.array(ordinals, np.int64)
            self._vectors[at], self._clusters[at] = self.semantics.place(bags)

    def grown(self, capacity: int) -> "Ranker":
        """A copy with more room, with the same items and semantics."""
        copy = Ranker(capacity, self.semantics)
        rows = self.capacity
        for name in ("_leaf", "_start", "_length", "_known"):
            getattr(copy, name)[:rows] = getattr(self, name)[:rows]
        if self.semantics:
            copy._vectors[:rows], copy._clusters[:rows] = self._vectors[:rows], self._clusters[:rows]
        if len(copy._titles) < len(self._titles):
            copy._titles = self._titles.copy()
        else:
            copy._titles[: self._used] = self._titles[: self._used]
        copy._used, copy._leaves = self._used, dict(self._leaves)
        return copy

    def order(self, query: ParsedQuery, ordinals: Ordinals, scores: Floats) -> Order:
        """In which order to show the hits: indexes into `ordinals`, the best first.

        `ordinals` and `scores` stand in index order, best score first, at most a few hundred. Ties keep that order.
        Deterministic; about 100 µs for 100 hits.
        """
        if len(ordinals) < 2 or scores[0] <= 0:
            return np.arange(len(ordinals))
        known = (ordinals >= 0) & (ordinals < self.capacity)
        rows = np.where(known, ordinals, self.capacity)
        total = scores.astype(np.float64) / float(scores[0])
        share = scores[:AGREEING].astype(np.float64)
        share /= share.sum()
        leaf = self._leaf[rows]
        total += (CATEGORY if self.semantics else CATEGORY_ALONE) * _agreement(leaf, share)
        if self.semantics:
            total += self._kind(query, rows, share)
        titles = _Titles(self._titles, self._start[rows], self._length[rows])
        total += IN_TITLE * titles.with_all(_groups(query))
        if query.excluded:
            total += titles.freedom(query.excluded)
        return np.argsort(-np.round(total, _DECIMALS), kind="stable")

    def _kind(self, query: ParsedQuery, rows: Ordinals, share: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        assert self.semantics
        total = CLUSTER * _agreement(self._clusters[rows], share)
        words = [(ident(token), weight) for group in query.words for token, weight in group.variants]
        tokens = np.array([token for token, _ in words], np.uint32)
        vector = self.semantics.query(tokens, np.array([weight for _, weight in words], np.float32))
        if vector is not None:
            total += LIKENESS * (self._vectors[rows] @ vector)
        return total


class _Titles:
    """The title tokens of some hits, in one flat array."""

    def __init__(self, pool: Hashes, start: npt.NDArray[np.int32], length: npt.NDArray[np.int16]) -> None:
        wide = length.astype(np.int64) + 1  # each title is followed by a zero, so that none is empty
        self._bounds = np.concatenate(([0], np.cumsum(wide)[:-1]))
        at = np.arange(int(wide.sum())) + np.repeat(start - self._bounds, wide)
        last = self._bounds + wide - 1
        at[last] = 0
        self._flat = pool[at]
        self._flat[last] = 0

    def with_all(self, groups: Sequence[Sequence[int]]) -> npt.NDArray[np.bool_]:
        """Which titles have a word of every group."""
        if not groups:
            return np.zeros(len(self._bounds), np.bool_)
        found = np.ones(len(self._bounds), np.bool_)
        for group in groups:
            found &= self._any(self._places(group))
        return found

    def freedom(self, excluded: Sequence[str]) -> npt.NDArray[np.float64]:
        """The bonus of a title that says it is free of any of the words, else the malus for the share it has."""
        flat = self._flat
        before = np.concatenate(([np.uint32(0)], flat[:-1]))
        earlier = np.concatenate(([np.uint32(0)], before[:-1]))
        after = np.concatenate((flat[1:], [np.uint32(0)]))
        negated = np.isin(before, _NEGATIONS) | (np.isin(before, _FILLERS) & np.isin(earlier, _NEGATIONS))
        negated |= (before == _O) & (earlier == _W)
        negated |= np.isin(after, _ENDINGS)
        says = np.zeros(len(self._bounds), np.bool_)
        has = np.zeros(len(self._bounds))
        for word in excluded:
            places = self._places((ident(word),))
            says |= self._any((places & negated) | self._places((ident(word + "free"), ident(word + "less"))))
            has += self._any(places)
        return np.where(says, FREE_OF, -EXCLUSION * has / len(excluded))

    def _places(self, tokens: Sequence[int]) -> npt.NDArray[np.bool_]:
        found: npt.NDArray[np.bool_] = self._flat == np.uint32(tokens[0])
        for token in tokens[1:]:
            found |= self._flat == np.uint32(token)
        return found

    def _any(self, places: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
        found: npt.NDArray[np.bool_] = np.logical_or.reduceat(places, self._bounds)
        return found


def _agreement(kinds: npt.NDArray[np.signedinteger], share: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """How much of the first hits' score lies in each hit's own kind; -1 agrees with nothing."""
    first = kinds[:AGREEING]
    agree: npt.NDArray[np.float64] = (kinds[:, None] == first).astype(np.float64) @ np.where(first >= 0, share, 0.0)
    return agree


def _groups(query: ParsedQuery) -> list[list[int]]:
    return [[ident(token) for token, _ in group.variants] for group in query.words if group.known]
