"""The contract of Holds (haat.orders.ports): one class, every engine binds to it with fixtures only."""

import asyncio
import datetime
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any, Protocol

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule

from haat.engines.sql import Database, Tx
from haat.engines.sql.ports import Cursor
from haat.errors import Conflict, Unavailable
from haat.events.envelope import Event
from haat.inventory.model import Offer
from haat.inventory.ports import OfferStore
from haat.orders.model import Part
from haat.orders.ports import Holds
from tests.contracts.machines import Machine
from tests.contracts.offer_store import change, key, restated
from tests.contracts.rigs import Breakable, Rigs, play

MOST = 10
DAY = datetime.date(2026, 11, 27)
At = tuple[str, str]  # sku, warehouse
Counts = dict[At, tuple[int, int]]  # (on_hand, held) of each stock row


class HoldsRig(Breakable, Protocol):
    """An orders database with inventory's tables."""

    database: Database
    store: OfferStore
    holds: Holds

    def crash_point(self) -> None:
        """Remember what a process that died now would leave. May be called inside a unit."""

    async def restarted(self) -> None:
        """From now on this is the shop as a new process finds it after the last crash point."""

    async def counts(self) -> Counts:
        """What the stock rows say."""

    async def of_movements(self) -> Counts:
        """What the movements sum to."""

    async def of_holds(self) -> dict[At, int]:
        """Units of open holds."""

    async def buckets(self, sku: str) -> list[tuple[int, int, int]]:
        """(bucket, on_hand, held) of a sku's rows in its first warehouse."""

    async def movements(self, order_id: str) -> list[tuple[str, str, str, int, int]]:
        """(reference, sku, warehouse, d_on_hand, d_held) of an order, as written."""

    async def events(self) -> list[Event]:
        """What waits in the outbox."""

    async def drift(self) -> list[Any]:
        """What inventory itself finds wrong."""


def part(number: int, sku: str, warehouse: str = "w1", *, units: int = 1, version: int = 1, bucket: int = 0) -> Part:
    return Part(
        part=number,
        line=number,
        sku=sku,
        item_id=f"itm_{sku}",
        warehouse=warehouse,
        bucket=bucket,
        units=units,
        offer_version=version,
        promised_on=DAY,
    )


async def stocked(rig: HoldsRig, *rows: tuple[str, str, int]) -> None:
    """Active offers of 199 rupees with units."""
    for n, (sku, warehouse, units) in enumerate(rows):
        said = restated(sku, item_id=f"itm_{sku}", as_of_ms=n + 1, counts=[(warehouse, units)])
        await rig.store.restate([said])


async def take(
    rig: HoldsRig, order_id: str, *parts: Part, owner: str = "", most: int = MOST, committed: bool = False
) -> int:
    """The number of statements it cost."""

    def unit(tx: Tx) -> int:
        rig.holds.take(tx, order_id, owner or f"usr_{order_id}", parts, most, committed=committed)
        return tx.statements

    return await rig.database.transact(unit)


async def ended(rig: HoldsRig, verb: Callable[[Tx, str], int], order_id: str) -> tuple[int, int]:
    """How many holds changed, and what it cost."""

    def unit(tx: Tx) -> tuple[int, int]:
        return verb(tx, order_id), tx.statements

    return await rig.database.transact(unit)


async def spread(rig: HoldsRig, sku: str, buckets: int, change: str = "1") -> Offer:
    return await rig.store.spread(sku, buckets, actor="tok_1", reference=f"spread:{change}")


async def gathered(
    rig: HoldsRig, order_id: str, *parts: Part, buckets: int, owner: str = "", committed: bool = False
) -> int:
    """Taken as the second unit of an order does it; the number of statements it cost."""

    def unit(tx: Tx) -> int:
        skus = [part.sku for part in parts]
        rig.holds.shelf(tx, skus)
        rig.holds.gather(tx, order_id, parts, dict.fromkeys(skus, buckets))
        rig.holds.take(tx, order_id, owner or f"usr_{order_id}", parts, MOST, committed=committed)
        return tx.statements

    return await rig.database.transact(unit)


async def bought(rig: HoldsRig, n: int, sku: str, *, units: int) -> tuple[int, int]:
    """Units that one buyer got, in as many parts as there are warehouses that have some; else how many were free."""
    order_id, seen = f"ord_{n}", 0
    offer = await rig.store.offer(sku)
    assert offer is not None
    try:
        await take(rig, order_id, part(1, sku, units=units, bucket=n % offer.buckets))
    except Conflict:

        def unit(tx: Tx) -> bool:
            nonlocal seen
            now = rig.holds.shelf(tx, [sku])[sku]
            seen, left, parts = sum(row.free for row in now.stock), units, []
            for number, row in enumerate(now.stock, 1):
                if take_here := min(left, row.free):
                    parts.append(part(number, sku, row.warehouse, units=take_here, bucket=n % now.buckets))
                    left -= take_here
            if left:
                return False
            rig.holds.gather(tx, order_id, parts, {sku: now.buckets})
            rig.holds.take(tx, order_id, f"usr_{n}", parts, MOST)
            return True

        return (units if await rig.database.transact(unit) else 0), seen
    return units, units


