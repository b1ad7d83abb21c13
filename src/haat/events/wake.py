"""Sleep until there is news: the hint that lets relay and consumers act within milliseconds without busy polling."""

import asyncio
from contextlib import suppress


class Wake:
    """One sleeper, any number of notifiers on any thread. Many notices before the sleeper looks make one wake-up.

    The sleeper calls `arm()`, looks for work, and only then `wait()`s: news that came after `arm()` ends the wait.
    """

    __slots__ = ("_event", "_loop")

    def __init__(self) -> None:
        self._event = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    def arm(self) -> None:
        """Forget earlier news; to be called on the sleeper's loop before it looks for work."""
        self._loop = asyncio.get_running_loop()
        self._event.clear()

    def notify(self) -> None:
        """Tell the sleeper. Callable from any thread; before the first `arm()` it is not needed and does nothing."""
        loop = self._loop
        if loop is None or self._event.is_set():
            return
        with suppress(RuntimeError):  # the sleeper's loop has ended
            loop.call_soon_threadsafe(self._event.set)

    async def wait(self, timeout_s: float) -> None:
        """Return at the next notice, or after the timeout."""
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self._event.wait()
