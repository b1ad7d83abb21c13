"""Documents in MongoDB: a write is one statement about one document, which carries its unsent events itself.

MongoDB keeps what concerns one document whole, on every kind of deployment. So body, version, lookup keys and outgoing
events lie in one document, and no transaction is needed (docs/adr/0031-a-document-carries-its-unsent-events.md):

    {_id: "itm_…", version: 3, body: <bytes>, keys: ["seller=asha"], born_ms: …,
     unsent: [{stamp: …, event: "evt_…", topic: …, key: …, value: <bytes>, created_ms: …}], unsent_since: <first stamp>}

A guarded write names id and version, and is an upsert: where the version has moved on it meets the id that is taken,
and where nothing is there it would make a document without `born_ms`, which the collection's validator refuses
(`mongo_schema.py`). So the server answers which puts of a bulk were stale, in the one round trip that wrote the others.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, TypeVar

import pymongo
from bson.errors import BSONError
from pymongo import AsyncMongoClient, InsertOne, UpdateOne
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import BulkWriteError, PyMongoError
from pymongo.read_concern import ReadConcern
from pymongo.uri_parser import parse_uri
from pymongo.write_concern import WriteConcern

from haat.engines.breaker import Breaker
from haat.engines.documents.ports import WORD, Document, Put, Whole
from haat.engines.outgoing import Outgoing
from haat.engines.sql.ports import Refused
from haat.engines.together import Together
from haat.errors import Invalid, Problem, Unavailable
from haat.vocabulary import Clock

T = TypeVar("T")
Json = dict[str, Any]

BRIEF: Final = 100  # documents that a page asks for; more are a bulk call
READ_S: Final = 0.3  # of a brief read, unless the URL has timeoutMS
WRITE_S: Final = 2.0  # of a brief write: a majority has it on disk
BULK_MS: Final = 10_000  # until the answer to a bulk call begins to come
SELECT_MS: Final = 1_000  # until a bulk call has found a server: none in sight is no reason to wait as long
CONNECT_MS: Final = 2_000
CONNECTIONS: Final = 16  # of one process
MOST_BYTES: Final = 12 << 20  # of a body: a document of 16 MB has to hold its keys and unsent events as well

_STALE: Final = frozenset({121, 11000})  # refused by the validator; the id is taken
_DOCUMENT: Final = {"version": 1, "body": 1}


class MongoStore:
    """A database of MongoDB with its collections. Belongs to one event loop; `close` it there."""

    def __init__(
        self,
        url: str,
        clock: Clock,
        *,
        read_s: float = READ_S,
        write_s: float = WRITE_S,
    ) -> None:
        """`url` names a database: mongodb://user:password@host/catalog?replicaSet=… with options of the driver.

        `timeoutMS` among them is the time-out of brief reads, and of writes if it is longer than theirs; the time-outs
        and the pool below are the shop's own.
        """
        given = parse_uri(url)["options"].get("timeoutms")
        self._client: AsyncMongoClient[Json] = AsyncMongoClient(
            url,
            timeoutMS=None,
            socketTimeoutMS=BULK_MS,
            serverSelectionTimeoutMS=SELECT_MS,
            connectTimeoutMS=CONNECT_MS,
            maxPoolSize=CONNECTIONS,
            appname="haat",
        )
        self._database = self._client.get_default_database(
            write_concern=WriteConcern("majority", j=True), read_concern=ReadConcern("majority")
        )
        self.clock = clock
        self._read_s: float = given or read_s
        self._write_s = max(write_s, self._read_s)
        self._breaker = Breaker("The document store", clock, probe=self._probe)
        self._open = True
        self._stamp = 0
        self._wakes: list[Callable[[], None]] = []
        self.names: set[str] = set()
        """Of the collections whose unsent events are looked for."""

    async def close(self) -> None:
        """Refuse every call from now on, and leave the server."""
        self._open = False
        await self._client.close()

    def collection(self, name: str) -> "MongoDocuments":
        """One collection, whose unsent events are sent from now on."""
        self.names.add(name)
        return MongoDocuments(self, name)

    def of(self, name: str) -> AsyncCollection[Json]:
        """The driver's collection."""
        return self._database[name]

    async def ping(self) -> None:
        """See Documents."""
        await self.read(lambda: self._database.command("ping"))

    async def _probe(self) -> None:
        await self._call(lambda: self._database.command("ping"), self._read_s)

    def stamps(self, count: int) -> range:
        """Numbers that only grow in this process, and follow the clock between processes."""
        first = max(self._stamp + 1, self.clock.now_ms() * 1_000)
        self._stamp = first + count - 1
        return range(first, first + count)

    def on_new(self, wake: Callable[[], None]) -> None:
        """See OutgoingSource."""
        self._wakes.append(wake)

    def wake(self) -> None:
        """Events were written."""
        for wake in self._wakes:
            wake()

    async def read(self, call: Callable[[], Awaitable[T]], *, brief: bool = True) -> T:
        """What the call answers. A brief one that fails before its time is over is made once more in what is left of
        it: a connection that had grown old is not yet an outage, and a page waits no longer. Raises: Unavailable.
        """
        if not brief:
            return await self._ask(call, None)
        now_s = asyncio.get_running_loop().time  # as the driver's own time-outs
        until_s = now_s() + self._read_s
        try:
            return await self._ask(call, self._read_s)
        except Unavailable:
            left_s = until_s - now_s()
            if not self._open or left_s <= 0:
                raise
            return await self._ask(call, left_s)

    async def write(self, call: Callable[[], Awaitable[T]], *, brief: bool = True) -> T:
        """What the call answers. Raises: Unavailable, Invalid; BulkWriteError."""
        return await self._ask(call, self._write_s if brief else None)

    async def _ask(self, call: Callable[[], Awaitable[T]], timeout_s: float | None) -> T:
        return await self._breaker(lambda: self._call(call, timeout_s))

    async def _call(self, call: Callable[[], Awaitable[T]], timeout_s: float | None) -> T:
        if not self._open:
            raise Unavailable("The document store is closed")
        try:
            with pymongo.timeout(timeout_s):  # of all of it: finding a server, a connection, the answer, trying again
                return await call()  # None: the client's own time-outs hold for each of these
        except BulkWriteError:
            raise
        except PyMongoError as error:
            raise Unavailable(f"The document store: {str(error)[:300]}") from error
        except (BSONError, UnicodeEncodeError) as error:
            raise Invalid(problems=[Problem("#", f"This cannot be stored: {error}")]) from error


