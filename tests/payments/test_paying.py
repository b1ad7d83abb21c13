"""A payment from our address to its outcome, with the real gateway simulator and the real orders."""

import pytest

from haat.engines.sql import Statement, Tx
from haat.engines.sql.idempotency import Claim
from haat.errors import Conflict, Invalid
from haat.events.outbox import Outbox
from haat.payments.adapters import statements
from haat.payments.adapters.sql import SqlPayments
from haat.payments.model import GatewayDown, GatewayRefused, NoSuchPayment, PaymentClosed
from haat.payments.retry import RetryPayment
from tests.orders.world import at_once
from tests.payments.shop import PRICE_MINOR, Shop

TOTAL = PRICE_MINOR


async def test_a_buyer_pays_and_the_order_is_placed(shop: Shop) -> None:
    order_id, payment_id = await shop.ordered()
    page = await shop.start(payment_id)
    assert page.startswith("http://shop.test/fakepay/pay/fp_")
    assert await shop.start(payment_id) == page
    assert (await shop.payment(payment_id)).state == "REQUESTED"
    await shop.act(payment_id, "approve")
    await shop.gateway_app.drain()
    assert await shop.state(order_id) == ("PLACED", "")
    payment = await shop.payment(payment_id)
    assert (payment.state, payment.outcome, payment.applied_order) == ("SUCCEEDED", "APPLIED", order_id)
    assert await shop.rows("SELECT kind FROM job") == []
    assert await shop.rig.balances() == {"gateway:fakepay": TOTAL, "orders": -TOTAL}
    await shop.balanced()
    await shop.gateway_agrees()
    with pytest.raises(PaymentClosed):
        await shop.start(payment_id)


async def test_unknown_payments_are_not_there(shop: Shop) -> None:
    for call in (shop.start, shop.apply):
        with pytest.raises(NoSuchPayment):
            await call("pay_nothing")


async def test_a_decline_leaves_the_order_for_another_attempt(shop: Shop) -> None:
    order_id, payment_id = await shop.ordered()
    await shop.start(payment_id)
    await shop.act(payment_id, "decline")
    await shop.gateway_app.drain()
    assert (await shop.payment(payment_id)).state == "FAILED"
    assert await shop.state(order_id) == ("CREATED", "")
    second = await shop.try_again(order_id)
    await shop.start(second)
    await shop.act(second, "approve")
    await shop.gateway_app.drain()
    assert await shop.state(order_id) == ("PLACED", "")
    assert (await shop.payment(second)).attempt == 2
    await shop.balanced()


async def test_a_declined_order_expires_for_that_reason(shop: Shop) -> None:
    order_id, payment_id = await shop.ordered()
    await shop.start(payment_id)
    await shop.act(payment_id, "decline")
    await shop.apply(payment_id)
    shop.clock.advance(15 * 60)
    assert await shop.expire(order_id) == "cancelled"
    assert await shop.state(order_id) == ("CANCELLED", "payment_failed")
    await shop.balanced()


async def test_a_page_that_was_left_expires_as_unpaid(shop: Shop) -> None:
    order_id, payment_id = await shop.ordered()
    await shop.start(payment_id)
    shop.clock.advance(15 * 60)
    assert await shop.ask(order_id) == "none"
    assert await shop.expire(order_id) == "cancelled"
    assert await shop.state(order_id) == ("CANCELLED", "expired")
    await shop.balanced()


@pytest.mark.parametrize("cancelled", [False, True])
async def test_a_late_success_goes_back(shop: Shop, cancelled: bool) -> None:
    order_id, payment_id = await shop.ordered()
    await shop.start(payment_id)
    await shop.script({"on": "act", "do": "late_success", "ms": 60 * 60_000})
    await shop.act(payment_id, "approve")
    if cancelled:
        await shop.cancel(order_id)
    else:
        await shop.expired(order_id)
    shop.clock.advance(60 * 60)
    await shop.gateway_app.drain()
    payment = await shop.payment(payment_id)
    assert (payment.state, payment.outcome) == ("SUCCEEDED", "REFUNDED")
    assert await shop.refunds() == [("late", "DUE", TOTAL)]
    await shop.balanced()
    await shop.settled()
    assert await shop.refunds() == [("late", "DONE", TOTAL)]
    assert await shop.rig.balances() == {}
    await shop.balanced()
    await shop.gateway_agrees()


