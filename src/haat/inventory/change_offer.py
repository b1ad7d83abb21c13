"""A seller sets a price, or takes an offer off sale."""

from dataclasses import dataclass

from haat.engines.sql.ports import Refused
from haat.errors import Conflict, Invalid, Problem
from haat.inventory.model import MAX_PRICE_MINOR, NoSuchOffer, Offer, Terms
from haat.inventory.ports import ItemOfSku, OfferStore
from haat.vocabulary import seller_of


class OfferExists(Conflict):
    """The sku has an offer already. Change that one."""

    code, title = "offer-exists", "This sku has an offer already"


@dataclass(frozen=True, slots=True)
class SetOffer:
    """Create or change an offer. A foreign or unknown sku is simply not there."""

    store: OfferStore
    item_of: ItemOfSku
    currency: str

    async def create(self, seller: str, sku: str, terms: Terms) -> Offer:
        """A first offer for a sku of the seller's item. Raises: NoSuchOffer, OfferExists, Invalid."""
        self._check(terms.price_minor)
        item_id = await self.item_of(sku) if seller_of(sku) == seller else None
        if item_id is None:
            detail = f"None of your items has the sku {sku!r}. Create the item first."
            raise Invalid(problems=[Problem("#/sku", detail)])
        offer = Offer(sku, item_id, seller, terms.price_minor, self.currency, terms.tax_class, terms.active, 0)
        try:
            return await self.store.create(offer)
        except Refused:
            raise OfferExists(sku=sku) from None

    async def change(self, seller: str, sku: str, terms: Terms, expects: int) -> Offer:
        """Replace price, tax class and activity. Raises: NoSuchOffer, StaleOffer, Invalid."""
        self._check(terms.price_minor)
        if seller_of(sku) != seller:
            raise NoSuchOffer
        offer = Offer(sku, "", seller, terms.price_minor, self.currency, terms.tax_class, terms.active, expects)
        return await self.store.change(offer, expects)

    async def get(self, seller: str, sku: str) -> Offer:
        """One offer of the seller. Raises: NoSuchOffer."""
        offer = await self.store.offer(sku) if seller_of(sku) == seller else None
        if offer is None:
            raise NoSuchOffer
        return offer

    @staticmethod
    def _check(price_minor: int | None) -> None:
        if price_minor is not None and not 0 < price_minor <= MAX_PRICE_MINOR:
            detail = "A whole number of the smallest unit (paise), above 0; null lists the sku without selling it."
            raise Invalid(problems=[Problem("#/price_minor", detail)])
