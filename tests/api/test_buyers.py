"""Buying over the API: from cart to a paid order, that nobody learns anything of another's, and jobs given up."""

import asyncio
import re
from collections.abc import Mapping
from typing import Any

import httpx2
import pytest
from msgspec.structs import replace

from haat.engines.sql import Tx
from haat.engines.sql.jobs import again, plan, take_due
from haat.shop import Shop
from haat.timers import DAY_MS, Forget
from tests.api.conftest import Tokens

HOME = "560034"
ADDRESS = {"name": "Meera Krishnan", "phone": "9845012345", "line1": "14, 3rd Cross, Koramangala", "pincode": HOME}


@pytest.fixture(scope="module")
async def skus(client: httpx2.AsyncClient) -> list[str]:
    """Skus that reach the home PIN code and can be paid at the door."""
    hits = (await client.get("/api/v1/search", params={"pincode": HOME, "limit": "60"})).json()["hits"]
    lines = [{"sku": hit["sku"], "quantity": 1} for hit in hits]
    asked = {"lines": lines[:50], "pincode": HOME, "method": "cod"}
    quoted = (await client.post("/api/v1/orders/quote", json=asked)).json()["lines"]
    found = [line["sku"] for line in quoted if not line.get("problem")]
    assert len(found) > 10
    return found


async def buyer(shop: Shop) -> dict[str, str]:
    return Tokens.header((await shop.create_token("user"))[1])


def body(sku: str, checkout: str, *, method: str = "cod", quantity: int = 1, **more: Any) -> dict[str, Any]:
    lines = [{"sku": sku, "quantity": quantity}]
    return {"checkout_id": checkout, "lines": lines, "address": ADDRESS, "payment": {"method": method}, **more}


async def place(
    client: httpx2.AsyncClient, who: Mapping[str, str], order: dict[str, Any], key: str = ""
) -> httpx2.Response:
    headers = {**who, "idempotency-key": key or f"k-{order['checkout_id']}"}
    return await client.post("/api/v1/orders", json=order, headers=headers)


async def test_cart_to_a_paid_order(shop: Shop, client: httpx2.AsyncClient, skus: list[str]) -> None:
    who = await buyer(shop)
    put = await client.put(f"/api/v1/cart/lines/{skus[0]}", json={"quantity": 2}, headers=who)
    assert put.status_code == 200, put.text
    cart = (await client.get("/api/v1/cart", params={"pincode": HOME}, headers=who)).json()
    assert cart["ok"]
    order = {
        "checkout_id": cart["checkout_id"], "cart": True, "address": ADDRESS, "payment": {"method": "upi"},
        "quote": cart["quote"],
    }  # fmt: skip
    given = await place(client, who, order)
    assert given.status_code == 201, given.text
    placed = given.json()
    assert placed["total"]["minor"] == cart["totals"]["total_minor"]
    assert placed["state"] == "CREATED"
    pay = await client.get(re.sub(r"^https?://[^/]+", "", placed["payment"]["redirect_url"]))
    assert pay.status_code == 303
    assert "/fakepay/pay/" in pay.headers["location"]
    fakepay = shop.selling.gateway.fakepay
    assert fakepay is not None
    intent = await shop.selling.gateway.gateways["fakepay"].find(placed["payment"]["id"])
    assert intent is not None
    for act in ("continue", "approve"):
        await client.post(f"/fakepay/pay/{intent.id}", data={"do": act})
    await fakepay.drain()  # its webhook comes over HTTP, as from anywhere
    await shop.selling.jobs.step()
    seen = (await client.get(f"/api/v1/orders/{placed['id']}", headers=who)).json()
    assert seen["state"] == "PLACED"
    await shop.flow.drain()
    after = (await client.get("/api/v1/cart", headers=who)).json()
    assert after["lines"] == []
    assert after["checkout_id"] != cart["checkout_id"]