async def test_a_late_success_becomes_a_new_order_when_wanted(shop: Shop) -> None:
    order_id, payment_id = await shop.ordered(on_late_payment="reorder")
    await shop.start(payment_id)
    await shop.script({"on": "act", "do": "late_success", "ms": 60 * 60_000})
    await shop.act(payment_id, "approve")
    await shop.expired(order_id)
    shop.clock.advance(60 * 60)
    await shop.gateway_app.drain()
    payment = await shop.payment(payment_id)
    assert payment.outcome == "NEW_ORDER"
    assert payment.applied_order is not None
    assert await shop.state(payment.applied_order) == ("PLACED", "")
    assert await shop.state(order_id) == ("CANCELLED", "expired")
    await shop.balanced()
    (line,) = (await shop.money(order_id)).attempts
    assert (line.word, line.new_order) == ("moved", payment.applied_order)
    await shop.cancel(payment.applied_order)
    await shop.settled()
    assert await shop.refunds() == [("cancelled", "DONE", TOTAL)]
    await shop.balanced()
    await shop.gateway_agrees()


async def test_of_two_attempts_that_both_succeed_one_goes_back(shop: Shop) -> None:
    order_id, first = await shop.ordered()
    await shop.start(first)
    await shop.script({"on": "act", "do": "silence", "reference": first})
    await shop.act(first, "approve")
    second = await shop.try_again(order_id)
    await shop.start(second)
    await shop.script()
    await shop.act(second, "approve")
    await shop.act(first, "approve")
    await shop.settled()
    outcomes = {(await shop.payment(p)).outcome for p in (first, second)}
    assert outcomes == {"APPLIED", "REFUNDED"}
    assert await shop.refunds() == [("duplicate", "DONE", TOTAL)]
    assert await shop.state(order_id) == ("PLACED", "")
    await shop.balanced()
    await shop.gateway_agrees()


async def test_a_failed_attempt_may_succeed_yet(shop: Shop) -> None:
    order_id, payment_id = await shop.ordered()
    await shop.start(payment_id)
    await shop.script({"on": "act", "do": "late_success", "ms": 120_000})
    await shop.act(payment_id, "decline")
    await shop.apply(payment_id)
    assert (await shop.payment(payment_id)).state == "FAILED"
    shop.clock.advance(121)
    await shop.apply(payment_id)
    payment = await shop.payment(payment_id)
    assert (payment.state, payment.outcome, payment.live) == ("SUCCEEDED", "APPLIED", False)
    assert await shop.state(order_id) == ("PLACED", "")
    await shop.balanced()


async def test_another_amount_pays_nothing_and_goes_back(shop: Shop) -> None:
    order_id, payment_id = await shop.ordered()
    await shop.start(payment_id)
    await shop.script({"on": "act", "do": "wrong_amount", "amount_minor": 100})
    await shop.act(payment_id, "approve")
    await shop.settled()
    assert await shop.state(order_id) == ("CREATED", "")
    assert await shop.refunds() == [("mismatch", "DONE", 100)]
    assert await shop.breaks() == ["AMOUNT"]
    await shop.balanced()
    await shop.gateway_agrees()


