"""Look-ups by key that go out together: what is asked while others are under way is one call when their turn ends.

A server is asked as often as it answers, however many ask at once; two hundred buyers of one item cost a few calls.
Nobody is given what was read before they asked: a call is joined only until it leaves.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final, Generic, TypeVar

from haat.errors import Unavailable

V = TypeVar("V")

CALLS: Final = 4
WAITING: Final = 2_000


class Together(Generic[V]):
    """Joins look-ups. Belongs to one event loop."""

    def __init__(
        self,
        fetch: Callable[[Sequence[str]], Awaitable[Mapping[str, V]]],
        *,
        most_keys: int,
        calls: int = CALLS,
        waiting: int = WAITING,
    ) -> None:
        """`fetch` answers those of some keys that exist. `most_keys`: of one call, unless one caller wants more.

        `calls` are under way at once; when `waiting` callers wait, further ones are refused.
        """
        self._fetch = fetch
        self._most_keys = most_keys
        self._calls = calls
        self._most_waiting = waiting
        self._waiting: deque[tuple[Sequence[str], asyncio.Future[Mapping[str, V]]]] = deque()
        self._tasks: set[asyncio.Task[None]] = set()

    async def __call__(self, keys: Sequence[str]) -> dict[str, V]:
        """Those of the keys that exist. Raises: Unavailable when too many wait; what `fetch` raises."""
        if len(self._waiting) >= self._most_waiting:
            raise Unavailable("Too many look-ups wait for their turn.")
        answer: asyncio.Future[Mapping[str, V]] = asyncio.get_running_loop().create_future()
        self._waiting.append((keys, answer))
        if len(self._tasks) < self._calls:
            task = asyncio.create_task(self._work())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        found = await answer
        return {key: found[key] for key in keys if key in found}

    async def _work(self) -> None:
        while self._waiting:
            keys, answers = self._next()
            try:
                found = await self._fetch(keys)
            except Exception as error:  # whatever it is belongs to those who asked
                for answer in answers:
                    if not answer.done():
                        answer.set_exception(error)
            else:
                for answer in answers:
                    if not answer.done():
                        answer.set_result(found)

    def _next(self) -> tuple[list[str], list[asyncio.Future[Mapping[str, V]]]]:
        """What goes out now: the first who waits, and all behind who fit in. Who left meanwhile is passed over."""
        keys: dict[str, None] = {}
        answers: list[asyncio.Future[Mapping[str, V]]] = []
        while self._waiting:
            wanted, answer = self._waiting[0]
            if answers and len(keys.keys() | set(wanted)) > self._most_keys:
                break
            self._waiting.popleft()
            if not answer.done():
                keys |= dict.fromkeys(wanted)
                answers.append(answer)
        return list(keys), answers