async def test_the_same_order_five_times_at_once_is_one(
    shop: Shop, client: httpx2.AsyncClient, skus: list[str]
) -> None:
    who = await buyer(shop)
    order = body(skus[1], "co-five")
    answers = await asyncio.gather(*(place(client, who, order) for _ in range(5)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    other = await place(client, who, body(skus[2], "co-six"), key="k-co-five")
    assert other.status_code == 422
    assert other.json()["type"].endswith("/idempotency-key-reused")
    second_tab = await place(client, who, order, key="another")
    assert second_tab.status_code == 200
    assert second_tab.json()["id"] == answers[0].json()["id"]


async def test_nobody_sees_or_touches_anothers(shop: Shop, client: httpx2.AsyncClient, skus: list[str]) -> None:
    mine, theirs = await buyer(shop), await buyer(shop)
    placed = (await place(client, mine, body(skus[3], "co-mine"))).json()
    random = "ord_01m81ztw0hesaathqh2v766g7a"
    for method, path, sent in (
        ("GET", "/api/v1/orders/{}", None),
        ("POST", "/api/v1/orders/{}/cancel", None),
        ("POST", "/api/v1/orders/{}/payments", {"payment": {"method": "upi"}}),
    ):
        said = []
        for order_id in (placed["id"], random):
            for who in (theirs, {}):
                headers = {**who, "idempotency-key": "k", "x-request-id": "the-same-id"}
                answer = await client.request(method, path.format(order_id), json=sent, headers=headers)
                assert answer.status_code == 404, (method, path, answer.text)
                said.append(answer.json() | {"instance": ""})
        assert all(one == said[0] for one in said), "a foreign order looks like one that is not there"
    assert (await client.get("/api/v1/orders", headers=theirs)).json()["orders"] == []
    assert (await client.get(f"/api/v1/orders/{placed['id']}", headers=mine)).json()["state"] == "PLACED"
    by_token = await client.get(f"/api/v1/orders/{placed['id']}", headers={"x-order-token": placed["token"]})
    assert by_token.status_code == 200
    other = (await place(client, theirs, body(skus[4], "co-theirs"))).json()
    crossed = await client.get(f"/api/v1/orders/{other['id']}", headers={"x-order-token": placed["token"]})
    assert crossed.status_code == 404
    await client.put(f"/api/v1/cart/lines/{skus[5]}", json={"quantity": 1}, headers=mine)
    assert (await client.get("/api/v1/cart", headers=theirs)).json()["lines"] == []


async def test_guessing_order_tokens_ends_soon(shop: Shop, client: httpx2.AsyncClient, skus: list[str]) -> None:
    placed = (await place(client, await buyer(shop), body(skus[6], "co-guess"))).json()
    statuses = [
        (await client.get(f"/api/v1/orders/{placed['id']}", params={"token": f"guess{n}"})).status_code
        for n in range(30)
    ]
    assert statuses[0] == 404
    assert statuses[-1] == 429
    await shop_forgets(shop)


async def shop_forgets(shop: Shop) -> None:
    """Other tests of this module come from the same address."""
    await shop.selling.read.kv.delete("order-token:127.0.0.1")


@pytest.mark.parametrize("quantity", [0, -1, 1.5, 10**9, "1", None, True])
async def test_quantities_that_are_none(
    shop: Shop, client: httpx2.AsyncClient, skus: list[str], quantity: object
) -> None:
    who = await buyer(shop)
    order = body(skus[7], "co-quantity") | {"lines": [{"sku": skus[7], "quantity": quantity}]}
    answer = await place(client, who, order)
    assert answer.status_code == 422, answer.text
    put = await client.put(f"/api/v1/cart/lines/{skus[7]}", json={"quantity": quantity}, headers=who)
    assert put.status_code == (200 if quantity == 0 and quantity is not False else 422), put.text
    assert (await client.get("/api/v1/orders", headers=who)).json()["orders"] == []


@pytest.mark.parametrize(
    "field", ["price", "total", "state", "user_id", "owner", "role", "seller_id", "captured", "discount", "version"]
)
async def test_nobody_sets_what_is_the_shops(
    shop: Shop, client: httpx2.AsyncClient, skus: list[str], field: str
) -> None:
    answer = await place(client, await buyer(shop), body(skus[8], "co-mass") | {field: 1})
    assert answer.status_code == 422
    assert field in answer.text


async def test_a_price_that_rose_is_asked_again(shop: Shop, client: httpx2.AsyncClient, skus: list[str]) -> None:
    who, sku = await buyer(shop), skus[9]
    asked = {"lines": [{"sku": sku, "quantity": 1}], "pincode": HOME, "method": "cod"}
    quote = (await client.post("/api/v1/orders/quote", json=asked, headers=who)).json()
    offer = await shop.offers.offer(sku)
    assert offer is not None
    assert offer.price_minor is not None
    await shop.offers.change(replace(offer, price_minor=offer.price_minor + 100), offer.version)
    answer = await place(client, who, body(sku, "co-rose", quote=quote["token"]))
    assert answer.status_code == 409
    problem = answer.json()
    assert problem["type"].endswith("/quote-changed")
    again = await place(client, who, body(sku, "co-rose", quote=problem["quote"]["token"]))
    assert again.status_code == 201


async def test_a_forged_webhook_changes_nothing(client: httpx2.AsyncClient) -> None:
    sent = b'{"id":"fe_1","type":"intent.captured","data":{"reference":"pay_x"}}'
    for headers in ({}, {"fakepay-signature": "t=1,v1=00"}, {"fakepay-signature": "nonsense"}):
        answer = await client.post("/api/v1/payments/webhooks/fakepay", content=sent, headers=headers)
        assert answer.status_code == 401
    assert (await client.post("/api/v1/payments/webhooks/nobody", content=sent)).status_code == 404


async def test_a_forgotten_key_doubles_nothing(shop: Shop, client: httpx2.AsyncClient, skus: list[str]) -> None:
    who, order = await buyer(shop), body(skus[10], "co-old")
    first = await place(client, who, order)
    await Forget(shop.databases["orders"], shop.databases["carts"])(shop.clock.now_ms() + 8 * DAY_MS)
    again = await place(client, who, order)
    assert (again.status_code, again.json()["id"]) == (200, first.json()["id"])


async def test_a_parked_job_is_seen_and_run_again(shop: Shop, client: httpx2.AsyncClient, tokens: Tokens) -> None:
    database, operator = shop.databases["orders"], Tokens.header(tokens.operator)

    def park(tx: Tx) -> None:
        plan(tx, "refund", "ref_nobody_knows", tx.now_ms)
        (job,) = take_due(tx, ["refund"], 1, 1_000)
        again(tx, job, tx.now_ms, "the bank says no", park=True)

    await database.transact(park)
    (seen,) = (await client.get("/api/v1/admin/jobs", headers=operator)).json()["jobs"]
    assert (seen["kind"], seen["key"], seen["error"]) == ("refund", "ref_nobody_knows", "the bank says no")
    path = "/api/v1/admin/jobs/refund/ref_nobody_knows/run"
    assert (await client.post(path, headers=operator)).status_code == 202
    assert (await client.get("/api/v1/admin/jobs", headers=operator)).json()["jobs"] == []
    answer = await client.post(path, headers=operator)
    assert answer.status_code == 404
    assert answer.json()["type"].endswith("/no-such-job")