async def test_money_taken_twice_pays_once_and_goes_back_once(shop: Shop) -> None:
    order_id, payment_id = await shop.ordered()
    await shop.start(payment_id)
    await shop.script({"on": "act", "do": "duplicate"})
    await shop.act(payment_id, "approve")
    await shop.settled()
    payment = await shop.payment(payment_id)
    assert (payment.captured_minor, payment.refunded_minor, payment.outcome) == (2 * TOTAL, TOTAL, "APPLIED")
    assert await shop.refunds() == [("duplicate", "DONE", TOTAL)]
    assert await shop.state(order_id) == ("PLACED", "")
    await shop.balanced()
    await shop.gateway_agrees()


async def test_a_lost_answer_of_create_is_asked_for(shop: Shop) -> None:
    _, payment_id = await shop.ordered()
    await shop.script({"on": "create", "do": "lost_response", "times": 1})
    with pytest.raises(GatewayDown):
        await shop.start(payment_id)
    assert (await shop.payment(payment_id)).state == "UNKNOWN"
    page = await shop.start(payment_id)
    assert page
    assert (await shop.payment(payment_id)).state == "REQUESTED"
    assert len((await shop.raw.intents(0, 2**52, "", 10))[0]) == 1


async def test_a_create_that_never_arrived_is_given_up(shop: Shop) -> None:
    order_id, payment_id = await shop.ordered()
    await shop.script({"on": "create", "do": "error", "times": 1})
    with pytest.raises(GatewayDown):
        await shop.start(payment_id)
    assert await shop.ask(order_id) == "unknown"
    shop.clock.advance(121)
    assert await shop.ask(order_id) == "none"
    assert (await shop.payment(payment_id)).failure == "not_received"
    await shop.try_again(order_id)


async def test_a_refused_create_ends_the_attempt(shop: Shop) -> None:
    order_id, payment_id = await shop.ordered()
    await shop.script({"on": "create", "do": "decline", "times": 1})
    with pytest.raises(GatewayRefused):
        await shop.start(payment_id)
    assert (await shop.payment(payment_id)).state == "FAILED"
    assert await shop.ask(order_id) == "failed"


async def test_a_webhook_before_the_answer_of_create(shop: Shop) -> None:
    order_id, payment_id = await shop.ordered()
    intent = await shop.raw.create(
        reference=payment_id,
        amount_minor=TOTAL,
        currency="INR",
        method="upi",
        return_url="http://shop.test/",
        expires_ms=shop.clock.now_ms() + 900_000,
    )
    await shop.act(payment_id, "approve")
    await shop.gateway_app.drain()
    assert await shop.state(order_id) == ("PLACED", "")
    payment = await shop.payment(payment_id)
    assert payment.provider_ref == intent.id
    with pytest.raises(PaymentClosed):
        await shop.start(payment_id)
    await shop.balanced()


async def test_pay_and_webhook_and_poll_at_once_have_one_effect(shop: Shop) -> None:
    order_id, payment_id = await shop.ordered()
    await shop.start(payment_id)
    await shop.act(payment_id, "approve")
    said = await at_once(
        *(shop.apply(payment_id) for _ in range(8)),
        shop.gateway_app.drain(),
        *(shop.poll(payment_id) for _ in range(3)),
    )
    assert [answer for answer in said if isinstance(answer, BaseException)] == []
    assert await shop.state(order_id) == ("PLACED", "")
    assert len(await shop.rows("SELECT * FROM payment_outcome")) == 1
    await shop.balanced()


async def test_retry_replays_and_refuses(shop: Shop) -> None:
    order_id, first = await shop.ordered()
    second = await shop.try_again(order_id, key="one")
    assert await shop.try_again(order_id, key="one") == second
    assert not (await shop.payment(first)).live
    assert (await shop.payment(second)).live
    with pytest.raises(NoSuchPayment):
        await shop.try_again(order_id, owner="crt_other")
    await shop.start(second)
    await shop.act(second, "approve")
    with pytest.raises(PaymentClosed):
        await shop.try_again(order_id)
    assert await shop.state(order_id) == ("PLACED", "")


