"""Look at a wishlist: price, stock and date of each item as they are at this moment."""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import msgspec

from haat.events.envelope import rfc3339
from haat.vocabulary import Clock, pincode
from haat.wishlist.item import Item, read_item
from haat.wishlist.model import Wish
from haat.wishlist.ports import ItemDocuments, Offer, OffersOf, Reach, Serviceability, WishStore


class WishView(msgspec.Struct, frozen=True, kw_only=True):
    """One item. Price, stock and date are of the wished variant, or of the best one if none was named."""

    item_id: str
    sku: str | None  # whose price it is; null when nothing of it is sold
    title: str
    picture: str  # its key; empty when there is none
    price_minor: int | None
    currency: str
    sold_out: bool
    gone: bool  # the item is no longer in the shop
    deliverable: bool | None  # to the PIN code; null without one, or when it is sold out
    promised_on: datetime.date | None
    tell_back: bool
    added: str


class WishlistView(msgspec.Struct, frozen=True):
    """All of it, the newest first."""

    pincode: str
    wishes: Sequence[WishView]


class _At(NamedTuple):
    """Where and when it is asked for."""

    reach: Reach
    place: Any  # what reach.place gave
    now_ms: int
    asked: bool  # a PIN code was given


@dataclass(frozen=True, slots=True)
class ReadWishlist:
    """Reads a wishlist. Writes nothing."""

    store: WishStore
    documents: ItemDocuments
    offers_of: OffersOf
    serviceability: Serviceability
    clock: Clock
    currency: str

    async def __call__(self, owner: str, pin: str = "") -> WishlistView:
        """The view; `owner` "" is nobody. Raises: Invalid for what is not a PIN code, Unavailable.

        Cost: a brief read, and one round trip each to documents and offers.
        """
        if pin:
            pincode(pin, "pincode")
        wishes = await self.store.of(owner) if owner else ()
        if not wishes:
            return WishlistView(pin, [])
        ids = [wish.item_id for wish in wishes]
        items = {item_id: read_item(body) for item_id, body in (await self.documents(ids)).items()}
        offers = await self.offers_of(ids)
        reach = self.serviceability.reach
        at = _At(reach, reach.place(pin) if pin else None, self.clock.now_ms(), bool(pin))
        return WishlistView(pin, [self._view(wish, items, offers, at) for wish in wishes])

    def _view(self, wish: Wish, items: Mapping[str, Item], offers: Mapping[str, Sequence[Offer]], at: _At) -> WishView:
        item = items.get(wish.item_id)
        shown = item is not None and item.status == "active"
        sold = _sold(item, wish.sku, offers.get(wish.item_id, ())) if item is not None and shown else []
        dated = [(offer, _date(item, offer, at)) for offer in sold] if item is not None else []
        offer, date = min(dated, key=_best, default=(None, None))
        in_stock = any(_free(one) for one in sold)
        return WishView(
            item_id=wish.item_id,
            sku=offer.sku if offer else wish.sku,
            title=item.title if item else "",
            picture=item.picture(offer.sku if offer else wish.sku) if item else "",
            price_minor=offer.price_minor if offer else None,
            currency=offer.currency if offer else self.currency,
            sold_out=not in_stock,
            gone=not shown,
            deliverable=date is not None if at.asked and in_stock else None,
            promised_on=date,
            tell_back=wish.tell_back,
            added=rfc3339(wish.added_ms),
        )


def _sold(item: Item, sku: str | None, offers: Sequence[Offer]) -> list[Offer]:
    """What is sold of an item: the wished variant, or all if none was named."""
    active = {variant.sku for variant in item.variants if variant.active}
    return [
        offer
        for offer in offers
        if offer.active and offer.price_minor is not None and offer.sku in active and sku in (None, offer.sku)
    ]


def _best(one: tuple[Offer, datetime.date | None]) -> tuple[bool, bool, int]:
    """What can be brought goes before what is only there, and of those the cheapest."""
    offer, date = one
    return date is None, not _free(offer), offer.price_minor or 0


def _free(offer: Offer) -> bool:
    return any(row.free > 0 for row in offer.stock)


def _date(item: Item, offer: Offer, at: _At) -> datetime.date | None:
    """When one unit would be there, or None where it is not delivered."""
    variant = item.variant(offer.sku)
    if at.place is None or variant is None:
        return None
    ordinals = [
        at.reach.ordinals[row.warehouse] for row in offer.stock if row.free > 0 and row.warehouse in at.reach.ordinals
    ]
    promise = at.reach.best(at.place, ordinals, variant.shipping_class, at.now_ms)
    return promise.date if promise else None
