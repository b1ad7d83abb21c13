"""What a seller does to items: create, replace, patch, retire, read; and what is refused."""

import asyncio
from typing import Any

import msgspec
import pytest

from haat.catalog.categories import Attribute, Category
from haat.catalog.check import InvalidItem, is_gtin
from haat.catalog.create import CodeTaken
from haat.catalog.draft import DraftItem, DraftVariant
from haat.catalog.model import Item, Picture
from haat.catalog.shelf import ItemNotFound, ItemStale
from haat.catalog.verbs import Catalog
from haat.errors import Invalid
from tests.catalog.conftest import BAGS, Market, a_draft, a_variant
from tests.conftest import ManualClock


async def refused(catalog: Catalog, draft: DraftItem, seller: str = "acme") -> dict[str, str]:
    with pytest.raises(InvalidItem) as caught:
        await catalog.create_item(seller, draft)
    return {problem.pointer: problem.detail for problem in caught.value.problems}


async def test_a_new_item_is_the_whole_document_and_one_event(market: Market) -> None:
    item = await market.catalog.create_item("acme", a_draft())
    assert item.id.startswith("itm_")
    assert (item.version, item.status, item.seller, item.code) == (1, "active", "acme", "BAG1")
    assert [variant.sku for variant in item.variants] == ["acme.red", "acme.blue"]
    assert [(step.id, step.name) for step in item.categories] == [("outdoor", "Outdoor"), ("outdoor.bags", "Bags")]
    assert item.axes == ["colour"]
    assert item.attributes == {"volume": 24, "fabric": "Ripstop nylon", "laptop_sleeve": True}
    assert item.labels == {"volume": "Volume", "colour": "Colour", "fabric": "Fabric"}
    assert item.units == {"volume": "l"}
    assert item.created == item.updated == "2026-11-22T06:30:00.000Z"
    assert await market.catalog.own_item("acme", item.id) == await market.catalog.show_item(item.id) == item
    assert [(e.item_id, e.version, e.status) for e in await market.events()] == [(item.id, 1, "active")]


async def test_other_contexts_read_the_bytes_of_many_at_once(catalog: Catalog) -> None:
    ids = [(await catalog.create_item("acme", a_draft(code=c, variants=[a_variant(c, "Red")]))).id for c in "abc"]
    found = await catalog.documents([*ids, "itm_none"])
    assert set(found) == set(ids)
    assert msgspec.json.decode(found[ids[0]])["title"] == "Monsoon daypack"


async def test_every_invalid_attribute_is_told_at_once_and_nothing_is_written(market: Market) -> None:
    draft = a_draft(
        title=" ",
        attributes={
            "volume": "big",
            "waterproof": "maybe",
            "uses": ["Hiking", "Sea"],
            "weight": -0.0,
            "Bad Name": 1,
            "x": {},
        },
        variants=[a_variant("r", "Pink"), a_variant("r", "Red", pictures=[0], eans=["123"])],
        brand="x" * 201,
        released="soon",
    )
    found = await refused(market.catalog, draft)
    assert set(found) == {
        "#/title",
        "#/attributes/volume",
        "#/attributes/waterproof",
        "#/attributes/uses",
        "#/attributes/Bad Name",
        "#/attributes/x",
        "#/variants/0/attributes/colour",
        "#/variants/1/code",
        "#/variants/1/pictures/0",
        "#/variants/1/eans/0",
        "#/brand",
        "#/released",
    }
    assert found["#/attributes/uses"] == "It must be one of: Hiking, City."
    assert await market.events() == []
    assert await market.collections.items.scan() == []
    assert await market.collections.skus.scan() == []


async def test_an_active_item_needs_what_its_category_asks_for_and_a_draft_does_not(catalog: Catalog) -> None:
    assert list(await refused(catalog, a_draft(attributes={}))) == ["#/attributes/volume"]
    item = await catalog.create_item("acme", a_draft(attributes={}, status="draft"))
    with pytest.raises(InvalidItem):
        await catalog.patch_item("acme", item.id, 1, {"status": "active"})
    item = await catalog.patch_item("acme", item.id, 1, {"status": "active", "attributes": {"volume": 20}})
    assert item.status == "active"


async def test_a_required_attribute_may_be_given_by_each_variant(catalog: Catalog) -> None:
    both = [
        DraftVariant(code=str(volume), attributes={"volume": volume, "colour": "Red" if volume == 10 else "Blue"})
        for volume in (10, 20)
    ]
    await catalog.create_item("acme", a_draft(attributes={}, variants=both))
    one = [both[0], DraftVariant(code="x", attributes={"colour": "Green"})]
    assert list(await refused(catalog, a_draft(code="B2", attributes={}, variants=one))) == ["#/attributes/volume"]


async def test_units_of_the_writer_become_those_of_the_schema(catalog: Catalog) -> None:
    draft = a_draft(attributes={"volume": 500, "depth": 3}, units={"volume": "cl", "depth": "fathoms", "gone": "x"})
    item = await catalog.create_item("acme", draft)
    assert item.attributes["volume"] == 5
    assert item.units == {"volume": "l", "depth": "fathoms"}


