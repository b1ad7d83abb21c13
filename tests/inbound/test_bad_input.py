"""Hostile and broken input: refused with a reason, or kept as literal text; never run, never a crash."""

import csv
import io
import json
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from haat.inbound.mapping import Columns, Mapping
from haat.inbound.model import Notes, Refusal, Row, Unreadable
from haat.inbound.readers.delimited import header_of, read_rows
from haat.inbound.readers.jsontext import read_document, read_lines
from haat.inbound.readers.source import Source
from haat.inbound.readers.xmltext import read_records
from haat.inbound.report import FeedReport
from tests.inbound.shop import ANY, Shop

pytestmark = pytest.mark.data

_BY_COLUMN = Mapping(format="json", columns=Columns(code="code", title="title"))


def members(data_dir: Path, name: str) -> dict[str, bytes]:
    """The files of a tar archive, read in memory."""
    found = {}
    with tarfile.open(data_dir / "bad-input" / name) as archive:
        for member in archive:
            if member.isfile():
                file = archive.extractfile(member)
                assert file is not None
                found[member.name] = file.read()
    return found


def source_of(content: bytes) -> Source:
    return Source(io.BufferedReader(io.BytesIO(content)), "utf-8", Notes(), lambda: 0)


def cells_of(content: bytes) -> list[dict[str, str]]:
    """All cells of a CSV as our reader gives them, empty ones filled in again."""
    header = header_of(source_of(content).lines(), ",")
    rows = list(read_rows(source_of(content), ","))
    assert all(isinstance(row, Row) for row in rows)
    return [{name: row.cells.get(name, "") for name in header} for row in rows if isinstance(row, Row)]


def jsonl(rows: list[dict[str, Any]]) -> bytes:
    return b"\n".join(json.dumps(row).encode() for row in rows) + b"\n"


def in_csv(rows: list[list[str]]) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out).writerows(rows)
    return out.getvalue().encode("utf-8", "surrogatepass")


async def check_literal(shop: Shop, strings: list[str], content: bytes, fmt: str) -> None:
    """Each string is a title and an attribute's value, word for word, or its row was refused."""
    feed = await shop.send(content, fmt)
    assert (feed.state, feed.counts.rows) == ("done", len(strings))
    kept = {e["code"]: e for topic, e in await shop.events() if topic == "items.inbound"}
    assert feed.counts.accepted + feed.counts.unchanged == len(kept)
    assert len(kept) > len(strings) // 2 or len(strings) < 4
    for at, text in enumerate(strings):
        event = kept.get(f"n{at}")
        if event is None:
            continue
        assert event["title"] == text.strip()
        assert event["attributes"].get("what", "") == text.strip()
    reasons = await shop.refusals(feed)
    assert all(refusal.reason and refusal.line for refusal in reasons)


async def test_naughty_strings_stay_literal_in_json(shop: Shop, data_dir: Path) -> None:
    strings: list[str] = json.loads((data_dir / "bad-input" / "blns.json").read_text())
    rows = [{"code": f"n{at}", "title": text, "attributes": {"what": text}} for at, text in enumerate(strings)]
    await check_literal(shop, strings, jsonl(rows), "haat-jsonl")


async def test_naughty_strings_stay_literal_in_csv(shop: Shop, data_dir: Path) -> None:
    strings: list[str] = json.loads((data_dir / "bad-input" / "blns.json").read_text())
    strings = [text.replace("|", "/") for text in strings]  # our CSV's list separator
    rows = [[f"n{at}", text, text] for at, text in enumerate(strings)]
    await check_literal(shop, strings, in_csv([["code", "title", "attr:what"], *rows]), "haat-csv")


async def test_the_list_of_naughty_strings_itself_is_refused(shop: Shop, data_dir: Path) -> None:
    feed = await shop.send((data_dir / "bad-input" / "blns.txt").read_bytes(), "haat-csv")
    assert feed.state == "refused"
    whole = await shop.send((data_dir / "bad-input" / "blns.json").read_bytes(), "haat-jsonl")
    assert (whole.counts.accepted, whole.counts.refused) == (0, whole.counts.rows)


async def test_fuzz_lists_stay_literal(shop: Shop, data_dir: Path) -> None:
    strings = []
    for content in members(data_dir, "fuzzdb-selection.tar.gz").values():
        strings += [line for line in content.decode("latin-1").split("\n") if line.strip()][:60]
    rows = [{"code": f"n{at}", "title": text, "attributes": {"what": text}} for at, text in enumerate(strings)]
    assert len(rows) > 1_500
    await check_literal(shop, strings, jsonl(rows), "haat-jsonl")


async def test_fuzz_lists_as_files_are_refused_or_refused_row_by_row(shop: Shop, data_dir: Path) -> None:
    for content in members(data_dir, "fuzzdb-selection.tar.gz").values():
        if not content:
            continue
        feed = await shop.send(content, "haat-csv")
        assert (feed.state, feed.counts.accepted) == ("refused", 0)
        found = [row for row in read_lines(source_of(content)) if isinstance(row, Row)]
        assert not any("code" in row.cells for row in found)  # some probes are JSON objects, none is a product
        with pytest.raises(Unreadable):
            list(read_records(source_of(content), ("item",), ("rss",)))


