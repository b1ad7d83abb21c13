"""Payments in SQL: their part of an order's unit, and the book that payments' own units write.

Locks are taken in one order everywhere: the order's row, then its payments by id, then refunds. What changes a payment
or a refund moves its version and is published; every movement of money writes ledger rows that sum to 0.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from haat.engines.sql import Database, Tx
from haat.engines.sql.jobs import add
from haat.errors import Invalid, Problem
from haat.events.outbox import Outbox
from haat.payments.adapters import statements as sql
from haat.payments.messages import PaymentChanged, RefundChanged
from haat.payments.model import CASH, NEVER_PAID, Outcome, OverRefund, Payment, PaymentMoved, Refund, RefundReason
from haat.vocabulary import Ids

REFUND_JOB: Final = "refund"


class SqlPayments:
    """haat.orders.ports.Payments, and haat.payments.ports.Book, on the orders database.

    `provider_of`: the provider of each method that is paid online; cash on delivery is always there.
    """

    def __init__(self, database: Database, outbox: Outbox, ids: Ids, provider_of: Mapping[str, str]) -> None:
        self._database = database
        self._outbox = outbox
        self._ids = ids
        self._provider_of = {"cod": CASH, **provider_of}

    # ---- in orders' units

    def begin(
        self, tx: Tx, *, payment_id: str, order_id: str, attempt: int, method: str, amount_minor: int, currency: str
    ) -> None:
        """The one live attempt of an order, INITIATED. One statement.

        Raises: Refused when there is a live one, Invalid for a method that is not offered.
        """
        provider = self._provider_of.get(method)
        if provider is None:
            detail = f"One cannot pay by {method!r} here. There are: {', '.join(sorted(self._provider_of))}."
            raise Invalid(problems=[Problem("#/payment/method", detail)])
        payment = Payment(
            id=payment_id,
            order_id=order_id,
            attempt=attempt,
            live=True,
            provider=provider,
            method=method,
            amount_minor=amount_minor,
            currency=currency,
            state="INITIATED",
            provider_ref=None,
            page_url="",
            captured_minor=0,
            refunded_minor=0,
            outcome=None,
            applied_order=None,
            failure="",
            version=1,
            created_ms=tx.now_ms,
            changed_ms=tx.now_ms,
        )
        sql.BEGIN.one(tx, sql.payment_row(payment))
        self._publish(tx, [payment])

    def close(self, tx: Tx, order_id: str) -> bool:
        """The order is off: no attempt is live, and what was applied to it becomes due back. Whether its last attempt
        was declined.

        One statement when there is nothing to do, two when a live attempt ends, five when money goes back.
        """
        payments = self.of_order(tx, order_id, locked=True)
        own = [payment for payment in payments if payment.order_id == order_id]
        closed, owed = [], []
        for payment in payments:
            due = payment.captured_minor - payment.refunded_minor if payment.applied_order == order_id else 0
            if due > 0 or (payment.live and payment.order_id == order_id):
                never = payment.provider == CASH and payment.state == "INITIATED"
                after = msgspec.structs.replace(
                    payment,
                    live=False,
                    state="FAILED" if never else payment.state,
                    failure="order_off" if never else payment.failure,
                    refunded_minor=payment.refunded_minor + due,
                    version=payment.version + 1,
                    changed_ms=tx.now_ms,
                )
                closed.append((payment, after, due))
                if due > 0:
                    owed.append(self._refund(tx, after, due, "cancelled", 1))
        rows = [
            {
                "by_id": before.id,
                "expects": before.version,
                "due_minor": due,
                "new_state": after.state,
                "new_failure": after.failure,
                "now_ms": tx.now_ms,
            }
            for before, after, due in closed
        ]
        if rows and sql.CLOSE.many(tx, rows) != len(rows):
            raise PaymentMoved
        self._publish(tx, [after for _, after, _ in closed])
        self._owe(tx, owed, "orders")
        return bool(own) and own[-1].state == "FAILED" and own[-1].failure not in NEVER_PAID

    def collect(self, tx: Tx, order_id: str) -> bool:
        """A cash order was delivered: its money was taken at the door. Whether there was such a payment; a second call
        changes nothing. At most four statements.
        """
        row = sql.LIVE_OF.first(tx, {"by_order": order_id})
        payment = sql.payment_of(row) if row is not None else None
        if payment is None or payment.provider != CASH or payment.state != "INITIATED":
            return False
        self.succeed(tx, payment, payment.amount_minor, "APPLIED", order_id)
        return True

    # ---- in payments' own units

    def payment(self, tx: Tx, payment_id: str, *, locked: bool = False) -> Payment | None:
        """See Book."""
        row = (sql.LOCKED if locked else sql.PAYMENT_OF).first(tx, {"by_id": payment_id})
        return sql.payment_of(row) if row is not None else None

    def live_of(self, tx: Tx, order_id: str) -> Payment | None:
        """See Book."""
        row = sql.LIVE_OF.first(tx, {"by_order": order_id})
        return sql.payment_of(row) if row is not None else None

    def of_order(self, tx: Tx, order_id: str, *, locked: bool = False) -> Sequence[Payment]:
        """See Book."""
        rows = (sql.OF_ORDER_LOCKED if locked else sql.OF_ORDER).all(tx, {"by_order": order_id})
        return [sql.payment_of(row) for row in rows]

    def change(self, tx: Tx, before: Payment, after: Payment) -> Payment:
        """See Book."""
        changed = msgspec.structs.replace(after, version=before.version + 1, changed_ms=tx.now_ms)
        row = {f"new_{name}": value for name, value in sql.payment_row(changed).items()}
        if sql.CHANGE.one(tx, {**row, "by_id": before.id, "expects": before.version, "now_ms": tx.now_ms}) != 1:
            raise PaymentMoved
        self._publish(tx, [changed])
        return changed

    def succeed(
        self, tx: Tx, payment: Payment, captured_minor: int, outcome: Outcome, order_id: str, *, currency: str = ""
    ) -> Payment:
        """See Book."""
        applied = outcome != "REFUNDED"
        fact = {"payment_id": payment.id, "outcome": outcome, "order_id": order_id, "at_ms": tx.now_ms}
        sql.ADD_OUTCOME.one(tx, fact)
        after = self.change(
            tx,
            payment,
            msgspec.structs.replace(
                payment,
                live=payment.live and applied and order_id == payment.order_id,
                state="SUCCEEDED",
                captured_minor=captured_minor,
                outcome=outcome,
                applied_order=order_id if applied else None,
                failure="",
            ),
        )
        gateway = (f"{payment.id}:capture", f"gateway:{payment.provider}", "unapplied", captured_minor)
        apply = (f"{payment.id}:apply", "unapplied", "orders", captured_minor)
        self._book(tx, after, order_id, [gateway, apply] if applied else [gateway], currency)
        return after

    def capture_more(self, tx: Tx, payment: Payment, captured_minor: int) -> Payment:
        """See Book."""
        after = self.change(tx, payment, msgspec.structs.replace(payment, captured_minor=captured_minor))
        entry = f"{payment.id}:capture:{captured_minor}"
        more = captured_minor - payment.captured_minor
        order_id = payment.applied_order or payment.order_id
        self._book(tx, after, order_id, [(entry, f"gateway:{payment.provider}", "unapplied", more)])
        return after

    def owe(
        self,
        tx: Tx,
        payment: Payment,
        amount_minor: int,
        reason: RefundReason,
        *,
        from_order: bool = False,
        currency: str = "",
        note: str = "",
        actor: str = "",
    ) -> Refund:
        """See Book."""
        if sql.OWE.one(tx, {"by_id": payment.id, "due_minor": amount_minor, "now_ms": tx.now_ms}) != 1:
            left = payment.captured_minor - payment.refunded_minor
            raise OverRefund("More would go back than was paid.", asked_minor=amount_minor, left_minor=left)
        after = msgspec.structs.replace(
            payment,
            refunded_minor=payment.refunded_minor + amount_minor,
            version=payment.version + 1,
            changed_ms=tx.now_ms,
        )
        self._publish(tx, [after])
        last = sql.LAST_SEQ.first(tx, {"by_payment": payment.id, "by_reason": reason})
        refund = self._refund(tx, after, amount_minor, reason, 1 + (last[0] if last else 0))
        refund = msgspec.structs.replace(refund, currency=currency or refund.currency, note=note, actor=actor)
        self._owe(tx, [refund], "orders" if from_order else "unapplied")
        return refund

    def refund(self, tx: Tx, refund_id: str, *, locked: bool = False) -> Refund | None:
        """See Book."""
        row = (sql.REFUND_LOCKED if locked else sql.REFUND_OF).first(tx, {"by_id": refund_id})
        return sql.refund_of(row) if row is not None else None

    def refunds_of_payment(self, tx: Tx, payment_id: str) -> Sequence[Refund]:
        """See Book."""
        return [sql.refund_of(row) for row in sql.REFUNDS_OF_PAYMENT.all(tx, {"by_payment": payment_id})]

    def refunds_of_order(self, tx: Tx, order_id: str) -> Sequence[Refund]:
        """See Book."""
        return [sql.refund_of(row) for row in sql.REFUNDS_OF_ORDER.all(tx, {"by_order": order_id})]

    def refunds_in(self, tx: Tx, states: Sequence[str], before: str, most: int) -> Sequence[Refund]:
        """See Book."""
        rows = sql.REFUNDS_IN.all(tx, {"states": list(states), "before": before or "~", "most": most})
        return [sql.refund_of(row) for row in rows]

    def change_refund(self, tx: Tx, before: Refund, after: Refund, provider: str) -> Refund:
        """See Book."""
        changed = msgspec.structs.replace(after, version=before.version + 1, changed_ms=tx.now_ms)
        row = {"new_state": changed.state, "new_provider_ref": changed.provider_ref, "now_ms": tx.now_ms}
        if sql.CHANGE_REFUND.one(tx, {**row, "by_id": before.id, "expects": before.version}) != 1:
            raise PaymentMoved
        if changed.state == "DONE":
            move = (f"{changed.id}:done", "refunds-due", f"gateway:{provider}", changed.amount_minor)
            self._ledger(tx, changed, [move])
        self._tell(tx, [changed])
        return changed

    def broken(self, tx: Tx, kind: str, refs: str, detail: str) -> None:
        """See Book."""
        named = {"by_kind": kind, "by_refs": refs, "now_ms": tx.now_ms}
        if sql.SEEN_BREAK.one(tx, named) == 0:
            row = {"kind": kind, "refs": refs, "state": "open", "detail": detail, "resolved_by": "", "resolution": ""}
            sql.ADD_BREAK.one(tx, {**row, "first_ms": tx.now_ms, "last_ms": tx.now_ms})

    def keep_webhook(self, tx: Tx, provider: str, event_id: str, body: bytes, reference: str) -> None:
        """See Book."""
        row = {"provider": provider, "event_id": event_id, "body": body, "reference": reference}
        sql.KEEP_WEBHOOK.one(tx, {**row, "received_ms": tx.now_ms, "handled_ms": 0})

    def webhook(self, tx: Tx, provider: str, event_id: str) -> tuple[str, int] | None:
        """See Book."""
        row = sql.WEBHOOK_OF.first(tx, {"by_provider": provider, "by_event": event_id})
        return (row[0], row[1]) if row is not None else None

    def handled(self, tx: Tx, provider: str, event_id: str) -> bool:
        """See Book."""
        return sql.HANDLED.one(tx, {"by_provider": provider, "by_event": event_id, "now_ms": tx.now_ms}) == 1

    # ---- within

    def _refund(self, tx: Tx, payment: Payment, amount_minor: int, reason: RefundReason, seq: int) -> Refund:
        return Refund(
            id=self._ids.new("ref"),
            payment_id=payment.id,
            order_id=payment.applied_order or payment.order_id,
            reason=reason,
            seq=seq,
            amount_minor=amount_minor,
            currency=payment.currency,
            state="DUE",
            provider_ref=None,
            note="",
            actor="",
            version=1,
            created_ms=tx.now_ms,
            changed_ms=tx.now_ms,
        )

    def _owe(self, tx: Tx, refunds: Sequence[Refund], account: str) -> None:
        sql.ADD_REFUND.many(tx, [sql.refund_row(refund) for refund in refunds])
        rows = []
        for refund in refunds:
            rows += self._rows(tx, refund, [(f"{refund.id}:due", account, "refunds-due", refund.amount_minor)])
            add(tx, REFUND_JOB, refund.id, tx.now_ms)
        sql.ADD_LEDGER.many(tx, rows)
        self._tell(tx, refunds)

    def _book(self, tx: Tx, payment: Payment, order_id: str, moves: Sequence["_Move"], currency: str = "") -> None:
        where = {"currency": currency or payment.currency, "payment_id": payment.id, "order_id": order_id}
        sql.ADD_LEDGER.many(tx, _rows(moves, {**where, "at_ms": tx.now_ms}))

    def _ledger(self, tx: Tx, refund: Refund, moves: Sequence["_Move"]) -> None:
        sql.ADD_LEDGER.many(tx, self._rows(tx, refund, moves))

    @staticmethod
    def _rows(tx: Tx, refund: Refund, moves: Sequence["_Move"]) -> list[dict[str, object]]:
        where = {"currency": refund.currency, "payment_id": refund.payment_id, "order_id": refund.order_id}
        return _rows(moves, {**where, "at_ms": tx.now_ms})

    def _publish(self, tx: Tx, payments: Sequence[Payment]) -> None:
        messages = [
            PaymentChanged(
                payment_id=payment.id,
                order_id=payment.order_id,
                version=payment.version,
                state=payment.state,
                method=payment.method,
                amount_minor=payment.amount_minor,
                captured_minor=payment.captured_minor,
                currency=payment.currency,
                outcome=payment.outcome,
            )
            for payment in payments
        ]
        self._outbox.add(tx, [(message.order_id, message) for message in messages])

    def _tell(self, tx: Tx, refunds: Sequence[Refund]) -> None:
        messages = [
            RefundChanged(
                refund_id=refund.id,
                payment_id=refund.payment_id,
                order_id=refund.order_id,
                version=refund.version,
                state=refund.state,
                reason=refund.reason,
                amount_minor=refund.amount_minor,
                currency=refund.currency,
            )
            for refund in refunds
        ]
        self._outbox.add(tx, [(message.order_id, message) for message in messages])


_Move = tuple[str, str, str, int]
"""Entry, the account that gets the amount, the account that gives it, the amount."""


def _rows(moves: Sequence[_Move], where: Mapping[str, object]) -> list[dict[str, object]]:
    """Both rows of each move: together they are 0."""
    return [
        {"entry": entry, "account": account, "amount_minor": amount, **where}
        for entry, to, of, amount_minor in moves
        for account, amount in ((to, amount_minor), (of, -amount_minor))
    ]
