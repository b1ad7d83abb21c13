"""The script: each fault does what it says, as often as it says, for whom it says, and nothing else."""

import sqlite3
from typing import Any

from tests.fakepay.conftest import MINUTE_MS, Gateway


def captures(gateway: Gateway) -> list[int]:
    with sqlite3.connect(gateway.path) as connection:
        found = [row[0] for row in connection.execute("SELECT amount_minor FROM captures ORDER BY id")]
    connection.close()
    return found


async def heard(gateway: Gateway) -> list[tuple[str, str]]:
    await gateway.pay.drain()
    return [(event["type"], event["data"]["status"]) for event in gateway.ears.heard]


async def test_a_script_is_shown_counted_down_and_cleared(gateway: Gateway) -> None:
    lines = [{"on": "find", "do": "error", "times": 2}, {"on": "*", "do": "slow", "ms": 0, "reference": "pay_9"}]
    assert await gateway.script(*lines) == {"script": lines}
    await gateway.find(status=500)
    assert await gateway.ask("GET", "/v1/faults") == {"script": [lines[0] | {"times": 1}, lines[1]]}
    await gateway.find(status=500)
    await gateway.find(status=404)
    assert await gateway.ask("GET", "/v1/faults") == {"script": [lines[1]]}
    assert await gateway.ask("DELETE", "/v1/faults") == {"script": []}


async def test_a_line_that_means_nothing_is_refused_and_the_old_script_stays(gateway: Gateway) -> None:
    old = await gateway.script({"on": "find", "do": "error"})
    wrong: list[dict[str, Any]] = [
        {"on": "refund", "do": "duplicate"},
        {"on": "list", "do": "silence"},
        {"on": "*", "do": "decline"},
        {"on": "create", "do": "reorder"},
        {"on": "nowhere", "do": "error"},
        {"on": "find", "do": "nothing"},
        {"on": "find", "do": "error", "times": 0},
        {"on": "find", "do": "error", "extra": 1},
        {"do": "error"},
    ]
    for line in wrong:
        said = await gateway.script({"on": "find", "do": "down"}, line, status=422)
        assert said["error"]["code"] == "invalid"
    assert await gateway.ask("GET", "/v1/faults") == old


async def test_lines_for_one_place_happen_one_after_the_other(gateway: Gateway) -> None:
    await gateway.script(
        {"on": "create", "do": "error", "times": 1},
        {"on": "create", "do": "lost_response", "times": 1},
        {"on": "*", "do": "error", "times": 1},
    )
    for status in (500, 504, 500, 200):
        await gateway.ask("POST", "/v1/intents", gateway.new(), status=status)


async def test_a_reference_narrows(gateway: Gateway) -> None:
    await gateway.script({"on": "create", "do": "error", "reference": "pay_2"})
    await gateway.create("pay_1")
    await gateway.ask("POST", "/v1/intents", gateway.new("pay_2"), status=500)
    paid = await gateway.paid("pay_3")
    await gateway.script(
        {"on": "refund", "do": "error", "reference": "ref_1", "times": 1},
        {"on": "refund", "do": "error", "reference": "pay_3", "times": 1},
    )
    await gateway.refund(paid, 1, "ref_1", status=500)
    await gateway.refund(paid, 1, "ref_1", status=500)
    await gateway.refund(paid, 1, "ref_1")


async def test_error_does_nothing(gateway: Gateway) -> None:
    paid = await gateway.paid(capture="manual")
    for place in ("create", "capture", "refund", "act", "list"):
        await gateway.script({"on": place, "do": "error", "times": 1})
        calls = {
            "create": ("POST", "/v1/intents", gateway.new("pay_2")),
            "capture": ("POST", f"/v1/intents/{paid['id']}/capture", None),
            "refund": ("POST", f"/v1/intents/{paid['id']}/refunds", {"reference": "r", "amount_minor": 1}),
            "act": ("POST", f"/v1/intents/{paid['id']}/act", {"action": "abandon"}),
            "list": ("GET", "/v1/intents", None),
        }
        said = await gateway.ask(*calls[place], status=500)
        assert said["error"]["code"] == "error"
    assert (await gateway.find())["status"] == "authorized"
    await gateway.find("pay_2", status=404)
    assert captures(gateway) == []


