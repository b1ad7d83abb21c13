"""The unsent events of a MongoDB store: found in the documents that carry them, and taken out once they are sent."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

from pymongo import UpdateOne
from pymongo.errors import BulkWriteError

from haat.engines.documents.mongo import BRIEF, Json, MongoStore
from haat.engines.outgoing import Backlog, Unsent
from haat.errors import Unavailable

_WAITING: Final = {"unsent_since": {"$gt": 0}}  # so the sparse index finds them
_COUNT: Final[list[Json]] = [
    {"$match": _WAITING},
    {
        "$group": {
            "_id": None,
            "rows": {"$sum": {"$size": "$unsent"}},
            "oldest_ms": {"$min": {"$min": {"$map": {"input": "$unsent", "in": "$$this.created_ms"}}}},
        }
    },
]


class Row(NamedTuple):
    """The handle of an unsent event."""

    collection: str
    document: str
    event: str


class MongoOutgoing:
    """The documents of a store as the relay sees them. What is sent is gone at once: nothing is left to trim.

    Events of one document come in the order of its versions. Between documents they come by stamps: exact for what one
    process wrote, by the clocks of processes otherwise.
    """

    def __init__(self, store: MongoStore) -> None:
        self._store = store

    async def unsent(self, most: int) -> Sequence[Unsent]:
        """See OutgoingSource. Cost: a round trip for each collection, at the same time."""
        pages = await self._store.read(
            lambda: asyncio.gather(*(self._first(name, most) for name in sorted(self._store.names))), brief=False
        )
        # The sort is stable and an event's stamp is never below one before it, so each document's order stays.
        rows = sorted((row for page in pages for row in page), key=lambda row: row[0])
        return [row for _, row in rows[:most]]

    async def mark_sent(self, rows: Sequence[Unsent]) -> None:
        """See OutgoingSource. Cost: a round trip for each collection."""
        sent: dict[str, dict[str, list[str]]] = {}
        for row in rows:
            assert isinstance(row.seq, Row)
            sent.setdefault(row.seq.collection, {}).setdefault(row.seq.document, []).append(row.seq.event)
        try:
            await self._store.write(
                lambda: asyncio.gather(*(self._take_out(name, documents) for name, documents in sent.items())),
                brief=len(rows) <= BRIEF,
            )
        except BulkWriteError as error:
            raise Unavailable(f"The document store could not write: {str(error)[:300]}") from error

    def on_new(self, wake: Callable[[], None]) -> None:
        """See OutgoingSource."""
        self._store.on_new(wake)

    async def backlog(self) -> Backlog:
        """See OutgoingSource. Cost: as `unsent`, and the server looks at every document that waits."""
        counted = await self._store.read(
            lambda: asyncio.gather(*(self._count(name) for name in self._store.names)), brief=False
        )
        found = [one for one in counted if one.rows]
        return Backlog(sum(one.rows for one in found), min((one.oldest_ms for one in found), default=0))

    async def trim(self, before_ms: int) -> int:  # noqa: ARG002  # nothing that was sent is kept
        """See OutgoingSource. Always 0."""
        await self._store.ping()
        return 0

    async def _first(self, name: str, most: int) -> list[tuple[int, Unsent]]:
        """Events of the documents that wait longest, each with a number to sort by. The oldest `most` are in it."""
        asked = self._store.of(name).find(
            _WAITING, {"unsent": 1}, sort=[("unsent_since", 1)], limit=most, batch_size=most
        )
        found: list[tuple[int, Unsent]] = []
        for document in await asked.to_list():
            stamp = 0
            for one in document["unsent"]:
                stamp = max(stamp, one["stamp"])
                handle = Row(name, document["_id"], one["event"])
                found.append((stamp, Unsent(handle, one["topic"], one["key"], one["value"], int(one["created_ms"]))))
        return found

    async def _take_out(self, name: str, documents: dict[str, list[str]]) -> None:
        statements = [UpdateOne({"_id": one}, _without(events)) for one, events in documents.items()]
        await self._store.of(name).bulk_write(statements, ordered=False)

    async def _count(self, name: str) -> Backlog:
        async for row in await self._store.of(name).aggregate(_COUNT):
            return Backlog(row["rows"], row["oldest_ms"])
        return Backlog(0, 0)


def _without(events: list[str]) -> list[Any]:
    """The update that takes events out, in one step with the stamp of the first that is left."""
    left = {"$not": [{"$in": ["$$this.event", {"$literal": events}]}]}
    first = {"$let": {"vars": {"first": {"$arrayElemAt": ["$unsent", 0]}}, "in": "$$first.stamp"}}
    return [
        {"$set": {"unsent": {"$filter": {"input": "$unsent", "cond": left}}}},
        {"$set": {"unsent_since": {"$ifNull": [first, "$$REMOVE"]}}},
    ]
