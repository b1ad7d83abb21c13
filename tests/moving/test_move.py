"""A shop that moved is the same shop: by its hashes, by what `haat verify` says, and by what it does next."""

import gzip
import json
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from haat import commands
from haat.app import open_shop
from haat.catalog.verbs import COLLECTIONS
from haat.engines.blobs import Damaged
from haat.engines.system import SystemClock
from haat.errors import Conflict, Invalid
from haat.moving.engines import open_engines
from haat.moving.folder import Folder
from haat.moving.half import refuse_half
from haat.moving.shop import Identity
from haat.moving.shop import export as export_parts
from haat.settings import Settings
from tests.moving import market
from tests.moving.conftest import Full

pytestmark = pytest.mark.long


async def test_the_shop_of_these_tests_is_full_of_everything(full: Full) -> None:
    may_be_empty = {
        "catalog.picture_urls", "inbound.feed_categories", "orders.recon_break", "orders.recon_span",
        "serviceability.holiday_rule", "serviceability.lane", "serviceability.pin_rule",
    }  # fmt: skip
    assert {name for name, content in full.held.items() if not content.rows} <= may_be_empty
    async with market.asked(full.shop) as (shop, _):
        lags = await shop.flow.measure()
        waiting = {one.source for one in lags.relay if one.rows}
        assert waiting >= {"catalog", "orders"}
        assert any(one.records for one in lags.consumers)


async def test_a_moved_shop_is_equal_and_goes_on_as_the_other_would(
    full: Full, moved: Settings, tmp_path: Path
) -> None:
    shutil.copytree(full.shop.data_dir, tmp_path / "stays")
    stays = market.chosen(tmp_path / "stays")
    await market.imported(moved, full.folder)
    market.beside(stays, moved)
    assert await market.held(moved) == full.held
    for shop in (stays, moved):
        market.proven(shop)
    ends = [await market.after_work(shop) for shop in (stays, moved)]
    assert ends[0] == ends[1]
    assert ends[0]["hits"][1], "the change that was unsent is found"
    assert sum(ends[0]["handled"].values()) > 0
    for shop in (stays, moved):
        market.proven(shop)


async def test_a_migrated_shop_that_nobody_used_is_empty(full: Full, moved: Settings) -> None:
    await commands.migrate(moved)
    await market.imported(moved, full.folder)
    assert await market.held(moved) == full.held


async def test_what_fails_again_after_the_move_is_parked_although_its_place_was_taken(
    full: Full, moved: Settings
) -> None:
    await market.imported(moved, full.folder)
    async with open_shop(moved) as shop:
        parking, log = shop.list_parked.parking, shop.flow.measure.log
        before = await parking.page(limit=500)
        assert sorted(one.position > 0 for one in before) == [False, True]
        kept = next(one for one in before if one.position > 0)
        record = (await log.read(kept.topic, kept.partition, kept.position - 1, 1))[0]
        assert (record.key, record.value) == (kept.key, kept.value)
        for one in before:
            records = await log.read(one.topic, one.partition, 0, 100)
            for record in records:
                await parking.park(one.consumer, record, code="invalid", reason="again", tries=10)
            after = {row.position for row in await parking.page(limit=500) if row.topic == one.topic}
            assert after >= {record.position for record in records}


# ---- refusals


def tampered(export: Path) -> None:
    path = export / "orders.offer.jsonl.gz"
    lines = gzip.decompress(path.read_bytes()).splitlines(keepends=True)
    row = json.loads(lines[3])
    row[3] = 1
    lines[3] = json.dumps(row, separators=(",", ":")).encode() + b"\n"
    path.write_bytes(gzip.compress(b"".join(lines)))


def shorter(export: Path) -> None:
    path = export / "log.records.jsonl.gz"
    path.write_bytes(gzip.compress(b"".join(gzip.decompress(path.read_bytes()).splitlines(keepends=True)[:-1])))


def cut_off(export: Path) -> None:
    path = export / "orders.stock.jsonl.gz"
    path.write_bytes(path.read_bytes()[:-20])


def no_lines(export: Path) -> None:
    (export / "users.seller.jsonl.gz").write_bytes(gzip.compress(b"not json\n"))


def without_a_part(export: Path) -> None:
    (export / "orders.stock.jsonl.gz").unlink()


def other_release(export: Path) -> None:
    manifest = json.loads((export / "manifest.json").read_text())
    manifest["heads"]["orders"] = "9999"
    (export / "manifest.json").write_text(json.dumps(manifest))


def unfinished(export: Path) -> None:
    (export / "manifest.json").unlink()


