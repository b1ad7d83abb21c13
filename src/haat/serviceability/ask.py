"""What a visitor is told about a PIN code."""

import datetime
from dataclasses import dataclass
from typing import Final, Literal

import msgspec

from haat.serviceability.live import Serviceability
from haat.serviceability.model import NOT_SERVED
from haat.serviceability.pins import NotServed
from haat.vocabulary import Clock, pincode

Unreached = NotServed | Literal["no_lane"]

WORDS: Final[dict[Unreached, str]] = {
    "unknown_pincode": "There is no PIN code {pincode}.",
    "no_delivery_office": "No post office delivers at {pincode}, so we cannot either.",
    "place_not_known": "We do not know where {pincode} lies, so we cannot deliver there yet.",
    "closed": "We do not deliver to {pincode} at the moment.",
    "no_lane": "None of our warehouses delivers to {pincode} at the moment.",
}


class PincodeView(msgspec.Struct, frozen=True, kw_only=True):
    """Whether we deliver to a PIN code, and how soon at best."""

    pincode: str
    served: bool
    reason: Unreached | None
    detail: str  # the reason in words, "" when served
    city: str
    state: str
    hub: str
    cod: bool  # cash on delivery is taken there, from some warehouse
    earliest: datetime.date | None  # of anything, by standard service, ordered now
    warehouses: int  # that deliver there


@dataclass(frozen=True, slots=True)
class AskPincode:
    """Answers for one PIN code, from memory."""

    serviceability: Serviceability
    clock: Clock

    async def __call__(self, text: str) -> PincodeView:
        """Raises: Invalid when it is not six digits. Cost: some 20 µs."""
        pin = pincode(text, "pincode")
        reach = self.serviceability.reach
        place = reach.place(pin)
        if place is None:
            return _unserved(pin, reach.why_not(pin) or "unknown_pincode")
        column = reach.column(place)
        served = [ordinal for ordinal, code in enumerate(column) if code != NOT_SERVED]
        best = reach.best(place, served, "standard", self.clock.now_ms())
        return PincodeView(
            pincode=pin,
            served=best is not None,
            reason=None if best else "no_lane",
            detail="" if best else WORDS["no_lane"].format(pincode=pin),
            city=place.city,
            state=place.state,
            hub=place.hub_name,
            cod=any(reach.takes_cash(place, ordinal) for ordinal in served),
            earliest=best.date if best else None,
            warehouses=len(served) if best else 0,
        )


def _unserved(pin: str, reason: Unreached) -> PincodeView:
    return PincodeView(
        pincode=pin,
        served=False,
        reason=reason,
        detail=WORDS[reason].format(pincode=pin),
        city="",
        state="",
        hub="",
        cod=False,
        earliest=None,
        warehouses=0,
    )