async def test_lost_response_does_it_and_says_504(gateway: Gateway) -> None:
    await gateway.script({"on": "create", "do": "lost_response", "times": 1})
    await gateway.ask("POST", "/v1/intents", gateway.new(capture="manual"), status=504, key="k1")
    made = await gateway.find()
    assert await gateway.ask("POST", "/v1/intents", gateway.new(capture="manual"), status=201, key="k1") == made
    await gateway.act(made)
    await gateway.script({"on": "capture", "do": "lost_response", "times": 1})
    await gateway.ask("POST", f"/v1/intents/{made['id']}/capture", status=504, key="k1")
    assert (await gateway.ask("POST", f"/v1/intents/{made['id']}/capture", key="k1"))["status"] == "captured"
    assert captures(gateway) == [129_900]
    await gateway.script({"on": "refund", "do": "lost_response", "times": 1})
    await gateway.refund(made, 900, status=504)
    assert (await gateway.find())["refunded_minor"] == 900
    assert (await gateway.refund(made, 900, status=200))["status"] == "done"
    assert (await gateway.find())["refunded_minor"] == 900


async def test_down_is_down_for_everything_until_cleared(gateway: Gateway) -> None:
    made = await gateway.create()
    await gateway.act(made)
    await gateway.script({"on": "create", "do": "down"})
    for _ in range(3):
        assert (await gateway.find(status=503))["error"]["code"] == "down"
        await gateway.ask("GET", "/v1/intents", status=503)
    assert (await gateway.http.get(made["page_url"])).status_code == 503
    assert await heard(gateway) == []
    await gateway.ask("DELETE", "/v1/faults")
    assert (await gateway.find())["status"] == "captured"
    assert await heard(gateway) == [("intent.captured", "captured")]


async def test_down_for_one_payment_leaves_the_others_alone(gateway: Gateway) -> None:
    await gateway.paid("pay_1")
    await gateway.paid("pay_2")
    await gateway.script({"on": "find", "do": "down", "reference": "pay_1", "times": 2})
    await gateway.pay.drain()
    assert [event["data"]["reference"] for event in gateway.ears.heard] == ["pay_2"]
    await gateway.find("pay_1", status=503)
    await gateway.find("pay_2")
    await gateway.find("pay_1", status=503)
    await gateway.find("pay_1")


async def test_slow_has_done_it_before_it_answers(gateway: Gateway) -> None:
    await gateway.script({"on": "create", "do": "slow", "ms": 30, "times": 1})
    made = await gateway.create()
    assert await gateway.find() == made


async def test_silence_leaves_it_pending_and_says_nothing(gateway: Gateway) -> None:
    for place in ("create", "act", "approve"):
        await gateway.script({"on": place, "do": "silence", "times": 1})
        made = await gateway.paid(f"pay_{place}")
        assert (made["status"], made["captured_minor"]) == ("pending", 0)
        assert (await gateway.find(f"pay_{place}"))["status"] == "pending"
    assert await heard(gateway) == []
    gateway.clock.advance(30 * 60)
    assert await heard(gateway) == [("intent.expired", "expired")] * 3


async def test_decline_says_no(gateway: Gateway) -> None:
    await gateway.script({"on": "create", "do": "decline", "times": 1}, {"on": "approve", "do": "decline", "times": 1})
    said = await gateway.ask("POST", "/v1/intents", gateway.new(), status=402)
    assert said["error"]["code"] == "declined"
    await gateway.find(status=404)
    made = await gateway.paid()
    assert (made["status"], made["failure"]) == ("failed", "The bank declined the payment.")
    other = await gateway.paid("pay_2", capture="manual")
    await gateway.script({"on": "capture", "do": "decline", "times": 1})
    await gateway.ask("POST", f"/v1/intents/{other['id']}/capture", status=402)
    assert (await gateway.find("pay_2"))["status"] == "failed"
    assert captures(gateway) == []
    assert [kind for kind, _ in await heard(gateway)] == ["intent.failed", "intent.authorized", "intent.failed"]


async def test_late_success_after_a_no(gateway: Gateway) -> None:
    await gateway.script({"on": "act", "do": "late_success", "ms": 20 * MINUTE_MS, "times": 1})
    made = await gateway.create()
    assert (await gateway.act(made, "decline"))["status"] == "failed"
    await gateway.later(20 * MINUTE_MS - 1)
    assert (await gateway.find())["status"] == "failed"
    await gateway.later(1)
    found = await gateway.find()
    assert (found["status"], found["captured_minor"], found["failure"]) == ("captured", 129_900, "")
    assert [kind for kind, _ in await heard(gateway)] == ["intent.failed", "intent.captured"]


