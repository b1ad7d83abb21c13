"""Reconciliation: gateway, payments, orders, holds, stock, events and timers tell the same, or it is said where not.

Found is healed by the normal paths, as if the lost webhook had come, the timer had fired, the hold had been given back;
never by writing over a row. What that cannot heal is a break with a name, kept once however often it is found.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import msgspec
import structlog

from haat.engines.sql import Database, Tx
from haat.errors import Conflict
from haat.payments.breaks import AT_GATEWAY, STANDING, WHOLE, Break, Breaks
from haat.payments.model import GatewayDown
from haat.payments.ports import Gateway
from haat.payments.reconcile_gateway import GatewayAudit, Seen
from haat.payments.reconcile_shop import ShopAudit
from haat.payments.reconcile_tally import Tally
from haat.payments.spans import BUSY_MS, MOST_SLICE_MS, NOW, SLICE_MS, YOUNG_MS, Slot, Slots, Span

PAGE: Final = 500
MANY: Final = 20_000
"""Rows in a slice from which on the next one is shorter: their references are in memory meanwhile."""
AGAIN_MS: Final = 60_000
"""When a run goes on that a gateway broke off."""

_LOG: Final = structlog.stdlib.get_logger("haat.payments.reconcile")


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What a run looked at and found. Counts by kind; found = healed + named + known."""

    span: str
    from_ms: int
    to_ms: int
    compared: dict[str, int]
    found: dict[str, int]
    healed: dict[str, int]
    named: dict[str, int]  # new breaks
    known: dict[str, int]  # breaks that stood there before
    open: int  # breaks open after the run
    reached_ms: int  # how far gateways were compared
    complete: bool  # False: a gateway did not answer to the end; a regular run goes on from there later
    took_ms: int


class RunTakenOver(Conflict):
    """Another process took this run over while this one was slow. What was found is kept."""

    code, title = "run-taken-over", "Another process goes on with this run"


