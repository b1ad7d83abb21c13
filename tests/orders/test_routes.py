"""Orders over HTTP: who may do what, what is refused and how, and that the same request twice is one order."""

import asyncio
import io
import json
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest
import structlog
from prometheus_client import CollectorRegistry

from haat.engines.kv.memory import MemoryKv
from haat.engines.sql import Tx
from haat.http import logs
from haat.http.identity import Grant
from haat.http.problems import Problems
from haat.http.server import Edges, Engine, Readiness, web_app
from haat.orders.adapters.view import SqlOrdersView
from haat.orders.advance import AdvanceOrder
from haat.orders.cancel import CancelOrder
from haat.orders.model import Wanted
from haat.orders.read import MOST_WRONG, ReadOrder
from haat.orders.routes import Verbs, orders_routes
from tests.orders.world import PIN, World

ADDRESS = {"name": "Asha Rao", "phone": "98450 12345", "line1": "12 Lake Road", "pincode": PIN, "email": "a@example.in"}
ORDER: Mapping[str, Any] = {
    "checkout_id": "c1",
    "lines": [{"sku": "a.X", "quantity": 2}],
    "address": ADDRESS,
    "payment": {"method": "upi"},
}


@dataclass
class Site:
    """Two browsers and two machines in front of one shop."""

    world: World
    kv: MemoryKv
    buyer: httpx2.AsyncClient
    other: httpx2.AsyncClient

    async def post(self, body: object, key: str = "k1", client: httpx2.AsyncClient | None = None) -> httpx2.Response:
        return await (client or self.buyer).post("orders", json=body, headers={"idempotency-key": key})

    async def machine(self, token: str, method: str, path: str) -> httpx2.Response:
        return await self.other.request(method, path, headers={"authorization": f"Bearer {token}"})


async def authenticate(token: str) -> Grant | None:
    return {
        "op": Grant("operator", token_id="tok_op"),
        "a": Grant("seller", "a"),
        "b": Grant("seller", "b"),
        "asha": Grant("user", user="usr_1"),
    }.get(token)


async def ready() -> Readiness:
    return Readiness(True, [Engine("orders", True)])


@pytest.fixture
async def site(world: World) -> AsyncIterator[Site]:
    near = world.serving()[0]
    await world.sell("a.X", {near: 9})
    await world.sell("b.Y", {near: 9}, 10_000)
    kv = MemoryKv(world.clock)
    kv.open()
    view = SqlOrdersView(world.database)
    verbs = Verbs(
        world.quotes,
        world.place,
        ReadOrder(view, world.signer, kv),
        CancelOrder(world.database, world.orders),
        AdvanceOrder(world.database, world.orders, world.holds, world.payments),
        view,
        world.cart,
        world.signer,
    )
    problems = Problems("https://shop.example", lambda problem: problem.title.encode())
    edges = Edges(world.signer, world.ids, authenticate, problems, CollectorRegistry(), https=True)
    edge, _ = web_app(orders_routes(verbs), [], ready, edges)
    transport = httpx2.ASGITransport(edge, raise_app_exceptions=False)
    where = "https://shop.example/api/v1"
    async with (
        httpx2.AsyncClient(transport=transport, base_url=where) as buyer,
        httpx2.AsyncClient(transport=transport, base_url=where) as other,
    ):
        yield Site(world, kv, buyer, other)
    kv.close()


