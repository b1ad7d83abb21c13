"""A seller changes counts: deltas with a key, or compare-and-set. Never a blind overwrite."""

import hashlib
from dataclasses import dataclass
from typing import Literal, get_args

import msgspec

from haat.errors import Invalid, Problem
from haat.inventory.model import MAX_UNITS, AdjustReason, NoSuchOffer, Place, Reason, StockRow
from haat.inventory.ports import OfferStore, WarehouseAccess
from haat.vocabulary import Ids, seller_of

MovementReason = Literal["receive", "damaged", "lost", "found", "recount", "returned"]


class Change(msgspec.Struct, frozen=True):
    """A count to set or a delta to add."""

    sku: str
    warehouse: str
    item_id: str
    units: int
    reason: Reason
    actor: str
    note: str
    reference: str


class IdempotencyKey(msgspec.Struct, frozen=True):
    """Whose key, the key, and what it was used for."""

    scope: str
    key: str
    fingerprint: str


class Delta(msgspec.Struct, frozen=True):
    """Units to add, signed, and why."""

    units: int
    reason: MovementReason
    note: str = ""


class Count(msgspec.Struct, frozen=True):
    """A count to set."""

    on_hand: int
    note: str = ""


@dataclass(frozen=True, slots=True)
class ChangeStock:
    """Receive, adjust and set counts of the seller's own skus."""

    store: OfferStore
    may_use: WarehouseAccess
    ids: Ids

    async def move(self, seller: str, place: Place, delta: Delta, key: str) -> tuple[StockRow, bool]:
        """Add the delta once per key: the row, and whether the key had been used before.

        Raises: Invalid, NoSuchOffer, NotEnough, BelowHeld, KeyReused.
        """
        units, reason, note = delta.units, delta.reason, delta.note
        problems = []
        if units == 0 or abs(units) > MAX_UNITS:
            problems.append(Problem("#/units", f"A whole number other than 0, at most {MAX_UNITS} either way."))
        if reason in ("receive", "found", "returned") and units < 0:
            problems.append(Problem("#/units", f"{reason!r} adds units. For a loss use damaged, lost or recount."))
        if reason in ("damaged", "lost") and units > 0:
            problems.append(Problem("#/units", f"{reason!r} takes units away: write a negative number."))
        if problems:
            raise Invalid(problems=problems)
        item_id = await self._item(seller, place)
        kept: Reason = "adjust" if reason in get_args(AdjustReason) and reason != "returned" else _REASONS[reason]
        scope = f"seller:{seller}"
        words = f"{reason}: {note}" if note else reason
        change = Change(place.sku, place.warehouse, item_id, units, kept, seller, words[:200], f"key:{scope}:{key}")
        fingerprint = hashlib.sha256(msgspec.json.encode([place, delta])).hexdigest()
        return await self.store.move(change, IdempotencyKey(scope, key, fingerprint))

    async def set(self, seller: str, place: Place, count: Count, expects: int) -> StockRow:
        """Set a count if its version is still `expects` (0: no row yet).

        Raises: Invalid, NoSuchOffer, StaleOffer, BelowHeld.
        """
        on_hand = count.on_hand
        if not 0 <= on_hand <= MAX_UNITS:
            raise Invalid(problems=[Problem("#/on_hand", f"A whole number from 0 to {MAX_UNITS}.")])
        item_id = await self._item(seller, place)
        reference = f"set:{self.ids.new('evt')}"
        change = Change(place.sku, place.warehouse, item_id, on_hand, "adjust", seller, count.note[:200], reference)
        return await self.store.set_count(change, expects)

    async def _item(self, seller: str, place: Place) -> str:
        offer = await self.store.offer(place.sku) if seller_of(place.sku) == seller else None
        if offer is None:
            raise NoSuchOffer("None of your offers has this sku.")
        if not await self.may_use(seller, place.warehouse):
            detail = "There is no such warehouse that takes your goods."
            raise Invalid(problems=[Problem("#/warehouse", detail)])
        return offer.item_id


_REASONS: dict[str, Reason] = {"receive": "receive", "returned": "returned"}
