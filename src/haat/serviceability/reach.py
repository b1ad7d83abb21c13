"""Reach: one immutable snapshot of who reaches whom and when, as search, product page, quote and order ask it.

Live changes make a new snapshot that shares what did not change; `Serviceability.reach` is swapped in one assignment.
Arrays may be mapped from a file; single lookups go through plain bytes, one column per hub, made on first use
(indexing an array costs several times a whole lookup; lists are faster only while all fits the processor's cache).
"""

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np

from haat.serviceability.matrix import Bytes, Cells
from haat.serviceability.model import COD, NOT_SERVED, Network, PinRule, Place, Promise, Step
from haat.serviceability.pins import NotServed, PinTable
from haat.serviceability.promise import Dates, Promises
from haat.vocabulary import SHIPPING_CLASSES, ShippingClass


@dataclass(slots=True)
class _Columns:
    """A (warehouses, hubs) array as bytes per hub; filled as hubs are asked for."""

    array: Bytes
    by_hub: list[bytes | None]

    @classmethod
    def of(cls, array: Bytes, known: "_Columns | None") -> "_Columns":
        """Columns of an array; those equal in a known one are taken over."""
        if known is None or known.array.shape != array.shape:
            return cls(array, [None] * array.shape[1])
        if known.array is array:
            return known
        dirty = (known.array != array).any(axis=0).tolist()
        return cls(array, [None if d else old for d, old in zip(dirty, known.by_hub, strict=True)])

    def at(self, hub: int) -> bytes:
        """One column by warehouse ordinal."""
        column = self.by_hub[hub]
        if column is None:
            column = self.by_hub[hub] = self.array[:, hub].tobytes()
        return column


@dataclass(slots=True)
class _Moment:
    """Dates by hub and last mile, good until the next cut-off or midnight."""

    start_ms: int = 0
    end_ms: int = 0
    dates: dict[int, Dates] = field(default_factory=dict)


@dataclass(slots=True)
class _Made:
    """What a snapshot computes as it is asked, and hands on to the next one as far as it stays right."""

    columns: Mapping[ShippingClass, _Columns]
    flags: _Columns
    places: dict[str, Place | NotServed]


