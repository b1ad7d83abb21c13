"""Live changes: seen within seconds, equal to a full build, the same after a restart."""

import asyncio
import datetime
from collections.abc import Sequence

import msgspec
import numpy as np
import pytest

from haat.errors import Unavailable
from haat.serviceability.matrix import build
from haat.serviceability.model import HolidayRule, Hub, Lane, PinRule, Place, Warehouse
from haat.serviceability.ports import KnownHub
from haat.serviceability.reach import Reach
from tests.conftest import ManualClock
from tests.serviceability.conftest import Shop
from tests.serviceability.worlds import GridPlaces, ms, warehouses_of

TUESDAY = datetime.date(2026, 11, 24)
MONDAY_MS = ms("2026-11-23 09:00")


def equal_to_a_full_build(reach: Reach) -> bool:
    cells = build(reach.network)
    pairs = [(getattr(cells, name), getattr(reach.cells, name)) for name in ("days", "flags", "express_days")]
    return all(np.array_equal(a, b) for a, b in [*pairs, *zip(cells.codes, reach.codes.values(), strict=True)])


def last_mile_days(reach: Reach, pincode: str) -> int:
    place = reach.place(pincode)
    return place.last_mile_days if place else -1


def served(reach: Reach, row: int = 0) -> tuple[int, Place]:
    """(hub, place) that this warehouse reaches."""
    for pin in range(110_001, 110_145):
        place = reach.place(str(pin))
        if place is not None and reach.codes["standard"][row, place.hub] != 255:
            return place.hub, place
    raise AssertionError("the warehouse reaches nobody")


async def test_before_the_first_build_nobody_is_served(shop: Shop) -> None:
    live = shop.live()
    assert (live.reach.generation, live.reach.hubs, live.reach.place("110001")) == (0, 0, None)
    await shop.seed()
    await shop.store.save(warehouses_of(shop.places, 1)[0], 0)
    assert await live.refresh()
    assert (live.reach.generation, live.reach.warehouses, live.reach.place("110001")) == (2, (), None)
    await shop.build()
    await live.refresh()
    assert live.reach.place("110001") is not None
    assert equal_to_a_full_build(live.reach)


async def test_a_poll_without_news_reads_one_row_and_keeps_the_snapshot(shop: Shop) -> None:
    live = await shop.filled()
    reach = live.reach
    assert not await live.refresh()
    assert live.reach is reach


async def test_p4_a_lane_change_is_seen_within_five_seconds(shop: Shop, clock: ManualClock) -> None:
    stop, started_ms = asyncio.Event(), clock.now_ms()
    seen_ms: list[int] = []

    async def wait(stop: asyncio.Event, pause_s: float) -> bool:
        clock.advance(pause_s)
        if live.reach.generation == changed:
            seen_ms.append(clock.now_ms())
            stop.set()
        elif clock.now_ms() == started_ms + 2000:  # two quiet polls, then somebody else's process writes
            await shop.store.save(Lane(origin=live.reach.warehouses[0], hub=hub_code, active=False), 0)
        return not stop.is_set()

    await shop.filled()
    live = shop.live(wait=wait)
    await live.refresh()
    hub, place = served(live.reach)
    hub_code, changed = live.reach.network.hubs[hub].code, live.reach.generation + 1
    before = live.reach
    await live.run(stop)
    assert seen_ms[0] - (started_ms + 2000) <= 5_000
    assert before.best(place, [0], "standard", MONDAY_MS) is not None
    assert live.reach.best(place, [0], "standard", MONDAY_MS) is None
    assert live.reach.hubs_that_differ(before) == {hub}


async def test_an_engine_that_is_down_leaves_the_snapshot_and_the_loop_running(shop: Shop) -> None:
    live = await shop.filled()
    reach, stop, polls = live.reach, asyncio.Event(), 0

    async def wait(stop: asyncio.Event, pause_s: float) -> bool:
        nonlocal polls
        polls += 1
        if polls == 3:
            stop.set()
        return not stop.is_set()

    broken = shop.live(wait=wait)
    shop.database.close()
    await broken.run(stop)
    assert polls == 3
    with pytest.raises(Unavailable):
        await live.refresh()
    assert live.reach is reach


async def test_p5_every_kind_of_change_equals_a_full_build_and_survives_a_restart(shop: Shop) -> None:
    live = await shop.filled()
    network = live.reach.network
    far = int(np.flatnonzero(live.reach.codes["standard"][1] == 255)[0])
    first = msgspec.structs.replace(network.warehouses[0], handling_days=2, wave=1)
    moved = msgspec.structs.replace(network.warehouses[2], latitude=21.0, longitude=76.0, reach_km=300.0)
    newcomer = msgspec.structs.replace(warehouses_of(shop.places, 9)[8], code="new")
    hub = msgspec.structs.replace(network.hubs[1], active=False)
    steps: Sequence[tuple[Warehouse | Hub | Lane, int]] = [
        (first, 1),
        (Lane(origin=network.warehouses[1].id, hub=network.hubs[far].code, transit_days=1), 0),
        (Lane(origin=network.hubs[0].code, hub=network.hubs[4].code, transit_days=0, heavy=False), 0),
        (moved, 1),
        (newcomer, 0),
        (hub, 1),
        (msgspec.structs.replace(hub, active=True), 2),
    ]
    generation = live.reach.generation
    for row, expects in steps:
        await shop.store.save(row, expects)
        assert await live.refresh()
        generation += 1
        assert live.reach.generation == generation
        assert equal_to_a_full_build(live.reach)
        again = shop.live()
        await again.refresh()
        assert again.reach.generation == live.reach.generation
        assert again.reach.warehouses == live.reach.warehouses
        assert again.reach.hubs_that_differ(live.reach) == frozenset()
        for name, codes in live.reach.codes.items():
            assert np.array_equal(again.reach.codes[name], codes)
    overlaid = live.reach
    await shop.build()
    assert await live.refresh()
    assert live.reach.generation == generation + 1
    assert live.reach.hubs_that_differ(overlaid) == frozenset()
    assert equal_to_a_full_build(live.reach)


