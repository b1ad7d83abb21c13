"""The matrix: from every warehouse to every hub, the days and what the lane carries.

Hubs are joined to their nearest neighbours and by a spanning tree, so that the graph is whole; a leg takes the road's
hours. A warehouse joins its nearest open hubs. Shortest paths over that graph give the hours of a lane, hours give
transit days, days and distance give what it carries. An operator's rows beat each of these. Everything is a function
of the rows alone, so any subset of rows computed later equals the same rows of a full build.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from haat.serviceability.model import (
    CLASS_BITS,
    COD,
    EXPRESS,
    HAZARDOUS,
    HEAVY,
    MAX_DAYS,
    NOT_SERVED,
    WAVES,
    Hub,
    Lane,
    Network,
    Warehouse,
)
from haat.vocabulary import SHIPPING_CLASSES

Bytes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float64]

EARTH_KM: Final = 6371.0
ROAD_FACTOR: Final = 1.3  # road km per km as the crow flies, between Indian towns
ROAD_KM_H: Final = 25.0  # a truck's day with stops, tolls and loading: some 600 km
AIR_KM_H: Final = 75.0  # express: night flights and team-driven trucks
SAME_DAY_HOURS: Final = 3.0  # what leaves in the morning and is at the hub by night
DAY_HOURS: Final = 24.0
NEIGHBOURS: Final = 6
WAREHOUSE_HUBS: Final = 3  # the hubs a warehouse hands over to
LEAST_HOURS: Final = 0.01  # a zero would read as "no edge" in a sparse graph
LIMIT_DAYS: Final = {HEAVY: 3, HAZARDOUS: 2, EXPRESS: 2}  # what the rule lets travel so far; COD has no limit


@dataclass(frozen=True, slots=True)
class Cells:
    """Some rows of the matrix: (rows, hubs) uint8 each, days 255 where not served."""

    days: Bytes  # transit, standard service
    flags: Bytes
    express_days: Bytes
    express_flags: Bytes
    codes: tuple[Bytes, ...]  # arrival code of standard service, one array per shipping class


def unit_vectors(latitudes: npt.ArrayLike, longitudes: npt.ArrayLike) -> Floats:
    """Degrees as points on the unit sphere, (n, 3): chords between them order as distances do."""
    lat, lon = np.radians(np.asarray(latitudes, float)), np.radians(np.asarray(longitudes, float))
    return np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], axis=-1)


def chord_km(chord: npt.ArrayLike) -> Floats:
    """Great-circle kilometres of a chord on the unit sphere."""
    return 2 * EARTH_KM * np.arcsin(np.clip(np.asarray(chord, float) / 2, 0, 1))


@dataclass(frozen=True, slots=True)
class Roads:
    """Legs between hubs as the rule knows them; they hang on where hubs stand and on nothing else."""

    at: tuple[tuple[float, float], ...]
    points: Floats  # (hubs, 3) on the unit sphere
    hours: Mapping[tuple[int, int], float]  # (from, to) by ordinals, both ways

    @classmethod
    def of(cls, hubs: Sequence[Hub]) -> "Roads":
        """Nearest neighbours, and a spanning tree that keeps islands in. Cost: 0.2 s for 809 hubs."""
        from scipy.sparse.csgraph import (
            minimum_spanning_tree,  # scipy costs half a second to import: only who trains or builds pays it
        )
        from scipy.spatial import cKDTree

        at = tuple((hub.latitude, hub.longitude) for hub in hubs)
        points = unit_vectors([hub.latitude for hub in hubs], [hub.longitude for hub in hubs])
        if len(hubs) < 2:
            return cls(at, points, {})
        _, nearest = cKDTree(points).query(points, k=min(NEIGHBOURS + 1, len(hubs)))
        pairs = {(a, int(b)) for a, row in enumerate(nearest) for b in row if int(b) != a}
        apart = np.sqrt(((points[:, None, :] - points[None, :, :]) ** 2).sum(axis=-1)) + 1e-12  # joins equal points
        tree = minimum_spanning_tree(apart).tocoo()
        pairs |= set(zip(tree.row.tolist(), tree.col.tolist(), strict=True))
        legs = sorted(pairs | {(b, a) for a, b in pairs})
        a, b = np.array(legs).T
        hours = np.maximum(LEAST_HOURS, chord_km(apart[a, b]) * ROAD_FACTOR / ROAD_KM_H)
        return cls(at, points, dict(zip(legs, hours.tolist(), strict=True)))

    def join(self, hubs: Sequence[Hub]) -> bool:
        """Whether they are the roads of these hubs."""
        return len(hubs) == len(self.at) and all(
            (hub.latitude, hub.longitude) == at for hub, at in zip(hubs, self.at, strict=True)
        )


class Graph:
    """The hub network, ready to be asked for rows. Good as long as no hub and no leg between hubs changes."""

    def __init__(self, hubs: Sequence[Hub], lanes: Sequence[Lane], roads: Roads | None = None) -> None:
        self._hubs = hubs
        self._by_code = {hub.code: hub.ordinal for hub in hubs}
        self.roads = roads if roads is not None and roads.join(hubs) else Roads.of(hubs)
        self._points = self.roads.points
        self._active = np.array([hub.active for hub in hubs], bool)
        self._open = np.flatnonzero(self._active)
        self._legs = [lane for lane in lanes if lane.origin in self._by_code and lane.hub in self._by_code]
        self._edges = {flag: self._hours(flag) for flag in (0, *self._refused())}
        self._carries = {
            HEAVY: np.array([h.heavy for h in hubs], bool),
            HAZARDOUS: np.array([h.hazardous for h in hubs], bool),
            COD: np.array([h.cod for h in hubs], bool),
        }

    def cells(self, warehouses: Sequence[Warehouse], lanes: Sequence[Lane]) -> Cells:
        """The rows of these warehouses under their own lanes. Cost: some 0.3 ms a warehouse at 809 hubs.

        `lanes` may hold those of others too; they are passed over.
        """
        shape = (len(warehouses), len(self._hubs))
        if 0 in shape:
            return nothing(shape)
        reached, km_hours = self._reached(warehouses), {}
        for flag, (rows, columns, hours) in self._edges.items():
            km_hours[flag] = self._shortest(warehouses, rows, columns, hours)
        transit = {flag: _transit_days(hours) for flag, hours in km_hours.items()}
        standard = np.where(reached, transit[0], NOT_SERVED).astype(np.uint8)
        by_class = {0: standard}
        flags = np.zeros(shape, np.uint8)
        for flag in (COD, HEAVY, HAZARDOUS):
            own = np.where(reached, transit.get(flag, transit[0]), NOT_SERVED).astype(np.uint8)
            carried = self._carries[flag] & (own != NOT_SERVED)
            # cash can be taken only where the promised days hold on the way that takes it
            carried &= (own <= LIMIT_DAYS[flag]) if flag in LIMIT_DAYS else (own == standard)
            by_class[flag] = np.where(carried, own, NOT_SERVED).astype(np.uint8)
            flags |= np.where(carried, flag, 0).astype(np.uint8)
        fast = _transit_days(km_hours.get(EXPRESS, km_hours[0]) * (ROAD_KM_H / AIR_KM_H))
        express = np.where(reached & (fast <= LIMIT_DAYS[EXPRESS]), fast, NOT_SERVED).astype(np.uint8)
        self._overrule(warehouses, lanes, by_class, flags, express)
        return self._closed(warehouses, by_class, flags, express)

    # ---- the graph

    def _refused(self) -> list[int]:
        """Flags that some leg refuses: their goods need paths of their own."""
        named = {COD: "cod", HEAVY: "heavy", HAZARDOUS: "hazardous", EXPRESS: "express"}
        return [flag for flag, name in named.items() if any(getattr(leg, name) is False for leg in self._legs)]

    def _hours(self, flag: int) -> tuple[Any, Any, Floats]:
        """Directed edges between open hubs and their hours, for goods that need this flag."""
        hours = dict(self.roads.hours)
        for leg in self._legs:
            key = (self._by_code[leg.origin], self._by_code[leg.hub])
            refuses = {0: None, COD: leg.cod, HEAVY: leg.heavy, HAZARDOUS: leg.hazardous, EXPRESS: leg.express}[flag]
            if not leg.active or refuses is False:
                hours.pop(key, None)
            elif leg.transit_days is not None:
                hours[key] = max(LEAST_HOURS, leg.transit_days * DAY_HOURS)
        kept = [(a, b, h) for (a, b), h in sorted(hours.items()) if self._active[a] and self._active[b]]
        rows, columns, weights = zip(*kept, strict=True) if kept else ((), (), ())
        return np.array(rows, int), np.array(columns, int), np.array(weights, float)

    def _shortest(self, warehouses: Sequence[Warehouse], rows: Any, columns: Any, hours: Floats) -> Floats:
        """Hours from each warehouse to each hub, inf where there is no way."""
        from scipy.sparse import csr_matrix  # scipy costs half a second to import: only who trains or builds pays it
        from scipy.sparse.csgraph import dijkstra
        from scipy.spatial import cKDTree

        hubs, count = len(self._hubs), len(warehouses)
        if not len(self._open):
            return np.full((count, hubs), np.inf)
        near = min(WAREHOUSE_HUBS, len(self._open))
        points = unit_vectors([w.latitude for w in warehouses], [w.longitude for w in warehouses])
        chords, nearest = cKDTree(self._points[self._open]).query(points, k=near)
        first = np.maximum(LEAST_HOURS, chord_km(chords).reshape(-1) * ROAD_FACTOR / ROAD_KM_H)
        size = hubs + count
        graph = csr_matrix(
            (
                np.concatenate([hours, first]),
                (
                    np.concatenate([rows, np.repeat(np.arange(hubs, size), near)]),
                    np.concatenate([columns, self._open[np.asarray(nearest).reshape(-1)]]),
                ),
            ),
            shape=(size, size),
        )
        found: Floats = dijkstra(graph, directed=True, indices=np.arange(hubs, size))[:, :hubs]
        return found

    def _reached(self, warehouses: Sequence[Warehouse]) -> npt.NDArray[np.bool_]:
        points = unit_vectors([w.latitude for w in warehouses], [w.longitude for w in warehouses])
        # element by element, not a matrix product: its rounding would depend on how many rows are asked for
        chords = np.sqrt(((points[:, None, :] - self._points[None, :, :]) ** 2).sum(axis=-1))
        reached: npt.NDArray[np.bool_] = chord_km(chords) <= np.array([w.reach_km for w in warehouses])[:, None]
        return reached

    # ---- operators' rows

    def _overrule(
        self,
        warehouses: Sequence[Warehouse],
        lanes: Sequence[Lane],
        by_class: Mapping[int, Bytes],
        flags: Bytes,
        express: Bytes,
    ) -> None:
        rows = {warehouse.id: row for row, warehouse in enumerate(warehouses)}
        for lane in lanes:
            if lane.origin in rows and lane.hub in self._by_code:
                at = rows[lane.origin], self._by_code[lane.hub]
                self._overrule_cell(at, lane, by_class, flags, express)

    def _overrule_cell(
        self, at: tuple[int, int], lane: Lane, by_class: Mapping[int, Bytes], flags: Bytes, express: Bytes
    ) -> None:
        if not lane.active:
            flags[at] = 0
            for array in (express, *by_class.values()):
                array[at] = NOT_SERVED
            return
        if lane.transit_days is not None:
            by_class[0][at] = lane.transit_days
        standard = int(by_class[0][at])
        carried = int(flags[at])
        for flag, says in ((COD, lane.cod), (HEAVY, lane.heavy), (HAZARDOUS, lane.hazardous)):
            days: int = int(by_class[flag][at])
            if lane.transit_days is not None:
                within = standard <= LIMIT_DAYS.get(flag, MAX_DAYS)
                days = standard if within and self._carries[flag][at[1]] else NOT_SERVED
            if says is not None:
                days = (standard if days == NOT_SERVED else days) if says else NOT_SERVED
            by_class[flag][at] = days
            carried = carried & ~flag | (0 if days == NOT_SERVED else flag)
        flags[at] = carried
        if lane.express is False:
            express[at] = NOT_SERVED
        elif lane.express and express[at] == NOT_SERVED:
            express[at] = standard if standard == NOT_SERVED else min(standard, LIMIT_DAYS[EXPRESS])

    def _closed(
        self, warehouses: Sequence[Warehouse], by_class: Mapping[int, Bytes], flags: Bytes, express: Bytes
    ) -> Cells:
        """Closed hubs and warehouses taken out, and codes made."""
        served: npt.NDArray[np.bool_] = self._active[None, :] & np.array([w.active for w in warehouses], bool)[:, None]
        days = {flag: np.where(served, own, NOT_SERVED).astype(np.uint8) for flag, own in by_class.items()}
        fast = np.minimum(np.where(served, express, NOT_SERVED), days[0])
        fast = np.where(served & (express != NOT_SERVED), fast, NOT_SERVED).astype(np.uint8)
        carried = (np.where(days[0] != NOT_SERVED, flags, 0) | np.where(fast != NOT_SERVED, EXPRESS, 0)).astype(
            np.uint8
        )
        handling = np.array([w.handling_days for w in warehouses])[:, None]
        waves = np.array([w.wave for w in warehouses])[:, None]
        codes = tuple(_codes(days[CLASS_BITS[name]], handling, waves) for name in SHIPPING_CLASSES)
        return Cells(
            days=days[0],
            flags=carried,
            express_days=fast,
            express_flags=np.where(fast != NOT_SERVED, carried & (COD | EXPRESS), 0).astype(np.uint8),
            codes=codes,
        )


def build(network: Network) -> Cells:
    """The whole matrix. Cost: half a second for 500 warehouses at 809 hubs."""
    legs = [lane for lane in network.lanes if not lane.from_warehouse]
    return Graph(network.hubs, legs).cells(network.warehouses, network.lanes)


def overlay(cells: Cells, graph: Graph, again: Sequence[Warehouse], lanes: Sequence[Lane]) -> Cells:
    """The matrix with the rows of these warehouses computed anew; new ones are appended. `cells` stays as it is.

    Arrays in which nothing changed are the same objects. Cost: one copy of what changed (2 MB at 500 × 809).
    """
    if not again:
        return cells
    fresh = graph.cells(again, lanes)
    rows = np.array([warehouse.ordinal for warehouse in again])
    count = max(len(cells.days), int(rows.max()) + 1)

    def laid(old: Bytes, new: Bytes, empty: int) -> Bytes:
        if count == len(old) and np.array_equal(old[rows], new):
            return old
        whole = np.full((count, old.shape[1]), empty, np.uint8)
        whole[: len(old)] = old
        whole[rows] = new
        return whole

    return Cells(
        days=laid(cells.days, fresh.days, NOT_SERVED),
        flags=laid(cells.flags, fresh.flags, 0),
        express_days=laid(cells.express_days, fresh.express_days, NOT_SERVED),
        express_flags=laid(cells.express_flags, fresh.express_flags, 0),
        codes=tuple(laid(old, new, NOT_SERVED) for old, new in zip(cells.codes, fresh.codes, strict=True)),
    )


def nothing(shape: tuple[int, int]) -> Cells:
    """A matrix in which nobody reaches anybody."""
    empty, none = np.full(shape, NOT_SERVED, np.uint8), np.zeros(shape, np.uint8)
    return Cells(empty, none, empty, none, tuple(empty for _ in SHIPPING_CLASSES))


def _transit_days(hours: Floats) -> npt.NDArray[np.float64]:
    """Pickup days on the road: 0 within the same-day reach, then one for each day of driving begun."""
    days = np.where(hours <= SAME_DAY_HOURS, 0, np.ceil((hours - SAME_DAY_HOURS) / DAY_HOURS))
    return np.where(days <= MAX_DAYS, days, NOT_SERVED)


def _codes(days: Bytes, handling: npt.NDArray[np.int64], waves: npt.NDArray[np.int64]) -> Bytes:
    total = days.astype(np.int64) + handling
    codes = total * WAVES + (WAVES - 1 - waves)
    return np.where((days != NOT_SERVED) & (total <= MAX_DAYS), codes, NOT_SERVED).astype(np.uint8)
