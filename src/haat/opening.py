"""Engines by URL: the scheme of a setting picks the adapter, and only its driver is imported.

Each function opens one engine, has it closed at the end of the stack, and answers it as its port. `around` is given
every engine by its name and may stand in front of it (`haat.selling.Around`).
"""

from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass

from haat.engines.documents import Documents
from haat.engines.documents.sqlite import SqliteDocuments
from haat.engines.kv import KeyValue
from haat.engines.kv.memory import MemoryKv
from haat.engines.outgoing import OutgoingSource
from haat.engines.sql import Database
from haat.engines.sql.outgoing import SqlOutgoing
from haat.engines.sql.sqlite import SqliteDatabase
from haat.events.adapters.sql_parking import SqlParking
from haat.events.adapters.sqlite_log import SqliteEventLog
from haat.events.parking import Parking
from haat.events.ports import EventLog
from haat.health import Pinged
from haat.search.adapters.tantivy import TantivyItemIndex
from haat.search.index import ItemIndex
from haat.selling import Around
from haat.settings import embedded_path
from haat.vocabulary import Clock


@dataclass(frozen=True, slots=True)
class DocumentStore:
    """Collections of documents that share an outbox."""

    collection: Callable[[str], Documents]
    outgoing: OutgoingSource
    engine: Pinged


@dataclass(frozen=True, slots=True)
class EventStore:
    """The log, and where events wait that nobody could process."""

    log: EventLog
    parking: Parking
    engine: Pinged


def open_database(stack: AsyncExitStack, name: str, url: str, clock: Clock, around: Around) -> Database:
    """A transactional database, migrated before. Raises: Unavailable."""
    database = SqliteDatabase(embedded_path(url), clock)
    database.open()
    stack.callback(database.close)
    return around(name, database)


async def open_documents(stack: AsyncExitStack, url: str, clock: Clock, around: Around) -> DocumentStore:
    """The catalogue's documents. Raises: Unavailable."""
    database = open_database(stack, "catalog", url, clock, around)
    return DocumentStore(lambda name: SqliteDocuments(database, name, clock), SqlOutgoing(database), database)


async def open_events(stack: AsyncExitStack, url: str, clock: Clock, around: Around) -> EventStore:
    """The event log. Raises: Unavailable."""
    database = open_database(stack, "events", url, clock, around)
    return EventStore(around("log", SqliteEventLog(database, clock)), SqlParking(database), database)


async def open_kv(stack: AsyncExitStack, url: str, clock: Clock, around: Around) -> KeyValue:  # noqa: ARG001  # one engine so far
    """The key-value store."""
    memory = MemoryKv(clock)
    memory.open()
    stack.callback(memory.close)
    return around("kv", memory)


async def open_index(stack: AsyncExitStack, url: str, clock: Clock, around: Around) -> tuple[ItemIndex, bool]:
    """The item index, and whether it holds nothing and should be rebuilt. Raises: Unavailable."""
    if url.startswith("tantivy:"):
        index = TantivyItemIndex(embedded_path(url), clock)
        is_empty = await index.open()
        stack.push_async_callback(index.close)
        return around("search", index), is_empty
    from haat.search.adapters.opensearch import ServerItemIndex

    server = ServerItemIndex(url, clock)
    stack.push_async_callback(server.close)
    is_empty = await server.open()
    return around("search", server), is_empty
