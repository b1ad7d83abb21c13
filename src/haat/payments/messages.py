"""What payments publish."""

from typing import ClassVar

import msgspec


class PaymentChanged(msgspec.Struct, frozen=True, kw_only=True):
    """A payment attempt changed."""

    topic: ClassVar[str] = "payments"
    type: ClassVar[str] = "payment.changed"
    schema_version: ClassVar[int] = 1

    payment_id: str
    order_id: str
    version: int
    state: str
    method: str
    amount_minor: int
    captured_minor: int
    currency: str
    outcome: str | None


class RefundChanged(msgspec.Struct, frozen=True, kw_only=True):
    """A refund changed."""

    topic: ClassVar[str] = "payments"
    type: ClassVar[str] = "refund.changed"
    schema_version: ClassVar[int] = 1

    refund_id: str
    payment_id: str
    order_id: str
    version: int
    state: str
    reason: str
    amount_minor: int
    currency: str
