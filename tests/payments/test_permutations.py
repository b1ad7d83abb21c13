"""What happens at the bank × when it happens × who tells first: one lawful end, stock and money balanced."""

from itertools import product

import pytest

from haat.orders.model import GRACE_MS, HOLD_MS
from tests.payments.shop import PRICE_MINOR, Shop

pytestmark = pytest.mark.long

HAPPENINGS = ("success", "decline", "silence", "late", "duplicate")
MOMENTS = ("before", "at", "after")
TELLERS = ("webhook", "return", "poll")
AFTER_ACT_MS = {"before": 60_000, "at": 120_000, "after": 120_000 + GRACE_MS + 60_000}
"""From the buyer's click, two minutes before the order's time is over, to the bank's word."""


async def tell(shop: Shop, teller: str, payment_id: str) -> None:
    if teller == "webhook":
        await shop.gateway_app.drain()
        told, shop.webhooks = shop.webhooks, []
        for body, headers in told:
            await shop.hear(body, headers)
    elif teller == "return":
        await shop.apply(payment_id)
    else:
        await shop.poll(payment_id)


async def sweep(shop: Shop, order_id: str, expires_ms: int) -> None:
    if shop.clock.now_ms() >= expires_ms:
        await shop.expire(order_id)


async def bank(shop: Shop, payment_id: str, happening: str, moment: str) -> None:
    """The buyer clicks; the bank's word comes at its moment. `late`: it says no at first."""
    later = {"on": "act", "do": "late_success", "ms": AFTER_ACT_MS[moment]}
    await shop.script({"on": "act", "do": "silence"} if happening == "silence" else later)
    await shop.act(payment_id, "decline" if happening == "late" else "approve")


@pytest.mark.parametrize(("happening", "moment", "first"), [*product(HAPPENINGS, MOMENTS, TELLERS)])
async def test_every_way_to_pay_ends_lawfully(shop: Shop, happening: str, moment: str, first: str) -> None:
    shop.hold_webhooks = True
    if happening == "duplicate":
        await shop.script({"on": "create", "do": "duplicate", "times": 1})
    order_id, payment_id = await shop.ordered()
    expires_ms = shop.clock.now_ms() + HOLD_MS
    await shop.start(payment_id)
    shop.clock.advance((HOLD_MS - 120_000) / 1000)
    if happening == "decline":
        await decline(shop, payment_id, moment)
    else:
        await bank(shop, payment_id, happening, moment)
    if moment == "after":
        shop.clock.advance(120)
        await shop.expire(order_id)
        shop.clock.advance(GRACE_MS / 1000)
        await shop.expire(order_id)
        shop.clock.advance(60)
    elif happening != "decline":
        shop.clock.advance(AFTER_ACT_MS[moment] / 1000)
    for teller in (first, *(other for other in TELLERS if other != first)):
        await tell(shop, teller, payment_id)
        await sweep(shop, order_id, expires_ms)
        await shop.balanced()
    shop.hold_webhooks = False
    await shop.settled()
    shop.clock.advance((HOLD_MS + GRACE_MS) / 1000)
    await shop.expire(order_id)
    await shop.settled()
    await ended(shop, order_id, payment_id, happening, moment)


async def decline(shop: Shop, payment_id: str, moment: str) -> None:
    """A refusal at its moment. After the payment's time is over the gateway takes none: then it stays as it is."""
    if moment == "before":
        await shop.act(payment_id, "decline")
        shop.clock.advance(60)
    elif moment == "at":
        shop.clock.advance(120)
        await shop.act(payment_id, "decline")
    else:
        await shop.act(payment_id, "abandon")


async def ended(shop: Shop, order_id: str, payment_id: str, happening: str, moment: str) -> None:
    payment = await shop.payment(payment_id)
    state, reason = await shop.state(order_id)
    refunds = await shop.refunds()
    if happening in {"decline", "silence"}:
        assert (payment.captured_minor, state, refunds) == (0, "CANCELLED", [])
        assert reason in {"expired", "payment_failed"}
        assert await shop.sum("SELECT SUM(held) FROM stock") == 0
    elif moment == "after":
        taken = payment.captured_minor
        assert taken == PRICE_MINOR * (2 if happening == "duplicate" else 1)
        assert (payment.outcome, state) == ("REFUNDED", "CANCELLED")
        assert sum(amount for _, _, amount in refunds) == taken
        assert await shop.sum("SELECT SUM(held) FROM stock") == 0
    else:
        assert (payment.outcome, state) == ("APPLIED", "PLACED")
        wanted = [("duplicate", "DONE", PRICE_MINOR)] if happening == "duplicate" else []
        assert refunds == wanted
        assert await shop.sum("SELECT SUM(held) FROM stock") == 1
    assert {word for _, word, _ in refunds} <= {"DONE"}
    assert len(await shop.rows("SELECT 1 FROM payment_outcome")) == (1 if payment.captured_minor else 0)
    assert not await shop.rows("SELECT 1 FROM webhook WHERE handled_ms = 0")
    await shop.balanced()
    await shop.gateway_agrees()
