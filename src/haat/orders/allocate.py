"""Which warehouse sends what: a pure function over demands and stock rows.

The best plan is, in this order: from the fewest warehouses (one, if any has all); its last line arrives earliest; the
lines' dates together are earliest; by the smallest arrival codes; by the smallest ordinals. Within the chosen
warehouses each line arrives as early as it can, and in as few parts as that date allows.

A demand can be met exactly if the warehouses that bring it there have enough units together, whatever the others need:
so "too few" is never said while units exist. Which warehouses are the fewest is searched exactly (branch and bound,
deepening); only beyond _MOST_WORK, which usual carts never reach, does the greedy answer stand.
"""

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Final, NamedTuple

_MOST_WORK: Final = 30_000  # stock rows looked at by the search: some 10 ms


class Row(NamedTuple):
    """Units of one sku in a warehouse that brings them to the place."""

    warehouse: int  # ordinal
    free: int  # > 0
    code: int  # arrival code
    date: datetime.date  # of that code at the place; non-decreasing in the code


class Demand(NamedTuple):
    """Units of one sku that are wanted, over all lines."""

    units: int  # > 0
    rows: Sequence[Row]  # at most one per warehouse; together they have enough


class Piece(NamedTuple):
    """Units of one demand from one warehouse."""

    demand: int  # position
    warehouse: int  # ordinal
    units: int
    date: datetime.date


Rank = tuple[int, datetime.date, int, int, tuple[int, ...]]


def reachable(demand: Demand) -> int:
    """Units of the demand that can be had."""
    return min(demand.units, sum(row.free for row in demand.rows))


def allocate(demands: Sequence[Demand]) -> list[Piece]:
    """The best plan, in the order of demands. Each must be reachable in full.

    Cost: some 10 µs where one warehouse has all of three demands.
    """
    if not demands:
        return []
    single = _single(demands)
    if single is not None:
        return single
    chosen = _Search(demands).best()
    pieces, _ = _fill(demands, chosen)
    return pieces


def _single(demands: Sequence[Demand]) -> list[Piece] | None:
    """All from the best one warehouse that has all, or None."""
    able: dict[int, tuple[datetime.date, int, int]] = {}  # warehouse → its rank so far
    for position, demand in enumerate(demands):
        units, before, able = demand.units, able, {}
        for warehouse, free, code, date in demand.rows:
            if free < units:
                continue
            if position == 0:
                able[warehouse] = date, date.toordinal(), code
            elif (so_far := before.get(warehouse)) is not None:
                last, days, codes = so_far
                able[warehouse] = max(last, date), days + date.toordinal(), codes + code
        if not able:
            return None
    best = min(able, key=lambda warehouse: (able[warehouse], warehouse))
    return [
        Piece(position, best, demand.units, row.date)
        for position, demand in enumerate(demands)
        for row in demand.rows
        if row.warehouse == best
    ]


def _fill(demands: Sequence[Demand], chosen: Iterable[int]) -> tuple[list[Piece], Rank]:
    """The pieces from these warehouses, which have enough of everything, and how good that is."""
    wanted = frozenset(chosen)
    pieces: list[Piece] = []
    last, days, codes, used = datetime.date.min, 0, 0, set()
    for position, demand in enumerate(demands):
        latest, left = datetime.date.min, demand.units
        for row in _pick([row for row in demand.rows if row.warehouse in wanted], left):
            pieces.append(Piece(position, row.warehouse, min(row.free, left), row.date))
            left -= pieces[-1].units
            latest = max(latest, row.date)
            codes += row.code
            used.add(row.warehouse)
        last = max(last, latest)
        days += latest.toordinal()
    return pieces, (len(used), last, days, codes, tuple(sorted(used)))


def _pick(rows: list[Row], units: int) -> list[Row]:
    """The rows that fill a demand by the earliest date at which it can be whole, as few of them as can be."""
    rows.sort(key=lambda row: (row.date, row.code, row.warehouse))
    if rows[0].free >= units:
        return rows[:1]
    by = next(
        row.date for row, together in zip(rows, accumulate(r.free for r in rows), strict=True) if together >= units
    )
    in_time = [row for row in rows if row.date <= by]
    whole = [row for row in in_time if row.free >= units]
    if whole:
        return whole[:1]
    in_time.sort(key=lambda row: (-row.free, row.code, row.warehouse))
    enough = next(i for i, together in enumerate(accumulate(row.free for row in in_time), 1) if together >= units)
    return in_time[:enough]