async def test_a_guest_orders_sees_and_cancels(site: Site) -> None:
    answer = await site.post(ORDER)
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert answer.headers["location"] == f"/api/v1/orders/{made['id']}"
    assert answer.headers["cache-control"] == "no-store"
    assert set(made) == {"id", "number", "state", "total", "expires_at", "payment", "token"}
    assert made["total"] == {"minor": 118_000, "currency": "INR"}
    shown = await site.buyer.get(f"orders/{made['id']}")
    order = shown.json()
    assert (order["number"], order["state"], order["cancellable"]) == (made["number"], "CREATED", True)
    assert order["address"]["phone"] == "9845012345"
    assert order["lines"][0]["tax_minor"] == order["totals"]["tax_minor"] == 18_000
    assert order["shipments"][0]["units"] == [{"sku": "a.X", "units": 2}]
    assert "warehouse" not in shown.text
    again = await site.buyer.get(f"orders/{made['id']}", headers={"if-none-match": shown.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    listed = (await site.buyer.get("orders")).json()
    assert [one["id"] for one in listed["orders"]] == [made["id"]]
    off = await site.buyer.post(f"orders/{made['id']}/cancel")
    assert (off.status_code, off.json()["state"], off.json()["reason"]) == (200, "CANCELLED", "by_customer")
    assert (await site.buyer.get(f"orders/{made['id']}")).headers["etag"] != shown.headers["etag"]
    await site.world.sound()


@pytest.fixture
def told() -> Iterator[io.StringIO]:
    """What the shop's own logging writes, whatever other tests have set up before."""
    kept, text = structlog.get_config(), io.StringIO()
    logs.configure(json=True, level="debug")
    structlog.configure(logger_factory=structlog.WriteLoggerFactory(file=text), cache_logger_on_first_use=False)
    yield text
    structlog.configure(**kept)


async def test_nothing_of_the_buyer_gets_into_the_logs(told: io.StringIO, site: Site) -> None:
    made = (await site.post(ORDER)).json()
    await site.post({**ORDER, "address": {**ADDRESS, "phone": "55555", "email": "not-an-address"}}, "k2")
    await site.other.get(f"orders/{made['id']}", params={"token": made["token"]})
    said = told.getvalue()
    assert "/api/v1/orders" in said
    for secret in ("98450", "Asha", "Lake Road", "example.in", "55555", "not-an-address", made["token"]):
        assert secret not in said


async def test_five_equal_requests_at_once_are_one_order_with_equal_answers(site: Site) -> None:
    await site.post({**ORDER, "checkout_id": "first"}, "first")  # the browser has its cookie now
    answers = await asyncio.gather(*(site.post(ORDER) for _ in range(5)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert sum("idempotency-replayed" in answer.headers for answer in answers) == 4
    assert await site.world.sum("SELECT COUNT(*) FROM orders") == 2
    other = await site.post({**ORDER, "on_late_payment": "reorder"})
    assert (other.status_code, other.json()["type"]) == (422, "https://shop.example/problems/idempotency-key-reused")
    tab = await site.post(ORDER, "k2")
    assert (tab.status_code, tab.json()["id"]) == (200, answers[0].json()["id"])


async def test_a_guest_whose_first_answer_was_lost_with_its_cookie_orders_once(site: Site) -> None:
    answers = []
    for _ in range(5):
        site.buyer.cookies.clear()
        answers.append(await site.post(ORDER))
    assert len({answer.content for answer in answers}) == 1
    assert all("set-cookie" in answer.headers for answer in answers)
    assert (await site.buyer.get(f"orders/{answers[0].json()['id']}")).status_code == 200
    site.buyer.cookies.clear()
    stranger = await site.post({**ORDER, "address": {**ADDRESS, "name": "Ravi"}})  # the same key by chance
    assert stranger.json()["id"] != answers[0].json()["id"]


async def test_the_order_of_json_members_does_not_make_another_request(site: Site) -> None:
    first = await site.post(ORDER)
    turned = json.dumps(dict(reversed(list(ORDER.items())))).encode()
    headers = {"idempotency-key": "k1", "content-type": "application/json"}
    second = await site.buyer.post("orders", content=turned, headers=headers)
    assert (second.status_code, second.content) == (201, first.content)


async def test_what_is_not_to_be_had_is_a_problem_that_names_the_line_and_brings_the_quote(site: Site) -> None:
    lines = [{"sku": "b.Y", "quantity": 1}, {"sku": "a.X", "quantity": 10}]
    answer = await site.post({**ORDER, "lines": lines})
    problem = answer.json()
    assert (answer.status_code, problem["type"]) == (409, "https://shop.example/problems/not-available")
    assert problem["lines"] == [
        {"pointer": "#/lines/1", "sku": "a.X", "problem": "too_few", "detail": "Only 9 are left.", "left": None}
    ]
    assert [line["problem"] for line in problem["quote"]["lines"]] == ["", "too_few"]
    assert "set-cookie" not in answer.headers  # a guest who ordered nothing stays nobody


async def test_a_changed_price_is_a_problem_with_the_new_quote_which_can_be_ordered(site: Site) -> None:
    asked = {"lines": ORDER["lines"], "pincode": PIN}
    quote = (await site.buyer.post("orders/quote", json=asked)).json()
    assert quote["ok"]
    await site.world.sell("a.X", {site.world.serving()[0]: 9}, 70_000)
    answer = await site.post({**ORDER, "quote": quote["token"]})
    problem = answer.json()
    assert (answer.status_code, problem["type"]) == (409, "https://shop.example/problems/quote-changed")
    assert problem["changes"] == [{"what": "price", "sku": "a.X", "detail": "It costs more now."}]
    made = await site.post({**ORDER, "quote": problem["quote"]["token"]})
    assert made.json()["total"]["minor"] == 140_000


async def test_a_quote_of_lines_or_cart(site: Site) -> None:
    bare = (await site.buyer.post("orders/quote", json={"lines": ORDER["lines"]})).json()
    assert (bare["ok"], bare["lines"][0]["problem"], bare["lines"][0]["promised_on"]) == (False, "", None)
    site.world.cart.carts["usr_1"] = ("chk_1", 1, [Wanted("a.X", 1)])
    body = {"cart": True, "pincode": PIN, "method": "cod"}
    mine = await site.other.post("orders/quote", json=body, headers={"authorization": "Bearer asha"})
    assert [line["sku"] for line in mine.json()["lines"]] == ["a.X"]
    assert (await site.buyer.post("orders/quote", json={"cart": True})).json()["lines"] == []


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"total": 1}, ""),
        ({"owner": "usr_1"}, ""),
        ({"state": "PLACED"}, ""),
        ({"lines": [{"sku": "a.X", "quantity": 1, "price_minor": 1}]}, "#/lines/0"),
        ({"lines": [{"sku": "a.X", "quantity": 0}]}, "#/lines/0/quantity"),
        ({"lines": [{"sku": "a.X", "quantity": -1}]}, "#/lines/0/quantity"),
        ({"lines": [{"sku": "a.X", "quantity": 1.5}]}, "#/lines/0/quantity"),
        ({"lines": [{"sku": "a.X", "quantity": 1_000_000_000}]}, "#/lines/0/quantity"),
        ({"lines": [{"sku": "a.X", "quantity": "1e3"}]}, "#/lines/0/quantity"),
        ({"lines": [{"sku": "a.X", "quantity": True}]}, "#/lines/0/quantity"),
        ({"lines": []}, "#/lines"),
        ({"lines": None}, "#/lines"),
        ({"cart": True}, "#/lines"),
        ({"checkout_id": "again:ord_1"}, "#/checkout_id"),
        ({"payment": {"method": "wire"}}, "#/payment/method"),
        ({"address": {**ADDRESS, "phone": "１２３"}}, "#/address/phone"),
        ({"on_late_payment": "keep"}, "#/on_late_payment"),
    ],
)
async def test_what_an_order_may_not_say_is_refused_and_nothing_is_kept(
    site: Site, change: dict[str, Any], pointer: str
) -> None:
    answer = await site.post({**ORDER, **change})
    assert answer.status_code == 422, answer.text
    if pointer:
        assert pointer in [error["pointer"] for error in answer.json()["errors"]]
    assert await site.world.sum("SELECT COUNT(*) FROM orders") == 0


