"""Which sku of an item a hit shows: the one that can be had here, meets most of the filters, and costs least."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Final

from haat.search.index import AttributeFilter, Filters
from haat.search.model import Hit, Image, Price, Rating, StockHint
from haat.search.ports import Place, Promise, Reach
from haat.search.shapes import HIT_DECODER, StoredHit, StoredSku
from haat.vocabulary import ShippingClass

_READ: Final = 2_000  # decoded hits at hand, some 2 kB each: the same items stand in most listings
_decoded = lru_cache(maxsize=_READ)(HIT_DECODER.decode)
_From = tuple[tuple[str, ...], ShippingClass]
_NO_PROMISE: Final[tuple[Promise | None, str | None]] = (None, None)


@dataclass(frozen=True, slots=True)
class Chooser:
    """Turns stored hits into hits for one request."""

    filters: Filters
    reach: Reach
    place: Place | None
    now_ms: int
    deliver_by: date | None
    soonest: bool  # the listing is by date: of equal skus the sooner one
    _promises: dict[_From, tuple[Promise | None, str | None]] = field(default_factory=dict)

    def hit(self, encoded: bytes) -> Hit:
        """A hit with its sku's own price, date and stock. Cost: 3 µs and 1 µs a sku; twice that when it is new."""
        stored = _decoded(encoded)
        sku, promise, eta = self._choose(stored)
        return Hit(
            item_id=stored.id,
            sku=sku.sku if sku is not None else None,
            title=stored.title,
            brand=stored.brand,
            price=_price(sku),
            image=_image(stored, sku),
            rating=Rating(stored.rating, stored.rating_count)
            if stored.rating is not None and stored.rating_count
            else None,
            deliverable=None if self.place is None else promise is not None,
            eta=eta,
            stock_hint=_hint(sku),
            variants=len(stored.skus),
        )

    def _choose(self, stored: StoredHit) -> tuple[StoredSku | None, Promise | None, str | None]:
        candidates = [sku for sku in stored.skus if sku.warehouses] or stored.skus
        if not candidates:
            return None, None, None
        chosen, (promise, eta) = candidates[0], self._promise(stored, candidates[0])
        if len(candidates) > 1:
            least = self._rank(chosen, promise)
            for sku in candidates[1:]:
                own, own_eta = self._promise(stored, sku)
                rank = self._rank(sku, own)
                if rank < least:  # of equals the first, as the seller ordered them
                    chosen, promise, eta, least = sku, own, own_eta, rank
        return chosen, promise, eta

    def _promise(self, stored: StoredHit, sku: StoredSku) -> tuple[Promise | None, str | None]:
        """The promise and its date as text; a page's skus mostly lie in the same few sets of warehouses."""
        place = self.place
        if place is None or not sku.warehouses:
            return _NO_PROMISE
        key = (sku.warehouses, stored.shipping_class)
        found = self._promises.get(key)
        if found is None:
            ordinals = self.reach.ordinals
            rows = [row for name in sku.warehouses if (row := ordinals.get(name)) is not None]
            promise = self.reach.best(place, rows, stored.shipping_class, self.now_ms)
            found = (promise, promise.date.isoformat()) if promise is not None else _NO_PROMISE
            self._promises[key] = found
        return found

    def _rank(self, sku: StoredSku, promise: Promise | None) -> tuple[int, int, int, int]:
        in_time = promise is not None and (self.deliver_by is None or promise.date <= self.deliver_by)
        when = promise.date.toordinal() if promise is not None and self.soonest else 0
        met: int = self._price_met(sku)
        for chosen in self.filters.attributes:
            met += _met(chosen, sku.attributes)
        cost = sku.price_minor if sku.price_minor is not None else 1 << 62
        return (-int(in_time) - (promise is not None), when, -met, cost)

    def _price_met(self, sku: StoredSku) -> bool:
        low, high = self.filters.price_min_minor, self.filters.price_max_minor
        price = sku.price_minor
        return price is not None and (low is None or price >= low) and (high is None or price <= high)


def _met(chosen: AttributeFilter, own: Mapping[str, str | float | list[str] | None]) -> bool:
    """Whether a sku has a chosen value; what it does not say itself is the item's, and that was in the query."""
    value = own.get(chosen.name)
    if value is None:
        return chosen.name not in own
    if isinstance(value, float):
        return any(low <= value <= high for low, high in chosen.ranges)
    values: Sequence[str] = [value] if isinstance(value, str) else value
    return any(text in chosen.texts for text in values)


def _price(sku: StoredSku | None) -> Price | None:
    return Price(sku.price_minor, sku.currency) if sku is not None and sku.price_minor is not None else None


def _image(stored: StoredHit, sku: StoredSku | None) -> Image | None:
    if not stored.pictures:
        return None
    own = stored.pictures[sku.picture if sku is not None and sku.picture >= 0 else 0]
    return Image(own.key, own.alt, own.width, own.height)


def _hint(sku: StoredSku | None) -> StockHint:
    if sku is None or not sku.warehouses:
        return "out_of_stock"
    return "few_left" if sku.few else "in_stock"
