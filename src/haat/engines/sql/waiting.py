"""Units that wait for a thread of an engine, and their answers on the way back to the event loops that asked."""

import asyncio
import queue
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from haat.engines.sql.ports import Unit
from haat.errors import Unavailable

T = TypeVar("T")

QUEUE_UNITS: Final = 1024  # beyond it callers are told at once to come back, which keeps latency bounded
QUEUE_READS: Final = 4096  # reads are short; what waits longer than this would be late anyway


@dataclass(slots=True, eq=False)
class Waiting:
    """A unit, who asked for it, and what came of it."""

    unit: Unit[Any]
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[Any]
    result: Any = None
    error: BaseException | None = None
    outgoing: int = 0


class Line:
    """The units in front of some threads. Closed at first; `name` is the database's, `most` how many may wait."""

    def __init__(self, name: str, most: int) -> None:
        self._name = name
        self._most = most
        self._gate = threading.Lock()  # nothing enters behind the None that ends a thread
        self._open = False
        self._queue: queue.SimpleQueue[Waiting | None] = queue.SimpleQueue()

    def open(self) -> None:
        """Take units from now on."""
        self._open = True

    def end(self, threads: int) -> None:
        """Take no more; each thread gets None after what was taken before."""
        with self._gate:
            self._open = False
            for _ in range(threads):
                self._queue.put(None)

    async def ask(self, unit: Unit[T]) -> T:
        """What a thread made of the unit. Raises: what the unit raised; Unavailable when closed or full."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        with self._gate:
            if not self._open:
                raise Unavailable(f"{self._name} is closed")
            if self._queue.qsize() >= self._most:
                raise Unavailable(f"{self._name} has {self._most} units waiting")
            self._queue.put(Waiting(unit, loop, future))
        return await future

    def take(self, *, wait: bool = True) -> Waiting | None:
        """The next unit that somebody still waits for; None: the thread ends. Raises: queue.Empty unless it waits."""
        while True:
            waiting = self._queue.get(block=wait)
            if waiting is None or not waiting.future.cancelled():
                return waiting


def answer(group: Sequence[Waiting]) -> None:
    """Resolve futures on their own loops: one wake-up per loop, not per unit."""
    by_loop: dict[asyncio.AbstractEventLoop, list[Waiting]] = {}
    for waiting in group:
        by_loop.setdefault(waiting.loop, []).append(waiting)
    for loop, waiters in by_loop.items():
        with suppress(RuntimeError):  # the loop ended before its answer came: nobody is there to hear it
            loop.call_soon_threadsafe(_resolve, waiters)


def _resolve(waiters: Sequence[Waiting]) -> None:
    for waiting in waiters:
        if waiting.future.done():  # cancelled while the unit ran; the unit's outcome stands
            continue
        if waiting.error is not None:
            waiting.future.set_exception(waiting.error)
        else:
            waiting.future.set_result(waiting.result)
