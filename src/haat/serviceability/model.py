"""The words of serviceability: hubs, warehouses, lanes, rules for PIN codes, and what is promised from them.

A parcel leaves its warehouse on a pickup day, travels to the hub of the buyer's PIN code, and from there goes the last
mile. An *arrival code* packs the first two: `days * 4 + (3 - wave)`, where days = handling + transit in pickup days
and wave is the warehouse's daily pickup (0 the earliest). Smaller is never later; 255 means "does not serve".
"""

import datetime
from collections.abc import Mapping
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from haat.errors import Conflict
from haat.vocabulary import ShippingClass

ServiceLevel = Literal["standard", "express"]
SERVICE_LEVELS: Final[tuple[ServiceLevel, ...]] = ("standard", "express")

WAVES: Final = 4
MAX_DAYS: Final = 62  # handling + transit that a code has room for; 63 would collide with NOT_SERVED
NOT_SERVED: Final = 255
CODES: Final = 256

COD: Final = 1  # bits of a lane's flags
HEAVY: Final = 2
HAZARDOUS: Final = 4
EXPRESS: Final = 8

CLASS_BITS: Final[Mapping[ShippingClass, int]] = {"standard": 0, "heavy": HEAVY, "hazardous": HAZARDOUS}
"""The flag a lane, hub or PIN code must have for a class; standard needs none."""

DEFAULT_REACH_KM: Final = 600.0  # a regional warehouse: some six in ten PIN codes lie outside it


MAX_LAST_MILE_DAYS: Final = 30
TransitDays = Annotated[int, Meta(ge=0, le=MAX_DAYS, description="Pickup days")]
LastMileDays = Annotated[int, Meta(ge=0, le=MAX_LAST_MILE_DAYS, description="Delivery days after the hub's day")]
Wave = Annotated[int, Meta(ge=0, le=WAVES - 1, description="The daily pickup: 0 is the earliest, 3 the latest")]
ReachKm = Annotated[float, Meta(gt=0, le=10_000, description="How far the distance rule lets it deliver")]
Latitude = Annotated[float, Meta(ge=-90, le=90)]
Longitude = Annotated[float, Meta(ge=-180, le=180)]
Name = Annotated[str, Meta(min_length=1, max_length=120)]
Code = Annotated[str, Meta(pattern="^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$", description="a-z, 0-9, inner hyphens")]
HubCode = Annotated[str, Meta(pattern="^[A-Za-z0-9](?:[A-Za-z0-9-]{0,18}[A-Za-z0-9])?$")]
PinText = Annotated[str, Meta(pattern="^[1-9][0-9]{5}$", description="Six digits")]


def code_of(days: int, wave: int) -> int:
    """The arrival code of so many pickup days by this wave, or NOT_SERVED when there is no room for it."""
    return days * WAVES + (WAVES - 1 - wave) if 0 <= days <= MAX_DAYS else NOT_SERVED


class Hub(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery hub. Its ordinal is its column in the matrix, for ever."""

    ordinal: int
    code: str  # its PIN code, with "-2" behind it where a PIN code has two
    name: str
    pincode: str
    city: str
    state: str
    latitude: float
    longitude: float
    active: bool = True
    cod: bool = True
    heavy: bool = True
    hazardous: bool = True
    version: int = 1


class Warehouse(msgspec.Struct, frozen=True, kw_only=True):
    """Where stock lies. Its ordinal is its row in the matrix, for ever."""

    ordinal: int
    id: str
    code: str
    name: str
    seller: str | None  # None: open to every seller
    pincode: str
    latitude: float
    longitude: float
    handling_days: int
    wave: int
    reach_km: float = DEFAULT_REACH_KM
    active: bool = True
    version: int = 1


class Lane(msgspec.Struct, frozen=True, kw_only=True):
    """What an operator says about one leg; None leaves it to the distance rule.

    origin is a warehouse id (the whole way to the hub) or a hub's code (one leg between neighbouring sorting centres).
    """

    origin: str
    hub: str  # the code of the hub it leads to
    transit_days: int | None = None
    cod: bool | None = None
    heavy: bool | None = None
    hazardous: bool | None = None
    express: bool | None = None
    active: bool = True
    version: int = 1

    @property
    def from_warehouse(self) -> bool:
        """Whether it is a warehouse's own lane rather than a leg between hubs."""
        return self.origin.startswith("whs_")


class PinRule(msgspec.Struct, frozen=True, kw_only=True):
    """What an operator says about one PIN code; None leaves it to the distance from its hub."""

    pincode: str
    served: bool | None = None
    last_mile_days: int | None = None
    cod: bool | None = None
    refuses: tuple[ShippingClass, ...] | None = None
    version: int = 1


class HolidayRule(msgspec.Struct, frozen=True, kw_only=True):
    """What an operator says about one day. region "" is the whole country, else a state's name."""

    region: str
    day: datetime.date
    off: bool
    name: str = ""
    version: int = 1


class Network(msgspec.Struct, frozen=True, kw_only=True):
    """All rows the matrix is computed from, as of one generation; hubs and warehouses by ordinal."""

    generation: int
    hubs: tuple[Hub, ...]
    warehouses: tuple[Warehouse, ...]
    lanes: tuple[Lane, ...] = ()
    rules: tuple[PinRule, ...] = ()
    holidays: tuple[HolidayRule, ...] = ()


class Place(msgspec.Struct, frozen=True, gc=False):
    """A PIN code that is served: its hub and what the last mile allows."""

    pincode: str
    hub: int  # the hub's ordinal
    hub_name: str
    city: str
    state: str
    last_mile_days: int  # in delivery days of the hub
    refuses: frozenset[ShippingClass]
    cod: bool


class Promise(msgspec.Struct, frozen=True, gc=False):
    """The earliest arrival of one unit at a place."""

    warehouse: int  # ordinal in the Reach that gave it
    code: int
    date: datetime.date  # in the shop's time zone
    cod: bool


class Step(msgspec.Struct, frozen=True, gc=False):
    """One line of the way a parcel takes."""

    name: Literal["leaves_warehouse", "reaches_hub", "at_your_door"]
    date: datetime.date


class AlreadyThere(Conflict):
    """A warehouse, hub, lane or rule with this key exists. Nothing was changed."""

    code, title = "already-there", "There is one already"
