"""The lines of events.db and of document databases lead to the tables the code declares."""

from pathlib import Path

import pytest

from haat.engines.documents.tables import line
from haat.engines.sql.migrations import Line, drift, state, upgrade
from haat.events.adapters.tables import LINE


@pytest.mark.parametrize("tables", [LINE, line("catalog")], ids=["events", "documents"])
def test_the_line_leads_to_the_declared_tables(tmp_path: Path, tables: Line) -> None:
    path = tmp_path / "new" / "some.db"
    assert state(tables, f"sqlite:///{path}").current is None
    assert upgrade(tables, f"sqlite:///{path}").current is None
    assert drift(tables, f"sqlite:///{path}") == []
    again = upgrade(tables, f"sqlite:///{path}")
    assert again.current == again.head
