"""Payments, refunds, and what gateways say of them."""

from typing import Final, Literal

import msgspec

from haat.errors import Conflict, HaatError, NotFound, Unavailable

State = Literal["INITIATED", "REQUESTED", "SUCCEEDED", "FAILED", "UNKNOWN"]
RefundState = Literal["DUE", "REQUESTED", "DONE", "UNKNOWN", "REJECTED"]
Outcome = Literal["APPLIED", "NEW_ORDER", "REFUNDED"]
RefundReason = Literal["cancelled", "late", "duplicate", "mismatch", "operator"]

EDGES: Final = {
    "INITIATED": ("REQUESTED", "SUCCEEDED", "FAILED", "UNKNOWN"),
    "REQUESTED": ("SUCCEEDED", "FAILED", "UNKNOWN"),
    "UNKNOWN": ("REQUESTED", "SUCCEEDED", "FAILED"),
    "FAILED": ("SUCCEEDED",),  # late: a gateway may change its mind for days
    "SUCCEEDED": (),
}
REFUND_EDGES: Final = {
    "DUE": ("REQUESTED",),
    "REQUESTED": ("DONE", "UNKNOWN", "REJECTED"),
    "UNKNOWN": ("DONE", "REJECTED", "REQUESTED"),
    "REJECTED": ("DUE",),  # by a person
    "DONE": (),
}


CASH: Final = "cash"
"""The provider of cash on delivery: no gateway, the courier brings it."""
NEVER_PAID: Final = frozenset({"expired", "not_received", "order_off"})
"""Failures of attempts that nobody declined: the buyer did not come, or the order was off."""
LATE_MS: Final = 7 * 86_400_000
"""For how long a gateway may change its mind about an attempt that failed or was left."""


class Payment(msgspec.Struct, frozen=True, kw_only=True):
    """An attempt at rest. Amounts in the currency's smallest unit."""

    id: str
    order_id: str
    attempt: int
    live: bool
    provider: str
    method: str
    amount_minor: int
    currency: str
    state: State
    provider_ref: str | None
    page_url: str
    captured_minor: int
    refunded_minor: int
    outcome: Outcome | None
    applied_order: str | None
    failure: str
    version: int
    created_ms: int
    changed_ms: int


class Refund(msgspec.Struct, frozen=True, kw_only=True):
    """A refund at rest."""

    id: str
    payment_id: str
    order_id: str
    reason: RefundReason
    seq: int
    amount_minor: int
    currency: str
    state: RefundState
    provider_ref: str | None
    note: str  # a person's reason
    actor: str  # who asked for it; "" when the shop itself owed it
    version: int
    created_ms: int
    changed_ms: int


IntentStatus = Literal["created", "pending", "authorized", "captured", "failed", "expired"]


class Intent(msgspec.Struct, frozen=True, kw_only=True):
    """A payment as the gateway tells it."""

    id: str  # the gateway's
    reference: str  # ours: the payment's id
    status: IntentStatus
    amount_minor: int
    currency: str
    captured_minor: int
    refunded_minor: int
    page_url: str
    failure: str
    created_ms: int
    updated_ms: int


class GatewayRefund(msgspec.Struct, frozen=True, kw_only=True):
    """A refund as the gateway tells it."""

    id: str
    reference: str  # ours: the refund's id
    intent_id: str
    payment_reference: str  # ours: the payment's id
    status: Literal["pending", "done", "rejected"]
    amount_minor: int
    currency: str
    created_ms: int
    updated_ms: int


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """A webhook whose signature was right."""

    event_id: str
    reference: str  # our payment's id; "" if it names none


class NoSuchPayment(NotFound):
    """There is no such payment, or it is somebody else's."""

    code, title = "no-such-payment", "There is no such payment"


class PaymentClosed(Conflict):
    """The order no longer takes a payment. Nothing was changed."""

    code, title = "payment-closed", "This order no longer takes a payment"


class PaymentMoved(Conflict):
    """Somebody else changed the payment or refund since it was read. Nothing was changed."""

    code, title = "payment-moved", "This payment changed at the same moment"


class NoSuchRefund(NotFound):
    """There is no such refund."""

    code, title = "no-such-refund", "There is no such refund"


class OverRefund(Conflict):
    """More would go back than was paid. Nothing was changed."""

    code, title = "over-refund", "That is more than was paid"


class BadSignature(HaatError):
    """The webhook is not the gateway's, or too old. Nothing was kept."""

    status, code, title = 401, "webhook-signature", "This is not signed by the gateway"


class GatewayDown(Unavailable):
    """The gateway did not answer in time, or said it cannot. What it did meanwhile is not known."""

    code, title = "gateway-unavailable", "The payment service does not answer at the moment"


class GatewayPaused(GatewayDown):
    """The gateway failed several times in a row and is not asked for a moment. Nothing was sent."""

    code, title = "gateway-paused", "The payment service is given a moment of rest"


class GatewayRefused(Conflict):
    """The gateway understood and said no."""

    code, title = "gateway-refused", "The payment service refused this"
