"""A circuit breaker around what may be gone: meanwhile callers hear so at once, instead of waiting for a time-out each.

Closed: calls pass. After `failures` calls in a row that ended in Unavailable it is open: calls are refused. After
`pause_s` it is half open: one call may try, the others are refused for another pause. Is one answered, the breaker is
closed again. Whoever answers with any other error is there.
Source: M. Nygard, "Release It!", 2nd edition, section 5.2.
"""

from collections.abc import Awaitable, Callable
from typing import Final, Literal, TypeVar

from haat.errors import Unavailable
from haat.vocabulary import Clock

T = TypeVar("T")

FAILURES: Final = 3  # one late answer is not yet an outage
PAUSE_S: Final = 1.0


class Breaker:
    """Knows whether something is gone. Calls go through it; or who sees the outcome elsewhere, on a thread for example,
    uses `enter`, `answered` and `failed`.

    `name` is what words of refusal begin with; `refusal` makes their error, which callers can tell from others.
    """

    def __init__(
        self,
        name: str,
        clock: Clock,
        *,
        failures: int = FAILURES,
        pause_s: float = PAUSE_S,
        refusal: type[Unavailable] = Unavailable,
    ) -> None:
        self._name = name
        self._clock = clock
        self._refusal = refusal
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
        if left_s > 0:
            words = f"{self._name} failed several times in a row; it is asked again in a moment."
            raise self._refusal(words, retry_after_s=max(1, round(left_s)))
        self._opened_s = self._clock.monotonic_s()  # this one tries; if nobody ever hears of it, another will

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
