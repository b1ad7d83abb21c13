"""The sweeper: finds unpaid orders whose time is over, by a hint within a second, by a scan when the hint was lost.

One process at a time sweeps: it holds the lease `expiry` and writes under its epoch, so one that slept through its
lease is refused by the unit. The hint (a sorted set in the KV, by expiry) saves looking; SQL decides.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

import structlog

from haat.engines.kv import KeyValue
from haat.engines.sql import Database, Tx
from haat.engines.sql.leases import LeaseLost, give_back, take_lease
from haat.errors import HaatError
from haat.events.backoff import pause
from haat.events.together import all_of
from haat.orders.expire import LEASE, Expired, ExpireOrder
from haat.orders.ports import DueOrders
from haat.vocabulary import Clock

HINTS: Final = "order-expiry"
"""The sorted set of hints: order ids by the moment they expire at."""

LEASE_MS: Final = 10_000
RENEW_S: Final = 3.0
HINT_S: Final = 0.5
SCAN_S: Final = 20.0  # finds within a minute what the hint missed, also after a lease that had to run out first
BATCH: Final = 200
AT_ONCE: Final = 16
MOST_PAUSE_S: Final = 60.0

_LOG: Final = structlog.stdlib.get_logger("haat.orders.sweep")


@dataclass(frozen=True, slots=True)
class RemindOfExpiry:
    """Orders' Reminders: the hint that lets the sweeper act in time without scanning."""

    kv: KeyValue

    async def __call__(self, order_id: str, expires_ms: int) -> None:
        """Remember. Raises: Unavailable; the scan finds the order all the same."""
        await self.kv.z_add(HINTS, order_id, expires_ms)


