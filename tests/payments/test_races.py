"""Who comes first does not matter."""

from typing import Any

import msgspec
import pytest

from haat.errors import HaatError
from haat.payments.model import Intent, PaymentClosed
from tests.orders.world import at_once
from tests.payments.shop import PRICE_MINOR, Shop


async def paid_at_the_gateway(shop: Shop, **options: Any) -> tuple[str, str]:
    """The bank has said yes, and nobody here has heard."""
    order_id, payment_id = await shop.ordered(**options)
    await shop.start(payment_id)
    shop.hold_webhooks = True
    await shop.act(payment_id, "approve")
    return order_id, payment_id


def harmless(said: list[Any]) -> bool:
    """Answers, or errors that say what is the matter."""
    return all(not isinstance(one, BaseException) or isinstance(one, HaatError) for one in said)


async def test_the_webhook_comes_before_the_answer_of_create(shop: Shop) -> None:
    order_id, payment_id = await shop.ordered()
    raw: Any = shop.raw
    create = raw.create

    async def slow_answer(**asked: Any) -> Intent:
        intent: Intent = await create(**asked)
        await shop.act(payment_id, "approve")
        await shop.gateway_app.drain()
        return intent

    raw.create = slow_answer
    with pytest.raises(PaymentClosed):
        await shop.start(payment_id)
    assert await shop.state(order_id) == ("PLACED", "")
    payment = await shop.payment(payment_id)
    assert (payment.state, payment.provider_ref is not None) == ("SUCCEEDED", True)
    assert await shop.rows("SELECT kind FROM job") == []
    await shop.balanced()


async def test_the_order_ends_while_the_gateway_creates(shop: Shop) -> None:
    order_id, payment_id = await shop.ordered()
    raw: Any = shop.raw
    create = raw.create

    async def slow_answer(**asked: Any) -> Intent:
        intent: Intent = await create(**asked)
        await shop.cancel(order_id)
        return intent

    raw.create = slow_answer
    with pytest.raises(PaymentClosed):
        await shop.start(payment_id)
    payment = await shop.payment(payment_id)
    assert (payment.state, payment.live) == ("REQUESTED", False)
    assert [row[0] for row in await shop.rows("SELECT kind FROM job")] == ["payment"]
    await shop.act(payment_id, "approve")
    await shop.settled()
    assert await shop.refunds() == [("late", "DONE", PRICE_MINOR)]
    await shop.balanced()


@pytest.mark.parametrize("turn", range(4))
async def test_cancel_against_pay(shop: Shop, turn: int) -> None:
    order_id, payment_id = await paid_at_the_gateway(shop)
    calls = [shop.cancel(order_id), shop.apply(payment_id), shop.poll(payment_id)]
    said = await at_once(*calls[turn % 3 :], *calls[: turn % 3])
    assert harmless(said)
    await shop.balanced()
    shop.hold_webhooks = False
    await shop.settled()
    assert (await shop.state(order_id))[0] == "CANCELLED"
    assert [(state, amount) for _, state, amount in await shop.refunds()] == [("DONE", PRICE_MINOR)]
    await shop.balanced()
    await shop.gateway_agrees()


@pytest.mark.parametrize("late", ["refund", "reorder"])
async def test_expire_against_pay(shop: Shop, late: str) -> None:
    order_id, payment_id = await paid_at_the_gateway(shop, on_late_payment=late)
    shop.clock.advance(15 * 60)
    said = await at_once(shop.expire(order_id), shop.apply(payment_id), shop.expire(order_id), shop.apply(payment_id))
    assert harmless(said)
    assert await shop.state(order_id) == ("PLACED", "")
    await shop.balanced()
    await shop.gateway_agrees()


async def test_retry_against_pay(shop: Shop) -> None:
    order_id, payment_id = await paid_at_the_gateway(shop)
    said = await at_once(shop.try_again(order_id), shop.apply(payment_id), shop.try_again(order_id, "upi"))
    assert harmless(said)
    assert await shop.state(order_id) == ("PLACED", "")
    await shop.balanced()


async def test_two_attempts_paid_at_once(shop: Shop) -> None:
    order_id, first = await shop.ordered()
    await shop.start(first)
    second = await shop.try_again(order_id)
    await shop.start(second)
    shop.hold_webhooks = True
    await shop.act(first, "approve")
    await shop.act(second, "approve")
    said = await at_once(*(shop.apply(one) for one in (first, second, second, first)))
    assert harmless(said)
    assert await shop.refunds() == [("duplicate", "DUE", PRICE_MINOR)]
    await shop.balanced()
    await shop.settled()
    await shop.gateway_agrees()


async def test_of_two_late_attempts_one_becomes_the_new_order(shop: Shop) -> None:
    order_id, first = await shop.ordered(on_late_payment="reorder")
    await shop.script({"on": "act", "do": "late_success", "ms": 60 * 60_000})
    await shop.start(first)
    await shop.act(first, "approve")
    second = await shop.try_again(order_id)
    await shop.start(second)
    await shop.act(second, "approve")
    await shop.expired(order_id)
    shop.clock.advance(3_600)
    assert harmless(await at_once(*(shop.apply(one) for one in (first, second, first, second))))
    outcomes = sorted([str((await shop.payment(one)).outcome) for one in (first, second)])
    assert outcomes == ["NEW_ORDER", "REFUNDED"]
    assert await shop.sum("SELECT COUNT(*) FROM orders") == 2
    assert await shop.refunds() == [("duplicate", "DUE", PRICE_MINOR)]
    await shop.balanced()
    await shop.settled()
    await shop.gateway_agrees()


async def test_a_gateway_that_takes_its_yes_back_changes_nothing(shop: Shop) -> None:
    order_id, payment_id = await paid_at_the_gateway(shop)
    await shop.apply(payment_id)
    before = await shop.payment(payment_id)
    raw: Any = shop.raw
    find = raw.find

    async def denies(reference: str) -> Intent:
        intent: Intent = await find(reference)
        return msgspec.structs.replace(intent, status="failed", captured_minor=0, failure="no such money")

    raw.find = denies
    assert (await shop.apply(payment_id)).payment == before
    assert await shop.payment(payment_id) == before
    assert await shop.state(order_id) == ("PLACED", "")
    await shop.balanced()


async def test_a_poll_while_the_gateway_is_down_is_only_put_off(shop: Shop) -> None:
    order_id, payment_id = await paid_at_the_gateway(shop)
    await shop.script({"on": "*", "do": "down"})
    for _ in range(30):
        shop.clock.advance(60)
        await shop.poll(payment_id)
    assert [tuple(row) for row in await shop.rows("SELECT kind, state, error FROM job")] == [("payment", "waiting", "")]
    await shop.script()
    shop.clock.advance(1_800)
    assert await shop.run_jobs() == 1
    assert await shop.state(order_id) == ("PLACED", "")
    await shop.balanced()
