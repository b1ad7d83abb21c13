"""Two processes for the web and two for the work behind it, at once: what they share is one, and is done once.

Idempotency keys and stock: test_races_http.py. Deaths: test_kill_shop.py.
"""

import json
import os
import urllib.parse
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.cookies import SimpleCookie
from typing import Any, TypeVar

import pytest

from tests.corner import on_servers
from tests.faults.apart import Answer, Shop, apart
from tests.faults.crowd import ADDRESS

FULL = os.environ.get("HAAT_TEST_FAULTS", "") == "full"
pytestmark = [pytest.mark.fault, pytest.mark.timeout(1_800), pytest.mark.xdist_group("crowd")]
SKUS = 12
UNPAID = 20  # by as many buyers
ROWS = 20_000 if FULL else 1_200
AT_ONCE = 16
T = TypeVar("T")


@pytest.fixture(scope="module", params=on_servers("mysql", "mariadb"))
def shop(request: pytest.FixtureRequest) -> Iterator[Shop]:
    with apart(request.param, SKUS) as shop:
        yield shop


def at_once(call: Callable[[int], T], numbers: Iterable[int]) -> list[T]:
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(call, numbers))


def put(shop: Shop, replica: int, sku: str, units: int, **headers: str) -> Answer:
    path = f"/api/v1/cart/lines/{urllib.parse.quote(sku, safe='')}"
    return shop.say(replica, "PUT", path, {"quantity": units}, **headers)


def order(shop: Shop, replica: int, key: str, more: dict[str, Any], **headers: str) -> Answer:
    body = {"address": ADDRESS, **more}
    return shop.say(replica, "POST", "/api/v1/orders", body, idempotency_key=key, **headers)


def bearer(shop: Shop, user: int) -> dict[str, str]:
    return {"authorization": f"Bearer {shop.crowd.tokens[user]}"}


def test_one_cart_is_changed_through_both_and_ordered_once(shop: Shop) -> None:
    mine = bearer(shop, 30)
    skus = shop.crowd.skus
    told = at_once(lambda n: put(shop, n % 2, skus[n], 1 + n % 3, **mine), range(len(skus)))
    assert {one.status for one in told} == {200}
    assert sorted(one.body["version"] for one in told) == list(range(1, len(skus) + 1)), "each change had its turn"
    pages = [shop.say(replica, "GET", "/api/v1/cart", **mine) for replica in (0, 1)]
    for cart in (page.body for page in pages):
        assert {line["sku"]: line["quantity"] for line in cart["lines"]} == {
            sku: 1 + n % 3 for n, sku in enumerate(skus)
        }
    tags = [page.headers["etag"] for page in pages]
    assert tags[0] == tags[1]
    stale = at_once(lambda replica: put(shop, replica, skus[replica], 5, if_match=tags[replica], **mine), (0, 1))
    assert sorted(one.status for one in stale) == [200, 412], "one of two who saw the same cart"
    placed = {"cart": True, "checkout_id": pages[0].body["checkout_id"], "payment": {"method": "cod"}}
    orders = at_once(lambda n: order(shop, n % 2, f"cart-{n}", placed, **mine), range(6))
    assert Counter(one.status for one in orders) == {201: 1, 200: 5}, orders
    assert len({one.body["id"] for one in orders}) == 1

    def empty(replica: int) -> bool:
        return bool(shop.say(replica, "GET", "/api/v1/cart", **mine).body["lines"] == [])

    shop.until("a worker has taken the lines out", lambda: empty(0) and empty(1))


