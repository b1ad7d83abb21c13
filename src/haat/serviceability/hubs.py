"""Hubs, as operators see to them."""

from dataclasses import dataclass

import msgspec
from msgspec import UNSET, UnsetType

from haat.errors import NotFound
from haat.serviceability.build_matrix import BuildMatrix
from haat.serviceability.model import Hub, HubCode, Latitude, Longitude, Name, PinText
from haat.serviceability.patch import changed
from haat.serviceability.ports import NetworkStore


class NewHub(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A hub to be opened; PIN codes nearest to it become its own."""

    code: HubCode
    name: Name
    pincode: PinText
    city: Name
    state: Name
    latitude: Latitude
    longitude: Longitude
    active: bool = True
    cod: bool = True
    heavy: bool = True
    hazardous: bool = True


class HubPatch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to change. A hub does not move: its PIN codes would; open another and close this one."""

    name: Name | UnsetType = UNSET
    active: bool | UnsetType = UNSET
    cod: bool | UnsetType = UNSET
    heavy: bool | UnsetType = UNSET
    hazardous: bool | UnsetType = UNSET


@dataclass(frozen=True, slots=True)
class Hubs:
    """Opens, reads and changes hubs. Changes are live; a new hub cuts PIN codes anew, so the matrix is built."""

    store: NetworkStore
    build: BuildMatrix

    async def create(self, new: NewHub) -> Hub:
        """The hub as it stands, after the build that gives it its PIN codes. Raises: AlreadyThere, Unavailable."""
        saved = await self.store.save(Hub(ordinal=0, **msgspec.structs.asdict(new)), 0)
        await self.build()
        return saved

    async def read(self, code: str) -> Hub:
        """Raises: NotFound, Unavailable."""
        found = await self.store.find(Hub, code)
        if found is None:
            raise NotFound("There is no such hub.")
        return found

    async def change(self, code: str, patch: HubPatch, expects: int) -> Hub:
        """The hub after the change. Raises: NotFound, Stale, Unavailable."""
        return await self.store.save(changed(await self.read(code), patch), expects)
