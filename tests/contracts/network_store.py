"""What every store of the delivery network promises (haat.serviceability.ports.NetworkStore)."""

import asyncio
import datetime
from collections.abc import Sequence
from typing import Protocol

import msgspec
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule

from haat.errors import HaatError, NotFound, Stale, Unavailable
from haat.events.envelope import decode
from haat.serviceability.messages import LaneChanged
from haat.serviceability.model import AlreadyThere, HolidayRule, Hub, Lane, PinRule, Warehouse
from haat.serviceability.ports import MatrixRow, NetworkStore
from tests.contracts.machines import Machine
from tests.contracts.rigs import DEADLINE_S, Breakable, Rigs, play
from tests.serviceability.worlds import GridPlaces, hubs_of, warehouses_of

MONDAY = datetime.date(2026, 11, 23)
WAREHOUSES = warehouses_of(GridPlaces(), 20)
HUBS = hubs_of(GridPlaces())


class NetworkStoreRig(Breakable, Protocol):
    """A store, and the values of the events it has published."""

    store: NetworkStore

    async def published(self) -> Sequence[bytes]:
        """Encoded events, in order."""


async def generations(rig: NetworkStoreRig) -> list[tuple[str, int]]:
    events = [decode(value) for value in await rig.published()]
    return [(event.subject, event.read(LaneChanged).generation) for event in events]


def matrix(made_from: int, hubs: int = 3) -> MatrixRow:
    return MatrixRow(
        generation=0, made_from=made_from, digest="d" * 64, size_bytes=9, warehouses=1, hubs=hubs, edition=1
    )


