"""The contract of CartStore: one class, every engine binds to it with fixtures only."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Protocol

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule

from haat.cart.lines_of_cart import LinesOfCart
from haat.cart.merge_carts import MergeCarts
from haat.cart.messages import CartChanged
from haat.cart.model import MAX_LINES, MAX_UNITS, Cart, CartFull, StaleCart, Step, Wanted
from haat.cart.ports import CartStore, Offer
from haat.cart.put_line import PutLine
from haat.cart.remove_line import RemoveLine
from haat.cart.take_out import Ordered, TakeOut
from haat.engines.system import SeededIds
from haat.errors import Unavailable
from haat.vocabulary import Clock
from tests.conftest import ManualClock
from tests.contracts.machines import Machine
from tests.contracts.rigs import Breakable, Rigs, play

GUEST, USER, OTHER = "crt_guest", "usr_user", "crt_other"
SKUS = ("acme.A", "acme.B", "acme.C")


class CartStoreRig(Breakable, Protocol):
    """A cart store on a fresh engine."""

    store: CartStore
    clock: ManualClock

    def advance(self, seconds: float) -> None:
        """Let time pass."""

    async def events(self) -> list[CartChanged]:
        """What was published, oldest first."""

    async def statements(self) -> list[int]:
        """Statements of each writing unit since the last call."""

    def crash_point(self) -> None:
        """Remember what a process that died now would leave. May be called inside a unit."""

    async def found(self) -> CartStore:
        """The store as a new process finds it after the last crash point."""


class OneOffer:
    """Every sku costs ₹100 and belongs to one item."""

    item_id = "itm_1"
    price_minor = 10_000
    active = True


async def offers(skus: Sequence[str]) -> Mapping[str, Offer]:
    return {sku: OneOffer() for sku in skus}


class Verbs:
    """The use cases over one store."""

    def __init__(self, store: CartStore, clock: Clock) -> None:
        ids = SeededIds(5, clock)
        self.store = store
        self.clock = clock
        self.put = PutLine(store, offers, ids)
        self.remove = RemoveLine(store)
        self.merge = MergeCarts(store, ids)
        self.take_out = TakeOut(store, ids)
        self.lines_of = LinesOfCart(store)

    async def order(self, order_id: str, owner: str, *lines: tuple[str, int]) -> None:
        await self.take_out([Ordered(order_id, owner, lines, self.clock.now_ms())])

    async def units(self, owner: str) -> dict[str, int]:
        cart = (await self.store.carts([owner])).get(owner)
        return {line.sku: line.units for line in cart.lines} if cart else {}


class CartStoreContract:
    """Promises P1-P7 of haat.cart.ports."""

    @pytest.fixture
    async def rig(self, rigs: Rigs[CartStoreRig]) -> AsyncIterator[CartStoreRig]:
        async with rigs() as rig:
            yield rig

    @pytest.fixture
    def verbs(self, rig: CartStoreRig) -> Verbs:
        return Verbs(rig.store, rig.clock)

    async def test_p1_a_change_and_its_event_are_there_together(self, rig: CartStoreRig, verbs: Verbs) -> None:
        cart = await verbs.put(GUEST, "acme.A", 2, pin="560034")
        assert cart is not None
        assert await rig.store.carts([GUEST]) == {GUEST: cart}
        assert await rig.events() == [
            CartChanged(
                owner=GUEST, version=1, change="put", sku="acme.A", item_id="itm_1", units=2, lines=1, pincode="560034",
                at_ms=rig.clock.now_ms(),
            )
        ]  # fmt: skip

    async def test_p1_a_crash_inside_a_change_leaves_nothing_of_it(self, rig: CartStoreRig, verbs: Verbs) -> None:
        before = await verbs.put(GUEST, "acme.A", 2)
        assert before is not None

        def crash_then(carts: Mapping[str, Cart], now_ms: int) -> Sequence[Step]:
            rig.crash_point()
            return (Step(carts[GUEST].changed((), now_ms), "removed", 2),)

        await rig.store.change([GUEST], crash_then)
        found = await rig.found()
        assert await found.carts([GUEST]) == {GUEST: before}

    async def test_p2_what_changes_nothing_is_not_published(self, rig: CartStoreRig, verbs: Verbs) -> None:
        assert await verbs.put(GUEST, "acme.A", 0) is None
        assert await verbs.remove(GUEST, "acme.A") is None
        await verbs.put(GUEST, "acme.A", 2)
        await verbs.put(GUEST, "acme.A", 2)
        await verbs.remove(GUEST, "acme.B")
        await verbs.merge(OTHER, GUEST)
        await verbs.merge(GUEST, GUEST)
        await verbs.order("ord_1", OTHER, ("acme.A", 1))
        assert [event.version for event in await rig.events()] == [1]
        assert await rig.store.carts([OTHER]) == {}

    async def test_p3_versions_and_events_have_no_gap(self, rig: CartStoreRig, verbs: Verbs) -> None:
        for units in (1, 2, 0, 3):
            await verbs.put(GUEST, "acme.A", units)
        await verbs.put(GUEST, "acme.B", 1)
        await verbs.order("ord_1", GUEST, ("acme.A", 1))
        await verbs.merge(GUEST, USER)
        said = [(event.owner, event.version, event.change, event.units, event.lines) for event in await rig.events()]
        assert said == [
            (GUEST, 1, "put", 1, 1),
            (GUEST, 2, "put", 2, 1),
            (GUEST, 3, "removed", 2, 0),
            (GUEST, 4, "put", 3, 1),
            (GUEST, 5, "put", 1, 2),
            (GUEST, 6, "ordered", 1, 2),
            (GUEST, 7, "merged", 0, 0),
            (USER, 1, "merged", 3, 2),
        ]

    async def test_p4_two_tabs_add_different_things_and_both_stay(self, rig: CartStoreRig, verbs: Verbs) -> None:
        skus = [f"acme.{n}" for n in range(20)]
        await asyncio.gather(*(verbs.put(GUEST, sku, 1) for sku in skus))
        assert await verbs.units(GUEST) == dict.fromkeys(skus, 1)
        assert [event.version for event in await rig.events()] == list(range(1, 21))

    async def test_p4_two_tabs_add_the_same_sku_and_it_is_one_line(self, rig: CartStoreRig, verbs: Verbs) -> None:
        await asyncio.gather(*(verbs.put(GUEST, "acme.A", 2) for _ in range(10)))
        assert await verbs.units(GUEST) == {"acme.A": 2}
        assert len(await rig.events()) == 1

    async def test_p4_no_race_gets_past_the_limit_of_lines(self, verbs: Verbs) -> None:
        for n in range(MAX_LINES - 3):
            await verbs.put(GUEST, f"acme.{n}", 1)
        results = await asyncio.gather(*(verbs.put(GUEST, f"late.{n}", 1) for n in range(10)), return_exceptions=True)
        assert sum(isinstance(result, CartFull) for result in results) == 7
        assert len(await verbs.units(GUEST)) == MAX_LINES
        again = await verbs.put(GUEST, "acme.0", 5)
        assert again is not None, "a line that is there can always be changed"

    async def test_p4_a_merge_and_an_add_at_once_lose_nothing(self, rig: CartStoreRig, verbs: Verbs) -> None:
        await verbs.put(GUEST, "acme.A", 2)
        await verbs.put(USER, "acme.A", 3)
        await asyncio.gather(
            verbs.put(GUEST, "acme.B", 1),
            verbs.merge(GUEST, USER),
            verbs.put(USER, "acme.C", 4),
            verbs.merge(GUEST, USER),
        )
        await verbs.merge(GUEST, USER)
        assert await verbs.units(USER) == {"acme.A": 5, "acme.B": 1, "acme.C": 4}
        assert await verbs.units(GUEST) == {}

    async def test_p4_of_many_writers_with_one_version_one_wins(self, verbs: Verbs) -> None:
        await verbs.put(GUEST, "acme.A", 1)
        results = await asyncio.gather(
            *(verbs.put(GUEST, "acme.A", units, expects=1) for units in range(2, 10)), return_exceptions=True
        )
        assert sum(isinstance(result, StaleCart) for result in results) == 7
        cart = (await verbs.store.carts([GUEST]))[GUEST]
        assert cart.version == 2

    async def test_p5_a_version_that_is_not_current_changes_nothing(self, rig: CartStoreRig, verbs: Verbs) -> None:
        with pytest.raises(StaleCart):
            await verbs.put(GUEST, "acme.A", 1, expects=3)
        assert await rig.store.carts([GUEST]) == {}
        await verbs.put(GUEST, "acme.A", 1, expects=0)
        with pytest.raises(StaleCart) as caught:
            await verbs.remove(GUEST, "acme.A", expects=0)
        assert caught.value.facts == {"current": 1}
        assert len(await rig.events()) == 1

    async def test_p6_an_order_is_taken_out_once(self, rig: CartStoreRig, verbs: Verbs) -> None:
        first = await verbs.put(GUEST, "acme.A", 5)
        await verbs.put(GUEST, "acme.B", 1)
        assert first is not None
        await asyncio.gather(*(verbs.order("ord_1", GUEST, ("acme.A", 2), ("acme.B", 1)) for _ in range(6)))
        assert await verbs.units(GUEST) == {"acme.A": 3}
        basket = await verbs.lines_of(GUEST)
        assert basket.checkout_id not in ("", first.checkout_id)
        assert (basket.version, basket.lines) == (3, [Wanted("acme.A", 3)])
        assert len(await rig.events()) == 3

    async def test_p6_orders_of_one_batch_are_each_taken_out(self, rig: CartStoreRig, verbs: Verbs) -> None:
        await verbs.put(GUEST, "acme.A", 5)
        await verbs.put(USER, "acme.A", 5)
        await rig.statements()
        now_ms = rig.clock.now_ms()
        orders = [Ordered(f"ord_{n}", owner, [("acme.A", 1)], now_ms) for n in range(3) for owner in (GUEST, OTHER)]
        await verbs.take_out([*orders, Ordered("ord_9", USER, [("acme.A", 2), ("acme.A", 3)], now_ms)])
        assert await rig.statements() == [8]
        assert await verbs.units(GUEST) == {"acme.A": 2}
        assert await verbs.units(USER) == {}
        assert [event.version for event in await rig.events() if event.owner == GUEST] == [1, 2, 3, 4]

    async def test_p6_what_was_put_in_after_the_order_stays(self, rig: CartStoreRig, verbs: Verbs) -> None:
        await verbs.put(GUEST, "acme.A", 1)
        placed = rig.clock.now_ms()
        rig.advance(5)
        await verbs.put(GUEST, "acme.B", 1)
        await verbs.take_out([Ordered("ord_1", GUEST, [("acme.A", 1), ("acme.B", 1)], placed)])
        assert await verbs.units(GUEST) == {"acme.B": 1}

    async def test_p7_an_owner_sees_and_changes_only_what_is_theirs(self, rig: CartStoreRig, verbs: Verbs) -> None:
        theirs = await verbs.put(USER, "acme.A", 3)
        await verbs.put(GUEST, "acme.A", 1)
        await verbs.remove(GUEST, "acme.A")
        await verbs.order("ord_1", GUEST, ("acme.A", 3))
        assert await rig.store.carts([USER]) == {USER: theirs}
        assert set(await rig.store.carts([GUEST, USER, OTHER])) == {GUEST, USER}

    async def test_adding_to_a_cart_is_three_statements(self, rig: CartStoreRig, verbs: Verbs) -> None:
        await rig.statements()
        await verbs.put(GUEST, "acme.A", 1)
        await verbs.put(GUEST, "acme.B", 1)
        await verbs.put(GUEST, "acme.B", 2)
        await verbs.remove(GUEST, "acme.B")
        assert await rig.statements() == [3, 3, 3, 3]

    async def test_a_merge_adds_units_up_to_the_limit_and_keeps_prices(self, rig: CartStoreRig, verbs: Verbs) -> None:
        await verbs.put(USER, "acme.A", 7)
        rig.advance(5)
        await verbs.put(GUEST, "acme.A", 7)
        await verbs.put(GUEST, "acme.B", 2)
        before = await rig.store.carts([USER, GUEST])
        merged = await verbs.merge(GUEST, USER)
        assert merged is not None
        assert [(line.sku, line.units) for line in merged.lines] == [("acme.A", MAX_UNITS), ("acme.B", 2)]
        assert merged.lines[0].added_ms == before[USER].lines[0].added_ms
        assert merged.checkout_id == before[USER].checkout_id
        assert await verbs.merge(GUEST, USER) == merged

    async def test_a_merge_loses_no_line_though_there_are_too_many(self, verbs: Verbs) -> None:
        for n in range(MAX_LINES):
            await verbs.put(GUEST, f"one.{n}", 1)
            await verbs.put(USER, f"two.{n}", 1)
        merged = await verbs.merge(GUEST, USER)
        assert merged is not None
        assert len(merged.lines) == 2 * MAX_LINES
        with pytest.raises(CartFull):
            await verbs.put(USER, "acme.A", 1)

    async def test_an_engine_that_is_down_says_so_and_loses_nothing(self, rig: CartStoreRig, verbs: Verbs) -> None:
        cart = await verbs.put(GUEST, "acme.A", 1)
        await rig.down()
        for call in (verbs.put(GUEST, "acme.A", 2), verbs.order("ord_1", GUEST), rig.store.carts([GUEST])):
            with pytest.raises(Unavailable):
                await call
        await rig.up()
        assert await rig.store.carts([GUEST]) == {GUEST: cart}

    def test_any_play_keeps_what_a_plain_model_keeps(self, rigs: Rigs[CartStoreRig]) -> None:
        play(lambda: CartMachine(rigs), examples=10, steps=25)


class CartMachine(Machine[CartStoreRig]):
    """Two guests and an account, against dictionaries."""

    def __init__(self, rigs: Rigs[CartStoreRig]) -> None:
        super().__init__(rigs)
        self.verbs = Verbs(self.rig.store, self.rig.clock)
        self.model: dict[str, dict[str, tuple[int, int]]] = {owner: {} for owner in (GUEST, OTHER, USER)}
        self.versions = dict.fromkeys(self.model, 0)
        self.orders = itertools.count(1)
        self.last: tuple[str, str, list[tuple[str, int]], int] | None = None

    @rule(owner=st.sampled_from((GUEST, OTHER, USER)), sku=st.sampled_from(SKUS), units=st.integers(0, MAX_UNITS))
    def put(self, owner: str, sku: str, units: int) -> None:
        self.wait(self.verbs.put(owner, sku, units))
        there = self.model[owner].get(sku)
        if units == (there[0] if there else 0):
            return
        self.versions[owner] += 1
        if units:
            self.model[owner][sku] = (units, there[1] if there else self.rig.clock.now_ms())
        else:
            del self.model[owner][sku]

    @rule(owner=st.sampled_from((GUEST, OTHER, USER)), sku=st.sampled_from(SKUS), behind=st.integers(1, 3))
    def put_with_an_old_version(self, owner: str, sku: str, behind: int) -> None:
        with pytest.raises(StaleCart):
            self.wait(self.verbs.put(owner, sku, 1, expects=self.versions[owner] + behind))

    @rule(owner=st.sampled_from((GUEST, OTHER, USER)), sku=st.sampled_from(SKUS))
    def remove(self, owner: str, sku: str) -> None:
        self.wait(self.verbs.remove(owner, sku))
        self.versions[owner] += self.model[owner].pop(sku, None) is not None

    @rule(guest=st.sampled_from((GUEST, OTHER)))
    def merge(self, guest: str) -> None:
        self.wait(self.verbs.merge(guest, USER))
        if self.model[guest]:
            for sku, (units, added_ms) in self.model[guest].items():
                mine = self.model[USER].get(sku)
                self.model[USER][sku] = (min(MAX_UNITS, mine[0] + units), mine[1]) if mine else (units, added_ms)
            self.model[guest] = {}
            self.versions[guest] += 1
            self.versions[USER] += 1

    @rule(
        owner=st.sampled_from((GUEST, OTHER, USER)),
        lines=st.lists(
            st.tuples(st.sampled_from(SKUS), st.integers(1, 12)), max_size=3, unique_by=lambda line: line[0]
        ),
        ago_s=st.sampled_from((0, 0, 60)),
    )
    def order(self, owner: str, lines: list[tuple[str, int]], ago_s: int) -> None:
        self.last = (f"ord_{next(self.orders)}", owner, lines, self.rig.clock.now_ms() - ago_s * 1000)
        self.order_again()
        if not self.versions[owner]:
            return
        self.versions[owner] += 1
        for sku, units in lines:
            there = self.model[owner].get(sku)
            if there and there[1] <= self.last[3]:
                self.model[owner][sku] = (there[0] - units, there[1])
                if there[0] <= units:
                    del self.model[owner][sku]

    @rule()
    def order_again(self) -> None:
        if self.last:
            self.wait(self.verbs.take_out([Ordered(*self.last)]))

    @rule()
    def time_passes(self) -> None:
        self.rig.advance(30)

    @rule()
    def restart(self) -> None:
        self.wait(self.rig.down())
        self.wait(self.rig.up())

    @invariant()
    def the_carts_are_the_models(self) -> None:
        carts = self.wait(self.rig.store.carts(list(self.model)))
        for owner, lines in self.model.items():
            cart = carts.get(owner)
            there = {line.sku: (line.units, line.added_ms) for line in cart.lines} if cart else {}
            assert there == lines
            assert self.wait(self.rig.store.units(owner)) == sum(units for units, _ in lines.values())
            assert (cart.version if cart else 0) == self.versions[owner]

    @invariant()
    def each_change_has_one_event(self) -> None:
        events = self.wait(self.rig.events())
        for owner, version in self.versions.items():
            theirs = [event for event in events if event.owner == owner]
            assert [event.version for event in theirs] == list(range(1, version + 1))
            if theirs:
                assert theirs[-1].lines == len(self.model[owner])