async def test_retry_of_a_paid_order_finds_it_paid(shop: Shop) -> None:
    order_id, first = await shop.ordered()
    await shop.start(first)
    shop.hold_webhooks = True
    await shop.act(first, "approve")
    with pytest.raises(PaymentClosed):
        await shop.try_again(order_id)
    assert await shop.state(order_id) == ("PLACED", "")


async def test_retry_is_closed_when_the_time_is_over(shop: Shop) -> None:
    order_id, _ = await shop.ordered()
    shop.clock.advance(15 * 60)
    with pytest.raises(PaymentClosed):
        await shop.try_again(order_id)


async def test_parallel_retries_leave_one_live_attempt(shop: Shop) -> None:
    order_id, _ = await shop.ordered()
    said = await at_once(*(shop.try_again(order_id) for _ in range(5)))
    assert all(isinstance(answer, (str, Conflict)) for answer in said)
    live = await shop.rows("SELECT id FROM payment WHERE live_order = ?", order_id)
    assert len(live) == 1


async def test_an_attempt_given_up_that_succeeds_closes_the_newer_one(shop: Shop) -> None:
    order_id, first = await shop.ordered()
    await shop.start(first)
    await shop.script({"on": "act", "do": "late_success", "ms": 60_000})
    await shop.act(first, "decline")
    await shop.apply(first)
    second = await shop.try_again(order_id)
    await shop.start(second)
    shop.clock.advance(61)
    await shop.apply(first)
    assert await shop.state(order_id) == ("PLACED", "")
    with pytest.raises(PaymentClosed):
        await shop.start(second)
    await shop.balanced()


async def test_without_a_gateway_there_is_cash_only(shop: Shop) -> None:
    ids, database = shop.ids, shop.database
    cash_only = SqlPayments(database, Outbox("haat/payments", ids), ids, {})

    def begin(tx: Tx, method: str) -> None:
        cash_only.begin(
            tx, payment_id=ids.new("pay"), order_id="ord_1", attempt=1, method=method, amount_minor=5, currency="INR"
        )

    with pytest.raises(Invalid, match="There are: cod"):
        await database.transact(lambda tx: begin(tx, "upi"))
    await database.transact(lambda tx: begin(tx, "cod"))
    order_id, _ = await shop.ordered()
    retry = RetryPayment(database, shop.payments, shop.orders, shop.ask, ids, str, frozenset())
    with pytest.raises(Invalid, match="There are: none"):
        await retry("crt_1", order_id, "upi", Claim("crt_1", "k", "f"))


def test_every_statement_runs_on_mysql_too() -> None:
    found = [value for value in vars(statements).values() if isinstance(value, Statement)]
    assert len(found) > 20
    for statement in found:
        text = statement.text("mysql").upper()
        assert "RETURNING" not in text
        assert "ON CONFLICT" not in text


async def test_a_payment_under_way_gets_its_grace_once(shop: Shop) -> None:
    order_id, payment_id = await shop.ordered()
    await shop.start(payment_id)
    await shop.script({"on": "act", "do": "silence"})
    await shop.act(payment_id, "approve")
    shop.clock.advance(15 * 60)
    assert await shop.ask(order_id) == "open"
    assert await shop.expire(order_id) == "extended"
    shop.clock.advance(10 * 60)
    assert await shop.expire(order_id) == "cancelled"
    assert await shop.state(order_id) == ("CANCELLED", "expired")


async def test_a_gateway_that_is_down_gives_the_grace_too_and_loses_nothing(shop: Shop) -> None:
    order_id, payment_id = await shop.ordered()
    await shop.start(payment_id)
    shop.hold_webhooks = True
    await shop.act(payment_id, "approve")
    await shop.script({"on": "*", "do": "down"})
    shop.clock.advance(15 * 60)
    assert await shop.ask(order_id) == "unknown"
    assert await shop.expire(order_id) == "extended"
    await shop.script()
    shop.clock.advance(10 * 60)
    assert await shop.expire(order_id) == "gone"
    assert await shop.state(order_id) == ("PLACED", "")
    await shop.balanced()
