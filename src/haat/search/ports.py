"""What search needs from the other rooms, in its own words. All of it is joined in app.py."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from haat.events.envelope import Message
from haat.vocabulary import ShippingClass


class Place(Protocol):
    """A PIN code that is served."""

    @property
    def pincode(self) -> str:
        """Six digits."""

    @property
    def hub(self) -> int:
        """The delivery hub's ordinal in the matrix."""

    @property
    def refuses(self) -> frozenset[ShippingClass]:
        """Shipping classes that are not delivered here."""


class Promise(Protocol):
    """The best way to a place."""

    @property
    def date(self) -> date:
        """The promised day."""


class Reach(Protocol):
    """One immutable state of the delivery matrix."""

    @property
    def generation(self) -> int:
        """Grows with every change."""

    @property
    def warehouses(self) -> tuple[str, ...]:
        """Warehouse ids by ordinal."""

    @property
    def ordinals(self) -> Mapping[str, int]:
        """Ordinals by warehouse id."""

    @property
    def hubs(self) -> int:
        """How many hubs there are."""

    @property
    def codes(self) -> Mapping[ShippingClass, NDArray[np.uint8]]:
        """Arrival codes (warehouses, hubs) per shipping class; 255 does not serve, smaller is never later."""

    def place(self, pincode: str) -> Place | None:
        """The place, or None when it is not served."""

    def dates(self, place: Any, now_ms: int) -> Sequence[date | None]:
        """The promised day of each of the 256 codes at this place, now. Takes the very object that `place` gave."""

    def best(self, place: Any, ordinals: Iterable[int], shipping_class: ShippingClass, now_ms: int) -> Promise | None:
        """The soonest promise from any of these warehouses, or None."""


class Serviceability(Protocol):
    """Where the current matrix is found."""

    @property
    def reach(self) -> Reach:
        """The newest state: one attribute read."""


class StockRow(Protocol):
    """Units of a sku in one warehouse."""

    @property
    def warehouse(self) -> str:
        """Its id."""

    @property
    def free(self) -> int:
        """Units that can be sold now."""

    @property
    def version(self) -> int:
        """Grows with every change."""


class OfferRow(Protocol):
    """One sku's offer with its stock."""

    @property
    def sku(self) -> str:
        """The sku."""

    @property
    def price_minor(self) -> int | None:
        """None: listed without a price, not for sale."""

    @property
    def currency(self) -> str:
        """ISO 4217."""

    @property
    def active(self) -> bool:
        """Whether the seller offers it."""

    @property
    def version(self) -> int:
        """Grows with every change."""

    @property
    def stock(self) -> Sequence[StockRow]:
        """Where it lies."""


class ItemDocuments(Protocol):
    """The catalogue's documents."""

    async def __call__(self, ids: Sequence[str]) -> Mapping[str, bytes]:
        """The JSON of each item that exists. One round trip."""


class OffersOf(Protocol):
    """The shop's offers."""

    async def __call__(self, item_ids: Sequence[str]) -> Mapping[str, Sequence[OfferRow]]:
        """The offers of each item that has any. One round trip."""


class AllItems(Protocol):
    """The whole catalogue, for rebuilds."""

    async def __call__(self, after: str, limit: int) -> Sequence[tuple[str, bytes]]:
        """The next documents by id, as (id, JSON)."""


class PlainItems(Protocol):
    """Items of the catalogue by the beginnings of their words."""

    async def __call__(self, text: str, category: str | None, limit: int) -> Sequence[tuple[str, bytes]]:
        """Up to `limit` (id, JSON) that have all the words and lie in the category. Raises: Unavailable."""


class CategoryFacets(Protocol):
    """Which attributes a category wants as facets. Answers from memory."""

    def __call__(self, category: str) -> Sequence[str]:
        """Attribute names in the order to show; empty when no schema says so."""


Sign = Callable[[bytes], str]
"""An opaque cursor from a payload."""
OpenCursor = Callable[[str], bytes]
"""The payload of a cursor. Raises: Malformed when it is not one of ours."""
Publish = Callable[[str, Message], Awaitable[None]]
"""Append a message to the behaviour of a visitor (key, message). May be lost in a crash."""
