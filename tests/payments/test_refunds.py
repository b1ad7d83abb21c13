"""Money goes back once, and never more than came."""

import asyncio
import itertools
from typing import Any

import msgspec
import pytest

from haat.engines.sql.idempotency import Claim
from haat.errors import Conflict, KeyReused
from haat.payments.model import GatewayRefund, NoSuchPayment, NoSuchRefund, OverRefund
from haat.payments.operator import Wish
from haat.payments.refund import SendRefund
from tests.payments.shop import PRICE_MINOR, Shop

_SERIAL = itertools.count()


async def paid(shop: Shop) -> tuple[str, str]:
    order_id, payment_id = await shop.ordered()
    await shop.start(payment_id)
    await shop.act(payment_id, "approve")
    await shop.apply(payment_id)
    return order_id, payment_id


async def owed(shop: Shop) -> str:
    """A refund DUE, of an order that was cancelled after it was paid."""
    order_id, _ = await paid(shop)
    await shop.cancel(order_id)
    return str((await shop.rows("SELECT id FROM refund"))[0][0])


async def ask(shop: Shop, wish: Wish, key: str = "", fingerprint: str = "f" * 64) -> dict[str, object]:
    claim = Claim("operator:tok", key or f"refund-{next(_SERIAL)}", fingerprint)
    kept, _ = await shop.operator.ask(wish, "operator:tok", claim)
    return msgspec.json.decode(kept.body, type=dict[str, object])


async def state(shop: Shop) -> str:
    return str((await shop.rows("SELECT state FROM refund"))[0][0])


async def test_a_cancelled_order_is_paid_back(shop: Shop) -> None:
    refund_id = await owed(shop)
    await shop.send(refund_id)
    assert await shop.refunds() == [("cancelled", "DONE", PRICE_MINOR)]
    assert await shop.rig.balances() == {}
    assert await shop.rows("SELECT kind FROM job") == []
    await shop.balanced()
    await shop.gateway_agrees()
    await shop.send(refund_id)
    await shop.gateway_agrees()


@pytest.mark.parametrize("fault", ["lost_response", "error"])
async def test_an_unknown_refund_is_asked_for_before_it_is_sent_again(shop: Shop, fault: str) -> None:
    refund_id = await owed(shop)
    await shop.script({"on": "refund", "do": fault, "times": 1})
    await shop.send(refund_id)
    assert await state(shop) == "UNKNOWN"
    await shop.balanced()
    shop.clock.advance(60)
    assert await shop.run_jobs() == 1
    assert await state(shop) == "DONE"
    assert len((await shop.raw.refunds(0, 2**52, "", 10))[0]) == 1
    await shop.gateway_agrees()


async def test_a_refund_is_written_before_it_is_sent(shop: Shop) -> None:
    """Who finds it after a crash must know that the gateway may have it: a gateway forgets keys after some days."""
    refund_id = await owed(shop)
    seen = []

    class Watched:
        """The gateway, and what the shop had written when it was told to send."""

        def __getattr__(self, name: str) -> object:
            return getattr(shop.raw, name)

        async def refund(self, *, reference: str, intent_id: str, amount_minor: int) -> GatewayRefund:
            seen.append(await state(shop))
            return await shop.raw.refund(reference=reference, intent_id=intent_id, amount_minor=amount_minor)

    watched: Any = Watched()
    await SendRefund(shop.database, shop.payments, {"fakepay": watched})(refund_id)
    assert seen == ["REQUESTED"]
    assert await state(shop) == "DONE"


async def test_a_gateway_that_is_down_for_hours_loses_no_refund(shop: Shop) -> None:
    await owed(shop)
    await shop.script({"on": "*", "do": "down"})
    for _ in range(40):
        await shop.run_jobs()
        shop.clock.advance(15 * 60)
    assert await state(shop) in {"DUE", "REQUESTED", "UNKNOWN"}
    assert [tuple(row) for row in await shop.rows("SELECT kind, state FROM job")] == [("refund", "waiting")]
    await shop.script()
    shop.clock.advance(6 * 3600)
    await shop.run_jobs()
    assert await state(shop) == "DONE"
    await shop.gateway_agrees()


async def test_a_pending_refund_is_asked_for_until_it_is_done(shop: Shop) -> None:
    refund_id = await owed(shop)
    await shop.script({"on": "refund", "do": "late_success", "ms": 3_600_000})
    await shop.send(refund_id)
    assert await state(shop) == "REQUESTED"
    shop.clock.advance(1_800)
    await shop.run_jobs()
    assert await state(shop) == "REQUESTED"
    shop.clock.advance(3_600)
    await shop.run_jobs()
    assert await state(shop) == "DONE"
    await shop.gateway_agrees()