async def test_late_success_after_expiry(gateway: Gateway) -> None:
    for place, action in (("act", "abandon"), ("approve", "approve")):
        reference = f"pay_{place}"
        await gateway.script({"on": place, "do": "late_success", "ms": 50 * MINUTE_MS, "times": 1})
        made = await gateway.create(reference, expires_ms=0)
        now_ms = made["created_ms"]
        made = await gateway.create(f"{reference}_2", expires_ms=now_ms + 15 * MINUTE_MS)
        assert (await gateway.act(made, action))["status"] == "pending"
        await gateway.later(40 * MINUTE_MS)
        assert (await gateway.find(f"{reference}_2"))["status"] == "expired"
        await gateway.later(10 * MINUTE_MS)
        assert (await gateway.find(f"{reference}_2"))["status"] == "captured"
        assert (await gateway.find(reference))["status"] == "created"
    assert [kind for kind, _ in await heard(gateway)] == ["intent.expired", "intent.captured"] * 2


async def test_late_success_by_itself_and_with_money_only_set_aside(gateway: Gateway) -> None:
    await gateway.script({"on": "create", "do": "late_success", "ms": 1_000, "times": 2})
    await gateway.create("pay_1")
    made = await gateway.create("pay_2", capture="manual")
    assert (await gateway.act(made))["status"] == "pending"
    await gateway.later(1_000)
    assert (await gateway.find("pay_1"))["status"] == "captured"
    assert (await gateway.find("pay_2"))["status"] == "authorized"
    await gateway.script({"on": "capture", "do": "late_success", "ms": 500, "times": 1})
    path = f"/v1/intents/{made['id']}/capture"
    assert (await gateway.ask("POST", path, key="k"))["status"] == "authorized"
    await gateway.later(500)
    assert (await gateway.ask("POST", path, key="k"))["status"] == "captured"
    assert captures(gateway) == [129_900, 129_900]


async def test_duplicate_takes_the_money_twice_and_the_store_shows_it(gateway: Gateway) -> None:
    await gateway.script({"on": "approve", "do": "duplicate", "times": 1})
    made = await gateway.paid()
    assert (made["captured_minor"], captures(gateway)) == (259_800, [129_900, 129_900])
    assert await heard(gateway) == [("intent.captured", "captured")] * 2
    await gateway.refund(made, 129_900)
    await gateway.refund(made, 129_900, "ref_2")
    await gateway.refund(made, 1, "ref_3", status=409)


async def test_duplicate_waits_for_the_capture_when_money_is_only_set_aside(gateway: Gateway) -> None:
    for number, place in enumerate(("create", "approve", "capture")):
        await gateway.script({"on": place, "do": "duplicate", "times": 1})
        made = await gateway.paid(f"pay_{place}", capture="manual")
        assert len(captures(gateway)) == 2 * number
        taken = await gateway.ask("POST", f"/v1/intents/{made['id']}/capture")
        assert taken["captured_minor"] == 259_800


async def test_wrong_amount(gateway: Gateway) -> None:
    await gateway.script(
        {"on": "approve", "do": "wrong_amount", "times": 1},
        {"on": "approve", "do": "wrong_amount", "amount_minor": 1, "times": 1},
        {"on": "approve", "do": "wrong_amount", "times": 1},
    )
    wrong = [(await gateway.paid(f"pay_{amount}", amount_minor=amount))["captured_minor"] for amount in (500, 501, 100)]
    assert wrong == captures(gateway) == [400, 1, 200]
    await gateway.script({"on": "find", "do": "wrong_amount", "amount_minor": 7, "times": 1})
    assert (await gateway.find("pay_500"))["captured_minor"] == 7
    found = await gateway.find("pay_500")
    assert (found["amount_minor"], found["captured_minor"]) == (500, 400)
    await gateway.script({"on": "refund", "do": "wrong_amount", "amount_minor": 401, "times": 1})
    await gateway.refund(found, 100, status=409)
    await gateway.script({"on": "refund", "do": "wrong_amount", "times": 1, "amount_minor": 399})
    assert (await gateway.refund(found, 100))["amount_minor"] == 399


async def test_find_may_know_nothing_yet(gateway: Gateway) -> None:
    paid = await gateway.paid()
    refund = await gateway.refund(paid, 5)
    await gateway.script({"on": "find", "do": "silence", "times": 2})
    found = await gateway.find()
    assert (found["status"], found["captured_minor"], found["refunded_minor"]) == ("pending", 0, 0)
    assert (await gateway.ask("GET", "/v1/refunds/by-reference/ref_1"))["status"] == "pending"
    assert (await gateway.ask("GET", "/v1/refunds/by-reference/ref_1")) == refund


