"""What every event log promises (haat.events.ports)."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, suppress
from typing import Protocol

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule

from haat.errors import Conflict, Unavailable
from haat.events.ports import PARTITIONS, EventLog, Lag, MovableLog, Record, Subscription, partition_of
from tests.contracts.machines import Machine
from tests.contracts.rigs import DEADLINE_S, Advance, Breakable, Rigs, play


class EventLogRig(Breakable, Protocol):
    """An event log that can lose power."""

    log: MovableLog
    advance: Advance

    def now_ms(self) -> int:
        """The engine's time."""

    def crash_point(self, *, torn: bool = False) -> None:
        """Remember what a process that died now would leave; `torn`: in the middle of writing its last append."""

    async def found(self) -> EventLog:
        """The log as a new process finds it after the last crash point."""


def entries(key: str, *numbers: int) -> list[tuple[str, bytes]]:
    return [(key, f"{key}:{n}".encode()) for n in numbers]


def values(records: Sequence[Record]) -> list[str]:
    return [record.value.decode() for record in records]


async def everything(subscription: Subscription, limit: int = 100) -> list[Record]:
    found: list[Record] = []
    while records := await subscription.poll(limit, 0):
        found += records
    return found


async def whole(log: EventLog, topic: str) -> list[Record]:
    parts = [await log.read(topic, n, 0, 10_000) for n in range(await log.partitions(topic))]
    return [record for part in parts for record in part]


