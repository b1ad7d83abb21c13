"""A circuit breaker around what may be gone: meanwhile callers hear so at once, instead of waiting for a time-out each.

Closed: calls pass. After `failures` calls in a row that ended in Unavailable it is open: calls are refused. After
`pause_s` it is half open: the next call makes the `probe` begin, and is refused as well, so that nobody waits for what
may still be gone; without a probe that call itself may try. Is one answered, the breaker is closed again, else it is
open for another pause. Whoever answers with any other error is there.
Source: M. Nygard, "Release It!", 2nd edition, section 5.2.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final, Literal, TypeVar

from haat.errors import Unavailable
from haat.vocabulary import Clock

T = TypeVar("T")

FAILURES: Final = 3  # one late answer is not yet an outage
PAUSE_S: Final = 1.0


class Breaker:
    """Knows whether something is gone. Calls go through it; or who sees the outcome elsewhere, on a thread for example,
    uses `enter`, `answered` and `failed`.

    `name` is what words of refusal begin with; `refusal` makes their error, which callers can tell from others; `probe`
    asks whether it is there.
    """

    def __init__(
        self,
        name: str,
        clock: Clock,
        *,
        failures: int = FAILURES,
        pause_s: float = PAUSE_S,
        refusal: type[Unavailable] = Unavailable,
        probe: Callable[[], Awaitable[object]] | None = None,
    ) -> None:
        self._name = name
        self._clock = clock
        self._refusal = refusal
        self._probe = probe
        self._probing: asyncio.Future[None] | None = None
        self._most = failures
        self._pause_s = pause_s
        self._failed = 0  # in a row
        self._opened_s = 0.0

    @property
    def state(self) -> Literal["closed", "open", "half-open"]:
        """For people, metrics and tests."""
        if self._failed < self._most:
            return "closed"
        return "open" if self._left_s() > 0 else "half-open"

    async def __call__(self, call: Callable[[], Awaitable[T]]) -> T:
        """What the call answers. Raises: what it raises; Unavailable at once, without a call, while open."""
        self.enter()
        return await self._heard(call)

    async def _heard(self, call: Callable[[], Awaitable[T]]) -> T:
        try:
            answer = await call()
        except Unavailable:
            self.failed()
            raise
        except Exception:  # it answered, whatever it said
            self.answered()
            raise
        self.answered()
        return answer

    def enter(self) -> None:
        """Ask before a call. Raises: Unavailable while open."""
        if self._failed < self._most:
            return
        left_s = self._left_s()
        if left_s <= 0:
            self._opened_s = self._clock.monotonic_s()  # one tries; if nobody ever hears of it, another will
            if self._probe is None:
                return
            self._probing = asyncio.ensure_future(self._try(self._probe))
        words = f"{self._name} failed several times in a row; it is asked again in a moment."
        raise self._refusal(words, retry_after_s=max(1, round(left_s)))

    async def _try(self, probe: Callable[[], Awaitable[object]]) -> None:
        with suppress(Exception):  # who is gone or refuses is heard of
            await self._heard(probe)

    def answered(self) -> None:
        """A call was answered."""
        self._failed = 0

    def failed(self) -> None:
        """A call was not. From several threads a count may get lost; then it takes one more call."""
        self._failed += 1
        if self._failed >= self._most:
            self._opened_s = self._clock.monotonic_s()

    def _left_s(self) -> float:
        return self._opened_s + self._pause_s - self._clock.monotonic_s()
