"""A table's rows are the same lines on every engine, and come back as they were, whatever is in them."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlalchemy import BigInteger, Column, Double, LargeBinary, MetaData, String, Table, Text

from haat.engines.sql import Database
from haat.engines.sql.sqlite import SqliteDatabase
from haat.moving.parts import Values, bytes_of, lines_of, text_of
from haat.moving.tables import TablePart
from tests.conftest import ManualClock
from tests.migrated import migrated
from tests.sql import SQL, ask

TABLES: Final = MetaData()
THINGS: Final = Table(
    "things",
    TABLES,
    Column("name", String(40), primary_key=True),
    Column("n", BigInteger, primary_key=True, autoincrement=False),
    Column("key", Text, nullable=False),  # a word of SQL
    Column("day", String(20)),
    Column("content", LargeBinary(16_777_215)),
    Column("number", BigInteger),
    Column("real", Double),
)
EVERY_64_BIT: Final = st.integers(-(2**63), 2**63 - 1)
AWKWARD: Final = (
    "",
    " ",
    "a",
    "A",
    "a ",
    "a\t",
    "\u00e4",
    "a\u0308",
    "\U0001f48d",
    "\uffff",
    "'",
    '"',
    "\\",
    "%s",
    "?",
    "null",
)
TEXT: Final = st.sampled_from(AWKWARD) | st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20
)
ROW: Final = st.tuples(
    TEXT,
    EVERY_64_BIT | st.integers(-2, 2),
    TEXT,
    st.none() | st.dates().map(str) | TEXT,
    st.none() | st.binary(max_size=30) | TEXT.map(str.encode),
    st.none() | EVERY_64_BIT,
    st.none() | st.floats(allow_nan=False, allow_infinity=False, allow_subnormal=False).map(lambda x: x + 0.0),
)  # SQLite keeps no minus before a zero
ROWS: Final = st.lists(ROW, max_size=30, unique_by=lambda row: row[:2])


def part(database: Database) -> TablePart:
    return TablePart("line", database, THINGS, prepared=True, page_rows=3)


async def pages_of(rows: Sequence[Values]) -> AsyncIterator[Sequence[Values]]:
    for first in range(0, len(rows), 7):
        yield rows[first : first + 7]


async def lines(one: TablePart) -> list[bytes]:
    return [line async for page in one.rows() for line in lines_of(page)]


async def moved(rows: Sequence[tuple[Any, ...]], folder: Path, place: Path) -> None:
    """From a file to the engine under test and to another file."""
    clock = ManualClock()
    files = [migrated(TABLES, folder / name) for name in ("from.db", "to.db")]
    with closing(sqlite3.connect(files[0])) as file:
        file.executemany("INSERT INTO things VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
        file.commit()
    source, target = (SqliteDatabase(file, clock) for file in files)
    engine = SQL.database(TABLES, place, clock)  # what an earlier example left gives way
    databases = (source, engine, target)
    for database in databases:
        database.open()
    try:
        parts = [part(database) for database in databases]
        for before, after in pairwise(parts):
            said = [values async for page in before.rows() for values in page]
            await after.bring(pages_of(said))
        assert await lines(parts[0]) == await lines(parts[1]) == await lines(parts[2])
        assert [await one.count() for one in parts] == [len(rows)] * 3
        kept = await target.read(lambda tx: ask(tx, "SELECT * FROM things"))
        by_key = {row[:2]: row for row in rows}
        assert {row[:2]: tuple(row) for row in kept} == by_key
        assert sorted(by_key, key=lambda key: (key[0].encode(), key[1])) == [
            (values[0], values[1]) async for page in parts[1].rows() for values in page
        ]
    finally:
        for database in databases:
            database.close()


def test_rows_are_equal_lines_on_every_engine_and_come_back_as_they_were(tmp_path: Path) -> None:
    numbers = (-(2**63), 0, 2**63 - 1)

    @settings(max_examples=15, deadline=None)
    @given(ROWS)
    @example([(name, n, name, name, name.encode(), n, 0.1) for name in AWKWARD for n in numbers])
    def each(rows: list[tuple[Any, ...]]) -> None:
        with TemporaryDirectory() as folder:
            asyncio.run(moved(rows, Path(folder), tmp_path / "engine.db"))

    each()


@given(st.binary() | st.text(st.characters(exclude_categories=["Cs"])).map(str.encode))
@example(b"t:")
@example(b"b:")
@example(b"\xff")
def test_bytes_are_one_text_and_come_back(content: bytes) -> None:
    assert bytes_of(text_of(content)) == content
    assert text_of(bytes_of(text_of(content))) == text_of(content)