class EventLogContract:
    """P1 to P12 of the EventLog port."""

    @pytest.fixture
    async def rig(self, rigs: Rigs[EventLogRig]) -> AsyncIterator[EventLogRig]:
        async with rigs() as rig:
            yield rig

    async def test_p1_what_was_appended_survives_a_crash(self, rig: EventLogRig) -> None:
        for number in range(10):
            await rig.log.append("items", entries(f"k{number}", 1, 2))
        rig.crash_point()
        found = await rig.found()
        assert sorted(values(await whole(found, "items"))) == sorted(f"k{n}:{i}" for n in range(10) for i in (1, 2))

    async def test_p1_a_torn_tail_is_repaired_and_loses_only_whole_appends_at_the_end(self, rig: EventLogRig) -> None:
        for number in range(5):
            await rig.log.append("items", entries("a", *range(number * 10, number * 10 + 10)))
        rig.crash_point(torn=True)
        found = await rig.found()
        there = [int(value[2:]) for value in values(await whole(found, "items"))]
        assert there == list(range(len(there)))
        assert len(there) in (40, 50)
        await found.append("items", entries("a", 100, 101))
        async with found.subscribe("g", ["items"]) as subscription:
            assert values(await everything(subscription))[-2:] == ["a:100", "a:101"]

    async def test_p1_an_append_that_failed_and_is_sent_again_leaves_doubles_but_no_gap(self, rig: EventLogRig) -> None:
        batch = [(f"k{n % 20}", str(n).encode()) for n in range(400)]
        asked: dict[int, list[str]] = defaultdict(list)
        for key, value in batch:
            asked[partition_of(key, PARTITIONS)].append(value.decode())
        appending = asyncio.ensure_future(rig.log.append("items", batch))
        await asyncio.sleep(0)
        await rig.down()
        with suppress(Unavailable):
            await appending
        await rig.up()
        for partition, wanted in asked.items():
            there = values(await rig.log.read("items", partition, 0, 1_000))
            assert there == wanted[: len(there)]
        await rig.log.append("items", batch)
        for partition, wanted in asked.items():
            there = values(await rig.log.read("items", partition, 0, 1_000))
            assert list(dict.fromkeys(there)) == wanted

    async def test_p1_no_entries_is_no_append(self, rig: EventLogRig) -> None:
        await rig.log.append("items", [])
        assert await whole(rig.log, "items") == []

    async def test_p2_a_key_keeps_its_order_under_a_race_of_appends(self, rig: EventLogRig) -> None:
        async def one(key: str) -> None:
            for number in range(12):
                await rig.log.append("items", entries(key, number))

        await asyncio.gather(*(one(f"k{n}") for n in range(10)))
        async with rig.log.subscribe("g", ["items"]) as subscription:
            found = values(await everything(subscription, limit=7))
        assert len(found) == 120
        for n in range(10):
            assert [value for value in found if value.startswith(f"k{n}:")] == [f"k{n}:{i}" for i in range(12)]

    async def test_p2_a_large_append_keeps_its_order(self, rig: EventLogRig) -> None:
        big = [(f"k{n % 3}", f"{n:05}".encode() + b"." * 60_000) for n in range(60)]
        await rig.log.append("items", big)
        async with rig.log.subscribe("g", ["items"]) as subscription:
            found = await everything(subscription, limit=7)
        assert len(found) == 60
        for key in ("k0", "k1", "k2"):
            assert [one.value for one in found if one.key == key] == [value for name, value in big if name == key]

    async def test_p2_topics_with_the_same_partitions_put_a_key_into_the_same_one(self, rig: EventLogRig) -> None:
        keys = [f"itm_{n}" for n in range(40)]
        for topic in ("items", "offers", "stock"):
            await rig.log.append(topic, [(key, b"") for key in keys])
            assert await rig.log.partitions(topic) == PARTITIONS
            where = {record.key: record.partition for record in await whole(rig.log, topic)}
            assert where == {key: partition_of(key, PARTITIONS) for key in keys}
        assert len({partition_of(key, PARTITIONS) for key in keys}) > PARTITIONS // 2

    async def test_p3_every_group_sees_every_record_and_none_again_once_committed(self, rig: EventLogRig) -> None:
        await rig.log.append("items", [(f"k{n}", str(n).encode()) for n in range(30)])
        late: list[str] = []
        for group in ("search", "lake"):
            async with rig.log.subscribe(group, ["items"]) as subscription:
                records = await everything(subscription, limit=11)
                assert sorted(values(records)) == sorted([*map(str, range(30)), *late])
                await subscription.commit(records)
            async with rig.log.subscribe(group, ["items"]) as subscription:
                assert await everything(subscription) == []
                await rig.log.append("items", [("late", group.encode())])
                assert values(await subscription.poll(10, 1)) == [group]
                late.append(group)

    async def test_p3_a_crash_between_effect_and_commit_gives_the_records_again(self, rig: EventLogRig) -> None:
        await rig.log.append("items", entries("a", 1, 2, 3, 4))
        async with rig.log.subscribe("g", ["items"]) as subscription:
            first = await subscription.poll(2, 0)
            await subscription.commit(first)
            assert values(await subscription.poll(1, 0)) == ["a:3"]  # the effect is made, and then the process dies
            rig.crash_point()
        found = await rig.found()
        async with found.subscribe("g", ["items"]) as subscription:
            assert values(await everything(subscription)) == ["a:3", "a:4"]

    async def test_p3_a_member_that_left_without_commit_leaves_its_records(self, rig: EventLogRig) -> None:
        await rig.log.append("items", [(f"k{n}", str(n).encode()) for n in range(10)])
        async with rig.log.subscribe("g", ["items"]) as subscription:
            records = await everything(subscription)
            await subscription.commit([record for record in records if record.partition % 2])
        async with rig.log.subscribe("g", ["items"]) as subscription:
            again = await everything(subscription)
        assert set(again) == {record for record in records if record.partition % 2 == 0}

    async def test_p3_several_topics_come_in_one_subscription(self, rig: EventLogRig) -> None:
        for n in range(5):
            await rig.log.append("items", [("a", f"items {n}".encode())])
            await rig.log.append("offers", [("a", f"offers {n}".encode())])
            await rig.log.append("users", [("a", b"not heard")])
        async with rig.log.subscribe("g", ["items", "offers"]) as subscription:
            found = []
            while records := await subscription.poll(3, 0):
                assert len(records) <= 3
                await subscription.commit(records)
                found += records
        for topic in ("items", "offers"):
            heard = [record.value.decode() for record in found if record.topic == topic]
            assert heard == [f"{topic} {n}" for n in range(5)]
        assert len(found) == 10

    async def test_p4_members_share_the_partitions_and_take_over(self, rig: EventLogRig) -> None:
        await rig.log.append("items", [(f"k{n}", str(n).encode()) for n in range(100)])
        async with AsyncExitStack() as stack:
            stay = await stack.enter_async_context(rig.log.subscribe("g", ["items"]))
            async with rig.log.subscribe("g", ["items"]) as leave:
                mine, theirs = await everything(stay), await everything(leave)
                assert not {record.partition for record in mine} & {record.partition for record in theirs}
                assert len(mine) + len(theirs) == 100
                assert min(len(mine), len(theirs)) > 0
                await stay.commit(mine)
                await leave.commit(theirs[:3])
            again = await everything(stay)
            assert set(theirs[3:]) <= set(again)
            assert not set(again) & set(mine)

    async def test_p4_a_commit_after_partitions_were_dealt_anew_skips_nothing(self, rig: EventLogRig) -> None:
        async with AsyncExitStack() as stack:
            stay = await stack.enter_async_context(rig.log.subscribe("g", ["items"]))
            leave_stack = await stack.enter_async_context(AsyncExitStack())
            leave = await leave_stack.enter_async_context(rig.log.subscribe("g", ["items"]))
            await rig.log.append("items", [(f"k{n}", str(n).encode()) for n in range(40)])
            mine, theirs = await everything(stay), await everything(leave)
            await leave_stack.aclose()
            await stay.commit(mine)  # it owns their partitions by now, and has read none of them
            assert {record.value for record in theirs} <= {record.value for record in await everything(stay)}

    async def test_p5_positions_grow_and_are_not_used_again_after_trim(self, rig: EventLogRig) -> None:
        await rig.log.append("items", entries("a", 1, 2, 3))
        before = [record.position for record in await whole(rig.log, "items")]
        assert before == sorted(set(before))
        rig.advance(1)
        assert await rig.log.trim(rig.now_ms()) == 3
        await rig.log.append("items", entries("a", 4))
        (late,) = await whole(rig.log, "items")
        assert late.position > before[-1]

    async def test_p5_read_goes_on_behind_a_position(self, rig: EventLogRig) -> None:
        await rig.log.append("items", entries("a", *range(10)))
        await rig.log.append("items", entries("b", *range(10)))
        partition = partition_of("a", await rig.log.partitions("items"))
        found, after = [], 0
        while page := await rig.log.read("items", partition, after, 4):
            found += [record for record in page if record.key == "a"]
            after = page[-1].position
        assert values(found) == [f"a:{n}" for n in range(10)]
        assert await rig.log.read("unknown", 0, 0, 10) == []

    async def test_p6_a_waiting_poll_hears_of_an_append_at_once(self, rig: EventLogRig) -> None:
        async with rig.log.subscribe("g", ["items"]) as subscription:
            assert await subscription.poll(10, 0) == []
            polling = asyncio.ensure_future(subscription.poll(10, 30))
            await asyncio.sleep(0)
            await rig.log.append("items", entries("a", 1))
            async with asyncio.timeout(2):
                assert values(await polling) == ["a:1"]

    async def test_p6_interrupt_ends_a_waiting_poll(self, rig: EventLogRig) -> None:
        async with rig.log.subscribe("g", ["items"]) as subscription:
            polling = asyncio.ensure_future(subscription.poll(10, 30))
            await rig.log.lag("g", "items")
            subscription.interrupt()
            async with asyncio.timeout(2):
                assert await polling == []

    async def test_p7_a_late_commit_moves_nothing_back(self, rig: EventLogRig) -> None:
        await rig.log.append("items", entries("a", 1, 2, 3))
        async with rig.log.subscribe("g", ["items"]) as subscription:
            records = await everything(subscription)
            await subscription.commit(records)
            await subscription.commit(records[:1])
        async with rig.log.subscribe("g", ["items"]) as subscription:
            assert await everything(subscription) == []

    async def test_p8_trim_forgets_only_what_is_older(self, rig: EventLogRig) -> None:
        await rig.log.append("items", entries("a", 1, 2))
        async with rig.log.subscribe("behind", ["items"]) as subscription:
            await subscription.commit(await subscription.poll(1, 0))
        rig.advance(3_600)
        moment = rig.now_ms()
        await rig.log.append("items", entries("a", 3, 4))
        assert await rig.log.trim(moment) == 2
        assert await rig.log.trim(moment) == 0
        for group in ("behind", "new"):
            async with rig.log.subscribe(group, ["items"]) as subscription:
                assert values(await everything(subscription)) == ["a:3", "a:4"]

    async def test_p11_what_was_brought_is_there_as_it_was_and_in_its_order(self, rig: EventLogRig) -> None:
        before_ms = rig.now_ms() - 3_600_000
        brought = [
            Record(topic, partition_of(key, 4), 0, key, f"{topic}:{key}:{n}".encode() + b"\xff", before_ms + n)
            for n in range(30)
            for topic in ("items", "orders")
            for key in ("a", "b", "\U0001f48d")
        ]
        await rig.log.make({"items": 4, "orders": 4})
        await rig.log.bring(brought)
        await rig.log.bring([])
        assert await rig.log.topics() == {"items": 4, "orders": 4}
        rig.crash_point()
        found = await rig.found()
        for topic in ("items", "orders"):
            for partition in range(4):
                wanted = [one for one in brought if (one.topic, one.partition) == (topic, partition)]
                records = await found.read(topic, partition, 0, 1_000)
                assert [one._replace(position=0) for one in records] == wanted

    async def test_p11_what_is_appended_later_comes_behind_what_was_brought(self, rig: EventLogRig) -> None:
        await rig.log.make({"items": PARTITIONS})
        await rig.log.bring([Record("items", partition_of("a", PARTITIONS), 0, "a", b"a:1", rig.now_ms())])
        await rig.log.append("items", entries("a", 2))
        async with rig.log.subscribe("g", ["items"]) as subscription:
            assert values(await everything(subscription)) == ["a:1", "a:2"]

    async def test_p11_a_topic_with_another_number_of_partitions_is_refused(self, rig: EventLogRig) -> None:
        await rig.log.append("items", entries("a", 1))
        with pytest.raises(Conflict, match="items has 8 partitions here and 4"):
            await rig.log.make({"items": 4, "orders": 4})
        assert await rig.log.topics() == {"items": PARTITIONS}

    async def test_p12_a_group_goes_on_behind_the_record_it_was_told(self, rig: EventLogRig) -> None:
        await rig.log.append("items", entries("a", *range(10)) + entries("b", *range(10)))
        at = {key: partition_of(key, PARTITIONS) for key in ("a", "b")}
        third = (await rig.log.read("items", at["a"], 0, 100))[2].position
        await rig.log.go_on("g", {("items", at["a"]): third})
        assert await rig.log.done() == {"g": {("items", at["a"]): third}}
        assert (await rig.log.lag("g", "items")).records == 17
        async with rig.log.subscribe("g", ["items"]) as subscription:
            found = await everything(subscription)
            by_key = {key: [one.value.decode() for one in found if one.key == key] for key in at}
            assert by_key == {"a": [f"a:{n}" for n in range(3, 10)], "b": [f"b:{n}" for n in range(10)]}
            await subscription.commit(found)
        assert (await rig.log.done())["g"].keys() >= {("items", partition) for partition in at.values()}

    async def test_p9_an_engine_that_is_down_says_unavailable_in_time(self, rig: EventLogRig) -> None:
        await rig.log.append("items", entries("a", 1))
        async with rig.log.subscribe("g", ["items"]) as subscription:
            records = await subscription.poll(10, 0)
            await rig.down()
            async with asyncio.timeout(DEADLINE_S):
                for call in (
                    rig.log.append("items", entries("a", 2)),
                    rig.log.read("items", 0, 0, 1),
                    rig.log.partitions("items"),
                    rig.log.lag("g", "items"),
                    rig.log.trim(1),
                    rig.log.ping(),
                    rig.log.topics(),
                    rig.log.done(),
                    rig.log.make({"other": 2}),
                    rig.log.bring([Record("items", 0, 0, "a", b"", 1)]),
                    rig.log.go_on("g", {("items", 0): 1}),
                    subscription.poll(1, 0),
                    subscription.commit(records),
                ):
                    with pytest.raises(Unavailable):
                        await call
                with pytest.raises(Unavailable):
                    async with rig.log.subscribe("g", ["items"]):
                        pass
            await rig.up()
            await subscription.commit(records)
            await rig.log.append("items", entries("a", 2))
            assert "a:2" in values(await everything(subscription))

    async def test_p10_lag_counts_what_a_group_has_not_committed(self, rig: EventLogRig) -> None:
        assert await rig.log.lag("g", "items") == Lag(0, 0)
        await rig.log.append("items", [(f"k{n}", b"") for n in range(10)])
        rig.advance(5)
        assert await rig.log.lag("g", "items") == Lag(10, 5_000)
        async with rig.log.subscribe("g", ["items"]) as subscription:
            records = await everything(subscription)
            await subscription.commit(records[:4])
            rig.advance(1)
            left = await rig.log.lag("g", "items")
            assert left.ms == 6_000
            assert 6 <= left.records <= 10
            await subscription.commit(records)
            assert await rig.log.lag("g", "items") == Lag(0, 0)
            await rig.log.append("items", [("k", b"")])
            rig.advance(2)
            assert await rig.log.lag("g", "items") == Lag(1, 2_000)
        assert await rig.log.lag("other", "items") == Lag(11, 8_000)

    def test_model_of_a_log_and_its_groups(self, rigs: Rigs[EventLogRig]) -> None:
        play(lambda: EventLogMachine(rigs))


