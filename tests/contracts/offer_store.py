"""The contract of OfferStore: one class, every engine binds to it with fixtures only."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from haat.engines.sql.ports import Refused
from haat.errors import KeyReused, Unavailable
from haat.inventory.change_stock import Change, IdempotencyKey
from haat.inventory.model import BelowHeld, NotEnough, Offer, Restated, StaleOffer
from haat.inventory.ports import OfferStore
from tests.conftest import NOON_MS


def restated(
    sku: str = "acme.A", *, as_of_ms: int = 1, counts: Sequence[tuple[str, int]] = (), **over: Any
) -> Restated:
    said: dict[str, Any] = {
        "item_id": "itm_1",
        "seller": "acme",
        "price_minor": 19900,
        "currency": "INR",
        "tax_class": "standard",
        "active": True,
        "feed_id": f"fed_{as_of_ms}",
        "initial": False,
    }
    return Restated(sku=sku, as_of_ms=as_of_ms, counts=tuple(counts), **{**said, **over})


def change(units: int, *, reference: str = "r1", sku: str = "acme.A", warehouse: str = "w1") -> Change:
    return Change(sku, warehouse, "itm_1", units, "adjust", "acme", "", reference)


def key(text: str = "k1", fingerprint: str = "f1") -> IdempotencyKey:
    return IdempotencyKey("seller:acme", text, fingerprint)


async def on_hand(store: OfferStore, sku: str = "acme.A", warehouse: str = "w1") -> int:
    offer = await store.offer(sku)
    assert offer is not None
    return next(row.on_hand for row in offer.stock if row.warehouse == warehouse)


class OfferStoreContract:
    """Promises P1-P6 of haat.inventory.ports. Fixtures: store, ledger (sums of movements), hold, events, down."""

    async def test_p1_a_delta_below_zero_is_refused_whole(self, store: OfferStore, ledger: Any) -> None:
        await store.restate([restated(counts=[("w1", 3)])])
        with pytest.raises(NotEnough):
            await store.move(change(-4), key())
        assert await on_hand(store) == 3
        assert await ledger("acme.A", "w1") == 3

    async def test_p1_nobody_takes_units_that_buyers_hold(self, store: OfferStore, hold: Any) -> None:
        await store.restate([restated(counts=[("w1", 3)])])
        await hold("acme.A", "w1", 2)
        with pytest.raises(BelowHeld):
            await store.move(change(-2), key())
        with pytest.raises(BelowHeld):
            await store.set_count(change(1), expects=1)
        assert await store.restate([restated(as_of_ms=2, counts=[("w1", 1)])]) == [("acme.A", "w1")]
        assert await on_hand(store) == 3

    async def test_p1_race_of_takers_leaves_exactly_nothing(self, store: OfferStore, ledger: Any) -> None:
        await store.restate([restated(counts=[("w1", 5)])])

        async def take(n: int) -> bool:
            try:
                await store.move(change(-1, reference=f"r{n}"), key(f"k{n}"))
            except NotEnough:
                return False
            return True

        assert sum(await asyncio.gather(*(take(n) for n in range(40)))) == 5
        assert await on_hand(store) == 0
        assert await ledger("acme.A", "w1") == 0

    async def test_p2_movements_sum_to_the_count(self, store: OfferStore, ledger: Any) -> None:
        await store.restate([restated(counts=[("w1", 3), ("w2", 0)])])
        await store.move(change(4), key())
        await store.set_count(change(6, reference="r2"), expects=2)
        await store.restate([restated(as_of_ms=8, counts=[("w1", 99)])])  # older than the seller's own change
        assert await on_hand(store) == 6
        await store.restate([restated(as_of_ms=NOON_MS + 1, counts=[("w1", 2)])])
        assert await on_hand(store) == 2
        assert await ledger("acme.A", "w1") == 2
        assert await ledger("acme.A", "w2") == 0

    async def test_p3_an_older_feed_changes_nothing(self, store: OfferStore) -> None:
        await store.restate([restated(as_of_ms=5, counts=[("w1", 3)], price_minor=500)])
        await store.restate([restated(as_of_ms=4, counts=[("w1", 9)], price_minor=900)])
        offer = await store.offer("acme.A")
        assert offer is not None
        assert (offer.price_minor, offer.version) == (500, 1)
        assert await on_hand(store) == 3

    async def test_p3_the_same_feed_again_changes_nothing(self, store: OfferStore, events: Any) -> None:
        rows = [restated(as_of_ms=5, counts=[("w1", 3)]), restated("acme.B", as_of_ms=5)]
        await store.restate(rows)
        before = await events()
        await store.restate(rows)
        assert await events() == before

    async def test_p3_initial_counts_apply_to_new_rows_only(self, store: OfferStore) -> None:
        await store.restate([restated(as_of_ms=1, counts=[("w1", 3)], initial=True)])
        await store.restate([restated(as_of_ms=2, counts=[("w1", 9), ("w2", 4)], initial=True)])
        assert (await on_hand(store), await on_hand(store, warehouse="w2")) == (3, 4)

    async def test_p4_a_stale_version_changes_nothing(self, store: OfferStore) -> None:
        await store.restate([restated(counts=[("w1", 3)])])
        with pytest.raises(StaleOffer):
            await store.set_count(change(7), expects=9)
        with pytest.raises(StaleOffer):
            await store.change(Offer("acme.A", "itm_1", "acme", 1, "INR", "standard", True, 0), expects=9)
        assert await on_hand(store) == 3

    async def test_p4_of_many_setters_with_one_version_one_wins(self, store: OfferStore) -> None:
        await store.restate([restated(counts=[("w1", 3)])])
        results = await asyncio.gather(
            *(store.set_count(change(n, reference=f"r{n}"), expects=1) for n in range(10, 20)), return_exceptions=True
        )
        assert sum(isinstance(result, StaleOffer) for result in results) == 9

    async def test_p5_the_same_key_answers_the_same_and_moves_once(self, store: OfferStore) -> None:
        await store.restate([restated(counts=[("w1", 3)])])
        first, replayed = await store.move(change(2), key())
        again, replayed_again = await store.move(change(2), key())
        assert (first, replayed, replayed_again) == (again, False, True)
        assert await on_hand(store) == 5

    async def test_p5_the_key_of_another_request_is_refused(self, store: OfferStore) -> None:
        await store.restate([restated(counts=[("w1", 3)])])
        await store.move(change(2), key())
        with pytest.raises(KeyReused):
            await store.move(change(5), key(fingerprint="other"))
        assert await on_hand(store) == 5

    async def test_p6_each_change_has_its_event_and_a_refused_one_has_none(
        self, store: OfferStore, events: Any
    ) -> None:
        await store.restate([restated(counts=[("w1", 3)])])
        assert await events() == ["offer.changed", "stock.changed"]
        with pytest.raises(NotEnough):
            await store.move(change(-9), key())
        assert len(await events()) == 2
        await store.create(Offer("acme.B", "itm_1", "acme", None, "INR", "standard", True, 0))
        with pytest.raises(Refused):
            await store.create(Offer("acme.B", "itm_1", "acme", None, "INR", "standard", True, 0))
        assert len(await events()) == 3

    async def test_reads_are_batched(self, store: OfferStore) -> None:
        await store.restate([restated(f"acme.{n}", item_id=f"itm_{n}", counts=[("w1", n)]) for n in range(30)])
        found = await store.offers_of([f"itm_{n}" for n in range(40)])
        assert len(found) == 30
        assert found["itm_7"][0].stock[0].free == 7
        page = await store.offers_of_seller("acme", "acme.10", 5)
        assert [offer.sku for offer in page] == ["acme.11", "acme.12", "acme.13", "acme.14", "acme.15"]

    async def test_an_engine_that_is_down_says_so(self, store: OfferStore, down: Any) -> None:
        await down()
        with pytest.raises(Unavailable):
            await store.offer("acme.A")
        with pytest.raises(Unavailable):
            await store.restate([restated()])