async def test_variants_must_differ_on_their_axes(catalog: Catalog) -> None:
    same = [a_variant("a", "Red"), a_variant("b", "Blue"), a_variant("c", "Red")]
    assert list(await refused(catalog, a_draft(variants=same))) == ["#/variants/2/attributes"]
    none = [DraftVariant(code="a"), DraftVariant(code="b")]
    assert list(await refused(catalog, a_draft(variants=none))) == ["#/variants"]
    free = [DraftVariant(code=c, attributes={"length": n, "make": "x"}) for n, c in enumerate("ab")]
    item = await catalog.create_item("acme", a_draft(category=None, variants=free))
    assert item.axes == ["length"]


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"title": "x" * 501}, "#/title"),
        ({"description": "x" * 100_001}, "#/description"),
        ({"bullets": ["x"] * 51}, "#/bullets"),
        ({"bullets": ["x" * 1_001]}, "#/bullets/0"),
        ({"variants": []}, "#/variants"),
        ({"variants": [DraftVariant(code=str(n)) for n in range(201)]}, "#/variants"),
        ({"attributes": {f"a{n}": n for n in range(301)}}, "#/attributes"),
        ({"variants": [DraftVariant(code=" x")]}, "#/variants/0/code"),
        ({"variants": [DraftVariant(code="x\n")]}, "#/variants/0/code"),
        ({"variants": [DraftVariant(code="x" * 88)]}, "#/variants/0/code"),
        ({"code": ""}, "#/code"),
        ({"category": "no.such"}, "#/category"),
        ({"pictures": [Picture("0" * 32)]}, "#/pictures/0/key"),
        ({"labels": {"volume": "x" * 201}}, "#/labels/volume"),
        ({"attributes": {"x" * 101: 1}, "category": None}, f"#/attributes/{'x' * 60}"),
    ],
)
async def test_limits_have_clear_messages(catalog: Catalog, changes: dict[str, Any], pointer: str) -> None:
    found = await refused(catalog, a_draft(**changes))
    assert pointer in found
    assert len(found[pointer]) > 10


async def test_an_item_that_is_too_large_in_all_is_refused(catalog: Catalog) -> None:
    attributes = {f"a{n}": "x" * 9_999 for n in range(110)}
    assert list(await refused(catalog, a_draft(category=None, attributes=attributes))) == ["#"]


async def test_a_write_that_names_an_older_version_changes_nothing(market: Market) -> None:
    catalog = market.catalog
    item = await catalog.create_item("acme", a_draft())
    await catalog.replace_item("acme", item.id, 1, a_draft(title="New"))
    for stale in (
        catalog.replace_item("acme", item.id, 1, a_draft(title="Lost")),
        catalog.patch_item("acme", item.id, 1, {"title": "Lost"}),
        catalog.retire_item("acme", item.id, 1),
    ):
        with pytest.raises(ItemStale) as caught:
            await stale
        assert caught.value.facts == {"current": 2}
    assert (await catalog.own_item("acme", item.id)).title == "New"
    assert [e.version for e in await market.events()] == [1, 2]


async def test_of_many_who_saw_the_same_version_one_writes(market: Market) -> None:
    item = await market.catalog.create_item("acme", a_draft())
    writes = [market.catalog.patch_item("acme", item.id, 1, {"title": f"Title {n}"}) for n in range(10)]
    answers = await asyncio.gather(*writes, return_exceptions=True)
    won = [answer for answer in answers if isinstance(answer, Item)]
    assert len(won) == 1
    assert all(isinstance(answer, ItemStale) for answer in answers if answer is not won[0])
    assert await market.catalog.own_item("acme", item.id) == won[0]
    assert [e.version for e in await market.events()] == [1, 2]


async def test_a_write_that_changes_nothing_makes_no_version_and_no_event(market: Market, clock: ManualClock) -> None:
    item = await market.catalog.create_item("acme", a_draft())
    clock.advance(60)
    assert await market.catalog.replace_item("acme", item.id, 1, a_draft()) == item
    assert await market.catalog.patch_item("acme", item.id, 1, {"title": item.title}) == item
    assert len(await market.events()) == 1


async def test_a_merge_patch_changes_what_it_names(catalog: Catalog, clock: ManualClock) -> None:
    item = await catalog.create_item("acme", a_draft(brand="Sahya", bullets=["light"]))
    clock.advance(60)
    patch = {"brand": None, "attributes": {"fabric": None, "waterproof": True}, "bullets": ["strong", "light"]}
    after = await catalog.patch_item("acme", item.id, 1, patch)
    assert (after.version, after.brand, after.bullets) == (2, None, ["strong", "light"])
    assert after.attributes == {"volume": 24, "laptop_sleeve": True, "waterproof": True}
    assert after.variants == item.variants
    assert after.created == item.created < after.updated