class Sweeper:
    """Expires orders as long as it holds the lease. `holder` names this process and no other, also not its successor.

    Answers per order: see ExpireOrder. What fails is tried again after a pause that doubles up to a minute, and keeps
    nobody behind it waiting.
    """

    def __init__(
        self, database: Database, kv: KeyValue, expire: ExpireOrder, view: DueOrders, *, holder: str, clock: Clock
    ) -> None:
        self._database = database
        self._kv = kv
        self._expire = expire
        self._view = view
        self._holder = holder
        self._clock = clock
        self._epoch: int | None = None
        self._at_once = asyncio.Semaphore(AT_ONCE)
        self._busy: set[str] = set()
        self._failed: dict[str, tuple[int, float]] = {}  # tries, and not again before (monotonic)

    @property
    def epoch(self) -> int | None:
        """Of the lease this process holds; None: another sweeps."""
        return self._epoch

    async def run(self, stop: asyncio.Event) -> None:
        """Until stopped; then the lease is given back, so that another process need not wait for its end."""
        await self._tolerated(self._take_lease)
        async with asyncio.TaskGroup() as group:
            group.create_task(self._repeat(stop, RENEW_S, self._take_lease))
            group.create_task(self._repeat(stop, HINT_S, self._hints))
            group.create_task(self._repeat(stop, SCAN_S, self._scan, soon=True))
        await self._tolerated(self._give_lease_back)

    async def step(self) -> int:
        """One turn of everything: lease, hints, scan. How many orders were cancelled. Raises: Unavailable (of SQL)."""
        await self._take_lease()
        return await self._tolerated(self._hints) + await self._scan()

    # ---- the lease

    async def _take_lease(self) -> int:
        def take_expiry_lease(tx: Tx) -> int | None:
            return take_lease(tx, LEASE, self._holder, LEASE_MS)

        before, self._epoch = self._epoch, await self._database.transact(take_expiry_lease)
        if self._epoch != before:
            _LOG.info("the sweeper's lease", holder=self._holder, epoch=self._epoch)
        return 0

    async def _give_lease_back(self) -> int:
        epoch, self._epoch = self._epoch, None
        if epoch is not None:

            def give_expiry_lease_back(tx: Tx) -> bool:
                return give_back(tx, LEASE, epoch)

            await self._database.transact(give_expiry_lease_back)
        return 0

    # ---- finding

    async def _hints(self) -> int:
        """Orders of which the KV says that they are due. It may say so too early, too late, or of orders long paid."""
        cancelled = 0
        while self._epoch is not None:
            failed = len(self._failed)  # they stay at the head: look beyond them
            limit = BATCH + failed
            our_ms = self._clock.now_ms()
            hinted = await self._kv.z_due(HINTS, our_ms, limit)
            if not hinted:
                break
            now_ms, unpaid = await self._view.unpaid(hinted)
            over = [order_id for order_id in hinted if order_id not in unpaid]
            early = [order_id for order_id in unpaid if unpaid[order_id] > now_ms]
            await all_of(self._kv.z_remove(HINTS, order_id) for order_id in over)
            await all_of(self._kv.z_add(HINTS, order_id, unpaid[order_id]) for order_id in early)
            answers = await self._expire_all([i for i in hinted if unpaid.get(i, now_ms + 1) <= now_ms])
            cancelled += answers["cancelled"]
            moved = over or answers["cancelled"] or any(unpaid[order_id] > our_ms for order_id in early)
            if len(hinted) < limit or not (moved or len(self._failed) > failed):
                break
        return cancelled

    async def _scan(self) -> int:
        """Orders of which SQL says that they are due: the truth, whatever became of the hints."""
        cancelled = 0
        while self._epoch is not None:
            failed = len(self._failed)
            limit = BATCH + failed
            due = await self._view.due(limit)
            answers = await self._expire_all(due)
            cancelled += answers["cancelled"]
            if len(due) < limit:
                self._failed = {order_id: self._failed[order_id] for order_id in due if order_id in self._failed}
                break
            if not (answers["cancelled"] or answers["extended"] or len(self._failed) > failed):
                break
        return cancelled

    # ---- doing

    async def _expire_all(self, order_ids: Sequence[str]) -> Counter[Expired | None]:
        """Expire those that nobody is at and that did not just fail; how many ended in which way."""
        now_s = self._clock.monotonic_s()
        ready = [i for i in order_ids if i not in self._busy and now_s >= self._failed.get(i, (0, now_s))[1]]
        self._busy.update(ready)
        try:
            answers = Counter(await asyncio.gather(*(self._expire_one(order_id) for order_id in ready)))
        finally:
            self._busy.difference_update(ready)
        if ready:
            cancelled, extended = answers["cancelled"], answers["extended"]
            _LOG.info("orders expired", asked=len(ready), cancelled=cancelled, extended=extended)
        return answers

    async def _expire_one(self, order_id: str) -> Expired | None:
        async with self._at_once:
            epoch = self._epoch
            if epoch is None:
                return None
            try:
                answer = await self._expire(order_id, epoch)
            except LeaseLost:
                self._epoch = None
                return None
            except HaatError as error:
                self._fail(order_id, str(error))
                return None
            except Exception as error:  # a bug met by one order must not keep the others from expiring
                _LOG.exception("an order could not be expired", order_id=order_id)
                self._fail(order_id, repr(error))
                return None
        self._failed.pop(order_id, None)
        if answer in ("cancelled", "gone"):
            with suppress(HaatError):  # a hint that stays is found to be of no use at the next turn
                await self._kv.z_remove(HINTS, order_id)
        return answer

    def _fail(self, order_id: str, reason: str) -> None:
        tries = self._failed.get(order_id, (0, 0.0))[0] + 1
        wait_s = min(MOST_PAUSE_S, 2.0**tries)
        self._failed[order_id] = (tries, self._clock.monotonic_s() + wait_s)
        _LOG.warning("an order is not expired yet", order_id=order_id, tries=tries, wait_s=wait_s, reason=reason)

    async def _repeat(
        self, stop: asyncio.Event, every_s: float, turn: Callable[[], Awaitable[int]], *, soon: bool = False
    ) -> None:
        """Take turns until stopped; `soon`: the first one now."""
        if soon:
            await self._tolerated(turn)
        while await pause(stop, every_s):
            await self._tolerated(turn)

    @staticmethod
    async def _tolerated(turn: Callable[[], Awaitable[int]]) -> int:
        """A turn may fail when an engine is away: the next one comes."""
        try:
            return await turn()
        except HaatError as error:
            _LOG.warning("the sweeper waits for an engine", error=str(error))
            return 0