@dataclass(slots=True)
class _Search:
    """The fewest warehouses that have everything, the best of those that are as few."""

    demands: Sequence[Demand]
    free: list[Mapping[int, int]] = field(init=False)  # by demand: warehouse → units, the most first
    work: int = 0
    found: tuple[Rank, tuple[int, ...]] | None = None

    def __post_init__(self) -> None:
        self.free = [
            {row.warehouse: row.free for row in sorted(demand.rows, key=lambda row: (-row.free, row.warehouse))}
            for demand in self.demands
        ]

    def best(self) -> tuple[int, ...]:
        """The chosen warehouses. One that has all was looked for already."""
        missing = [demand.units for demand in self.demands]
        greedy = self._greedy(missing)
        for most in range(2, len(greedy) + 1):
            self._descend((), frozenset(), missing, most)
            if self.found is not None:
                return self.found[1]
            if self.work > _MOST_WORK:
                break
        return greedy

    def _descend(self, chosen: tuple[int, ...], out: frozenset[int], missing: list[int], most: int) -> None:
        """Try every set with at most so many warehouses, each once: branch on who fills the most awkward demand."""
        if not any(missing):
            rank = _fill(self.demands, chosen)[1]
            if self.found is None or rank < self.found[0]:
                self.found = rank, chosen
            return
        barred = out.union(chosen)
        awkward = self._awkward(missing, barred, most - len(chosen))
        if awkward is None:
            return
        tried: set[int] = set()
        for warehouse in self.free[awkward]:
            if warehouse not in barred:
                if self.work > _MOST_WORK:
                    return
                self._descend((*chosen, warehouse), out.union(tried), self._less(missing, warehouse), most)
                tried.add(warehouse)

    def _less(self, missing: Sequence[int], warehouse: int) -> list[int]:
        """What is missing when this warehouse brings what it has."""
        return [
            max(units - free.get(warehouse, 0), 0) if units else 0
            for units, free in zip(missing, self.free, strict=True)
        ]

    def _awkward(self, missing: Sequence[int], barred: frozenset[int], more: int) -> int | None:
        """The demand that the fewest can help with, or None when so many more warehouses can never do.

        Never wrongly None: each demand is looked at by itself, and all units together.
        """
        brings: dict[int, int] = {}
        awkward, fewest = None, 0
        for position, (units, free) in enumerate(zip(missing, self.free, strict=True)):
            if not units:
                continue
            self.work += len(free)
            together = count = 0
            for warehouse, have in free.items():
                if warehouse not in barred:
                    count += 1
                    if count <= more:
                        together += have
                    brings[warehouse] = brings.get(warehouse, 0) + (min(units, have))
            if together < units:
                return None
            if awkward is None or count < fewest:
                awkward, fewest = position, count
        return awkward if sum(sorted(brings.values(), reverse=True)[:more]) >= sum(missing) else None

    def _greedy(self, missing: Sequence[int]) -> tuple[int, ...]:
        """Whoever brings most of what is missing, until nothing is; then without those who turned out needless."""
        left, chosen = list(missing), list[int]()
        while any(left):
            brings: dict[int, int] = {}
            for units, free in zip(left, self.free, strict=True):
                if units:
                    for warehouse, have in free.items():
                        brings[warehouse] = brings.get(warehouse, 0) + (min(units, have))
            best = max((w for w in brings if w not in chosen), key=lambda w: (brings[w], -w))
            chosen.append(best)
            left = self._less(left, best)
        for warehouse in list(chosen):
            others = [w for w in chosen if w != warehouse]
            if self._enough(missing, others):
                chosen = others
        return tuple(chosen)

    def _enough(self, missing: Sequence[int], chosen: Sequence[int]) -> bool:
        """Whether these warehouses have everything."""
        return all(
            sum(free.get(warehouse, 0) for warehouse in chosen) >= units
            for units, free in zip(missing, self.free, strict=True)
        )