async def refusal(taking: Any) -> tuple[str, list[str]]:
    """Code and skus of the refusal."""
    with pytest.raises(Conflict) as caught:
        await taking
    return caught.value.code, list(caught.value.facts["skus"])  # type: ignore[call-overload]


async def agree(rig: HoldsRig) -> Counts:
    """P4: stock rows, movements and holds tell the same; the counts."""
    counts = await rig.counts()
    assert await rig.of_movements() == {at: n for at, n in counts.items() if n != (0, 0)}
    assert await rig.of_holds() == {at: held for at, (_, held) in counts.items() if held}
    assert all(0 <= held <= on_hand for on_hand, held in counts.values())
    assert await rig.drift() == []
    return counts


class Watched:
    """A cursor that remembers in which order stock rows were written."""

    def __init__(self, cursor: Cursor) -> None:
        self.cursor = cursor
        self.touched: list[At] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self.cursor, name)

    def execute(self, text: str, parameters: Sequence[object] = (), /) -> object:
        self._watch(text, parameters)
        return self.cursor.execute(text, parameters)

    def executemany(self, text: str, parameters: Sequence[Sequence[object]], /) -> object:
        for row in parameters:
            self._watch(text, row)
        return self.cursor.executemany(text, parameters)

    def _watch(self, text: str, values: Sequence[object]) -> None:
        if text.startswith("UPDATE stock"):
            sku, warehouse, *_ = (value for value in values if isinstance(value, str))
            self.touched.append((sku, warehouse))


