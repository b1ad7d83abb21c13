"""Rigs on the SQL engine under test (tests/sql.py): a fresh database, and what a crash would leave of it."""

import tempfile
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import MetaData

from haat.engines.outgoing import Outgoing, OutgoingSource
from haat.engines.sql import Database, Tx
from haat.engines.sql.outgoing import SqlOutgoing, add_outgoing, outbox_table
from haat.events.adapters.sql_parking import SqlParking
from haat.events.adapters.tables import LINE
from haat.events.parking import Parking
from tests.conftest import ManualClock
from tests.contracts import database as database_suite
from tests.contracts.rigs import answering
from tests.sql import SQL, Opened, Sql, Tables, asked

QUEUE_UNITS = 128
OUTBOX = MetaData()
outbox_table(OUTBOX)


class SqlRig:
    """One database."""

    queue_units = QUEUE_UNITS

    def __init__(self, folder: Path, tables: Tables, sql: Sql = SQL) -> None:
        self.clock = ManualClock()
        self.advance = self.clock.advance
        self.folder, self.tables, self.sql = folder, tables, sql
        self.workers = sql.workers
        self.path = folder / "live.db"
        self.file: Opened = sql.database(tables, self.path, self.clock, queue_units=QUEUE_UNITS, breakable=True)
        self.opened = [self.file]
        self.crashes = 0

    def now_ms(self) -> int:
        return self.clock.now_ms()

    async def down(self) -> None:
        self.sql.down(self.path, self.file)

    async def up(self) -> None:
        self.sql.up(self.path, self.file)
        await answering(self.file.ping, self.advance)

    @property
    def crashed(self) -> Path:
        """Where what the last crash left lies."""
        return self.folder / f"crashed-{self.crashes}.db"

    def crash_point(self) -> None:
        self.crashes += 1
        self.sql.keep(self.path, self.crashed)

    async def found_database(self) -> Opened:
        database = self.sql.database(self.tables, self.crashed, self.clock)
        database.open()
        self.opened.append(database)
        return database

    async def rows(self, query: str, *values: object) -> list[Any]:
        return await self.file.read(asked(query, *values))


S = TypeVar("S", bound=SqlRig)


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
            rig.sql.release()


class SqlDatabaseRig(SqlRig):
    def __init__(self, folder: Path) -> None:
        super().__init__(folder, database_suite.METADATA)
        self.database: Database = self.file

    async def found(self) -> Database:
        return await self.found_database()


class SqlOutgoingRig(SqlRig):
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


class SqlParkingRig(SqlRig):
    def __init__(self, folder: Path) -> None:
        super().__init__(folder, LINE)
        self.parking: Parking = SqlParking(self.file)

    async def found(self) -> Parking:
        return SqlParking(await self.found_database())
