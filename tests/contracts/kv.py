"""What every key-value store promises (haat.engines.kv.ports)."""

import asyncio
from collections.abc import AsyncIterator
from typing import Protocol

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import rule

from haat.engines.kv import KeyValue
from haat.errors import Conflict, Unavailable
from tests.contracts.machines import Machine
from tests.contracts.rigs import DEADLINE_S, Advance, Breakable, Rigs, play

MINUTE_S = 60
"""Times are minutes: the real time that passes between the calls to a server must not matter."""


class KvRig(Breakable, Protocol):
    """A key-value store and its clock."""

    kv: KeyValue
    advance: Advance


class KvContract:
    """P1 to P8 of the KeyValue port."""

    @pytest.fixture
    async def rig(self, rigs: Rigs[KvRig]) -> AsyncIterator[KvRig]:
        async with rigs() as rig:
            yield rig

    async def test_p1_of_many_that_add_one_wins(self, rig: KvRig) -> None:
        answers = await asyncio.gather(*(rig.kv.add("lock", b"%d" % n) for n in range(20)))
        assert sum(answers) == 1
        assert await rig.kv.get("lock") == b"%d" % answers.index(True)

    async def test_p1_increments_of_many_are_all_counted(self, rig: KvRig) -> None:
        answers = await asyncio.gather(*(rig.kv.increment("seen", 2) for _ in range(50)))
        assert sorted(answers) == list(range(2, 102, 2))
        assert await rig.kv.get("seen") == b"100"

    async def test_p1_swaps_of_many_lose_no_update(self, rig: KvRig) -> None:
        await rig.kv.set("list", b"")

        async def append(mark: bytes) -> None:
            while True:
                seen = await rig.kv.get("list")
                assert seen is not None
                if await rig.kv.swap("list", seen, seen + mark):
                    return

        await asyncio.gather(*(append(b"%c" % (97 + n)) for n in range(12)))
        final = await rig.kv.get("list")
        assert final is not None
        assert sorted(final) == list(range(97, 109))

    async def test_p2_a_key_is_gone_when_its_time_is_over_and_not_before(self, rig: KvRig) -> None:
        await rig.kv.set("short", b"1", ttl_s=10 * MINUTE_S)
        await rig.kv.set("long", b"2", ttl_s=60 * MINUTE_S)
        await rig.kv.set("ever", b"3")
        rig.advance(9 * MINUTE_S)
        assert await rig.kv.get("short") == b"1"
        rig.advance(2 * MINUTE_S)
        assert await rig.kv.get("short") is None
        assert await rig.kv.swap("short", b"1", b"9") is False
        assert await rig.kv.delete("short") is False
        assert await rig.kv.add("short", b"new") is True
        rig.advance(10_000 * MINUTE_S)
        assert await rig.kv.get("short") == b"new"
        assert await rig.kv.get("long") is None
        assert await rig.kv.get("ever") == b"3"

    async def test_p2_a_new_value_has_its_own_time(self, rig: KvRig) -> None:
        await rig.kv.set("key", b"1", ttl_s=10 * MINUTE_S)
        await rig.kv.set("key", b"2", ttl_s=30 * MINUTE_S)
        await rig.kv.set("other", b"1", ttl_s=10 * MINUTE_S)
        await rig.kv.set("other", b"2")
        rig.advance(20 * MINUTE_S)
        assert await rig.kv.get("key") == b"2"
        assert await rig.kv.get("other") == b"2"
        assert await rig.kv.swap("key", b"2", b"3", ttl_s=5 * MINUTE_S)
        rig.advance(6 * MINUTE_S)
        assert await rig.kv.get("key") is None

    async def test_p3_add_and_swap_only_over_what_they_expect(self, rig: KvRig) -> None:
        assert await rig.kv.swap("key", b"x", b"1") is False
        assert await rig.kv.swap("key", None, b"1") is True
        assert await rig.kv.swap("key", None, b"2") is False
        assert await rig.kv.add("key", b"2") is False
        assert await rig.kv.swap("key", b"0", b"2") is False
        assert await rig.kv.swap("key", b"1", b"2") is True
        assert await rig.kv.get("key") == b"2"
        assert await rig.kv.delete("key") is True
        assert await rig.kv.get("key") is None

    async def test_p4_a_counter_keeps_the_time_of_its_first_count(self, rig: KvRig) -> None:
        assert await rig.kv.increment("calls", ttl_s=60 * MINUTE_S) == 1
        rig.advance(40 * MINUTE_S)
        assert await rig.kv.increment("calls", 5, ttl_s=60 * MINUTE_S) == 6
        rig.advance(21 * MINUTE_S)
        assert await rig.kv.increment("calls", ttl_s=60 * MINUTE_S) == 1
        assert await rig.kv.increment("calls", -3, ttl_s=60 * MINUTE_S) == -2

    async def test_p4_what_is_not_a_number_is_not_counted(self, rig: KvRig) -> None:
        await rig.kv.set("word", b"seven")
        with pytest.raises(Conflict):
            await rig.kv.increment("word")
        assert await rig.kv.get("word") == b"seven"

    async def test_p4_counts_have_64_bits_and_the_form_of_counts(self, rig: KvRig) -> None:
        assert await rig.kv.increment("high", 2**63 - 2) == 2**63 - 2
        assert await rig.kv.increment("high") == 2**63 - 1
        with pytest.raises(Conflict):
            await rig.kv.increment("high")
        assert await rig.kv.get("high") == b"9223372036854775807"
        for text in (b" 7", b"+7", b"07", b"1_000", b"7.0", b"", b"9223372036854775808"):
            await rig.kv.set("word", text)
            with pytest.raises(Conflict):
                await rig.kv.increment("word", -1)
            assert await rig.kv.get("word") == text

    async def test_p5_members_come_by_score_then_name(self, rig: KvRig) -> None:
        for member, score in (("c", 5), ("b", 1), ("a", 5), ("d", 9), ("e", -2.5)):
            await rig.kv.z_add("due", member, score)
        await rig.kv.z_add("due", "d", 0)
        assert await rig.kv.z_due("due", 5, 10) == ["e", "d", "b", "a", "c"]
        assert await rig.kv.z_due("due", 5, 2) == ["e", "d"]
        assert await rig.kv.z_due("due", 0.5, 10) == ["e", "d"]
        assert await rig.kv.z_due("nothing", 5, 10) == []
        assert await rig.kv.z_remove("due", "b") is True
        assert await rig.kv.z_remove("due", "b") is False
        assert await rig.kv.z_due("due", 5, 10) == ["e", "d", "a", "c"]

    async def test_p5_of_many_that_remove_a_member_one_may_act(self, rig: KvRig) -> None:
        await rig.kv.z_add("due", "order", 1)
        answers = await asyncio.gather(*(rig.kv.z_remove("due", "order") for _ in range(20)))
        assert sum(answers) == 1

    async def test_p6_a_crash_between_two_calls_keeps_the_first_and_frees_the_lock(self, rig: KvRig) -> None:
        stepped = asyncio.Event()

        async def work() -> None:
            assert await rig.kv.add("lock", b"me", ttl_s=30 * MINUTE_S)
            await rig.kv.set("step", b"1")
            stepped.set()
            await asyncio.Event().wait()  # here it dies
            await rig.kv.delete("lock")

        task = asyncio.ensure_future(work())
        await stepped.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await rig.kv.get("step") == b"1"
        assert await rig.kv.add("lock", b"you", ttl_s=30 * MINUTE_S) is False
        rig.advance(31 * MINUTE_S)
        assert await rig.kv.add("lock", b"you", ttl_s=30 * MINUTE_S) is True

    async def test_p7_an_engine_that_is_down_says_unavailable_in_time(self, rig: KvRig) -> None:
        await rig.down()
        async with asyncio.timeout(DEADLINE_S):
            for call in (
                rig.kv.get("k"),
                rig.kv.set("k", b""),
                rig.kv.add("k", b""),
                rig.kv.swap("k", None, b""),
                rig.kv.delete("k"),
                rig.kv.increment("k"),
                rig.kv.z_add("z", "m", 1),
                rig.kv.z_due("z", 1, 1),
                rig.kv.z_remove("z", "m"),
                rig.kv.ping(),
            ):
                with pytest.raises(Unavailable):
                    await call
        await rig.up()
        await rig.kv.ping()
        await rig.kv.set("k", b"back")
        assert await rig.kv.get("k") == b"back"

    async def test_p8_a_key_is_a_value_or_a_set(self, rig: KvRig) -> None:
        await rig.kv.set("value", b"1")
        await rig.kv.z_add("set", "m", 1)
        for call in (
            rig.kv.z_add("value", "m", 1),
            rig.kv.z_due("value", 1, 1),
            rig.kv.z_remove("value", "m"),
            rig.kv.get("set"),
            rig.kv.swap("set", None, b""),
            rig.kv.increment("set"),
        ):
            with pytest.raises(Conflict):
                await call
        assert await rig.kv.add("set", b"") is False
        assert await rig.kv.get("value") == b"1"
        assert await rig.kv.z_due("set", 1, 1) == ["m"]
        assert await rig.kv.delete("set") is True
        assert await rig.kv.z_due("set", 1, 1) == []

    def test_model_of_a_dict_with_time(self, rigs: Rigs[KvRig]) -> None:
        play(lambda: KvMachine(rigs), examples=40, steps=40)


