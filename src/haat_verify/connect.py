"""The one place that knows the driver: a connection that reads one moment of the databases and writes nowhere.

Other stores are copied into temporary tables of the first (`bring`), because a join across servers is no SQL. Temporary
tables live beside the database, never in it.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

Row = tuple[Any, ...]

_BATCH: Final = 10_000
_CACHE_KIB: Final = 262_144  # the inner pages of every index a million orders have


class CannotRead(Exception):
    """A database is not there, is no database, or has not the tables it must have."""


class Snapshot:
    """One moment of a database. Rows come as tuples; parameters are named (`:now_ms`)."""

    def __init__(self, connection: sqlite3.Connection, label: str) -> None:
        self._connection = connection
        self._label = label

    def rows(self, sql: str, **named: object) -> tuple[Sequence[str], Iterator[Row]]:
        """The names of the columns, and the rows as they come. Raises: CannotRead."""
        try:
            cursor = self._connection.execute(sql, named)
        except sqlite3.Error as error:
            raise CannotRead(f"{self._label}: {error}") from error
        return [column[0] for column in cursor.description or ()], self._each(cursor)

    def one(self, sql: str, **named: object) -> Row:
        """The first row. Raises: CannotRead."""
        return next(self.rows(sql, **named)[1])

    def do(self, sql: str, **named: object) -> None:
        """Make or fill a temporary table. Raises: CannotRead."""
        self.rows(sql, **named)

    def triggers(self) -> set[str]:
        """The names of the triggers. (MySQL: information_schema.triggers.)"""
        return {row[0] for row in self.rows("SELECT name FROM sqlite_master WHERE type = 'trigger'")[1]}

    def bring(self, source: "Snapshot", select: str, table: str, **named: object) -> None:
        """Copy what `select` says of another store into a temporary table of this one. Raises: CannotRead."""
        columns, rows = source.rows(select, **named)
        self.do(f"CREATE TEMPORARY TABLE {table} ({', '.join(columns)})")
        marks = ", ".join("?" * len(columns))
        try:
            self._connection.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)  # noqa: S608 -- our own names
        except sqlite3.Error as error:
            raise CannotRead(f"{self._label}: {error}") from error

    def _each(self, cursor: sqlite3.Cursor) -> Iterator[Row]:
        try:
            while rows := cursor.fetchmany(_BATCH):
                yield from rows
        except sqlite3.Error as error:
            raise CannotRead(f"{self._label}: {error}") from error


@contextmanager
def snapshot(path: Path) -> Iterator[Snapshot]:
    """One moment of a SQLite file, opened read-only; a running server may go on. Raises: CannotRead."""
    if not path.is_file():
        raise CannotRead(f"{path}: there is no such file")
    try:
        connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, isolation_level=None)
    except sqlite3.Error as error:
        raise CannotRead(f"{path}: {error}") from error
    try:
        shot = Snapshot(connection, str(path))
        shot.do(f"PRAGMA cache_size = -{_CACHE_KIB}")
        shot.do("BEGIN")
        shot.one("SELECT COUNT(*) FROM sqlite_master")  # the moment is that of the first read
        yield shot
    finally:
        connection.close()
