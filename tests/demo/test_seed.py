"""Seeding a whole shop on its embedded engines: everything arrives, twice is once, and PIN codes differ."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from haat import commands, settings
from haat.demo import catalogue
from haat.demo.pictures.render import WIDTH
from haat.demo.seed import DemoSummary, seed, sources, write_feeds
from haat.demo.sellers import SELLERS, warehouses
from haat.demo.stalls import CATEGORIES
from haat.demo_shop import MarketInShop
from haat.search.model import SearchRequest
from haat.shop import Shop

pytestmark = pytest.mark.long

SIZE = 300


def silent(what: str, done: int, of: int) -> None:
    del what, done, of


@pytest.fixture(scope="module")
async def shop(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Shop]:
    folder = tmp_path_factory.mktemp("demo")
    async with commands.whole_shop(settings.load({"HAAT_DATA_DIR": str(folder)}), "tests") as opened:
        yield opened


@pytest.fixture(scope="module")
async def first(shop: Shop) -> DemoSummary:
    return await seed(MarketInShop(shop), size=SIZE, pictures=False, progress=silent)


async def documents(shop: Shop) -> list[dict[str, Any]]:
    ids: list[str] = []
    cursor: str | None = None
    while cursor or not ids:
        page = await shop.find(SearchRequest(in_stock=False, limit=100, facets=False, sort="newest", cursor=cursor))
        ids += [hit.item_id for hit in page.hits]
        cursor = page.next
    return [msgspec.json.decode(body) for body in (await shop.catalog.documents(ids)).values()]


async def test_everything_arrives(shop: Shop, first: DemoSummary) -> None:
    assert (first.items, first.accepted, first.refused, first.unchanged) == (SIZE, SIZE, 0, 0)
    assert first.new == len(SELLERS) + len(CATEGORIES) + len(warehouses())
    assert not await shop.list_parked(consumer=None, limit=10)
    every = await shop.find(SearchRequest(in_stock=False))
    assert every.total == SIZE
    sellable = await shop.find(SearchRequest())
    assert 0.7 * SIZE < sellable.total < SIZE


async def test_pin_codes_differ_and_nothing_reaches_them_that_is_not_in_stock(shop: Shop, first: DemoSummary) -> None:
    sellable = (await shop.find(SearchRequest())).total
    counts = [count for count in first.reach.values() if count is not None]
    assert len(counts) >= 5
    assert len(set(counts)) >= 4
    assert all(0 < count <= sellable for count in counts)
    assert min(counts) < 0.8 * max(counts)
    assert first.lines()[2] == "PIN codes to try:"


async def test_d4_again_changes_nothing(shop: Shop, first: DemoSummary) -> None:
    again = await seed(MarketInShop(shop), size=SIZE, pictures=False, progress=silent)
    assert (again.new, again.accepted, again.unchanged, again.refused) == (0, 0, SIZE, 0)
    assert not again.changed
    assert again.reach == first.reach
    assert "Unchanged: the demo market was there already." in again.lines()

    few = 6
    market = MarketInShop(shop)
    drawn = await seed(market, size=few, pictures=True, progress=silent)
    assert drawn.accepted == few  # the same items, now with pictures
    assert 0 < drawn.pictures <= 3 * few
    assert drawn.new == drawn.pictures
    repeated = await seed(market, size=few, pictures=True, progress=silent)
    assert (repeated.new, repeated.accepted, repeated.unchanged) == (0, 0, few)
    assert (await shop.find(SearchRequest(in_stock=False))).total == SIZE
    shown = [item for item in await documents(shop) if item["pictures"]]
    assert len(shown) == few
    for item in shown:
        picture = item["pictures"][0]
        assert (picture["width"], picture["height"]) == (WIDTH, WIDTH)
        assert (await shop.catalog.show_picture(picture["key"], "320.avif")).content


def test_d1_feeds_are_the_same_bytes(tmp_path: Path) -> None:
    look = catalogue.all_looks()[0]
    contents = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        files = write_feeds(tmp_path / name, SIZE, 5, {look: "0" * 32})
        contents.append({code: file.read_bytes() for code, file in files.items()})
    assert contents[0] == contents[1]
    rows = [msgspec.json.decode(line) for content in contents[0].values() for line in content.splitlines()]
    assert len(rows) == SIZE
    assert {row["code"] for row in rows} == {item.code for item in catalogue.items(sources(5), SIZE)}
    assert any(row["pictures"] == ["picture:" + "0" * 32] for row in rows)