class NetworkStoreContract:
    """Promises P1-P4. Engines bind by a `rigs` fixture."""

    async def test_p1_every_change_raises_the_generation_by_one_and_publishes_it(
        self, rigs: Rigs[NetworkStoreRig]
    ) -> None:
        async with rigs() as rig:
            saved = await rig.store.save(WAREHOUSES[0], 0)
            await rig.store.save(Lane(origin=saved.id, hub="110001", active=False), 0)
            assert await rig.store.add_hubs(HUBS) == len(HUBS)
            assert await rig.store.add_matrix(matrix(3)) == 4
            assert await rig.store.state() == (4, 4)
            assert await generations(rig) == [("matrix", generation) for generation in (1, 2, 3, 4)]

    async def test_p1_what_is_refused_is_neither_counted_nor_published(self, rigs: Rigs[NetworkStoreRig]) -> None:
        async with rigs() as rig:
            saved = await rig.store.save(WAREHOUSES[0], 0)
            for row, expects, error in (
                (saved, 9, Stale),
                (saved, 0, AlreadyThere),
                (msgspec.structs.replace(WAREHOUSES[1], code=saved.code), 0, AlreadyThere),
                (msgspec.structs.replace(WAREHOUSES[1], wave=4), 0, HaatError),
                (WAREHOUSES[1], 1, NotFound),
            ):
                with pytest.raises(error):
                    await rig.store.save(row, expects)
            await rig.store.add_hubs(HUBS[:3])
            assert await rig.store.add_hubs(HUBS[:3]) == 0
            assert await rig.store.state() == (2, 0)
            assert await generations(rig) == [("matrix", 1), ("matrix", 2)]

    async def test_p1_a_build_from_older_rows_or_of_fewer_hubs_is_not_put_into_use(
        self, rigs: Rigs[NetworkStoreRig]
    ) -> None:
        async with rigs() as rig:
            for number in range(4):
                await rig.store.save(WAREHOUSES[number], 0)
            used = await rig.store.add_matrix(matrix(4))
            assert await rig.store.add_matrix(matrix(2)) is None
            assert await rig.store.add_matrix(matrix(4, hubs=2)) is None
            assert await rig.store.state() == (5, used)
            found = (await rig.store.changes(-1)).matrix
            assert found is not None
            assert (found.generation, found.made_from, found.digest) == (5, 4, "d" * 64)
            assert await rig.store.add_matrix(matrix(5)) == 6
            assert [build.generation for build in await rig.store.builds(1)] == [6]
            assert [build.generation for build in await rig.store.builds(9)] == [6, 5]

    async def test_p2_changes_hold_every_kind_of_row_since_a_generation(self, rigs: Rigs[NetworkStoreRig]) -> None:
        async with rigs() as rig:
            store = rig.store
            warehouse = await store.save(WAREHOUSES[0], 0)
            lane = await store.save(Lane(origin=warehouse.id, hub="110001", transit_days=3, heavy=False), 0)
            strict = await store.save(PinRule(pincode="110001", refuses=("heavy", "hazardous"), cod=False), 0)
            easy = await store.save(PinRule(pincode="110002", refuses=()), 0)
            day = await store.save(HolidayRule(region="", day=MONDAY, off=True, name="मतदान"), 0)
            changes = await store.changes(1)
            assert (changes.since, changes.generation, list(changes.warehouses)) == (1, 5, [])
            assert (list(changes.lanes), list(changes.rules), list(changes.holidays)) == ([lane], [strict, easy], [day])
            assert list((await store.changes(-1)).warehouses) == [warehouse]
            assert not (await store.changes(5)).holidays

    async def test_p3_ordinals_are_the_order_of_birth_even_in_a_race(self, rigs: Rigs[NetworkStoreRig]) -> None:
        async with rigs() as rig:
            saved = await asyncio.gather(*(rig.store.save(w, 0) for w in WAREHOUSES))
            assert sorted(w.ordinal for w in saved) == list(range(20))
            closed = await rig.store.save(msgspec.structs.replace(saved[3], active=False, ordinal=77), 1)
            found = await rig.store.find(Warehouse, closed.id)
            assert found is not None
            assert (found.ordinal, found.active, found.version) == (saved[3].ordinal, False, 2)
            await rig.store.add_hubs(HUBS[:4])
            await rig.store.add_hubs(HUBS)
            hubs = (await rig.store.changes(-1)).hubs
            assert [(hub.ordinal, hub.code) for hub in hubs] == [(i, hub.code) for i, hub in enumerate(HUBS)]

    async def test_p4_of_two_who_change_the_same_version_one_wins(self, rigs: Rigs[NetworkStoreRig]) -> None:
        async with rigs() as rig:
            warehouse = await rig.store.save(WAREHOUSES[0], 0)
            changed = [msgspec.structs.replace(warehouse, handling_days=days) for days in (1, 2, 3)]
            results = await asyncio.gather(*(rig.store.save(w, 1) for w in changed), return_exceptions=True)
            assert sum(isinstance(result, Stale) for result in results) == 2
            won = next(result for result in results if isinstance(result, Warehouse))
            assert await rig.store.find(Warehouse, warehouse.id) == won
            assert await rig.store.state() == (2, 0)

    async def test_rows_are_found_by_key_and_in_pages(self, rigs: Rigs[NetworkStoreRig]) -> None:
        async with rigs() as rig:
            lanes = [Lane(origin=origin, hub=f"11000{i}") for origin in ("110001", "whs_1") for i in range(1, 6)]
            for lane in reversed(lanes):
                await rig.store.save(lane, 0)
            seen: list[Lane] = []
            while page := await rig.store.page(Lane, (seen[-1].origin, seen[-1].hub) if seen else (), 3):
                seen += page
            assert seen == lanes
            assert await rig.store.find(Lane, "whs_1", "110003") == lanes[7]
            assert await rig.store.find(Hub, "nowhere") is None
            warehouse = await rig.store.save(WAREHOUSES[0], 0)
            assert await rig.store.warehouse_by_code(warehouse.code) == warehouse
            assert await rig.store.warehouse_by_code("nobody") is None

    async def test_an_engine_that_is_down_says_so(self, rigs: Rigs[NetworkStoreRig]) -> None:
        async with rigs() as rig:
            saved = await rig.store.save(WAREHOUSES[0], 0)
            await rig.down()
            for call in (rig.store.state(), rig.store.changes(-1), rig.store.save(WAREHOUSES[1], 0)):
                async with asyncio.timeout(DEADLINE_S):
                    with pytest.raises(Unavailable):
                        await call
            await rig.up()
            assert list((await rig.store.changes(-1)).warehouses) == [saved]

    def test_any_history_is_what_a_dictionary_would_hold(self, rigs: Rigs[NetworkStoreRig]) -> None:
        play(lambda: _History(rigs))


class _History(Machine[NetworkStoreRig]):
    """Lanes saved with right and wrong versions, against a dictionary with the generation of each row."""

    def __init__(self, rigs: Rigs[NetworkStoreRig]) -> None:
        super().__init__(rigs)
        self.rows: dict[tuple[str, str], tuple[int, Lane]] = {}
        self.generation = 0

    @rule(
        origin=st.sampled_from(["a", "b"]),
        hub=st.sampled_from(["x", "y"]),
        days=st.one_of(st.none(), st.integers(0, 62)),
        off_by=st.sampled_from([0, 0, 0, 1]),
    )
    def save(self, origin: str, hub: str, days: int | None, off_by: int) -> None:
        lane = Lane(origin=origin, hub=hub, transit_days=days)
        version = self.rows[origin, hub][1].version if (origin, hub) in self.rows else 0
        if off_by:
            with pytest.raises((Stale, NotFound)):
                self.wait(self.rig.store.save(lane, version + 1))
            return
        self.generation += 1
        saved = self.wait(self.rig.store.save(lane, version))
        assert saved == msgspec.structs.replace(lane, version=version + 1)
        self.rows[origin, hub] = (self.generation, saved)

    @invariant()
    def same_since_every_generation(self) -> None:
        for since in (-1, self.generation // 2, self.generation):
            changes = self.wait(self.rig.store.changes(since))
            expected = [lane for _, (at, lane) in sorted(self.rows.items()) if at > since]
            assert (changes.generation, list(changes.lanes)) == (self.generation, expected)
