"""What the item index on a server adds to its port: several processes, lost snapshots, time-outs, depth."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import httpx2
import pytest

from haat.errors import Invalid, Unavailable
from haat.search.adapters.opensearch import ServerItemIndex
from haat.search.adapters.opensearch_client import SearchClient, where
from haat.search.adapters.opensearch_view import ServerView
from haat.search.adapters.opensearch_views import MARGIN_S
from haat.search.coverage import Coverage
from haat.search.index import Ask, ByHub, Delivery, Rebuilding, SnapshotGone, Window
from tests.conftest import ManualClock
from tests.contracts.item_index import TENT, entry, ids, put
from tests.contracts.search_servers import Indices, ServerIndexRig, opened_index

SERVERS = pytest.mark.parametrize(
    "server",
    [pytest.param(name, marks=pytest.mark.engine(name)) for name in ("opensearch", "elasticsearch")],
    indirect=True,
)
WITH_SNAPSHOTS = pytest.mark.parametrize(
    "server", [pytest.param("opensearch", marks=pytest.mark.engine("opensearch"))], indirect=True
)


@pytest.fixture
def server(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
async def rig(server: str) -> AsyncIterator[ServerIndexRig]:
    async with opened_index(server) as rig:
        yield rig


@pytest.fixture
async def other(rig: ServerIndexRig) -> AsyncIterator[ServerItemIndex]:
    """A second process that is open."""
    index = rig.another()
    await index.open()
    yield index
    await index.close()


def seen(index: ServerItemIndex) -> ServerView:
    view = index.view()
    assert isinstance(view, ServerView)
    return view


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("opensearch://host", "prefix"),
        ("opensearch:///haat", "host:port"),
        ("opensearch://host:x/haat", "port"),
        ("opensearch://host/Haat", "small letters"),
        ("opensearch://host/haat?find=3", "find_ms"),
        ("opensearch://host/haat?find_ms=0", "find_ms"),
    ],
)
def test_a_url_that_cannot_be_meant_is_refused_without_its_password(url: str, said: str) -> None:
    with pytest.raises(Invalid, match=said) as caught:
        where(url.replace("//", "//user:hush@", 1))
    assert "hush" not in str(caught.value)


def test_a_url_taken_apart() -> None:
    assert where("opensearch://host/haat") == (False, False, "host", 9200, "", "", "haat", 300, 30_000)
    at = where("elasticsearch+https://me:p%40ss@search.example/shop-1?find_ms=450&bulk_ms=9000")
    assert at == (True, True, "search.example", 9200, "me", "p@ss", "shop-1", 450, 9_000)
    assert where("opensearch://[::1]:9201/haat")[2:4] == ("::1", 9201)


@SERVERS
async def test_a_server_that_swallows_everything_is_waited_for_briefly_and_then_not_at_all(
    server: str, clock: ManualClock
) -> None:
    indices = Indices(server)
    index = ServerItemIndex(indices.url.replace("find_ms=20000", "find_ms=300"), clock)
    try:
        await index.open()
        view = index.view()
        indices.door.swallow()
        async with asyncio.timeout(10):
            for _ in range(3):
                with pytest.raises(Unavailable):
                    await view.find(Ask(), Window())
        with pytest.raises(Unavailable):
            index.view()
        indices.door.open()
        with pytest.raises(Unavailable, match="several times"):
            await view.find(Ask(), Window())
        clock.advance(1)
        assert index.view() is view
    finally:
        await index.close()
        indices.end()


@SERVERS
async def test_what_a_server_refuses_keeps_nobody_else_waiting(server: str, clock: ManualClock) -> None:
    indices = Indices(server)
    client = SearchClient(where(indices.url), clock)
    try:
        for _ in range(5):
            with pytest.raises(Unavailable, match="index_not_found"):
                await client.ask("GET", f"/{indices.prefix}-none/_search", within_s=client.bulk_s)
        assert client.breaker.state == "closed"
    finally:
        await client.close()
        indices.end()


@SERVERS
async def test_of_two_writers_the_newer_entry_stays_and_no_number_is_given_twice(
    rig: ServerIndexRig, other: ServerItemIndex
) -> None:
    mine, theirs = await asyncio.gather(
        rig.index.write([entry(n) for n in range(30)]), other.write([entry(n) for n in range(30, 60)])
    )
    assert len({*mine, *theirs}) == 60
    await asyncio.gather(rig.index.commit(), other.commit())
    await rig.index.write([entry(1, 6, hit=b"hit 16")])
    assert None not in await put(other, entry(1, 7, hit=b"hit 17"))
    await rig.index.commit()
    await rig.index.catch_up()
    assert "itm_17" in await ids(rig.index.view())
    assert len(await ids(rig.index.view())) == 60
    assert await rig.index.write([entry(1, 6)]) == [None]


@SERVERS
async def test_processes_that_open_an_empty_server_at_once_make_one_index(server: str, clock: ManualClock) -> None:
    indices = Indices(server)
    both = [ServerItemIndex(indices.url, clock) for _ in range(3)]
    try:
        assert await asyncio.gather(*(one.open() for one in both)) == [True] * 3
        assert len({seen(one).index for one in both}) == 1
    finally:
        for one in both:
            await one.close()
        indices.end()


@SERVERS
async def test_a_rebuild_is_known_to_every_process_and_gets_what_they_write(
    rig: ServerIndexRig, other: ServerItemIndex
) -> None:
    await put(rig.index, *(entry(n) for n in range(4)))
    rebuild = await rig.index.rebuild()
    with pytest.raises(Rebuilding):
        await other.rebuild()
    await put(other, entry(2, 5, hit=b"hit 25"), entry(9))
    assert await rebuild.write([entry(n) for n in range(4)]) == [0, 1, None, 3]
    await rebuild.finish(Coverage(2, (), 0))
    await other.catch_up()
    for index in (rig.index, other):
        assert sorted(await ids(index.view())) == ["itm_0", "itm_1", "itm_25", "itm_3", "itm_9"]
        assert index.view().coverage.generation == 2
    await (await other.rebuild()).abandon()


@SERVERS
async def test_a_rebuild_whose_process_is_gone_gives_way_and_cannot_come_back(
    rig: ServerIndexRig, other: ServerItemIndex
) -> None:
    await put(rig.index, entry(1))
    lost = await rig.index.rebuild()
    await lost.write([entry(7)])
    rig.advance(61)
    rebuild = await other.rebuild()
    with pytest.raises(Unavailable):
        await lost.finish(Coverage())
    await rebuild.write([entry(1), entry(2)])
    await rebuild.finish(Coverage())
    assert sorted(await ids(other.view())) == ["itm_1", "itm_2"]


@SERVERS
async def test_the_replaced_index_is_read_for_a_while_and_then_deleted(rig: ServerIndexRig) -> None:
    await put(rig.index, entry(1))
    old, view = seen(rig.index).index, rig.index.view()
    rebuild = await rig.index.rebuild()
    await rebuild.write([entry(1, 2, hit=b"hit 12")])
    await rebuild.finish(Coverage())
    assert await ids(view) == ["itm_1"]
    rig.advance(rig.keep_s + MARGIN_S + 1)
    await put(rig.index, entry(2))
    with httpx2.Client(base_url=rig.indices.base) as http:
        assert http.get(f"/{old}").status_code == 404
    assert sorted(await ids(rig.index.view())) == ["itm_12", "itm_2"]


@SERVERS
async def test_an_index_of_another_format_is_not_read_but_built_anew(server: str, clock: ManualClock) -> None:
    indices = Indices(server)
    index = ServerItemIndex(indices.url, clock)
    try:
        with httpx2.Client(base_url=indices.base, timeout=60) as http:
            older = {"aliases": {indices.prefix: {}}, "mappings": {"_meta": {"format": 0}}}
            http.put(f"/{indices.prefix}-old", json=older).raise_for_status()
        assert await index.open()
        await put(index, entry(1))
        assert await ids(index.view()) == ["itm_1"]
    finally:
        await index.close()
        indices.end()


@SERVERS
async def test_a_server_of_the_other_kind_is_refused(server: str, clock: ManualClock) -> None:
    indices = Indices(server)
    kinds = {"opensearch": "elasticsearch", "elasticsearch": "opensearch"}
    index = ServerItemIndex(indices.url.replace(server, kinds[server]), clock)
    try:
        with pytest.raises(Unavailable, match=f"begin with {server}"):
            await index.open()
    finally:
        await index.close()
        indices.end()


@WITH_SNAPSHOTS
async def test_a_lost_snapshot_says_so_and_a_new_view_answers(rig: ServerIndexRig) -> None:
    await put(rig.index, entry(1))
    kept = seen(rig.index)
    rig.index.keep(kept)
    await put(rig.index, entry(2))
    newest = seen(rig.index)
    with httpx2.Client(base_url=rig.indices.base) as http:
        lost = {"pit_id": [kept.snapshot, newest.snapshot]}
        http.request("DELETE", "/_search/point_in_time", json=lost).raise_for_status()
    for view in (kept, newest):
        with pytest.raises(SnapshotGone):
            await view.find(Ask(words=TENT), Window())
    assert rig.index.recall(kept.name) is None
    assert rig.index.view() is not newest
    assert sorted(await ids(rig.index.view())) == ["itm_1", "itm_2"]


@WITH_SNAPSHOTS
async def test_a_cursors_snapshot_is_found_by_another_process_while_its_coverage_stands(
    rig: ServerIndexRig, other: ServerItemIndex
) -> None:
    await put(rig.index, entry(1))
    view = rig.index.view()
    rig.index.keep(view)
    await other.catch_up()
    await put(rig.index, entry(2))
    found = other.recall(view.name)
    assert found is not None
    assert await ids(found) == ["itm_1"]
    assert other.recall(view.name) is found
    await other.cover(Coverage(3, (), 0))
    await other.catch_up()
    third = rig.another()
    await third.open()
    assert third.recall(view.name) is None
    await third.close()


@SERVERS
async def test_any_depth_is_reached_step_by_step(rig: ServerIndexRig) -> None:
    await put(rig.index, *(entry(n, text="tent " * (n % 7 + 1)) for n in range(60)))
    deep = replace(seen(rig.index), deepest=7)
    tiers = (ByHub(0, 0, 3), ByHub(0))
    by_date = Ask(words=TENT, delivery=Delivery(reaches=ByHub(0)), tiers=tiers)
    for ask in (Ask(words=TENT), Ask(key="price"), by_date):
        whole = await ids(rig.index.view(), ask)
        for offset, limit in ((0, 100), (5, 7), (20, 3), (14, 30), (58, 10), (90, 5)):
            assert await ids(deep, ask, Window(offset=offset, limit=limit)) == whole[offset : offset + limit]


@SERVERS
async def test_a_price_sorted_listing_of_thousands_is_walked_to_its_end(rig: ServerIndexRig) -> None:
    """Sorting by another kind of number loses documents on some versions: see opensearch_schema.py."""
    prices = {n: (n * 7_919) % 5_003 * 100 << 30 | n for n in range(3_000)}
    for begin in range(0, 3_000, 500):
        await rig.index.write([entry(n, price_key=prices[n]) for n in range(begin, begin + 500)])
    await rig.index.commit()
    walked: list[int] = []
    while True:
        behind = walked[-1] if walked else None
        found = await rig.index.view().find(Ask(key="price"), Window(limit=400, behind=behind), tally=False)
        if not found.ranked.keys:
            break
        walked += found.ranked.keys
    assert walked == sorted(prices.values())
