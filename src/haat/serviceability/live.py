"""The matrix in memory: mapped from its file, with live changes laid over it, swapped in one assignment.

Each second the one row of `network` is read. When its generation moved, the rows changed since are read, the rows of
the matrix they touch are computed anew from the same rules a full build uses, and a new `Reach` takes the old one's
place. A new build is mapped and swapped the same way.
"""

import asyncio
import datetime
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Final
from zoneinfo import ZoneInfo

import msgspec
import structlog

from haat.errors import HaatError, NotFound, Unavailable
from haat.events.backoff import pause
from haat.serviceability.mapped import Mapped, open_mapped
from haat.serviceability.matrix import Graph, nothing, overlay
from haat.serviceability.model import HolidayRule, Hub, Lane, Network, PinRule, Warehouse
from haat.serviceability.pins import no_pins
from haat.serviceability.ports import Changes, Holidays, MatrixBlobs, MatrixRow, NetworkStore
from haat.serviceability.promise import CUTOFFS, Calendars, Promises
from haat.serviceability.reach import Reach

POLL_S: Final = 1.0  # a change is seen within one poll and the 0.5 s that recomputing everything takes at most

_LOG = structlog.get_logger("haat.serviceability")


@dataclass(slots=True)
class _Rows:
    """All rows, by key; ordinals are the order of birth."""

    hubs: dict[str, Hub] = field(default_factory=dict)
    warehouses: dict[str, Warehouse] = field(default_factory=dict)
    lanes: dict[tuple[str, str], Lane] = field(default_factory=dict)
    rules: dict[str, PinRule] = field(default_factory=dict)
    holidays: dict[tuple[str, str], HolidayRule] = field(default_factory=dict)

    def take(self, changes: Changes) -> None:
        """Newer rows take the place of older ones."""
        self.hubs.update((hub.code, hub) for hub in changes.hubs)
        self.warehouses.update((warehouse.id, warehouse) for warehouse in changes.warehouses)
        self.lanes.update(((lane.origin, lane.hub), lane) for lane in changes.lanes)
        self.rules.update((rule.pincode, rule) for rule in changes.rules)
        self.holidays.update(((rule.region, rule.day.isoformat()), rule) for rule in changes.holidays)

    def copy(self) -> "_Rows":
        """The same rows, to be changed without touching these."""
        return _Rows(dict(self.hubs), dict(self.warehouses), dict(self.lanes), dict(self.rules), dict(self.holidays))

    def network(self, generation: int, hubs: int) -> Network:
        """The rows as the matrix takes them; hubs born after its build wait for the next one."""
        return Network(
            generation=generation,
            hubs=tuple(sorted(self.hubs.values(), key=lambda hub: hub.ordinal)[:hubs]),
            warehouses=tuple(sorted(self.warehouses.values(), key=lambda warehouse: warehouse.ordinal)),
            lanes=tuple(lane for _, lane in sorted(self.lanes.items())),
            rules=tuple(rule for _, rule in sorted(self.rules.items())),
            holidays=tuple(rule for _, rule in sorted(self.holidays.items())),
        )


class Serviceability:
    """Where everybody reads who reaches whom: `reach` is one attribute, always whole, never changed in place."""

    def __init__(
        self,
        store: NetworkStore,
        blobs: MatrixBlobs,
        holidays: Holidays,
        zone: ZoneInfo,
        *,
        cutoffs: Sequence[datetime.time] = CUTOFFS,
        poll_s: float = POLL_S,
        wait: Callable[[asyncio.Event, float], Awaitable[bool]] = pause,
    ) -> None:
        self._store = store
        self._blobs = blobs
        self._holidays = holidays
        self._poll_s = poll_s
        self._wait = wait
        self._rows = _Rows()
        self._matrix: MatrixRow | None = None
        self._graph: Graph | None = None
        self._seen = (-1, -1)
        self._turn = asyncio.Lock()
        promises = Promises(Calendars(holidays), zone, cutoffs)
        nobody = Network(generation=0, hubs=(), warehouses=())
        self.reach = Reach(nobody, nothing((0, 0)), no_pins(), promises)

    async def refresh(self) -> bool:
        """Take up what changed; whether anything had. One row read when nothing has.

        Raises: Unavailable; `reach` is then as it was.
        """
        async with self._turn:
            if await self._store.state() == self._seen:
                return False
            rows, matrix = self._rows.copy(), self._matrix
            changes = await self._store.changes(self._seen[0])
            rows.take(changes)
            while changes.matrix is not None and changes.matrix != matrix:
                matrix = changes.matrix  # what lies over a new build is what changed after the rows it was made from
                changes = await self._store.changes(matrix.made_from)
                rows.take(changes)
            mapped = None
            if matrix is not None and matrix != self._matrix:
                mapped = await self._mapped(matrix)
            reach, graph = await asyncio.to_thread(self._next, changes, rows, mapped)
            self._rows, self._matrix, self._graph = rows, matrix, graph
            self._seen = (changes.generation, matrix.generation if matrix else 0)
            self.reach = reach
            return True

    async def _mapped(self, matrix: MatrixRow) -> Mapped:
        try:
            path = await self._blobs.local(matrix.digest)
        except NotFound as error:
            raise Unavailable("The matrix's file is gone. `haat migrate` builds it again.") from error
        return await asyncio.to_thread(open_mapped, path)

    async def run(self, stop: asyncio.Event) -> None:
        """Refresh every second until stopped. An engine that is down leaves `reach` as it is."""
        while not stop.is_set():
            try:
                if await self.refresh():
                    _LOG.info("lanes changed", generation=self.reach.generation)
            except HaatError as error:
                _LOG.warning("lanes may be old", error=str(error), generation=self.reach.generation)
            await self._wait(stop, self._poll_s)

    def _next(self, changes: Changes, rows: _Rows, mapped: Mapped | None) -> tuple[Reach, Graph | None]:
        """The snapshot after these changes; computed on a worker thread, touches nothing of `self` but to read."""
        old = self.reach
        cells, pins = (mapped.cells, mapped.pins) if mapped else (old.cells, old.pins)
        network = rows.network(changes.generation, cells.days.shape[1])
        promises = old.promises
        if network.holidays != old.network.holidays:
            promises = promises.with_calendars(Calendars(self._holidays, network.holidays))
        if changes.matrix is None:  # nothing was built yet: nobody reaches anybody
            network = msgspec.structs.replace(network, hubs=(), warehouses=())
            return Reach(network, cells, pins, promises, old), None
        hubs_moved = bool(changes.hubs) or any(not lane.from_warehouse for lane in changes.lanes)
        graph = self._graph
        if graph is None or mapped is not None or hubs_moved:
            graph = Graph(network.hubs, _legs(network), graph.roads if graph else None)
        touched = {warehouse.id for warehouse in changes.warehouses} | {lane.origin for lane in changes.lanes}
        again = [warehouse for warehouse in network.warehouses if hubs_moved or warehouse.id in touched]
        return Reach(network, overlay(cells, graph, again, network.lanes), pins, promises, old), graph


def _legs(network: Network) -> list[Lane]:
    return [lane for lane in network.lanes if not lane.from_warehouse]
