"""Every line leads, on the SQL engine under test, to the tables the code declares."""

from pathlib import Path

import pytest

from haat.engines.sql.migrations import Line, drift, state, upgrade
from haat.shop import LINES
from tests.sql import SQL


@pytest.mark.parametrize("line", LINES.values(), ids=LINES)
def test_the_line_leads_to_the_declared_tables(tmp_path: Path, line: Line) -> None:
    url = SQL.empty(tmp_path / "new" / "some.db")
    assert state(line, url).current is None
    assert upgrade(line, url).current is None
    assert drift(line, url) == []
    again = upgrade(line, url)
    assert again.current == again.head
