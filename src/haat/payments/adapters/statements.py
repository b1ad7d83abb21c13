"""What payments read and write, as statements made once."""

from typing import Any, Final

from sqlalchemy import bindparam, func, insert, or_, select, update

from haat.engines.sql import Row, Statement
from haat.payments.adapters.tables import BREAK, LEDGER, OUTCOME, PAYMENT, REFUND, WEBHOOK
from haat.payments.model import Payment, Refund

_PAYMENT_FIELDS = (
    PAYMENT.c.id, PAYMENT.c.order_id, PAYMENT.c.attempt, PAYMENT.c.live_order, PAYMENT.c.provider, PAYMENT.c.method,
    PAYMENT.c.amount_minor, PAYMENT.c.currency, PAYMENT.c.state, PAYMENT.c.provider_ref, PAYMENT.c.page_url,
    PAYMENT.c.captured_minor, PAYMENT.c.refunded_minor, PAYMENT.c.outcome, PAYMENT.c.applied_order, PAYMENT.c.failure,
    PAYMENT.c.version, PAYMENT.c.created_ms, PAYMENT.c.changed_ms,
)  # fmt: skip
_REFUND_FIELDS = (
    REFUND.c.id, REFUND.c.payment_id, REFUND.c.order_id, REFUND.c.reason, REFUND.c.seq, REFUND.c.amount_minor,
    REFUND.c.currency, REFUND.c.state, REFUND.c.provider_ref, REFUND.c.note, REFUND.c.actor, REFUND.c.version,
    REFUND.c.created_ms, REFUND.c.changed_ms,
)  # fmt: skip
_THIS: Final = PAYMENT.c.id == bindparam("by_id")
_AS_READ: Final = (_THIS, PAYMENT.c.version == bindparam("expects"))
_NEXT: Final = {"version": PAYMENT.c.version + 1, "changed_ms": bindparam("now_ms")}

