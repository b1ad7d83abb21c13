"""A circuit breaker around a gateway: when it is down, callers hear so at once instead of waiting for a deadline each.

Closed: calls pass. After `failures` calls in a row that ended in GatewayDown it is open: calls are refused. After
`pause_s` it is half open: one call may try; if that works it is closed again, else open for another pause.
Source: M. Nygard, "Release It!", 2nd edition, section 5.2.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final, Literal, TypeVar

from haat.payments.model import GatewayDown, GatewayPaused, GatewayRefund, GatewayRefused, Intent, Notice
from haat.payments.ports import Gateway
from haat.vocabulary import Clock

T = TypeVar("T")

FAILURES: Final = 5
PAUSE_S: Final = 5.0


class Breaker:
    """A Gateway that knows when another is down. Belongs to one event loop."""

    def __init__(self, gateway: Gateway, clock: Clock, *, failures: int = FAILURES, pause_s: float = PAUSE_S) -> None:
        self._gateway = gateway
        self._clock = clock
        self._most = failures
        self._pause_s = pause_s
        self._failed = 0  # in a row
        self._opened_s = 0.0
        self._trying = False

    @property
    def name(self) -> str:
        """See Gateway."""
        return self._gateway.name

    @property
    def state(self) -> Literal["closed", "open", "half-open"]:
        """For people and metrics."""
        if self._failed < self._most:
            return "closed"
        return "open" if self._left_s() > 0 else "half-open"

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

    def _left_s(self) -> float:
        return self._opened_s + self._pause_s - self._clock.monotonic_s()

    async def _call(self, call: Callable[[], Awaitable[T]]) -> T:
        trial = self._failed >= self._most
        if trial:
            left_s = self._left_s()
            if left_s > 0 or self._trying:
                raise GatewayPaused(
                    "The payment service failed several times in a row; we ask it again in a moment.",
                    retry_after_s=max(1, round(left_s)),
                )
            self._trying = True
        try:
            answer = await call()
        except GatewayDown:
            self._failed += 1
            if self._failed >= self._most:
                self._opened_s = self._clock.monotonic_s()
            raise
        except GatewayRefused:
            self._failed = 0  # it answers
            raise
        else:
            self._failed = 0
            return answer
        finally:
            if trial:
                self._trying = False
