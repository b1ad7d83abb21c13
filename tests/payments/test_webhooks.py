"""What gateways tell us: kept once, believed never, looked into always."""

import asyncio

import msgspec
import pytest

from fakepay.webhooks import signed
from haat.errors import NotFound, TooLarge
from haat.payments.model import BadSignature, NoSuchPayment
from tests.payments.shop import SECRET, Shop


def event(reference: str, event_id: str = "fe_1", status: str = "captured") -> bytes:
    return msgspec.json.encode({"id": event_id, "type": f"intent.{status}", "data": {"reference": reference}})


async def tell(shop: Shop, body: bytes, *, at_ms: int = 0, secret: str = SECRET) -> str:
    headers = signed(secret, body, (at_ms or shop.clock.now_ms()) // 1000)
    return await shop.receive("fakepay", headers, body)


async def kept(shop: Shop) -> list[tuple[str, int]]:
    return [(row[0], row[1]) for row in await shop.rows("SELECT reference, handled_ms FROM webhook ORDER BY event_id")]


async def test_the_same_event_twice_is_one_row_and_one_effect(shop: Shop) -> None:
    order_id, payment_id = await shop.ordered()
    await shop.start(payment_id)
    shop.hold_webhooks = True
    await shop.act(payment_id, "approve")
    await shop.gateway_app.drain()
    (told,) = shop.webhooks
    await asyncio.gather(*(shop.hear(*told) for _ in range(5)))
    assert await kept(shop) == [(payment_id, shop.clock.now_ms())]
    assert await shop.state(order_id) == ("PLACED", "")
    assert await shop.rows("SELECT kind FROM job") == []
    body = (await shop.rows("SELECT body FROM webhook"))[0][0]
    assert bytes(body) == told[0]
    await shop.balanced()


async def test_a_webhook_that_says_paid_is_not_believed(shop: Shop) -> None:
    order_id, payment_id = await shop.ordered()
    await shop.start(payment_id)
    key = await tell(shop, event(payment_id))
    await shop.handle(key)
    assert await shop.state(order_id) == ("CREATED", "")


@pytest.mark.parametrize("off_s", [-301, 301])
async def test_too_old_and_too_new_are_not_kept(shop: Shop, off_s: int) -> None:
    with pytest.raises(BadSignature):
        await tell(shop, event("pay_1"), at_ms=shop.clock.now_ms() + off_s * 1000)
    assert await kept(shop) == []


async def test_forged_strange_and_large_are_not_kept(shop: Shop) -> None:
    with pytest.raises(BadSignature):
        await tell(shop, event("pay_1"), secret="a guess")
    for body in (b"", b"[]", b'{"id": 1}', event("pay_1", ""), event("pay_1", "e" * 61), event("p" * 41), b"\xff"):
        with pytest.raises(BadSignature):
            await tell(shop, body)
    with pytest.raises(TooLarge):
        await tell(shop, b" " * 300_000)
    with pytest.raises(NotFound):
        await shop.receive("elsewhere", {}, b"{}")
    assert await kept(shop) == []


async def test_an_unknown_reference_is_kept_and_tried_again(shop: Shop) -> None:
    key = await tell(shop, event("pay_unknown"))
    with pytest.raises(NoSuchPayment):
        await shop.handle(key)
    await shop.handle.after_answer(key)
    assert await kept(shop) == [("pay_unknown", 0)]
    assert [row[0] for row in await shop.rows("SELECT job.key FROM job")] == [key]


async def test_what_a_dead_process_left_is_handled_by_the_job(shop: Shop) -> None:
    order_id, payment_id = await shop.ordered()
    await shop.start(payment_id)
    shop.hold_webhooks = True
    await shop.act(payment_id, "approve")
    await tell(shop, event(payment_id))
    assert await shop.state(order_id) == ("CREATED", "")
    shop.clock.advance(31)
    await shop.run_jobs()
    assert await shop.state(order_id) == ("PLACED", "")
    assert await kept(shop) == [(payment_id, shop.clock.now_ms())]
    assert await shop.rows("SELECT kind FROM job") == []


async def test_a_webhook_while_the_gateway_is_down_is_handled_later(shop: Shop) -> None:
    order_id, payment_id = await shop.ordered()
    await shop.start(payment_id)
    shop.hold_webhooks = True
    await shop.act(payment_id, "approve")
    await shop.gateway_app.drain()
    await shop.script({"on": "*", "do": "down"})
    await shop.hear(*shop.webhooks[0])
    assert await shop.state(order_id) == ("CREATED", "")
    assert await kept(shop) == [(payment_id, 0)]
    await shop.script()
    shop.clock.advance(60)
    await shop.run_jobs()
    assert await shop.state(order_id) == ("PLACED", "")
    assert await kept(shop) == [(payment_id, shop.clock.now_ms())]


async def test_failed_after_captured_changes_nothing(shop: Shop) -> None:
    order_id, payment_id = await shop.ordered()
    await shop.start(payment_id)
    await shop.act(payment_id, "approve")
    await shop.gateway_app.drain()
    await shop.handle(await tell(shop, event(payment_id, "fe_2", "failed")))
    assert await shop.state(order_id) == ("PLACED", "")
    assert (await shop.payment(payment_id)).state == "SUCCEEDED"


async def test_an_old_attempts_webhook_leaves_the_new_one_alone(shop: Shop) -> None:
    order_id, first = await shop.ordered()
    await shop.start(first)
    second = await shop.try_again(order_id)
    await shop.start(second)
    await shop.act(first, "decline")
    await shop.gateway_app.drain()
    assert (await shop.payment(first)).state == "FAILED"
    now = await shop.payment(second)
    assert (now.state, now.live) == ("REQUESTED", True)


async def test_a_refunds_webhook_brings_its_end(shop: Shop) -> None:
    order_id, payment_id = await shop.ordered()
    await shop.start(payment_id)
    await shop.act(payment_id, "approve")
    await shop.gateway_app.drain()
    await shop.cancel(order_id)
    await shop.script({"on": "refund", "do": "late_success", "ms": 60_000})
    await shop.run_jobs()
    assert [row[1] for row in await shop.refunds()] == ["REQUESTED"]
    shop.clock.advance(61)
    await shop.gateway_app.drain()
    assert [row[1] for row in await shop.refunds()] == ["DONE"]
    await shop.balanced()


async def test_events_out_of_order_end_the_same(shop: Shop) -> None:
    order_id, payment_id = await shop.ordered()
    await shop.start(payment_id)
    await shop.script({"on": "webhook", "do": "reorder", "times": 1}, {"on": "webhook", "do": "duplicate", "times": 1})
    await shop.act(payment_id, "approve")
    await shop.cancel(order_id)
    await shop.settled()
    assert await shop.refunds() == [("late", "DONE", 59_000)]
    await shop.balanced()
    await shop.gateway_agrees()
