"""What every store of outgoing events promises (haat.engines.outgoing)."""

import asyncio
import threading
from collections.abc import AsyncIterator, Sequence
from typing import Protocol

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule

from haat.engines.outgoing import Outgoing, OutgoingSource, Unsent
from haat.errors import Unavailable
from tests.conftest import ManualClock
from tests.contracts.machines import Machine
from tests.contracts.rigs import DEADLINE_S, Breakable, Rigs, play


class OutgoingRig(Breakable, Protocol):
    """A store that can write business state with outgoing rows."""

    source: OutgoingSource
    clock: ManualClock

    async def publish(self, rows: Sequence[Outgoing], *, refused: bool = False) -> None:
        """One business transaction with these rows. `refused`: the transaction decides at its end not to be."""

    def crash_point(self) -> None:
        """Remember what a process that died now would leave."""

    async def found(self) -> OutgoingSource:
        """The store as a new process finds it after the last crash point."""


def events(key: str, *numbers: int, topic: str = "items") -> list[Outgoing]:
    return [Outgoing(f"evt-{key}-{topic}-{n}", topic, key, f"{key}:{n}".encode(), 1_000 + n) for n in numbers]


def values(rows: Sequence[Unsent]) -> list[str]:
    return [row.value.decode() for row in rows]


class OutgoingContract:
    """P1 to P5 of OutgoingSource."""

    @pytest.fixture
    async def rig(self, rigs: Rigs[OutgoingRig]) -> AsyncIterator[OutgoingRig]:
        async with rigs() as rig:
            yield rig

    async def test_p1_rows_appear_exactly_when_their_transaction_committed(self, rig: OutgoingRig) -> None:
        await rig.publish(events("a", 1, 2))
        await rig.publish(events("b", 1), refused=True)
        found = await rig.source.unsent(10)
        assert [(row.topic, row.key, row.value, row.created_ms) for row in found] == [
            ("items", "a", b"a:1", 1_001),
            ("items", "a", b"a:2", 1_002),
        ]
        backlog = await rig.source.backlog()
        assert backlog == (2, 1_001)

    async def test_p1_a_moment_is_a_plain_number(self, rig: OutgoingRig) -> None:
        await rig.publish([Outgoing("evt-1", "items", "a", b"", 1_795_000_000_000)])
        moment_ms = (await rig.source.unsent(1))[0].created_ms
        assert (type(moment_ms), moment_ms) == (int, 1_795_000_000_000)  # a driver's own kind cannot be written as JSON

    async def test_p2_rows_of_one_key_come_in_the_order_of_their_transactions(self, rig: OutgoingRig) -> None:
        for number in range(20):
            await rig.publish(events(f"k{number % 3}", number))
        found = await rig.source.unsent(100)
        for key in ("k0", "k1", "k2"):
            numbers = [int(value.partition(":")[2]) for value in values([row for row in found if row.key == key])]
            assert numbers == sorted(numbers)
            assert len(numbers) >= 6

    async def test_p2_the_oldest_come_first_when_not_all_are_asked_for(self, rig: OutgoingRig) -> None:
        await rig.publish(events("a", *range(10)))
        assert values(await rig.source.unsent(4)) == ["a:0", "a:1", "a:2", "a:3"]

    async def test_p3_rows_stay_until_they_are_marked_whatever_crashes(self, rig: OutgoingRig) -> None:
        await rig.publish(events("a", 1, 2, 3))
        first = await rig.source.unsent(2)
        rig.crash_point()  # after the append to the log, before the mark
        assert values(await (await rig.found()).unsent(10)) == ["a:1", "a:2", "a:3"]
        await rig.source.mark_sent(first)
        rig.crash_point()
        assert values(await (await rig.found()).unsent(10)) == ["a:3"]

    async def test_p4_marking_twice_changes_nothing(self, rig: OutgoingRig) -> None:
        await rig.publish(events("a", 1, 2))
        rows = await rig.source.unsent(1)
        await asyncio.gather(*(rig.source.mark_sent(rows) for _ in range(8)))
        assert values(await rig.source.unsent(10)) == ["a:2"]
        assert (await rig.source.backlog()).rows == 1

    async def test_p4_nothing_to_mark_is_fine(self, rig: OutgoingRig) -> None:
        await rig.source.mark_sent([])
        assert await rig.source.backlog() == (0, 0)

    async def test_p5_trim_forgets_only_rows_sent_before(self, rig: OutgoingRig) -> None:
        await rig.publish(events("a", 1, 2, 3))
        await rig.source.mark_sent(await rig.source.unsent(1))
        rig.clock.advance(60)
        await rig.source.mark_sent(await rig.source.unsent(1))
        first = await rig.source.trim(rig.clock.now_ms())
        assert values(await rig.source.unsent(10)) == ["a:3"]
        second = await rig.source.trim(rig.clock.now_ms() + 1)
        assert (first, second) in ((1, 1), (0, 0))  # every sent row was kept until then, or none
        assert await rig.source.trim(rig.clock.now_ms() + 1_000) == 0
        assert values(await rig.source.unsent(10)) == ["a:3"]

    async def test_p6_a_commit_of_this_process_gives_a_hint(self, rig: OutgoingRig) -> None:
        hinted = threading.Event()
        rig.source.on_new(hinted.set)
        await rig.source.mark_sent([])
        assert not hinted.is_set()
        await rig.publish(events("a", 1))
        assert await asyncio.to_thread(hinted.wait, DEADLINE_S)

    async def test_a_race_of_publishers_and_a_relay_loses_and_doubles_nothing(self, rig: OutgoingRig) -> None:
        seen: list[str] = []
        done = asyncio.Event()

        async def publish(key: str) -> None:
            for number in range(15):
                await rig.publish(events(key, number))

        async def relay() -> None:
            while not done.is_set() or (await rig.source.backlog()).rows:
                rows = await rig.source.unsent(7)
                seen.extend(values(rows))
                await rig.source.mark_sent(rows)

        relaying = asyncio.ensure_future(relay())
        await asyncio.gather(*(publish(f"k{n}") for n in range(6)))
        done.set()
        await relaying
        assert sorted(seen) == sorted(f"k{n}:{i}" for n in range(6) for i in range(15))
        for n in range(6):
            assert [value for value in seen if value.startswith(f"k{n}:")] == [f"k{n}:{i}" for i in range(15)]

    async def test_an_engine_that_is_down_says_unavailable_in_time(self, rig: OutgoingRig) -> None:
        await rig.publish(events("a", 1))
        rows = await rig.source.unsent(1)
        await rig.down()
        async with asyncio.timeout(DEADLINE_S):
            for call in (rig.source.unsent(1), rig.source.mark_sent(rows), rig.source.backlog(), rig.source.trim(1)):
                with pytest.raises(Unavailable):
                    await call
        await rig.up()
        assert values(await rig.source.unsent(10)) == ["a:1"]

    def test_model_of_a_queue(self, rigs: Rigs[OutgoingRig]) -> None:
        play(lambda: OutgoingMachine(rigs))