def verdict(rows: Iterator[Row | Refusal]) -> str:
    """ "broken" when something was said not to be JSON, else "read"."""
    try:
        found = list(rows)
    except Unreadable:
        return "broken"
    said = ("This is not", "This row is not", "There is nothing", "This JSON nests")
    return "broken" if any(r.reason.startswith(said) for r in found if isinstance(r, Refusal)) else "read"


def test_json_suite(data_dir: Path) -> None:
    """Broken JSON is never taken, right JSON is never called broken, as an element of a list and as a line."""
    suite = {n.rpartition("/")[2]: c for n, c in members(data_dir, "json-test-suite.tar.gz").items() if c}
    cases = {name: content for name, content in suite.items() if name.endswith(".json")}
    assert len(cases) > 310
    for name, content in cases.items():
        in_list = verdict(read_document(source_of(b'[{"code":"a"},' + content + b"]")))
        whole_line = b"\n" not in content.strip() and content.strip() != b""
        one_line = verdict(read_lines(source_of(content))) if whole_line else in_list
        if name.startswith("n_"):
            assert (in_list, one_line) == ("broken", "broken"), name
        elif name.startswith("y_"):
            assert (in_list, one_line) == ("read", "read"), name


async def test_a_hundred_thousand_brackets_are_one_refused_row(shop: Shop, data_dir: Path) -> None:
    suite = members(data_dir, "json-test-suite.tar.gz")
    for content in (
        c for n, c in suite.items() if n.endswith(("100000_opening_arrays.json", "open_array_object.json"))
    ):
        for fmt, mapping in (("haat-jsonl", ANY), ("json", _BY_COLUMN)):
            feed = await shop.send(content, fmt, mapping=mapping)
            assert feed.counts.accepted == 0
            assert feed.state == "refused" or feed.counts.refused == feed.counts.rows > 0


def test_csv_spectrum(data_dir: Path) -> None:
    """Each of the twelve files gives the cells that its JSON twin says."""
    suite = {n: c for n, c in members(data_dir, "csv-spectrum.tar.gz").items() if "/." not in n}
    cases = [name for name in suite if name.endswith(".csv")]
    assert len(cases) == 12
    for name in cases:
        expected = json.loads(suite[name.replace("csvs/", "json/").replace(".csv", ".json")])
        if isinstance(expected, dict):  # this twin is one object, and its phone number is not that of the CSV
            expected = [{**expected, "Contact Phone Number": "2095257564"}]
        # two twins name a line break that the CSV beside them has lost
        twin = [{k.strip(): v.replace("\r\n", "\n") for k, v in row.items()} for row in expected]
        mine = [{k: v.replace("\r\n", "\n") for k, v in row.items()} for row in cells_of(suite[name])]
        assert mine == twin, name


async def test_xml_bombs_are_refused_before_they_grow(shop: Shop, data_dir: Path) -> None:
    bombs = {n: c for n, c in members(data_dir, "xml-bombs.tar.gz").items() if "xmltestdata/" in n}
    assert len(bombs) == 13
    for name, content in bombs.items():
        for fmt in ("google-xml", "bmecat"):
            feed = await shop.send(content, fmt)
            assert (feed.state, feed.counts.rows) == ("refused", 0), name
            assert feed.reason
    inside = b'<?xml version="1.0"?><!DOCTYPE BMECAT [<!ENTITY a "b">]><BMECAT><T_NEW_CATALOG/></BMECAT>'
    assert "DTD" in (await shop.send(inside, "bmecat")).reason
    asked = b'<?xml version="1.0"?><!DOCTYPE BMECAT SYSTEM "file:///etc/passwd"><BMECAT>&x;</BMECAT>'
    assert (await shop.send(asked, "bmecat")).state == "refused"
    deep = b"<rss>" + b"<a>" * 5_000
    assert "deeper" in (await shop.send(deep, "google-xml")).reason


async def test_formula_cells_are_text_here_and_harmless_in_the_report(shop: Shop, data_dir: Path) -> None:
    page = (data_dir / "bad-input" / "csv-formula-injection.md").read_text()
    strings = [line.strip() for line in page.splitlines() if line.strip()[:1] in ("=", "+", "-", "@")]
    assert len(strings) > 8
    rows = [{"code": f"n{at}", "title": text} for at, text in enumerate(strings)]
    await shop.send(jsonl(rows))
    titles = {e["title"] for topic, e in await shop.events() if topic == "items.inbound"}
    assert titles == set(strings)
    bad = await shop.send(jsonl([{"code": f"b{at}", "title": "T", text: 1} for at, text in enumerate(strings)]))
    report = b"".join([piece async for piece in FeedReport(shop.store).csv(bad)]).decode()
    cells = list(csv.reader(io.StringIO(report, newline="")))[1:]
    assert len(cells) == len(strings)
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\0")) for row in cells for cell in row)
