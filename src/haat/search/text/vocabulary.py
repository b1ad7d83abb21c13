"""The catalogue's own words: which tokens exist, in how many items, and which word a mistyped one was meant to be.

Tokens are kept as 32-bit hashes in sorted arrays (8 bytes each); only dictionary words are kept as text.
Source: relevance.md section 2.
"""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np

from haat.search.text.spelling import TWO_EDITS_LETTERS, Counts, Hashes, Spelling, ident

MIN_LETTERS: Final = 4
MIN_ITEMS: Final = 3
"""Shorter or rarer words are no correction of anything: they are too often mistakes themselves."""
_UPPER_BOUND: Final = 2.2
"""BM25's largest term frequency factor, k1 + 1 with k1 = 1.2."""
_COVERAGE: Final = 0.05


def coverage_bonus(frequencies: Iterable[int], items: int) -> float:
    """The constant score of an item that has all words of the query: 5 % of the best score those words can give.

    `frequencies`: in how many items each word occurs (for a group of variants its most frequent one).
    Source: relevance.md section 2, Query; idf is that of BM25 in Lucene and tantivy.
    """
    return _COVERAGE * _UPPER_BOUND * sum(inverse_frequency(f, items) for f in frequencies)


def inverse_frequency(frequency: int, items: int) -> float:
    """BM25's idf, never negative."""
    return math.log(1 + (max(items - frequency, 0) + 0.5) / (frequency + 0.5))


class Vocabulary:
    """Token frequencies and spelling corrections over a catalogue. Reading is safe from any thread."""

    def __init__(self, hashes: Hashes, frequencies: Counts, items: int, words: Sequence[str], counts: Counts) -> None:
        """`hashes` sorted, `frequencies` beside them; `words` is the dictionary, `counts` in how many items each is."""
        self.items = items
        self.hashes, self.frequencies = hashes, frequencies
        self.words, self.counts = words, counts
        self._added: dict[int, int] = {}
        self._spelling = Spelling(words)

    @classmethod
    def of(cls, documents: Sequence[Hashes], words: Counter[str]) -> "Vocabulary":
        """From the distinct token hashes of each item, and in how many items each written word stands."""
        everything = np.concatenate(documents) if documents else np.empty(0, np.uint32)
        hashes, frequencies = np.unique(everything, return_counts=True)
        kept = sorted(w for w, n in words.items() if n >= MIN_ITEMS and len(w) >= MIN_LETTERS)
        counts = np.array([words[w] for w in kept], np.int32)
        return cls(hashes, frequencies.astype(np.int32), len(documents), kept, counts)

    def add(self, hashes: Iterable[int], *, new: bool) -> None:
        """Count the tokens of one more item; of an item that was counted before only those no item had.

        Its words are known at once and become corrections with the next full build.
        """
        self.items += new
        for key in hashes:
            if new or not self._count(key):
                self._added[key] = self._added.get(key, 0) + 1

    def frequency(self, token: str) -> int:
        """In how many items the token stands; 0 = unknown."""
        return self._count(ident(token))

    def _count(self, key: int) -> int:
        at = int(self.hashes.searchsorted(np.uint32(key)))  # a plain int would convert the whole array
        found = int(self.frequencies[at]) if at < len(self.hashes) and self.hashes[at] == key else 0
        return found + self._added.get(key, 0)

    def corrections(self, word: str) -> list[tuple[str, int]]:
        """At most two dictionary words that were probably meant, with their edit distance, the likeliest first.

        Distance 1, or 2 from eight letters on when nothing is nearer; then the more frequent word. Neighbouring letters
        that changed places are one edit. Cost: 20-150 µs.
        """
        if not MIN_LETTERS - 1 <= len(word) <= 24:
            return []
        found = self._spelling.near(word, 1)
        if not found and len(word) >= TWO_EDITS_LETTERS - 1:
            found = self._spelling.near(word, 2)
        best = sorted((edits, -int(self.counts[at]), at) for at, edits in found)[:2]
        return [(self.words[at], edits) for edits, _, at in best]
