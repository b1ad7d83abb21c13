"""The cart over HTTP: what a buyer sees, what is refused, and whose cart it is."""

from typing import Any

import httpx2
import pytest

from haat.http.openapi import document
from tests.cart.market import Market
from tests.orders.world import PIN

FAR = "999999"  # no place of the made-up country


async def put(browser: httpx2.AsyncClient, sku: str, quantity: Any, **headers: str) -> httpx2.Response:
    return await browser.put(f"cart/lines/{sku}", json={"quantity": quantity}, headers=headers)


async def look(browser: httpx2.AsyncClient, pincode: str = "") -> dict[str, Any]:
    answer = await browser.get("cart", params={"pincode": pincode} if pincode else {})
    assert answer.status_code == 200, answer.text
    view: dict[str, Any] = answer.json()
    return view


async def test_a_guest_gets_a_cart_with_the_first_thing(market: Market, browser: httpx2.AsyncClient) -> None:
    await market.world.sell("acme.A", {market.world.serving()[0]: 9}, 25_000)
    empty = await browser.get("cart")
    assert (empty.status_code, empty.headers["etag"], empty.headers["cache-control"]) == (200, '"v0"', "no-store")
    assert empty.json() == {
        "version": 0,
        "checkout_id": "",
        "pincode": "",
        "units": 0,
        "lines": [],
        "shipments": [],
        "totals": {
            "currency": "INR",
            "items_minor": 0,
            "discount_minor": 0,
            "shipping_minor": 0,
            "tax_minor": 0,
            "total_minor": 0,
        },
        "cash_on_delivery": False,
        "ok": False,
        "quote": "",
    }
    assert "set-cookie" not in empty.headers
    answer = await put(browser, "acme.A", 2)
    assert (answer.status_code, answer.headers["etag"]) == (200, '"v1"')
    assert "haat_guest=" in answer.headers["set-cookie"]
    assert "HttpOnly" in answer.headers["set-cookie"]
    head = answer.json()
    assert (head["version"], head["units"], head["lines"]) == (
        1,
        2,
        [{"sku": "acme.A", "item_id": "itm_a", "quantity": 2}],
    )
    again = await put(browser, "acme.A", 2)
    assert again.json() == head
    assert "set-cookie" not in again.headers
    view = await look(browser)
    assert (view["version"], view["checkout_id"], view["units"]) == (1, head["checkout_id"], 2)
    assert len(await market.events()) == 1


async def test_the_view_has_prices_dates_parcels_and_sums(market: Market, browser: httpx2.AsyncClient) -> None:
    warehouses = market.world.serving()
    await market.world.sell("acme.A", {warehouses[0]: 4}, 25_000)
    await market.world.sell("acme.B", {warehouses[-1]: 90}, 10_000)
    await put(browser, "acme.A", 2)
    await put(browser, "acme.B", 1)
    without_pin = await look(browser)
    assert [(line["problem"], line["promised_on"]) for line in without_pin["lines"]] == [("", None), ("", None)]
    assert without_pin["shipments"] == []
    assert without_pin["totals"]["items_minor"] == 60_000
    view = await look(browser, PIN)
    first, second = view["lines"]
    assert (first["title"], first["seller"], first["options"], first["picture"]) == (
        "Thing A",
        "acme",
        {"colour": "blue"},
        "pic",
    )
    assert (first["quantity"], first["price_minor"], first["total_minor"], first["left"]) == (2, 25_000, 50_000, 4)
    assert (second["left"], second["price_was_minor"], second["ways_out"]) == (None, None, [])
    assert view["ok"]
    assert view["quote"]
    days = {unit["sku"]: parcel["promised_on"] for parcel in view["shipments"] for unit in parcel["units"]}
    assert days == {line["sku"]: line["promised_on"] for line in view["lines"]}
    assert [parcel["number"] for parcel in view["shipments"]] == list(range(1, len(view["shipments"]) + 1))
    totals = view["totals"]
    assert totals["total_minor"] == totals["items_minor"] - totals["discount_minor"] + totals["shipping_minor"]
    assert 0 < totals["tax_minor"] < totals["total_minor"]


