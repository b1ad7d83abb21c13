"""While the orders database is away things are shown as they last were, and nobody is told that they can buy."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from haat.web.storefront.as_of import AS_OF
from haat.web.storefront.cart import UNPRICED
from tests.api.away import HOME, PAGE, Open, opened
from tests.api.conftest import Seeded


@pytest.fixture
async def market(seeded: Seeded, tmp_path: Path) -> AsyncIterator[Open]:
    shutil.copytree(seeded.folder, tmp_path / "var")
    async with opened(tmp_path / "var") as market:
        yield market


async def hit(market: Open) -> dict[str, str]:
    hits = (await market.api("/search", pincode=HOME)).json()["hits"]
    return next(one for one in hits if one["eta"] and one["price"])


async def path(market: Open, one: dict[str, str]) -> str:
    moved = (await market.page(f"/i/x-{one['item_id']}?sku={one['sku']}")).headers["location"]
    return str(moved)


def promise(text: str) -> str:
    """The price and the day of a product page."""
    price = text[text.index('class="price cost"') :]
    day = text[text.index("Get it by <b>") :]
    return price[: price.index("</data>")] + day[: day.index("</b>")]


async def test_a_product_page_has_its_price_and_day_and_says_of_when_they_are(market: Open) -> None:
    where = await path(market, await hit(market))
    before = (await market.page(where)).text
    market.doors.away.add("orders")
    page = await market.page(where)
    assert page.status_code == 200
    assert AS_OF in page.text
    assert AS_OF not in before
    assert promise(page.text) == promise(before)
    for listing in ("/", "/search", "/search?anywhere=1"):
        assert (await market.page(listing)).status_code == 200
    market.doors.away.clear()
    assert (await market.page(where)).text == before


async def test_without_the_index_too_a_product_page_says_so(market: Open) -> None:
    where = await path(market, await hit(market))
    market.doors.away |= {"orders", "search"}
    page = await market.page(where)
    assert (page.status_code, page.headers["retry-after"]) == (503, "1")


async def test_buying_is_refused_and_the_cart_is_kept(market: Open) -> None:
    sku, other, *_ = await market.skus()
    put = await market.client.put(f"/api/v1/cart/lines/{sku}", json={"quantity": 2}, headers=market.who)
    assert put.status_code == 200
    before = (await market.api("/cart", pincode=HOME)).json()
    market.doors.away.add("orders")
    cart = (await market.api("/cart", pincode=HOME)).json()
    assert [(line["sku"], line["quantity"], line["title"], line["problem"]) for line in cart["lines"]] == [
        (sku, 2, before["lines"][0]["title"], "not_known_now")
    ]
    assert (cart["ok"], cart["quote"], cart["version"]) == (False, "", before["version"])
    refused = [
        await market.order(sku, "away-1"),
        await market.client.put(f"/api/v1/cart/lines/{other}", json={"quantity": 1}, headers=market.who),
        await market.api("/orders"),
    ]
    assert [(one.status_code, one.headers["retry-after"]) for one in refused] == [(503, "1")] * 3
    market.doors.away.clear()
    assert (await market.api("/cart", pincode=HOME)).json()["lines"][0]["problem"] == ""
    assert (await market.order(sku, "away-1")).status_code == 201


async def test_a_guest_sees_what_lies_in_the_cart_and_that_prices_are_not_known(market: Open) -> None:
    sku, *_ = await market.skus()
    added = await market.client.post("/cart/lines", data={"sku": sku, "add": "1", "quantity": "1"}, headers=PAGE)
    assert added.status_code == 303
    title = (await market.api("/search", q=sku)).json()["hits"][0]["title"]
    market.doors.away.add("orders")
    page = await market.page("/cart")
    assert page.status_code == 200
    assert UNPRICED in page.text
    assert title in page.text.replace("&#39;", "'").replace("&amp;", "&")
    assert "Go to checkout" not in page.text
    assert "₹" not in page.text.partition("<main")[2]
    for away in ("/checkout", "/orders"):
        shown = await market.page(away)
        assert (shown.status_code, shown.headers["retry-after"]) == (503, "1")
        assert "our fault, not yours" in shown.text


async def test_a_wishlist_goes_on(market: Open) -> None:
    one = await hit(market)
    await market.client.put(f"/api/v1/wishlist/{one['item_id']}", json={"tell_back": False}, headers=market.who)
    before = (await market.api("/wishlist", pincode=HOME)).json()["wishes"][0]
    market.doors.away.add("orders")
    after = (await market.api("/wishlist", pincode=HOME)).json()["wishes"][0]
    assert {**after, "sku": ""} == {**before, "sku": ""}


@pytest.mark.parametrize("dish", ["carts", "users", "kv", "log"])
async def test_a_side_dish_that_is_away_costs_no_page(market: Open, dish: str) -> None:
    where = await path(market, await hit(market))
    sku, *_ = await market.skus()
    await market.client.post("/cart/lines", data={"sku": sku, "add": "1", "quantity": "1"}, headers=PAGE)
    market.doors.away.add(dish)
    for shown in ("/", "/search?q=bag", where):
        assert (await market.page(shown)).status_code == 200
    assert dish in ("kv", "log") or market.doors.refused[dish] > 0


@pytest.mark.parametrize("dish", ["kv", "log"])
async def test_orders_are_taken_without_hints_and_without_a_log(market: Open, dish: str) -> None:
    sku, *_ = await market.skus()
    market.doors.away.add(dish)
    given = await market.order(sku, "away-1")
    assert given.status_code == 201
    shown = await market.api(f"/orders/{given.json()['id']}")
    assert shown.json()["state"] == "PLACED"
