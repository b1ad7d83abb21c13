"""`python -m haat_verify`, as a shell sees it."""

import json
import sqlite3
from pathlib import Path

import pytest

from haat_verify import CannotRead, Paths, verify
from haat_verify.__main__ import main
from tests.verify.conftest import Break
from tests.verify.make_shop import NOW_MS, Files

NOW = ("--now-ms", str(NOW_MS))


def _files(shop: Files) -> list[str]:
    return ["--orders", str(shop.orders), "--gateway", str(shop.gateway), "--events", str(shop.events)]


def test_clean_is_0_and_says_what_was_looked_at(pristine: Files, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*_files(pristine), "--drained", *NOW]) == 0
    said = capsys.readouterr().out
    assert "306 orders" in said
    assert said.rstrip().endswith("clean")


def test_breaks_are_1_with_references_and_exact_totals(
    shop: Files, change: Break, capsys: pytest.CaptureFixture[str]
) -> None:
    change(["UPDATE stock SET held = -1"])
    assert main([*_files(shop), "--drained", "--shown", "3", "--json", *NOW]) == 1
    said = json.loads(capsys.readouterr().out)
    assert said["clean"] is False
    assert said["broken"]["stock-bounds"] == 40
    found = next(found for found in said["found"] if found["name"] == "stock-bounds")
    assert found["total"] == 40
    assert [sorted(one) for one in found["breaks"]] == [["bucket", "held", "on_hand", "sku", "warehouse"]] * 3
    assert main([*_files(shop), "--drained", "--shown", "3", *NOW]) == 1
    table = capsys.readouterr().out
    assert "sku=acme.0 warehouse=whs_0" in table
    assert "… and 37 more" in table


def test_what_was_not_given_is_named_as_not_looked_at(pristine: Files, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--orders", str(pristine.orders), "--drained", *NOW]) == 0
    said = capsys.readouterr().out
    assert "gateway-match: not looked at, no gateway database was given" in said
    assert "log-order: not looked at, no event log was given" in said


@pytest.mark.parametrize("what", ["absent", "no database", "no tables"])
def test_what_cannot_be_read_is_2_and_one_line(what: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "orders.db"
    if what == "no database":
        path.write_bytes(b"x" * 5_000)
    elif what == "no tables":
        sqlite3.connect(path).close()
        path.touch()
    assert main(["--orders", str(path)]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert str(path) in said.err


def test_it_reads_beside_a_writer_one_moment_and_writes_nothing(shop: Files) -> None:
    writer = sqlite3.connect(shop.orders, isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    writer.execute("UPDATE stock SET held = held + 1")
    paths = Paths(shop.orders, shop.gateway, shop.events)
    assert verify(paths, drained=True, now_ms=NOW_MS).clean
    writer.execute("ROLLBACK")
    tables = writer.execute("SELECT COUNT(*) FROM sqlite_master WHERE type = 'table'").fetchone()
    assert verify(paths, drained=True, now_ms=NOW_MS).clean
    assert writer.execute("SELECT COUNT(*) FROM sqlite_master WHERE type = 'table'").fetchone() == tables
    writer.close()


def test_a_check_that_fails_in_the_middle_is_no_verdict(shop: Files, change: Break) -> None:
    change(["DROP TABLE webhook", "UPDATE stock SET version = 1"])
    with pytest.raises(CannotRead, match="webhook"):
        verify(Paths(shop.orders), drained=True, now_ms=NOW_MS)
