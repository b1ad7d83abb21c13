"""The contract of WishStore: one class, every engine binds to it with fixtures only."""

import asyncio
from collections.abc import AsyncIterator
from typing import Protocol

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule

from haat.errors import Unavailable
from haat.wishlist.messages import WishChanged
from haat.wishlist.model import Wish, WishlistFull
from haat.wishlist.ports import WishStore
from tests.conftest import ManualClock
from tests.contracts.machines import Machine
from tests.contracts.rigs import Breakable, Rigs, play

GUEST, USER, OTHER = "crt_guest", "usr_user", "crt_other"
ITEMS = ("itm_a", "itm_b", "itm_c")
MOST = 200


class WishStoreRig(Breakable, Protocol):
    """A wish store on a fresh engine."""

    store: WishStore
    clock: ManualClock

    def advance(self, seconds: float) -> None:
        """Let time pass."""

    async def events(self) -> list[WishChanged]:
        """What was published, oldest first."""

    async def statements(self) -> list[int]:
        """Statements of each writing unit since the last call."""


async def put(store: WishStore, owner: str, item_id: str, *, tell_back: bool = False, sku: str | None = None) -> Wish:
    return await store.put(owner, item_id, sku, tell_back=tell_back, most=MOST)


async def told(store: WishStore, *items: str) -> list[tuple[str, str]]:
    return [(row.item_id, row.owner) for row in await store.waiting(items, ("", ""), 100)]


class WishStoreContract:
    """Promises P1-P6 of haat.wishlist.ports."""

    @pytest.fixture
    async def rig(self, rigs: Rigs[WishStoreRig]) -> AsyncIterator[WishStoreRig]:
        async with rigs() as rig:
            yield rig

    async def test_p1_each_change_of_a_wish_has_one_event(self, rig: WishStoreRig) -> None:
        await put(rig.store, GUEST, "itm_a", sku="acme.A")
        await put(rig.store, GUEST, "itm_a", tell_back=True)
        await rig.store.remove(GUEST, "itm_a")
        said = [(event.change, event.sku, event.tell_back) for event in await rig.events()]
        assert said == [("put", "acme.A", False), ("put", "acme.A", True), ("removed", "acme.A", True)]
        assert await rig.store.of(GUEST) == []

    async def test_p2_what_changes_nothing_is_not_published(self, rig: WishStoreRig) -> None:
        first = await put(rig.store, GUEST, "itm_a", tell_back=True, sku="acme.A")
        rig.advance(60)
        assert await put(rig.store, GUEST, "itm_a", tell_back=True) == first
        assert not await rig.store.remove(GUEST, "itm_b")
        assert await rig.store.merge(OTHER, GUEST) == 0
        assert await rig.store.merge(GUEST, GUEST) == 0
        assert len(await rig.events()) == 1

    async def test_p3_the_same_wish_from_many_tabs_is_one(self, rig: WishStoreRig) -> None:
        await asyncio.gather(*(put(rig.store, GUEST, "itm_a") for _ in range(10)))
        assert [wish.item_id for wish in await rig.store.of(GUEST)] == ["itm_a"]
        assert len(await rig.events()) == 1

    async def test_p3_no_race_gets_past_the_limit(self, rig: WishStoreRig) -> None:
        calls = [rig.store.put(GUEST, f"itm_{n}", None, tell_back=False, most=7) for n in range(20)]
        results = await asyncio.gather(*calls, return_exceptions=True)
        assert sum(isinstance(result, WishlistFull) for result in results) == 13
        kept = await rig.store.of(GUEST)
        assert len(kept) == len(await rig.events()) == 7
        again = await rig.store.put(GUEST, kept[0].item_id, None, tell_back=True, most=7)
        assert again.tell_back, "a wish that is there can always be changed"
        await rig.store.put(USER, "itm_1", None, tell_back=False, most=7)

    async def test_p4_a_merge_loses_no_wish(self, rig: WishStoreRig) -> None:
        await put(rig.store, USER, "itm_a", sku="acme.A")
        rig.advance(60)
        await put(rig.store, GUEST, "itm_a", tell_back=True, sku="acme.B")
        await put(rig.store, GUEST, "itm_b", tell_back=True)
        results = await asyncio.gather(*(rig.store.merge(GUEST, USER) for _ in range(4)))
        assert sorted(results) == [0, 0, 0, 2]
        start_ms = rig.clock.now_ms() - 60_000
        assert await rig.store.of(USER) == [
            Wish(item_id="itm_b", sku=None, tell_back=True, added_ms=start_ms + 60_000),
            Wish(item_id="itm_a", sku="acme.A", tell_back=True, added_ms=start_ms),
        ]
        assert await rig.store.of(GUEST) == []
        merged = [(event.owner, event.other) for event in await rig.events() if event.change == "merged"]
        assert merged == [(USER, GUEST)] * 2

    async def test_p5_an_owner_sees_and_changes_only_what_is_theirs(self, rig: WishStoreRig) -> None:
        wish = await put(rig.store, USER, "itm_a")
        assert await rig.store.of(GUEST) == []
        assert not await rig.store.remove(GUEST, "itm_a")
        await put(rig.store, GUEST, "itm_a", tell_back=True)
        assert await rig.store.of(USER) == [wish]

    async def test_p6_who_waits_is_found_page_by_page(self, rig: WishStoreRig) -> None:
        for owner in (GUEST, USER, OTHER):
            for item_id in ITEMS:
                await put(rig.store, owner, item_id, tell_back=owner != OTHER or item_id == "itm_b")
        wanted = [("itm_a", GUEST), ("itm_a", USER), ("itm_b", GUEST), ("itm_b", OTHER), ("itm_b", USER)]
        wanted.sort()
        assert await told(rig.store, "itm_b", "itm_a") == wanted
        paged: list[tuple[str, str]] = []
        while page := await rig.store.waiting(["itm_a", "itm_b"], paged[-1] if paged else ("", ""), 2):
            paged += [(row.item_id, row.owner) for row in page]
        assert paged == wanted
        assert await told(rig.store) == []

    async def test_a_new_wish_is_four_statements_a_changed_one_three_and_a_merge_five(self, rig: WishStoreRig) -> None:
        await rig.statements()
        await put(rig.store, GUEST, "itm_a")
        await put(rig.store, GUEST, "itm_a", tell_back=True)
        await put(rig.store, GUEST, "itm_b")
        await put(rig.store, USER, "itm_a")
        await rig.store.merge(GUEST, USER)
        await rig.store.remove(USER, "itm_a")
        assert await rig.statements() == [4, 3, 4, 4, 5, 3]

    async def test_an_engine_that_is_down_says_so_and_loses_nothing(self, rig: WishStoreRig) -> None:
        wish = await put(rig.store, GUEST, "itm_a")
        await rig.down()
        for call in (put(rig.store, GUEST, "itm_b"), rig.store.of(GUEST), rig.store.merge(GUEST, USER)):
            with pytest.raises(Unavailable):
                await call
        await rig.up()
        assert await rig.store.of(GUEST) == [wish]

    def test_any_play_keeps_what_a_plain_model_keeps(self, rigs: Rigs[WishStoreRig]) -> None:
        play(lambda: WishMachine(rigs))


