"""The catalogue's words as ranking knows them: the current snapshot, and how it keeps up with the index."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final

from haat.search.document import Words
from haat.search.text.snapshot import Builder, TextSnapshot
from haat.search.text.synonyms import Synonyms
from haat.vocabulary import Clock

QUIET_S: Final = 3.0
"""A full build waits for a pause in writing, so that an import does not pay for it again and again …"""
PATIENCE_S: Final = 60.0
"""… but not longer than this."""

Collect = Callable[[Builder], Awaitable[int]]
"""Adds every searchable item to a builder; answers how many."""


@dataclass(slots=True)
class Learned:
    """An item that was written to the index."""

    ordinal: int
    words: Words
    title: list[str]
    text: list[str]


class Lexicon:
    """Holds the current snapshot; readers take `current` once per request."""

    def __init__(self, clock: Clock, synonyms: Synonyms | None = None) -> None:
        self._clock = clock
        self._synonyms = synonyms or Synonyms.shipped()
        self.current = TextSnapshot.empty(self._synonyms)
        self._written_s = clock.monotonic_s()
        self._built_s = self._written_s
        self.complete = False  # until the first full build, which reads all items: what came before is not learned

    def learn(self, items: Sequence[Learned]) -> None:
        """Take in items just written, on top of the current snapshot. Cost: about 30 µs an item."""
        if not items or not self.complete:
            return
        builder = Builder(self.current)
        for item in items:
            builder.add(item.ordinal, item.words, (item.title, item.text))
        self.current = builder.build()
        self._written_s = self._clock.monotonic_s()

    def use(self, synonyms: Synonyms) -> None:
        """Go on with another list of synonyms."""
        self._synonyms = synonyms
        self.current = self.current.with_synonyms(synonyms)

    @property
    def due(self) -> bool:
        """Whether it is time for a full build."""
        if not self.complete:
            return True
        now_s = self._clock.monotonic_s()
        quiet = now_s - self._written_s >= QUIET_S or now_s - self._built_s >= PATIENCE_S
        return self.current.stale and quiet

    async def rebuild(self, collect: Collect) -> int:
        """Build anew from all items, beside the current snapshot; the number of items. Cost: 0.5 ms an item."""
        builder = Builder(synonyms=self._synonyms)
        count = await collect(builder)
        self.current = (await asyncio.to_thread(builder.build)).with_synonyms(self._synonyms)
        self._built_s = self._clock.monotonic_s()
        self.complete = True
        return count
