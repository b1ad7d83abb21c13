"""Archives, bombs, limits and encodings: refused with a reason, told when guessed."""

import gzip
import io
import zipfile

from haat.inbound.report import safe_cell
from tests.inbound.shop import Shop


def test_cells_that_a_spreadsheet_would_run_are_quoted() -> None:
    for first in ("=", "+", "-", "@", "\t", "\r", "\0", "＝"):
        assert safe_cell(first + "1") == "'" + first + "1"
    assert safe_cell("price") == "price"


async def test_archives_programs_and_bombs_are_refused(shop: Shop) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("../../evil.csv", "code,title\n")
    bomb = gzip.compress(b"code,title\n" + b"a" * (70 << 20))
    for content, word in (
        (packed.getvalue(), "zip"),
        (gzip.compress(packed.getvalue()), "zip"),
        (gzip.compress(gzip.compress(b"code,title\n")), "gzip inside gzip"),
        (b"\x7fELF" + b"\0" * 100, "program"),
        (b"\xff\xfe\0\0" + "code".encode("utf-32-le"), "UTF-32"),
        (gzip.compress(b"code,title\na,A\n" * 1000)[:60], "broken"),
        (bomb, "far more"),
    ):
        feed = await shop.send(content, "haat-csv")
        assert (feed.state, word in feed.reason) == ("refused", True), (word, feed.reason)
        assert feed.counts.accepted == 0


async def test_limits_name_themselves(shop: Shop) -> None:
    wide = ",".join(f"c{n}" for n in range(5_000)).encode()
    assert "5,002 columns" in (await shop.send(b"code,title," + wide + b"\n", "haat-csv")).reason
    long_line = b"code,title\na,A\nb," + b"x" * (5 << 20) + b"\nc,C\n"
    feed = await shop.send(long_line, "haat-csv")
    assert (feed.counts.rows, feed.counts.accepted, feed.counts.refused) == (3, 2, 1)
    cell = b"code,title\nd," + b"x" * 200_000 + b"\n"
    assert (await shop.send(cell, "haat-csv")).counts.refused == 1
    nul = await shop.send(b'code,title\ne,"a\0b"\n', "haat-csv")
    assert "NUL" in (await shop.refusals(nul))[0].reason
    unclosed = await shop.send(b'code,title\nf,"open\ng,G\n', "haat-csv")
    assert (unclosed.counts.rows, unclosed.counts.refused) == (1, 1)
    numbers = await shop.send(
        b'{"code":"h","title":"H","price":1e999999999}\n{"code":"i","title":"I","stock":{"blr-1":1e99999999}}\n'
        b'{"code":"j","title":"J","attributes":{"n":1e400}}\n{"code":"k","title":"K","price":' + b"9" * 5_000 + b"}\n"
    )
    assert (numbers.counts.rows, numbers.counts.refused) == (4, 4)
    deep = await shop.send(b'{"code":"l","title":"L","attributes":{"x":' + b"[" * 60 + b"]" * 60 + b"}}\n")
    assert deep.counts.refused == 1


async def test_encodings_are_found_and_told(shop: Shop) -> None:
    head = "code,title\n"
    for at, encoding in enumerate(("utf-8-sig", "utf-16", "utf-16-be")):
        raw = ("\ufeff" if encoding == "utf-16-be" else "") + head + f"e{at},Ünïcode – हाट\n"
        await shop.send(raw.encode(encoding), "haat-csv")
    latin = await shop.send(head.encode() + "e9,Café\n".encode("latin-1") + "e8,हाट\n".encode(), "haat-csv")
    assert (latin.counts.latin1_lines, latin.counts.encoding) == (1, "utf-8, some lines latin-1")
    titles = {e["code"]: e["title"] for topic, e in await shop.events() if topic == "items.inbound"}
    assert set(titles.values()) == {"Ünïcode – हाट", "Café", "हाट"}
    half = await shop.send(b'{"code":"x","title":"\xff"}\n{"code":"y","title":"\\ud800"}\n', "haat-jsonl")
    assert half.counts.refused == 2
