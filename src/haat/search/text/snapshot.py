"""All that ranking knows of one state of the catalogue, built from its items and swapped in one assignment."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from typing import Final

import numpy as np

from haat.search.text.analyse import Analyser
from haat.search.text.rerank import Ranker
from haat.search.text.semantics import Bag, Semantics
from haat.search.text.spelling import ident
from haat.search.text.suggest import Suggester, SuggestionBuilder
from haat.search.text.synonyms import Synonyms
from haat.search.text.tokens import ItemText, ItemView, bare, read_item
from haat.search.text.vocabulary import Vocabulary

STALE_SHARE: Final = 0.1
"""When so many items have changed, build anew: relevance.md section 2, LSA."""
WITHOUT_CATEGORY: Final = 0.3
"""From this share on the catalogue's own semantics stand in for categories; below it they bring nothing."""
_SPARE: Final = 1.25
_MIN_CAPACITY: Final = 1_024


class TextSnapshot:
    """Query analysis, ranking and suggestions over one state of the catalogue."""

    def __init__(self, vocabulary: Vocabulary, synonyms: Synonyms, ranker: Ranker, suggester: Suggester) -> None:
        """`Builder` makes these; `TextSnapshot.empty` is the state before the first item."""
        self.vocabulary = vocabulary
        self.analyser = Analyser(vocabulary, synonyms)
        self.ranker = ranker
        self.suggester = suggester
        self.built = vocabulary.items
        self.changed = 0

    @classmethod
    def empty(cls, synonyms: Synonyms | None = None) -> "TextSnapshot":
        """Takes every word as typed, keeps the index order and suggests nothing."""
        return Builder(synonyms=synonyms).build()

    @property
    def stale(self) -> bool:
        """Whether a tenth of the items has changed since the full build: time to build anew, beside this one."""
        return self.changed > 0 and self.changed >= STALE_SHARE * max(self.built, 1)

    def with_synonyms(self, synonyms: Synonyms) -> "TextSnapshot":
        """The same state under another list of synonyms. Cheap."""
        copy = TextSnapshot(self.vocabulary, synonyms, self.ranker, self.suggester)
        copy.built, copy.changed = self.built, self.changed
        return copy


class Builder:
    """Takes items in, gives a snapshot: from nothing (all items; seconds) or on top of a snapshot (some; cheap)."""

    def __init__(self, on: TextSnapshot | None = None, synonyms: Synonyms | None = None) -> None:
        """`on`: the snapshot to go on from. Synonyms default to those of `on`, else to haat's own list."""
        self._on = on
        self._synonyms = synonyms or (on.analyser.synonyms if on else Synonyms.shipped())
        self._ordinals: list[int] = []
        self._titles: list[list[str]] = []
        self._categories: list[str | None] = []
        self._bags: list[Bag] = []
        self._words: Counter[str] = Counter()
        self._suggestions = SuggestionBuilder()

    def add(
        self, ordinal: int, view: ItemView, text: ItemText | None = None, written: Collection[str] | None = None
    ) -> None:
        """Take in one item under its ordinal, small and unique like an index into an array.

        `text` and `written`: what `read_item(view)` gave, if the caller has it. On top of a snapshot `text` is enough.
        Cost: about 1 ms for an item with long prose, a tenth of that with `text` and `written`.
        """
        if text is None or (written is None and self._on is None):
            title, field, written = read_item(view)
        else:
            title, field = text
        self._ordinals.append(ordinal)
        self._titles.append(title)
        self._categories.append(view.category_id)
        self._bags.append(_bag(field))
        if self._on is None:
            self._words.update(_plain_words(written or ()))
            self._suggestions.add(view)

    def build(self) -> TextSnapshot:
        """The snapshot with all items so far.

        From nothing: about 0.2 ms an item, and 3 s for training where many items lack a category; run it in a thread.
        On top of another: a new snapshot that shares its arrays, in the time of the added items; suggestions and
        corrections stay those of the last full build.
        """
        return self._extended(self._on) if self._on else self._anew()

    def _anew(self) -> TextSnapshot:
        vocabulary = Vocabulary.of([tokens for tokens, _ in self._bags], self._words)
        lacking = sum(category is None for category in self._categories)
        semantics = None
        if self._bags and lacking >= WITHOUT_CATEGORY * len(self._bags):
            semantics = Semantics.train(self._bags, vocabulary)
        ranker = Ranker(_capacity(self._ordinals), semantics)
        self._fill(ranker)
        return TextSnapshot(vocabulary, self._synonyms, ranker, self._suggestions.build(vocabulary))

    def _extended(self, on: TextSnapshot) -> TextSnapshot:
        ranker = on.ranker
        if max(self._ordinals, default=0) >= ranker.capacity:
            ranker = ranker.grown(_capacity(self._ordinals))
        for ordinal, (tokens, _) in zip(self._ordinals, self._bags, strict=True):
            on.vocabulary.add(tokens.tolist(), new=not ranker.knows(ordinal))
        self._fill(ranker)
        snapshot = TextSnapshot(on.vocabulary, self._synonyms, ranker, on.suggester)
        snapshot.built, snapshot.changed = on.built, on.changed + len(self._ordinals)
        return snapshot

    def _fill(self, ranker: Ranker) -> None:
        for ordinal, title, category in zip(self._ordinals, self._titles, self._categories, strict=True):
            ranker.put(ordinal, title, category)
        ranker.place(self._ordinals, self._bags)


def _capacity(ordinals: Sequence[int]) -> int:
    return max(int(_SPARE * (max(ordinals, default=0) + 1)), _MIN_CAPACITY)


def _bag(field: Iterable[str]) -> Bag:
    counts = Counter(field)
    hashes = np.array([ident(token) for token in counts], np.uint32)
    return hashes, np.minimum(np.array(list(counts.values()), np.int64), 65_535).astype(np.uint16)


def _plain_words(written: Iterable[str]) -> set[str]:
    """The words that spelling may correct to."""
    return {word if word.isalpha() else bare(word) for word in written if _is_plain(word)}


def _is_plain(word: str) -> bool:
    """Letters, vowel marks and apostrophes only."""
    return word.isalpha() or not any(c.isdigit() or c in "-&./," for c in word)
