"""What goes over the wire, and what the gateway says when it says no."""

from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

Status = Literal["created", "pending", "authorized", "captured", "failed", "expired"]
RefundStatus = Literal["pending", "done", "rejected"]
Method = Literal["card", "upi", "netbanking"]
Action = Literal["approve", "decline", "abandon"]
Point = Literal["create", "find", "list", "act", "approve", "capture", "refund", "webhook", "page", "*"]
Kind = Literal[
    "silence",
    "slow",
    "late_success",
    "duplicate",
    "reorder",
    "wrong_amount",
    "lost_response",
    "error",
    "down",
    "decline",
]

MOST_MINOR: Final = 10**13
MOST_MS: Final = 2**53

ADDRESS: Final = r"^https?://(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:[0-9]{1,5})?([/?#][\x21-\x7e]*)?$"

Amount = Annotated[int, Meta(ge=1, le=MOST_MINOR)]
Moment = Annotated[int, Meta(ge=0, le=MOST_MS)]
Reference = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"^[A-Za-z0-9._:~-]+$")]


class NewIntent(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """POST /v1/intents. `expires_ms` is a moment of the gateway's clock; 0: never."""

    reference: Reference
    amount_minor: Amount
    currency: Annotated[str, Meta(pattern=r"^[A-Z]{3}$")]
    method: Method
    return_url: Annotated[str, Meta(max_length=2000, pattern=ADDRESS)]
    expires_ms: Moment = 0
    capture: Literal["automatic", "manual"] = "automatic"


class Intent(msgspec.Struct, frozen=True, kw_only=True):
    """A payment as a shop sees it."""

    id: str
    reference: str
    status: Status
    amount_minor: int
    currency: str
    method: Method
    captured_minor: int
    refunded_minor: int
    page_url: str
    failure: str
    created_ms: int
    updated_ms: int


class NewRefund(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """POST /v1/intents/{id}/refunds."""

    reference: Reference
    amount_minor: Amount


class Refund(msgspec.Struct, frozen=True, kw_only=True):
    """A refund as a shop sees it."""

    id: str
    reference: str
    intent_id: str
    payment_reference: str
    status: RefundStatus
    amount_minor: int
    currency: str
    created_ms: int
    updated_ms: int


class Nothing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A body without fields; may be left out."""


class Act(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """POST /v1/intents/{id}/act: what the buyer does, without the page."""

    action: Action


class RefundAct(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """POST /v1/refunds/{id}/act: how a pending refund ends."""

    action: Literal["done", "reject"]


class Advance(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """POST /v1/clock."""

    advance_ms: Annotated[int, Meta(ge=0, le=10 * 366 * 86_400_000)]


class ClockNow(msgspec.Struct, frozen=True):
    """How the gateway's clock stands."""

    now_ms: int
    offset_ms: int


class Fault(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One line of the script; `fakepay.faults` says what each does. Without `times`: until it is cleared."""

    on: Point
    do: Kind
    times: Annotated[int, Meta(ge=1, le=1_000_000)] | None = None
    ms: Annotated[int, Meta(ge=0, le=30 * 86_400_000)] | None = None
    reference: Annotated[str, Meta(max_length=100)] = ""
    amount_minor: Amount | None = None


class Script(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """GET and PUT /v1/faults. In an answer `times` is what is left; what is used up is gone."""

    script: Annotated[list[Fault], Meta(max_length=1000)]


class Intents(msgspec.Struct, frozen=True):
    """A page of payments; `next` is "" after the last."""

    intents: list[Intent]
    next: str


class Refunds(msgspec.Struct, frozen=True):
    """A page of refunds."""

    refunds: list[Refund]
    next: str


class Event(msgspec.Struct, frozen=True):
    """A webhook's body."""

    id: str
    type: str
    created_ms: int
    data: Intent | Refund


class Delivery(msgspec.Struct, frozen=True):
    """A webhook as GET /v1/events shows it."""

    id: str
    type: str
    reference: str
    state: str
    tries: int
    answered: int
    due_ms: int
    created_ms: int


class Deliveries(msgspec.Struct, frozen=True):
    """The latest webhooks, newest first."""

    events: list[Delivery]


class Wrong(msgspec.Struct, frozen=True, omit_defaults=True):
    """What went wrong: `code` for programs, `message` for people, `field` where one is to blame."""

    code: str
    message: str
    field: str = ""


class Problem(msgspec.Struct, frozen=True):
    """The body of every answer from 400 up."""

    error: Wrong


class Refusal(Exception):
    """The gateway understood and says no. Nothing of the request was done."""

    def __init__(self, status: int, code: str, message: str, field: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.problem = Problem(Wrong(code, message, field))
