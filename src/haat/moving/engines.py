"""The engines of a shop, opened to be moved: no index, no gateway, no consumer, nothing that writes by itself."""

from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, Table, false

from haat.engines.blobs.files import FileBlobs
from haat.engines.sql import Database
from haat.events.ports import MovableLog
from haat.moving.blobs import BlobsPart
from haat.moving.documents import CollectionPart, UnsentByKey, UnsentPart
from haat.moving.half import MARK, MARKED_IN
from haat.moving.log import GroupsPart, ParkedPart, Places, RecordsPart
from haat.moving.parts import Part
from haat.moving.tables import TablePart
from haat.opening import DocumentStore, open_database, open_documents, open_events
from haat.selling import untouched
from haat.settings import Settings, embedded_path
from haat.shop import LINES
from haat.vocabulary import Clock

_OTHERWISE: Final = ("catalog", "events")
"""Databases whose tables are not parts: other engines keep the same as documents, or as a log."""

_PREPARED: Final[Mapping[str, Callable[[Table], ColumnElement[bool]]]] = {
    "orders.order_edge": lambda _: false(),
    "serviceability.network": lambda _: false(),
    "serviceability.matrix": lambda _: false(),
    "serviceability.hub": lambda hub: hub.c.version > 1,  # an operator changed it
    "serviceability.outbox": lambda outbox: outbox.c.sent_ms > 0,  # a server has run
}
"""Tables that have rows in an empty shop, made by migrations and `haat migrate`, and which rows those cannot be."""


@dataclass(frozen=True, slots=True)
class Engines:
    """What a shop lies in."""

    databases: Mapping[str, Database]
    documents: DocumentStore
    collections: Sequence[str]
    log: MovableLog
    blobs: FileBlobs


@asynccontextmanager
async def open_engines(settings: Settings, collections: Sequence[str], clock: Clock) -> AsyncIterator[Engines]:
    """Open the engines that hold a shop. They are migrated. Raises: Unavailable."""
    async with AsyncExitStack() as stack:
        databases = {
            name: open_database(stack, name, getattr(settings, f"{name}_url"), clock, untouched)
            for name in LINES
            if name not in _OTHERWISE
        }
        documents = await open_documents(stack, settings.catalog_url, clock, untouched)
        events = await open_events(stack, settings.events_url, settings.parked_url, clock, untouched)
        blobs = FileBlobs(embedded_path(settings.blobs_url))
        blobs.open()
        stack.callback(blobs.close)
        yield Engines({**databases, "events": events.database}, documents, collections, events.log, blobs)


class Parts:
    """All parts of a shop, for one pass over it: what a part needs of another is read and written before it."""

    def __init__(self, engines: Engines) -> None:
        self.unsent: UnsentByKey = {}
        places = Places()
        parked = LINES["events"].metadata.tables["parked"]
        self.parked = ParkedPart("events", engines.databases["events"], parked, engines.log, places)
        self.blobs = BlobsPart(engines.blobs)
        stores = engines.documents
        self.all: Sequence[Part] = (
            self.blobs,
            *_tables(engines.databases),
            UnsentPart(stores.outgoing, self.unsent),
            *(CollectionPart(name, stores.collection(name), self.unsent) for name in engines.collections),
            RecordsPart(engines.log, self.parked, places),
            GroupsPart(engines.log, places),
            self.parked,
        )


def _tables(databases: Mapping[str, Database]) -> Iterator[TablePart]:
    """Every table of every SQL database, those that others refer to first."""
    for name, line in LINES.items():
        if name in _OTHERWISE:
            continue
        for part in line.parts:
            for table in part.metadata.sorted_tables:
                prepared = f"{name}.{table.name}" in _PREPARED
                yield TablePart(
                    name,
                    databases[name],
                    table,
                    prepared=prepared,
                    only=table.c.name != MARK if table.name == MARKED_IN else None,
                    own=_PREPARED[f"{name}.{table.name}"](table) if prepared else None,
                )
