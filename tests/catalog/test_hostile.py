"""Whatever anyone sends ends in an item or in problems with pointers, never in another error."""

import gzip
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from haat.catalog.categories import Tree
from haat.catalog.check import InvalidItem, checked
from haat.catalog.draft import DraftItem, DraftVariant
from haat.catalog.model import Item, decode, encode
from haat.catalog.patch import merged
from haat.catalog.text import is_html
from haat.catalog.verbs import Catalog
from haat.errors import Unavailable
from tests.catalog.conftest import BAGS, OUTDOOR, Market, a_draft

TREE = Tree(1, [OUTDOOR, BAGS])
STAMP = Item(id="itm_x", seller="acme", code="", version=1, status="draft", title="", created="", updated="")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=6,
)
NAMES = st.sampled_from(["volume", "colour", "waterproof", "uses", "fabric", "weight", "other"]) | st.text(max_size=12)
ATTRIBUTES = st.dictionaries(NAMES, JSON, max_size=8)
VARIANTS = st.builds(
    DraftVariant,
    code=st.text(max_size=20),
    attributes=ATTRIBUTES,
    eans=st.lists(st.text(max_size=14), max_size=2),
    model=st.none() | st.text(max_size=30),
    pictures=st.lists(st.integers(-2, 3), max_size=3),
)
DRAFTS = st.builds(
    DraftItem,
    code=st.text(max_size=20),
    title=st.text(max_size=40),
    status=st.sampled_from(["draft", "active", "retired"]),
    description=st.text(max_size=60),
    bullets=st.lists(st.text(max_size=20), max_size=3),
    brand=st.none() | st.text(max_size=20),
    category=st.sampled_from([None, "", "outdoor.bags", "outdoor", "none"]),
    attributes=ATTRIBUTES,
    labels=st.dictionaries(NAMES, st.text(max_size=10), max_size=3),
    units=st.dictionaries(NAMES, st.sampled_from(["l", "ml", "kg", "x"]), max_size=3),
    variants=st.lists(VARIANTS, max_size=3),
    released=st.none() | st.text(max_size=12),
)


def taken(draft: DraftItem, *, lenient: bool = True) -> Item | None:
    """The item, or None when it was refused with at least one pointer; anything else fails the test."""
    try:
        item = checked(draft, seller="acme", tree=TREE, stamp=STAMP, lenient=lenient)
    except InvalidItem as error:
        assert error.problems
        assert all(problem.pointer.startswith("#") and problem.detail for problem in error.problems)
        return None
    assert decode(encode(item)) == item
    return item


@settings(max_examples=50)
@given(DRAFTS, st.booleans())
def test_any_draft_becomes_an_item_or_problems(draft: DraftItem, lenient: bool) -> None:
    item = taken(draft, lenient=lenient)
    if item is not None:
        assert item.title
        assert "\x00" not in encode(item).decode()


@settings(max_examples=40)
@given(DRAFTS)
def test_an_item_checked_again_is_the_same(draft: DraftItem) -> None:
    item = taken(draft)
    if item is None:
        return
    again = msgspec.structs.replace(
        draft,
        title=item.title,
        description=item.description,
        bullets=item.bullets,
        brand=item.brand,
        attributes=item.attributes,
        labels=item.labels,
        units=item.units,
    )
    assert taken(again) == item


@given(JSON, JSON)
def test_a_merge_patch_is_applied_as_its_rfc_says(target: Any, patch: Any) -> None:
    once = merged(target, patch)
    if isinstance(patch, dict):
        assert isinstance(once, dict)
        assert not any(name in once for name, value in patch.items() if value is None)
        kept = target if isinstance(target, dict) else {}
        assert {name: repr(once[name]) for name in kept if name not in patch} == {
            name: repr(value) for name, value in kept.items() if name not in patch
        }
    else:
        assert repr(once) == repr(patch)
    assert repr(merged(once, patch)) == repr(once)


async def test_an_engine_that_is_gone_is_unavailable(market: Market, catalog: Catalog) -> None:
    item = await catalog.create_item("acme", a_draft())
    market.database.close()
    for call in (
        catalog.show_item(item.id),
        catalog.documents([item.id]),
        catalog.patch_item("acme", item.id, 1, {"title": "x"}),
        catalog.fetch_pictures([item.id]),
        catalog.trees.fresh(),
    ):
        with pytest.raises(Unavailable):
            await call


@pytest.mark.data
def test_naughty_strings_are_kept_literally_or_refused(data_dir: Path) -> None:
    strings: list[str] = json.loads((data_dir / "bad-input" / "blns.json").read_text())
    assert len(strings) > 400
    kept = 0
    for text in strings:
        variant = DraftVariant(code="1", attributes={"colour": "Red", "note": text})
        draft = DraftItem(
            code="1",
            title=text,
            description=text,
            bullets=[text],
            brand=text,
            attributes={"a": text},
            variants=[variant],
        )
        item = taken(draft)
        if item is None:
            continue
        kept += 1
        assert text.isspace() or item.title == " ".join(item.title.split())
        if is_html(item.description):
            lowered = item.description.lower()
            assert not any(
                word in lowered for word in ("<script", "<iframe", "<svg", "<img", "onerror=", "javascript:")
            )
        elif text.isascii() and text.isprintable() and not is_html(text):
            assert item.description == " ".join(text.split(" ")).strip() or "  " in text
    assert kept > 350


@pytest.mark.data
def test_every_real_product_fits_the_limits(data_dir: Path) -> None:
    refused = []
    with gzip.open(data_dir / "icecat-products" / "products.jsonl.gz", "rt", encoding="utf-8") as lines:
        for number, text in enumerate(lines):
            if number % 5:
                continue
            row = json.loads(text)
            attributes = {
                name.removeprefix("attr_"): v for name, v in row.items() if name.startswith("attr_") and v != ""
            }
            variant = DraftVariant(code=str(row["id"]), eans=[str(ean) for ean in row["ean"] or []])
            draft = DraftItem(
                code=str(row["id"]),
                title=row["title"] or row["name"],
                status="active",
                description=row.get("short_description") or "",
                brand=row["supplier"],
                attributes=attributes,
                variants=[variant],
            )
            if taken(draft) is None:
                refused.append(row["id"])
    assert refused == []
