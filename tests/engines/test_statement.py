"""Statements with lists: the kept text is what SQLAlchemy would have written, for every length and dialect."""

import sqlite3

import pytest
from sqlalchemy import Column, Integer, MetaData, String, Table, bindparam, select

from haat.engines.sql import Statement, Tx

_THINGS = Table(
    "things", MetaData(), Column("id", Integer, primary_key=True), Column("name", String), Column("n", Integer)
)
_BY_NAMES = Statement(
    select(_THINGS.c.id)
    .where(_THINGS.c.name.in_(bindparam("names", expanding=True)), _THINGS.c.n >= bindparam("least"))
    .where(_THINGS.c.n.in_([1, 2, 3]))
    .order_by(_THINGS.c.id)
    .limit(bindparam("most"))
)


@pytest.fixture
def tx() -> Tx:
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE things (id INTEGER PRIMARY KEY, name TEXT, n INTEGER)")
    connection.executemany("INSERT INTO things VALUES (?, ?, ?)", [(1, "a", 1), (2, "b", 2), (3, "c", 3), (4, "d", 4)])
    return Tx(connection.cursor(), "sqlite", 0)


def test_lists_of_any_length_find_their_rows_again_and_again(tx: Tx) -> None:
    for _ in range(2):
        for names, found in (("a", [1]), ("b", [2]), ("ab", [1, 2]), ("cb", [2, 3]), ("d", []), ("", [])):
            row = {"names": list(names), "least": 1, "most": 9}
            assert [id_ for (id_,) in _BY_NAMES.all(tx, row)] == found
        assert _BY_NAMES.all(tx, {"names": list("abc"), "least": 2, "most": 1}) == [(2,)]
    many = [*"abc", *(f"x{n}" for n in range(200))]  # too long to be kept
    assert len(_BY_NAMES.all(tx, {"names": many, "least": 1, "most": 9})) == 3
