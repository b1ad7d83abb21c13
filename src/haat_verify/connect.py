"""The one place that knows the driver: a connection that reads one moment of the databases and writes nowhere.

The other stores are attached; what lies on a server was copied into a file before (haat_verify.copy).
Temporary tables live beside the databases, never in them.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

Row = tuple[Any, ...]

_BATCH: Final = 10_000
_CACHE_KIB: Final = 131_072  # the inner pages of the indexes that a million orders have


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
        """The names of the triggers."""
        return {row[0] for row in self.rows("SELECT name FROM sqlite_master WHERE type = 'trigger'")[1]}

    def keep(self, table: str, select: str, **named: object) -> None:
        """Keep the rows of `select` in a temporary table. Raises: CannotRead."""
        self.do(f"CREATE TEMPORARY TABLE {table} AS {select}", **named)

    def _each(self, cursor: sqlite3.Cursor) -> Iterator[Row]:
        try:
            while rows := cursor.fetchmany(_BATCH):
                yield from rows
        except sqlite3.Error as error:
            raise CannotRead(f"{self._label}: {error}") from error


@contextmanager
def snapshot(path: Path, *others: Path) -> Iterator[Snapshot]:
    """One moment of a SQLite file, with others beside it, opened read-only; a running server may go on.

    Raises: CannotRead.
    """
    for file in (path, *others):
        if not file.is_file():
            raise CannotRead(f"{file}: there is no such file")
    try:
        # The thread that opens it may be another than the one that asks; never two at once.
        connection = sqlite3.connect(_read_only(path), uri=True, isolation_level=None, check_same_thread=False)
    except sqlite3.Error as error:
        raise CannotRead(f"{path}: {error}") from error
    try:
        shot = Snapshot(connection, " and ".join(str(file) for file in (path, *others)))
        for number, file in enumerate(others):
            Snapshot(connection, str(file)).do(f"ATTACH :file AS other_{number}", file=_read_only(file))
        shot.do(f"PRAGMA cache_size = -{_CACHE_KIB}")
        shot.do(f"PRAGMA temp.cache_size = -{_CACHE_KIB}")
        shot.do("BEGIN")
        Snapshot(connection, str(path)).one(
            "SELECT COUNT(*) FROM sqlite_master"
        )  # the moment is that of the first read
        yield shot
    finally:
        connection.close()


def _read_only(path: Path) -> str:
    return f"{path.resolve().as_uri()}?mode=ro"
