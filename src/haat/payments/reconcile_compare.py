"""One payment or refund here beside the same at the gateway: what is not the same. Pure rules, no calls, no rows."""

from haat.payments.breaks import (
    AMOUNT,
    CURRENCY,
    DUPLICATE_CAPTURE,
    MISSING_LOCAL,
    MISSING_REMOTE,
    ORPHAN_REFUND,
    REFUND_AMOUNT,
    STATE,
    Detail,
    Finding,
)
from haat.payments.model import GatewayRefund, Intent, Payment, Refund

OPEN = frozenset({"INITIATED", "REQUESTED", "UNKNOWN"})


def of_intent(intent: Intent, payment: Payment | None) -> Finding | None:
    """What is wrong between a payment at the gateway and ours under its reference; None: they match."""
    if payment is None:
        seen: Detail = {"status": intent.status, "captured_minor": intent.captured_minor, "currency": intent.currency}
        return Finding(MISSING_LOCAL, intent.id, {"reference": intent.reference[:80], **seen})
    if payment.provider_ref is not None and payment.provider_ref != intent.id:
        return Finding(STATE, payment.id, {"their_id": intent.id, "our_id": payment.provider_ref})
    kind = _wrong(intent, payment)
    if kind is None:
        return None
    detail: Detail = {"here": payment.state, "there": intent.status, "asked_minor": payment.amount_minor}
    sums: Detail = {"here_minor": payment.captured_minor, "there_minor": intent.captured_minor}
    return Finding(kind, payment.id, {**detail, **sums, "currency": intent.currency, "order": payment.order_id})


def _wrong(intent: Intent, payment: Payment) -> str | None:
    if intent.currency != payment.currency:
        return CURRENCY
    if intent.amount_minor != payment.amount_minor:
        return AMOUNT
    if intent.status == "captured":
        return _captured(intent.captured_minor, payment)
    over = intent.status in {"failed", "expired"}
    if payment.state == "SUCCEEDED" or (over and payment.state in OPEN):
        return STATE
    return STATE if not over and payment.state in {"INITIATED", "UNKNOWN"} else None


def _captured(captured_minor: int, payment: Payment) -> str | None:
    """The gateway took money: as much as was asked for, and as much as we know of?"""
    if payment.state != "SUCCEEDED":
        if captured_minor == payment.amount_minor:
            return STATE
        several = payment.amount_minor > 0 and captured_minor % payment.amount_minor == 0
        return DUPLICATE_CAPTURE if several else AMOUNT
    if captured_minor > payment.captured_minor:
        return DUPLICATE_CAPTURE
    return AMOUNT if captured_minor < payment.captured_minor else None


def of_payment_alone(payment: Payment) -> Finding | None:
    """A payment of ours of which the gateway knows nothing. One that is asked for, and unknown there, is not alone:
    the call may never have arrived.
    """
    if payment.state == "UNKNOWN" or (payment.state != "SUCCEEDED" and payment.provider_ref is None):
        return None
    detail: Detail = {"here": payment.state, "here_minor": payment.captured_minor, "order": payment.order_id}
    return Finding(MISSING_REMOTE, payment.id, detail)


def of_refund(said: GatewayRefund, refund: Refund | None) -> Finding | None:
    """What is wrong between a refund at the gateway and ours under its reference; None: they match."""
    if refund is None:
        if said.status == "rejected":
            return None  # no money moved
        seen: Detail = {"status": said.status, "there_minor": said.amount_minor, "currency": said.currency}
        names: Detail = {"reference": said.reference[:80], "payment": said.payment_reference[:80]}
        return Finding(ORPHAN_REFUND, said.id, {**names, **seen})
    detail: Detail = {"here": refund.state, "there": said.status, "payment": refund.payment_id}
    sums: Detail = {"here_minor": refund.amount_minor, "there_minor": said.amount_minor, "currency": said.currency}
    here = (refund.payment_id, refund.amount_minor, refund.currency)
    if said.status != "rejected" and (said.payment_reference, said.amount_minor, said.currency) != here:
        return Finding(REFUND_AMOUNT, refund.id, {**detail, **sums})
    done = refund.state == "DONE"
    wrong = {
        "done": not done,
        "pending": done or refund.state == "REJECTED",
        "rejected": done or refund.state in {"REQUESTED", "UNKNOWN"},
    }[said.status]
    return Finding(STATE, refund.id, {**detail, **sums}) if wrong else None


def of_refund_alone(refund: Refund) -> Finding | None:
    """A refund of ours of which the gateway knows nothing: wrong if we believe that it is done."""
    if refund.state != "DONE":
        return None
    return Finding(MISSING_REMOTE, refund.id, {"here_minor": refund.amount_minor, "payment": refund.payment_id})
