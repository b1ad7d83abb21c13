"""What payments need of others.

Gateway, one adapter per provider:
P1 `create` with the same reference gives the same intent, however often and from wherever it is called
P2 `find` and `find_refund` answer what is true now, None for what the gateway never saw
P3 `refund` with the same reference moves money once; never more goes back than was captured
P4 `intents` and `refunds` list everything that changed in a span of time, page by page, without gaps
P5 `verify` believes only raw bytes signed with our secret, at most 300 s old or ahead
P6 a gateway that is down, slow or broken raises GatewayDown within the deadline; GatewayRefused means it said no
"""

from collections.abc import Mapping, Sequence
from typing import Literal, Protocol

from haat.engines.sql import Tx
from haat.payments.model import GatewayRefund, Intent, Notice, Outcome, Payment, Refund, RefundReason


class Gateway(Protocol):
    """A payment service provider. Promises in the module's docstring."""

    @property
    def name(self) -> str:
        """The provider's name in rows and routes."""

    async def create(
        self, *, reference: str, amount_minor: int, currency: str, method: str, return_url: str, expires_ms: int
    ) -> Intent:
        """A payment for the buyer to make on the gateway's page. Raises: GatewayDown, GatewayRefused."""

    async def find(self, reference: str) -> Intent | None:
        """How a payment stands. Raises: GatewayDown."""

    async def intents(self, from_ms: int, to_ms: int, page: str, limit: int) -> tuple[Sequence[Intent], str]:
        """Payments updated in [from_ms, to_ms), and the next page's token ("" after the last). Raises: GatewayDown."""

    async def capture(self, intent_id: str) -> Intent:
        """Take authorised money; the same answer if it is taken. Raises: GatewayDown, GatewayRefused."""

    async def refund(self, *, reference: str, intent_id: str, amount_minor: int) -> GatewayRefund:
        """Send money back. Raises: GatewayDown, GatewayRefused."""

    async def find_refund(self, reference: str) -> GatewayRefund | None:
        """How a refund stands. Raises: GatewayDown."""

    async def refunds(self, from_ms: int, to_ms: int, page: str, limit: int) -> tuple[Sequence[GatewayRefund], str]:
        """Refunds updated in a span, like `intents`. Raises: GatewayDown."""

    def verify(self, headers: Mapping[str, str], body: bytes, now_ms: int) -> Notice:
        """What a webhook says. Raises: BadSignature."""


class Book(Protocol):
    """Payments, refunds and the ledger at rest, inside payments' own units. Whatever changes is also published.

    Locks: the order's row first (Orders.facts), then payments, then refunds.
    """

    def begin(
        self, tx: Tx, *, payment_id: str, order_id: str, attempt: int, method: str, amount_minor: int, currency: str
    ) -> None:
        """An attempt, live. One statement. Raises: Refused when the order has a live one, Invalid for the method."""

    def payment(self, tx: Tx, payment_id: str, *, locked: bool = False) -> Payment | None:
        """One payment. One statement."""

    def live_of(self, tx: Tx, order_id: str) -> Payment | None:
        """The order's live attempt. One statement."""

    def of_order(self, tx: Tx, order_id: str, *, locked: bool = False) -> Sequence[Payment]:
        """The order's attempts in their order, and payments of other orders that pay this one. One statement."""

    def change(self, tx: Tx, before: Payment, after: Payment) -> Payment:
        """Write all but the refunded amount, if nobody else did since `before` was read. One statement.

        Raises: PaymentMoved.
        """

    def succeed(
        self, tx: Tx, payment: Payment, captured_minor: int, outcome: Outcome, order_id: str, *, currency: str = ""
    ) -> Payment:
        """The money is there, and this became of it: the one outcome row, and the ledger's capture (and apply).

        `currency`: of the money that came, if it is not the payment's. Three statements. Raises: Refused when it has an
        outcome, PaymentMoved when somebody else changed it.
        """

    def capture_more(self, tx: Tx, payment: Payment, captured_minor: int) -> Payment:
        """The gateway took more than it had: `captured_minor` in all. Two statements. Raises: PaymentMoved."""

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
        """Money goes back: a refund DUE with its job, and the ledger's entry; never more than was captured.

        `from_order`: what was applied to an order, else money that was never applied. Five statements.
        Raises: OverRefund.
        """

    def refund(self, tx: Tx, refund_id: str, *, locked: bool = False) -> Refund | None:
        """One refund. One statement."""

    def refunds_of_payment(self, tx: Tx, payment_id: str) -> Sequence[Refund]:
        """A payment's refunds, oldest first. One statement."""

    def refunds_of_order(self, tx: Tx, order_id: str) -> Sequence[Refund]:
        """The refunds about an order, oldest first. One statement."""

    def refunds_in(self, tx: Tx, states: Sequence[str], before: str, most: int) -> Sequence[Refund]:
        """Refunds in these states, newest first, older than the id `before` ("" for the newest). One statement."""

    def change_refund(self, tx: Tx, before: Refund, after: Refund, provider: str) -> Refund:
        """Write state and gateway's id, if nobody else did since `before` was read; DONE writes the ledger's entry.

        At most two statements. Raises: PaymentMoved.
        """

    def broken(self, tx: Tx, kind: str, refs: str, detail: str) -> None:
        """File a break for a person, or say that it is still there. At most two statements."""

    def keep_webhook(self, tx: Tx, provider: str, event_id: str, body: bytes, reference: str) -> None:
        """Keep a webhook as it came. One statement. Raises: Refused when it is here."""

    def webhook(self, tx: Tx, provider: str, event_id: str) -> tuple[str, int] | None:
        """The payment a webhook speaks of, and when it was handled (0: not yet). One statement."""

    def handled(self, tx: Tx, provider: str, event_id: str) -> bool:
        """A webhook has had its effect; False if that was known. One statement."""


class Orders(Protocol):
    """Orders' part of a payment's unit."""

    def pay(
        self, tx: Tx, order_id: str, payment_id: str, amount_minor: int, currency: str
    ) -> Literal["placed", "off", "mismatch"]:
        """CREATED → PLACED by compare-and-set with holds committed; `off` when it is not CREATED any more."""

    def again(self, tx: Tx, order_id: str, payment_id: str, amount_minor: int) -> str | None:
        """After a late success: a new placed order for the same things, if the buyer wanted that and stock and price
        allow; its id, or None.
        """

    def facts(self, tx: Tx, order_id: str, *, locked: bool = False) -> "OrderFacts | None":
        """State, owner and times of an order; `locked`: nobody changes it until the unit ends. One statement."""


class OrderFacts(Protocol):
    """What payments look at."""

    @property
    def owner(self) -> str:
        """Whose order."""

    @property
    def number(self) -> str:
        """Its short number."""

    @property
    def state(self) -> str:
        """Its state."""

    @property
    def total_minor(self) -> int:
        """What it costs."""

    @property
    def currency(self) -> str:
        """In which currency."""

    @property
    def expires_ms(self) -> int:
        """When it dies unpaid; 0: never."""
