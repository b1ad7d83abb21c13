"""A server's database brought to one place: its rows of one moment, copied into a SQLite file.

The checks join the orders database with the gateway's store and the event log, and between servers there is no join.
So all of it is read where it can be joined, and every check is one statement for every engine.
"""

import sqlite3
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from haat_verify.connect import CannotRead

_BATCH: Final = 5_000
_CONNECT_S: Final = 10
_PORT: Final = 3306

_COLUMNS: Final = """
    SELECT c.TABLE_NAME, c.COLUMN_NAME
    FROM information_schema.COLUMNS c
    JOIN information_schema.TABLES t ON t.TABLE_SCHEMA = c.TABLE_SCHEMA AND t.TABLE_NAME = c.TABLE_NAME
    WHERE c.TABLE_SCHEMA = DATABASE() AND t.TABLE_TYPE = 'BASE TABLE'
    ORDER BY c.TABLE_NAME, c.ORDINAL_POSITION
"""
_INDEXES: Final = """
    SELECT TABLE_NAME, INDEX_NAME, COLUMN_NAME
    FROM information_schema.STATISTICS
    WHERE TABLE_SCHEMA = DATABASE()
    ORDER BY TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX
"""
_TRIGGERS: Final = """
    SELECT TRIGGER_NAME, EVENT_OBJECT_TABLE, EVENT_MANIPULATION
    FROM information_schema.TRIGGERS
    WHERE TRIGGER_SCHEMA = DATABASE()
"""


@contextmanager
def copied(url: str) -> Iterator[tuple[Path, int]]:
    """A file with the tables, indexes and names of triggers of `mysql://user:password@host:port/database`, and the
    server's time (ms) of the moment that it shows. The file is deleted at the end.

    Raises: CannotRead. Cost: every row comes over once, some 100,000 a second.
    """
    import pymysql  # type: ignore[import-untyped]  # only where a server is checked; it has no types

    with tempfile.TemporaryDirectory(prefix="haat-verify-") as folder:
        path = Path(folder) / "copy.db"
        try:
            with closing(_connected(url)) as server, closing(sqlite3.connect(path, isolation_level=None)) as file:
                now_ms = _copy(server, file)
        except (pymysql.MySQLError, OSError, sqlite3.Error) as error:
            raise CannotRead(f"{_shown(url)}: {error}") from error
        yield path, now_ms


def _connected(url: str) -> Any:
    import pymysql

    parts = urlsplit(url)
    connection = pymysql.connect(
        host=parts.hostname or "127.0.0.1",
        port=parts.port or _PORT,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        database=parts.path.lstrip("/"),
        charset="utf8mb4",
        connect_timeout=_CONNECT_S,
    )
    with connection.cursor() as cursor:
        cursor.execute("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("START TRANSACTION WITH CONSISTENT SNAPSHOT")
    return connection


def _copy(server: Any, file: sqlite3.Connection) -> int:
    from pymysql.cursors import SSCursor  # type: ignore[import-untyped]

    def rows(query: str) -> Iterator[Sequence[Any]]:
        with server.cursor(SSCursor) as cursor:
            cursor.execute(query)
            while batch := cursor.fetchmany(_BATCH):
                yield from batch

    for setting in ("journal_mode = OFF", "synchronous = OFF"):  # a scratch file: nothing of it has to last
        file.execute(f"PRAGMA {setting}")
    file.execute("BEGIN")
    now_ms = int(next(rows("SELECT CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED)"))[0])
    columns = _grouped(rows(_COLUMNS))
    for table, names in columns.items():
        file.execute(f'CREATE TABLE "{table}" ({_list(names, chr(34))})')
        places = ", ".join("?" * len(names))
        select = f"SELECT {_list(names, '`')} FROM `{table}`"  # noqa: S608 -- names that the server itself gave
        file.executemany(f'INSERT INTO "{table}" VALUES ({places})', rows(select))  # noqa: S608
    indexes = _grouped(((table, index), column) for table, index, column in rows(_INDEXES))
    for number, ((table, _), names) in enumerate(indexes.items()):
        file.execute(f'CREATE INDEX copied_{number} ON "{table}" ({_list(names, chr(34))})')
    for trigger, table, event in rows(_TRIGGERS):
        file.execute(f'CREATE TRIGGER "{trigger}" BEFORE {event} ON "{table}" BEGIN SELECT 1; END')
    file.execute("COMMIT")
    return now_ms


def _grouped(pairs: Iterable[Sequence[Any]]) -> dict[Any, list[str]]:
    """Second members by the first."""
    grouped: dict[Any, list[str]] = {}
    for key, name in pairs:
        grouped.setdefault(key, []).append(name)
    return grouped


def _list(names: Sequence[str], quote: str) -> str:
    return ", ".join(f"{quote}{name}{quote}" for name in names)


def _shown(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname}:{parts.port or _PORT}{parts.path}"
