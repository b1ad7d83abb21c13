"""PIN codes and days, where an operator knows better than the derived rule or the public calendar."""

import datetime
from dataclasses import dataclass
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from haat.errors import Invalid, NotFound, Problem, Stale
from haat.serviceability.live import Serviceability
from haat.serviceability.model import HolidayRule, LastMileDays, Name, PinRule, Place
from haat.serviceability.patch import changed
from haat.serviceability.pins import NotServed
from haat.serviceability.ports import NetworkStore
from haat.vocabulary import ShippingClass, pincode


class PinRulePatch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to change; null gives a field back to the derived rule, `served` false is the outage switch."""

    served: bool | UnsetType | None = UNSET
    last_mile_days: LastMileDays | UnsetType | None = UNSET
    cod: bool | UnsetType | None = UNSET
    refuses: tuple[ShippingClass, ...] | UnsetType | None = UNSET


class PinSheet(msgspec.Struct, frozen=True, kw_only=True):
    """A PIN code: what an operator said of it (version 0: nothing yet), and what holds in this process now."""

    rule: PinRule
    place: Place | None
    not_served: NotServed | None


class NewHoliday(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A day on which the public calendar is overruled. region "all" is the whole country, else a state's name."""

    region: Name
    day: datetime.date
    off: bool
    name: Annotated[str, Meta(max_length=120)] = ""


@dataclass(frozen=True, slots=True)
class PinRules:
    """Reads and overrules single PIN codes. Changes are live within seconds."""

    store: NetworkStore
    serviceability: Serviceability

    async def read(self, text: str) -> PinSheet:
        """Raises: Invalid, NotFound when the postal data has no such PIN code, Unavailable."""
        pin = pincode(text, "pincode")
        reach = self.serviceability.reach
        if reach.pins.find(pin) is None:
            raise NotFound("The postal data has no such PIN code.")
        rule = await self.store.find(PinRule, pin) or PinRule(pincode=pin, version=0)
        return PinSheet(rule=rule, place=reach.place(pin), not_served=reach.why_not(pin))

    async def change(self, text: str, patch: PinRulePatch, expects: int) -> PinRule:
        """The rule after the change; version 0 expects none yet. Raises: as read, and Stale."""
        rule = (await self.read(text)).rule
        if patch.refuses and "standard" in patch.refuses:
            detail = "A PIN code that refuses standard goods is not served: set `served` to false instead."
            raise Invalid(problems=[Problem("#/refuses", detail)])
        if (rule.version == 0) != (expects == 0):
            raise Stale(f"It is at version {rule.version} now. Read it again, then change it.", version=rule.version)
        return await self.store.save(changed(rule, patch), expects)


@dataclass(frozen=True, slots=True)
class HolidayRules:
    """Reads and overrules days, for the country (region "all") or one state. Changes are live within seconds."""

    store: NetworkStore
    serviceability: Serviceability

    async def create(self, new: NewHoliday) -> HolidayRule:
        """Raises: Invalid when no hub lies in such a state, AlreadyThere, Unavailable."""
        region = _region(new.region)
        states = {hub.state for hub in self.serviceability.reach.network.hubs}
        if region and region not in {state.casefold() for state in states}:
            detail = (
                f'Say "all" for the whole country, or a state with hubs: {", ".join(sorted(states)) or "none yet"}.'
            )
            raise Invalid(problems=[Problem("#/region", detail)])
        return await self.store.save(HolidayRule(region=region, day=new.day, off=new.off, name=new.name), 0)

    async def read(self, region: str, day: datetime.date) -> HolidayRule:
        """Raises: NotFound where the public calendar decides, Unavailable."""
        found = await self.store.find(HolidayRule, _region(region), day.isoformat())
        if found is None:
            raise NotFound("Nobody has overruled the public calendar on this day.")
        return found

    async def change(self, region: str, day: datetime.date, *, off: bool, expects: int) -> HolidayRule:
        """The day after the change. Raises: NotFound, Stale, Unavailable."""
        found = await self.read(region, day)
        return await self.store.save(msgspec.structs.replace(found, off=off), expects)


def _region(text: str) -> str:
    plain = text.strip().casefold()
    return "" if plain == "all" else plain