KEYS = st.sampled_from([f"k{n}" for n in range(6)])
GROUPS = st.sampled_from(["search", "lake"])


class EventLogMachine(Machine[EventLogRig]):
    """Per group and key, a list of values: each is seen in order, all are seen, none after its commit."""

    def __init__(self, rigs: Rigs[EventLogRig]) -> None:
        super().__init__(rigs)
        self.number = 0
        self.appended: dict[str, list[str]] = defaultdict(list)
        self.committed: dict[str, dict[str, int]] = {"search": defaultdict(int), "lake": defaultdict(int)}
        self.members: dict[str, list[tuple[AsyncExitStack, Subscription]]] = {"search": [], "lake": []}

    @rule(keys=st.lists(KEYS, max_size=5))
    def append(self, keys: list[str]) -> None:
        batch = []
        for key in keys:
            self.number += 1
            batch.append((key, str(self.number).encode()))
            self.appended[key].append(str(self.number))
        self.wait(self.rig.log.append("items", batch))

    @rule(group=GROUPS)
    def join(self, group: str) -> None:
        async def join() -> None:
            stack = AsyncExitStack()
            self.members[group].append(
                (stack, await stack.enter_async_context(self.rig.log.subscribe(group, ["items"])))
            )

        if len(self.members[group]) < 3:
            self.wait(join())

    @rule(group=GROUPS)
    def leave(self, group: str) -> None:
        if self.members[group]:
            self.wait(self.members[group].pop(0)[0].aclose())

    @rule(group=GROUPS, which=st.integers(0, 2), limit=st.integers(1, 6), commits=st.booleans())
    def consume(self, group: str, which: int, limit: int, commits: bool) -> None:
        members = self.members[group]
        if not members:
            return
        _, subscription = members[which % len(members)]
        records = self.wait(subscription.poll(limit, 0))
        assert len(records) <= limit
        by_key: dict[str, list[str]] = defaultdict(list)
        for record in records:
            by_key[record.key].append(record.value.decode())
        for key, got in by_key.items():
            start = self.appended[key].index(got[0])
            assert got == self.appended[key][start : start + len(got)]
            assert start >= self.committed[group][key]
            if commits:
                self.committed[group][key] = start + len(got)
        if commits:
            self.wait(subscription.commit(records))

    @invariant()
    def lag_is_exact(self) -> None:
        for group in ("search", "lake"):
            done = sum(self.committed[group].values())
            lag = self.wait(self.rig.log.lag(group, "items"))
            assert lag.records == sum(map(len, self.appended.values())) - done

    def teardown(self) -> None:
        try:
            for group in ("search", "lake"):
                for stack, _ in self.members[group]:
                    self.wait(stack.aclose())
                self.wait(self.finish(group))
        finally:
            super().teardown()

    async def finish(self, group: str) -> None:
        """What a group had not committed comes now, and only that may be missing which it had."""
        async with self.rig.log.subscribe(group, ["items"]) as subscription:
            rest: dict[str, list[str]] = defaultdict(list)
            for record in await everything(subscription):
                rest[record.key].append(record.value.decode())
        for key, numbers in self.appended.items():
            assert rest[key] == numbers[self.committed[group][key] :]
