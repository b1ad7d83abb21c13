"""The rows behind the matrix, and the promises of NetworkStore."""

import asyncio
import datetime

import msgspec
import pytest

from haat.engines.sql.migrations import drift
from haat.engines.sql.outgoing import SqlOutgoing
from haat.errors import NotFound, Stale
from haat.events.envelope import decode
from haat.serviceability.adapters.tables import LINE
from haat.serviceability.messages import LaneChanged
from haat.serviceability.model import AlreadyThere, HolidayRule, Hub, Lane, PinRule, Warehouse
from tests.serviceability.conftest import Shop
from tests.serviceability.worlds import warehouses_of

MONDAY = datetime.date(2026, 11, 23)


async def test_the_migrated_database_has_the_tables_the_code_declares(shop: Shop) -> None:
    assert drift(LINE, shop.database.path) == []


async def test_p1_every_change_raises_the_generation_by_one_and_publishes_it(shop: Shop) -> None:
    warehouse = warehouses_of(shop.places, 1)[0]
    saved = await shop.store.save(warehouse, 0)
    await shop.store.save(Lane(origin=saved.id, hub="110001", active=False), 0)
    with pytest.raises(Stale):
        await shop.store.save(saved, 9)
    with pytest.raises(AlreadyThere):
        await shop.store.save(warehouse, 0)
    assert await shop.store.state() == (2, 0)
    events = [decode(row.value) for row in await SqlOutgoing(shop.database).unsent(10)]
    assert [(event.subject, event.read(LaneChanged).generation) for event in events] == [("matrix", 1), ("matrix", 2)]


async def test_p2_changes_hold_every_kind_of_row_since_a_generation(shop: Shop) -> None:
    warehouse = await shop.store.save(warehouses_of(shop.places, 1)[0], 0)
    lane = await shop.store.save(Lane(origin=warehouse.id, hub="110001", transit_days=3, heavy=False), 0)
    rule = await shop.store.save(PinRule(pincode="110001", refuses=("heavy", "hazardous"), cod=False), 0)
    nothing_refused = await shop.store.save(PinRule(pincode="110002", refuses=()), 0)
    day = await shop.store.save(HolidayRule(region="", day=MONDAY, off=True, name="Election"), 0)
    changes = await shop.store.changes(1)
    assert (changes.generation, changes.warehouses) == (5, [])
    assert (changes.lanes, changes.rules, changes.holidays) == ([lane], [rule, nothing_refused], [day])
    assert (await shop.store.changes(-1)).warehouses == [warehouse]
    assert (await shop.store.changes(5)).holidays == []


async def test_p3_ordinals_are_the_order_of_birth_even_in_a_race(shop: Shop) -> None:
    saved = await asyncio.gather(*(shop.store.save(w, 0) for w in warehouses_of(shop.places, 20)))
    assert sorted(w.ordinal for w in saved) == list(range(20))
    closed = await shop.store.save(msgspec.structs.replace(saved[3], active=False, ordinal=77), 1)
    found = await shop.store.find(Warehouse, closed.id)
    assert found is not None
    assert (found.ordinal, found.active, found.version) == (saved[3].ordinal, False, 2)


async def test_p4_of_two_who_change_the_same_version_one_wins(shop: Shop) -> None:
    warehouse = await shop.store.save(warehouses_of(shop.places, 1)[0], 0)
    changed = [msgspec.structs.replace(warehouse, handling_days=days) for days in (1, 2, 3)]
    results = await asyncio.gather(*(shop.store.save(w, 1) for w in changed), return_exceptions=True)
    assert sum(isinstance(result, Stale) for result in results) == 2
    assert (await shop.store.state())[0] == 2
    with pytest.raises(NotFound):
        await shop.store.save(Lane(origin=warehouse.id, hub="110001"), 1)


async def test_two_warehouses_cannot_share_a_code(shop: Shop) -> None:
    first, second = warehouses_of(shop.places, 2)
    await shop.store.save(first, 0)
    with pytest.raises(AlreadyThere):
        await shop.store.save(msgspec.structs.replace(second, code=first.code), 0)
    assert await shop.store.warehouse_by_code(first.code) == first
    assert await shop.store.warehouse_by_code("nobody") is None


async def test_pages_follow_the_key_to_the_end(shop: Shop) -> None:
    lanes = [Lane(origin=origin, hub=f"11000{i}") for origin in ("110001", "whs_1") for i in range(1, 6)]
    for lane in lanes:
        await shop.store.save(lane, 0)
    seen: list[Lane] = []
    while page := await shop.store.page(Lane, (seen[-1].origin, seen[-1].hub) if seen else (), 3):
        seen += page
    assert seen == lanes


async def test_hubs_are_seeded_once(shop: Shop) -> None:
    assert await shop.seed() == len(shop.places.hubs())
    assert await shop.seed() == 0
    hubs = (await shop.store.changes(-1)).hubs
    assert [hub.ordinal for hub in hubs] == list(range(len(hubs)))
    assert (await shop.store.state())[0] == 1
    assert await shop.store.find(Hub, hubs[4].code) == hubs[4]
