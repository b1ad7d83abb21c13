"""Search on OpenSearch and Elasticsearch: the same answers as looking at every item, and pages while it changes."""

import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest

from haat.search.adapters.opensearch import ServerItemIndex
from haat.search.model import SearchRequest
from tests.conftest import ManualClock
from tests.contracts.search_servers import Indices
from tests.search.test_brute_force import HOLIDAYS, MOMENTS, Judge, changed_reach, random_request
from tests.search.test_paging import PAIRS, PIN, disturb
from tests.search.world import Market, Search, random_market, search_in
from tests.serviceability.worlds import ms, promises_of

pytestmark = pytest.mark.long

OPENSEARCH = pytest.param("opensearch", marks=pytest.mark.engine("opensearch"))
ELASTICSEARCH = pytest.param("elasticsearch", marks=pytest.mark.engine("elasticsearch"))
SERVERS = pytest.mark.parametrize("server", [OPENSEARCH, ELASTICSEARCH], indirect=True)
Open = Callable[[Market], Awaitable[Search]]


@pytest.fixture
def server(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
async def replica(server: str, clock: ManualClock) -> AsyncIterator[Open]:
    """Opens one more process that searches the same indices."""
    indices = Indices(server)
    async with AsyncExitStack() as stack:
        stack.callback(indices.end)

        async def open_one(market: Market) -> Search:
            index = ServerItemIndex(indices.url, clock)
            stack.push_async_callback(index.close)
            return await search_in(index, market, clock)

        yield open_one


@SERVERS
async def test_searches_equal_brute_force(replica: Open, clock: ManualClock) -> None:
    chance = random.Random(1)
    search = await replica(random_market(1, 110, promises=promises_of(HOLIDAYS)))
    await search.load()
    judge = Judge(search)
    for _ in range(120):
        now_ms = ms(chance.choice(MOMENTS))
        clock.set(now_ms)
        await judge.check(random_request(chance), now_ms)


@SERVERS
async def test_a_lane_change_is_exact_at_once_and_after_reindexing(replica: Open, clock: ManualClock) -> None:
    chance = random.Random(9)
    market = random_market(9, 80)
    search = await replica(market)
    await search.load()
    reach = market.serviceability.reach
    codes = {name: table.copy() for name, table in reach.codes.items()}
    for table in codes.values():
        table[chance.randrange(table.shape[0])] = 255
    market.serviceability.reach = changed_reach(reach, codes)
    for settled in (False, True):
        if settled:
            await search.indexer.settle()
            assert not search.index.view().coverage.unsettled.any()
        judge = Judge(search)
        for _ in range(12):
            await judge.check(random_request(chance), clock.now_ms())


async def walked(search: Search, limit: int, between: Callable[[], Awaitable[Search]], **asked: Any) -> list[str]:
    """The ids of a whole listing; `between` pages something happens, and says who is asked for the next one."""
    page = await search(**asked, limit=limit)
    seen = [hit.item_id for hit in page.hits]
    while page.next:
        search = await between()
        page = await search.find(SearchRequest(**asked, limit=limit, cursor=page.next))
        seen += [hit.item_id for hit in page.hits]
    return seen


@pytest.mark.parametrize("server", [OPENSEARCH], indirect=True)
@pytest.mark.parametrize(("sort", "q"), PAIRS)
async def test_pages_meet_every_item_once_while_another_process_writes(replica: Open, sort: str, q: str) -> None:
    """Pages are asked of both processes in turn, and one writes."""
    market = random_market(3, 100)
    writer = await replica(market)
    await writer.load()
    reader = await replica(market)
    await reader.lexicon.rebuild(lambda builder: reader.indexer.collect(market.all_items, builder))
    chance = random.Random(sort + q)
    asked = {"q": q, "sort": sort, "pincode": PIN}

    async def nothing() -> Search:
        return writer

    expected = await walked(writer, 100, nothing, **asked)
    turns = [writer, reader]

    async def disturbed() -> Search:
        await disturb(writer, chance)
        turns.reverse()
        return turns[0]

    assert await walked(writer, 9, disturbed, **asked) == expected
    assert len(expected) > 20


@SERVERS
async def test_a_sorted_listing_never_shows_an_item_twice_while_others_are_written(replica: Open) -> None:
    """What both servers promise: behind the last hit, whether or not its snapshot is there."""
    market = random_market(3, 100)
    search = await replica(market)
    await search.load()
    chance = random.Random(4)

    async def disturbed() -> Search:
        await disturb(search, chance)
        return search

    seen = await walked(search, 9, disturbed, sort="newest", pincode=PIN)  # keys that writing does not change
    assert len(seen) == len(set(seen)) > 20


@pytest.mark.parametrize("server", [OPENSEARCH], indirect=True)
async def test_another_process_sees_a_commit_and_a_rebuild(replica: Open) -> None:
    market = random_market(5, 40)
    writer = await replica(market)
    await writer.load()
    reader = await replica(market)
    total = (await reader(limit=1, in_stock=False)).total
    assert total == (await writer(limit=1, in_stock=False)).total
    retired = next(doc for doc in market.documents.values() if doc["status"] == "active")
    retired["status"], retired["version"] = "retired", retired["version"] + 1
    await writer.indexer.update([retired["id"]])
    await writer.indexer.commit()
    await caught_up(reader)
    assert (await reader(limit=1, in_stock=False)).total == total - 1
    await writer.reindex()
    await caught_up(reader)
    assert (await reader(limit=1, in_stock=False)).total == total - 1


async def caught_up(search: Search) -> None:
    assert isinstance(search.index, ServerItemIndex)
    await search.index.catch_up()
