"""A gateway behind a circuit breaker: when it is down, callers hear so at once and do not wait for a deadline."""

from collections.abc import Mapping, Sequence
from typing import Final, Literal

from haat.engines import breaker
from haat.payments.model import GatewayPaused, GatewayRefund, Intent, Notice
from haat.payments.ports import Gateway
from haat.vocabulary import Clock

FAILURES: Final = 5
PAUSE_S: Final = 5.0


class Breaker:
    """A Gateway that knows when another is down. Belongs to one event loop."""

    def __init__(self, gateway: Gateway, clock: Clock, *, failures: int = FAILURES, pause_s: float = PAUSE_S) -> None:
        self._gateway = gateway
        self._call = breaker.Breaker(
            "The payment service", clock, failures=failures, pause_s=pause_s, refusal=GatewayPaused
        )

    @property
    def name(self) -> str:
        """See Gateway."""
        return self._gateway.name

    @property
    def state(self) -> Literal["closed", "open", "half-open"]:
        """For people and metrics."""
        return self._call.state

    async def create(
        self, *, reference: str, amount_minor: int, currency: str, method: str, return_url: str, expires_ms: int
    ) -> Intent:
        """See Gateway."""
        return await self._call(
            lambda: self._gateway.create(
                reference=reference,
                amount_minor=amount_minor,
                currency=currency,
                method=method,
                return_url=return_url,
                expires_ms=expires_ms,
            )
        )

    async def find(self, reference: str) -> Intent | None:
        """See Gateway."""
        return await self._call(lambda: self._gateway.find(reference))

    async def intents(self, from_ms: int, to_ms: int, page: str, limit: int) -> tuple[Sequence[Intent], str]:
        """See Gateway."""
        return await self._call(lambda: self._gateway.intents(from_ms, to_ms, page, limit))

    async def capture(self, intent_id: str) -> Intent:
        """See Gateway."""
        return await self._call(lambda: self._gateway.capture(intent_id))

    async def refund(self, *, reference: str, intent_id: str, amount_minor: int) -> GatewayRefund:
        """See Gateway."""
        return await self._call(
            lambda: self._gateway.refund(reference=reference, intent_id=intent_id, amount_minor=amount_minor)
        )

    async def find_refund(self, reference: str) -> GatewayRefund | None:
        """See Gateway."""
        return await self._call(lambda: self._gateway.find_refund(reference))

    async def refunds(self, from_ms: int, to_ms: int, page: str, limit: int) -> tuple[Sequence[GatewayRefund], str]:
        """See Gateway."""
        return await self._call(lambda: self._gateway.refunds(from_ms, to_ms, page, limit))

    def verify(self, headers: Mapping[str, str], body: bytes, now_ms: int) -> Notice:
        """See Gateway: no call goes out."""
        return self._gateway.verify(headers, body, now_ms)