class HoldsContract:
    """P1 to P7 of haat.orders.ports: Holds."""

    @pytest.fixture
    async def rig(self, rigs: Rigs[HoldsRig]) -> AsyncIterator[HoldsRig]:
        async with rigs() as rig:
            yield rig

    async def test_p1_a_race_for_the_last_units_holds_each_once(self, rig: HoldsRig) -> None:
        await stocked(rig, ("acme.A", "w1", 20))
        answers = await asyncio.gather(
            *(take(rig, f"ord_{n}", part(1, "acme.A")) for n in range(80)), return_exceptions=True
        )
        refused = [answer for answer in answers if isinstance(answer, Conflict)]
        assert len(refused) == 60
        assert {(error.code, str(error.facts["skus"])) for error in refused} == {("parts-refused", "['acme.A']")}
        assert await agree(rig) == {("acme.A", "w1"): (20, 20)}

    async def test_p1_opposite_orders_of_lines_get_all_units_out_and_no_more(self, rig: HoldsRig) -> None:
        await stocked(rig, ("acme.A", "w1", 15), ("acme.B", "w2", 15))

        async def buyer(n: int) -> int:
            lines = [part(1, "acme.A"), part(2, "acme.B", "w2")]
            return await take(rig, f"ord_{n}", *(lines if n % 2 else reversed(lines)))

        answers = await asyncio.gather(*(buyer(n) for n in range(40)), return_exceptions=True)
        assert sum(isinstance(answer, Conflict) for answer in answers) == 25
        assert sum(isinstance(answer, int) for answer in answers) == 15
        assert await agree(rig) == {("acme.A", "w1"): (15, 15), ("acme.B", "w2"): (15, 15)}

    async def test_p1_takers_and_givers_at_once_never_lose_count(self, rig: HoldsRig) -> None:
        await stocked(rig, ("acme.A", "w1", 3))

        async def buyer(n: int) -> bool:
            try:
                await take(rig, f"ord_{n}", part(1, "acme.A"))
            except Conflict:
                return False
            verb = (rig.holds.release, rig.holds.commit)[n % 2]
            return (await ended(rig, verb, f"ord_{n}"))[0] == 1

        got = await asyncio.gather(*(buyer(n) for n in range(60)))
        assert sum(got) >= 3
        committed = sum(ok for n, ok in enumerate(got) if n % 2)
        assert await agree(rig) == {("acme.A", "w1"): (3, committed)}

    async def test_p1_stock_rows_are_touched_in_the_order_of_their_key(self, rig: HoldsRig) -> None:
        """Where rows are locked one by one, two who take the same rows in different orders wait for each other."""
        rows = [("acme.B", "w2"), ("acme.A", "w2"), ("acme.B", "w1"), ("acme.A", "w1")]
        await stocked(rig, *((sku, place, 5) for sku, place in rows))

        def unit(tx: Tx) -> list[At]:
            watched = tx.cursor = Watched(tx.cursor)
            rig.holds.take(tx, "ord_1", "usr_1", [part(n, *at) for n, at in enumerate(rows, 1)], MOST)
            rig.holds.release(tx, "ord_1")
            return watched.touched

        assert await rig.database.transact(unit) == [*sorted(rows), *sorted(rows)]

    async def test_p1_demand_of_several_lines_is_summed_before_the_guard(self, rig: HoldsRig) -> None:
        await stocked(rig, ("acme.A", "w1", 5))
        assert (await refusal(take(rig, "ord_1", part(1, "acme.A", units=3), part(2, "acme.A", units=3))))[1] == [
            "acme.A"
        ]
        await take(rig, "ord_2", part(1, "acme.A", units=3), part(2, "acme.A", units=2))
        assert await agree(rig) == {("acme.A", "w1"): (5, 5)}
        assert await rig.movements("ord_2") == [("ord_2:hold", "acme.A", "w1", 0, 5)]

    async def test_p2_one_missing_part_and_nothing_is_held(self, rig: HoldsRig) -> None:
        await stocked(rig, ("acme.A", "w1", 9), ("acme.B", "w1", 1), ("acme.C", "w1", 9), ("acme.D", "w1", 0))
        before = await rig.events()
        parts = [part(n, f"acme.{sku}", units=2) for n, sku in enumerate("DCBA", 1)]
        code, skus = await refusal(take(rig, "ord_1", *parts))
        assert (code, skus) == ("parts-refused", ["acme.B", "acme.D"])
        counts = await agree(rig)
        assert {held for _, held in counts.values()} == {0}
        assert await rig.events() == before

    async def test_p2_what_others_hold_does_not_confuse_the_refusal(self, rig: HoldsRig) -> None:
        await stocked(rig, ("acme.A", "w1", 4), ("acme.B", "w1", 3))
        await take(rig, "ord_1", part(1, "acme.A", units=2), part(2, "acme.B", units=2))
        code, skus = await refusal(take(rig, "ord_2", part(1, "acme.A", units=2), part(2, "acme.B", units=2)))
        assert (code, skus) == ("parts-refused", ["acme.B"])

    async def test_p2_a_sku_or_row_that_is_not_there_is_refused_by_name(self, rig: HoldsRig) -> None:
        await stocked(rig, ("acme.A", "w1", 4))
        assert await refusal(take(rig, "ord_1", part(1, "acme.A"), part(2, "acme.X"))) == ("parts-refused", ["acme.X"])
        assert await refusal(take(rig, "ord_1", part(1, "acme.A", "w9"))) == ("parts-refused", ["acme.A"])
        assert await refusal(take(rig, "ord_1", part(1, "acme.A", bucket=3))) == ("parts-refused", ["acme.A"])

    async def test_p2_the_same_order_cannot_hold_twice(self, rig: HoldsRig) -> None:
        await stocked(rig, ("acme.A", "w1", 4))
        await take(rig, "ord_1", part(1, "acme.A"))
        with pytest.raises(Conflict):
            await take(rig, "ord_1", part(1, "acme.A"))
        assert await agree(rig) == {("acme.A", "w1"): (4, 1)}

    async def test_p2_a_part_of_no_units_or_fewer_is_refused(self, rig: HoldsRig) -> None:
        await stocked(rig, ("acme.A", "w1", 4))
        await take(rig, "ord_0", part(1, "acme.A"))
        for units in (0, -1):
            with pytest.raises(Conflict):
                await take(rig, "ord_1", part(1, "acme.A", units=units))
        assert await agree(rig) == {("acme.A", "w1"): (4, 1)}

    @pytest.mark.parametrize("verb", ["take", "commit", "release", "consume"])
    async def test_p2_a_crash_before_the_commit_leaves_the_shop_as_it_was(self, rig: HoldsRig, verb: str) -> None:
        await stocked(rig, ("acme.A", "w1", 5))
        await take(rig, "ord_1", part(1, "acme.A", units=3))
        if verb == "consume":
            await ended(rig, rig.holds.commit, "ord_1")
        before, events = await agree(rig), await rig.events()

        def unit(tx: Tx) -> None:
            if verb == "take":
                rig.holds.take(tx, "ord_2", "usr_2", [part(1, "acme.A", units=2)], MOST)
            else:
                assert getattr(rig.holds, verb)(tx, "ord_1") == 1
            rig.crash_point()

        await rig.database.transact(unit)
        await rig.restarted()
        assert (await agree(rig), await rig.events()) == (before, events)
        if verb == "take":
            await take(rig, "ord_2", part(1, "acme.A", units=2))
        else:
            assert (await ended(rig, getattr(rig.holds, verb), "ord_1"))[0] == 1
        await agree(rig)

    async def test_p2_what_was_answered_survives_a_crash(self, rig: HoldsRig) -> None:
        await stocked(rig, ("acme.A", "w1", 5))
        await take(rig, "ord_1", part(1, "acme.A", units=3))
        rig.crash_point()
        await rig.restarted()
        assert await agree(rig) == {("acme.A", "w1"): (5, 3)}
        assert (await ended(rig, rig.holds.release, "ord_1"))[0] == 1
        assert await agree(rig) == {("acme.A", "w1"): (5, 0)}

    async def test_p3_each_end_comes_once(self, rig: HoldsRig) -> None:
        await stocked(rig, ("acme.A", "w1", 9), ("acme.B", "w2", 9))
        parts = (part(1, "acme.B", "w2", units=2), part(2, "acme.A", units=3), part(3, "acme.A"))
        for order_id in ("ord_1", "ord_2"):
            await take(rig, order_id, *parts)
        assert await ended(rig, rig.holds.consume, "ord_1") == (0, 1)  # not paid for
        assert await ended(rig, rig.holds.commit, "ord_1") == (3, 1)
        assert await ended(rig, rig.holds.commit, "ord_1") == (0, 1)
        assert await ended(rig, rig.holds.consume, "ord_1") == (3, 4)
        for verb in (rig.holds.consume, rig.holds.release, rig.holds.commit):
            assert (await ended(rig, verb, "ord_1"))[0] == 0
        assert await ended(rig, rig.holds.release, "ord_2") == (3, 4)
        for verb in (rig.holds.release, rig.holds.commit, rig.holds.consume):
            assert (await ended(rig, verb, "ord_2"))[0] == 0
        assert await agree(rig) == {("acme.A", "w1"): (5, 0), ("acme.B", "w2"): (7, 0)}
        assert [row[0] for row in await rig.movements("ord_1")] == ["ord_1:hold"] * 2 + ["ord_1:ship"] * 2
        assert [row[0] for row in await rig.movements("ord_2")] == ["ord_2:hold"] * 2 + ["ord_2:release"] * 2

    async def test_p3_committed_units_can_still_be_released(self, rig: HoldsRig) -> None:
        await stocked(rig, ("acme.A", "w1", 2))
        await take(rig, "ord_1", part(1, "acme.A", units=2))
        await ended(rig, rig.holds.commit, "ord_1")
        assert (await ended(rig, rig.holds.release, "ord_1"))[0] == 1
        assert await agree(rig) == {("acme.A", "w1"): (2, 0)}

    async def test_p3_many_who_end_the_same_hold_end_it_once(self, rig: HoldsRig) -> None:
        await stocked(rig, ("acme.A", "w1", 5))
        await take(rig, "ord_0", part(1, "acme.A", units=3))
        await take(rig, "ord_1", part(1, "acme.A", units=2))
        await ended(rig, rig.holds.commit, "ord_1")
        verbs = (rig.holds.release, rig.holds.consume) * 10
        answers = await asyncio.gather(*(ended(rig, verb, "ord_1") for verb in verbs))
        assert sum(changed for changed, _ in answers) == 1
        assert (await agree(rig))["acme.A", "w1"] in {(5, 3), (3, 3)}

    async def test_p3_of_an_order_without_holds_nothing_ends(self, rig: HoldsRig) -> None:
        for verb in (rig.holds.commit, rig.holds.release, rig.holds.consume):
            assert await ended(rig, verb, "ord_none") == (0, 1)

    async def test_p4_every_change_has_its_event_and_a_refused_one_has_none(self, rig: HoldsRig) -> None:
        await stocked(rig, ("acme.A", "w1", 5), ("acme.A", "w2", 5))
        before = len(await rig.events())
        await take(rig, "ord_1", part(1, "acme.A", units=2), part(2, "acme.A", "w2"))
        await ended(rig, rig.holds.commit, "ord_1")
        await ended(rig, rig.holds.consume, "ord_1")
        with pytest.raises(Conflict):
            await take(rig, "ord_2", part(1, "acme.A", units=9))
        await ended(rig, rig.holds.release, "ord_1")
        said = (await rig.events())[before:]
        assert {(event.type, event.subject) for event in said} == {("stock.held", "itm_acme.A")}
        assert [event.read(dict[str, Any]) for event in said] == [
            {"item_id": "itm_acme.A", "sku": "acme.A", "warehouse": warehouse, "d_held": d_held, "d_on_hand": d_on_hand}
            for warehouse, d_held, d_on_hand in (("w1", 2, 0), ("w2", 1, 0), ("w1", -2, -2), ("w2", -1, -1))
        ]

    async def test_p4_a_count_below_its_holds_ends_nothing_and_is_found(self, rig: HoldsRig) -> None:
        await stocked(rig, ("acme.A", "w1", 5))
        await take(rig, "ord_1", part(1, "acme.A", units=2))

        def broken_by_hand(tx: Tx) -> None:
            tx.cursor.execute("UPDATE stock SET held = 1")

        await rig.database.transact(broken_by_hand)
        with pytest.raises(Conflict):
            await ended(rig, rig.holds.release, "ord_1")
        assert await rig.of_holds() == {("acme.A", "w1"): 2}
        assert len(await rig.drift()) == 1

    @pytest.mark.parametrize(
        "over", [{"price_minor": 20_000}, {"price_minor": None}, {"active": False}], ids=["price", "no price", "off"]
    )
    async def test_p5_an_offer_that_moved_on_is_refused(self, rig: HoldsRig, over: dict[str, Any]) -> None:
        await stocked(rig, ("acme.A", "w1", 5), ("acme.B", "w1", 5))
        await rig.store.restate([restated("acme.A", item_id="itm_acme.A", as_of_ms=9, **over)])
        parts = [part(1, "acme.A"), part(2, "acme.B")]
        assert await refusal(take(rig, "ord_1", *parts)) == ("parts-refused", ["acme.A"])
        if over.get("price_minor"):
            await take(rig, "ord_1", part(1, "acme.A", version=2))
        else:  # and what is not sold is not sold at any version
            assert await refusal(take(rig, "ord_1", part(1, "acme.A", version=2))) == ("parts-refused", ["acme.A"])

    async def test_p5_price_changes_against_takers(self, rig: HoldsRig) -> None:
        await stocked(rig, ("acme.A", "w1", 100))

        async def seller(n: int) -> None:
            await rig.store.restate([restated("acme.A", item_id="itm_acme.A", as_of_ms=n, price_minor=n)])

        taken = [take(rig, f"ord_{n}", part(1, "acme.A")) for n in range(20)]
        answers = await asyncio.gather(*taken, *(seller(n) for n in range(2, 9)), return_exceptions=True)
        assert all(isinstance(answer, int | Conflict) or answer is None for answer in answers)
        assert (await refusal(take(rig, "ord_x", part(1, "acme.A"))))[1] == ["acme.A"]
        await agree(rig)

    async def test_p6_unpaid_units_of_a_sku_are_limited_per_buyer(self, rig: HoldsRig) -> None:
        await stocked(rig, ("acme.A", "w1", 50), ("acme.A", "w2", 50), ("acme.B", "w1", 50))
        await take(rig, "ord_1", part(1, "acme.A", units=6), owner="usr_1")
        two = [part(1, "acme.B", units=9), part(2, "acme.A", "w2", units=3), part(3, "acme.A", "w2", units=2)]
        assert await refusal(take(rig, "ord_2", *two, owner="usr_1")) == ("too-much-held", ["acme.A"])
        await take(rig, "ord_2", *two[:2], owner="usr_1")
        await take(rig, "ord_3", part(1, "acme.A", units=10), owner="usr_2")
        await ended(rig, rig.holds.commit, "ord_1")  # paid: no longer in the way
        await take(rig, "ord_4", part(1, "acme.A", units=7), owner="usr_1")
        assert await refusal(take(rig, "ord_5", part(1, "acme.A"), owner="usr_1")) == ("too-much-held", ["acme.A"])
        await agree(rig)

    async def test_p6_many_orders_of_one_buyer_at_once_stay_below_the_limit(self, rig: HoldsRig) -> None:
        await stocked(rig, ("acme.A", "w1", 100))
        answers = await asyncio.gather(
            *(take(rig, f"ord_{n}", part(1, "acme.A", units=3), owner="usr_1") for n in range(20)),
            return_exceptions=True,
        )
        assert sum(isinstance(answer, int) for answer in answers) == 3
        assert await agree(rig) == {("acme.A", "w1"): (100, 9)}

    async def test_p6_cash_on_delivery_is_committed_at_once(self, rig: HoldsRig) -> None:
        await stocked(rig, ("acme.A", "w1", 50))
        await take(rig, "ord_1", part(1, "acme.A", units=10), owner="usr_1")
        await take(rig, "ord_2", part(1, "acme.A", units=10), owner="usr_1", committed=True)
        assert (await ended(rig, rig.holds.commit, "ord_2"))[0] == 0
        assert (await ended(rig, rig.holds.consume, "ord_2"))[0] == 1
        assert await agree(rig) == {("acme.A", "w1"): (40, 10)}

    async def test_a_take_costs_three_statements_whatever_its_size(self, rig: HoldsRig) -> None:
        skus = [f"acme.{n:02}" for n in range(50)]
        await stocked(rig, *((sku, "w1", 5) for sku in skus))
        assert await take(rig, "ord_1", part(1, skus[0])) == 3
        assert await take(rig, "ord_2", *(part(n, sku) for n, sku in enumerate(skus, 1))) == 3
        assert await ended(rig, rig.holds.release, "ord_2") == (50, 4)

    async def test_the_shelf_shows_what_can_be_taken(self, rig: HoldsRig) -> None:
        await stocked(rig, ("acme.A", "w2", 5), ("acme.A", "w1", 3), ("acme.B", "w1", 1))
        await take(rig, "ord_1", part(1, "acme.A", "w2", units=2))

        def unit(tx: Tx) -> tuple[Any, int]:
            shelf = rig.holds.shelf(tx, ["acme.X", "acme.A", "acme.A"])
            free = {row.warehouse: row.free for row in shelf["acme.A"].stock}
            rig.holds.take(tx, "ord_2", "usr_2", [part(1, "acme.A", "w2", units=free["w2"])], MOST)
            return (set(shelf), free, shelf["acme.A"].version, shelf["acme.A"].price_minor), tx.statements

        assert await rig.database.transact(unit) == (({"acme.A"}, {"w1": 3, "w2": 3}, 1, 19900), 5)
        assert (await agree(rig))["acme.A", "w2"] == (5, 5)

    async def test_the_last_unit_anywhere_is_found_by_looking_inside_the_unit(self, rig: HoldsRig) -> None:
        """A taker whose plan was refused plans again from the shelf: nobody is refused while a unit is left."""
        await stocked(rig, ("acme.A", "w1", 7), ("acme.A", "w2", 6), ("acme.A", "w3", 5))

        async def buyer(n: int) -> bool:
            def unit(tx: Tx) -> bool:
                stock = rig.holds.shelf(tx, ["acme.A"])["acme.A"].stock
                where = next((row.warehouse for row in stock if row.free), None)
                if where is None:
                    return False
                rig.holds.take(tx, f"ord_{n}", f"usr_{n}", [part(1, "acme.A", where)], MOST)
                return True

            return await rig.database.transact(unit)

        assert sum(await asyncio.gather(*(buyer(n) for n in range(40)))) == 18
        assert {held for _, held in (await agree(rig)).values()} == {5, 6, 7}

    @pytest.mark.parametrize("buckets", [2, 7])
    async def test_p7_a_race_for_spread_units_sells_all_and_refuses_nobody_before(
        self, rig: HoldsRig, buckets: int
    ) -> None:
        """As orders do: the row that the order's id chooses, and when that is refused, from the shelf."""
        await stocked(rig, ("acme.A", "w1", 20), ("acme.A", "w2", 9))
        await spread(rig, "acme.A", buckets)
        history = await asyncio.gather(*(bought(rig, n, "acme.A", units=1 + n % 3) for n in range(30)))
        held = sum(units for units, _ in history)
        assert held <= 29
        for n, (units, seen) in enumerate(history):
            assert units or seen < 1 + n % 3, f"order {n} was refused while {seen} units were free"
        counts = await agree(rig)
        assert sum(on_hand for on_hand, _ in counts.values()) == 29
        assert sum(units for _, units in counts.values()) == held
        assert 29 - held < 3

    async def test_p7_a_spread_sku_hides_its_buckets(self, rig: HoldsRig) -> None:
        await stocked(rig, ("acme.A", "w1", 20), ("acme.B", "w1", 3))
        events = await rig.events()
        before = await rig.store.offer("acme.A")
        assert before is not None
        offer = await spread(rig, "acme.A", 8)
        assert (offer.buckets, offer.version) == (8, before.version)  # a quote of before still holds
        (row,) = offer.stock
        assert (row.on_hand, row.held, row.free) == (20, 0, 20)
        assert row.version > before.stock[0].version
        assert await rig.buckets("acme.A") == [(n, 2 + (n < 4), 0) for n in range(8)]
        assert await spread(rig, "acme.A", 8, "again") == offer
        assert await rig.events() == events
        assert await agree(rig) == {("acme.A", "w1"): (20, 0), ("acme.B", "w1"): (3, 0)}
        moved = await rig.movements("spread")
        assert {reference for reference, *_ in moved} == {"spread:1"}
        assert (len(moved), sum(row[3] for row in moved)) == (8, 0)

    async def test_p7_one_order_takes_what_lies_in_many_buckets(self, rig: HoldsRig) -> None:
        await stocked(rig, ("acme.A", "w1", 9))
        await spread(rig, "acme.A", 4)
        nine = part(1, "acme.A", units=9, bucket=3)
        assert await refusal(take(rig, "ord_1", nine)) == ("parts-refused", ["acme.A"])
        assert await gathered(rig, "ord_1", nine, buckets=4) == 8
        assert await rig.buckets("acme.A") == [(0, 0, 0), (1, 0, 0), (2, 0, 0), (3, 9, 9)]
        moved = await rig.movements("ord_1")
        assert [reference for reference, *_ in moved] == ["ord_1:rebalance"] * 4 + ["ord_1:hold"]
        assert sum(row[3] for row in moved) == 0
        await ended(rig, rig.holds.release, "ord_1")
        assert await agree(rig) == {("acme.A", "w1"): (9, 0)}

    async def test_p7_who_gathers_levels_for_those_who_come_next(self, rig: HoldsRig) -> None:
        await stocked(rig, ("acme.A", "w1", 20))
        await spread(rig, "acme.A", 4)
        await take(rig, "ord_1", part(1, "acme.A", units=5, bucket=1))
        await gathered(rig, "ord_2", part(1, "acme.A", units=3, bucket=1), buckets=4)
        assert await rig.buckets("acme.A") == [(0, 3, 0), (1, 11, 8), (2, 3, 0), (3, 3, 0)]

    async def test_p7_a_place_that_came_after_the_spreading_is_spread_when_it_must(self, rig: HoldsRig) -> None:
        await stocked(rig, ("acme.A", "w1", 2))
        await spread(rig, "acme.A", 3)
        await rig.store.move(change(6, warehouse="w2"), key())
        one = part(1, "acme.A", "w2", bucket=2)
        assert await refusal(take(rig, "ord_1", one)) == ("parts-refused", ["acme.A"])
        await gathered(rig, "ord_1", one, buckets=3)
        assert await agree(rig) == {("acme.A", "w1"): (2, 0), ("acme.A", "w2"): (6, 1)}

    async def test_p7_gathering_what_is_not_there_moves_nothing(self, rig: HoldsRig) -> None:
        await stocked(rig, ("acme.A", "w1", 5))
        await spread(rig, "acme.A", 2)
        before = await rig.buckets("acme.A")
        assert await refusal(gathered(rig, "ord_1", part(1, "acme.A", units=6), buckets=2)) == (
            "parts-refused",
            ["acme.A"],
        )
        assert await rig.buckets("acme.A") == before

    async def test_p7_units_held_when_a_sku_is_drawn_together_are_found_once_they_are_free(self, rig: HoldsRig) -> None:
        await stocked(rig, ("acme.A", "w1", 9))
        await spread(rig, "acme.A", 3)
        await take(rig, "ord_1", part(1, "acme.A", units=3, bucket=2))
        offer = await spread(rig, "acme.A", 1, "2")
        assert (offer.buckets, offer.stock[0].free) == (1, 6)
        assert await rig.buckets("acme.A") == [(0, 6, 0), (1, 0, 0), (2, 3, 3)]
        await ended(rig, rig.holds.release, "ord_1")
        await gathered(rig, "ord_2", part(1, "acme.A", units=9), buckets=1)
        assert await rig.buckets("acme.A") == [(0, 9, 9), (1, 0, 0), (2, 0, 0)]
        await agree(rig)

    async def test_a_seller_may_state_counts_of_a_spread_sku(self, rig: HoldsRig) -> None:
        """Any count that is not below the holds, whichever bucket has the units; versions are those of the whole."""
        await stocked(rig, ("acme.A", "w1", 9))
        await spread(rig, "acme.A", 3)
        await take(rig, "ord_1", part(1, "acme.A", units=3, bucket=0))
        (now,) = (await rig.store.offers_by_sku(["acme.A"]))["acme.A"].stock
        with pytest.raises(Conflict):
            await rig.store.set_count(change(7), expects=now.version - 1)
        with pytest.raises(Conflict):
            await rig.store.set_count(change(2), expects=now.version)
        row = await rig.store.set_count(change(4, reference="r2"), expects=now.version)
        assert (row.on_hand, row.held) == (4, 3)
        assert row.version > now.version
        assert row == (await rig.store.offers_by_sku(["acme.A"]))["acme.A"].stock[0]
        with pytest.raises(Conflict):
            await rig.store.move(change(-2, reference="r3"), key("k3"))
        row, _ = await rig.store.move(change(-1, reference="r4"), key("k4"))
        assert (row.on_hand, row.held) == (3, 3)
        row, _ = await rig.store.move(change(7, reference="r5"), key("k5"))
        assert row == (await rig.store.offers_by_sku(["acme.A"]))["acme.A"].stock[0]
        assert await rig.buckets("acme.A") == [(0, 6, 3), (1, 2, 0), (2, 2, 0)]
        assert (await agree(rig))["acme.A", "w1"] == (10, 3)

    async def test_a_feed_may_state_counts_of_a_spread_sku(self, rig: HoldsRig) -> None:
        await stocked(rig, ("acme.A", "w1", 9))
        await spread(rig, "acme.A", 3)
        await take(rig, "ord_1", part(1, "acme.A", units=3, bucket=1))

        async def fed(count: int, as_of_ms: int) -> Sequence[tuple[str, str]]:
            said = restated("acme.A", item_id="itm_acme.A", as_of_ms=as_of_ms, counts=[("w1", count)])
            return await rig.store.restate([said])

        assert await fed(2, 10) == [("acme.A", "w1")]
        assert await fed(3, 11) == []
        assert await rig.buckets("acme.A") == [(0, 0, 0), (1, 3, 3), (2, 0, 0)]
        assert await fed(9, 11) == []  # the same moment again
        assert await fed(8, 12) == []
        assert await rig.buckets("acme.A") == [(0, 2, 0), (1, 5, 3), (2, 1, 0)]
        changed = [event for event in await rig.events() if event.type == "stock.changed"]
        said = changed[-1].read(dict[str, Any])
        assert (said["on_hand"], said["held"]) == (8, 3)
        await ended(rig, rig.holds.commit, "ord_1")
        await ended(rig, rig.holds.consume, "ord_1")
        assert await fed(8, 13) == []  # from before they left, by the clock of the row they left
        assert await agree(rig) == {("acme.A", "w1"): (5, 0)}

    async def test_a_seller_may_state_counts_beside_holds(self, rig: HoldsRig) -> None:
        """Whatever changes the free units moves the version on: who states a count must have seen it."""
        await stocked(rig, ("acme.A", "w1", 5))
        await take(rig, "ord_1", part(1, "acme.A", units=2))
        with pytest.raises(Conflict):
            await rig.store.set_count(change(9), expects=1)
        row = await rig.store.set_count(change(9), expects=2)
        assert (row.on_hand, row.held, row.version) == (9, 2, 3)
        await ended(rig, rig.holds.commit, "ord_1")
        await ended(rig, rig.holds.consume, "ord_1")
        with pytest.raises(Conflict):
            await rig.store.set_count(change(9, reference="r2"), expects=3)
        assert await agree(rig) == {("acme.A", "w1"): (7, 0)}

    async def test_a_feed_from_before_the_units_left_does_not_bring_them_back(self, rig: HoldsRig) -> None:
        await stocked(rig, ("acme.A", "w1", 5))
        await take(rig, "ord_1", part(1, "acme.A", units=2), committed=True)
        await ended(rig, rig.holds.consume, "ord_1")
        await rig.store.restate([restated("acme.A", item_id="itm_acme.A", as_of_ms=8, counts=[("w1", 5)])])
        assert await agree(rig) == {("acme.A", "w1"): (3, 0)}

    async def test_an_engine_that_is_down_says_so(self, rig: HoldsRig) -> None:
        await stocked(rig, ("acme.A", "w1", 5))
        await take(rig, "ord_1", part(1, "acme.A"))
        await rig.down()
        with pytest.raises(Unavailable):
            await take(rig, "ord_2", part(1, "acme.A"))
        await rig.up()
        assert (await ended(rig, rig.holds.release, "ord_1"))[0] == 1

    def test_holds_as_a_state_machine(self, rigs: Rigs[HoldsRig]) -> None:
        play(lambda: HoldsMachine(rigs), examples=12, steps=30)