class OutgoingMachine(Machine[OutgoingRig]):
    """A list is the model: publish, send some, crash between append and mark, restart."""

    def __init__(self, rigs: Rigs[OutgoingRig]) -> None:
        super().__init__(rigs)
        self.waiting: list[str] = []
        self.number = 0

    @rule(key=st.sampled_from(["a", "b"]), count=st.integers(1, 4), refused=st.booleans())
    def publish(self, key: str, count: int, refused: bool) -> None:
        numbers = range(self.number, self.number + count)
        self.number += count
        self.wait(self.rig.publish(events(key, *numbers), refused=refused))
        if not refused:
            self.waiting += [f"{key}:{n}" for n in numbers]

    @rule(most=st.integers(1, 5), crashes=st.booleans())
    def send(self, most: int, crashes: bool) -> None:
        rows = self.wait(self.rig.source.unsent(most))
        assert values(rows) == self.waiting[:most]
        if not crashes:
            self.wait(self.rig.source.mark_sent(rows))
            del self.waiting[:most]

    @rule()
    def trim(self) -> None:
        self.rig.clock.advance(1)
        self.wait(self.rig.source.trim(self.rig.clock.now_ms()))

    @rule()
    def restart(self) -> None:
        self.wait(self.rig.down())
        self.wait(self.rig.up())

    @invariant()
    def counted(self) -> None:
        assert self.wait(self.rig.source.backlog()).rows == len(self.waiting)
