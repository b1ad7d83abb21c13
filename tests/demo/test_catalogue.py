"""The demo's generator: same seed, same shop; and every item makes sense by its own schema."""

import collections
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from haat.demo import catalogue, pricing
from haat.demo.model import Attribute, Item, Value
from haat.demo.sellers import SELLERS, warehouses
from haat.demo.stalls import CATEGORIES, LEAVES
from haat.vocabulary import seller_code


def shop(seed: int, size: int = catalogue.DEFAULT_SIZE) -> list[Item]:
    return list(catalogue.items(lambda name: random.Random(f"{seed}/{name}"), size))


@pytest.fixture(scope="module")
def items() -> list[Item]:
    return shop(1)


def test_d1_same_seed_same_items_and_another_seed_another_shop(items: list[Item]) -> None:
    assert shop(1) == items
    assert [item.title for item in shop(2)] != [item.title for item in items]


@pytest.mark.parametrize("size", [1, 100, 2_400, 5_001])
def test_size_is_exact(size: int) -> None:
    assert sum(catalogue.counts(size)) == size
    assert min(catalogue.counts(size)) >= 0


def test_the_market_is_wide_enough(items: list[Item]) -> None:
    assert len(items) == 2_400
    assert len(LEAVES) >= 60
    assert {item.leaf.id for item in items} == {leaf.id for leaf in LEAVES}
    assert {len(leaf.id.split(".")) for leaf in LEAVES} == {3}
    assert len(SELLERS) >= 12
    assert {item.seller for item in items} == {seller.code for seller in SELLERS}
    assert sum(len(item.variants) for item in items) > 2 * len(items)


def test_parents_stand_before_children() -> None:
    seen: set[str] = set()
    for category in CATEGORIES:
        parent = category.id.rpartition(".")[0]
        assert not parent or parent in seen
        seen.add(category.id)
    assert len(seen) == len(CATEGORIES)


def fits(attribute: Attribute, value: Value) -> bool:
    if attribute.kind == "boolean":
        return isinstance(value, bool)
    if attribute.kind == "multi":
        return isinstance(value, list) and 0 < len(value) <= 3 and set(value) <= set(attribute.choices)
    if attribute.kind == "number":
        return isinstance(value, int | float) and not isinstance(value, bool) and value in attribute.choices
    return isinstance(value, str) and value in attribute.choices


def test_d2_every_item_fits_its_category(items: list[Item]) -> None:
    for item in items:
        schema = {attribute.name: attribute for attribute in item.leaf.attributes}
        for variant in item.variants:
            values = {**item.attributes, **variant.attributes}
            assert set(values) <= set(schema)
            assert {name for name, attribute in schema.items() if attribute.required} <= set(values)
            assert all(fits(schema[name], value) for name, value in values.items())
            assert set(variant.attributes) == set(item.leaf.axes)


def test_an_attribute_means_the_same_wherever_it_is_inherited() -> None:
    for category in CATEGORIES:
        names = [attribute.name for attribute in category.attributes]
        above = {a.name for c in CATEGORIES if category.id.startswith(c.id + ".") for a in c.attributes}
        assert len(names) == len(set(names))
        assert not above & set(names)


def test_titles_tell_items_apart(items: list[Item]) -> None:
    assert len({(item.leaf.id, item.title) for item in items}) == len(items)
    assert len({item.title for item in items}) > 0.98 * len(items)
    assert len({item.description for item in items}) > 0.99 * len(items)
    assert all(3 <= len(item.title) <= 200 and "{" not in item.title + item.description for item in items)
    assert any("ऀ" <= letter <= "ॿ" for item in items for letter in item.title)


def test_a_larger_market_holds_the_smaller_one(items: list[Item]) -> None:
    larger = {(item.seller, item.code): item for item in shop(1, 3_000)}
    assert all(larger[item.seller, item.code] == item for item in items)


def test_codes_and_article_numbers_are_unique(items: list[Item]) -> None:
    assert len({item.code for item in items}) == len(items)
    skus = [f"{item.seller}.{variant.code}" for item in items for variant in item.variants]
    eans = [variant.ean for item in items for variant in item.variants]
    assert len(set(skus)) == len(skus)
    assert len(set(eans)) == len(eans)
    assert max(map(len, skus)) <= 120
    assert all(sku.isascii() and " " not in sku for sku in skus)


@given(st.integers(min_value=0, max_value=10**12))
def test_d3_article_numbers_have_a_valid_check_digit_and_belong_to_nobody(serial: int) -> None:
    ean = pricing.ean13(serial)
    assert len(ean) == 13
    assert ean.startswith("29")
    weighted = sum(int(digit) * (1, 3)[place % 2] for place, digit in enumerate(ean))
    assert weighted % 10 == 0


def test_prices_are_plausible(items: list[Item]) -> None:
    for item in items:
        low, high = item.leaf.price_rupees
        for variant in item.variants:
            assert variant.price_minor % 100 == 0
            assert variant.price_minor >= 500
            assert low * 100 / 8 < variant.price_minor < high * 100 * 20, (item.title, variant)


def test_a_larger_size_is_never_cheaper(items: list[Item]) -> None:
    rice = [item for item in items if item.leaf.id == "grocery.grain.rice"]
    for item in rice:
        prices = [variant.price_minor for variant in item.variants]
        assert prices == sorted(prices)


def test_stock_is_spread_sold_out_and_low(items: list[Item]) -> None:
    totals = [sum(sum(variant.stock.values()) for variant in item.variants) for item in items]
    assert 0.03 < sum(total == 0 for total in totals) / len(totals) < 0.15
    assert 0.02 < sum(0 < total <= 5 for total in totals) / len(totals) < 0.3
    used = collections.Counter(code for item in items for variant in item.variants for code in variant.stock)
    assert set(used) == {house.code for house in warehouses()}
    owners = {seller.code: set(seller.warehouses) for seller in SELLERS}
    assert all(set(variant.stock) <= owners[item.seller] for item in items for variant in item.variants)


def test_warehouses_stand_at_real_pin_codes() -> None:
    houses = warehouses()
    assert len(houses) >= 40
    assert len({house.code for house in houses}) == len(houses)
    assert all(6 < house.latitude < 37 and 68 < house.longitude < 98 for house in houses)
    assert all(0 <= house.wave <= 3 and house.reach_km > 0 for house in houses)


def test_sellers_have_valid_codes() -> None:
    assert all(seller_code(seller.code) == seller.code for seller in SELLERS)


def test_ratings_come_with_counts(items: list[Item]) -> None:
    for item in items:
        assert (item.rating is None) == (item.rating_count == 0)
        assert item.rating is None or 1 <= item.rating <= 5
    assert 0.05 < sum(item.rating is None for item in items) / len(items) < 0.3


def test_pictures_are_shared_and_few_enough(items: list[Item]) -> None:
    looks = {look for item in items for look in item.looks}
    assert looks <= set(catalogue.all_looks())
    assert len(catalogue.all_looks()) <= 450
    assert len({look.kind for look in looks}) >= 35
    assert all(variant.picture < len(item.looks) for item in items for variant in item.variants)
