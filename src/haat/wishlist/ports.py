"""What the wishlist needs.

WishStore, its one store:
P1 a wish and its one event commit together, or nothing does
P2 what changes nothing publishes nothing
P3 no race leads past the limit, or to two wishes for one item
P4 a merge loses no wish, and again it changes nothing
P5 no wish is seen or changed through another owner's list
P6 everybody who waits for an item is found, and nobody else
"""

import datetime
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from haat.vocabulary import ShippingClass
from haat.wishlist.model import Wish


class WishStore(Protocol):
    """Wishes at rest. Every method raises Unavailable when the database is gone."""

    async def of(self, owner: str) -> Sequence[Wish]:
        """An owner's wishes, the newest first. One statement."""

    async def put(self, owner: str, item_id: str, sku: str | None, *, tell_back: bool, most: int) -> Wish:
        """The wish as it is then; an existing one keeps its moment, and its sku when none is given.

        Raises: WishlistFull when it is new and there are `most`. At most four statements.
        """

    async def remove(self, owner: str, item_id: str) -> bool:
        """Whether there was one. Three statements."""

    async def merge(self, guest: str, user: str) -> int:
        """Give the guest's wishes to the account; how many went. Five statements for any number."""

    async def waiting(self, item_ids: Sequence[str], after: tuple[str, str], limit: int) -> Sequence["Waiting"]:
        """Who wants to be told about these items, by (item, owner), behind `after`. One statement."""


class Waiting(Protocol):
    """Somebody who wants to be told when an item is back."""

    @property
    def item_id(self) -> str:
        """The item."""

    @property
    def owner(self) -> str:
        """Whom to tell."""

    @property
    def sku(self) -> str | None:
        """The variant, or None for any."""


class ItemDocuments(Protocol):
    """The catalogue's documents by id."""

    async def __call__(self, ids: Sequence[str], /) -> Mapping[str, bytes]:
        """JSON bytes; unknown ids are absent. One round trip. Raises: Unavailable."""


class StockRow(Protocol):
    """Units of a sku in a warehouse."""

    @property
    def warehouse(self) -> str:
        """Where."""

    @property
    def free(self) -> int:
        """Units nobody holds."""


class Offer(Protocol):
    """What a sku costs and where it lies."""

    @property
    def sku(self) -> str:
        """The sku."""

    @property
    def price_minor(self) -> int | None:
        """Of one unit; None: not sold."""

    @property
    def currency(self) -> str:
        """ISO 4217."""

    @property
    def active(self) -> bool:
        """Whether it is sold at the moment."""

    @property
    def stock(self) -> Sequence[StockRow]:
        """Its rows."""


class OffersOf(Protocol):
    """Inventory's offers by item."""

    async def __call__(self, item_ids: Sequence[str], /) -> Mapping[str, Sequence[Offer]]:
        """Items without offers are absent. One round trip. Raises: Unavailable."""


class Promise(Protocol):
    """The earliest arrival of one unit."""

    @property
    def date(self) -> datetime.date:
        """The day."""


class Reach(Protocol):
    """Who reaches whom, as of one generation: see haat.serviceability.reach.Reach."""

    @property
    def ordinals(self) -> Mapping[str, int]:
        """Warehouse id → ordinal."""

    def place(self, pincode: str) -> object | None:
        """The place of a PIN code, or None when it is not served."""

    def best(self, place: Any, ordinals: Iterable[int], shipping_class: ShippingClass, now_ms: int) -> Promise | None:
        """The earliest of these warehouses, or None. Takes the very object that `place` gave."""


class Serviceability(Protocol):
    """The current reach."""

    @property
    def reach(self) -> Reach:
        """An immutable snapshot."""
