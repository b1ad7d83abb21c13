"""What a run looked at and found, and the one way in which findings are healed and kept."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeVar

import structlog

from haat.engines.sql import Database, Tx
from haat.errors import HaatError
from haat.payments.breaks import Breaks, Finding

T = TypeVar("T")

AT_ONCE: Final = 8
"""Calls to a gateway beside each other: a run must not be what keeps buyers from paying."""
BATCH: Final = 500

_LOG: Final = structlog.stdlib.get_logger("haat.payments.reconcile")


Heal = Callable[[], Awaitable[bool]]


async def nobody_can() -> bool:
    """The healing of what only a person can decide."""
    return False


@dataclass(frozen=True, slots=True)
class Case:
    """A finding, and the normal way that may make it right: whether it is right then."""

    finding: Finding
    heal: Heal = nobody_can


async def gathered(calls: Iterable[Awaitable[T]]) -> list[T]:
    """The answers in their order, a few calls at a time. Raises: what the first failing one raises."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(call: Awaitable[T]) -> T:
        async with gate:
            return await call

    return list(await asyncio.gather(*(one(call) for call in calls)))


@dataclass(slots=True)
class Tally:
    """Counts of one run. `settle` heals what can be healed, and files everything."""

    database: Database
    breaks: Breaks
    compared: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    healed: Counter[str] = field(default_factory=Counter)
    named: Counter[str] = field(default_factory=Counter)
    known: Counter[str] = field(default_factory=Counter)

    def looked(self, what: str, count: int) -> None:
        """So many of these were looked at."""
        if count:
            self.compared[what] += count

    async def settle(self, cases: Sequence[Case]) -> None:
        """Heal each by its normal way, then keep all: healed, or open for a person. Two transactions of at most four
        statements for 500, and what healing costs.
        """
        for first in range(0, len(cases), BATCH):
            batch = cases[first : first + BATCH]
            findings = [case.finding for case in batch]
            standing = await self._standing(findings)
            healed = await gathered(_healed(case) for case in batch)
            await self._file(list(zip(findings, healed, strict=True)))
            for finding, right in zip(findings, healed, strict=True):
                self.found[finding.kind] += 1
                fresh = self.known if (finding.kind, finding.refs) in standing else self.named
                (self.healed if right else fresh)[finding.kind] += 1

    async def _standing(self, findings: Sequence[Finding]) -> set[tuple[str, str]]:
        def look_at_breaks(tx: Tx) -> set[tuple[str, str]]:
            return self.breaks.standing(tx, findings)

        return await self.database.read(look_at_breaks)

    async def _file(self, findings: Sequence[tuple[Finding, bool]]) -> None:
        def file_breaks(tx: Tx) -> None:
            self.breaks.file(tx, findings)

        await self.database.transact(file_breaks)


async def _healed(case: Case) -> bool:
    """Whether it is right now. A way that does not work is no reason to leave the others."""
    try:
        return await case.heal()
    except HaatError as error:
        finding = case.finding
        _LOG.warning("not healed", kind=finding.kind, refs=finding.refs, reason=str(error))
        return False