KEYS = st.sampled_from(["a", "b"])
VALUES = st.sampled_from([b"1", b"2", b"30"])
TTLS = st.sampled_from([None, 10 * MINUTE_S, 30 * MINUTE_S])
MEMBERS = st.sampled_from(["m", "n", "o"])


class KvMachine(Machine[KvRig]):
    """Dicts with ends are the model; time moves in whole steps that never meet an end exactly."""

    def __init__(self, rigs: Rigs[KvRig]) -> None:
        super().__init__(rigs)
        self.now_s = 0.0
        self.kept: dict[str, tuple[bytes, float]] = {}
        self.scores: dict[str, float] = {}

    def value(self, key: str) -> bytes | None:
        value, end = self.kept.get(key, (None, 0.0))
        return value if end > self.now_s else None

    def keep(self, key: str, value: bytes, ttl_s: int | None) -> None:
        self.kept[key] = (value, self.now_s + ttl_s if ttl_s else float("inf"))

    @rule(minutes=st.sampled_from([1.5, 7.25, 25.125]))
    def time(self, minutes: float) -> None:
        self.now_s += minutes * MINUTE_S
        self.rig.advance(minutes * MINUTE_S)

    @rule(key=KEYS)
    def get(self, key: str) -> None:
        assert self.wait(self.rig.kv.get(key)) == self.value(key)

    @rule(key=KEYS, value=VALUES, ttl_s=TTLS)
    def set(self, key: str, value: bytes, ttl_s: int | None) -> None:
        self.wait(self.rig.kv.set(key, value, ttl_s))
        self.keep(key, value, ttl_s)

    @rule(key=KEYS, value=VALUES, ttl_s=TTLS)
    def add(self, key: str, value: bytes, ttl_s: int | None) -> None:
        added = self.wait(self.rig.kv.add(key, value, ttl_s))
        assert added == (self.value(key) is None)
        if added:
            self.keep(key, value, ttl_s)

    @rule(key=KEYS, expected=st.one_of(st.none(), VALUES), value=VALUES, ttl_s=TTLS)
    def swap(self, key: str, expected: bytes | None, value: bytes, ttl_s: int | None) -> None:
        swapped = self.wait(self.rig.kv.swap(key, expected, value, ttl_s))
        assert swapped == (self.value(key) == expected)
        if swapped:
            self.keep(key, value, ttl_s)

    @rule(key=KEYS)
    def delete(self, key: str) -> None:
        assert self.wait(self.rig.kv.delete(key)) == (self.value(key) is not None)
        self.kept.pop(key, None)

    @rule(key=KEYS, by=st.integers(-3, 3), ttl_s=TTLS)
    def increment(self, key: str, by: int, ttl_s: int | None) -> None:
        value = self.value(key)
        count = int(value or b"0") + by
        assert self.wait(self.rig.kv.increment(key, by, ttl_s)) == count
        if value is None:
            self.keep(key, b"%d" % count, ttl_s)
        else:
            self.kept[key] = (b"%d" % count, self.kept[key][1])

    @rule(member=MEMBERS, score=st.integers(-2, 4))
    def z_add(self, member: str, score: int) -> None:
        self.wait(self.rig.kv.z_add("z", member, score))
        self.scores[member] = score

    @rule(max_score=st.integers(-3, 5), limit=st.integers(1, 3))
    def z_due(self, max_score: int, limit: int) -> None:
        due = sorted((score, member) for member, score in self.scores.items() if score <= max_score)
        assert self.wait(self.rig.kv.z_due("z", max_score, limit)) == [member for _, member in due[:limit]]

    @rule(member=MEMBERS)
    def z_remove(self, member: str) -> None:
        assert self.wait(self.rig.kv.z_remove("z", member)) == (self.scores.pop(member, None) is not None)
