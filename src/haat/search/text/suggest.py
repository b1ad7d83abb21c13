"""What to offer while somebody types: completions, categories, brands. Only words of items that are in stock."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from haat.search.text.spelling import Spelling
from haat.search.text.tokens import ItemView, chunks, fold, is_measured, tokens_of
from haat.search.text.vocabulary import Vocabulary

Kind = Literal["completion", "category", "brand"]

MAX_SUGGESTIONS: Final = 10
MAX_TYPED_CHARS: Final = 80
_MAX_OF_KIND: Final[Mapping[Kind, int]] = {"completion": 6, "category": 3, "brand": 2}
MIN_ITEMS: Final = 2
"""A phrase of one title only is that item's name, not something many look for."""
_PHRASE_WORDS: Final = 4
_TITLE_WORDS: Final = 12
"""Phrases are taken from the beginning of a title: what follows is sizes and small print."""
_PREFIX_LETTERS: Final = range(3, 9)
_SPACES: Final = str.maketrans('"-/,;:()[]', " " * 10)
_EDGE_WORDS: Final = frozenset(
    [
        "a",
        "an",
        "and",
        "as",
        "at",
        "by",
        "for",
        "from",
        "in",
        "into",
        "is",
        "it",
        "its",
        "no",
        "not",
        "of",
        "off",
        "on",
        "one",
        "or",
        "our",
        "out",
        "pc",
        "pcs",
        "per",
        "plus",
        "set",
        "so",
        "that",
        "the",
        "their",
        "this",
        "to",
        "up",
        "us",
        "use",
        "w",
        "was",
        "with",
        "x",
        "your",
        "you",
    ]
)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One line of the list under the search box."""

    kind: Kind
    text: str
    """What to show; for a completion also the query to run."""
    highlight: tuple[tuple[int, int], ...]
    """Which parts of text (start, end) the visitor has typed."""
    category_id: str | None = None
    """Where a category leads to."""
    brand: str | None = None
    """The brand filter that a brand leads to."""


class Suggester:
    """Answers prefixes from sorted arrays. Immutable, safe from any thread."""

    def __init__(self, entries: Sequence["Entry"], vocabulary: Vocabulary) -> None:
        """`entries` in any order; of equal keys and kinds the heavier one counts."""
        self._vocabulary = vocabulary
        self._shelves = {kind: _Shelf([entry for entry in entries if entry.kind == kind]) for kind in _MAX_OF_KIND}
        prefixes = {word[:n] for entry in entries for word in entry.key.split() for n in _PREFIX_LETTERS}
        self._prefixes = sorted(prefix for prefix in prefixes if len(prefix) >= 3 and prefix.isalpha())
        self._near = Spelling(self._prefixes, MAX_TYPED_CHARS)

    def suggest(self, typed: str) -> list[Suggestion]:
        """At most ten suggestions: completions first, then categories, then brands; none for an empty text.

        A mistyped word is understood if nothing matches it as it stands. Any text is safe. Cost: 20-200 µs.
        """
        words = _words(typed[:MAX_TYPED_CHARS])
        if not words:
            return []
        found = self._matching(" ".join(words))
        if not found:
            found = next(filter(None, map(self._matching, self._respelled(words))), [])
        if not found and len(words) > 1:
            found = self._matching(" ".join(words[1:])) or self._matching(words[-1])
        return found[:MAX_SUGGESTIONS]

    def _matching(self, key: str) -> list[Suggestion]:
        out: list[Suggestion] = []
        for kind, most in _MAX_OF_KIND.items():
            out += (entry.suggestion(key) for entry in self._shelves[kind].best(key, most))
        return out

    def _respelled(self, words: Sequence[str]) -> Iterator[str]:
        """The typed words with unknown ones replaced: whole words by the dictionary, the last as a beginning."""
        whole = [self._corrected(word) for word in words[:-1]]
        last = words[-1]
        if whole != list(words[:-1]):
            yield " ".join((*whole, last))
        beginning = last[: _PREFIX_LETTERS[-2]]  # one less than the longest stored: a letter may be missing in it
        if len(beginning) >= 4 and last.isalpha():
            near = (self._prefixes[at] for at, _ in self._near.near(beginning, 1))
            same_end = sorted(near, key=lambda p: (abs(len(p) - len(beginning)), p[0] != last[0], p))
            for prefix in (*([beginning] if beginning != last else []), *same_end[:3]):
                yield " ".join((*whole, prefix))

    def _corrected(self, word: str) -> str:
        if any(self._vocabulary.frequency(token) for token in tokens_of(word)):
            return word
        return next((right for right, _ in self._vocabulary.corrections(word)), word)


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that can be suggested."""

    kind: Kind
    key: str
    """Folded words from where matching begins: a category stands once for each of its words."""
    text: str
    weight: int
    category_id: str | None = None
    brand: str | None = None

    def suggestion(self, key: str) -> Suggestion:
        """This entry with the typed part marked, as far as it can be found in the text."""
        plain = fold(self.text)
        if len(plain) != len(self.text):
            return Suggestion(self.kind, self.text, (), self.category_id, self.brand)
        kept = [at for at, c in enumerate(plain) if c != "'"]
        found = _key(plain).find(key)
        spans = ((kept[found], kept[found + len(key) - 1] + 1),) if found >= 0 else ()
        return Suggestion(self.kind, self.text, spans, self.category_id, self.brand)


