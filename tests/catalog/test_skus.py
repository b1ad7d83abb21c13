"""A sku names one item for ever."""

import asyncio

import pytest

from haat.catalog.check import InvalidItem
from haat.catalog.claims import SkuClaims
from haat.catalog.model import Item
from tests.catalog.conftest import Market, a_draft, a_variant
from tests.conftest import ManualClock


@pytest.fixture
def claims(market: Market, clock: ManualClock) -> SkuClaims:
    return SkuClaims(market.collections.skus, market.collections.items, clock)


async def test_a_sku_of_another_item_is_refused_with_the_variants_pointer(market: Market) -> None:
    first = await market.catalog.create_item("acme", a_draft())
    with pytest.raises(InvalidItem) as caught:
        await market.catalog.create_item(
            "acme", a_draft(code="BAG2", variants=[a_variant("green", "Green"), a_variant("red", "Red")])
        )
    assert [(p.pointer, first.id in p.detail) for p in caught.value.problems] == [("#/variants/1/code", True)]


async def test_of_many_items_that_want_a_sku_at_once_one_gets_it(market: Market, claims: SkuClaims) -> None:
    drafts = [a_draft(code=f"BAG{n}", variants=[a_variant("same", "Red")]) for n in range(8)]
    answers = await asyncio.gather(*(market.catalog.create_item("acme", d) for d in drafts), return_exceptions=True)
    won = [answer for answer in answers if isinstance(answer, Item)]
    assert len(won) == 1
    assert all(isinstance(answer, InvalidItem) for answer in answers if answer is not won[0])
    assert await claims.owners(["acme.same"]) == {"acme.same": won[0].id}


async def test_a_sku_stays_with_its_item_when_the_variant_goes(market: Market) -> None:
    item = await market.catalog.create_item("acme", a_draft())
    await market.catalog.replace_item("acme", item.id, 1, a_draft(variants=[a_variant("blue", "Blue")]))
    with pytest.raises(InvalidItem):
        await market.catalog.create_item("acme", a_draft(code="BAG2", variants=[a_variant("red", "Red")]))
    back = await market.catalog.replace_item("acme", item.id, 2, a_draft())
    assert [variant.sku for variant in back.variants] == ["acme.red", "acme.blue"]


async def test_claiming_again_changes_nothing(market: Market, claims: SkuClaims) -> None:
    assert await claims.claim({"acme.x": "itm_1", "acme.y": "itm_1"}) == {}
    before = await market.collections.skus.scan()
    assert await claims.claim({"acme.x": "itm_1", "acme.y": "itm_1"}) == {}
    assert await market.collections.skus.scan() == before
    assert await claims.claim({"acme.y": "itm_2", "acme.z": "itm_2"}) == {"acme.y": "itm_1"}


async def test_a_claim_that_a_crash_left_behind_is_given_up_after_a_minute(
    market: Market, claims: SkuClaims, clock: ManualClock
) -> None:
    await claims.claim({"acme.red": "itm_crashed"})
    with pytest.raises(InvalidItem):
        await market.catalog.create_item("acme", a_draft())
    clock.advance(61)
    item = await market.catalog.create_item("acme", a_draft())
    assert await claims.owners(["acme.red"]) == {"acme.red": item.id}
    clock.advance(61)
    assert await claims.claim({"acme.red": "itm_other"}) == {"acme.red": item.id}
