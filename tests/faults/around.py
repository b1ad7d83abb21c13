"""What stands between the shop and its engines: it names every call, and at one of them something goes wrong.

`before`: the process dies before the call. `inside`: it dies when the unit's statements ran and nothing is committed.
`after`: it dies when the call is done and nobody has heard of it. `lost`: the call is done, and its caller is told that
the engine is away.
"""

import asyncio
import os
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any, Literal, NamedTuple, NoReturn, TypeVar, cast

from haat.engines.sql import Tx
from haat.engines.sql.ports import Unit
from haat.errors import HaatError, Unavailable
from haat.events.ports import EventLog, Record, Subscription
from haat.payments.model import GatewayDown

T = TypeVar("T")
Mode = Literal["before", "inside", "after", "lost"]
MODES: tuple[Mode, ...] = ("before", "after", "lost")
DIED = 9
MEET_S = 0.1


class Fault(NamedTuple):
    """The nth call (from 1) of this name goes wrong."""

    call: str
    nth: int
    mode: Mode

    def __str__(self) -> str:
        return f"{self.call}#{self.nth}:{self.mode}"


class Watch:
    """Counts the calls of one life, and lets the fault happen."""

    def __init__(self) -> None:
        self.seen: Counter[str] = Counter()
        self.fault: Fault | None = None
        self.died: Callable[[], None] = lambda: None  # the last word before the end
        self.happened = False
        self.meet: dict[str, asyncio.Barrier] = {}  # calls that wait for each other: races that always happen

    async def call(self, name: str, act: Callable[[], Awaitable[T]], away: type[HaatError]) -> T:
        """One call of a port."""
        mode = self._mode(name)
        if (barrier := self.meet.get(name)) is not None:
            with suppress(TimeoutError, asyncio.BrokenBarrierError):  # the other was answered before it came here
                await asyncio.wait_for(barrier.wait(), MEET_S)
        if mode == "before":
            self._die()
        done = await act()
        if mode == "after":
            self._die()
        if mode == "lost":
            raise away("The answer was lost.")
        return done

    def unit(self, name: str, unit: Unit[T]) -> Unit[T]:
        """The unit, which may die in the middle of its transaction."""
        fault = self.fault
        if fault is None or fault.mode != "inside" or (fault.call, fault.nth) != (name, self.seen[name]):
            return unit

        def torn(tx: Tx) -> T:
            unit(tx)
            self._die()

        return torn

    def _mode(self, name: str) -> str:
        self.seen[name] += 1
        if self.fault is None or (self.fault.call, self.fault.nth) != (name, self.seen[name]):
            return ""
        self.happened = True
        return self.fault.mode

    def _die(self) -> NoReturn:
        self.died()
        os._exit(DIED)


class _Passing:
    """Gives what it does not name to the port behind it."""

    def __init__(self, name: str, port: Any, watch: Watch) -> None:
        self._name, self._port, self._watch = name, port, watch

    def __getattr__(self, name: str) -> Any:
        return getattr(self._port, name)


class _Database(_Passing):
    """A database whose writing units are calls, by the unit's name."""

    async def transact(self, unit: Unit[T]) -> T:
        name = f"{self._name}.{unit.__name__}"

        async def act() -> T:
            return cast("T", await self._port.transact(self._watch.unit(name, unit)))

        return await self._watch.call(name, act, Unavailable)


class _Calls(_Passing):
    """A port whose coroutine methods are calls."""

    away: type[HaatError] = Unavailable
    names: frozenset[str] = frozenset()

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._port, name)
        if name not in self.names:
            return method

        async def call(*positional: Any, **named: Any) -> Any:
            return await self._watch.call(f"{self._name}.{name}", lambda: method(*positional, **named), self.away)

        return call


class _Gateway(_Calls):
    away: type[HaatError] = GatewayDown
    names = frozenset({"create", "find", "intents", "capture", "refund", "find_refund", "refunds"})


class _Kv(_Calls):
    names = frozenset({"get", "set", "add", "swap", "delete", "increment", "z_add", "z_due", "z_remove"})


class _Log(_Passing):
    async def append(self, topic: str, entries: Sequence[tuple[str, bytes]]) -> None:
        """A call for each topic."""
        await self._watch.call(f"log.append.{topic}", lambda: self._port.append(topic, entries), Unavailable)

    @asynccontextmanager
    async def subscribe(self, group: str, topics: Sequence[str]) -> AsyncIterator[Subscription]:
        """Members whose commits are calls."""
        async with cast("EventLog", self._port).subscribe(group, topics) as member:
            yield _Member(f"log.commit.{group}", member, self._watch)


class _Member(_Passing):
    async def poll(self, limit: int, timeout_s: float) -> list[Record]:
        return cast("list[Record]", await self._port.poll(limit, timeout_s))

    async def commit(self, records: Sequence[Record]) -> None:
        await self._watch.call(self._name, lambda: self._port.commit(records), Unavailable)

    def interrupt(self) -> None:
        self._port.interrupt()


class Around:
    """The hook of the composition root: every port it is given is watched."""

    def __init__(self, watch: Watch) -> None:
        self.watch = watch

    def __call__(self, name: str, port: T, /) -> T:
        kinds = {"kv": _Kv, "log": _Log, "gateway": _Gateway}
        return cast("T", kinds.get(name, _Database)(name, port, self.watch))
