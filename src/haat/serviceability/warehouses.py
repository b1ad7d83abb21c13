"""Warehouses, as operators set them up."""

from dataclasses import dataclass

import msgspec
from msgspec import UNSET, UnsetType

from haat.errors import Invalid, NotFound, Problem
from haat.serviceability.model import (
    DEFAULT_REACH_KM,
    AlreadyThere,
    Code,
    Latitude,
    Longitude,
    Name,
    PinText,
    ReachKm,
    TransitDays,
    Warehouse,
    Wave,
)
from haat.serviceability.patch import changed
from haat.serviceability.ports import NetworkStore, Places
from haat.vocabulary import Ids, pincode, seller_code


class NewWarehouse(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A warehouse to be opened. Without coordinates it stands in the middle of its PIN code."""

    code: Code
    name: Name
    pincode: PinText
    seller: str | None = None
    latitude: Latitude | None = None
    longitude: Longitude | None = None
    handling_days: TransitDays = 0
    wave: Wave = 1
    reach_km: ReachKm = DEFAULT_REACH_KM
    active: bool = True


class WarehousePatch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to change; the code and the seller stay for ever: stock and feeds name them."""

    name: Name | UnsetType = UNSET
    pincode: PinText | UnsetType = UNSET
    latitude: Latitude | UnsetType = UNSET
    longitude: Longitude | UnsetType = UNSET
    handling_days: TransitDays | UnsetType = UNSET
    wave: Wave | UnsetType = UNSET
    reach_km: ReachKm | UnsetType = UNSET
    active: bool | UnsetType = UNSET


@dataclass(frozen=True, slots=True)
class Warehouses:
    """Opens, reads and changes warehouses. A change reaches every process within seconds, without a build."""

    store: NetworkStore
    places: Places
    ids: Ids

    async def create(self, new: NewWarehouse) -> Warehouse:
        """The warehouse as it stands. Raises: Invalid, AlreadyThere, Unavailable."""
        latitude, longitude = self._stands(new.pincode, new.latitude, new.longitude)
        if new.seller is not None:
            seller_code(new.seller)
        if await self.store.warehouse_by_code(new.code) is not None:
            raise AlreadyThere(f"Another warehouse has the code {new.code}.")
        warehouse = Warehouse(
            ordinal=0,  # the store numbers it
            id=self.ids.new("whs"),
            code=new.code,
            name=new.name,
            seller=new.seller,
            pincode=new.pincode,
            latitude=latitude,
            longitude=longitude,
            handling_days=new.handling_days,
            wave=new.wave,
            reach_km=new.reach_km,
            active=new.active,
        )
        return await self.store.save(warehouse, 0)

    async def read(self, key: str) -> Warehouse:
        """By id or by code. Raises: NotFound, Unavailable."""
        by_id = key.startswith("whs_")
        found = await (self.store.find(Warehouse, key) if by_id else self.store.warehouse_by_code(key))
        if found is None:
            raise NotFound("There is no such warehouse.")
        return found

    async def change(self, key: str, patch: WarehousePatch, expects: int) -> Warehouse:
        """The warehouse after the change. Raises: NotFound, Stale, Invalid, Unavailable."""
        found = await self.read(key)
        after = changed(found, patch)
        if patch.pincode is not UNSET and patch.latitude is UNSET and patch.longitude is UNSET:
            latitude, longitude = self._stands(patch.pincode, None, None)
            after = msgspec.structs.replace(after, latitude=latitude, longitude=longitude)
        return await self.store.save(after, expects)

    def _stands(self, pin: str, latitude: float | None, longitude: float | None) -> tuple[float, float]:
        pincode(pin)
        if latitude is not None and longitude is not None:
            return latitude, longitude
        if latitude is not None or longitude is not None:
            raise Invalid(problems=[Problem("#/latitude", "Give latitude and longitude together, or neither.")])
        found = self.places.locate(pin)
        if found is None:
            detail = "We do not know where this PIN code lies: give latitude and longitude with it."
            raise Invalid(problems=[Problem("#/pincode", detail)])
        return found