class MongoDocuments:
    """One collection of a store that `haat.engines.documents.mongo_schema` made ready."""

    def __init__(self, store: MongoStore, name: str) -> None:
        self._store = store
        self._collection = store.of(name)
        self._together = Together(self._fetched, most_keys=BRIEF)

    async def get(self, ids: Sequence[str]) -> dict[str, Document]:
        """See Documents. More than 16 MB come in several round trips; what several callers want comes in one."""
        wanted = [one for one in dict.fromkeys(ids) if _possible(one)]
        if not wanted:
            return {}
        return await self._together(wanted) if len(wanted) <= BRIEF else await self._fetched(wanted)

    async def _fetched(self, wanted: Sequence[str]) -> dict[str, Document]:
        # The first batch holds them all: a driver's default of 101 would make two round trips of a larger page.
        asked = {"_id": {"$in": wanted}}
        found = await self._store.read(
            lambda: self._collection.find(asked, _DOCUMENT, batch_size=len(wanted) + 1).to_list(),
            brief=len(wanted) <= BRIEF,
        )
        return {row["_id"]: _document(row) for row in found}

    async def put(self, puts: Sequence[Put]) -> list[bool]:
        """See Documents. One round trip, and one more for each further time that the same id occurs."""
        _check(puts)
        stamps = iter(self._store.stamps(sum(len(put.outgoing) for put in puts)))
        now_ms = self._store.clock.now_ms()
        statements = [_statement(put, [_unsent(row, next(stamps)) for row in put.outgoing], now_ms) for put in puts]
        answers = [False] * len(puts)
        for turn in _turns(puts):
            stale = await self._write([statements[index] for index in turn])
            for place, index in enumerate(turn):
                answers[index] = place not in stale
        if any(put.outgoing for put, written in zip(puts, answers, strict=True) if written):
            self._store.wake()
        return answers

    async def find(self, key: str, value: str, after: str = "", limit: int = 100) -> list[Document]:
        """See Documents."""
        return await self._page({"keys": _lookup(key, value), "_id": {"$gt": after}}, limit)

    async def scan(self, after: str = "", limit: int = 500) -> list[Document]:
        """See Documents."""
        return await self._page({"_id": {"$gt": after}}, limit)

    async def starting(self, beginning: str, limit: int = 100) -> list[Document]:
        """See Documents. A range of the index of keys; both ends have to hold for one of them."""
        first = _lookup(WORD, beginning)
        wanted = {"keys": {"$elemMatch": {"$gte": first, "$lt": first + "\U0010ffff"}}}
        found = await self._store.read(
            lambda: self._collection.find(wanted, _DOCUMENT, limit=limit, batch_size=limit).to_list(),
            brief=limit <= BRIEF,
        )
        return [_document(row) for row in found]

    async def ping(self) -> None:
        """See Documents."""
        await self._store.ping()

    async def whole(self, after: str = "", limit: int = 500) -> list[Whole]:
        """See MovableDocuments."""
        found = await self._rows({"_id": {"$gt": after}}, limit, {**_DOCUMENT, "keys": 1})
        return [_whole(row) for row in found]

    async def bring(self, documents: Sequence[tuple[Whole, Sequence[Outgoing]]]) -> None:
        """See MovableDocuments. One round trip."""
        puts = [Put(one.id, one.body, 0, one.keys, words=one.words) for one, _ in documents]
        _check(puts)
        stamps = iter(self._store.stamps(sum(len(rows) for _, rows in documents)))
        now_ms = self._store.clock.now_ms()
        statements = []
        for put, (one, rows) in zip(puts, documents, strict=True):
            unsent = [_unsent(row, next(stamps)) for row in rows]
            statements.append(_born(put, one.version, unsent, now_ms))
        if statements and await self._write(statements):
            raise Refused("A document of one of these ids is there already.")

    async def _page(self, wanted: Json, limit: int) -> list[Document]:
        return [_document(row) for row in await self._rows(wanted, limit, _DOCUMENT)]

    async def _rows(self, wanted: Json, limit: int, fields: Json) -> list[Json]:
        page = {"sort": [("_id", 1)], "limit": limit, "batch_size": limit}
        return await self._store.read(
            lambda: self._collection.find(wanted, fields, **page).to_list(), brief=limit <= BRIEF
        )

    async def _write(self, statements: Sequence[InsertOne[Json] | UpdateOne]) -> set[int]:
        """Which of the statements were stale. Raises: Unavailable; others may have been written then."""
        try:
            await self._store.write(
                lambda: self._collection.bulk_write(statements, ordered=False), brief=len(statements) <= BRIEF
            )
        except BulkWriteError as error:
            refused = error.details["writeErrors"]
            if error.details["writeConcernErrors"] or any(one["code"] not in _STALE for one in refused):
                raise Unavailable(f"The document store could not write: {str(error)[:300]}") from error
            return {one["index"] for one in refused}
        return set()


