"""The embedded engines as rigs: fresh files copied from a migrated template, and what a crash would leave of them."""

import shutil
import tempfile
from collections import UserDict
from collections.abc import AsyncIterator, Callable, ItemsView, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

from sqlalchemy import MetaData

from haat.engines.blobs import Blobs
from haat.engines.blobs.files import FileBlobs
from haat.engines.documents import Documents, Put
from haat.engines.documents.sqlite import SqliteDocuments
from haat.engines.documents.tables import line
from haat.engines.kv import KeyValue
from haat.engines.kv.memory import MemoryKv
from haat.engines.outgoing import Outgoing, OutgoingSource
from haat.engines.sql import Database, Tx
from haat.engines.sql.migrations import Line
from haat.engines.sql.outgoing import SqlOutgoing, add_outgoing, outbox_table
from haat.engines.sql.sqlite import SqliteDatabase
from haat.events.adapters.sql_parking import SqlParking
from haat.events.adapters.sqlite_log import SqliteEventLog
from haat.events.adapters.tables import LINE
from haat.events.parking import Parking
from haat.events.ports import EventLog
from tests.conftest import ManualClock
from tests.contracts import database as database_suite
from tests.migrated import migrated

QUEUE_UNITS = 128
DOCUMENTS = line("documents")
OUTBOX = MetaData()
outbox_table(OUTBOX)


class SqliteRig:
    """One database file."""

    workers = 1
    queue_units = QUEUE_UNITS

    def __init__(self, folder: Path, tables: Line | MetaData) -> None:
        self.clock = ManualClock()
        self.advance = self.clock.advance
        self.folder = folder
        self.file = SqliteDatabase(migrated(tables, folder / "live.db"), self.clock, queue_units=QUEUE_UNITS)
        self.opened = [self.file]
        self.crashes = 0

    def now_ms(self) -> int:
        return self.clock.now_ms()

    async def down(self) -> None:
        self.file.close()

    async def up(self) -> None:
        self.file.open()

    def crash_point(self, *, torn: bool = False) -> None:
        """What is on disk at this moment is what a killed process leaves: the pages not yet committed are not in it."""
        self.crashes += 1
        copy = self.folder / f"crashed-{self.crashes}.db"
        shutil.copyfile(self.file.path, copy)
        shutil.copyfile(f"{self.file.path}-wal", f"{copy}-wal")
        if torn:
            tail = Path(f"{copy}-wal")
            tail.write_bytes(tail.read_bytes()[:-1_500])

    async def found_database(self) -> SqliteDatabase:
        database = SqliteDatabase(self.folder / f"crashed-{self.crashes}.db", self.clock)
        database.open()
        self.opened.append(database)
        return database


S = TypeVar("S", bound=SqliteRig)


class SqliteDatabaseRig(SqliteRig):
    def __init__(self, folder: Path) -> None:
        super().__init__(folder, database_suite.METADATA)
        self.database: Database = self.file

    async def found(self) -> Database:
        return await self.found_database()


class SqlOutgoingRig(SqliteRig):
    def __init__(self, folder: Path) -> None:
        super().__init__(folder, OUTBOX)
        self.source: OutgoingSource = SqlOutgoing(self.file)

    async def publish(self, rows: Sequence[Outgoing], *, refused: bool = False) -> None:
        def unit(tx: Tx) -> None:
            add_outgoing(tx, rows)
            if refused:
                raise database_suite.Oops

        try:
            await self.file.transact(unit)
        except database_suite.Oops:
            assert refused

    async def found(self) -> OutgoingSource:
        return SqlOutgoing(await self.found_database())


class DocumentsOutgoingRig(SqliteRig):
    """The same outbox, written by puts of documents."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, DOCUMENTS)
        self.documents = SqliteDocuments(self.file, "items", self.clock)
        self.source: OutgoingSource = SqlOutgoing(self.file)
        self.number = 0

    async def publish(self, rows: Sequence[Outgoing], *, refused: bool = False) -> None:
        self.number += 1
        put = Put(f"id-{self.number}", b"{}", 5 if refused else 0, {}, rows)
        assert await self.documents.put([put]) == [not refused]

    async def found(self) -> OutgoingSource:
        return SqlOutgoing(await self.found_database())


class Watched(UserDict[str, str]):
    """Lookup keys that call when they are asked for."""

    def __init__(self, keys: Mapping[str, str], call: Callable[[], None]) -> None:
        super().__init__(keys)
        self.call = call

    def items(self) -> ItemsView[str, str]:
        self.call()
        return super().items()


class SqliteDocumentsRig(SqliteRig):
    def __init__(self, folder: Path) -> None:
        super().__init__(folder, DOCUMENTS)
        self.documents: Documents = SqliteDocuments(self.file, "items", self.clock)
        self.others: Documents = SqliteDocuments(self.file, "categories", self.clock)
        self.source: OutgoingSource = SqlOutgoing(self.file)

    async def found(self) -> tuple[Documents, OutgoingSource]:
        database = await self.found_database()
        return SqliteDocuments(database, "items", self.clock), SqlOutgoing(database)

    async def crash_inside(self, put: Put) -> None:
        """Lookup keys are asked for after the document was written and before its rows are: that is the moment."""
        watched = Put(put.id, put.body, put.expects, Watched(put.keys, self.crash_point), put.outgoing)
        assert await self.documents.put([watched]) == [True]
        assert self.crashes == 1


class SqliteEventLogRig(SqliteRig):
    def __init__(self, folder: Path) -> None:
        super().__init__(folder, LINE)
        self.log: EventLog = SqliteEventLog(self.file, self.clock)

    async def found(self) -> EventLog:
        return SqliteEventLog(await self.found_database(), self.clock)


class SqlParkingRig(SqliteRig):
    def __init__(self, folder: Path) -> None:
        super().__init__(folder, LINE)
        self.parking: Parking = SqlParking(self.file)

    async def found(self) -> Parking:
        return SqlParking(await self.found_database())


@asynccontextmanager
async def opened(make: Callable[[Path], S]) -> AsyncIterator[S]:
    """A rig on a fresh folder; everything it opened is closed."""
    with tempfile.TemporaryDirectory() as folder:
        rig = make(Path(folder))
        rig.file.open()
        try:
            yield rig
        finally:
            for database in rig.opened:
                database.close()


class MemoryKvRig:
    def __init__(self) -> None:
        clock = ManualClock()
        self.advance = clock.advance
        self.memory = MemoryKv(clock)
        self.kv: KeyValue = self.memory

    async def down(self) -> None:
        self.memory.close()

    async def up(self) -> None:
        self.memory.open()

    async def forget(self) -> None:
        """What the end of the process does."""
        self.memory.close()
        self.memory.open()


class FileBlobsRig:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.files = FileBlobs(folder)
        self.files.open()
        self.blobs: Blobs = self.files

    async def down(self) -> None:
        self.files.close()

    async def up(self) -> None:
        self.files.open()

    async def damage(self, digest: str) -> None:
        path = await self.blobs.local(digest)
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        path.write_bytes(content)

    async def stored(self) -> int:
        return sum(path.is_file() for path in self.folder.rglob("*"))

    async def found(self) -> Blobs:
        return FileBlobs(self.folder)
