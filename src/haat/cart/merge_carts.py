"""Bring a guest's cart into an account's, when the guest signs in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

from haat.cart.model import MAX_UNITS, Cart, CartLine, Step, new_cart
from haat.cart.ports import CartStore
from haat.vocabulary import Ids


@dataclass(frozen=True, slots=True)
class MergeCarts:
    """Moves the guest's lines, in one change of both carts. Again it finds nothing to move."""

    store: CartStore
    ids: Ids

    async def __call__(self, guest: str, user: str) -> Cart | None:
        """The account's cart as it is then, or None if there is none.

        Units of one sku add up to at most the limit of a line; a price seen in the account's cart stays, else the
        guest's. No line is lost, even if the cart then has more than can be put in. Raises: Unavailable.
        """
        checkout_id = self.ids.new("chk")

        def decide(carts: Mapping[str, Cart], now_ms: int) -> Sequence[Step]:
            theirs = carts.get(guest)
            if guest == user or theirs is None or not theirs.lines:
                return ()
            mine = carts.get(user) or new_cart(user, checkout_id, now_ms)
            lines = _together(mine.lines, theirs.lines)
            units = sum(line.units for line in lines)
            return (
                Step(theirs.changed((), now_ms), "merged", 0, other=user),
                Step(mine.changed(lines, now_ms, pincode=mine.pincode or theirs.pincode), "merged", units, other=guest),
            )

        return (await self.store.change([guest, user], decide)).get(user)


def _together(mine: Sequence[CartLine], theirs: Sequence[CartLine]) -> Sequence[CartLine]:
    lines = {line.sku: line for line in mine}
    for line in theirs:
        there = lines.get(line.sku)
        units = min(MAX_UNITS, line.units + there.units) if there else line.units
        lines[line.sku] = msgspec.structs.replace(there or line, units=units)
    return list(lines.values())
