"""Money goes back: what the shop owes is sent, once, however often it has to be asked for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Final

import msgspec

from haat.engines.sql import Database, Tx
from haat.engines.sql.jobs import drop, plan
from haat.payments.model import (
    GatewayDown,
    GatewayPaused,
    GatewayRefund,
    GatewayRefused,
    NoSuchRefund,
    Payment,
    Refund,
    RefundState,
)
from haat.payments.ports import Book, Gateway

REFUND_JOB: Final = "refund"
SOONEST_MS: Final = 15_000
LATEST_MS: Final = 6 * 3_600_000


def next_ask_ms(now_ms: int, since_ms: int, soonest_ms: int = SOONEST_MS, latest_ms: int = LATEST_MS) -> int:
    """When to ask again about what has been open since then: the longer it is, the rarer."""
    return now_ms + min(max((now_ms - since_ms) // 2, soonest_ms), latest_ms)


@dataclass(frozen=True, slots=True)
class SendRefund:
    """Sends one refund and learns how it went. Run by the job `refund`; safe to run at any time, any number of times.

    The refund's id is the gateway's key, and there is never a second id for the same money: while its answer is not
    known, the gateway is asked for it before it is asked to do it.
    """

    kind: ClassVar[str] = REFUND_JOB

    database: Database
    book: Book
    gateways: Mapping[str, Gateway] = field(repr=False)

    async def __call__(self, refund_id: str) -> None:
        """Cost: at most three calls to the gateway and two transactions. Raises: NoSuchRefund, PaymentMoved.

        A gateway that is down raises nothing: the job is planned anew, as long as it takes.
        """
        refund, payment = await self._read(refund_id)
        gateway = self.gateways.get(payment.provider)
        if refund.state in {"DONE", "REJECTED"} or gateway is None:
            return  # what was paid in cash is paid back by a person
        try:
            await self._send(gateway, refund, payment)
        except GatewayPaused:
            await self._later(refund)

    async def _read(self, refund_id: str) -> tuple[Refund, Payment]:
        def look_at_refund(tx: Tx) -> tuple[Refund, Payment]:
            refund = self.book.refund(tx, refund_id)
            payment = self.book.payment(tx, refund.payment_id) if refund is not None else None
            if refund is None or payment is None:
                raise NoSuchRefund
            return refund, payment

        return await self.database.read(look_at_refund, brief=True)

    async def _send(self, gateway: Gateway, refund: Refund, payment: Payment) -> None:
        try:
            if refund.state != "DUE":
                found = await gateway.find_refund(refund.id)
                if found is not None and found.status != "rejected":
                    await self._heard(refund, payment, found)
                    return
            intent_id = payment.provider_ref or await _intent_id(gateway, payment.id)
            refund = await self._asked(refund, payment)
            said = await gateway.refund(reference=refund.id, intent_id=intent_id, amount_minor=refund.amount_minor)
        except GatewayPaused:
            raise
        except GatewayDown:
            await self._doubtful(refund, payment)
        except GatewayRefused as error:
            await self._rejected(refund, payment, error.detail)
        else:
            await self._heard(refund, payment, said)

    async def _asked(self, refund: Refund, payment: Payment) -> Refund:
        """Written before the call: a crash behind it finds REQUESTED and asks first."""
        if refund.state == "REQUESTED":
            return refund

        def request_refund(tx: Tx) -> Refund:
            plan(tx, REFUND_JOB, refund.id, tx.now_ms + SOONEST_MS)
            return self._set(tx, refund, payment, "REQUESTED")

        return await self.database.transact(request_refund)

    async def _heard(self, refund: Refund, payment: Payment, said: GatewayRefund) -> None:
        if said.status == "rejected":
            await self._rejected(refund, payment, "The payment service rejected it.")
            return

        def hear_refund(tx: Tx) -> None:
            if said.status == "pending":
                plan(tx, REFUND_JOB, refund.id, next_ask_ms(tx.now_ms, refund.created_ms))
                if refund.state == "UNKNOWN":
                    self._set(tx, refund, payment, "REQUESTED", said.id)
                return
            drop(tx, REFUND_JOB, refund.id)
            if said.amount_minor != refund.amount_minor or said.currency != refund.currency:
                detail = {"asked_minor": refund.amount_minor, "sent_minor": said.amount_minor}
                self.book.broken(tx, "REFUND_AMOUNT", refund.id, msgspec.json.encode(detail).decode())
            self._set(tx, refund, payment, "DONE", said.id)

        await self.database.transact(hear_refund)

    async def _rejected(self, refund: Refund, payment: Payment, why: str) -> None:
        def reject_refund(tx: Tx) -> None:
            drop(tx, REFUND_JOB, refund.id)
            self.book.broken(tx, "REFUND_REJECTED", refund.id, msgspec.json.encode({"why": why[:200]}).decode())
            self._set(tx, refund, payment, "REJECTED")

        await self.database.transact(reject_refund)

    async def _doubtful(self, refund: Refund, payment: Payment) -> None:
        def doubt_refund(tx: Tx) -> None:
            plan(tx, REFUND_JOB, refund.id, next_ask_ms(tx.now_ms, refund.created_ms))
            if refund.state == "REQUESTED":
                self._set(tx, refund, payment, "UNKNOWN")

        await self.database.transact(doubt_refund)

    async def _later(self, refund: Refund) -> None:
        def plan_refund(tx: Tx) -> None:
            now = self.book.refund(tx, refund.id)
            if now is not None and now.state not in {"DONE", "REJECTED"}:
                plan(tx, REFUND_JOB, refund.id, next_ask_ms(tx.now_ms, refund.created_ms))

        await self.database.transact(plan_refund)

    def _set(self, tx: Tx, refund: Refund, payment: Payment, state: RefundState, provider_ref: str = "") -> Refund:
        after = msgspec.structs.replace(refund, state=state, provider_ref=provider_ref or refund.provider_ref)
        return self.book.change_refund(tx, refund, after, payment.provider)


async def _intent_id(gateway: Gateway, payment_id: str) -> str:
    intent = await gateway.find(payment_id)
    if intent is None:
        raise GatewayDown("The payment service does not know the payment.")
    return intent.id
