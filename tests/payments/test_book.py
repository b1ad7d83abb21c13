"""Payments' part of orders' units."""

import pytest

from haat.engines.sql import Tx
from haat.engines.sql.ports import Refused
from haat.errors import Invalid
from haat.payments.model import OverRefund, Payment
from tests.payments.rig import Rig


def begin(rig: Rig, tx: Tx, order_id: str = "ord_1", attempt: int = 1, method: str = "upi") -> str:
    payment_id = rig.ids.new("pay")
    rig.book.begin(
        tx,
        payment_id=payment_id,
        order_id=order_id,
        attempt=attempt,
        method=method,
        amount_minor=5_000,
        currency="INR",
    )
    return payment_id


async def begun(rig: Rig, order_id: str = "ord_1", attempt: int = 1, method: str = "upi") -> str:
    return await rig.database.transact(lambda tx: begin(rig, tx, order_id, attempt, method))


async def of(rig: Rig, payment_id: str) -> Payment:
    payment = await rig.database.read(lambda tx: rig.book.payment(tx, payment_id))
    assert payment is not None
    return payment


async def paid(rig: Rig, payment_id: str, order_id: str = "ord_1") -> None:
    def pay(tx: Tx) -> None:
        payment = rig.book.payment(tx, payment_id, locked=True)
        assert payment is not None
        rig.book.succeed(tx, payment, payment.amount_minor, "APPLIED", order_id)

    await rig.database.transact(pay)


async def test_begin_is_one_statement_and_one_event(rig: Rig) -> None:
    def one(tx: Tx) -> int:
        begin(rig, tx)
        return tx.statements

    assert await rig.database.transact(one) == 1
    assert await rig.events() == ["payment.changed"]


async def test_an_order_has_one_live_attempt(rig: Rig) -> None:
    await begun(rig)
    with pytest.raises(Refused):
        await begun(rig, attempt=2)


async def test_a_method_nobody_takes_is_named(rig: Rig) -> None:
    with pytest.raises(Invalid) as caught:
        await begun(rig, method="beads")
    assert caught.value.problems[0].pointer == "#/payment/method"


async def test_close_of_an_unpaid_order_ends_its_live_attempt(rig: Rig) -> None:
    payment_id = await begun(rig)

    def close(tx: Tx) -> tuple[bool, int]:
        return rig.book.close(tx, "ord_1"), tx.statements

    assert await rig.database.transact(close) == (False, 2)
    payment = await of(rig, payment_id)
    assert (payment.live, payment.state) == (False, "INITIATED")
    assert await rig.database.transact(close) == (False, 1)
    await begun(rig, attempt=2)


async def test_close_of_a_paid_order_owes_what_was_paid(rig: Rig) -> None:
    payment_id = await begun(rig)
    await paid(rig, payment_id)
    await rig.balanced()

    def close(tx: Tx) -> int:
        rig.book.close(tx, "ord_1")
        return tx.statements

    assert await rig.database.transact(close) == 5
    payment = await of(rig, payment_id)
    assert (payment.refunded_minor, payment.live, payment.outcome) == (5_000, False, "APPLIED")
    assert await rig.balances() == {"gateway:fakepay": 5_000, "refunds-due": -5_000}
    (refund,) = await rig.rows("SELECT * FROM refund")
    assert (refund["reason"], refund["seq"], refund["state"], refund["amount_minor"]) == ("cancelled", 1, "DUE", 5_000)
    assert await rig.rows("SELECT kind, job.key, run_ms FROM job") == [
        {"kind": "refund", "key": refund["id"], "run_ms": rig.clock.now_ms()}
    ]
    assert await rig.events() == ["payment.changed", "payment.changed", "payment.changed", "refund.changed"]
    await rig.balanced()
    assert await rig.database.transact(close) == 1
    assert len(await rig.rows("SELECT id FROM refund")) == 1


async def test_cash_is_captured_on_delivery_once(rig: Rig) -> None:
    payment_id = await begun(rig, method="cod")

    def collect(tx: Tx) -> tuple[bool, int]:
        return rig.book.collect(tx, "ord_1"), tx.statements

    assert await rig.database.transact(collect) == (True, 4)
    assert await rig.database.transact(collect) == (False, 1)
    payment = await of(rig, payment_id)
    assert (payment.state, payment.provider, payment.captured_minor) == ("SUCCEEDED", "cash", 5_000)
    assert await rig.balances() == {"gateway:cash": 5_000, "orders": -5_000}
    await rig.balanced()


async def test_cash_of_a_cancelled_order_never_comes(rig: Rig) -> None:
    payment_id = await begun(rig, method="cod")
    assert not await rig.database.transact(lambda tx: rig.book.close(tx, "ord_1"))
    assert (await of(rig, payment_id)).state == "FAILED"
    assert not await rig.database.transact(lambda tx: rig.book.collect(tx, "ord_1"))


async def test_no_more_goes_back_than_came(rig: Rig) -> None:
    payment_id = await begun(rig)
    await paid(rig, payment_id)

    async def refund(amount_minor: int) -> None:
        payment = await of(rig, payment_id)
        await rig.database.transact(lambda tx: rig.book.owe(tx, payment, amount_minor, "operator", from_order=True))

    await refund(2_000)
    await refund(3_000)
    with pytest.raises(OverRefund):
        await refund(1)
    await rig.balanced()
    assert [row["seq"] for row in await rig.rows("SELECT seq FROM refund ORDER BY seq")] == [1, 2]


async def test_the_ledger_refuses_changes(rig: Rig) -> None:
    await paid(rig, await begun(rig))
    with pytest.raises(Refused):
        await rig.database.transact(lambda tx: tx.cursor.execute("UPDATE ledger SET amount_minor = 1"))
    with pytest.raises(Refused):
        await rig.database.transact(lambda tx: tx.cursor.execute("DELETE FROM ledger"))
