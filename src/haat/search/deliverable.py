"""From a place and a moment to the delivery clauses of a query: the one part of a search that knows about lanes.

A hub whose terms can be trusted is asked by one term, its dates by ranges of arrival codes. While a lane change is not
indexed yet, or if a calendar made a larger code earlier, warehouses are asked instead: dearer, and always right.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np

from haat.search.coverage import Coverage
from haat.search.index import ByHub, ByWarehouse, Clause, Delivery
from haat.search.ports import Place, Reach
from haat.vocabulary import SHIPPING_CLASSES, ShippingClass

SHOWN_DATES: Final = 7
"""Dates of the arrives-by facet before the last: a week of choices, and no more filters than that per query."""
_NEVER: Final = 255
_NOTHING: Final = ByWarehouse(())


@dataclass(frozen=True, slots=True)
class Plan:
    """Delivery clauses for one place and moment. `days` are the dates of `delivery.dates`."""

    delivery: Delivery
    days: tuple[date, ...]
    tiers: tuple[Clause, ...]  # one a date, cumulative, for listings by date


class Deliveries:
    """Makes plans; remembers the arrival codes of each hub while the matrix stays."""

    def __init__(self) -> None:
        self._reach: Reach | None = None
        self._codes: dict[tuple[int, frozenset[ShippingClass]], tuple[int, ...]] = {}

    def plan(self, coverage: Coverage, reach: Reach, place: Place, now_ms: int, deliver_by: date | None) -> Plan:
        """The clauses. Cost: 10 µs for a trusted hub."""
        dates = reach.dates(place, now_ms)
        steps = None
        if coverage.trusted(reach, place.hub):
            steps = _by_code(place.hub, self._present(reach, place), dates)
        if steps is None:
            steps = _by_warehouse(reach, place, dates)
        days = [day for day, _ in steps]
        clauses = [clause for _, clause in steps]
        if not steps:
            return Plan(Delivery(reaches=_NOTHING, by=_NOTHING if deliver_by else None), (), ())
        by: Clause | None = None
        if deliver_by is not None:
            upto = bisect_right(days, deliver_by)
            by = clauses[upto - 1] if upto else _NOTHING
            tiers = clauses[: max(upto, 1)]
        else:
            tiers = clauses
        shown = range(len(steps)) if len(steps) <= SHOWN_DATES + 1 else (*range(SHOWN_DATES), len(steps) - 1)
        delivery = Delivery(
            reaches=clauses[-1],
            refuses=tuple(sorted(place.refuses)),
            by=by,
            dates=tuple(clauses[at] for at in shown),
        )
        return Plan(delivery, tuple(days[at] for at in shown), tuple(tiers))

    def _present(self, reach: Reach, place: Place) -> tuple[int, ...]:
        """The arrival codes that occur at the hub, for classes this place takes, ascending."""
        if self._reach is not reach:
            self._reach, self._codes = reach, {}
        key = (place.hub, place.refuses)
        found = self._codes.get(key)
        if found is None:
            columns = [reach.codes[name][:, place.hub] for name in SHIPPING_CLASSES if name not in place.refuses]
            codes = np.unique(np.concatenate(columns)) if columns else np.empty(0, np.uint8)
            found = self._codes[key] = tuple(int(code) for code in codes if code != _NEVER)
        return found


def _by_code(hub: int, present: Sequence[int], dates: Sequence[date | None]) -> list[tuple[date, Clause]] | None:
    """Each date with the codes that arrive by then; None if the dates do not grow with the codes."""
    last: dict[date, int] = {}
    latest: date | None = None
    missing = False
    for code in present:
        day = dates[code]
        if day is None:
            missing = True
        elif missing or (latest is not None and day < latest):
            return None
        else:
            last[day] = code
            latest = day
    steps: list[tuple[date, Clause]] = [(day, ByHub(hub, 0, code)) for day, code in last.items()]
    if steps and not missing:
        steps[-1] = (steps[-1][0], ByHub(hub))
    return steps


def _by_warehouse(reach: Reach, place: Place, dates: Sequence[date | None]) -> list[tuple[date, Clause]]:
    """Each date with the warehouses, per shipping class, that arrive by then."""
    arrivals: dict[ShippingClass, list[tuple[date, str]]] = {}
    for name in SHIPPING_CLASSES:
        if name in place.refuses:
            continue
        column = reach.codes[name][:, place.hub].tolist()
        found = ((dates[code], w) for code, w in zip(column, reach.warehouses, strict=True) if code != _NEVER)
        arrivals[name] = [(day, w) for day, w in found if day is not None]
    every = sorted({day for pairs in arrivals.values() for day, _ in pairs})
    return [(day, ByWarehouse(_sets(arrivals, day))) for day in every]


def _sets(
    arrivals: dict[ShippingClass, list[tuple[date, str]]], by: date
) -> tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]:
    """Classes that the same warehouses serve share a set: mostly there is one."""
    grouped: dict[tuple[str, ...], list[str]] = {}
    for name, pairs in arrivals.items():
        serving = tuple(w for day, w in pairs if day <= by)
        if serving:
            grouped.setdefault(serving, []).append(name)
    return tuple((tuple(classes), serving) for serving, classes in grouped.items())
