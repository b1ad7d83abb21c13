"""PIN codes to hubs: which hub a PIN code belongs to, how far the last mile is, and what it allows.

A PIN code belongs to the nearest hub. One without coordinates takes the hub of the head office it shares its number
with, else the hub most PIN codes of its district have; if there is neither it is not served. One without a delivery
office is not served. Hubs that are closed keep their PIN codes: these are cut off, not handed to another hub.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from haat.serviceability.matrix import chord_km, unit_vectors
from haat.serviceability.model import COD, HAZARDOUS, HEAVY, Hub, PinRule, Place
from haat.serviceability.ports import KnownPincode
from haat.vocabulary import ShippingClass

NotServed = Literal["unknown_pincode", "no_delivery_office", "place_not_known", "closed"]

NO_HUB: Final = 65_535
LAST_MILE_KM: Final = (25.0, 60.0, 120.0)  # up to each: 0, 1, 2 delivery days after the hub's day; beyond: 3
UNKNOWN_DISTANCE_DAYS: Final = 2  # cautious: nine in ten PIN codes are nearer than that
HAZARDOUS_DAYS: Final = 1  # what a van's tour may carry that far
HEAVY_DAYS: Final = 2
COD_DAYS: Final = 2

_REFUSALS: Final[Mapping[int, frozenset[ShippingClass]]] = {
    0: frozenset(),
    HEAVY: frozenset({"heavy"}),
    HAZARDOUS: frozenset({"hazardous"}),
    HEAVY | HAZARDOUS: frozenset({"heavy", "hazardous"}),
}


@dataclass(frozen=True, slots=True)
class PinTable:
    """All PIN codes a country knows, as arrays by ascending PIN code; texts are shared."""

    pincodes: npt.NDArray[np.int32]
    hubs: npt.NDArray[np.uint16]  # NO_HUB where no place is known
    last_mile_days: npt.NDArray[np.uint8]
    allows: npt.NDArray[np.uint8]  # COD, HEAVY, HAZARDOUS bits
    delivers: npt.NDArray[np.uint8]  # 0: no delivery office
    cities: npt.NDArray[np.uint16]  # index into texts
    states: npt.NDArray[np.uint16]
    texts: tuple[str, ...]

    def find(self, pincode: str) -> int | None:
        """The row of a PIN code, or None."""
        number = int(pincode)
        row = bisect_left(self.pincodes, number)
        return row if row < len(self.pincodes) and self.pincodes[row] == number else None

    def place(self, row: int, hubs: Sequence[str], rule: PinRule | None) -> Place | NotServed:
        """The place of a row with an operator's rule over it, or why it is not served. `hubs` are names by ordinal."""
        hub = int(self.hubs[row])
        if rule is not None and rule.served is False:
            return "closed"
        if not self.delivers[row] and not (rule is not None and rule.served):
            return "no_delivery_office"
        if hub >= len(hubs):
            return "place_not_known"
        days, allows = int(self.last_mile_days[row]), int(self.allows[row])
        refuses, cod = _REFUSALS[~allows & (HEAVY | HAZARDOUS)], bool(allows & COD)
        if rule is not None:
            days = days if rule.last_mile_days is None else rule.last_mile_days
            refuses = refuses if rule.refuses is None else frozenset(rule.refuses)
            cod = cod if rule.cod is None else rule.cod
        return Place(
            pincode=str(int(self.pincodes[row])),
            hub=hub,
            hub_name=hubs[hub],
            city=self.texts[self.cities[row]],
            state=self.texts[self.states[row]],
            last_mile_days=days,
            refuses=refuses,
            cod=cod,
        )


def no_pins() -> PinTable:
    """The table of a country that nobody has read yet."""
    return pin_table([], [])


def pin_table(pincodes: Sequence[KnownPincode], hubs: Sequence[Hub]) -> PinTable:
    """Every PIN code with its hub. Cost: some 0.1 s for India's 19,586."""
    hub_of, km = _nearest(pincodes, hubs)
    days = np.searchsorted(LAST_MILE_KM, km, side="left").astype(np.uint8)  # NaN sorts last, and is set below
    days[np.isnan(km)] = UNKNOWN_DISTANCE_DAYS
    allows = np.where(days <= COD_DAYS, COD, 0) | np.where(days <= HEAVY_DAYS, HEAVY, 0)
    allows |= np.where(days <= HAZARDOUS_DAYS, HAZARDOUS, 0)
    texts = sorted({p.city for p in pincodes} | {p.state for p in pincodes})
    index = {text: i for i, text in enumerate(texts)}
    return PinTable(
        pincodes=np.array([int(p.pincode) for p in pincodes], np.int32),
        hubs=hub_of,
        last_mile_days=days,
        allows=allows.astype(np.uint8),
        delivers=np.array([p.delivers for p in pincodes], np.uint8),
        cities=np.array([index[p.city] for p in pincodes], np.uint16),
        states=np.array([index[p.state] for p in pincodes], np.uint16),
        texts=tuple(texts),
    )


def _nearest(
    pincodes: Sequence[KnownPincode], hubs: Sequence[Hub]
) -> tuple[npt.NDArray[np.uint16], npt.NDArray[np.float64]]:
    hub_of = np.full(len(pincodes), NO_HUB, np.uint16)
    km = np.full(len(pincodes), np.nan)
    known = np.array([i for i, p in enumerate(pincodes) if p.latitude is not None and p.longitude is not None], int)
    if hubs and len(known):
        at = unit_vectors([pincodes[i].latitude for i in known], [pincodes[i].longitude for i in known])
        from scipy.spatial import cKDTree  # scipy costs half a second to import: only who trains or builds pays it

        tree = cKDTree(unit_vectors([h.latitude for h in hubs], [h.longitude for h in hubs]))
        chords, nearest = tree.query(at)
        hub_of[known], km[known] = nearest, chord_km(chords)
    own = {hub.pincode: hub.ordinal for hub in reversed(hubs)}
    districts: dict[tuple[str, str], Counter[int]] = {}
    for i in known:
        if hub_of[i] != NO_HUB and pincodes[i].city:
            districts.setdefault((pincodes[i].state, pincodes[i].city), Counter())[int(hub_of[i])] += 1
    for i, p in enumerate(pincodes):
        if hub_of[i] == NO_HUB:
            counts = districts.get((p.state, p.city))
            usual = min(counts, key=lambda hub: (-counts[hub], hub)) if counts else NO_HUB
            hub_of[i] = own.get(p.pincode, usual)
    return hub_of, km
