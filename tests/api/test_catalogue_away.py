"""While the catalogue is away the shop shows and sells what the search index was built from."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from haat.catalog.forest import FRESH_S
from haat.web.storefront.frame import TREE_KEPT_S
from tests.api.away import HOME, Doors, Open, opened
from tests.api.conftest import Seeded

LATER_S = max(FRESH_S, TREE_KEPT_S) + 1


@pytest.fixture
async def market(seeded: Seeded, tmp_path: Path) -> AsyncIterator[Open]:
    shutil.copytree(seeded.folder, tmp_path / "var")
    async with opened(tmp_path / "var") as market:
        yield market


def leave(market: Open, name: str = "catalog") -> None:
    market.doors.away.add(name)
    market.clock.advance(LATER_S)


async def test_pages_and_answers_about_items_are_what_they_were(market: Open) -> None:
    hit = (await market.api("/search", pincode=HOME)).json()["hits"][0]
    one, many = f"/items/{hit['item_id']}", ("/items", {"ids": hit["item_id"]})
    before = (await market.api(one)).json(), (await market.api(many[0], **many[1])).json()
    page = await market.page(f"/i/x-{hit['item_id']}")
    path = page.headers["location"]
    shown = (await market.page(path)).text
    leave(market)
    assert (await market.page(path)).text == shown
    assert ((await market.api(one)).json(), (await market.api(many[0], **many[1])).json()) == before
    assert (await market.page("/")).status_code == 200
    roots = [one["id"] for one in (await market.api("/categories")).json()["categories"] if "." not in one["id"]]
    assert (await market.page(f"/c/{roots[0]}")).status_code == 200
    assert market.doors.refused["catalog"] > 0


async def test_an_item_that_nobody_knows_is_not_said_to_be_missing(market: Open) -> None:
    unknown = "/items/itm_00000000000000000000000000"
    assert (await market.api(unknown)).status_code == 404
    leave(market)
    answer = await market.api(unknown)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    hit = (await market.api("/search", pincode=HOME)).json()["hits"][0]
    some = await market.api("/items", ids=f"{hit['item_id']},itm_00000000000000000000000000")
    assert some.status_code == 503


async def test_carts_wishlists_quotes_and_orders_go_on(market: Open) -> None:
    sku, *_ = await market.skus()
    before = (await market.client.post("/api/v1/orders/quote", json=_lines(sku))).json()
    leave(market)
    quoted = (await market.client.post("/api/v1/orders/quote", json=_lines(sku))).json()
    assert {**quoted, "token": ""} == {**before, "token": ""}
    put = await market.client.put(f"/api/v1/cart/lines/{sku}", json={"quantity": 2}, headers=market.who)
    assert put.status_code == 200
    cart = (await market.api("/cart", pincode=HOME)).json()
    assert cart["ok"]
    assert [line["title"] for line in cart["lines"]] == [before["lines"][0]["title"]]
    item = before["lines"][0]["item_id"]
    wish = await market.client.put(f"/api/v1/wishlist/{item}", json={"tell_back": False}, headers=market.who)
    assert wish.status_code < 300
    assert [one["title"] for one in (await market.api("/wishlist")).json()["wishes"]] == [before["lines"][0]["title"]]
    asked = {"pincode": HOME, "lines": [{"sku": sku, "quantity": 1}]}
    assert (await market.client.post("/api/v1/serviceability/quote", json=asked)).status_code == 200
    given = await market.order(sku, "away-1")
    assert given.status_code == 201
    kept = (await market.api(f"/orders/{given.json()['id']}")).json()
    assert kept["lines"][0]["title"] == before["lines"][0]["title"]
    assert kept["totals"]["total_minor"] == before["totals"]["total_minor"]
    again = await market.order(sku, "away-1")
    assert (again.status_code, again.json()) == (201, given.json())


async def test_an_item_that_was_retired_is_not_sold_from_the_index(market: Open) -> None:
    skus = await market.skus()
    quoted = (await market.client.post("/api/v1/orders/quote", json=_lines(*skus[:2]))).json()["lines"]
    gone = quoted[0]["item_id"]
    seller = quoted[0]["seller"]
    item = await market.shop.catalog.own_item(seller, gone)
    await market.shop.catalog.retire_item(seller, gone, item.version)
    await market.shop.flow.drain()
    leave(market)
    after = (await market.client.post("/api/v1/orders/quote", json=_lines(*skus[:2]))).json()["lines"]
    assert [line["problem"] for line in after] == ["not_sold", ""]
    assert (await market.api(f"/items/{gone}")).status_code == 404
    assert (await market.order(skus[0], "away-2")).status_code == 409


async def test_writers_are_told_to_come_back(market: Open) -> None:
    code = (await market.shop.sellers.find.all())[0].code
    token = (await market.shop.create_token(f"seller:{code}"))[1]
    item = (await market.shop.catalog.own_items(code))[0][0]
    leave(market)
    patch = await market.client.patch(
        f"/api/v1/seller/items/{item.id}",
        json={"title": "Another"},
        headers={"authorization": f"Bearer {token}", "if-match": f'"v{item.version}"'},
    )
    assert (patch.status_code, patch.headers["retry-after"]) == (503, "1")
    market.doors.away.clear()
    assert (await market.shop.catalog.own_item(code, item.id)).title == item.title


async def test_a_shop_that_starts_without_it_has_its_stalls_from_the_index(seeded: Seeded, tmp_path: Path) -> None:
    shutil.copytree(seeded.folder, tmp_path / "var")
    async with opened(tmp_path / "var") as market:
        home = (await market.page("/")).text
        roots = [one for one in (await market.api("/categories")).json()["categories"] if "." not in one["id"]]
    async with opened(tmp_path / "var", Doors({"catalog"})) as market:
        assert (await market.page(f"/c/{roots[0]['id']}")).status_code == 200
        shown = (await market.page("/")).text
        assert [root["name"] for root in roots if root["name"] in home and root["name"] not in shown] == []
        assert (await market.api("/categories")).status_code == 503
        market.doors.away.clear()
        market.clock.advance(LATER_S)
        assert (await market.api("/categories")).json()["categories"]


def _lines(*skus: str) -> dict[str, object]:
    return {"lines": [{"sku": sku, "quantity": 1} for sku in skus], "pincode": HOME, "method": "cod"}
