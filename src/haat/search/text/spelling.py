"""Finding the dictionary words near a mistyped one, without trying every word.

The index holds the hash of every word with one letter left out, of longer words with two (symmetric deletion): two
words within one edit share such a form. What it finds is then measured.
Source: relevance.md section 2, Spelling; the idea is Garbe's SymSpell.
"""

import zlib
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import combinations
from typing import Final

import numpy as np
import numpy.typing as npt

TWO_EDITS_LETTERS: Final = 8
"""Shorter words at two edits are usually other words."""

Hashes = npt.NDArray[np.uint32]
Counts = npt.NDArray[np.int32]


@lru_cache(maxsize=1 << 17)
def ident(token: str) -> int:
    """A token's 32-bit name, equal in every process. Two tokens share one with a chance of 1 in 4 billion."""
    return zlib.crc32(token.encode("utf-8", "surrogatepass"))


class Spelling:
    """The words near a word, from a fixed list. Memory: about 8 bytes times the forms of a word (10 to 50)."""

    def __init__(self, words: Sequence[str], two_edits_from: int = TWO_EDITS_LETTERS) -> None:
        """`words` are all distinct; those of `two_edits_from` letters and more are also found at two edits."""
        self._words = words
        keys: list[int] = []
        owners: list[int] = []
        for at, word in enumerate(words):
            forms = {_hash(form) for form in _deletions(word, 2 if len(word) >= two_edits_from else 1)}
            keys.extend(forms)
            owners.extend([at] * len(forms))
        hashes = np.array(keys, np.uint32)
        order = np.argsort(hashes, kind="stable")
        self._forms: Hashes = hashes[order]
        self._owners: Counts = np.array(owners, np.int32)[order]

    def near(self, word: str, most: int) -> list[tuple[int, int]]:
        """(place in the list, edits) of all words within 1 to `most` edits. Cost: 10-100 µs."""
        keys = np.array([_hash(form) for form in set(_deletions(word, most))], np.uint32)
        first = self._forms.searchsorted(keys, "left")
        last = self._forms.searchsorted(keys, "right")
        owners = {int(at) for a, b in zip(first, last, strict=True) if b > a for at in self._owners[a:b]}
        measured = ((at, distance(word, self._words[at], most)) for at in owners)
        return [(at, edits) for at, edits in measured if 0 < edits <= most]


def distance(a: str, b: str, most: int) -> int:
    """Edits between two words (insert, delete, replace, swap neighbours), or most + 1 if more.

    Optimal string alignment; source: Boytsov, Indexing methods for approximate dictionary searching, section 2.1.
    """
    if abs(len(a) - len(b)) > most:
        return most + 1
    two_above: list[int] = []
    above = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        row = [i]
        for j, y in enumerate(b, 1):
            cost = min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == y:
                cost = min(cost, two_above[j - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return most + 1
        two_above, above = above, row
    return min(above[-1], most + 1)


def _hash(form: str) -> int:
    return zlib.crc32(form.encode("utf-8", "surrogatepass"))


def _deletions(word: str, depth: int) -> Iterator[str]:
    """The word, and the word with up to `depth` letters left out."""
    for left_out in range(min(depth, len(word)) + 1):
        for keep in combinations(word, len(word) - left_out):
            yield "".join(keep)