class WishMachine(Machine[WishStoreRig]):
    """Two guests and an account, against dictionaries."""

    def __init__(self, rigs: Rigs[WishStoreRig]) -> None:
        super().__init__(rigs)
        self.model: dict[str, dict[str, Wish]] = {owner: {} for owner in (GUEST, OTHER, USER)}
        self.changes = 0

    @rule(
        owner=st.sampled_from((GUEST, OTHER, USER)),
        item_id=st.sampled_from(ITEMS),
        tell_back=st.booleans(),
        sku=st.sampled_from((None, "acme.A", "acme.B")),
    )
    def put(self, owner: str, item_id: str, tell_back: bool, sku: str | None) -> None:
        before = self.model[owner].get(item_id)
        wish = self.wait(put(self.rig.store, owner, item_id, tell_back=tell_back, sku=sku))
        added_ms = before.added_ms if before else self.rig.clock.now_ms()
        kept = sku or (before.sku if before else None)
        assert wish == Wish(item_id=item_id, sku=kept, tell_back=tell_back, added_ms=added_ms)
        self.changes += wish != before
        self.model[owner][item_id] = wish

    @rule(owner=st.sampled_from((GUEST, OTHER, USER)), item_id=st.sampled_from(ITEMS))
    def remove(self, owner: str, item_id: str) -> None:
        there = self.model[owner].pop(item_id, None) is not None
        assert self.wait(self.rig.store.remove(owner, item_id)) == there
        self.changes += there

    @rule(guest=st.sampled_from((GUEST, OTHER)))
    def merge(self, guest: str) -> None:
        theirs, mine = self.model[guest], self.model[USER]
        assert self.wait(self.rig.store.merge(guest, USER)) == len(theirs)
        self.changes += len(theirs)
        for item_id, wish in theirs.items():
            own = mine.get(item_id, wish)
            mine[item_id] = Wish(
                item_id=item_id,
                sku=own.sku or wish.sku,
                tell_back=own.tell_back or wish.tell_back,
                added_ms=own.added_ms,
            )
        self.model[guest] = {}

    @rule()
    def time_passes(self) -> None:
        self.rig.advance(30)

    @rule()
    def restart(self) -> None:
        self.wait(self.rig.down())
        self.wait(self.rig.up())

    @invariant()
    def the_lists_are_the_models(self) -> None:
        for owner, wishes in self.model.items():
            there = self.wait(self.rig.store.of(owner))
            assert {wish.item_id: wish for wish in there} == wishes
            assert [wish.added_ms for wish in there] == sorted((w.added_ms for w in there), reverse=True)

    @invariant()
    def who_waits_is_found(self) -> None:
        waiting = [(w.item_id, owner) for owner, wishes in self.model.items() for w in wishes.values() if w.tell_back]
        assert self.wait(told(self.rig.store, *ITEMS)) == sorted(waiting)

    @invariant()
    def each_change_has_one_event(self) -> None:
        assert len(self.wait(self.rig.events())) == self.changes
