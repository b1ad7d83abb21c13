"""Items by the beginnings of their words, without a search engine: for while that is away.

Words are those of the title and the brand, folded but not stemmed; beside them lie the ids of the item's categories.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from haat.catalog.model import Item, decode
from haat.engines.documents import WORD, Document, Documents

MAX_WORDS: Final = 12  # of an item: every one is a row in an index
MAX_WORD_CHARS: Final = 40
MAX_ASKED: Final = 6
_LOOKED_AT: Final = 400  # documents that have the longest word, before the others are asked for
_CATEGORY: Final = "category:"  # no word of a text has a colon


def plain_words(text: str, most: int = MAX_WORDS) -> list[str]:
    """The first words of a text, once each: small letters, digits and the marks that belong to them."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    kept = (letter if letter.isalnum() or unicodedata.category(letter)[0] == "M" else " " for letter in folded)
    return list(dict.fromkeys(word[:MAX_WORD_CHARS] for word in "".join(kept).split()))[:most]


def words_of(item: Item) -> list[str]:
    """What an item is found by."""
    return [*(_CATEGORY + step.id for step in item.categories), *plain_words(f"{item.title} {item.brand or ''}")]


@dataclass(frozen=True, slots=True)
class PlainItems:
    """Looks items up by words and category."""

    items: Documents

    async def __call__(self, text: str, category: str | None, limit: int) -> Sequence[tuple[str, bytes]]:
        """Up to `limit` (id, document) that have words beginning with each of the text's, in no promised order.

        Any status. One round trip. Raises: Unavailable.
        """
        asked = plain_words(text, MAX_ASKED)
        if not asked:
            if category is None:
                found = await self.items.scan(limit=limit) if not text.strip() else []
            else:
                found = await self.items.find(WORD, _CATEGORY + category, limit=limit)
        else:
            found = await self.items.starting(max(asked, key=len), _LOOKED_AT)
            found = [one for one in found if _fits(one, asked, category)]
        return [(one.id, one.body) for one in found[:limit]]


def _fits(document: Document, asked: Sequence[str], category: str | None) -> bool:
    words = words_of(decode(document.body))
    if category is not None and _CATEGORY + category not in words:
        return False
    return all(any(word.startswith(one) for word in words) for one in asked)