@pytest.mark.parametrize(
    ("patch", "pointer"),
    [
        ({"seller": "other"}, "#/seller"),
        ({"version": 9, "rating": 5}, "#/version"),
        ({"code": "OTHER"}, "#/code"),
        ({"title": 5}, "#/title"),
        ({"title": None}, "#"),
        ({"variants": [{"code": "red", "sku": "other.red"}]}, "#/variants/0"),
        ({"attributes": "none"}, "#/attributes"),
        ({"status": "gone"}, "#/status"),
    ],
)
async def test_a_patch_of_what_is_not_the_sellers_to_write_is_refused(
    catalog: Catalog, patch: dict[str, Any], pointer: str
) -> None:
    item = await catalog.create_item("acme", a_draft())
    with pytest.raises(InvalidItem) as caught:
        await catalog.patch_item("acme", item.id, 1, patch)
    assert pointer in [problem.pointer for problem in caught.value.problems]
    assert await catalog.own_item("acme", item.id) == item


async def test_a_replaced_item_keeps_its_code(catalog: Catalog) -> None:
    item = await catalog.create_item("acme", a_draft())
    with pytest.raises(InvalidItem) as caught:
        await catalog.replace_item("acme", item.id, 1, a_draft(code="OTHER"))
    assert caught.value.problems[0].pointer == "#/code"


async def test_retired_items_are_gone_for_buyers_and_stay_for_their_seller(market: Market) -> None:
    catalog = market.catalog
    item = await catalog.create_item("acme", a_draft())
    retired = await catalog.retire_item("acme", item.id, 1)
    assert (retired.version, retired.status) == (2, "retired")
    assert await catalog.retire_item("acme", item.id, 2) == retired
    assert await catalog.own_item("acme", item.id) == retired
    with pytest.raises(ItemNotFound):
        await catalog.show_item(item.id)
    assert await catalog.show_items([item.id]) == []
    assert [(e.version, e.status) for e in await market.events()] == [(1, "active"), (2, "retired")]


async def test_another_sellers_item_looks_as_if_it_did_not_exist(catalog: Catalog) -> None:
    item = await catalog.create_item("acme", a_draft())
    for call in (
        catalog.own_item("other", item.id),
        catalog.replace_item("other", item.id, 1, a_draft()),
        catalog.patch_item("other", item.id, 1, {"title": "Mine"}),
        catalog.retire_item("other", item.id, 1),
        catalog.own_item("other", "itm_none"),
    ):
        with pytest.raises(ItemNotFound):
            await call
    assert await catalog.own_items("other") == ([], "")


async def test_a_code_is_one_item(catalog: Catalog) -> None:
    item = await catalog.create_item("acme", a_draft())
    with pytest.raises(CodeTaken) as caught:
        await catalog.create_item("acme", a_draft())
    assert caught.value.facts == {"item_id": item.id}
    assert (await catalog.create_item("other", a_draft())).id != item.id


async def test_bulk_get_keeps_the_order_and_takes_a_hundred(catalog: Catalog) -> None:
    ids = [(await catalog.create_item("acme", a_draft(code=c, variants=[a_variant(c, "Red")]))).id for c in "abc"]
    await catalog.retire_item("acme", ids[1], 1)
    asked = [ids[2], "itm_none", ids[1], ids[0], ids[2]]
    assert [item.id for item in await catalog.show_items(asked)] == [ids[2], ids[0]]
    assert await catalog.show_items([f"itm_{n}" for n in range(100)]) == []
    for count in (0, 101):
        with pytest.raises(Invalid):
            await catalog.show_items([f"itm_{n}" for n in range(count)])


async def test_own_items_come_page_by_page(catalog: Catalog) -> None:
    codes = [f"c{n}" for n in range(7)]
    ids = [(await catalog.create_item("acme", a_draft(code=c, variants=[a_variant(c, "Red")]))).id for c in codes]
    await catalog.create_item("other", a_draft())
    seen: list[str] = []
    after, more = "", True
    while more:
        page, after = await catalog.own_items("acme", after, 3)
        seen += [item.id for item in page]
        more = bool(after)
    assert seen == sorted(ids)


async def test_items_in_a_category_that_gets_stricter_stay_until_they_are_written(catalog: Catalog) -> None:
    item = await catalog.create_item("acme", a_draft())
    stricter = [*BAGS.attributes, Attribute(name="zips", label="Zips", kind="number", required=True)]
    await catalog.put_category(Category(id=BAGS.id, name="Bags", attributes=stricter))
    assert await catalog.show_item(item.id) == item
    with pytest.raises(InvalidItem) as caught:
        await catalog.patch_item("acme", item.id, 1, {"title": "Other"})
    assert [problem.pointer for problem in caught.value.problems] == ["#/attributes/zips"]


def test_check_digits() -> None:
    for good in ("4006381333931", "96385074", "036000291452", "00012345600012"):
        assert is_gtin(good)
    for bad in ("4006381333932", "123", "", "400638133393x", "٤٠٠٦٣٨١٣٣٣٩٣١"):
        assert not is_gtin(bad)
