"""What every item index promises (haat.search.index)."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any, Protocol

import msgspec
import numpy as np
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule

from haat.errors import Conflict, Unavailable
from haat.search.coverage import Coverage
from haat.search.index import (
    Ask,
    AttributeFilter,
    ByHub,
    ByWarehouse,
    Delivery,
    Entry,
    FacetAsk,
    Filters,
    ItemIndex,
    Key,
    Label,
    Tally,
    View,
    Window,
    Words,
)
from tests.contracts.machines import Machine
from tests.contracts.rigs import DEADLINE_S, Breakable, Rigs, play


class IndexRig(Breakable, Protocol):
    """An index and its clock."""

    keep_s: float

    @property
    def index(self) -> ItemIndex:
        """The index as it is open now."""

    def advance(self, seconds: float) -> None:
        """Move its clock."""

    async def reopen(self) -> None:
        """Close it in good order and open it again."""

    async def crash(self) -> None:
        """Go on with what a process that died now has left behind."""


def entry(number: int, version: int = 1, **more: Any) -> Entry:
    """A stocked item that says "tent" and its number, from warehouse w<number % 3> at hub <number % 4>."""
    hub = number % 4
    fields: dict[str, Any] = {
        "state": "stocked",
        "title": f"tent n{number}",
        "text": f"tent n{number}",
        "exact": (f"key{number}",),
        "categories": ("outdoor", "outdoor.tents"),
        "brand": "Zephyr" if number % 2 else "Daybird",
        "texts": {"colour": ("red" if number % 2 else "blue",)},
        "numbers": {"weight": (number + 0.5,)},
        "kinds": {"colour": "text"},
        "prices_minor": (number * 100,),
        "price_key": number * 100 << 30 | number,
        "price_desc_key": (1 << 40) - (number * 100) << 20 | number,
        "newest_key": number,
        "rating_key": 1_000 - number,
        "warehouses": (f"w{number % 3}",),
        "hubs": [hub],
        "arrivals": [hub * 256 + number % 7],
        "reach_key": hub,
        "hit": b"hit %d" % number,
    }
    return Entry(id=f"itm_{number}", version=version, **(fields | more))


TENT = Words(((("tent", 1.0),),))


async def ids(view: View, ask: Ask | None = None, window: Window | None = None) -> list[str]:
    ask = ask or Ask(words=TENT)
    found = await view.find(ask, window or Window(limit=1_000))
    size = len(found.ranked.scores)
    return [hit.decode().replace("hit ", "itm_") for hit in found.ranked.stored(range(size))]


async def tally(view: View, ask: Ask | None = None) -> Tally:
    return (await view.find(ask or Ask(words=TENT), Window(limit=1))).tally


async def put(index: ItemIndex, *entries: Entry) -> Sequence[int | None]:
    ordinals = await index.write(entries)
    await index.commit()
    return ordinals


class ItemIndexContract:
    """P1 to P12 of the ItemIndex port."""

    @pytest.fixture
    async def rig(self, rigs: Rigs[IndexRig]) -> AsyncIterator[IndexRig]:
        async with rigs() as rig:
            yield rig

    async def test_p1_upsert_twice_and_the_number_of_items_stays(self, rig: IndexRig) -> None:
        await put(rig.index, *(entry(n) for n in range(20)))
        await put(rig.index, *(entry(n, 2) for n in range(20)))
        await put(rig.index, entry(3, 3), entry(3, 4))
        assert rig.index.view().items == 20
        assert (await tally(rig.index.view())).total == 20

    async def test_p1_an_item_keeps_its_ordinal_and_shares_it_with_nobody(self, rig: IndexRig) -> None:
        first = await put(rig.index, *(entry(n) for n in range(5)))
        second = await put(rig.index, *(entry(n, 2) for n in range(8)))
        assert list(second[:5]) == list(first)
        assert len(set(second)) == 8
        held = await rig.index.held([f"itm_{n}" for n in range(9)])
        assert [held[f"itm_{n}"].ordinal for n in range(8)] == list(second)
        assert held["itm_0"].version == 2
        assert "itm_8" not in held

    async def test_p2_an_older_entry_changes_nothing_and_is_told_so(self, rig: IndexRig) -> None:
        await put(rig.index, entry(1, 5, hit=b"hit 15"))
        assert await put(rig.index, entry(1, 4, hit=b"hit 14")) == [None]
        assert await ids(rig.index.view()) == ["itm_15"]
        assert (await put(rig.index, entry(1, 5, hit=b"hit 16"))) != [None]
        assert await ids(rig.index.view()) == ["itm_16"]
        newest = await rig.index.write([entry(1, 9, hit=b"hit 19"), entry(1, 8)])
        assert newest[1] is None
        await rig.index.commit()
        assert await ids(rig.index.view()) == ["itm_19"]

    async def test_p3_seen_after_commit_and_not_before(self, rig: IndexRig) -> None:
        await rig.index.write([entry(1)])
        assert await ids(rig.index.view()) == []
        await rig.index.commit()
        assert await ids(rig.index.view()) == ["itm_1"]

    async def test_p5_counts_are_those_of_filtering_one_by_one(self, rig: IndexRig) -> None:
        entries = [entry(n, shipping_class="heavy" if n % 5 == 0 else "standard") for n in range(60)]
        entries += [entry(n, state="listed", warehouses=(), hubs=[], arrivals=[]) for n in range(60, 70)]
        await put(rig.index, *entries, entry(70, state="gone"))
        view = rig.index.view()
        dates = (ByHub(1, 0, 0), ByHub(1, 0, 3), ByHub(1, 0, 5), ByHub(1))
        reaching = [e for e in entries if 1 in e.hubs]
        for by in (None, ByHub(1, 0, 3)):
            ask = Ask(words=TENT, delivery=Delivery(reaches=ByHub(1), refuses=("heavy",), by=by, dates=dates))
            kept = [e for e in reaching if e.shipping_class != "heavy"]
            early = [e for e in kept if by is None or e.arrivals[0] <= 256 + 3]
            found = await tally(view, ask)
            assert found.total == len(early)
            assert sorted(await ids(view, ask)) == sorted(e.id for e in early)
            assert found.dates == tuple(sum(e.arrivals[0] - 256 <= last for e in kept) for last in (0, 3, 5, 254))
            assert found.later == len(kept) - len(early)
            assert found.not_delivered == 60 - len(kept)

    async def test_p5_warehouses_say_the_same_as_hubs(self, rig: IndexRig) -> None:
        entries = [entry(n, shipping_class="heavy" if n % 2 else "standard") for n in range(40)]
        await put(rig.index, *entries)
        sets = ((("standard", "heavy", "hazardous"), ("w0",)), (("heavy",), ("w1",)))
        dates = (ByWarehouse(((("heavy",), ("w1",)),)), ByWarehouse(()), ByWarehouse(sets))
        ask = Ask(words=TENT, delivery=Delivery(reaches=ByWarehouse(sets), dates=dates))
        w0 = [e for e in entries if e.warehouses == ("w0",)]
        w1 = [e for e in entries if e.warehouses == ("w1",) and e.shipping_class == "heavy"]
        found = await tally(rig.index.view(), ask)
        assert found.total == len(w0) + len(w1)
        assert found.dates == (len(w1), 0, len(w0) + len(w1))
        assert found.not_delivered == 40 - found.total
        nowhere = Ask(words=TENT, delivery=Delivery(reaches=ByWarehouse(())))
        assert (await tally(rig.index.view(), nowhere)).total == 0
        assert await ids(rig.index.view(), nowhere) == []

    async def test_p5_what_is_not_in_stock_is_shown_only_when_asked_for(self, rig: IndexRig) -> None:
        nowhere: dict[str, Any] = {"warehouses": (), "hubs": [], "arrivals": []}
        await put(rig.index, entry(1), entry(2, state="listed", **nowhere), entry(3, state="gone"), entry(5))
        view, every = rig.index.view(), Filters(stocked=False)
        assert sorted(await ids(view)) == ["itm_1", "itm_5"]
        assert sorted(await ids(view, Ask(filters=every, key="price"))) == ["itm_1", "itm_2", "itm_5"]
        at_hub = Delivery(reaches=ByHub(1, 0, 254), dates=(ByHub(1, 0, 1), ByHub(1)))
        found = await tally(view, Ask(words=TENT, filters=every, delivery=at_hub))
        assert (found.total, found.dates, found.not_delivered) == (3, (1, 2), 0)
        soon = msgspec.structs.replace(at_hub, by=ByHub(1, 0, 1))
        assert await ids(view, Ask(words=TENT, filters=every, delivery=soon)) == ["itm_1"]

    async def test_p5_any_text_of_a_value_is_kept_and_found(self, rig: IndexRig) -> None:
        odd = ['Quote " \\ back', "a..b", "हिमालय 🎒", "[x TO y]", "' OR 1=1", "AND", "*", "0"]
        await put(rig.index, *(entry(n, texts={"odd": (text,)}, brand=text) for n, text in enumerate(odd)))
        found = await tally(rig.index.view(), Ask(facets=FacetAsk()))
        assert dict(found.brands) == dict.fromkeys(odd, 1)
        (facet,) = [raw for raw in found.attributes if raw.name == "odd"]
        assert dict(facet.values) == dict.fromkeys(odd, 1)
        for n, text in enumerate(odd):
            chosen = Filters(attributes=(AttributeFilter("odd", (text,)),))
            assert await ids(rig.index.view(), Ask(filters=chosen, key="price")) == [f"itm_{n}"]
            branded = Filters(brands=(text,))
            assert await ids(rig.index.view(), Ask(filters=branded, key="price")) == [f"itm_{n}"]

    async def test_p5_what_a_hit_shows_comes_back_as_it_was(self, rig: IndexRig) -> None:
        shown = [bytes(range(256)), b"\x00", b"?" * 40_001, b"\xff\xfe\xfb" * 50]
        await put(rig.index, *(entry(n, hit=one) for n, one in enumerate(shown)))
        found = await rig.index.view().find(Ask(key="price"), Window())
        assert found.ranked.stored(range(4)) == shown
        assert found.ranked.stored([2, 0]) == [shown[2], shown[0]]

    async def test_p5_numbers_are_compared_as_numbers(self, rig: IndexRig) -> None:
        numbers = [-5.5, -5.0, -1e-9, 0.0, 0.1, 0.2, 1.0, 9.5, 10.0, 1e12, 2.0**60]
        await put(rig.index, *(entry(n, numbers={"size": (v,)}, texts={}) for n, v in enumerate(numbers)))
        for low, high in (
            (-5.0, 0.1),
            (0.1, 0.2),
            (1.0, 9.75),
            (-5.25, 10.0),
            (float("-inf"), 0.0),
            (1.0, float("inf")),
        ):
            chosen = Filters(attributes=(AttributeFilter("size", (), ((low, high),)),))
            found = await ids(rig.index.view(), Ask(filters=chosen, key="price"))
            assert found == [f"itm_{n}" for n, v in enumerate(numbers) if low <= v <= high], (low, high)
        (facet,) = (await tally(rig.index.view(), Ask(facets=FacetAsk()))).attributes
        assert sorted(facet.values) == [(v, 1) for v in sorted(numbers)]
        for low, high, count in facet.ranges:
            assert count == sum(low <= v <= high for v in numbers)

    async def test_p6_a_facet_is_counted_without_its_own_selection(self, rig: IndexRig) -> None:
        await put(rig.index, *(entry(n) for n in range(40)))
        chosen = Filters(
            brands=("Zephyr",),
            price_min_minor=1_000,
            attributes=(AttributeFilter("colour", ("red",)), AttributeFilter("weight", (), ((0.0, 30.0),))),
        )
        found = await tally(rig.index.view(), Ask(filters=chosen, facets=FacetAsk()))
        assert found.total == sum(n % 2 == 1 and 10 <= n < 30 for n in range(40))
        assert dict(found.brands) == {"Zephyr": 10}  # red ones are all of this brand
        everything = Ask(filters=Filters(brands=("Zephyr", "Daybird")), facets=FacetAsk())
        assert (await tally(rig.index.view(), everything)).brands == (("Daybird", 20), ("Zephyr", 20))
        colours = await tally(
            rig.index.view(), Ask(filters=Filters(attributes=chosen.attributes[:1]), facets=FacetAsk())
        )
        (facet,) = [raw for raw in colours.attributes if raw.name == "colour"]
        assert facet.values == (("blue", 20), ("red", 20))
        assert sum(count for _, _, count in found.prices) == sum(n % 2 == 1 and n < 30 for n in range(40))
        assert dict(found.categories) == {"outdoor": found.total}
        below = await tally(rig.index.view(), Ask(filters=Filters(category="outdoor"), facets=FacetAsk()))
        assert below.categories == (("outdoor.tents", 40),)

    async def test_p7_an_exact_key_ranks_before_every_other_hit(self, rig: IndexRig) -> None:
        loud = [entry(n, text="key7 " * 30, title="key7") for n in range(20)]
        await put(rig.index, *loud, entry(50, text="other", exact=("key7",)))
        asked = Ask(words=Words(((("key7", 1.0),),), exact="key7"))
        found = await ids(rig.index.view(), asked)
        assert found[:2] in (["itm_7", "itm_50"], ["itm_50", "itm_7"])
        assert len(found) == 21

    async def test_p7_the_best_variant_counts_once_and_all_words_count_more(self, rig: IndexRig) -> None:
        await put(
            rig.index,
            entry(1, text="lamp light filler filler"),
            entry(2, text="lamp rope filler filler"),
            entry(3, text="lamp filler filler filler"),
        )
        asked = Words(((("lamp", 1.0), ("light", 0.8)), (("rope", 1.0),)), coverage=3.0)
        found = await rig.index.view().find(Ask(words=asked), Window())
        assert (await ids(rig.index.view(), Ask(words=asked)))[0] == "itm_2"
        one = await rig.index.view().find(Ask(words=Words(((("lamp", 1.0), ("light", 0.8)),))), Window())
        assert found.ranked.scores[0] > 3.0
        assert np.ptp(one.ranked.scores) < 1.0

    @pytest.mark.parametrize("key", ["price", "price_desc", "newest", "rating"])
    async def test_p8_a_sorted_listing_is_walked_once(self, rig: IndexRig, key: Key) -> None:
        for part in range(4):
            await put(rig.index, *(entry(n) for n in range(part, 80, 4)))
        view, ask = rig.index.view(), Ask(key=key)
        pages = [await ids(view, ask, Window(offset=at, limit=7)) for at in range(0, 80, 7)]
        walked = [id_ for page in pages for id_ in page]
        expected = sorted(range(80), key=lambda n: getattr(entry(n), f"{key}_key"))
        assert walked == [f"itm_{n}" for n in expected]
        last = getattr(entry(expected[30]), f"{key}_key")
        behind = await ids(view, ask, Window(limit=100, behind=last))
        assert behind == walked[31:]

    async def test_p8_relevance_is_walked_once_too(self, rig: IndexRig) -> None:
        for part in range(3):
            await put(rig.index, *(entry(n, text="tent " * (n % 5 + 1)) for n in range(part, 60, 3)))
        view = rig.index.view()
        whole = await ids(view)
        assert [id_ for at in range(0, 60, 7) for id_ in await ids(view, None, Window(offset=at, limit=7))] == whole
        assert len(set(whole)) == 60

    async def test_p8_tiers_come_one_after_the_other(self, rig: IndexRig) -> None:
        await put(rig.index, *(entry(n * 4) for n in range(21)))  # all at hub 0, arrival codes 0 to 6
        tiers = (ByHub(0, 0, 1), ByHub(0, 0, 4), ByHub(0))
        ask = Ask(words=TENT, delivery=Delivery(reaches=ByHub(0)), tiers=tiers)
        view = rig.index.view()
        whole = await ids(view, ask)
        codes = [int(id_[4:]) % 7 for id_ in whole]
        ranks = [0 if c <= 1 else 1 if c <= 4 else 2 for c in codes]
        assert ranks == sorted(ranks)
        assert len(whole) == 21
        assert [id_ for at in range(0, 21, 4) for id_ in await ids(view, ask, Window(offset=at, limit=4))] == whole

    async def test_p8_what_is_in_no_tier_comes_last(self, rig: IndexRig) -> None:
        nowhere: dict[str, Any] = {"state": "listed", "warehouses": (), "hubs": [], "arrivals": []}
        await put(rig.index, *(entry(n, **nowhere) for n in range(1, 6)), entry(8), entry(12))
        every = Ask(filters=Filters(stocked=False), delivery=Delivery(reaches=ByHub(0)), key="price")
        ask = msgspec.structs.replace(every, tiers=(ByHub(0, 0, 2), ByHub(0)))
        view = rig.index.view()
        whole = await ids(view, ask)
        assert whole == ["itm_8", "itm_12", "itm_1", "itm_2", "itm_3", "itm_4", "itm_5"]
        assert [id_ for at in range(0, 7, 2) for id_ in await ids(view, ask, Window(offset=at, limit=2))] == whole

    async def test_p9_names_are_not_used_again_after_a_restart(self, rig: IndexRig) -> None:
        await put(rig.index, entry(1))
        rig.index.keep(rig.index.view())
        name = rig.index.view().name
        rig.advance(1)
        await rig.reopen()
        assert rig.index.view().name != name
        await put(rig.index, entry(2))
        recalled = rig.index.recall(name)
        assert recalled is None or await ids(recalled) == ["itm_1"], "no other snapshot stands for an old name"
        assert rig.index.recall("never") is None

    async def test_p10_everything_committed_survives_a_restart(self, rig: IndexRig) -> None:
        label = {"attribute:colour": Label("Colour", "shade"), "category:outdoor": Label("Outdoor")}
        ordinals = await put(rig.index, entry(1, labels=label), entry(2))
        marks = np.array([True, False, False, True])
        await rig.index.cover(Coverage(7, (), 4, None, marks, moved=frozenset({"w0"})))
        await rig.reopen()
        view = rig.index.view()
        assert sorted(await ids(view)) == ["itm_1", "itm_2"]
        assert view.label("attribute:colour") == Label("Colour", "shade")
        assert view.label("category:outdoor") == Label("Outdoor")
        assert view.coverage.generation == 7
        assert view.coverage.unsettled.tolist() == [True, False, False, True]
        assert view.coverage.moved == {"w0"}
        assert (await put(rig.index, entry(3)))[0] not in ordinals

    async def test_p10_a_crash_between_write_and_commit_leaves_nothing(self, rig: IndexRig) -> None:
        await put(rig.index, entry(1))
        await rig.index.write([entry(1, 2, hit=b"hit 12"), entry(2)])
        await rig.crash()
        assert await ids(rig.index.view()) == ["itm_1"]
        await put(rig.index, entry(2), entry(1, 2, hit=b"hit 12"))
        assert sorted(await ids(rig.index.view())) == ["itm_12", "itm_2"]

    async def test_p11_a_rebuild_takes_over_without_a_gap_and_keeps_what_was_written_meanwhile(
        self, rig: IndexRig
    ) -> None:
        ordinals = await put(rig.index, *(entry(n) for n in range(10)))
        rebuild = await rig.index.rebuild()
        await put(rig.index, entry(3, 2, hit=b"hit 33"), entry(10))
        again = await rebuild.write([entry(n) for n in range(10)] + [entry(11)])
        assert again[3] is None
        assert list(again[:3]) == list(ordinals[:3])
        assert len(await ids(rig.index.view())) == 11
        stop = asyncio.Event()

        async def look() -> list[int]:
            sizes = []
            while not stop.is_set():
                sizes.append(len(await ids(rig.index.view())))
                await asyncio.sleep(0)
            return sizes

        looking = asyncio.ensure_future(look())
        await rebuild.finish(Coverage(3, (), 0))
        stop.set()
        assert set(await looking) <= {11, 12}
        found = await ids(rig.index.view())
        assert sorted(found) == sorted(["itm_33", *(f"itm_{n}" for n in range(12) if n != 3)])
        held = await rig.index.held([f"itm_{n}" for n in range(12)])
        assert len({one.ordinal for one in held.values()}) == 12
        assert held["itm_0"].ordinal == ordinals[0]
        assert rig.index.view().coverage.generation == 3
        await rig.reopen()
        assert len(await ids(rig.index.view())) == 12

    async def test_p11_one_rebuild_at_a_time_and_an_abandoned_or_lost_one_leaves_no_trace(self, rig: IndexRig) -> None:
        await put(rig.index, entry(1))
        rebuild = await rig.index.rebuild()
        with pytest.raises(Conflict):
            await rig.index.rebuild()
        await rebuild.write([entry(9)])
        await rebuild.abandon()
        assert await ids(rig.index.view()) == ["itm_1"]
        second = await rig.index.rebuild()
        await second.write([entry(9)])
        await rig.crash()
        assert await ids(rig.index.view()) == ["itm_1"]
        await (await rig.index.rebuild()).abandon()

    async def test_p12_a_closed_index_is_unavailable(self, rig: IndexRig) -> None:
        await put(rig.index, entry(1))
        await rig.down()
        async with asyncio.timeout(DEADLINE_S):
            for call in (rig.index.write([entry(1)]), rig.index.commit(), rig.index.ping(), rig.index.held(["itm_1"])):
                with pytest.raises(Unavailable):
                    await call
            with pytest.raises(Unavailable):
                await rig.index.stored(["itm_1"])
            with pytest.raises(Unavailable):
                rig.index.view()
        await rig.up()
        assert await ids(rig.index.view()) == ["itm_1"]

    async def test_p13_what_is_stored_of_an_item_is_that_of_the_newest_view(self, rig: IndexRig) -> None:
        long = bytes(range(256)) * 1_200  # longer than a term may be, and no text
        await put(rig.index, entry(1, document=b'{"a": 1}'), entry(2, document=long), entry(3))
        gone = Entry(id="itm_4", version=1, state="gone", document=b"retired")
        assert await rig.index.write([entry(1, 2, hit=b"newer", document=b"newer"), gone]) != [None, None]
        asked = [f"itm_{number}" for number in (4, 3, 2, 1, 99)]
        kept = {"itm_1": (b"hit 1", b'{"a": 1}'), "itm_2": (b"hit 2", long), "itm_3": (b"hit 3", b"")}
        assert await rig.index.stored(asked) == kept
        await rig.index.commit()
        kept |= {"itm_1": (b"newer", b"newer"), "itm_4": (b"", b"retired")}
        assert await rig.index.stored(asked) == kept
        assert await rig.index.stored([]) == {}
        await rig.reopen()
        assert await rig.index.stored(asked) == kept

    async def test_p13_after_a_rebuild_it_is_what_the_rebuild_was_given(self, rig: IndexRig) -> None:
        await put(rig.index, entry(1, document=b"old"), entry(2, document=b"left out"))
        rebuild = await rig.index.rebuild()
        await rebuild.write([entry(1, 2, document=b"new")])
        assert (await rig.index.stored(["itm_1"]))["itm_1"].document == b"old"
        await rebuild.finish(Coverage())
        assert {id_: one.document for id_, one in (await rig.index.stored(["itm_1", "itm_2"])).items()} == {
            "itm_1": b"new"
        }

    async def test_stocked_in_names_the_items_of_a_warehouse(self, rig: IndexRig) -> None:
        await put(rig.index, *(entry(n) for n in range(9)), entry(30, warehouses=("w9", "w1")))
        assert sorted(await rig.index.stocked_in(["w1", "w9"])) == ["itm_1", "itm_30", "itm_4", "itm_7"]
        assert await rig.index.stocked_in([]) == []

    def test_state_machine(self, rigs: Rigs[IndexRig]) -> None:
        play(lambda: ItemIndexMachine(rigs), examples=8, steps=15)


class SnapshotContract(ItemIndexContract):
    """The same, and P4 and P9 of an engine that has snapshots."""

    async def test_p4_a_view_never_changes(self, rig: IndexRig) -> None:
        await put(rig.index, *(entry(n) for n in range(30)))
        view = rig.index.view()
        counted, listed = await tally(view), await ids(view, Ask(key="price"))
        await put(rig.index, *(entry(n, 2, state="listed") for n in range(0, 30, 2)), entry(99))
        assert await tally(view) == counted
        assert await ids(view, Ask(key="price")) == listed
        assert (await tally(rig.index.view())).total == 16

    async def test_p4_what_was_asked_first_after_a_write_is_of_the_moment_before(self, rig: IndexRig) -> None:
        before = rig.index.view()
        await put(rig.index, entry(1))
        assert await ids(before) == []
        assert (await tally(before)).total == 0

    async def test_p9_a_kept_view_is_found_by_name_for_its_time(self, rig: IndexRig) -> None:
        await put(rig.index, entry(1))
        view = rig.index.view()
        rig.index.keep(view)
        await put(rig.index, entry(2))
        assert rig.index.view().name != view.name
        recalled = rig.index.recall(view.name)
        assert recalled is not None
        assert await ids(recalled) == ["itm_1"]
        rig.advance(rig.keep_s + 1)
        assert rig.index.recall(view.name) is None
        assert rig.index.recall("never") is None


class ItemIndexMachine(Machine[IndexRig]):
    """Writes, commits, restarts and rebuilds against a dictionary."""

    def __init__(self, rigs: Rigs[IndexRig]) -> None:
        super().__init__(rigs)
        self.pending: dict[str, Entry] = {}
        self.committed: dict[str, Entry] = {}

    @rule(number=st.integers(0, 12), version=st.integers(1, 4), state=st.sampled_from(["stocked", "listed", "gone"]))
    def write(self, number: int, version: int, state: str) -> None:
        given = entry(number, version, state=state, prices_minor=(version,))
        held = self.pending.get(given.id) or self.committed.get(given.id)
        (ordinal,) = self.wait(self.rig.index.write([given]))
        stale = held is not None and held.version > version
        assert (ordinal is None) == stale
        if not stale:
            self.pending[given.id] = given

    @rule()
    def commit(self) -> None:
        self.wait(self.rig.index.commit())
        self.committed |= self.pending
        self.pending = {}

    @rule()
    def crash(self) -> None:
        self.wait(self.rig.crash())
        self.pending = {}

    @rule(begin=st.booleans())
    def rebuild(self, begin: bool) -> None:
        rebuild = self.wait(self.rig.index.rebuild())
        self.committed |= self.pending
        self.pending = {}
        self.wait(rebuild.write(list(self.committed.values())))
        if begin:
            self.wait(rebuild.finish(Coverage()))
        else:
            self.wait(rebuild.abandon())

    @invariant()
    def the_committed_are_found(self) -> None:
        view = self.rig.index.view()
        stocked = sorted(e.id for e in self.committed.values() if e.state == "stocked")
        assert sorted(self.wait(ids(view))) == stocked
        assert self.wait(tally(view)).total == len(stocked)
        shown = sorted(e.id for e in self.committed.values() if e.state != "gone")
        assert sorted(self.wait(ids(view, Ask(filters=Filters(stocked=False), key="price")))) == shown
        for item in self.committed.values():
            if item.state == "stocked":
                only = Filters(price_min_minor=item.version, price_max_minor=item.version)
                assert item.id in self.wait(ids(view, Ask(words=TENT, filters=only)))