async def test_without_a_key_nothing_is_ordered(site: Site) -> None:
    assert (await site.buyer.post("orders", json=ORDER)).status_code == 400


async def test_a_foreign_order_looks_like_one_that_is_not_there(site: Site) -> None:
    made = (await site.post(ORDER)).json()
    await site.post({**ORDER, "checkout_id": "c2"}, "k2", site.other)
    for path, method in ((f"orders/{made['id']}", "GET"), (f"orders/{made['id']}/cancel", "POST")):
        foreign = await site.other.request(method, path)
        unknown = await site.other.request(method, path.replace(made["id"], "ord_00000000000000000000000000"))
        assert foreign.status_code == unknown.status_code == 404
        strip = {"instance"}
        assert {k: v for k, v in foreign.json().items() if k not in strip} == {
            k: v for k, v in unknown.json().items() if k not in strip
        }
    assert len((await site.other.get("orders")).json()["orders"]) == 1
    assert (await site.machine("asha", "GET", f"orders/{made['id']}")).status_code == 404
    assert (await site.machine("a", "GET", f"orders/{made['id']}")).status_code == 403
    assert (await site.machine("nobody", "GET", f"orders/{made['id']}")).status_code == 401


async def test_the_orders_token_shows_it_to_whoever_has_it_and_only_it(site: Site) -> None:
    one = (await site.post(ORDER)).json()
    two = (await site.post({**ORDER, "checkout_id": "c2"}, "k2")).json()
    assert (await site.other.get(f"orders/{one['id']}", params={"token": one["token"]})).status_code == 200
    header = {"x-order-token": one["token"]}
    assert (await site.other.get(f"orders/{one['id']}", headers=header)).status_code == 200
    assert (await site.other.get(f"orders/{two['id']}", headers=header)).status_code == 404
    off = await site.other.post(f"orders/{one['id']}/cancel", headers=header)
    assert off.json()["state"] == "CANCELLED"


