"""An operator spreads a sku that many buy at once over several rows, so that their orders do not wait for one."""

from dataclasses import dataclass

from haat.errors import Invalid, Problem
from haat.inventory.model import MAX_BUCKETS, Offer
from haat.inventory.ports import OfferStore
from haat.vocabulary import Ids


@dataclass(frozen=True, slots=True)
class SpreadStock:
    """Over how many rows the units of a sku in each warehouse are spread. 1 is the ordinary way, and ends it."""

    store: OfferStore
    ids: Ids

    async def __call__(self, sku: str, buckets: int, actor: str) -> Offer:
        """Spread, and level what is free; the same again changes nothing but what has become uneven.

        Orders go on meanwhile; those of this sku wait for one unit. No price, count or quote changes.

        Raises: Invalid, NoSuchOffer, Unavailable.
        """
        if not 1 <= buckets <= MAX_BUCKETS:
            raise Invalid(problems=[Problem("#/buckets", f"A whole number from 1 to {MAX_BUCKETS}.")])
        return await self.store.spread(sku, buckets, actor=actor, reference=f"spread:{self.ids.new('evt')}")
