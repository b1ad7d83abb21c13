"""Payments: made once, decided once, and only by those who may."""

from itertools import product
from typing import Any

import anyio
import pytest

from tests.fakepay.conftest import MINUTE_MS, Gateway


async def test_an_intent_says_what_was_asked_for_and_where_to_pay(gateway: Gateway) -> None:
    made = await gateway.create()
    assert made["id"].startswith("fp_")
    assert made["page_url"] == f"http://pay.example/fakepay/pay/{made['id']}"
    assert made == {
        "id": made["id"],
        "reference": "pay_1",
        "status": "created",
        "amount_minor": 129_900,
        "currency": "INR",
        "method": "card",
        "captured_minor": 0,
        "refunded_minor": 0,
        "page_url": made["page_url"],
        "failure": "",
        "created_ms": gateway.clock.now_ms(),
        "updated_ms": gateway.clock.now_ms(),
    }
    assert await gateway.find() == made


async def test_the_same_reference_is_the_same_intent_however_often_and_at_once(gateway: Gateway) -> None:
    found: list[tuple[int, str]] = []

    async def one() -> None:
        answer = await gateway.http.post("/v1/intents", json=gateway.new())
        found.append((answer.status_code, answer.json()["id"]))

    async with anyio.create_task_group() as group:
        for _ in range(20):
            group.start_soon(one)
    assert len({intent_id for _, intent_id in found}) == 1
    assert sorted(status for status, _ in found) == [200] * 19 + [201]


async def test_the_same_reference_with_another_amount_is_refused(gateway: Gateway) -> None:
    await gateway.create()
    for other in ({"amount_minor": 1}, {"currency": "EUR"}):
        said = await gateway.ask("POST", "/v1/intents", gateway.new(**other), status=409)
        assert said["error"]["code"] == "other_amount"
    assert (await gateway.find())["amount_minor"] == 129_900


async def test_an_idempotency_key_gives_the_same_answer_and_no_other_request(gateway: Gateway) -> None:
    first = await gateway.ask("POST", "/v1/intents", gateway.new(), status=201, key="k1")
    await gateway.act(first)
    assert await gateway.ask("POST", "/v1/intents", gateway.new(), status=201, key="k1") == first
    said = await gateway.ask("POST", "/v1/intents", gateway.new("pay_2"), status=422, key="k1")
    assert said["error"]["code"] == "key_reused"
    await gateway.find("pay_2", status=404)
    path = f"/v1/intents/{first['id']}/capture"
    assert (await gateway.ask("POST", path, key="k1"))["status"] == "captured"  # another address, another scope


async def test_an_idempotency_key_is_forgotten_after_seven_days(gateway: Gateway) -> None:
    await gateway.ask("POST", "/v1/intents", gateway.new(), status=201, key="k1")
    await gateway.later(8 * 24 * 60 * MINUTE_MS)
    await gateway.ask("POST", "/v1/intents", gateway.new("pay_2", expires_ms=0), status=201, key="k2")
    await gateway.ask("POST", "/v1/intents", gateway.new("pay_3", expires_ms=0), status=201, key="k1")


async def test_automatic_capture_takes_the_money_at_the_yes(gateway: Gateway) -> None:
    made = await gateway.create()
    gateway.clock.advance(5)
    paid = await gateway.act(made)
    assert (paid["status"], paid["captured_minor"]) == ("captured", 129_900)
    assert paid["updated_ms"] == made["created_ms"] + 5_000
    assert await gateway.act(made) == paid  # a double click


async def test_manual_capture_sets_the_money_aside_first(gateway: Gateway) -> None:
    paid = await gateway.paid(capture="manual")
    assert (paid["status"], paid["captured_minor"]) == ("authorized", 0)
    path = f"/v1/intents/{paid['id']}/capture"
    taken = await gateway.ask("POST", path, {})
    assert (taken["status"], taken["captured_minor"]) == ("captured", 129_900)
    assert await gateway.ask("POST", path) == taken
    await gateway.pay.drain()
    assert gateway.ears.types == ["intent.authorized", "intent.captured"]


@pytest.mark.parametrize("action", ["decline", "abandon", None])
async def test_money_that_was_not_set_aside_cannot_be_taken(gateway: Gateway, action: str | None) -> None:
    made = await gateway.create(capture="manual")
    if action:
        await gateway.act(made, action)
    said = await gateway.ask("POST", f"/v1/intents/{made['id']}/capture", status=409)
    assert said["error"]["code"] == "not_authorized"


async def test_a_decision_is_final(gateway: Gateway) -> None:
    paid = await gateway.paid()
    await gateway.act(paid, "decline", status=409)
    declined = await gateway.act(await gateway.create("pay_2"), "decline")
    assert (declined["status"], declined["failure"]) == ("failed", "The buyer declined the payment.")
    await gateway.act(declined, "approve", status=409)
    assert await gateway.act(declined, "decline") == declined


async def test_who_leaves_has_decided_nothing_and_may_come_back_until_it_expires(gateway: Gateway) -> None:
    made = await gateway.create()
    assert await gateway.act(made, "abandon") == made
    gateway.clock.advance(14 * 60)
    assert (await gateway.act(made))["status"] == "captured"


