"""What every table of parked events promises (haat.events.parking)."""

import asyncio
from collections.abc import AsyncIterator
from typing import Protocol

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule

from haat.errors import NotFound, Unavailable
from haat.events.parking import Parking
from haat.events.ports import Record
from tests.conftest import ManualClock
from tests.contracts.machines import Machine
from tests.contracts.rigs import DEADLINE_S, Breakable, Rigs, play


class ParkingRig(Breakable, Protocol):
    """A table of parked events."""

    parking: Parking
    clock: ManualClock

    def crash_point(self) -> None:
        """Remember what a process that died now would leave."""

    async def found(self) -> Parking:
        """The table as a new process finds it after the last crash point."""


def record(position: int) -> Record:
    return Record("items", position % 3, position, f"itm_{position}", b"\x00value", 1_000)


async def park(parking: Parking, consumer: str, position: int) -> None:
    await parking.park(consumer, record(position), code="invalid", reason="no title", tries=10)


class ParkingContract:
    """P1 to P4 of the Parking port."""

    @pytest.fixture
    async def rig(self, rigs: Rigs[ParkingRig]) -> AsyncIterator[ParkingRig]:
        async with rigs() as rig:
            yield rig

    async def test_p1_a_race_to_park_the_same_record_parks_it_once_per_consumer(self, rig: ParkingRig) -> None:
        await asyncio.gather(*(park(rig.parking, consumer, 7) for consumer in ("search", "lake") for _ in range(10)))
        assert sorted(parked.consumer for parked in await rig.parking.page()) == ["lake", "search"]
        assert await rig.parking.count() == {"lake": 1, "search": 1}

    async def test_p1_a_crash_between_parking_and_commit_parks_it_once(self, rig: ParkingRig) -> None:
        await park(rig.parking, "search", 7)
        rig.crash_point()
        found = await rig.found()
        await park(found, "search", 7)
        assert len(await found.page()) == 1

    async def test_p2_bytes_place_and_last_reason_are_kept(self, rig: ParkingRig) -> None:
        await park(rig.parking, "search", 7)
        rig.clock.advance(5)
        (parked,) = await rig.parking.page()
        await rig.parking.failed(parked.seq, code="conflict", reason="still no title", tries=1)
        again = await rig.parking.one(parked.seq)
        assert again.value == b"\x00value"
        assert (again.topic, again.partition, again.position, again.key) == ("items", 1, 7, "itm_7")
        assert (again.code, again.reason, again.tries, again.state) == ("conflict", "still no title", 11, "waiting")
        assert again.changed_ms - again.parked_ms == 5_000

    async def test_p3_each_ends_once(self, rig: ParkingRig) -> None:
        await park(rig.parking, "search", 7)
        (parked,) = await rig.parking.page()
        ends = await asyncio.gather(*(rig.parking.end(parked.seq, "replayed") for _ in range(10)))
        assert sum(ends) == 1
        assert await rig.parking.end(parked.seq, "discarded") is False
        await rig.parking.failed(parked.seq, code="late", reason="late", tries=1)
        assert (await rig.parking.one(parked.seq)).reason == "no title"
        assert await rig.parking.page() == []
        assert [one.seq for one in await rig.parking.page(state="replayed")] == [parked.seq]
        assert await rig.parking.count() == {}

    async def test_p4_pages_continue_behind_the_last(self, rig: ParkingRig) -> None:
        for position in range(9):
            await park(rig.parking, "search" if position % 3 else "lake", position)
        positions, after = [], 0
        while page := await rig.parking.page(consumer="search", after=after, limit=2):
            positions += [parked.position for parked in page]
            after = page[-1].seq
        assert positions == [1, 2, 4, 5, 7, 8]

    async def test_an_unknown_one_is_not_found(self, rig: ParkingRig) -> None:
        with pytest.raises(NotFound):
            await rig.parking.one(99)

    async def test_an_engine_that_is_down_says_unavailable_in_time(self, rig: ParkingRig) -> None:
        await park(rig.parking, "search", 1)
        await rig.down()
        async with asyncio.timeout(DEADLINE_S):
            for call in (park(rig.parking, "search", 2), rig.parking.page(), rig.parking.one(1), rig.parking.count()):
                with pytest.raises(Unavailable):
                    await call
        await rig.up()
        assert len(await rig.parking.page()) == 1

    def test_model_of_a_waiting_room(self, rigs: Rigs[ParkingRig]) -> None:
        play(lambda: ParkingMachine(rigs), examples=8)


class ParkingMachine(Machine[ParkingRig]):
    """A dict of states is the model."""

    def __init__(self, rigs: Rigs[ParkingRig]) -> None:
        super().__init__(rigs)
        self.states: dict[int, str] = {}
        self.seqs: dict[int, int] = {}

    @rule(position=st.integers(1, 5))
    def park(self, position: int) -> None:
        self.wait(park(self.rig.parking, "search", position))
        if position not in self.states:
            self.states[position] = "waiting"
            self.seqs[position] = self.wait(self.rig.parking.page(limit=100))[-1].seq

    @rule(position=st.integers(1, 5), discards=st.booleans())
    def end(self, position: int, discards: bool) -> None:
        ended = self.wait(self.rig.parking.end(self.seqs.get(position, 999), "discarded" if discards else "replayed"))
        assert ended == (self.states.get(position) == "waiting")
        if ended:
            self.states[position] = "discarded" if discards else "replayed"

    @rule()
    def restart(self) -> None:
        self.wait(self.rig.down())
        self.wait(self.rig.up())

    @invariant()
    def equal(self) -> None:
        for state in ("waiting", "replayed", "discarded"):
            page = self.wait(self.rig.parking.page(state=state))
            assert {parked.position for parked in page} == {at for at, kept in self.states.items() if kept == state}
