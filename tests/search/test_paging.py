"""Pages of one listing while the index changes, after its snapshot is gone, and after a restart."""

import random
from pathlib import Path

import pytest

from haat.errors import Malformed
from haat.search.model import SORTS, SearchPage, SearchRequest
from tests.conftest import ManualClock
from tests.search.test_brute_force import PINCODES, changed_reach
from tests.search.world import Search, open_search, random_market

pytestmark = pytest.mark.long

PIN = PINCODES[40]


async def loaded(folder: Path, clock: ManualClock, seed: int = 3, items: int = 160) -> Search:
    search = await open_search(random_market(seed, items), folder, clock)
    await search.load()
    return search


async def disturb(search: Search, chance: random.Random) -> None:
    """Stock comes and goes, titles change, a commit makes it visible."""
    ids = chance.sample(sorted(search.market.documents), 15)
    for id_ in ids:
        for offer in search.market.offers[id_]:
            for row in offer.stock:
                row.free, row.version = chance.choice([0, 7]), row.version + 1
        item = search.market.documents[id_]
        item["title"], item["version"] = item["title"] + " lamp", item["version"] + 1
    await search.indexer.update(ids)
    await search.indexer.commit()


PAIRS = [
    ("relevance", "lamp tent stove"),
    ("relevance", ""),
    ("price", "lamp tent stove"),
    ("fastest", "lamp tent stove"),
]


@pytest.mark.parametrize(("sort", "q"), [*PAIRS, *((sort, "") for sort in SORTS[2:])])
async def test_pages_meet_every_item_once_while_the_index_changes(
    tmp_path: Path, clock: ManualClock, sort: str, q: str
) -> None:
    search = await loaded(tmp_path, clock)
    chance = random.Random(sort + q)
    whole = SearchRequest(q=q, sort=sort, pincode=PIN, limit=100)  # type: ignore[arg-type]  # one of SORTS
    expected: list[str] = []
    page = await search.find(whole)
    expected += [hit.item_id for hit in page.hits]
    while page.next:
        page = await search(q=q, sort=sort, pincode=PIN, limit=100, cursor=page.next)
        expected += [hit.item_id for hit in page.hits]
    page = await search(q=q, sort=sort, pincode=PIN, limit=9)
    seen = [hit.item_id for hit in page.hits]
    while page.next:
        await disturb(search, chance)
        page = await search(q=q, sort=sort, pincode=PIN, limit=9, cursor=page.next)
        assert not page.restarted
        assert page.total == len(expected)
        seen += [hit.item_id for hit in page.hits]
    assert seen == expected
    assert len(expected) > 20
    await search.index.close()


@pytest.mark.parametrize(("sort", "q"), PAIRS)
@pytest.mark.parametrize("why", ["expired", "restart", "lanes", "reindexed"])
async def test_a_listing_goes_on_behind_the_last_hit_when_its_snapshot_is_gone(
    tmp_path: Path, clock: ManualClock, sort: str, q: str, why: str
) -> None:
    search = await loaded(tmp_path, clock, items=120)
    asked = {"q": q, "sort": sort, "pincode": PIN}
    whole = await search(**asked, limit=100)
    page = await search(**asked, limit=11)
    if why == "expired":
        item = search.market.documents[whole.hits[0].item_id]
        item["version"] += 1
        await search.indexer.update([item["id"]])
        await search.indexer.commit()
        clock.advance(301)
    elif why == "lanes":
        reach = search.market.serviceability.reach
        codes = {name: table.copy() for name, table in reach.codes.items()}
        for table in codes.values():
            table[0, 0] = 4 if table[0, 0] == 255 else 255
        search.market.serviceability.reach = changed_reach(reach, codes)
        await search.indexer.settle()
        clock.advance(301)
    elif why == "reindexed":
        await search.reindex()
        clock.advance(301)
    else:
        await search.index.close()
        search = await open_search(search.market, tmp_path, clock)
        await search.lexicon.rebuild(lambda builder: search.indexer.collect(search.market.all_items, builder))
    following = await search(**asked, limit=100, cursor=page.next)
    assert following.restarted
    ids = [hit.item_id for hit in (*page.hits, *following.hits)]
    assert len(ids) == len(set(ids)), "an item came twice"
    assert set(ids) == {hit.item_id for hit in whole.hits}
    again = await search(**asked, limit=4, cursor=page.next)
    third = await search(**asked, limit=4, cursor=again.next)
    assert not third.restarted
    assert [h.item_id for h in (*again.hits, *third.hits)] == [h.item_id for h in following.hits[:8]]
    await search.index.close()


async def test_a_cursor_of_another_search_is_refused(tmp_path: Path, clock: ManualClock) -> None:
    search = await loaded(tmp_path, clock, items=60)
    page = await search(limit=3)
    for other in ({"q": "lamp"}, {"sort": "price"}, {"pincode": PIN}, {"in_stock": False}):
        with pytest.raises(Malformed):
            await search(**other, limit=3, cursor=page.next)
    with pytest.raises(Malformed):
        await search(limit=3, cursor="bm9uc2Vuc2U")
    bigger: SearchPage = await search(limit=5, cursor=page.next)  # another page size is fine
    assert len(bigger.hits) == 5
    await search.index.close()
