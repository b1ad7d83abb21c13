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
from haat.payments.model import GatewayRefund, Intent, Notice


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

    def facts(self, tx: Tx, order_id: str) -> "OrderFacts | None":
        """State, owner and times of an order, locked until the unit ends. One statement."""


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
