"""Engines by URL: the scheme of a setting picks the adapter, and only its driver is imported.

Each function opens one engine, has it closed at the end of the stack, and answers it as its port. `around` is given
every engine by its name and may stand in front of it (`haat.selling.Around`).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass

from haat.engines.documents import MovableDocuments
from haat.engines.documents.sqlite import SqliteDocuments
from haat.engines.kv import KeyValue
from haat.engines.kv.memory import MemoryKv
from haat.engines.outgoing import OutgoingSource
from haat.engines.sql import Database
from haat.engines.sql.migrations import Step
from haat.engines.sql.mysql import MySqlDatabase
from haat.engines.sql.outgoing import SqlOutgoing
from haat.engines.sql.sqlite import SqliteDatabase
from haat.engines.sql.urls import server_of
from haat.engines.system import SystemClock
from haat.errors import Unsupported
from haat.events.adapters.sql_parking import SqlParking
from haat.events.adapters.sqlite_log import SqliteEventLog
from haat.events.parking import Parking
from haat.events.ports import PARTITIONS, MovableLog
from haat.health import Pinged
from haat.search.adapters.tantivy import TantivyItemIndex
from haat.search.index import ItemIndex
from haat.selling import Around
from haat.settings import embedded_path
from haat.vocabulary import Clock


@dataclass(frozen=True, slots=True)
class DocumentStore:
    """Collections of documents that share an outbox."""

    collection: Callable[[str], MovableDocuments]
    outgoing: OutgoingSource
    engine: Pinged


@dataclass(frozen=True, slots=True)
class EventStore:
    """The log, and where events wait that nobody could process."""

    log: MovableLog
    parking: Parking
    engine: Pinged
    database: Database  # of parked events, and of the log when it is SQL


def open_database(stack: AsyncExitStack, name: str, url: str, clock: Clock, around: Around) -> Database:
    """A transactional database, migrated before. Raises: Unavailable; Invalid for a URL that says too little."""
    database: SqliteDatabase | MySqlDatabase
    if url.startswith("sqlite:"):
        database = SqliteDatabase(embedded_path(url), clock)
    else:
        database = MySqlDatabase(server_of(url, f"HAAT_{name.upper()}_URL"), clock)
    database.open()
    stack.callback(database.close)
    return around(name, database)


async def open_documents(stack: AsyncExitStack, url: str, clock: Clock, around: Around) -> DocumentStore:
    """The catalogue's documents, made ready before. Raises: Unavailable, Unsupported."""
    if url.startswith("mongodb"):
        with extra("mongo"):
            from haat.engines.documents.mongo import MongoStore
            from haat.engines.documents.mongo_outgoing import MongoOutgoing
        store = MongoStore(url, clock)
        stack.push_async_callback(store.close)
        return DocumentStore(lambda name: around("catalog", store.collection(name)), MongoOutgoing(store), store)
    database = open_database(stack, "catalog", url, clock, around)
    return DocumentStore(lambda name: SqliteDocuments(database, name, clock), SqlOutgoing(database), database)


def prepare_documents(url: str, collections: Sequence[str]) -> list[Step]:
    """Make the catalogue's store ready, unless it is an SQL database, which is migrated like the others.

    Raises: Unavailable, Unsupported.
    """
    if not url.startswith("mongodb"):
        return []
    with extra("mongo"):
        from haat.engines.documents.mongo_schema import upgrade
    return [upgrade("catalog", url, collections)]


async def open_events(stack: AsyncExitStack, url: str, parked_url: str, clock: Clock, around: Around) -> EventStore:
    """The event log, and the database of parked events: the log's own when that is SQL. Raises: Unavailable."""
    database = open_database(stack, "events", parked_url, clock, around)
    if url.startswith("kafka:"):
        with extra("kafka"):
            from haat.events.adapters.kafka_log import KafkaEventLog
        kafka = KafkaEventLog(url, clock)
        stack.push_async_callback(kafka.close)
        return EventStore(around("log", kafka), SqlParking(database), kafka, database)
    return EventStore(around("log", SqliteEventLog(database, clock)), SqlParking(database), database, database)


async def make_topics(url: str, topics: Sequence[str]) -> Mapping[str, str]:
    """Make the event log's topics where that is done before; how the new ones are, by name. Raises: Unavailable."""
    if not url.startswith("kafka:"):
        return {}
    with extra("kafka"):
        from haat.events.adapters.kafka_log import KafkaEventLog
    kafka = KafkaEventLog(url, SystemClock())
    try:
        return dict.fromkeys(await kafka.make_topics(topics), f"{PARTITIONS} partitions")
    finally:
        await kafka.close()


async def open_kv(stack: AsyncExitStack, url: str, clock: Clock, around: Around) -> KeyValue:
    """The key-value store. A server that is away is no reason not to start. Raises: Unsupported."""
    if url.startswith("redis"):
        with extra("redis"):
            from haat.engines.kv.redis import RedisKv
        redis = RedisKv(url, clock)
        stack.push_async_callback(redis.close)
        return around("kv", redis)
    memory = MemoryKv(clock)
    memory.open()
    stack.callback(memory.close)
    return around("kv", memory)


@contextmanager
def extra(name: str) -> Iterator[None]:
    """Import a driver. Raises: Unsupported, with the command that installs it, when it is missing."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise Unsupported(f"{error.name} is not installed: pip install 'haat[{name}]'") from error


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