async def test_guessing_tokens_ends_soon_and_begins_again_after_a_while(site: Site) -> None:
    made = (await site.post(ORDER)).json()
    path = f"orders/{made['id']}"
    codes = [(await site.other.get(path, params={"token": f"guess{i}"})).status_code for i in range(MOST_WRONG + 5)]
    assert codes == [404] * MOST_WRONG + [429] * 5
    right = await site.other.get(path, params={"token": made["token"]})
    assert (right.status_code, "retry-after" in right.headers) == (429, True)
    assert (await site.buyer.get(path)).status_code == 200  # its owner needs no token
    site.world.clock.advance(601)
    assert (await site.other.get(path, params={"token": made["token"]})).status_code == 200


async def test_a_store_that_is_gone_is_asked_once_about_a_wrong_token(site: Site) -> None:
    class Counting(MemoryKv):
        calls = 0

        async def get(self, key: str) -> bytes | None:
            self.calls += 1
            return await super().get(key)

        async def increment(self, key: str, by: int = 1, ttl_s: float | None = None) -> int:
            self.calls += 1
            return await super().increment(key, by, ttl_s)

    kv = Counting(site.world.clock)
    read = ReadOrder(SqlOrdersView(site.world.database), site.world.signer, kv)
    assert (await read.shown("ord_x", "guess", "10.0.0.1"), kv.calls) == (False, 2)
    kv.close()
    assert (await read.shown("ord_x", "guess", "10.0.0.1"), kv.calls) == (False, 3)


