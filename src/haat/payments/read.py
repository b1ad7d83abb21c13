"""What an order's page says about its money: words that are true at that moment."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import msgspec

from haat.engines.sql import Database, Tx
from haat.payments.model import CASH, NEVER_PAID, Payment, Refund
from haat.payments.ports import Book

AttemptWord = Literal["cash", "to_pay", "confirming", "paid", "declined", "unused", "moved", "returning"]
RefundWord = Literal["on_its_way", "returned", "delayed"]


class AttemptLine(msgspec.Struct, frozen=True, kw_only=True):
    """One attempt, for people. `says` is a sentence."""

    id: str
    attempt: int
    method: str
    word: AttemptWord
    says: str
    amount_minor: int
    currency: str
    new_order: str  # the order it pays instead, or ""


class RefundLine(msgspec.Struct, frozen=True, kw_only=True):
    """One refund, for people."""

    id: str
    word: RefundWord
    says: str
    reason: str
    amount_minor: int
    currency: str


class OrderMoney(msgspec.Struct, frozen=True, kw_only=True):
    """Attempts (oldest first) and refunds of an order. `pay_url`: where one pays it now, or "".

    `payment_id` is the live attempt's, or "": while it is there, asking again may bring news.
    """

    attempts: Sequence[AttemptLine]
    refunds: Sequence[RefundLine]
    pay_url: str
    payment_id: str


@dataclass(frozen=True, slots=True)
class PaymentsOfOrder:
    """Attempts and refunds of an order in words."""

    database: Database
    book: Book
    pay_url: Callable[[str], str]

    async def __call__(self, order_id: str) -> OrderMoney:
        """What is known now; asks nobody. Two statements."""

        def look(tx: Tx) -> tuple[Sequence[Payment], Sequence[Refund]]:
            return self.book.of_order(tx, order_id), self.book.refunds_of_order(tx, order_id)

        payments, refunds = await self.database.read(look, brief=True)
        live = next((payment for payment in payments if _waits(payment)), None)
        return OrderMoney(
            attempts=[_attempt(payment, order_id, refunds) for payment in payments],
            refunds=[_refund(refund) for refund in refunds],
            pay_url=self.pay_url(live.id) if live is not None else "",
            payment_id=live.id if live is not None else "",
        )


def _waits(payment: Payment) -> bool:
    return payment.live and payment.provider != CASH and payment.state in {"INITIATED", "REQUESTED", "UNKNOWN"}


def _attempt(payment: Payment, order_id: str, refunds: Sequence[Refund]) -> AttemptLine:
    word, says = _said(payment, order_id, [refund for refund in refunds if refund.payment_id == payment.id])
    elsewhere = payment.applied_order if payment.applied_order != order_id else None
    return AttemptLine(
        id=payment.id,
        attempt=payment.attempt,
        method=payment.method,
        word=word,
        says=says,
        amount_minor=payment.amount_minor,
        currency=payment.currency,
        new_order=elsewhere or "",
    )


def _said(payment: Payment, order_id: str, refunds: Sequence[Refund]) -> tuple[AttemptWord, str]:
    if payment.state == "SUCCEEDED":
        return _came(payment, order_id, refunds)
    if payment.provider == CASH:
        if payment.state == "FAILED":
            return "unused", "Nothing is to be paid."
        return "cash", "You pay in cash when it arrives."
    if payment.state == "FAILED":
        if payment.failure in NEVER_PAID:
            return "unused", "It was not paid in time. If money left your account after all, it comes back by itself."
        return "declined", "It was declined. Nothing was taken; if your bank says otherwise, it comes back by itself."
    if payment.state == "INITIATED":
        return ("to_pay", "It waits for your payment.") if payment.live else ("unused", "It was not used.")
    if not payment.live:
        return "unused", "It was left. If money left your account after all, it comes back by itself."
    return "confirming", "We wait for your bank's word. If you have paid, this page will say so in a moment."


def _came(payment: Payment, order_id: str, refunds: Sequence[Refund]) -> tuple[AttemptWord, str]:
    if payment.applied_order not in {None, order_id}:
        return "moved", "Your payment came after this order had ended. It pays a new order for the same things."
    if payment.outcome != "REFUNDED":
        return "paid", "Paid in cash." if payment.provider == CASH else "Payment received."
    reason = refunds[0].reason if refunds else "late"
    back = "It came back to you." if refunds and all(r.state == "DONE" for r in refunds) else "It is on its way back."
    why = {
        "duplicate": "Payment received, but the order was paid already.",
        "mismatch": "A payment of another amount came.",
    }.get(reason, "Payment received, but the order had ended.")
    return "returning", f"{why} {back}"


def _refund(refund: Refund) -> RefundLine:
    word: RefundWord
    if refund.state == "DONE":
        word, says = "returned", "It was sent back. Your bank may take some days to show it."
    elif refund.state == "REJECTED":
        word, says = "delayed", "It could not be sent back yet. We are looking into it."
    else:
        word, says = "on_its_way", "It is on its way back to you."
    return RefundLine(
        id=refund.id,
        word=word,
        says=says,
        reason=refund.reason,
        amount_minor=refund.amount_minor,
        currency=refund.currency,
    )
