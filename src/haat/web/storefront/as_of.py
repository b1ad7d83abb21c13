"""What a page says while it cannot be read how things are: what was known a moment ago."""

from collections.abc import Mapping, Sequence
from typing import Final

from haat.errors import Unavailable
from haat.web.ports import Offer, Offers, SellerNames

AS_OF: Final = (
    "Price and date are as of a moment ago: what is in stock cannot be read just now, and nothing can be ordered. "
    "What is in your cart is kept."
)


async def last_known(item_id: str, now: Offers, last: Offers) -> tuple[Mapping[str, Sequence[Offer]], bool]:
    """The item's offers; while they cannot be read the last ones shown, and that it is so.

    Raises: Unavailable when nothing was shown of it, or nobody remembers.
    """
    try:
        return await now([item_id]), False
    except Unavailable as away:
        try:
            known = await last([item_id])
        except Unavailable:
            raise away from None
        if item_id not in known:
            raise
        return known, True


async def name_of(seller: str, names: SellerNames) -> str:
    """A seller's name, or his code where names cannot be read."""
    try:
        return (await names([seller])).get(seller, seller)
    except Unavailable:
        return seller
