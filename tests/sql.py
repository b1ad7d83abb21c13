"""The SQL engine under test: SQLite, or the server and isolation that HAAT_TEST_SQL names (`mysql:read-committed`).

`make test-engines` runs every test that gets its databases here again on each server; its address is in
HAAT_TEST_MYSQL_URL or HAAT_TEST_MARIADB_URL. What is about SQLite itself is marked `sqlite` and stays behind.
A database is known by the path where its file would be: whoever opens the same path again finds what was there.
"""

import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import Any, Final, Protocol

from sqlalchemy import MetaData, create_engine
from sqlalchemy.engine import URL, Engine, make_url
from sqlalchemy.pool import NullPool

from haat.engines.sql import Database, Tx
from haat.engines.sql.migrations import Line, compare_bytes, upgrade
from haat.engines.sql.mysql import MySqlDatabase
from haat.engines.sql.sqlite import SqliteDatabase
from haat.engines.sql.urls import Server, server_of
from haat.vocabulary import Clock
from tests.doors import Door
from tests.migrated import migrated

Tables = Line | MetaData
NOTHING: Final = MetaData()
"""The tables of a database that is dropped after use, not used again."""
CHOSEN: Final = os.environ.get("HAAT_TEST_SQL", "sqlite")


class Opened(Database, Protocol):
    """A database that can be opened and closed."""

    def open(self) -> None: ...
    def close(self) -> None: ...


class Sql(Protocol):
    """An engine, as tests use it."""

    workers: int  # units that a database under test runs at the same moment

    def database(
        self, tables: Tables, path: Path, clock: Clock, *, queue_units: int = 256, breakable: bool = False
    ) -> Opened:
        """A database with these tables, empty unless there is one of this path. `breakable`: `down` is asked for."""

    def url(self, tables: Tables, path: Path) -> str:
        """The same for another process, as a setting."""

    def place(self, path: Path) -> Path | str:
        """The database of this path, as `haat verify` is told of it."""

    def empty(self, path: Path) -> str:
        """The URL of a database without tables."""

    def down(self, path: Path, database: Opened) -> None:
        """Take the engine away from it."""

    def up(self, path: Path, database: Opened) -> None:
        """Give the engine back."""

    def keep(self, path: Path, to: Path) -> None:
        """Make what a process that was killed now would leave a database of its own, instead of what it holds."""

    def release(self) -> None:
        """Forget databases that nobody has open."""


class SqliteFiles:
    """Files."""

    workers = 1

    def database(
        self,
        tables: Tables,
        path: Path,
        clock: Clock,
        *,
        queue_units: int = 256,
        breakable: bool = False,  # a file is taken away by closing it
    ) -> Opened:
        return SqliteDatabase(migrated(tables, path), clock, queue_units=queue_units)

    def url(self, tables: Tables, path: Path) -> str:
        return f"sqlite:///{migrated(tables, path)}"

    def place(self, path: Path) -> Path | str:
        return path

    def empty(self, path: Path) -> str:
        return f"sqlite:///{path}"

    def down(self, path: Path, database: Opened) -> None:
        database.close()

    def up(self, path: Path, database: Opened) -> None:
        database.open()

    def keep(self, path: Path, to: Path) -> None:
        """The pages that are on disk: those of a transaction that has not committed are not among them."""
        shutil.copyfile(path, to)
        shutil.copyfile(f"{path}-wal", f"{to}-wal")

    def release(self) -> None:
        """They lie in folders that tests remove."""


class _Watched(MySqlDatabase):
    """Tells whether it is open."""

    is_open = False

    def open(self) -> None:
        super().open()
        self.is_open = True

    def close(self) -> None:
        super().close()
        self.is_open = False


class _Made:
    """One database of the server, and what is open on it."""

    def __init__(self, name: str, tables: Tables, filled: Mapping[str, list[Any]]) -> None:
        self.name, self.tables = name, tables
        self.filled = filled  # what migrations put into tables
        self.opened: list[_Watched] = []
        self.door: Door | None = None