@pytest.mark.parametrize(
    ("spoil", "names"),
    [
        (tampered, "orders.offer.jsonl.gz"),
        (shorter, "log.records.jsonl.gz"),
        (cut_off, "orders.stock.jsonl.gz"),
        (no_lines, "users.seller.jsonl.gz"),
        (without_a_part, "orders.stock.jsonl.gz"),
        (other_release, "heads/orders"),
        (unfinished, "manifest.json"),
    ],
    ids=lambda one: getattr(one, "__name__", ""),
)
async def test_a_spoilt_export_is_refused_before_anything_is_written(
    export: Path, moved: Settings, spoil: Callable[[Path], None], names: str
) -> None:
    spoil(export)
    with pytest.raises(Invalid) as refused:
        await market.imported(moved, export)
    assert names in str(refused.value) + "".join(problem.pointer for problem in refused.value.problems)
    await _is_empty(moved)


async def test_a_damaged_blob_is_refused_before_any_row_is_written(export: Path, moved: Settings) -> None:
    blob = next(path for path in sorted((export / "blobs").glob("??/*")) if path.stat().st_size)
    blob.write_bytes(blob.read_bytes()[:-1] + b"?")
    with pytest.raises(Damaged):
        await market.imported(moved, export)
    await _is_empty(moved)


async def test_a_shop_that_is_not_empty_is_refused_and_says_why(full: Full, moved: Settings) -> None:
    async with commands.whole_shop(moved, "tests") as shop:
        await shop.sellers.make("asha", "Asha")
    before = await market.held(moved)
    with pytest.raises(Conflict, match=r"not empty: there is something in users\.seller\."):
        await market.imported(moved, full.folder)
    assert await market.held(moved) == before


async def test_another_currency_is_refused(full: Full, tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="does not fit"):
        await market.imported(market.chosen(tmp_path / "moved", HAAT_CURRENCY="EUR"), full.folder)


async def test_a_folder_with_something_in_it_is_refused(full: Full, export: Path) -> None:
    with pytest.raises(Conflict, match="not empty"):
        await market.exported(full.shop, export)


async def test_a_shop_behind_this_release_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="haat migrate"):
        await market.exported(market.chosen(tmp_path / "var"), tmp_path / "export")
    assert not (tmp_path / "export").exists()


async def test_a_shop_that_changes_while_it_is_read_is_not_exported(full: Full, tmp_path: Path) -> None:
    shutil.copytree(full.shop.data_dir, tmp_path / "var")
    shop = market.chosen(tmp_path / "var")

    def sell(stage: str) -> None:
        if stage == "Reading …":
            with sqlite3.connect(tmp_path / "var" / "orders.db") as orders:
                orders.execute("UPDATE stock SET on_hand = on_hand + 1 WHERE rowid = 1")
            orders.close()

    async with open_engines(shop, COLLECTIONS, SystemClock()) as engines:
        with pytest.raises(Conflict, match=r"changed while it was read \(orders\.stock\)"):
            await export_parts(engines, Folder(tmp_path / "export"), Identity("INR", {}), sell)
    assert not (tmp_path / "export" / "manifest.json").exists()


# ---- kills


def _killed(data: Path, folder: Path, where: str) -> None:
    command = [sys.executable, "-m", "tests.moving.die", str(data), str(folder), where]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL


@pytest.mark.parametrize("where", ["log.records", "Building the search index …"])
async def test_a_killed_import_leaves_a_shop_that_says_so(
    full: Full, moved: Settings, tmp_path: Path, where: str
) -> None:
    _killed(moved.data_dir, full.folder, where)
    with pytest.raises(Conflict, match="half imported"):
        async with open_shop(moved):
            pass
    for again in (market.imported(moved, full.folder), market.exported(moved, tmp_path / "again")):
        with pytest.raises(Conflict, match="half imported"):
            await again
    shutil.rmtree(moved.data_dir)
    await market.imported(moved, full.folder)
    assert await market.held(moved) == full.held


async def test_an_import_killed_before_its_first_row_can_be_repeated(full: Full, moved: Settings) -> None:
    _killed(moved.data_dir, full.folder, "Copying blobs …")
    await market.imported(moved, full.folder)
    assert await market.held(moved) == full.held


async def _is_empty(shop: Settings) -> None:
    """Nothing was written, and it can be opened."""
    rows = {name: content.rows for name, content in (await market.held(shop)).items() if content.rows}
    assert rows.keys() <= {"blobs", "orders.order_edge", "serviceability.network"}
    async with open_engines(shop, COLLECTIONS, SystemClock()) as engines:
        await refuse_half(engines.databases["orders"])