async def test_a_line_that_does_not_come_says_so_with_a_way_out(market: Market, browser: httpx2.AsyncClient) -> None:
    world = market.world
    reach = world.live.reach
    out_of_reach = [w for w in reach.warehouses if w not in world.serving()]
    await world.sell("acme.HERE", {world.serving()[0]: 9}, 10_000)
    await world.sell("acme.THERE", {out_of_reach[0]: 9} if out_of_reach else {"whs_unknown": 9}, 10_000)
    await world.sell("acme.FEW", {world.serving()[0]: 3}, 10_000)
    for sku, units in (("acme.HERE", 1), ("acme.THERE", 1), ("acme.FEW", 3)):
        await put(browser, sku, units)
    await market.leave("acme.FEW", 2)
    lines = {line["sku"]: line for line in (await look(browser, PIN))["lines"]}
    assert lines["acme.HERE"]["problem"] == ""
    there = lines["acme.THERE"]
    assert (there["problem"], there["promised_on"]) == ("not_delivered", None)
    assert PIN in there["detail"]
    assert there["ways_out"] == ["other_pincode", "save_for_later", "remove"]
    few = lines["acme.FEW"]
    assert (few["problem"], few["left"], few["ways_out"][0]) == ("too_few", 2, "fewer")
    view = await look(browser, PIN)
    assert (view["ok"], view["quote"], view["totals"]["items_minor"]) == (False, "", 10_000)
    assert [unit["sku"] for parcel in view["shipments"] for unit in parcel["units"]] == ["acme.HERE"]
    elsewhere = await look(browser, FAR)
    assert {line["problem"] for line in elsewhere["lines"]} >= {"not_served"}
    for line in elsewhere["lines"]:
        assert line["detail"]
        assert line["ways_out"]


async def test_what_sold_out_or_left_the_shop_stays_in_the_cart_and_says_so(
    market: Market, browser: httpx2.AsyncClient
) -> None:
    world = market.world
    await world.sell("acme.OUT", {world.serving()[0]: 3}, 10_000)
    await world.sell("acme.OFF", {world.serving()[0]: 3}, 10_000)
    await put(browser, "acme.OUT", 1)
    await put(browser, "acme.OFF", 1)
    await market.leave("acme.OUT", 0)
    await world.sell("acme.OFF", {world.serving()[0]: 3}, 10_000, active=False)
    problems = {line["sku"]: line["problem"] for line in (await look(browser, PIN))["lines"]}
    assert problems == {"acme.OUT": "sold_out", "acme.OFF": "not_sold"}
    fewer = await put(browser, "acme.OFF", 2)
    assert fewer.status_code == 200, "units of a line that is there can always be changed"


async def test_a_price_that_changed_since_is_told(market: Market, browser: httpx2.AsyncClient) -> None:
    world = market.world
    await world.sell("acme.A", {world.serving()[0]: 9}, 25_000)
    await put(browser, "acme.A", 1)
    await world.sell("acme.A", {world.serving()[0]: 9}, 27_500)
    await put(browser, "acme.A", 2)
    (line,) = (await look(browser, PIN))["lines"]
    assert (line["price_minor"], line["price_was_minor"], line["total_minor"]) == (27_500, 25_000, 55_000)
    await world.sell("acme.A", {world.serving()[0]: 9}, 25_000)
    (line,) = (await look(browser, PIN))["lines"]
    assert line["price_was_minor"] is None


@pytest.mark.parametrize(
    "body",
    [
        b'{"quantity": -1}', b'{"quantity": 11}', b'{"quantity": 1.5}', b'{"quantity": 1000000000}',
        b'{"quantity": "1e3"}', b'{"quantity": "2"}', b'{"quantity": true}', b'{"quantity": null}',
        '{"quantity": "２"}'.encode(), b'{"quantity": [1]}', b"{}",
        b'{"quantity": 1, "price_minor": 1}', b'{"quantity": 1, "owner": "usr_asha"}', b'{"quantity": 1, "version": 7}',
    ],
)  # fmt: skip
async def test_a_wrong_quantity_or_field_is_refused_and_makes_no_cart(
    market: Market, browser: httpx2.AsyncClient, body: bytes
) -> None:
    await market.world.sell("acme.A", {market.world.serving()[0]: 9})
    headers = {"content-type": "application/json"}
    answer = await browser.put("cart/lines/acme.A", content=body, headers=headers)
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"]
    assert "set-cookie" not in answer.headers
    assert await market.events() == []


@pytest.mark.parametrize("body", [b'{"quantity": NaN}', b'{"quantity": Infinity}', b"{", b"", b"[]", b"null", b"\xff"])
async def test_a_body_that_is_no_json_is_refused(market: Market, browser: httpx2.AsyncClient, body: bytes) -> None:
    await market.world.sell("acme.A", {market.world.serving()[0]: 9})
    headers = {"content-type": "application/json"}
    answer = await browser.put("cart/lines/acme.A", content=body, headers=headers)
    assert answer.status_code in (400, 422), answer.text
    assert await market.events() == []


async def test_only_what_is_offered_can_be_put_in(market: Market, browser: httpx2.AsyncClient) -> None:
    await market.world.sell("acme.OFF", {}, active=False)
    await market.world.sell("acme.FREE", {}, None)
    for sku in ("acme.NONE", "x" * 500, "acme.%27;--", "%00", "acme.%F0%9F%92%A9"):
        answer = await put(browser, sku, 1)
        assert (answer.status_code, answer.json()["type"]) == (404, "https://shop.example/problems/unknown-sku"), sku
        assert "set-cookie" not in answer.headers
    for sku in ("acme.OFF", "acme.FREE"):
        answer = await put(browser, sku, 1)
        assert (answer.status_code, answer.json()["type"]) == (409, "https://shop.example/problems/not-sold")
    assert await market.events() == []


