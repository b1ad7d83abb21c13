"""Reads of orders walk an index: none scans a table or sorts what it finds, however many orders there are."""

import pytest

from haat.engines.sql import Statement, Tx
from haat.orders.adapters import sql, view
from tests.orders.world import World

pytestmark = pytest.mark.sqlite  # servers explain themselves in words of their own

STATEMENTS = [
    (module.__name__.rpartition(".")[2] + name, statement)
    for module in (sql, view)
    for name, statement in vars(module).items()
    if isinstance(statement, Statement) and "INSERT" not in statement.text("sqlite")
]
VALUES = {
    "by_id": "ord_1", "by_owner": "crt_1", "by_checkout": "c", "by_seller": "a", "by_state": "PLACED", "before": "~",
    "after": "PLACED", "most": 10, "until_ms": 1, "now_ms": 1, "new_reason": "", "new_expires": 0, "created": "CREATED",
    "ids": ["ord_1", "ord_2"],
}  # fmt: skip


@pytest.mark.parametrize(("name", "statement"), STATEMENTS, ids=[name for name, _ in STATEMENTS])
async def test_a_statement_finds_its_rows_by_an_index(world: World, name: str, statement: Statement) -> None:
    plan: list[str] = []

    class Explained:
        """A cursor that asks how instead of doing."""

        rowcount = 0

        def __init__(self, tx: Tx) -> None:
            self._cursor = tx.cursor

        def execute(self, text: str, parameters: object = ()) -> None:
            self._cursor.execute("EXPLAIN QUERY PLAN " + text, parameters)  # type: ignore[arg-type]  # as it was given
            plan.extend(row[3] for row in self._cursor.fetchall())

        executemany = execute

        def fetchall(self) -> list[object]:
            return []

        def fetchone(self) -> None:
            return None

    def explain(tx: Tx) -> None:
        statement.all(Tx(Explained(tx), "sqlite", 1), VALUES)

    await world.database.read(explain)
    assert plan
    for step in plan:
        assert not step.startswith("SCAN"), (name, plan)
        assert "TEMP B-TREE" not in step or "_SELLERS" in name, (name, plan)  # the sellers of one order: a handful