@dataclass(frozen=True, slots=True)
class Reconcile:
    """Runs a reconciliation. Idempotent: a second run finds only what is still wrong, and files nothing twice."""

    database: Database
    breaks: Breaks
    slots: Slots
    gateways: Mapping[str, Gateway]
    at_gateway: GatewayAudit
    inside: ShopAudit

    async def __call__(self, span: Span = NOW) -> Report:
        """A run over this span up to a minute ago. Raises: Unavailable (of SQL)."""
        now_ms = await self._now_ms()
        window = (now_ms - span.back_ms, now_ms - YOUNG_MS)
        return await self._run(span, window, window[0], None)

    async def due(self, span: Span) -> Report | None:
        """A regular run, if it is due and nobody is at it; one that was broken off goes on where it was.

        Raises: Unavailable, RunTakenOver.
        """

        def take_run(tx: Tx) -> Slot | None:
            slot = self.slots.slot(tx, span.name)
            if tx.now_ms < slot.busy_ms <= tx.now_ms + BUSY_MS:
                return None  # somebody is at it; an end further away was set by a clock that stepped back since
            if slot.at_ms >= slot.to_ms:
                if tx.now_ms < slot.due_ms <= tx.now_ms + span.every_ms:
                    return None
                from_ms = tx.now_ms - span.back_ms
                slot = msgspec.structs.replace(slot, from_ms=from_ms, to_ms=tx.now_ms - YOUNG_MS, at_ms=from_ms)
            return self.slots.take(tx, slot, tx.now_ms + BUSY_MS)

        slot = await self.database.transact(take_run)
        if slot is None:
            return None
        report = await self._run(span, (slot.from_ms, slot.to_ms), slot.at_ms, slot)

        def end_run(tx: Tx) -> bool:
            if not report.complete:  # what the gateway did not say is asked for again, from there on
                return self.slots.advance(tx, slot, report.reached_ms, tx.now_ms + AGAIN_MS)
            return self.slots.finish(tx, slot, tx.now_ms + span.every_ms, msgspec.json.encode(report))

        await self.database.transact(end_run)
        return report

    async def _run(self, span: Span, window: tuple[int, int], at_ms: int, slot: Slot | None) -> Report:
        began_ms = await self._now_ms()
        tally = Tally(self.database, self.breaks)
        reached_ms = await self._gateways(window, at_ms, slot, tally)
        complete = reached_ms >= window[1]
        await self.inside.standing(tally)
        if span.whole:
            await self.inside.whole(tally)
        open_breaks = await self._close(began_ms, whole=span.whole, complete=complete)
        report = Report(
            span=span.name,
            from_ms=window[0],
            to_ms=window[1],
            compared=_plain(tally.compared),
            found=_plain(tally.found),
            healed=_plain(tally.healed),
            named=_plain(tally.named),
            known=_plain(tally.known),
            open=open_breaks,
            reached_ms=reached_ms,
            complete=complete,
            took_ms=await self._now_ms() - began_ms,
        )
        if report.found:
            _LOG.warning("reconciliation found breaks", span=span.name, found=report.found, open=open_breaks)
        return report

    async def _gateways(self, window: tuple[int, int], at_ms: int, slot: Slot | None, tally: Tally) -> int:
        """All gateways, slice by slice from `at_ms` on; progress is kept after each. How far it came."""
        seen = {name: Seen() for name in self.gateways}
        size_ms, looked = SLICE_MS, 0
        while at_ms < window[1] and self.gateways:
            end_ms = min(at_ms + size_ms, window[1])
            try:
                for name, gateway in self.gateways.items():
                    await self.at_gateway.slice(gateway, (at_ms, end_ms), seen[name], tally)
            except GatewayDown as error:
                _LOG.warning("reconciliation goes on without the gateway", reached_ms=at_ms, reason=str(error))
                return at_ms
            at_ms = end_ms
            before, looked = looked, tally.compared.total()
            size_ms = _next_size_ms(size_ms, looked - before)
            if slot is not None and at_ms < window[1]:
                await self._advance(slot, at_ms)
        return window[1]

    async def _advance(self, slot: Slot, at_ms: int) -> None:
        def keep_progress(tx: Tx) -> bool:
            return self.slots.advance(tx, slot, at_ms, tx.now_ms + BUSY_MS)

        if not await self.database.transact(keep_progress):
            raise RunTakenOver

    async def _close(self, began_ms: int, *, whole: bool, complete: bool) -> int:
        """What was open before and is right now is healed; how many are open then."""
        right = await self._right_again() if complete else []

        def close_breaks(tx: Tx) -> int:
            self.breaks.unseen(tx, STANDING + WHOLE if whole else STANDING, began_ms)
            self.breaks.healed(tx, right)
            return self.breaks.open_count(tx)

        return await self.database.transact(close_breaks)

    async def _right_again(self) -> list[int]:
        """Open breaks about one payment or refund that matches now, wherever in time it lies."""
        right: list[int] = []
        after = 0
        while True:

            def look_at_open(tx: Tx, after: int = after) -> list[Break]:
                return list(self.breaks.open_of(tx, AT_GATEWAY, after, PAGE))

            page = await self.database.read(look_at_open)
            for one in page:
                try:
                    if await self.at_gateway.right_again(list(self.gateways.values()), one):
                        right.append(one.id)
                except GatewayDown:
                    return right
            if len(page) < PAGE:
                return right
            after = page[-1].id

    async def _now_ms(self) -> int:
        return await self.database.read(lambda tx: tx.now_ms, brief=True)


def _next_size_ms(size_ms: int, rows: int) -> int:
    """Quiet hours are looked at many at a time, so that a quiet week costs few calls; busy ones by themselves."""
    if rows < PAGE:
        return min(size_ms * 2, MOST_SLICE_MS)
    return size_ms if rows < MANY else max(size_ms // 2, YOUNG_MS)


def _plain(counts: Counter[str]) -> dict[str, int]:
    return {name: counts[name] for name in sorted(counts) if counts[name]}