BEGIN: Final = Statement(insert(PAYMENT), *(column.name for column in _PAYMENT_FIELDS))
PAYMENT_OF: Final = Statement(select(*_PAYMENT_FIELDS).where(_THIS))
LOCKED: Final = Statement(select(*_PAYMENT_FIELDS).where(_THIS).with_for_update())
LIVE_OF: Final = Statement(select(*_PAYMENT_FIELDS).where(PAYMENT.c.live_order == bindparam("by_order")))
_ABOUT_ORDER: Final = (
    select(*_PAYMENT_FIELDS)
    .where(or_(PAYMENT.c.order_id == bindparam("by_order"), PAYMENT.c.applied_order == bindparam("by_order")))
    .order_by(PAYMENT.c.id)
)
OF_ORDER: Final = Statement(_ABOUT_ORDER)
OF_ORDER_LOCKED: Final = Statement(_ABOUT_ORDER.with_for_update())
CHANGE: Final = Statement(
    update(PAYMENT)
    .where(*_AS_READ)
    .values(
        live_order=bindparam("new_live_order"),
        state=bindparam("new_state"),
        provider_ref=bindparam("new_provider_ref"),
        page_url=bindparam("new_page_url"),
        captured_minor=bindparam("new_captured_minor"),
        outcome=bindparam("new_outcome"),
        applied_order=bindparam("new_applied_order"),
        failure=bindparam("new_failure"),
        **_NEXT,
    )
)
CLOSE: Final = Statement(
    update(PAYMENT)
    .where(*_AS_READ, PAYMENT.c.refunded_minor + bindparam("due_minor") <= PAYMENT.c.captured_minor)
    .values(
        live_order=None,
        state=bindparam("new_state"),
        failure=bindparam("new_failure"),
        refunded_minor=PAYMENT.c.refunded_minor + bindparam("due_minor"),
        **_NEXT,
    )
)
OWE: Final = Statement(
    update(PAYMENT)
    .where(_THIS, PAYMENT.c.refunded_minor + bindparam("due_minor") <= PAYMENT.c.captured_minor)
    .values(refunded_minor=PAYMENT.c.refunded_minor + bindparam("due_minor"), **_NEXT)
)
ADD_OUTCOME: Final = Statement(insert(OUTCOME), "payment_id", "outcome", "order_id", "at_ms")
ADD_REFUND: Final = Statement(insert(REFUND), *(column.name for column in _REFUND_FIELDS))
REFUND_OF: Final = Statement(select(*_REFUND_FIELDS).where(REFUND.c.id == bindparam("by_id")))
REFUND_LOCKED: Final = Statement(select(*_REFUND_FIELDS).where(REFUND.c.id == bindparam("by_id")).with_for_update())
REFUNDS_OF_PAYMENT: Final = Statement(
    select(*_REFUND_FIELDS).where(REFUND.c.payment_id == bindparam("by_payment")).order_by(REFUND.c.id)
)
REFUNDS_OF_ORDER: Final = Statement(
    select(*_REFUND_FIELDS).where(REFUND.c.order_id == bindparam("by_order")).order_by(REFUND.c.id)
)
REFUNDS_IN: Final = Statement(
    select(*_REFUND_FIELDS)
    .where(
        REFUND.c.state.in_(bindparam("states", expanding=True)),
        REFUND.c.id < bindparam("before"),
    )
    .order_by(REFUND.c.id.desc())
    .limit(bindparam("most"))
)
LAST_SEQ: Final = Statement(
    select(func.coalesce(func.max(REFUND.c.seq), 0)).where(
        REFUND.c.payment_id == bindparam("by_payment"), REFUND.c.reason == bindparam("by_reason")
    )
)
CHANGE_REFUND: Final = Statement(
    update(REFUND)
    .where(REFUND.c.id == bindparam("by_id"), REFUND.c.version == bindparam("expects"))
    .values(
        state=bindparam("new_state"),
        provider_ref=bindparam("new_provider_ref"),
        version=REFUND.c.version + 1,
        changed_ms=bindparam("now_ms"),
    )
)
ADD_LEDGER: Final = Statement(
    insert(LEDGER), "entry", "account", "amount_minor", "currency", "payment_id", "order_id", "at_ms"
)
KEEP_WEBHOOK: Final = Statement(
    insert(WEBHOOK), "provider", "event_id", "body", "reference", "received_ms", "handled_ms"
)
_THIS_WEBHOOK: Final = (WEBHOOK.c.provider == bindparam("by_provider"), WEBHOOK.c.event_id == bindparam("by_event"))
WEBHOOK_OF: Final = Statement(select(WEBHOOK.c.reference, WEBHOOK.c.handled_ms).where(*_THIS_WEBHOOK))
HANDLED: Final = Statement(
    update(WEBHOOK).where(*_THIS_WEBHOOK, WEBHOOK.c.handled_ms == 0).values(handled_ms=bindparam("now_ms"))
)
_THIS_BREAK: Final = (BREAK.c.kind == bindparam("by_kind"), BREAK.c.refs == bindparam("by_refs"))
SEEN_BREAK: Final = Statement(update(BREAK).where(*_THIS_BREAK).values(last_ms=bindparam("now_ms")))
ADD_BREAK: Final = Statement(
    insert(BREAK), "kind", "refs", "state", "detail", "first_ms", "last_ms", "resolved_by", "resolution"
)


def payment_row(payment: Payment) -> dict[str, Any]:
    """A payment as its row."""
    names = payment.__struct_fields__
    row = {name: getattr(payment, name) for name in names if name != "live"}
    return {**row, "live_order": payment.order_id if payment.live else None}


def payment_of(row: Row) -> Payment:
    """A row as the payment it is."""
    return Payment(
        id=row[0],
        order_id=row[1],
        attempt=row[2],
        live=row[3] is not None,
        provider=row[4],
        method=row[5],
        amount_minor=row[6],
        currency=row[7],
        state=row[8],
        provider_ref=row[9],
        page_url=row[10],
        captured_minor=row[11],
        refunded_minor=row[12],
        outcome=row[13],
        applied_order=row[14],
        failure=row[15],
        version=row[16],
        created_ms=row[17],
        changed_ms=row[18],
    )


def refund_row(refund: Refund) -> dict[str, Any]:
    """A refund as its row."""
    return {name: getattr(refund, name) for name in refund.__struct_fields__}


def refund_of(row: Row) -> Refund:
    """A row as the refund it is."""
    return Refund(
        id=row[0],
        payment_id=row[1],
        order_id=row[2],
        reason=row[3],
        seq=row[4],
        amount_minor=row[5],
        currency=row[6],
        state=row[7],
        provider_ref=row[8],
        note=row[9],
        actor=row[10],
        version=row[11],
        created_ms=row[12],
        changed_ms=row[13],
    )