async def test_a_rejected_refund_is_still_owed_and_sent_again_by_a_person(shop: Shop) -> None:
    refund_id = await owed(shop)
    await shop.script({"on": "refund", "do": "decline", "times": 1})
    await shop.send(refund_id)
    assert await state(shop) == "REJECTED"
    assert await shop.breaks() == ["REFUND_REJECTED"]
    assert await shop.rig.balances() == {"gateway:fakepay": PRICE_MINOR, "refunds-due": -PRICE_MINOR}
    await shop.balanced()
    with pytest.raises(Conflict):
        await shop.operator.by_hand(refund_id)
    assert (await shop.operator.again(refund_id)).state == "DUE"
    with pytest.raises(Conflict):
        await shop.operator.again(refund_id)
    await shop.run_jobs()
    assert await state(shop) == "DONE"
    await shop.gateway_agrees()


async def test_a_refund_of_another_amount_is_a_break(shop: Shop) -> None:
    refund_id = await owed(shop)
    await shop.script({"on": "refund", "do": "wrong_amount", "amount_minor": 100})
    await shop.send(refund_id)
    assert await shop.breaks() == ["REFUND_AMOUNT"]


async def test_two_senders_at_once_send_once(shop: Shop) -> None:
    refund_id = await owed(shop)
    await asyncio.gather(*(shop.send(refund_id) for _ in range(6)), return_exceptions=True)
    await shop.settled()
    assert await state(shop) == "DONE"
    await shop.balanced()
    await shop.gateway_agrees()


async def test_fifty_at_once_never_give_back_more_than_came(shop: Shop) -> None:
    order_id, payment_id = await paid(shop)
    wish = Wish(order_id=order_id, amount_minor=PRICE_MINOR // 10, note="a scratch on it")
    said = await asyncio.gather(*(ask(shop, wish) for _ in range(50)), return_exceptions=True)
    assert sum(isinstance(answer, dict) for answer in said) == 10
    assert sum(isinstance(answer, OverRefund) for answer in said) == 40
    payment = await shop.payment(payment_id)
    assert payment.refunded_minor == payment.captured_minor
    await shop.rig.balanced()
    await shop.settled()
    assert {row[1] for row in await shop.refunds()} == {"DONE"}
    await shop.gateway_agrees()


async def test_the_same_key_is_one_refund(shop: Shop) -> None:
    _, payment_id = await paid(shop)
    wish = Wish(payment_id=payment_id, amount_minor=100, note="late by a day")
    said = await asyncio.gather(*(ask(shop, wish, "k") for _ in range(5)))
    assert all(answer == said[0] for answer in said)
    assert (said[0]["note"], said[0]["by"]) == ("late by a day", "operator:tok")
    assert len(await shop.refunds()) == 1
    with pytest.raises(KeyReused):
        await ask(shop, wish, "k", "e" * 64)
    with pytest.raises(NoSuchPayment):
        await ask(shop, Wish(payment_id="pay_none", amount_minor=1, note="none"))
    with pytest.raises(NoSuchRefund):
        await shop.operator.again("ref_none")


async def test_what_is_left_after_a_refund_goes_back_when_the_order_is_cancelled(shop: Shop) -> None:
    order_id, payment_id = await paid(shop)
    await ask(shop, Wish(payment_id=payment_id, amount_minor=9_000, note="a scratch"))
    await shop.cancel(order_id)
    await shop.settled()
    assert await shop.refunds() == [("operator", "DONE", 9_000), ("cancelled", "DONE", PRICE_MINOR - 9_000)]
    await shop.balanced()
    await shop.gateway_agrees()


async def test_cash_is_given_back_by_hand(shop: Shop) -> None:
    order_id, payment_id = await shop.ordered(method="cod")
    await shop.database.transact(lambda tx: shop.payments.collect(tx, order_id))
    made = await ask(shop, Wish(order_id=order_id, amount_minor=500, note="a scratch"))
    await shop.settled()
    assert await state(shop) == "DUE"
    assert (await shop.operator.by_hand(str(made["id"]))).state == "DONE"
    with pytest.raises(Conflict):
        await shop.operator.by_hand(str(made["id"]))
    assert await shop.rig.balances() == {"gateway:cash": PRICE_MINOR - 500, "orders": -(PRICE_MINOR - 500)}
    await shop.rig.balanced()
    assert (await shop.payment(payment_id)).refunded_minor == 500


async def test_refunds_are_listed_newest_first(shop: Shop) -> None:
    _, payment_id = await paid(shop)
    for amount_minor in (1, 2, 3):
        await ask(shop, Wish(payment_id=payment_id, amount_minor=amount_minor, note="some"))
    found = await shop.operator.listed("DUE", "", 2)
    assert [refund.amount_minor for refund in found] == [3, 2]
    rest = await shop.operator.listed("", found[-1].id, 2)
    assert [refund.amount_minor for refund in rest] == [1]
    assert await shop.operator.listed("DONE", "", 2) == []