async def test_several_changes_at_once_and_a_build_in_between(shop: Shop) -> None:
    live = await shop.filled()
    network = live.reach.network
    await shop.store.save(Lane(origin=network.warehouses[0].id, hub=network.hubs[0].code, transit_days=5), 0)
    await shop.build()
    await shop.store.save(Lane(origin=network.warehouses[3].id, hub=network.hubs[2].code, transit_days=7), 0)
    await shop.store.save(msgspec.structs.replace(network.warehouses[5], active=False), 1)
    assert await live.refresh()
    assert live.reach.cells.days[0, 0] == 5
    assert live.reach.cells.days[3, 2] == 7
    assert (live.reach.codes["standard"][5] == 255).all()
    assert equal_to_a_full_build(live.reach)


async def test_a_build_that_was_overtaken_changes_nothing(shop: Shop) -> None:
    live = await shop.filled()
    used = (await shop.store.changes(-1)).matrix
    assert used is not None
    await shop.store.save(msgspec.structs.replace(live.reach.network.warehouses[0], wave=0), 1)
    generation = await shop.build()
    assert await shop.store.add_matrix(used) is None
    assert await shop.store.state() == (generation, generation)
    assert await shop.build(always=False) == generation


async def test_rules_of_pin_codes_and_holidays_are_taken_up(shop: Shop) -> None:
    live = await shop.filled()
    _, place = served(live.reach)
    await shop.store.save(PinRule(pincode=place.pincode, last_mile_days=4, cod=False, refuses=("heavy",)), 0)
    await live.refresh()
    now = live.reach.place(place.pincode)
    assert now is not None
    assert (now.last_mile_days, now.cod, now.refuses) == (4, False, frozenset({"heavy"}))
    before = live.reach.dates(now, MONDAY_MS)
    await shop.store.save(HolidayRule(region="", day=TUESDAY, off=True, name="Election"), 0)
    await live.refresh()
    after = live.reach.dates(now, MONDAY_MS)
    assert before[0] is not None
    assert after[0] == before[0] + datetime.timedelta(days=1)
    await shop.store.save(PinRule(pincode=place.pincode, served=False), 1)
    await live.refresh()
    assert live.reach.place(place.pincode) is None
    assert live.reach.why_not(place.pincode) == "closed"


async def test_a_hub_born_after_the_build_takes_its_pin_codes_with_the_next(shop: Shop) -> None:
    live = await shop.filled()
    born = next(p for p in shop.places.pincodes() if last_mile_days(live.reach, p.pincode) > 0)

    class Grown(GridPlaces):
        def hubs(self) -> list[KnownHub]:
            return [
                *super().hubs(),
                KnownHub(
                    pincode=born.pincode,
                    name="New",
                    city=born.city,
                    state=born.state,
                    latitude=born.latitude or 0,
                    longitude=born.longitude or 0,
                ),
            ]

    assert await type(shop.seed)(Grown(), shop.store)() == 1
    assert await live.refresh()
    before = live.reach.place(born.pincode)
    assert before is not None
    assert before.hub_name != "New"
    await shop.build(always=False)
    assert await live.refresh()
    after = live.reach.place(born.pincode)
    assert after is not None
    assert (after.hub_name, after.hub) == ("New", live.reach.hubs - 1)
    assert equal_to_a_full_build(live.reach)


async def test_hubs_are_seeded_once(shop: Shop) -> None:
    assert await shop.seed() == len(shop.places.hubs())
    assert await shop.seed() == 0
    assert (await shop.store.state())[0] == 1


async def test_a_matrix_whose_file_is_gone_or_broken_is_said_and_built_again(shop: Shop) -> None:
    await shop.filled()
    used = (await shop.store.changes(-1)).matrix
    assert used is not None
    (await shop.blobs.local(used.digest)).write_bytes(b"haatmtx0" + bytes(100))
    with pytest.raises(Unavailable, match="another release"):
        await shop.live().refresh()
    await shop.blobs.delete(used.digest)
    with pytest.raises(Unavailable, match="haat migrate"):
        await shop.live().refresh()
    assert await shop.build(always=False) > used.generation
    live = shop.live()
    assert await live.refresh()
    assert equal_to_a_full_build(live.reach)


async def test_files_of_old_builds_are_deleted_and_a_process_that_mapped_one_goes_on(shop: Shop) -> None:
    live = await shop.filled()
    for _ in range(5):
        await shop.build()
    builds = await shop.store.builds(10)
    assert [await shop.blobs.exists(build.digest) for build in builds] == [True] * 3 + [False] * 3
    assert equal_to_a_full_build(live.reach)
    assert await live.refresh()
    assert equal_to_a_full_build(live.reach)
