"""What an operator does about money that goes back."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from haat.engines.sql import Database, Tx
from haat.engines.sql.idempotency import Claim, Kept, answered, keep
from haat.engines.sql.jobs import plan
from haat.engines.sql.ports import Refused
from haat.errors import Conflict
from haat.events.envelope import rfc3339
from haat.payments.model import NoSuchPayment, NoSuchRefund, OverRefund, Payment, Refund, RefundState
from haat.payments.ports import Book, Gateway
from haat.payments.refund import REFUND_JOB

CREATED: Final = 201
STATES: Final[tuple[RefundState, ...]] = ("DUE", "REQUESTED", "UNKNOWN", "REJECTED", "DONE")


class RefundView(msgspec.Struct, frozen=True):
    """A refund as an operator sees it."""

    id: str
    payment_id: str
    order_id: str
    state: str
    reason: str
    amount_minor: int
    currency: str
    note: str
    by: str
    created_at: str
    changed_at: str

    @classmethod
    def of(cls, refund: Refund) -> "RefundView":
        """The view of a refund."""
        return cls(
            id=refund.id,
            payment_id=refund.payment_id,
            order_id=refund.order_id,
            state=refund.state,
            reason=refund.reason,
            amount_minor=refund.amount_minor,
            currency=refund.currency,
            note=refund.note,
            by=refund.actor,
            created_at=rfc3339(refund.created_ms),
            changed_at=rfc3339(refund.changed_ms),
        )


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What shall go back: of a payment, or of what pays an order."""

    payment_id: str = ""
    order_id: str = ""
    amount_minor: int
    note: str


@dataclass(frozen=True, slots=True)
class OperatorRefunds:
    """Refunds by hand: asked for, looked at, sent again after a refusal, or paid in cash."""

    database: Database
    book: Book
    gateways: dict[str, Gateway]

    async def ask(self, wish: Wish, actor: str, claim: Claim) -> tuple[Kept, bool]:
        """A refund DUE, which the job sends; the answer as kept under the caller's key, and whether it was there.

        One transaction of at most seven statements. Raises: NoSuchPayment, OverRefund, KeyReused.
        """
        before = await self._answered(claim)
        if before is not None:
            return before, True

        def ask_refund(tx: Tx) -> Kept:
            payment = self._payment(tx, wish)
            applied = payment.outcome in {"APPLIED", "NEW_ORDER"}
            refund = self.book.owe(
                tx, payment, wish.amount_minor, "operator", from_order=applied, note=wish.note, actor=actor
            )
            kept = Kept(CREATED, msgspec.json.encode(RefundView.of(refund)))
            keep(tx, claim, kept.status, kept.body)
            return kept

        try:
            return await self.database.transact(ask_refund), False
        except Refused:
            before = await self._answered(claim)
            if before is None:
                raise
            return before, True

    async def listed(self, state: str, before: str, most: int) -> Sequence[Refund]:
        """Refunds of one state ("" for all), newest first, older than the id `before`. One statement."""
        states = [state] if state else list(STATES)
        return await self.database.read(lambda tx: self.book.refunds_in(tx, states, before, most), brief=True)

    async def again(self, refund_id: str) -> Refund:
        """Send a refund that was rejected once more. Raises: NoSuchRefund, Conflict for any other state."""

        def refund_again(tx: Tx) -> Refund:
            refund, payment = self._refund(tx, refund_id)
            if refund.state != "REJECTED":
                raise Conflict(f"This refund is {refund.state}; only one that was rejected is sent again.")
            after = self.book.change_refund(tx, refund, _as(refund, "DUE"), payment.provider)
            plan(tx, REFUND_JOB, refund.id, tx.now_ms)
            return after

        return await self.database.transact(refund_again)

    async def by_hand(self, refund_id: str) -> Refund:
        """A refund that no gateway sends (cash on delivery) was paid out by a person.

        Raises: NoSuchRefund, Conflict when a gateway sends it or it is done.
        """

        def refund_by_hand(tx: Tx) -> Refund:
            refund, payment = self._refund(tx, refund_id)
            if payment.provider in self.gateways or refund.state not in {"DUE", "REQUESTED"}:
                raise Conflict("Only a refund that is due, and that no payment service sends, is paid by hand.")
            if refund.state == "DUE":
                refund = self.book.change_refund(tx, refund, _as(refund, "REQUESTED"), payment.provider)
            return self.book.change_refund(tx, refund, _as(refund, "DONE"), payment.provider)

        return await self.database.transact(refund_by_hand)

    async def _answered(self, claim: Claim) -> Kept | None:
        return await self.database.read(lambda tx: answered(tx, claim), brief=True)

    def _refund(self, tx: Tx, refund_id: str) -> tuple[Refund, Payment]:
        refund = self.book.refund(tx, refund_id)
        payment = self.book.payment(tx, refund.payment_id, locked=True) if refund is not None else None
        refund = self.book.refund(tx, refund_id, locked=True) if payment is not None else None
        if refund is None or payment is None:
            raise NoSuchRefund
        return refund, payment

    def _payment(self, tx: Tx, wish: Wish) -> Payment:
        """The payment with most left to give back."""
        if wish.payment_id:
            payment = self.book.payment(tx, wish.payment_id, locked=True)
            found = [payment] if payment is not None else []
        else:
            all_of_order = self.book.of_order(tx, wish.order_id, locked=True)
            found = [payment for payment in all_of_order if payment.applied_order == wish.order_id]
        if not found:
            raise NoSuchPayment("There is no payment to give back from.")
        best = max(found, key=lambda payment: payment.captured_minor - payment.refunded_minor)
        left = best.captured_minor - best.refunded_minor
        if wish.amount_minor > left:
            words = f"Of {best.captured_minor} that were paid {left} are left to give back."
            raise OverRefund(words, asked_minor=wish.amount_minor, left_minor=left)
        return best


def _as(refund: Refund, state: RefundState) -> Refund:
    return msgspec.structs.replace(refund, state=state)
