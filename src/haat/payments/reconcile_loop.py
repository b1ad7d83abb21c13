"""The role that reconciles regularly: every span when it is due, wherever the last process left it."""

import asyncio
from dataclasses import dataclass
from typing import Final

import structlog

from haat.errors import HaatError
from haat.events.backoff import pause
from haat.payments.reconcile import Reconcile
from haat.payments.spans import SPANS

LOOK_S: Final = 20.0

_LOG: Final = structlog.stdlib.get_logger("haat.payments.reconcile")


@dataclass(frozen=True, slots=True)
class ReconcileLoop:
    """Looks every twenty seconds whether a span is due. Any number of processes may: one is at a span at a time."""

    reconcile: Reconcile

    async def run(self, stop: asyncio.Event) -> None:
        """Until stopped. An engine that is away is met again at the next look."""
        while await pause(stop, LOOK_S):
            await self.step()

    async def step(self) -> int:
        """One look; how many runs it made."""
        runs = 0
        for span in SPANS:
            try:
                runs += await self.reconcile.due(span) is not None
            except HaatError as error:
                _LOG.warning("reconciliation waits", span=span.name, reason=str(error))
        return runs
