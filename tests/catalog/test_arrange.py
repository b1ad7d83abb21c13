"""The operator's category tree: kept whole, changed by one at a time, deleted only when empty."""

import asyncio

import msgspec
import pytest

from haat.catalog.arrange import CategoryNotEmpty, CategoryNotFound, InvalidCategory
from haat.catalog.categories import Attribute, Category, Tree
from haat.catalog.forest import Forest, TreeStore
from haat.catalog.verbs import Catalog
from tests.catalog.conftest import BAGS, Market, a_draft
from tests.conftest import ManualClock


async def test_the_tree_is_one_encoded_answer_parents_first(catalog: Catalog) -> None:
    await catalog.put_category(Category(id="books", name="Books"))
    version, body = await catalog.trees.answer()
    forest = msgspec.json.decode(body, type=Forest)
    assert (version, forest.version) == (3, 3)
    assert [category.id for category in forest.categories] == ["books", "outdoor", "outdoor.bags"]
    assert forest.categories[2] == BAGS


async def test_putting_the_same_changes_nothing(catalog: Catalog) -> None:
    tree, created = await catalog.put_category(BAGS)
    assert (tree.version, created) == (2, False)


async def test_a_broken_category_is_refused_and_the_tree_stays(catalog: Catalog) -> None:
    with pytest.raises(InvalidCategory) as caught:
        await catalog.put_category(Category(id="no.parent", name=""))
    assert [problem.pointer for problem in caught.value.problems] == ["#/id", "#/name"]
    assert (await catalog.trees.fresh()).version == 2


async def test_many_who_change_the_tree_at_once_lose_nothing(catalog: Catalog) -> None:
    names = [f"stall-{n}" for n in range(5)]
    await asyncio.gather(*(catalog.put_category(Category(id=name, name=name)) for name in names))
    assert set(names) <= set((await catalog.trees.fresh()).by_id)


async def test_another_process_sees_a_change_within_a_second(market: Market, clock: ManualClock) -> None:
    other = TreeStore(market.collections.categories, clock)
    assert "books" not in (await other.current()).by_id
    await market.catalog.put_category(Category(id="books", name="Books"))
    assert "books" not in (await other.current()).by_id
    clock.advance(1)
    assert "books" in (await other.current()).by_id


async def test_only_an_empty_category_goes(catalog: Catalog) -> None:
    item = await catalog.create_item("acme", a_draft())
    for full in ("outdoor", "outdoor.bags"):
        with pytest.raises(CategoryNotEmpty):
            await catalog.delete_category(full)
    moved = await catalog.patch_item("acme", item.id, 1, {"category": "outdoor"})
    assert [step.id for step in moved.categories] == ["outdoor"]
    await catalog.delete_category("outdoor.bags")
    with pytest.raises(CategoryNotFound):
        await catalog.delete_category("outdoor.bags")
    with pytest.raises(CategoryNotEmpty):
        await catalog.delete_category("outdoor")
    assert list((await catalog.trees.fresh()).by_id) == ["outdoor"]


async def test_schemas_for_others_hold_what_is_inherited(catalog: Catalog) -> None:
    found = await catalog.schemas(["outdoor.bags", "outdoor", "none"])
    assert set(found) == {"outdoor.bags", "outdoor"}
    assert [attribute.name for attribute in found["outdoor.bags"]][:2] == ["weight", "volume"]


async def test_a_large_tree_is_still_one_document(market: Market) -> None:
    attributes = [Attribute(name=f"a{n}", label=f"Attribute {n}", kind="text") for n in range(5)]
    wanted = [Category(id=f"x{n}", name=str(n), attributes=attributes) for n in range(1_000)]

    def grow(old: Tree) -> Tree:
        return Tree(old.version, [*old.by_id.values(), *wanted])

    tree = await market.catalog.trees.change(grow)
    assert len(tree.by_id) == 1_002
    assert len((await TreeStore(market.collections.categories, ManualClock()).current()).by_id) == 1_002