async def test_pages_of_orders(site: Site) -> None:
    ids = [
        (await site.post({**ORDER, "lines": [{"sku": "a.X", "quantity": 1}], "checkout_id": f"c{i}"}, f"k{i}")).json()[
            "id"
        ]
        for i in range(5)
    ]
    found, cursor = [], ""
    while True:
        page = (await site.buyer.get("orders", params={"limit": 2, "cursor": cursor})).json()
        found += [one["id"] for one in page["orders"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert found == ids[::-1]
    assert (await site.buyer.get("orders", params={"cursor": "forged"})).status_code == 400
    assert (await site.other.get("orders")).json() == {"orders": [], "next": None}


async def paid(site: Site, order_id: str, payment_id: str, amount_minor: int) -> None:
    def pay_order(tx: Tx) -> str:
        return site.world.orders.pay(tx, order_id, payment_id, amount_minor, "INR")

    assert await site.world.database.transact(pay_order) == "placed"


async def test_a_seller_takes_an_order_further_and_sees_what_he_needs(site: Site) -> None:
    made = (await site.post(ORDER)).json()
    path = f"seller/orders/{made['id']}"
    waiting = (await site.machine("a", "GET", path)).json()
    assert (waiting["recipient"], waiting["state"]) == (None, "CREATED")
    assert (await site.machine("a", "POST", f"{path}/pack")).status_code == 409
    await paid(site, made["id"], made["payment"]["id"], 118_000)
    shown = (await site.machine("a", "GET", path)).json()
    assert (shown["recipient"]["phone"], shown["total_minor"], shown["whole"]) == ("9845012345", 118_000, True)
    assert "email" not in shown["recipient"]
    assert shown["picks"][0]["warehouse"] == site.world.serving()[0]
    assert (await site.machine("b", "GET", path)).status_code == 404
    assert (await site.machine("b", "POST", f"{path}/pack")).status_code == 404
    for step, state in (("pack", "PACKED"), ("ship", "SHIPPED"), ("deliver", "DELIVERED")):
        assert (await site.machine("a", "POST", f"{path}/{step}")).json()["state"] == state
    assert (await site.machine("a", "POST", f"{path}/cancel")).status_code == 409
    assert [one["id"] for one in (await site.machine("a", "GET", "seller/orders")).json()["orders"]] == [made["id"]]
    assert (await site.machine("b", "GET", "seller/orders")).json()["orders"] == []
    assert (await site.buyer.post(f"orders/{made['id']}/cancel")).status_code == 409
    await site.world.sound()


async def test_a_seller_sees_his_lines_of_a_shared_order_and_an_operator_all(site: Site) -> None:
    lines = [{"sku": "a.X", "quantity": 1}, {"sku": "b.Y", "quantity": 2}]
    made = (await site.post({**ORDER, "lines": lines})).json()
    shown = (await site.machine("b", "GET", f"seller/orders/{made['id']}")).json()
    assert ([line["sku"] for line in shown["lines"]], shown["total_minor"], shown["whole"]) == (["b.Y"], 20_000, False)
    assert [pick["sku"] for pick in shown["picks"]] == ["b.Y"]
    refused = await site.machine("b", "POST", f"seller/orders/{made['id']}/cancel")
    assert (refused.status_code, refused.json()["type"]) == (409, "https://shop.example/problems/lines-of-others")
    whole = (await site.machine("op", "GET", f"admin/orders/{made['id']}")).json()
    assert [line["sku"] for line in whole["order"]["lines"]] == ["a.X", "b.Y"]
    assert whole["owner"].startswith("crt_")
    listed = (await site.machine("op", "GET", "admin/orders?state=CREATED")).json()["orders"]
    assert [one["id"] for one in listed] == [made["id"]]
    assert (await site.machine("op", "GET", "admin/orders?state=PLACED")).json()["orders"] == []
    assert (await site.machine("op", "GET", "admin/orders?state=LOST")).status_code == 422
    off = (await site.machine("op", "POST", f"admin/orders/{made['id']}/cancel")).json()
    assert (off["order"]["state"], off["order"]["reason"], off["actors"][-1]) == ("CANCELLED", "by_operator", "tok_op")


async def test_an_account_orders_with_its_token(site: Site) -> None:
    headers = {"authorization": "Bearer asha", "idempotency-key": "k"}
    made = await site.other.post("orders", json=ORDER, headers=headers)
    assert made.status_code == 201
    assert await site.world.rows("SELECT owner FROM orders") == [("usr_1",)]
    assert "set-cookie" not in made.headers
    refused = await site.other.post("orders", json=ORDER, headers={**headers, "authorization": "Bearer a"})
    assert refused.status_code == 403
