"""SQL servers as rigs: a fresh database for each test, behind a door that can be shut.

HAAT_TEST_MYSQL_URL and HAAT_TEST_MARIADB_URL name them (make test-engines starts them). A shut door is an engine that
is gone: connections break and new ones are refused. What a crash would leave is what another connection sees.
"""

import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import count
from typing import Any, Final

import pytest
from sqlalchemy import MetaData, create_engine
from sqlalchemy.engine import URL, Engine, make_url
from sqlalchemy.pool import NullPool

from haat.engines.sql import Database
from haat.engines.sql.mysql import MySqlDatabase
from haat.engines.sql.urls import Isolation, Server
from tests.conftest import ManualClock
from tests.contracts import database as database_suite
from tests.doors import Door

SERVERS: Final = ("mysql", "mariadb")
WORKERS: Final = 4
QUEUE_UNITS: Final = 128
_NUMBERS: Final = count()


def url_of(server: str) -> URL:
    """The server's address. One that is named and not there fails the test."""
    name = f"HAAT_TEST_{server.upper()}_URL"
    given = os.environ.get(name)
    assert given, f"{name} is not set: make test-engines starts {server} and sets it"
    return make_url(given)


def fresh_name() -> str:
    return f"t_{os.getpid()}_{next(_NUMBERS)}"


class ServerRig:
    """One database of a server, empty but for the tables."""

    workers = WORKERS
    queue_units = QUEUE_UNITS

    def __init__(self, server: str, isolation: Isolation, tables: MetaData) -> None:
        self.clock = ManualClock()
        self.advance = self.clock.advance
        self.isolation = isolation
        self.tables = tables
        self.root: Engine = create_engine(url_of(server), poolclass=NullPool)
        self.made: list[str] = []
        self.door = Door(self.root.url.port or 3306)
        self.file = self._opened(self._make(), door=True)
        self.opened = [self.file]
        self.crashed = ""

    def _make(self) -> str:
        name = fresh_name()
        self.run(f"CREATE DATABASE {name}")
        self.made.append(name)
        engine = create_engine(self.root.url.set(database=name), poolclass=NullPool)
        self.tables.create_all(engine)
        return name

    def _opened(self, name: str, *, door: bool = False) -> MySqlDatabase:
        url = self.root.url.set(database=name, port=self.door.port if door else self.root.url.port)
        database = MySqlDatabase(Server(url, self.isolation, WORKERS, 2), self.clock, queue_units=QUEUE_UNITS)
        database.open()
        return database

    def run(self, *statements: str) -> None:
        with self.root.connect() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)
            connection.commit()

    def now_ms(self) -> int:
        return self.clock.now_ms()

    async def down(self) -> None:
        self.door.shut()

    async def up(self) -> None:
        self.door.open()

    def crash_point(self) -> None:
        self.crashed = self._make()
        live = self.made[0]
        self.run(*(f"INSERT INTO {self.crashed}.{name} SELECT * FROM {live}.{name}" for name in self.tables.tables))

    async def found_database(self) -> MySqlDatabase:
        database = self._opened(self.crashed)
        self.opened.append(database)
        return database

    def end(self) -> None:
        for database in self.opened:
            database.close()
        self.door.close()
        self.run(*(f"DROP DATABASE {name}" for name in self.made))
        self.root.dispose()


class MySqlDatabaseRig(ServerRig):
    def __init__(self, server: str, isolation: Isolation) -> None:
        super().__init__(server, isolation, database_suite.METADATA)
        self.database: Database = self.file

    async def found(self) -> Database:
        return await self.found_database()


@asynccontextmanager
async def opened(make: Callable[..., Any], *given: str) -> AsyncIterator[Any]:
    """A rig, ended afterwards."""
    rig = make(*given)
    try:
        yield rig
    finally:
        rig.end()


def each_server() -> Any:
    """Every server at both isolation levels."""
    return [
        pytest.param(
            (server, isolation), id=f"{server}-{isolation.replace(' ', '-').lower()}", marks=pytest.mark.engine(server)
        )
        for server in SERVERS
        for isolation in ("READ COMMITTED", "REPEATABLE READ")
    ]
