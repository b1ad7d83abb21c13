"""The catalogue's own words: which tokens exist, in how many items, and which word a mistyped one was meant to be.

Tokens are kept as 32-bit hashes in sorted arrays (8 bytes each); only dictionary words are kept as text. The spelling
index holds the hash of every dictionary word with one letter left out, two letters from length 8 (symmetric deletion).
Source: relevance.md section 2, Spelling; the deletion index is Garbe's SymSpell idea.
"""

import math
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import combinations
from typing import Final

import numpy as np
import numpy.typing as npt

MIN_LETTERS: Final = 4
MIN_ITEMS: Final = 3
"""Shorter or rarer words are no correction of anything: they are too often mistakes themselves."""
TWO_EDITS_LETTERS: Final = 8
_UPPER_BOUND: Final = 2.2
"""BM25's largest term frequency factor, k1 + 1 with k1 = 1.2."""
_COVERAGE: Final = 0.05

Hashes = npt.NDArray[np.uint32]
Counts = npt.NDArray[np.int32]


@lru_cache(maxsize=1 << 17)
def ident(token: str) -> int:
    """A token's 32-bit name, equal in every process. Two tokens share one with a chance of 1 in 4 billion."""
    return zlib.crc32(token.encode("utf-8", "surrogatepass"))


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
        self._deletions, self._owners = _deletion_index(words)

    @classmethod
    def of(cls, documents: Sequence[Hashes], words: Counter[str]) -> "Vocabulary":
        """From the distinct token hashes of each item, and in how many items each written word stands."""
        everything = np.concatenate(documents) if documents else np.empty(0, np.uint32)
        hashes, frequencies = np.unique(everything, return_counts=True)
        kept = sorted(w for w, n in words.items() if n >= MIN_ITEMS and len(w) >= MIN_LETTERS)
        counts = np.array([words[w] for w in kept], np.int32)
        return cls(hashes, frequencies.astype(np.int32), len(documents), kept, counts)

    def add(self, hashes: Iterable[int]) -> None:
        """Count one more item. Its words are known at once and become corrections with the next full build."""
        self.items += 1
        for key in hashes:
            self._added[key] = self._added.get(key, 0) + 1

    def frequency(self, token: str) -> int:
        """In how many items the token stands; 0 = unknown."""
        key = ident(token)
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
        found = self._within(word, set(_deletions(word, 1)), 1)
        if not found and len(word) >= TWO_EDITS_LETTERS - 1:
            found = self._within(word, set(_deletions(word, 2)), 2)
        found.sort()
        return [(self.words[at], distance) for distance, _, at in found[:2]]

    def _within(self, word: str, forms: set[str], most: int) -> list[tuple[int, int, int]]:
        keys = np.array([ident(form) for form in forms], np.uint32)
        first = np.searchsorted(self._deletions, keys, "left")
        last = np.searchsorted(self._deletions, keys, "right")
        owners = {int(at) for a, b in zip(first, last, strict=True) if b > a for at in self._owners[a:b]}
        measured = ((distance(word, self.words[at], most), at) for at in owners)
        return [(d, -int(self.counts[at]), at) for d, at in measured if 0 < d <= most]


def distance(a: str, b: str, most: int) -> int:
    """Edits between two words (insert, delete, replace, swap neighbours), or most + 1 if more.

    Optimal string alignment; source: Boytsov, Indexing methods for approximate dictionary searching, section 2.1.
    """
    if abs(len(a) - len(b)) > most:
        return most + 1
    before: list[int] = []
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        before, last, row = row if i > 1 else [], before, [i]
        above = before or list(range(len(b) + 1))
        for j, y in enumerate(b, 1):
            cost = min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (x != y))
            if last and j > 1 and x == b[j - 2] and a[i - 2] == y:
                cost = min(cost, last[j - 2] + 1)
            row.append(cost)
        before = above
        if min(row) > most:
            return most + 1
    return row[-1]


def _deletions(word: str, depth: int) -> Iterator[str]:
    """The word, and the word with up to `depth` letters left out."""
    for left_out in range(depth + 1):
        for keep in combinations(word, len(word) - left_out):
            yield "".join(keep)


def _deletion_index(words: Sequence[str]) -> tuple[Hashes, Counts]:
    keys: list[int] = []
    owners: list[int] = []
    for at, word in enumerate(words):
        forms = {
            zlib.crc32(form.encode("utf-8", "surrogatepass"))
            for form in _deletions(word, 2 if len(word) >= TWO_EDITS_LETTERS else 1)
        }
        keys.extend(forms)
        owners.extend([at] * len(forms))
    hashes = np.array(keys, np.uint32)
    order = np.argsort(hashes, kind="stable")
    return hashes[order], np.array(owners, np.int32)[order]