async def test_a_refund_may_be_late(gateway: Gateway) -> None:
    paid = await gateway.paid()
    await gateway.script({"on": "refund", "do": "late_success", "ms": 5_000, "times": 1})
    assert (await gateway.refund(paid, 5))["status"] == "pending"
    await gateway.later(5_000)
    assert (await gateway.find())["refunded_minor"] == 5
    assert (await gateway.refund(paid, 5, status=200))["status"] == "done"
    assert await heard(gateway) == [("intent.captured", "captured"), ("refund.done", "done")]


async def test_a_webhook_may_never_come_or_come_twice(gateway: Gateway) -> None:
    await gateway.script(
        {"on": "webhook", "do": "silence", "times": 1}, {"on": "webhook", "do": "duplicate", "times": 1}
    )
    await gateway.paid("pay_1")
    await gateway.paid("pay_2")
    await gateway.pay.drain()
    [first, second] = gateway.ears.heard
    assert first == second
    assert first["data"]["reference"] == "pay_2"
    await gateway.later(100 * 60 * MINUTE_MS)
    await gateway.pay.drain()
    assert len(gateway.ears.heard) == 2


async def test_webhooks_may_come_the_other_way_round(gateway: Gateway) -> None:
    await gateway.script({"on": "webhook", "do": "reorder"})
    made = await gateway.create(capture="manual")
    other = await gateway.create("pay_2", capture="manual")
    await gateway.act(made)
    await gateway.act(other)
    await gateway.pay.drain()
    assert gateway.ears.heard == []
    for intent in (other, made):
        await gateway.ask("POST", f"/v1/intents/{intent['id']}/capture")
    await gateway.pay.drain()
    got = [(event["data"]["reference"], event["type"]) for event in gateway.ears.heard]
    assert got == [
        ("pay_2", "intent.captured"), ("pay_2", "intent.authorized"),
        ("pay_1", "intent.captured"), ("pay_1", "intent.authorized"),
    ]  # fmt: skip


async def test_one_kept_back_comes_by_itself_in_the_end(gateway: Gateway) -> None:
    await gateway.script({"on": "webhook", "do": "reorder", "ms": 7_000, "times": 1})
    await gateway.paid()
    await gateway.later(6_999)
    assert await heard(gateway) == []
    await gateway.later(1)
    assert await heard(gateway) == [("intent.captured", "captured")]
    await gateway.refund(await gateway.find(), 1)
    assert [kind for kind, _ in await heard(gateway)] == ["intent.captured", "refund.done"]


async def test_a_webhook_may_be_slow_lie_or_be_lost_on_the_way(gateway: Gateway) -> None:
    await gateway.script(
        {"on": "webhook", "do": "slow", "ms": 4_000, "times": 1},
        {"on": "webhook", "do": "wrong_amount", "amount_minor": 7, "times": 1},
        {"on": "webhook", "do": "error", "times": 1},
        {"on": "webhook", "do": "lost_response", "times": 1},
    )
    await gateway.paid()
    assert await heard(gateway) == []
    await gateway.later(4_000)
    await gateway.pay.drain()  # lost before it was sent
    assert gateway.ears.heard == []
    await gateway.later(1_000)
    await gateway.pay.drain()  # heard, but the answer is lost
    assert [event["data"]["amount_minor"] for event in gateway.ears.heard] == [7]
    await gateway.later(5_000)
    await gateway.pay.drain()
    assert len({body for body, _ in gateway.ears.raw}) == 1
    assert len(gateway.ears.raw) == 2
    assert await gateway.ask("GET", "/v1/faults") == {"script": []}


async def test_no_fault_reaches_the_script_and_the_clock(gateway: Gateway) -> None:
    await gateway.script({"on": "*", "do": "down"}, {"on": "*", "do": "error"})
    await gateway.later(5)
    clock = await gateway.ask("GET", "/v1/clock")
    assert clock == {"now_ms": gateway.clock.now_ms() + 5, "offset_ms": 5}
    await gateway.ask("GET", "/v1/events")
    await gateway.ask("POST", "/v1/clock", {"advance_ms": -1}, status=422)
    await gateway.ask("DELETE", "/v1/faults")