async def test_two_tabs_and_if_match(market: Market, browser: httpx2.AsyncClient) -> None:
    await market.world.sell("acme.A", {market.world.serving()[0]: 9})
    assert (await put(browser, "acme.A", 1, **{"if-match": '"v1"'})).status_code == 412
    first = await put(browser, "acme.A", 1, **{"if-match": '"v0"'})
    assert (await put(browser, "acme.A", 2, **{"if-match": first.headers["etag"]})).headers["etag"] == '"v2"'
    late = await put(browser, "acme.A", 3, **{"if-match": first.headers["etag"]})
    assert (late.status_code, late.json()["current"]) == (412, 2)
    stale = await browser.delete("cart/lines/acme.A", headers={"if-match": '"v1"'})
    assert stale.status_code == 412
    assert (await put(browser, "acme.A", 3, **{"if-match": "*"})).status_code == 400
    assert (await look(browser))["units"] == 2
    gone = await browser.delete("cart/lines/acme.A", headers={"if-match": '"v2"'})
    assert (gone.status_code, gone.json()["lines"], gone.headers["etag"]) == (200, [], '"v3"')
    assert (await browser.delete("cart/lines/acme.A")).headers["etag"] == '"v3"'


async def test_looking_and_removing_make_no_guest(market: Market, browser: httpx2.AsyncClient) -> None:
    answers = [
        await browser.get("cart"),
        await browser.delete("cart/lines/acme.A"),
        await put(browser, "acme.A", 0),
    ]
    assert [(answer.status_code, answer.json()["version"]) for answer in answers] == [(200, 0)] * 3
    assert all("set-cookie" not in answer.headers for answer in answers)
    assert (await browser.delete("cart/lines/acme.A", headers={"if-match": '"v4"'})).status_code == 412
    assert await market.events() == []


async def test_nobody_sees_or_changes_anothers_cart(market: Market, browser: httpx2.AsyncClient) -> None:
    await market.world.sell("acme.A", {market.world.serving()[0]: 9})
    async with market.browser("asha") as asha, market.browser("ravi") as ravi, market.browser() as other:
        for one in (browser, asha):
            assert (await put(one, "acme.A", 3)).status_code == 200
        for one in (ravi, other):
            assert (await look(one))["lines"] == []
            assert (await one.delete("cart/lines/acme.A")).json()["version"] == 0
        other.cookies.set("haat_guest", browser.cookies["haat_guest"][:-2] + "xx", domain="shop.example")
        assert (await look(other))["lines"] == [], "a cookie that was tampered with is none"
        assert "set-cookie" not in (await asha.get("cart")).headers
        assert (await look(asha))["units"] == (await look(browser))["units"] == 3
    for token in ("op", "acme"):
        async with market.browser(token) as one:
            assert (await one.get("cart")).status_code == 403
            assert (await put(one, "acme.A", 1)).status_code == 403
    async with market.browser("nonsense") as one:
        assert (await put(one, "acme.A", 1)).status_code == 401


async def test_the_pin_code_is_remembered_with_the_cart(market: Market) -> None:
    await market.world.sell("acme.A", {market.world.serving()[0]: 9})
    async with market.browser("asha") as asha:
        answer = await asha.put("cart/lines/acme.A", json={"quantity": 1}, params={"pincode": PIN})
        assert answer.status_code == 200
        view = await look(asha)
        assert view["pincode"] == PIN
        assert view["lines"][0]["promised_on"]
        assert (await look(asha, "560034"))["pincode"] == "560034"
        assert (await look(asha))["pincode"] == PIN, "looking writes nothing"
        for wrong in ("12", "012345", "abcdef", "1234567"):
            assert (await asha.get("cart", params={"pincode": wrong})).status_code == 422
            bad = await asha.put("cart/lines/acme.A", json={"quantity": 2}, params={"pincode": wrong})
            assert bad.status_code == 422
        assert (await asha.get("cart", params={"pin": PIN})).status_code == 422
        assert (await look(asha))["units"] == 1


async def test_a_form_of_another_site_changes_nothing(market: Market, browser: httpx2.AsyncClient) -> None:
    await market.world.sell("acme.A", {market.world.serving()[0]: 9})
    answer = await put(browser, "acme.A", 1, origin="https://evil.example")
    assert answer.status_code == 403
    typed = await browser.put("cart/lines/acme.A", content=b'{"quantity":1}', headers={"content-type": "text/plain"})
    assert typed.status_code == 415
    assert await market.events() == []


async def test_the_document_shows_the_optional_header(market: Market) -> None:
    paths = document(market.litestar)["paths"]
    operation = paths["/api/v1/cart/lines/{sku}"]["put"]
    header = next(one for one in operation["parameters"] if one["name"] == "If-Match")
    assert not header["required"]
    assert {"404", "409", "412", "422"} <= set(operation["responses"])
