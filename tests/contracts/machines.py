"""State machines over asynchronous ports: one event loop per example."""

import asyncio
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from typing import Any, Generic, TypeVar

from hypothesis.stateful import RuleBasedStateMachine

from tests.contracts.rigs import Rigs

R = TypeVar("R")
T = TypeVar("T")


class Machine(RuleBasedStateMachine, Generic[R]):
    """Opens a rig for its life and waits for each call."""

    def __init__(self, rigs: Rigs[R]) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.stack = AsyncExitStack()
        self.rig: R = self.wait(self.stack.enter_async_context(rigs()))

    def wait(self, call: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(call)

    def teardown(self) -> None:
        self.wait(self.stack.aclose())
        self.runner.close()
