"""The embedded engines as rigs: fresh files copied from a migrated template, and what a crash would leave of them."""

from collections import UserDict
from collections.abc import Callable, ItemsView, Mapping, Sequence
from pathlib import Path

from haat.engines.blobs import Blobs
from haat.engines.blobs.files import FileBlobs
from haat.engines.documents import Documents, MovableDocuments, Put
from haat.engines.documents.sqlite import SqliteDocuments
from haat.engines.documents.tables import line
from haat.engines.kv import KeyValue
from haat.engines.kv.memory import MemoryKv
from haat.engines.outgoing import Outgoing, OutgoingSource
from haat.engines.sql.outgoing import SqlOutgoing
from haat.events.adapters.sqlite_log import SqliteEventLog
from haat.events.adapters.tables import LINE
from haat.events.ports import EventLog, MovableLog
from tests.conftest import ManualClock
from tests.contracts.sql_rigs import SqlRig
from tests.sql import SqliteFiles, Tables

DOCUMENTS = line("documents")


class SqliteRig(SqlRig):
    """One file, whatever SQL engine is under test."""

    def __init__(self, folder: Path, tables: Tables) -> None:
        super().__init__(folder, tables, SqliteFiles())

    def crash_point(self, *, torn: bool = False) -> None:
        """`torn`: the last pages were written in part."""
        super().crash_point()
        if torn:
            tail = Path(f"{self.crashed}-wal")
            tail.write_bytes(tail.read_bytes()[:-1_500])


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
        self.documents: MovableDocuments = SqliteDocuments(self.file, "items", self.clock)
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
        self.log: MovableLog = SqliteEventLog(self.file, self.clock)

    async def found(self) -> EventLog:
        return SqliteEventLog(await self.found_database(), self.clock)


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
