"""Lanes, where an operator knows better than the distance rule."""

from dataclasses import dataclass

import msgspec
from msgspec import UNSET, UnsetType

from haat.errors import Invalid, NotFound, Problem
from haat.serviceability.model import Hub, HubCode, Lane, Name, TransitDays, Warehouse
from haat.serviceability.patch import changed
from haat.serviceability.ports import NetworkStore


class NewLane(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A lane to be overruled: from a warehouse's id or a hub's code; null leaves a field to the rule."""

    origin: Name
    hub: HubCode
    transit_days: TransitDays | None = None
    cod: bool | None = None
    heavy: bool | None = None
    hazardous: bool | None = None
    express: bool | None = None
    active: bool = True


class LanePatch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to change; null gives a field back to the rule, `active` false closes the lane."""

    transit_days: TransitDays | UnsetType | None = UNSET
    cod: bool | UnsetType | None = UNSET
    heavy: bool | UnsetType | None = UNSET
    hazardous: bool | UnsetType | None = UNSET
    express: bool | UnsetType | None = UNSET
    active: bool | UnsetType = UNSET


@dataclass(frozen=True, slots=True)
class Lanes:
    """Reads and overrides lanes from a warehouse to a hub, and legs between hubs. Changes are live within seconds."""

    store: NetworkStore

    async def create(self, new: NewLane) -> Lane:
        """The lane as it stands. Raises: Invalid when an end does not exist, AlreadyThere, Unavailable."""
        lane, problems = Lane(**msgspec.structs.asdict(new)), []
        origin: Warehouse | Hub | None
        if lane.from_warehouse:
            origin = await self.store.find(Warehouse, lane.origin)
        else:
            origin = await self.store.find(Hub, lane.origin)
        if origin is None:
            detail = "Name a warehouse's id (whs_…) or a hub's code; there is none of this name."
            problems.append(Problem("#/origin", detail))
        if await self.store.find(Hub, lane.hub) is None:
            problems.append(Problem("#/hub", "Name a hub's code; there is no hub of this code."))
        elif lane.origin == lane.hub:
            problems.append(Problem("#/hub", "A lane leads to another hub than it comes from."))
        if problems:
            raise Invalid(problems=problems)
        return await self.store.save(lane, 0)

    async def read(self, origin: str, hub: str) -> Lane:
        """Raises: NotFound where the rule alone decides, Unavailable."""
        found = await self.store.find(Lane, origin, hub)
        if found is None:
            raise NotFound("Nobody has overruled the distance rule on this lane.")
        return found

    async def change(self, origin: str, hub: str, patch: LanePatch, expects: int) -> Lane:
        """The lane after the change. Raises: NotFound, Stale, Unavailable."""
        return await self.store.save(changed(await self.read(origin, hub), patch), expects)