def _check(puts: Sequence[Put]) -> None:
    for put in puts:
        if not _possible(put.id):  # other engines end a text at NUL
            raise Invalid(problems=[Problem("#/id", "An id holds no NUL character and can be written as UTF-8.")])
        if len(put.body) > MOST_BYTES:
            detail = f"A document has at most {MOST_BYTES} bytes, not {len(put.body)}."
            raise Invalid(problems=[Problem("#", detail)])


def _possible(one: str) -> bool:
    """Whether a document could have this id."""
    return "\0" not in one and (one.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in one))


def _turns(puts: Sequence[Put]) -> list[list[int]]:
    """Places of puts that may be written at once, in an order in which puts of one id follow each other."""
    turns: list[list[int]] = []
    seen: Counter[str] = Counter()
    for index, put in enumerate(puts):
        turn = seen[put.id]
        seen[put.id] += 1
        if turn == len(turns):
            turns.append([])
        turns[turn].append(index)
    return turns


def _content(put: Put, version: int) -> Json:
    keys = [_lookup(name, value) for name, value in put.keys.items()]
    keys += [_lookup(WORD, word) for word in dict.fromkeys(put.words)]
    return {"version": version, "body": put.body, "keys": keys}


def _whole(row: Json) -> Whole:
    found = [_looked_up(key) for key in row["keys"]]
    words = tuple(sorted(value for name, value in found if name == WORD))
    return Whole(*_document(row), {name: value for name, value in found if name != WORD}, words)


def _born(put: Put, version: int, unsent: list[Json], now_ms: int) -> InsertOne[Json]:
    waiting = {"unsent": unsent, "unsent_since": unsent[0]["stamp"]} if unsent else {}
    return InsertOne({"_id": put.id, **_content(put, version), "born_ms": now_ms, **waiting})


def _statement(put: Put, unsent: list[Json], now_ms: int) -> InsertOne[Json] | UpdateOne:
    if put.expects == 0:
        return _born(put, 1, unsent, now_ms)
    change: Json = {"$set": _content(put, put.expects + 1)}
    if unsent:
        change |= {"$push": {"unsent": {"$each": unsent}}, "$min": {"unsent_since": unsent[0]["stamp"]}}
    return UpdateOne({"_id": put.id, "version": put.expects}, change, upsert=True)


def _unsent(row: Outgoing, stamp: int) -> Json:
    return {
        "stamp": stamp,
        "event": row.event_id,
        "topic": row.topic,
        "key": row.key,
        "value": row.value,
        "created_ms": row.created_ms,
    }


def _lookup(name: str, value: str) -> str:
    """A lookup key as one text: `seller=asha`. No two are written alike."""
    return f"{name.replace('%', '%25').replace('=', '%3D')}={value}"


def _looked_up(key: str) -> tuple[str, str]:
    """What `_lookup` made the text of."""
    name, _, value = key.partition("=")
    return name.replace("%3D", "=").replace("%25", "%"), value


def _document(row: Json) -> Document:
    return Document(row["_id"], int(row["version"]), row["body"])  # the driver's Int64 is no plain int
