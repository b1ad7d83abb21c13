"""What a suite asks of an engine beside its port: to be down, and to show what a crash would leave."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, suppress
from typing import Any, Protocol, TypeVar, cast

from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from haat.engines.breaker import PAUSE_S
from haat.errors import Unavailable

R = TypeVar("R")
Rigs = Callable[[], AbstractAsyncContextManager[R]]
"""Opens a fresh, empty engine; closing it cleans up."""

DEADLINE_S = 10.0  # an engine that is down must say so before this


class Breakable(Protocol):
    """An engine that can be taken away and given back."""

    async def down(self) -> None:
        """From now on the engine is gone."""

    async def up(self) -> None:
        """The same engine, back again with what it had made durable."""


async def answering(ping: Callable[[], Awaitable[object]], advance: "Advance") -> None:
    """Wait until what was away is found again by who looks after it, once in a pause of its breaker."""
    async with asyncio.timeout(DEADLINE_S):
        while True:
            advance(PAUSE_S)
            with suppress(Unavailable):
                await ping()
                return
            await asyncio.sleep(0.005)  # the look goes to another process: there is nothing to wait on


class Advance(Protocol):
    """Moves the engine's clock."""

    def __call__(self, seconds: float) -> None: ...


def play(machine: Callable[[], RuleBasedStateMachine], *, examples: int = 8, steps: int = 20) -> None:
    """Run a state machine a fixed number of times: the suite's share of time is known."""
    play_settings: Any = settings(max_examples=examples, stateful_step_count=steps, deadline=None)
    run_state_machine_as_test(cast("type[RuleBasedStateMachine]", machine), settings=play_settings)  # only called
