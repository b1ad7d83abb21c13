"""Money that goes back: once per reference, and never more than was taken."""

import anyio

from tests.fakepay.conftest import Gateway


async def test_a_refund_sends_back_a_part(gateway: Gateway) -> None:
    paid = await gateway.paid()
    gateway.clock.advance(1)
    made = await gateway.refund(paid, 29_900)
    assert made == {
        "id": made["id"],
        "reference": "ref_1",
        "intent_id": paid["id"],
        "payment_reference": "pay_1",
        "status": "done",
        "amount_minor": 29_900,
        "currency": "INR",
        "created_ms": gateway.clock.now_ms(),
        "updated_ms": gateway.clock.now_ms(),
    }
    assert await gateway.ask("GET", "/v1/refunds/by-reference/ref_1") == made
    found = await gateway.find()
    assert (found["captured_minor"], found["refunded_minor"], found["status"]) == (129_900, 29_900, "captured")
    await gateway.pay.drain()
    assert gateway.ears.types == ["intent.captured", "refund.done"]
    assert gateway.ears.heard[-1]["data"] == made


async def test_the_same_reference_moves_money_once(gateway: Gateway) -> None:
    paid = await gateway.paid()
    made = await gateway.refund(paid, 100)
    assert await gateway.refund(paid, 100, status=200) == made
    assert (await gateway.find())["refunded_minor"] == 100
    assert (await gateway.refund(paid, 101, status=409))["error"]["code"] == "other_refund"
    other = await gateway.paid("pay_2")
    assert (await gateway.refund(other, 100, status=409))["error"]["code"] == "other_refund"


async def test_never_more_goes_back_than_was_taken_though_many_ask_at_once(gateway: Gateway) -> None:
    paid = await gateway.paid(amount_minor=1_000)
    statuses: list[int] = []

    async def one(number: int) -> None:
        body = {"reference": f"ref_{number}", "amount_minor": 300}
        statuses.append((await gateway.http.post(f"/v1/intents/{paid['id']}/refunds", json=body)).status_code)

    async with anyio.create_task_group() as group:
        for number in range(10):
            group.start_soon(one, number)
    assert sorted(statuses) == [201] * 3 + [409] * 7
    assert (await gateway.find())["refunded_minor"] == 900
    said = await gateway.refund(paid, 101, "ref_rest", status=409)
    assert said["error"] == {
        "code": "too_much", "message": "Of 1000 captured 100 is left to send back.", "field": "amount_minor",
    }  # fmt: skip
    await gateway.refund(paid, 100, "ref_rest")


async def test_refunds_under_way_count_too(gateway: Gateway) -> None:
    paid = await gateway.paid(amount_minor=1_000)
    await gateway.script({"on": "refund", "do": "silence", "times": 1})
    pending = await gateway.refund(paid, 800)
    assert pending["status"] == "pending"
    await gateway.refund(paid, 300, "ref_2", status=409)
    assert (await gateway.find())["refunded_minor"] == 0
    rejected = await gateway.ask("POST", f"/v1/refunds/{pending['id']}/act", {"action": "reject"})
    assert rejected["status"] == "rejected"
    assert (await gateway.refund(paid, 300, "ref_2"))["status"] == "done"


async def test_a_pending_refund_can_be_ended_once(gateway: Gateway) -> None:
    paid = await gateway.paid()
    await gateway.script({"on": "refund", "do": "silence", "times": 1})
    pending = await gateway.refund(paid, 100)
    path = f"/v1/refunds/{pending['id']}/act"
    done = await gateway.ask("POST", path, {"action": "done"})
    assert (done["status"], (await gateway.find())["refunded_minor"]) == ("done", 100)
    assert await gateway.ask("POST", path, {"action": "done"}) == done
    await gateway.ask("POST", path, {"action": "reject"}, status=409)
    assert (await gateway.find())["refunded_minor"] == 100


async def test_a_rejected_refund_may_be_tried_again_under_its_reference_and_key(gateway: Gateway) -> None:
    paid = await gateway.paid()
    await gateway.script({"on": "refund", "do": "decline", "times": 1})
    body = {"reference": "ref_1", "amount_minor": 100}
    path = f"/v1/intents/{paid['id']}/refunds"
    first = await gateway.ask("POST", path, body, status=201, key="ref_1")
    assert first["status"] == "rejected"
    again = await gateway.ask("POST", path, body, status=200, key="ref_1")
    assert (again["id"], again["status"]) == (first["id"], "done")
    assert (await gateway.find())["refunded_minor"] == 100
    await gateway.pay.drain()
    assert gateway.ears.types == ["intent.captured", "refund.rejected", "refund.done"]


async def test_nothing_goes_back_of_what_was_not_taken(gateway: Gateway) -> None:
    made = await gateway.create(capture="manual")
    assert (await gateway.refund(made, 1, status=409))["error"]["code"] == "not_captured"
    await gateway.act(made)
    await gateway.refund(made, 1, status=409)


async def test_an_amount_is_a_whole_number_above_nothing(gateway: Gateway) -> None:
    paid = await gateway.paid()
    for amount in (0, -1, 1.5, "1", None):
        body = {"reference": "ref_1", "amount_minor": amount}
        said = await gateway.ask("POST", f"/v1/intents/{paid['id']}/refunds", body, status=422)
        assert said["error"]["field"] == "amount_minor"
