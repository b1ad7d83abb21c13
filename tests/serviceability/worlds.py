"""Small worlds for the tests of serviceability: a made-up country on a grid, calendars by hand."""

import datetime
import random
from collections.abc import Mapping
from zoneinfo import ZoneInfo

from haat.serviceability.matrix import build
from haat.serviceability.model import Hub, Network, Warehouse
from haat.serviceability.pins import PinTable, pin_table
from haat.serviceability.ports import KnownHub, KnownPincode
from haat.serviceability.promise import Calendars, Promises
from haat.serviceability.reach import Reach

ZONE = ZoneInfo("Asia/Kolkata")


class HandHolidays:
    """Holidays as listed: region "" is national, which every state has too."""

    def __init__(self, days: Mapping[str, set[datetime.date]] | None = None) -> None:
        self._days = days or {}

    def national(self, year: int) -> frozenset[datetime.date]:
        return frozenset(day for day in self._days.get("", set()) if day.year == year)

    def of_state(self, state: str, year: int) -> frozenset[datetime.date]:
        return self.national(year) | frozenset(day for day in self._days.get(state, set()) if day.year == year)


class GridPlaces:
    """PIN codes 110001… on a grid, a hub at every fifth; some lack coordinates or a delivery office."""

    def __init__(self, side: int = 12, step_degrees: float = 0.4) -> None:
        self._side = side
        self._step = step_degrees

    def pincodes(self) -> list[KnownPincode]:
        return [
            KnownPincode(
                pincode=f"{110_001 + i}",
                latitude=None if i % 31 == 30 else 20 + (i // self._side) * self._step,
                longitude=None if i % 31 == 30 else 75 + (i % self._side) * self._step,
                city="" if i % 62 == 61 else f"Town {i % self._side // 3}",
                state="" if i % 62 == 61 else ("Karnataka" if i % self._side < self._side // 2 else "Tamil Nadu"),
                delivers=i % 23 != 22,
            )
            for i in range(self._side * self._side)
        ]

    def locate(self, pincode: str) -> tuple[float, float] | None:
        known = next((p for p in self.pincodes() if p.pincode == pincode), None)
        if known is None or known.latitude is None or known.longitude is None:
            return None
        return known.latitude, known.longitude

    def hubs(self) -> list[KnownHub]:
        return [
            KnownHub(
                pincode=p.pincode,
                name=f"Hub {p.pincode}",
                city=p.city,
                state=p.state,
                latitude=p.latitude,
                longitude=p.longitude,
            )
            for i, p in enumerate(self.pincodes())
            if i % 5 == 0 and p.latitude is not None and p.longitude is not None
        ]


def hubs_of(places: GridPlaces) -> tuple[Hub, ...]:
    return tuple(
        Hub(
            ordinal=i,
            code=hub.pincode,
            name=hub.name,
            pincode=hub.pincode,
            city=hub.city,
            state=hub.state,
            latitude=hub.latitude,
            longitude=hub.longitude,
        )
        for i, hub in enumerate(places.hubs())
    )


def warehouses_of(places: GridPlaces, count: int, seed: int = 1) -> tuple[Warehouse, ...]:
    chance = random.Random(seed)
    at = [p for p in places.pincodes() if p.latitude is not None]
    return tuple(
        Warehouse(
            ordinal=i,
            id=f"whs_{i:026d}",
            code=f"w-{i}",
            name=f"Warehouse {i}",
            seller=None,
            pincode=p.pincode,
            latitude=p.latitude or 0.0,
            longitude=p.longitude or 0.0,
            handling_days=chance.randrange(3),
            wave=chance.randrange(4),
            reach_km=chance.choice([90.0, 200.0, 400.0, 900.0]),
        )
        for i, p in enumerate(chance.choices(at, k=count))
    )


def network_of(places: GridPlaces, warehouses: int = 12, seed: int = 1) -> Network:
    return Network(generation=1, hubs=hubs_of(places), warehouses=warehouses_of(places, warehouses, seed))


def promises_of(days: Mapping[str, set[datetime.date]] | None = None) -> Promises:
    return Promises(Calendars(HandHolidays(days)), ZONE)


def reach_of(network: Network, pins: PinTable | None = None, promises: Promises | None = None) -> Reach:
    pins = pins or pin_table(GridPlaces().pincodes(), network.hubs)
    return Reach(network, build(network), pins, promises or promises_of())


def ms(text: str) -> int:
    """A moment in Kolkata, "2026-11-22 12:00", as milliseconds."""
    return round(datetime.datetime.fromisoformat(text).replace(tzinfo=ZONE).timestamp() * 1000)
