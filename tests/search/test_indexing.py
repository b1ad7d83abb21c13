"""What search hears and does about it; what it refuses; what it answers where nobody delivers."""

from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest

from haat.errors import Invalid
from haat.events.envelope import Event, wrap
from haat.search import indexer as indexing
from haat.search.consumers import IndexItems, IndexLanes, Upkeep
from haat.search.messages import ItemHint, ItemSearched, LaneHint
from haat.vocabulary import EventId
from tests.conftest import ManualClock
from tests.search.test_brute_force import PINCODES, changed_reach
from tests.search.world import Market, Offer, Stock, document, item_id, open_search, random_market, variant


class Hint(ItemHint, frozen=True):
    topic = "stock"
    type = "stock.changed"
    schema_version = 1


class Lanes(LaneHint, frozen=True):
    topic = "lanes"
    type = "lane.changed"
    schema_version = 1


def hints(*ids: str) -> Sequence[Event]:
    return [
        wrap(Hint(id_), event_id=EventId(f"evt_{n}"), key=id_, source="haat/test", now_ms=1)  # type: ignore[arg-type]  # class variables
        for n, id_ in enumerate(ids)
    ]


def small(market: Market) -> str:
    """One item with one sku in two warehouses."""
    first, second = market.serviceability.reach.warehouses[:2]
    return market.put(
        document(900, "brass lantern"), [Offer("s.900", 9_900, stock=[Stock(first, 9), Stock(second, 9)])]
    )


async def test_many_hints_of_an_item_are_one_read_and_one_write(tmp_path: Path, clock: ManualClock) -> None:
    market = random_market(6, 20)
    search = await open_search(market, tmp_path, clock)
    consumer = IndexItems(search.indexer)
    ids = sorted(market.documents) * 5
    await consumer(hints(*ids))
    assert market.reads == 1
    assert search.index.view().items == 20
    name = search.index.view().name
    await consumer(hints(*ids))  # again: nothing is newer, nothing is written
    assert search.index.view().name == name
    await search.index.close()


async def test_chunk_by_chunk_everything_is_written_and_a_broken_document_told(
    tmp_path: Path, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexing, "CHUNK", 7)  # nine chunks, three locks
    market = random_market(6, 60)
    ids = sorted(market.documents)
    broken = ids[40]  # the sixth chunk
    title = market.documents[broken]["title"]
    market.documents[broken]["title"] = 5
    search = await open_search(market, tmp_path, clock)
    with pytest.raises(msgspec.ValidationError, match="title"):
        await search.indexer.update(ids)
    await search.indexer.commit()
    assert search.index.view().items == 35  # what came before it is written whole
    market.documents[broken]["title"] = title
    assert await search.indexer.update(ids) == 25
    await search.indexer.commit()
    assert search.index.view().items == 60
    assert await search.indexer.update(ids) == 0
    await search.index.close()


async def test_a_count_that_changes_nothing_to_see_is_not_written(tmp_path: Path, clock: ManualClock) -> None:
    market = random_market(6, 5)
    id_ = small(market)
    search = await open_search(market, tmp_path, clock)
    consumer = IndexItems(search.indexer)
    await consumer(hints(id_))
    first, second = market.serviceability.reach.warehouses[:2]
    name = search.index.view().name
    market.set_stock("s.900", first, 8)
    await consumer(hints(id_))
    assert search.index.view().name == name
    market.set_stock("s.900", first, 0)
    clock.advance(1)
    await consumer(hints(id_))
    assert search.index.view().name != name
    market.set_stock("s.900", second, 0)
    clock.advance(1)
    await consumer(hints(id_))
    assert (await search(q="lantern")).total == 0
    assert (await search(q="lantern", in_stock=False)).hits[0].stock_hint == "out_of_stock"
    market.set_stock("s.900", second, 2)
    clock.advance(1)
    await consumer(hints(id_))
    (hit,) = (await search(q="lantern")).hits
    assert hit.stock_hint == "few_left"
    await search.index.close()


async def test_after_a_restart_a_count_that_changes_nothing_to_see_is_not_written_either(
    tmp_path: Path, clock: ManualClock
) -> None:
    market = random_market(6, 5)
    id_ = small(market)
    before = await open_search(market, tmp_path, clock)
    await IndexItems(before.indexer)(hints(*sorted(market.documents)))
    await before.index.close()
    first, second = market.serviceability.reach.warehouses[:2]
    search = await open_search(market, tmp_path, clock)
    await Upkeep(search.indexer, search.lexicon, market.all_items).step()
    name = search.index.view().name
    consumer = IndexItems(search.indexer)
    market.set_stock("s.900", first, 8)
    await consumer(hints(id_))
    assert search.index.view().name == name
    market.set_stock("s.900", first, 0)
    market.set_stock("s.900", second, 0)
    clock.advance(1)
    await consumer(hints(id_))
    assert (await search(q="lantern")).total == 0
    await search.index.close()