def test_a_guest_is_the_same_guest_to_both(shop: Shop) -> None:
    sku = shop.crowd.skus[0]
    first = put(shop, 0, sku, 2)
    assert first.status == 200
    cookie = "; ".join(f"{one.key}={one.value}" for one in SimpleCookie(first.headers["set-cookie"]).values())
    assert put(shop, 1, shop.crowd.skus[1], 1, cookie=cookie).body["units"] == 3
    placed = {"lines": [{"sku": sku, "quantity": 1}], "checkout_id": "guest-1", "payment": {"method": "cod"}}
    made = order(shop, 1, "guest", placed, cookie=cookie)
    again = order(shop, 0, "guest", placed, cookie=cookie)
    assert (made.status, again.status, again.headers["idempotency-replayed"]) == (201, 201, "true")
    assert again.body == made.body
    path = f"/api/v1/orders/{made.body['id']}"
    assert shop.say(0, "GET", path, x_order_token=made.body["token"]).status == 200
    assert shop.say(0, "GET", path).status == 404


def test_what_nobody_paid_expires_once_whoever_sweeps(shop: Shop) -> None:
    crowd = shop.crowd
    skus = crowd.skus[-4:]
    free = "SELECT SUM(on_hand - held) FROM stock WHERE sku IN (?, ?, ?, ?)"
    before = crowd.rows(free, *skus)

    def unpaid(n: int) -> Answer:
        lines = [{"sku": sku, "quantity": 1} for sku in (skus if n % 2 else reversed(skus))]
        more = {"lines": lines, "checkout_id": f"unpaid-{n}", "payment": {"method": "upi"}}
        return order(shop, n % 2, f"unpaid-{n}", more, **bearer(shop, n))

    answers = at_once(unpaid, range(UNPAID))
    assert {answer.status for answer in answers} == {201}, answers
    ids = [answer.body["id"] for answer in answers]
    marks = ", ".join("?" * len(ids))
    crowd.change(f"UPDATE orders SET expires_ms = created_ms + 1 WHERE id IN ({marks})", *ids)
    took_s = shop.until(
        "they have expired",
        lambda: crowd.rows(f"SELECT COUNT(*) FROM orders WHERE state = 'CREATED' AND id IN ({marks})", *ids) == [(0,)],
    )
    steps = crowd.rows(
        f"SELECT order_id, COUNT(*) FROM order_event WHERE to_state = 'CANCELLED' AND order_id IN ({marks})"
        " GROUP BY order_id",
        *ids,
    )
    assert dict(steps) == dict.fromkeys(ids, 1), "each was cancelled in one step"
    assert crowd.rows(free, *skus) == before
    print(f"{len(ids)} unpaid orders expired in {took_s:.1f} s")


def test_a_feed_is_worked_once(shop: Shop) -> None:
    seller = {"authorization": f"Bearer {shop.crowd.seller}"}
    rows = [{"code": f"c-{n}", "title": f"Thing {n}", "price": f"{100 + n}"} for n in range(ROWS)]
    content = "".join(f"{json.dumps(row)}\n" for row in rows)

    def told_of() -> int:
        query = "SELECT COUNT(*) FROM outbox WHERE topic = 'items.inbound'"
        return int(shop.crowd.rows(query, database="inbound")[0][0])

    before = told_of()
    sent = shop.say(0, "POST", "/api/v1/seller/feeds?format=haat-jsonl", content, **seller, **LINES)
    assert sent.status == 202, sent
    path = f"/api/v1/seller/feeds/{sent.body['id']}"
    if FULL:
        shop.until("it is begun", lambda: shop.say(1, "GET", path, **seller).body["rows"] > 0)
        for worker in shop.crowd.workers:
            worker.kill()
        for worker in shop.crowd.workers:
            worker.start()
    took_s = shop.until("it is read", lambda: shop.say(1, "GET", path, **seller).body["state"] == "done")
    told = shop.say(1, "GET", path, **seller).body
    assert (told["rows"], told["accepted"], told["refused"]) == (ROWS, ROWS, 0)
    shop.until(
        "all have arrived",
        lambda: shop.crowd.rows("SELECT COUNT(*) FROM offer WHERE seller = 'crowd'") == [(ROWS,)],
    )
    assert told_of() - before == ROWS, "each item is told of once"
    print(f"a feed of {ROWS} rows in {took_s:.1f} s")


LINES = {"content_type": "application/x-ndjson"}
