"""Payments over HTTP: pay, come back, try again, webhooks and refunds by hand."""

from collections.abc import AsyncIterator
from typing import Any

import httpx2
import msgspec
import pytest
from prometheus_client import CollectorRegistry

from fakepay.webhooks import signed
from haat.http.identity import Connection, Grant, buyer_of_call
from haat.http.problems import Problems
from haat.http.server import Edges, Readiness, web_app
from haat.payments.routes import PaymentVerbs, pay_pages, payment_routes
from tests.payments.shop import PRICE_MINOR, SECRET, Shop

ASHA, RAVI, OPERATOR = ({"authorization": f"Bearer {token}"} for token in ("asha", "ravi", "op"))


async def authenticate(token: str) -> Grant | None:
    grants = {
        "asha": Grant("user", user="usr_asha"),
        "ravi": Grant("user", user="usr_ravi"),
        "op": Grant("operator", token_id="tok_1"),
    }
    return grants.get(token)


async def ready() -> Readiness:
    return Readiness(True, [])


async def owner_of(connection: Connection, order_id: str) -> str:
    return await buyer_of_call(connection)


@pytest.fixture
async def client(shop: Shop) -> AsyncIterator[httpx2.AsyncClient]:
    edges = Edges(shop.signer, shop.ids, authenticate, Problems("http://shop.test"), CollectorRegistry(), https=False)
    verbs = PaymentVerbs(shop.retry, shop.receive, shop.handle, shop.operator)
    api = payment_routes(verbs, owner_of, shop.signer)
    pages = pay_pages(shop.start, shop.apply, lambda order_id: f"/orders/{order_id}")
    edge, _ = web_app(api, pages, ready, edges)
    transport = httpx2.ASGITransport(edge, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://shop.test") as client:
        yield client


async def ordered(shop: Shop) -> tuple[str, str]:
    return await shop.ordered(owner="usr_asha")


async def test_a_buyer_is_led_to_the_gateway_and_back(shop: Shop, client: httpx2.AsyncClient) -> None:
    order_id, payment_id = await ordered(shop)
    there = await client.get(f"/pay/{payment_id}")
    assert (there.status_code, there.headers["cache-control"]) == (303, "no-store")
    assert there.headers["location"].startswith("http://shop.test/fakepay/pay/")
    shop.hold_webhooks = True
    await shop.act(payment_id, "approve")
    back = await client.get(f"/pay/{payment_id}/return")
    assert (back.status_code, back.headers["location"]) == (303, f"/orders/{order_id}")
    assert await shop.state(order_id) == ("PLACED", "")
    again = await client.get(f"/pay/{payment_id}")
    assert (again.status_code, again.headers["location"]) == (303, f"/orders/{order_id}")


async def test_the_gateways_own_return_address_works(shop: Shop, client: httpx2.AsyncClient) -> None:
    order_id, payment_id = await ordered(shop)
    page = (await client.get(f"/pay/{payment_id}")).headers["location"]
    assert page
    rows = await shop.raw.find(payment_id)
    assert rows is not None
    back = await client.get(f"/pay/{payment_id}/return?status=ok")
    assert back.headers["location"] == f"/orders/{order_id}"
    assert await shop.state(order_id) == ("CREATED", "")


async def test_unknown_payments_are_404(client: httpx2.AsyncClient) -> None:
    for path in ("/pay/pay_none", "/pay/pay_none/return"):
        assert (await client.get(path)).status_code == 404


async def test_a_gateway_that_is_down_is_a_503_and_the_way_back_still_works(
    shop: Shop, client: httpx2.AsyncClient
) -> None:
    order_id, payment_id = await ordered(shop)
    await shop.script({"on": "*", "do": "down"})
    down = await client.get(f"/pay/{payment_id}")
    assert down.status_code == 503
    assert int(down.headers["retry-after"]) >= 1
    back = await client.get(f"/pay/{payment_id}/return")
    assert (back.status_code, back.headers["location"]) == (303, f"/orders/{order_id}")


async def test_a_refused_attempt_leads_to_the_order(shop: Shop, client: httpx2.AsyncClient) -> None:
    order_id, payment_id = await ordered(shop)
    await shop.script({"on": "create", "do": "decline", "times": 1})
    refused = await client.get(f"/pay/{payment_id}")
    assert (refused.status_code, refused.headers["location"]) == (303, f"/orders/{order_id}")
    assert [line.word for line in (await shop.money(order_id)).attempts] == ["declined"]


async def test_webhooks_over_http(shop: Shop, client: httpx2.AsyncClient) -> None:
    order_id, payment_id = await ordered(shop)
    await client.get(f"/pay/{payment_id}")
    shop.hold_webhooks = True
    await shop.act(payment_id, "approve")
    await shop.gateway_app.drain()
    body, headers = shop.webhooks[0]
    for _ in range(2):
        answer = await client.post("/api/v1/payments/webhooks/fakepay", content=body, headers=dict(headers))
        assert (answer.status_code, answer.json()) == (200, {"received": True})
    assert await shop.state(order_id) == ("PLACED", "")
    assert len(await shop.rows("SELECT 1 FROM webhook")) == 1
    forged = signed("guess", body, shop.clock.now_ms() // 1000)
    answer = await client.post("/api/v1/payments/webhooks/fakepay", content=body, headers=forged)
    assert (answer.status_code, answer.json()["type"]) == (401, "http://shop.test/problems/webhook-signature")
    assert (await client.post("/api/v1/payments/webhooks/elsewhere", content=body)).status_code == 404
    large = b" " * 300_000
    right = signed(SECRET, large, shop.clock.now_ms() // 1000)
    assert (await client.post("/api/v1/payments/webhooks/fakepay", content=large, headers=right)).status_code == 413


async def again(client: httpx2.AsyncClient, order_id: str, key: str, **options: Any) -> httpx2.Response:
    body = options.pop("body", {"payment": {"method": "card"}})
    headers = {**ASHA, "idempotency-key": key, **options.pop("headers", {})}
    return await client.post(f"/api/v1/orders/{order_id}/payments", json=body, headers=headers)


async def test_trying_again_over_http(shop: Shop, client: httpx2.AsyncClient) -> None:
    order_id, _ = await ordered(shop)
    first = await again(client, order_id, "k1")
    assert first.status_code == 201, first.text
    told = first.json()
    assert told["payment"]["redirect_url"] == f"http://shop.test/pay/{told['payment']['id']}"
    assert (told["state"], told["payment"]["method"]) == ("CREATED", "card")
    second = await again(client, order_id, "k1")
    assert (second.content, second.headers["idempotency-replayed"]) == (first.content, "true")
    other = await again(client, order_id, "k1", body={"payment": {"method": "upi"}})
    assert other.status_code == 422
    wrong: list[dict[str, Any]] = [{"payment": {"method": "cod"}}, {"payment": {"method": "beads"}}, {"payment": {}}]
    for body in [*wrong, {"method": "upi"}]:
        refused = await again(client, order_id, "k2", body=body)
        assert refused.status_code == 422, refused.text
    assert (await again(client, order_id, "k3", headers=RAVI)).status_code == 404
    assert (await again(client, "ord_none", "k3")).status_code == 404
    missing = await client.post(
        f"/api/v1/orders/{order_id}/payments", json={"payment": {"method": "upi"}}, headers=ASHA
    )
    assert missing.status_code == 400
    await shop.cancel(order_id)
    closed = await again(client, order_id, "k4")
    assert (closed.status_code, closed.json()["state"]) == (409, "CANCELLED")


async def test_refunds_by_hand_over_http(shop: Shop, client: httpx2.AsyncClient) -> None:
    order_id, payment_id = await ordered(shop)
    await shop.start(payment_id)
    await shop.act(payment_id, "approve")
    await shop.apply(payment_id)
    path = "/api/v1/admin/refunds"
    body = {"order": order_id, "amount_minor": 500, "reason": "a scratch on the lid"}
    headers = {**OPERATOR, "idempotency-key": "r1"}
    made = await client.post(path, json=body, headers=headers)
    assert made.status_code == 201, made.text
    assert (made.json()["state"], made.json()["by"], made.json()["note"]) == ("DUE", "operator:tok_1", body["reason"])
    same = await client.post(path, json=body, headers=headers)
    assert (same.content, same.headers["idempotency-replayed"]) == (made.content, "true")
    for wrong in (
        {**body, "payment": payment_id},
        {"amount_minor": 5, "reason": "none named"},
        {**body, "amount_minor": 0},
        {**body, "amount_minor": -5},
        {**body, "amount_minor": "5"},
        {**body, "reason": ""},
        {**body, "extra": 1},
    ):
        answer = await client.post(path, json=wrong, headers={**OPERATOR, "idempotency-key": "r2"})
        assert answer.status_code == 422, answer.text
    over = await client.post(
        path, json={**body, "amount_minor": PRICE_MINOR}, headers={**OPERATOR, "idempotency-key": "r3"}
    )
    assert (over.status_code, over.json()["left_minor"]) == (409, PRICE_MINOR - 500)
    listed = (await client.get(f"{path}?state=DUE&limit=1", headers=OPERATOR)).json()
    assert [one["id"] for one in listed["refunds"]] == [made.json()["id"]]
    assert listed["next"] is None
    for headers in ({}, ASHA):
        assert (await client.get(path, headers=headers)).status_code in {401, 403}
        assert (await client.post(path, json=body, headers=headers)).status_code in {401, 403}
    one = f"{path}/{made.json()['id']}"
    assert (await client.post(one, json={"action": "again"}, headers=OPERATOR)).status_code == 409
    assert (await client.post(f"{path}/ref_none", json={"action": "again"}, headers=OPERATOR)).status_code == 404


async def test_pages_of_refunds_follow_each_other(shop: Shop, client: httpx2.AsyncClient) -> None:
    _, payment_id = await ordered(shop)
    await shop.start(payment_id)
    await shop.act(payment_id, "approve")
    await shop.apply(payment_id)
    for number in range(5):
        body = {"payment": payment_id, "amount_minor": 100 + number, "reason": "some reason"}
        headers = {**OPERATOR, "idempotency-key": f"n{number}"}
        assert (await client.post("/api/v1/admin/refunds", json=body, headers=headers)).status_code == 201
    seen, cursor = [], ""
    while True:
        params = {"limit": "2", **({"cursor": cursor} if cursor else {})}
        page = (await client.get("/api/v1/admin/refunds", params=params, headers=OPERATOR)).json()
        seen += [one["amount_minor"] for one in page["refunds"]]
        cursor = page["next"]
        if not cursor:
            break
    assert seen == [104, 103, 102, 101, 100]


async def test_what_the_orders_page_says(shop: Shop) -> None:
    order_id, payment_id = await ordered(shop)

    async def words() -> list[str]:
        return [line.word for line in (await shop.money(order_id)).attempts]

    money = await shop.money(order_id)
    assert (money.pay_url, money.payment_id) == (f"http://shop.test/pay/{payment_id}", payment_id)
    assert await words() == ["to_pay"]
    await shop.start(payment_id)
    assert await words() == ["confirming"]
    await shop.act(payment_id, "decline")
    await shop.apply(payment_id)
    assert await words() == ["declined"]
    assert (await shop.money(order_id)).pay_url == ""
    second = await shop.try_again(order_id, owner="usr_asha")
    assert await words() == ["declined", "to_pay"]
    await shop.start(second)
    await shop.act(second, "approve")
    await shop.apply(second)
    assert await words() == ["declined", "paid"]
    await shop.cancel(order_id)
    assert [line.word for line in (await shop.money(order_id)).refunds] == ["on_its_way"]
    await shop.settled()
    money = await shop.money(order_id)
    assert [line.word for line in money.refunds] == ["returned"]
    assert msgspec.json.encode(money)


async def test_the_orders_page_says_when_a_payment_came_too_late(shop: Shop) -> None:
    order_id, payment_id = await ordered(shop)
    await shop.start(payment_id)
    await shop.script({"on": "act", "do": "late_success", "ms": 60 * 60_000})
    await shop.act(payment_id, "approve")
    await shop.expired(order_id)
    shop.clock.advance(3_600)
    await shop.apply(payment_id)
    (line,) = (await shop.money(order_id)).attempts
    assert line.says == "Payment received, but the order had ended. It is on its way back."
    await shop.settled()
    (line,) = (await shop.money(order_id)).attempts
    assert (line.word, line.says) == ("returning", "Payment received, but the order had ended. It came back to you.")