async def test_what_changed_while_nobody_ran_is_written_at_the_first_hint(tmp_path: Path, clock: ManualClock) -> None:
    market = random_market(6, 5)
    id_ = small(market)
    before = await open_search(market, tmp_path, clock)
    await IndexItems(before.indexer)(hints(*sorted(market.documents)))
    await before.index.close()
    for warehouse in market.serviceability.reach.warehouses[:2]:
        market.set_stock("s.900", warehouse, 0)
    clock.advance(1)
    search = await open_search(market, tmp_path, clock)
    await Upkeep(search.indexer, search.lexicon, market.all_items).step()
    assert (await search(q="lantern")).total == 1  # the index stands where it stood
    await IndexItems(search.indexer)(hints(id_))
    assert (await search(q="lantern")).total == 0
    await search.index.close()


async def test_items_that_are_retired_or_unknown_are_found_by_nobody(tmp_path: Path, clock: ManualClock) -> None:
    market = random_market(6, 5)
    id_ = small(market)
    search = await open_search(market, tmp_path, clock)
    consumer = IndexItems(search.indexer)
    await consumer(hints(id_, item_id(12345)))
    assert (await search(q="s.900", in_stock=False)).total == 1
    market.documents[id_] |= {"status": "retired", "version": 2}
    clock.advance(1)
    await consumer(hints(id_))
    assert (await search(q="s.900", in_stock=False)).total == 0
    del market.documents[id_]
    await search.index.close()


async def test_a_lane_event_is_settled_and_upkeep_catches_up_after_a_restart(
    tmp_path: Path, clock: ManualClock
) -> None:
    market = random_market(6, 30)
    search = await open_search(market, tmp_path, clock)
    await search.load()
    for consume in (True, False):
        reach = market.serviceability.reach
        codes = {name: table.copy() for name, table in reach.codes.items()}
        for table in codes.values():
            table[:3] = 255
        market.serviceability.reach = changed_reach(reach, codes)
        if consume:
            event = wrap(
                Lanes(reach.generation + 1),  # type: ignore[arg-type]  # class variables
                event_id=EventId("evt_1"),
                key="matrix",
                source="haat/test",
                now_ms=1,
            )
            await IndexLanes(search.indexer, market.serviceability, clock)([event])
        else:
            await Upkeep(search.indexer, search.lexicon, market.all_items).step()
        assert search.index.view().coverage.generation == market.serviceability.reach.generation
    await search.index.close()


async def test_every_bad_parameter_is_named_at_once(tmp_path: Path, clock: ManualClock) -> None:
    search = await open_search(random_market(6, 3), tmp_path, clock)
    with pytest.raises(Invalid) as caught:
        await search(
            q="x" * 201,
            pincode="0123",
            deliver_by="tomorrow",
            price_min_minor=9,
            price_max_minor=3,
            brands=("",),
            attributes={"colour": ("y" * 201,)},
        )
    pointers = {problem.pointer for problem in caught.value.problems}
    assert pointers == {"q", "pincode", "deliver_by", "price_max", "brand", "attr.colour"}
    with pytest.raises(Invalid):
        await search(sort="fastest")
    await search.index.close()


async def test_a_place_nobody_serves_gets_nothing_and_the_reason(tmp_path: Path, clock: ManualClock) -> None:
    market = random_market(6, 60)
    search = await open_search(market, tmp_path, clock)
    await search.load()
    page = await search(pincode="999999")
    assert (page.hits, page.total, page.reason) == ((), 0, "pincode_not_served")
    assert page.unreachable.not_delivered == (await search()).total > 0
    await search.index.close()


async def test_the_shown_sku_meets_the_filters_and_a_sku_ranks_first(tmp_path: Path, clock: ManualClock) -> None:
    market = random_market(6, 60)
    place = market.serviceability.reach.warehouses[0]
    skus = [variant("s.7-red", attributes={"colour": "red"}), variant("s.7-blue", attributes={"colour": "blue"})]
    offers = [Offer("s.7-red", 100, stock=[Stock(place, 1)]), Offer("s.7-blue", 900, stock=[Stock(place, 90)])]
    market.put(document(700, "lantern", variants=skus), offers)
    search = await open_search(market, tmp_path, clock)
    await search.load()
    assert (await search(q="lantern")).hits[0].sku == "s.7-red"
    (hit,) = (await search(q="lantern", attributes={"colour": ("blue",)})).hits
    assert (hit.sku, hit.price and hit.price.minor, hit.stock_hint) == ("s.7-blue", 900, "in_stock")
    assert (await search(q="lantern", price_min_minor=500)).hits[0].sku == "s.7-blue"
    for key in ("s.7-blue", "S.7-BLUE", "7-blue"):
        assert (await search(q=key)).hits[0].item_id == item_id(700)
    await search.index.close()


async def test_searches_are_told_once_with_their_visitor(tmp_path: Path, clock: ManualClock) -> None:
    market = random_market(6, 60)
    search = await open_search(market, tmp_path, clock)
    await search.load()
    page = await search(q="lamp", visitor="v1", pincode=PINCODES[40], limit=2)
    await search(q="lamp", visitor="v1", pincode=PINCODES[40], limit=2, cursor=page.next)
    await search(q="lamp")
    ((key, message),) = search.published
    assert key == "v1"
    assert isinstance(message, ItemSearched)
    assert (message.q, message.total) == ("lamp", page.total)
    await search.index.close()