class SqlServer:
    """Databases of one server. Emptied ones are used again: making one takes a hundred times longer."""

    workers = 4

    def __init__(self, chosen: str) -> None:
        kind, _, isolation = chosen.partition(":")
        given = os.environ.get(f"HAAT_TEST_{kind.upper()}_URL")
        assert given, f"HAAT_TEST_{kind.upper()}_URL is not set: make test-engines starts {kind} and sets it"
        # Time-outs have tests of their own; elsewhere a busy machine is no outage.
        self._options = {"isolation": isolation, "timeoutMS": "5000"}
        self._root: URL = make_url(given)
        self._engine: Engine = create_engine(self._root, poolclass=NullPool)
        self._bound: dict[Path, _Made] = {}
        self._free: dict[Tables, list[_Made]] = {}
        self._numbers = count()

    def database(
        self, tables: Tables, path: Path, clock: Clock, *, queue_units: int = 256, breakable: bool = False
    ) -> Opened:
        made = self._bind(tables, path)
        if breakable and made.door is None:
            made.door = Door(self._root.port or 3306)
        database = _Watched(
            self._server(made, port=made.door.port if made.door else None), clock, queue_units=queue_units
        )
        made.opened.append(database)
        return database

    def url(self, tables: Tables, path: Path) -> str:
        made = self._bind(tables, path)
        return self._root.set(database=made.name, query=self._options).render_as_string(False)

    def place(self, path: Path) -> Path | str:
        url = self._root.set(drivername="mysql", database=self._bound[path].name)
        return url.render_as_string(hide_password=False)

    def empty(self, path: Path) -> str:
        made = self._bound[path] = _Made(self._create(), NOTHING, {})
        return self._root.set(database=made.name).render_as_string(False)

    def down(self, path: Path, database: Opened) -> None:
        self._door(path).shut()

    def up(self, path: Path, database: Opened) -> None:
        self._door(path).open()

    def keep(self, path: Path, to: Path) -> None:
        """What other connections see: that is what the server finds again after its own or our death."""
        live = self._bound[path]
        kept = self._bind(live.tables, to)
        with self._engine.connect() as connection:
            names = self._names(connection, live.name)
            connection.exec_driver_sql("SET SESSION foreign_key_checks = 0")
            for name in self._filled(connection, kept.name):
                connection.exec_driver_sql(f"TRUNCATE TABLE {kept.name}.{name}")  # some refuse DELETE, by trigger
            for name in names:
                connection.exec_driver_sql(f"INSERT INTO {kept.name}.{name} SELECT * FROM {live.name}.{name}")
            connection.commit()

    def release(self) -> None:
        for path, made in list(self._bound.items()):
            if any(database.is_open for database in made.opened):
                continue
            del self._bound[path]
            _told(path).unlink(missing_ok=True)
            if made.tables is NOTHING:
                self._drop(made)
                continue
            made.opened.clear()
            if made.door is not None:
                made.door.close()
                made.door = None
            self._empty(made)
            self._free.setdefault(made.tables, []).append(made)

    def _drop(self, made: _Made) -> None:
        with self._engine.connect() as connection:
            connection.exec_driver_sql(f"DROP DATABASE {made.name}")

    def _door(self, path: Path) -> Door:
        door = self._bound[path].door
        assert door is not None, "ask for a breakable database"
        return door

    def _bind(self, tables: Tables, path: Path) -> _Made:
        if path in self._bound:
            return self._bound[path]
        told = _told(path)
        if told.exists():  # another process of the test has made it
            made = _Made(told.read_text(), NOTHING, {})
        else:
            free = self._free.get(tables)
            made = free.pop() if free else self._make(tables)
            told.parent.mkdir(parents=True, exist_ok=True)
            told.write_text(made.name)
        self._bound[path] = made
        return made

    def _server(self, made: _Made, *, port: int | None = None) -> Server:
        url = self._root.set(database=made.name, port=port or self._root.port, query=self._options)
        return server_of(url.render_as_string(False))._replace(writers=self.workers, readers=2)

    def _make(self, tables: Tables) -> _Made:
        name = self._create()
        url = self._root.set(database=name)
        if isinstance(tables, Line):
            upgrade(tables, url.render_as_string(False))
        else:
            engine = create_engine(url, poolclass=NullPool)
            compare_bytes(engine)
            tables.create_all(engine)
        with self._engine.connect() as connection:
            filled = {one: self._rows(connection, name, one) for one in self._filled(connection, name)}
            return _Made(name, tables, filled)

    def _create(self) -> str:
        name = f"t_{os.getpid()}_{next(self._numbers)}"
        with self._engine.connect() as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {name}")
        return name

    def _empty(self, made: _Made) -> None:
        with self._engine.connect() as connection:
            connection.exec_driver_sql("SET SESSION foreign_key_checks = 0, lock_wait_timeout = 5")
            for name in self._filled(connection, made.name) | made.filled.keys():
                at_first = made.filled.get(name, [])
                if at_first and self._rows(connection, made.name, name) == at_first:
                    continue
                connection.exec_driver_sql(f"TRUNCATE TABLE {made.name}.{name}")
                for row in at_first:
                    places = ", ".join(["%s"] * len(row))
                    connection.exec_driver_sql(f"INSERT INTO {made.name}.{name} VALUES ({places})", row)
            connection.commit()

    def _filled(self, connection: Any, database: str) -> set[str]:
        looks = [
            f"SELECT '{name}' FROM DUAL WHERE EXISTS (SELECT 1 FROM {database}.{name})"
            for name in self._names(connection, database)
        ]
        return {row[0] for row in connection.exec_driver_sql(" UNION ALL ".join(looks))}

    @staticmethod
    def _rows(connection: Any, database: str, table: str) -> list[Any]:
        return [tuple(row) for row in connection.exec_driver_sql(f"SELECT * FROM {database}.{table} LIMIT 1000")]

    @staticmethod
    def _names(connection: Any, database: str) -> set[str]:
        return {row[0] for row in connection.exec_driver_sql(f"SHOW TABLES FROM {database}")}


def _told(path: Path) -> Path:
    """Where other processes find the name of a path's database."""
    return Path(f"{path}.name")


SQL: Final[SqliteFiles | SqlServer] = SqliteFiles() if CHOSEN == "sqlite" else SqlServer(CHOSEN)
"""The engine of this run."""


def ask(tx: Tx, query: str, values: Sequence[object] = ()) -> list[Any]:
    """Rows of a statement of a test's own, written for SQLite: `?` for values, `||` between texts."""
    if tx.dialect == "sqlite":
        tx.cursor.execute(query, values)
        return tx.cursor.fetchall()
    if "||" in query:
        tx.cursor.execute("SET SESSION sql_mode = CONCAT(@@sql_mode, ',PIPES_AS_CONCAT')")
    if values:
        tx.cursor.execute(query.replace("%", "%%").replace("?", "%s"), values)
    else:
        tx.cursor.execute(query)
    return list(tx.cursor.fetchall())


Look = Callable[[Tx], list[Any]]


def asked(query: str, *values: object) -> Look:
    """The same as a unit."""
    return lambda tx: ask(tx, query, values)
