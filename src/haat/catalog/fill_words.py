"""Items of an earlier release get the words that they are found by without a search engine."""

from dataclasses import dataclass
from typing import Final

from haat.catalog.model import decode
from haat.catalog.plain import words_of
from haat.catalog.shelf import keys_of
from haat.engines.documents import Document, Documents, Put

_FILLED: Final = "words"
_PAGE: Final = 100


@dataclass(frozen=True, slots=True)
class FillWords:
    """Gives items written by an earlier release their words, once for a database."""

    items: Documents
    marks: Documents  # any collection where a document of this name is nobody's

    async def __call__(self) -> int:
        """How many were written again, with the same content and no event. Raises: Unavailable; it goes on then."""
        if await self.marks.get([_FILLED]):
            return 0
        count, after = 0, ""
        while page := await self.items.scan(after, _PAGE):
            puts = [_again(document) for document in page]
            count += sum(await self.items.put(puts))  # a stale one was written meanwhile, with its words
            after = page[-1].id
        await self.marks.put([Put(_FILLED, b"{}", 0)])
        return count


def _again(document: Document) -> Put:
    item = decode(document.body)
    return Put(document.id, document.body, document.version, keys_of(item), (), words_of(item))
