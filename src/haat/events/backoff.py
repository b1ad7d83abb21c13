"""How long to wait before trying again."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Backoff:
    """Exponential back-off with full jitter: up to `first_s` at the first retry, doubling, never above `most_s`.

    Source: M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015 ("full jitter").
    """

    jitter: Callable[[], float]  # a number in [0, 1); the real one is haat.engines.system.jitter
    first_s: float = 0.1
    most_s: float = 30.0

    def pause_s(self, attempt: int) -> float:
        """Seconds to wait after the attempt of this number, the first being 0."""
        return self.jitter() * min(self.most_s, self.first_s * 2.0 ** min(attempt, 30))


async def pause(stop: asyncio.Event, pause_s: float) -> bool:
    """Wait, but not beyond `stop`. True if there is still time to go on."""
    with suppress(TimeoutError):
        async with asyncio.timeout(pause_s):
            await stop.wait()
    return not stop.is_set()
