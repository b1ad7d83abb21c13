"""Documents in SQLite: a write is one unit over documents, lookup keys and the outbox.

The unit may read versions first and decide in Python, because a file has one writer at a time. Lists of ids go in as
one JSON value (`json_each`), so a statement's text never changes and no limit on variables is met.
"""

from collections.abc import Sequence
from typing import Final

import msgspec
from sqlalchemy import bindparam, delete, func, insert, select, update

from haat.engines.documents.ports import WORD, Document, Put, Whole
from haat.engines.documents.tables import DOCUMENTS, KEYS
from haat.engines.outgoing import Outgoing
from haat.engines.sql.outgoing import add_outgoing
from haat.engines.sql.ports import Database, Tx
from haat.engines.sql.statement import Statement
from haat.errors import Invalid, Problem
from haat.vocabulary import Clock

BRIEF_IDS: Final = 100  # what one page asks for; more are a bulk read and go to a reader's thread

_IDS: Final = select(func.json_each(bindparam("ids")).table_valued("value").c.value)
_DOCUMENT: Final = (DOCUMENTS.c.id, DOCUMENTS.c.version, DOCUMENTS.c.body)

_GET: Final = Statement(
    select(*_DOCUMENT).where(DOCUMENTS.c.collection == bindparam("within"), DOCUMENTS.c.id.in_(_IDS))
)
_VERSIONS: Final = Statement(
    select(DOCUMENTS.c.id, DOCUMENTS.c.version).where(
        DOCUMENTS.c.collection == bindparam("within"), DOCUMENTS.c.id.in_(_IDS)
    )
)
_SCAN: Final = Statement(
    select(*_DOCUMENT)
    .where(DOCUMENTS.c.collection == bindparam("within"), DOCUMENTS.c.id > bindparam("after"))
    .order_by(DOCUMENTS.c.id)
    .limit(bindparam("most"))
)
_FIND: Final = Statement(
    select(*_DOCUMENT)
    .join(KEYS, (KEYS.c.collection == DOCUMENTS.c.collection) & (KEYS.c.id == DOCUMENTS.c.id))
    .where(
        KEYS.c.collection == bindparam("within"),
        KEYS.c.name == bindparam("look_up"),
        KEYS.c.value == bindparam("wanted"),
        KEYS.c.id > bindparam("after"),
    )
    .order_by(KEYS.c.id)
    .limit(bindparam("most"))
)
_STARTING: Final = Statement(
    select(*_DOCUMENT).where(
        DOCUMENTS.c.collection == bindparam("within"),
        DOCUMENTS.c.id.in_(
            select(KEYS.c.id)
            .where(
                KEYS.c.collection == bindparam("among"),
                KEYS.c.name == bindparam("look_up"),
                KEYS.c.value >= bindparam("first"),
                KEYS.c.value < bindparam("behind"),
            )
            .distinct()
            .limit(bindparam("most"))
        ),
    )
)
_KEYS: Final = Statement(
    select(KEYS.c.id, KEYS.c.name, KEYS.c.value).where(KEYS.c.collection == bindparam("within"), KEYS.c.id.in_(_IDS))
)
_NEW: Final = Statement(insert(DOCUMENTS), "collection", "id", "version", "body", "changed_ms")
_CHANGE: Final = Statement(
    update(DOCUMENTS)
    .where(DOCUMENTS.c.collection == bindparam("within"), DOCUMENTS.c.id == bindparam("which"))
    .values(version=bindparam("new_version"), body=bindparam("new_body"), changed_ms=bindparam("now_ms"))
)
_DROP_KEYS: Final = Statement(delete(KEYS).where(KEYS.c.collection == bindparam("within"), KEYS.c.id.in_(_IDS)))
_NEW_KEYS: Final = Statement(insert(KEYS), "collection", "name", "value", "id")