class _Shelf:
    """Entries of one kind, sorted by key."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self._entries = sorted(entries, key=lambda entry: (entry.key, -entry.weight, entry.text))
        self._keys = [entry.key for entry in self._entries]
        self._weights: npt.NDArray[np.int64] = np.array([entry.weight for entry in self._entries], np.int64)
        self._short = self._short_prefixes()

    def _short_prefixes(self) -> dict[str, list[int]]:
        """The best entries of every prefix of one and two letters: their ranges are long and asked for most."""
        groups: dict[str, list[int]] = {}
        for at, key in enumerate(self._keys):
            for letters in (1, 2):
                groups.setdefault(key[:letters], []).append(at)
        return {prefix: self._heaviest(np.array(places)) for prefix, places in groups.items() if len(places) > 64}

    def best(self, prefix: str, most: int) -> list[Entry]:
        """The heaviest entries whose key begins with the prefix, each text once."""
        places = self._short.get(prefix)
        if places is None:
            first = bisect_left(self._keys, prefix)
            last = bisect_left(self._keys, prefix + "\U0010ffff", first)
            places = self._heaviest(np.arange(first, last))
        chosen: dict[str, Entry] = {}
        for at in places:
            chosen.setdefault(self._entries[at].text, self._entries[at])
        return list(chosen.values())[:most]

    def _heaviest(self, places: npt.NDArray[np.intp]) -> list[int]:
        order = np.argsort(-self._weights[places], kind="stable")
        return [int(at) for at in places[order[:16]]]


class SuggestionBuilder:
    """Counts phrases, categories and brands of items that are in stock."""

    def __init__(self) -> None:
        """Nothing counted yet."""
        self._phrases: Counter[str] = Counter()
        self._brand_of: dict[str, str | None] = {}
        self._categories: dict[str, tuple[str, int]] = {}
        self._brands: Counter[str] = Counter()

    def add(self, view: ItemView) -> None:
        """Count one item, once."""
        if not view.in_stock:
            return
        phrases = _phrases(view.title)
        self._phrases.update(phrases)
        brand = _key(view.brand or "")
        for phrase in phrases:
            if self._brand_of.setdefault(phrase, brand) != brand:
                self._brand_of[phrase] = None
        if view.category_id:
            parts = view.category_id.split(".")
            for depth, name in enumerate(view.category_names, 1):
                path = ".".join(parts[:depth])
                self._categories[path] = (name, self._categories.get(path, ("", 0))[1] + 1)
        if view.brand:
            self._brands[view.brand] += 1

    def build(self, vocabulary: Vocabulary) -> Suggester:
        """The suggestions of all items so far."""
        return Suggester([*self._completions(), *self._category_entries(), *self._brand_entries()], vocabulary)

    def _completions(self) -> Iterable[Entry]:
        """Of phrases that differ in number or hyphens only, the one that most titles have."""
        best: dict[tuple[str, ...], tuple[int, str]] = {}
        for phrase, count in self._phrases.items():
            if count >= MIN_ITEMS:
                stems = tuple(token for chunk in phrase.split() for token in tokens_of(chunk)[:1])
                best[stems] = max(best.get(stems, (0, "")), (count, phrase))
        longer: dict[tuple[str, ...], int] = {}
        for stems, (count, _) in best.items():
            longer[stems[:-1]] = max(longer.get(stems[:-1], 0), count)
        for stems, (count, phrase) in best.items():
            # A phrase that nearly always goes on the same way ("hard disk dri…") is worth less than its continuation.
            if longer.get(stems, 0) < 0.9 * count:
                yield Entry("completion", _key(phrase), phrase, count * self._importance(phrase, len(stems)))

    def _importance(self, phrase: str, words: int) -> int:
        """Phrases that several makers use are kinds of things; those of one maker are his models or his slogans."""
        brand = self._brand_of[phrase]
        if brand is None or not brand:
            return 8 if words > 1 else 4
        return 4 if _key(phrase).startswith(brand) else 1

    def _category_entries(self) -> Iterable[Entry]:
        for path, (name, count) in self._categories.items():
            for at, key in enumerate(_tails(_words(name))):
                yield Entry("category", key, name, count * (2 if at == 0 else 1), category_id=path)

    def _brand_entries(self) -> Iterable[Entry]:
        for brand, count in self._brands.items():
            for at, key in enumerate(_tails(_words(brand))):
                yield Entry("brand", key, brand, count * (2 if at == 0 else 1), brand=brand)


def _key(text: str) -> str:
    """The form in which typed and offered words are compared: without apostrophes, hyphens as spaces."""
    return fold(text).replace("'", "").translate(_SPACES)


def _words(text: str) -> list[str]:
    return _key(text).split()


def _tails(words: Sequence[str]) -> list[str]:
    """The words from each one on: "running shoes" is found by "sho" too."""
    return [" ".join(words[at:]) for at in range(len(words)) if at == 0 or words[at] not in _EDGE_WORDS]


def _phrases(title: str) -> set[str]:
    """Runs of one to four words that neither begin nor end with a small word or a number alone."""
    words = chunks(title)[:_TITLE_WORDS]
    usable = [
        len(word) > 1 and not word.isdigit() and not is_measured(word) and word not in _EDGE_WORDS for word in words
    ]
    out: set[str] = set()
    for first, begins in enumerate(usable):
        if not begins or words[first][0].isdigit():
            continue
        for last in range(first, min(first + _PHRASE_WORDS, len(words))):
            if is_measured(words[last]):
                break
            if usable[last]:
                out.add(" ".join(words[first : last + 1]))
    return out