SKUS = ("acme.A", "acme.B")
PLACES = ("w1", "w2")
PARTS = st.lists(st.tuples(st.sampled_from(SKUS), st.sampled_from(PLACES), st.integers(1, 4)), min_size=1, max_size=4)


class HoldsMachine(Machine[HoldsRig]):
    """Holds beside a model of plain numbers: after each step counts, holds and movements agree with it."""

    def __init__(self, rigs: Rigs[HoldsRig]) -> None:
        super().__init__(rigs)
        self.stock: dict[At, list[int]] = {(sku, place): [5, 0] for sku in SKUS for place in PLACES}
        self.versions = dict.fromkeys(SKUS, 1)
        self.buckets = dict.fromkeys(SKUS, 1)
        self.ever_spread = False
        self.orders: dict[str, tuple[str, str, list[tuple[str, str, int]]]] = {}  # owner, state, parts
        self.steps = 0
        self.wait(stocked(self.rig, *((sku, place, 5) for sku, place in self.stock)))

    def _free(self, wanted: Sequence[tuple[str, str, int]]) -> bool:
        asked: dict[At, int] = {}
        for sku, place, units in wanted:
            asked[sku, place] = asked.get((sku, place), 0) + units
        return all(self.stock[at][0] - self.stock[at][1] >= units for at, units in asked.items())

    def _allowed(self, owner: str, wanted: Sequence[tuple[str, str, int]]) -> bool:
        mine = [parts for who, state, parts in self.orders.values() if who == owner and state == "held"]
        for sku in {row[0] for row in wanted}:
            rows = [row for parts in [*mine, wanted] for row in parts]
            if sum(units for name, _, units in rows if name == sku) > MOST:
                return False
        return True

    async def _placed(self, order_id: str, parts: Sequence[Part], owner: str, *, committed: bool) -> int:
        try:
            return await take(self.rig, order_id, *parts, owner=owner, committed=committed)
        except Conflict as error:
            if error.code != "parts-refused" or not self.ever_spread:
                raise
        sku = parts[0].sku
        return await gathered(self.rig, order_id, *parts, buckets=self.buckets[sku], owner=owner, committed=committed)

    @rule(sku=st.sampled_from(SKUS), buckets=st.integers(1, 5))
    def spread(self, sku: str, buckets: int) -> None:
        self.steps += 1
        self.ever_spread = True
        self.buckets[sku] = buckets
        offer = self.wait(spread(self.rig, sku, buckets, str(self.steps)))
        assert {row.warehouse: (row.on_hand, row.held) for row in offer.stock} == {
            place: tuple(self.stock[sku, place]) for place in PLACES
        }

    @rule(wanted=PARTS, owner=st.sampled_from(["usr_1", "usr_2"]), committed=st.booleans(), stale=st.booleans())
    def taken(self, wanted: list[tuple[str, str, int]], owner: str, committed: bool, stale: bool) -> None:
        self.steps += 1
        order_id = f"ord_{self.steps}"
        parts = [
            part(n, sku, place, units=units, version=self.versions[sku] - stale, bucket=self.steps % self.buckets[sku])
            for n, (sku, place, units) in enumerate(wanted, 1)
        ]
        taking = self._placed(order_id, parts, owner, committed=committed)
        if stale or not self._free(wanted):
            assert self.wait(refusal(taking))[0] == "parts-refused"
        elif not committed and not self._allowed(owner, wanted):
            assert self.wait(refusal(taking))[0] == "too-much-held"
        else:
            assert self.wait(taking) == 3 or self.ever_spread
            self.orders[order_id] = (owner, "committed" if committed else "held", wanted)
            for sku, place, units in wanted:
                self.stock[sku, place][1] += units

    @precondition(lambda self: self.orders)
    @rule(data=st.data(), verb=st.sampled_from(["commit", "release", "consume"]))
    def ended(self, data: st.DataObject, verb: str) -> None:
        order_id = data.draw(st.sampled_from(sorted(self.orders)))
        owner, state, wanted = self.orders[order_id]
        after = {
            ("commit", "held"): "committed",
            ("release", "held"): "released",
            ("release", "committed"): "released",
            ("consume", "committed"): "consumed",
        }.get((verb, state))
        changed, _ = self.wait(ended(self.rig, getattr(self.rig.holds, verb), order_id))
        assert changed == (len(wanted) if after else 0)
        if after is None:
            return
        self.orders[order_id] = (owner, after, wanted)
        for sku, place, units in wanted:
            self.stock[sku, place][1] -= units if after != "committed" else 0
            self.stock[sku, place][0] -= units if after == "consumed" else 0

    @rule(sku=st.sampled_from(SKUS), place=st.sampled_from(PLACES), delta=st.integers(-4, 6))
    def counted(self, sku: str, place: str, delta: int) -> None:
        self.steps += 1
        on_hand, held = self.stock[sku, place]
        moving = self.rig.store.move(
            change(delta, sku=sku, warehouse=place, reference=f"r{self.steps}"), key(f"k{self.steps}")
        )
        if on_hand + delta < held:
            with pytest.raises(Conflict):
                self.wait(moving)
        else:
            self.wait(moving)
            self.stock[sku, place][0] += delta

    @rule(sku=st.sampled_from(SKUS))
    def priced(self, sku: str) -> None:
        self.steps += 1
        row = restated(sku, item_id=f"itm_{sku}", as_of_ms=100 + self.steps, price_minor=self.steps)
        self.wait(self.rig.store.restate([row]))
        self.versions[sku] += 1

    @invariant()
    def all_agree(self) -> None:
        counts = self.wait(agree(self.rig))
        assert counts == {at: (on_hand, held) for at, (on_hand, held) in self.stock.items()}