class SqliteDocuments:
    """One collection in an open database whose line is `haat.engines.documents.tables.line(…)`."""

    def __init__(self, database: Database, collection: str, clock: Clock) -> None:
        self._database = database
        self._collection = collection
        self._clock = clock

    async def get(self, ids: Sequence[str]) -> dict[str, Document]:
        """See Documents."""
        ids = [one for one in ids if "\0" not in one]
        if not ids:
            return {}
        rows = await self._database.read(lambda tx: _GET.all(tx, self._within(ids)), brief=len(ids) <= BRIEF_IDS)
        return {row[0]: Document(*row) for row in rows}

    async def put(self, puts: Sequence[Put]) -> list[bool]:
        """See Documents. Seven statements, whatever the number of documents."""
        if not puts:
            return []
        if any("\0" in put.id for put in puts):  # JSON functions of SQLite end a text there
            raise Invalid(problems=[Problem("#/id", "An id holds no NUL character.")])
        now_ms = self._clock.now_ms()
        return await self._database.transact(lambda tx: self._write(tx, puts, now_ms))

    async def find(self, key: str, value: str, after: str = "", limit: int = 100) -> list[Document]:
        """See Documents."""
        row = {"within": self._collection, "look_up": key, "wanted": value, "after": after, "most": limit}
        return await self._database.read(lambda tx: [Document(*found) for found in _FIND.all(tx, row)])

    async def scan(self, after: str = "", limit: int = 500) -> list[Document]:
        """See Documents."""
        row = {"within": self._collection, "after": after, "most": limit}
        return await self._database.read(lambda tx: [Document(*found) for found in _SCAN.all(tx, row)])

    async def starting(self, beginning: str, limit: int = 100) -> list[Document]:
        """See Documents."""
        row = {"within": self._collection, "among": self._collection, "look_up": WORD, "most": limit}
        row |= {"first": beginning, "behind": beginning + "\U0010ffff"}
        return await self._database.read(lambda tx: [Document(*found) for found in _STARTING.all(tx, row)])

    async def ping(self) -> None:
        """See Documents."""
        await self._database.ping()

    async def whole(self, after: str = "", limit: int = 500) -> list[Whole]:
        """See MovableDocuments. Two statements."""

        def unit(tx: Tx) -> list[Whole]:
            rows = [
                Document(*row) for row in _SCAN.all(tx, {"within": self._collection, "after": after, "most": limit})
            ]
            keys: dict[str, dict[str, str]] = {row.id: {} for row in rows}
            words: dict[str, list[str]] = {row.id: [] for row in rows}
            for one, name, value in _KEYS.all(tx, self._within(list(keys))):
                if name == WORD:
                    words[one].append(value)
                else:
                    keys[one][name] = value
            return [Whole(*row, keys[row.id], tuple(sorted(words[row.id]))) for row in rows]

        return await self._database.read(unit)

    async def bring(self, documents: Sequence[tuple[Whole, Sequence[Outgoing]]]) -> None:
        """See MovableDocuments. Three statements; all of them are written or none."""
        puts = {one.id: Put(one.id, one.body, one.version - 1, one.keys, words=one.words) for one, _ in documents}
        outgoing = [row for _, rows in documents for row in rows]
        now_ms = self._clock.now_ms()

        def unit(tx: Tx) -> None:
            self._store(tx, {}, puts, now_ms)
            add_outgoing(tx, outgoing)

        await self._database.transact(unit)

    def _within(self, ids: Sequence[str]) -> dict[str, object]:
        return {"within": self._collection, "ids": msgspec.json.encode(ids).decode()}

    def _write(self, tx: Tx, puts: Sequence[Put], now_ms: int) -> list[bool]:
        stored: dict[str, int] = dict(_VERSIONS.all(tx, self._within([put.id for put in puts])))
        versions = dict(stored)
        taken: dict[str, Put] = {}  # the last one that was accepted for an id is what remains of it
        outgoing: list[Outgoing] = []
        answers = []
        for put in puts:
            current = versions.get(put.id, 0) == put.expects
            answers.append(current)
            if current:
                versions[put.id] = put.expects + 1
                taken[put.id] = put
                outgoing += put.outgoing
        self._store(tx, stored, taken, now_ms)
        add_outgoing(tx, outgoing)
        return answers

    def _store(self, tx: Tx, stored: dict[str, int], taken: dict[str, Put], now_ms: int) -> None:
        within = self._collection
        new = [
            {"collection": within, "id": put.id, "version": put.expects + 1, "body": put.body, "changed_ms": now_ms}
            for put in taken.values()
            if put.id not in stored
        ]
        changed = [
            {"within": within, "which": put.id, "new_version": put.expects + 1, "new_body": put.body, "now_ms": now_ms}
            for put in taken.values()
            if put.id in stored
        ]
        _NEW.many(tx, new)
        _CHANGE.many(tx, changed)
        if changed:
            _DROP_KEYS.one(tx, self._within([put.id for put in taken.values() if put.id in stored]))
        _NEW_KEYS.many(
            tx,
            [
                {"collection": within, "name": name, "value": value, "id": put.id}
                for put in taken.values()
                for name, value in (*put.keys.items(), *((WORD, word) for word in dict.fromkeys(put.words)))
            ],
        )
