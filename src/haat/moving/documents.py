"""The catalogue's documents as parts, and the events that wait in its store."""

from collections.abc import Sequence
from typing import Final

from haat.engines.documents import MovableDocuments, Whole
from haat.engines.outgoing import Outgoing, OutgoingSource
from haat.errors import Conflict
from haat.events.envelope import decode
from haat.moving.parts import PAGE_ROWS, Pages, bytes_of, text_of

MOST_UNSENT: Final = 50_000
"""Of the catalogue's events: they are held in memory, and a server at work has none that are older than a second."""

UnsentByKey = dict[str, list[Outgoing]]


class CollectionPart:
    """One collection: id, version, body, lookup keys and words of each document, by id.

    `unsent`: events that are written with the documents whose ids are their keys, and taken out of it then.
    """

    def __init__(self, name: str, documents: MovableDocuments, unsent: UnsentByKey) -> None:
        self.name = f"catalog.{name}"
        self.columns: Sequence[str] = ("id", "version", "body", "keys", "words")
        self._documents = documents
        self._unsent = unsent

    async def rows(self) -> Pages:
        """See Part."""
        after = ""
        while page := await self._documents.whole(after, PAGE_ROWS):
            yield [[o.id, o.version, text_of(o.body), dict(sorted(o.keys.items())), [*o.words]] for o in page]
            after = page[-1].id

    async def bring(self, pages: Pages) -> None:
        """See Part."""
        async for page in pages:
            found = [Whole(one, version, bytes_of(body), keys, words) for one, version, body, keys, words in page]
            await self._documents.bring([(one, self._unsent.pop(one.id, [])) for one in found])

    async def count(self) -> int:
        """See Part: 1 is some."""
        return len(await self._documents.scan("", 1))


class UnsentPart:
    """Events of the catalogue that are not in the log yet, by key, each key's in its order.

    Stores keep them in different ways (a table; inside the documents), so they are brought with the documents.
    """

    name: str = "catalog.unsent"
    columns: Sequence[str] = ("event_id", "topic", "key", "value", "created_ms")

    def __init__(self, source: OutgoingSource, unsent: UnsentByKey) -> None:
        self._source = source
        self._unsent = unsent

    async def rows(self) -> Pages:
        """See Part. Raises also: Conflict, when there are too many."""
        found = list(await self._source.unsent(MOST_UNSENT + 1))
        if len(found) > MOST_UNSENT:
            raise Conflict(
                f"More than {MOST_UNSENT} events of the catalogue wait: let a server run until they are sent."
            )
        found.sort(key=lambda row: row.key)  # it is stable
        for first in range(0, len(found), PAGE_ROWS):
            page = found[first : first + PAGE_ROWS]
            yield [[decode(r.value).id, r.topic, r.key, text_of(r.value), r.created_ms] for r in page]

    async def bring(self, pages: Pages) -> None:
        """See Part. They are only taken to hand: the part of the items writes them."""
        async for page in pages:
            for event_id, topic, key, value, created_ms in page:
                row = Outgoing(event_id, topic, key, bytes_of(value), created_ms)
                self._unsent.setdefault(key, []).append(row)

    async def count(self) -> int:
        """See Part."""
        return (await self._source.backlog()).rows