async def test_what_the_bank_is_at_gets_15_minutes_more(gateway: Gateway) -> None:
    await gateway.script({"on": "approve", "do": "silence", "times": 1})
    made = await gateway.paid()
    await gateway.later(30 * MINUTE_MS - 1)
    assert (await gateway.find())["status"] == "pending"
    await gateway.later(1)
    assert (await gateway.find())["status"] == "expired"
    await gateway.act(made, status=409)


async def test_an_intent_expires_by_its_clock_and_cannot_be_paid_then(gateway: Gateway) -> None:
    made = await gateway.create()
    await gateway.later(15 * MINUTE_MS - 1)
    assert (await gateway.find())["status"] == "created"
    await gateway.later(1)
    found = await gateway.find()
    assert (found["status"], found["captured_minor"]) == ("expired", 0)
    assert (await gateway.act(made, status=409))["error"]["code"] == "finished"
    await gateway.pay.drain()
    assert gateway.ears.types == ["intent.expired"]


async def test_an_intent_that_comes_too_late_is_born_expired(gateway: Gateway) -> None:
    made = await gateway.create(expires_ms=gateway.clock.now_ms())
    assert made["status"] == "expired"
    assert (await gateway.create("pay_2", expires_ms=0))["status"] == "created"


async def test_a_forged_key_gets_nowhere(gateway: Gateway) -> None:
    forged = ["", "Bearer", "Bearer wrong", "Basic key-of-the-shop", "Bearer schlüssel"]
    calls = [
        ("POST", "/v1/intents"),
        ("GET", "/v1/intents"),
        ("GET", "/v1/intents/by-reference/pay_1"),
        ("POST", "/v1/intents/fp_x/refunds"),
        ("GET", "/v1/refunds"),
        ("GET", "/v1/faults"),
        ("DELETE", "/v1/faults"),
        ("POST", "/v1/clock"),
        ("GET", "/v1/events"),
    ]
    for (method, path), given in product(calls, forged):
        answer = await gateway.http.request(method, path, headers={b"authorization": given.encode()}, json={})
        assert answer.status_code == 401
        assert answer.json()["error"]["code"] == "unauthorized"


async def test_a_wrong_field_is_refused_by_its_name(gateway: Gateway) -> None:
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"reference": ""}, "reference"),
        ({"reference": "a/b"}, "reference"),
        ({"reference": "x" * 101}, "reference"),
        ({"reference": 7}, "reference"),
        ({"amount_minor": 0}, "amount_minor"),
        ({"amount_minor": -5}, "amount_minor"),
        ({"amount_minor": 1.5}, "amount_minor"),
        ({"amount_minor": "100"}, "amount_minor"),
        ({"amount_minor": True}, "amount_minor"),
        ({"amount_minor": 10**30}, "amount_minor"),
        ({"currency": "inr"}, "currency"),
        ({"currency": "RUPEE"}, "currency"),
        ({"method": "cod"}, "method"),
        ({"capture": "later"}, "capture"),
        ({"return_url": "javascript:alert(1)"}, "return_url"),
        ({"return_url": "//shop.example"}, "return_url"),
        ({"return_url": "http://a@b/"}, "return_url"),
        ({"return_url": "http://shop.example;x/"}, "return_url"),
        ({"return_url": "http://shop.example/\r\nset-cookie: a=b"}, "return_url"),
        ({"expires_ms": -1}, "expires_ms"),
        ({"price": 1}, ""),
    ]
    for change, field in wrong:
        said = await gateway.ask("POST", "/v1/intents", gateway.new() | change, status=422)
        assert (said["error"]["code"], said["error"].get("field", "")) == ("invalid", field), change
    await gateway.find(status=404)


async def test_what_is_not_json_is_said_to_be_none(gateway: Gateway) -> None:
    for raw in (b"", b"{", b"\xff\xfe", b"nul"):
        answer = await gateway.http.post("/v1/intents", content=raw)
        assert answer.status_code == 400
        assert answer.json()["error"]["code"] == "malformed"


async def test_what_is_not_there_is_404_and_json(gateway: Gateway) -> None:
    await gateway.ask("GET", "/v1/intents/by-reference/nobody", status=404)
    await gateway.ask("GET", "/v1/refunds/by-reference/nobody", status=404)
    await gateway.ask("POST", "/v1/intents/fp_x/capture", status=404)
    await gateway.ask("POST", "/v1/intents/fp_x/act", {"action": "approve"}, status=404)
    await gateway.ask("POST", "/v1/intents/fp_x/refunds", {"reference": "r", "amount_minor": 1}, status=404)
    await gateway.ask("POST", "/v1/refunds/fr_x/act", {"action": "done"}, status=404)
    await gateway.ask("GET", "/v2", status=404)
    await gateway.ask("DELETE", "/v1/intents", status=405)


async def test_a_body_without_end_is_refused(gateway: Gateway) -> None:
    answer = await gateway.http.post("/v1/intents", content=b" " * 300_000)
    assert answer.status_code == 413
    assert answer.json()["error"]["code"] == "too_large"