class Reach:
    """Who reaches whom, as of one generation. All attributes are read-only; arrays are (warehouses, hubs) uint8.

    `codes` is by shipping class: the arrival code of standard service, 255 = does not serve.
    """

    def __init__(
        self, network: Network, cells: Cells, pins: PinTable, promises: Promises, known: "Reach | None" = None
    ) -> None:
        self.generation: int = network.generation
        self.network = network
        self.cells = cells
        self.pins = pins
        self.promises = promises
        self.hubs: int = cells.days.shape[1]
        self.warehouses: tuple[str, ...] = tuple(w.id for w in network.warehouses)
        self.ordinals: Mapping[str, int] = MappingProxyType({id_: i for i, id_ in enumerate(self.warehouses)})
        self.codes: Mapping[ShippingClass, Bytes] = MappingProxyType(
            dict(zip(SHIPPING_CLASSES, cells.codes, strict=True))
        )
        self.made = self._take_over(known)
        self._columns = {name: columns.by_hub for name, columns in self.made.columns.items()}
        self._flags = self.made.flags.by_hub
        self._states = [hub.state for hub in network.hubs[: self.hubs]]
        self._names = [hub.name for hub in network.hubs[: self.hubs]]
        self._rules: Mapping[str, PinRule] = {rule.pincode: rule for rule in network.rules}
        self._moment = _Moment()

    def place(self, pincode: str) -> Place | None:
        """The place of a PIN code, or None when it is not served. Cost: 0.2 µs, some 10 µs the first time."""
        found = self.made.places.get(pincode)
        if found is None:
            found = self._look_up(pincode)
        return found if isinstance(found, Place) else None

    def why_not(self, pincode: str) -> NotServed | None:
        """Why a PIN code is not served; None when it is."""
        found = self.made.places.get(pincode) or self._look_up(pincode)
        return None if isinstance(found, Place) else found

    def dates(self, place: Place, now_ms: int) -> Sequence[datetime.date | None]:
        """Arrival code → promised date at this place; 256 entries, non-decreasing, None where nothing is promised."""
        return self._dates(place, now_ms)

    def best(self, place: Place, ordinals: Iterable[int], shipping_class: ShippingClass, now_ms: int) -> Promise | None:
        """The earliest of these warehouses at this place, or None when none serves it. The first of equals wins.

        Cost: ≤ 2 µs for ten warehouses (benchmarks/matrix.py).
        """
        refuses = place.refuses
        if refuses and shipping_class in refuses:
            return None
        hub = place.hub
        column = self._columns[shipping_class][hub] or self.made.columns[shipping_class].at(hub)
        best, code = -1, NOT_SERVED
        for ordinal in ordinals:
            own = column[ordinal]
            if own < code:
                best, code = ordinal, own
        if best < 0:
            return None
        moment = self._moment  # the body of _dates, without the call
        dates = moment.dates.get(hub << 8 | place.last_mile_days) if moment.start_ms <= now_ms < moment.end_ms else None
        day = (dates or self._dates(place, now_ms))[code]
        if day is None:
            return None
        flags = self._flags[hub] or self.made.flags.at(hub)
        return Promise(best, code, day, place.cod and flags[best] & COD != 0)

    def column(self, place: Place, shipping_class: ShippingClass = "standard") -> bytes:
        """Arrival codes of all warehouses at this place's hub, by ordinal."""
        return self.made.columns[shipping_class].at(place.hub)

    def takes_cash(self, place: Place, ordinal: int) -> bool:
        """Whether cash on delivery is taken on this warehouse's lane to the place."""
        return place.cod and self.flags(place)[ordinal] & COD != 0

    def flags(self, place: Place) -> bytes:
        """Flags of all warehouses' lanes to this place's hub, by ordinal."""
        return self.made.flags.at(place.hub)

    def explain(
        self, place: Place, warehouse: str, now_ms: int, shipping_class: ShippingClass = "standard"
    ) -> tuple[Step, ...] | None:
        """The way of a parcel from this warehouse, its last step on the promised date; None when not served."""
        ordinal = self.ordinals.get(warehouse)
        if ordinal is None or shipping_class in place.refuses:
            return None
        code = self.column(place, shipping_class)[ordinal]
        handling = self.network.warehouses[ordinal].handling_days
        return self.promises.steps(self._states[place.hub], place.last_mile_days, handling, code, now_ms)

    def hubs_that_differ(self, other: "Reach") -> frozenset[int]:
        """Hubs whose arrival codes differ in another snapshot; all of them if warehouses or hubs were cut anew.

        Cost: under 1 ms at 500 × 809.
        """
        common = min(len(self.warehouses), len(other.warehouses))
        if self.hubs != other.hubs or self.warehouses[:common] != other.warehouses[:common]:
            return frozenset(range(max(self.hubs, other.hubs)))
        dirty = np.zeros(self.hubs, bool)
        for name, array in self.codes.items():
            theirs = other.codes[name]
            if array is theirs:
                continue
            dirty |= (array[:common] != theirs[:common]).any(axis=0)
            for rest in (array[common:], theirs[common:]):
                dirty |= (rest != NOT_SERVED).any(axis=0)
        return frozenset(np.flatnonzero(dirty).tolist())

    def _dates(self, place: Place, now_ms: int) -> Dates:
        moment = self._moment
        if not moment.start_ms <= now_ms < moment.end_ms:
            moment = self._moment = _Moment(*self.promises.window(now_ms))
        key = place.hub << 8 | place.last_mile_days
        found = moment.dates.get(key)
        if found is None:
            found = self.promises.dates(self._states[place.hub], place.last_mile_days, now_ms)
            moment.dates[key] = found
        return found

    def _look_up(self, pincode: str) -> Place | NotServed:
        row = self.pins.find(pincode) if len(pincode) == 6 and pincode.isascii() and pincode.isdigit() else None
        if row is None:
            return "unknown_pincode"  # not remembered: there is no end of wrong numbers
        found = self.made.places[pincode] = self.pins.place(row, self._names, self._rules.get(pincode))
        return found

    def _take_over(self, known: "Reach | None") -> _Made:
        old = known.made if known else None
        columns = {name: _Columns.of(array, old.columns[name] if old else None) for name, array in self.codes.items()}
        same_places = (
            known is not None
            and known.pins is self.pins
            and known.network.rules == self.network.rules
            and [hub.name for hub in known.network.hubs] == [hub.name for hub in self.network.hubs]
        )
        return _Made(
            columns=columns,
            flags=_Columns.of(self.cells.flags, old.flags if old else None),
            places=old.places if old and same_places else {},
        )
