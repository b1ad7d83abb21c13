"""What the pages need from the contexts, in the shapes the JSON API answers with."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from haat.cart.view import CartView
from haat.search.model import SearchPage, SearchRequest
from haat.serviceability.model import Place, Promise, Step
from haat.vocabulary import ShippingClass
from haat.web.messages import ItemViewed


class Find(Protocol):
    """Search."""

    async def __call__(self, request: SearchRequest) -> SearchPage:
        """One page of what matches. Raises: Invalid, Malformed (a cursor that is not ours), Unavailable."""


class Items(Protocol):
    """The item documents of the catalogue."""

    async def __call__(self, ids: Sequence[str]) -> Mapping[str, bytes]:
        """Documents by item id, missing ones left out. Cost: one round trip. Raises: Unavailable."""


class Stock(Protocol):
    """Units of one sku in one warehouse."""

    @property
    def warehouse(self) -> str:
        """The warehouse's id."""

    @property
    def free(self) -> int:
        """Units on hand that nobody holds."""


class Offer(Protocol):
    """Price and stock of one sku."""

    @property
    def sku(self) -> str:
        """The sku."""

    @property
    def price_minor(self) -> int | None:
        """The price in minor units; None when there is none yet."""

    @property
    def currency(self) -> str:
        """ISO 4217."""

    @property
    def active(self) -> bool:
        """Whether the seller sells it at the moment."""

    @property
    def stock(self) -> Sequence[Stock]:
        """Where it lies."""


class Offers(Protocol):
    """Offers of items."""

    async def __call__(self, item_ids: Sequence[str]) -> Mapping[str, Sequence[Offer]]:
        """Offers by item id. Cost: one round trip. Raises: Unavailable."""


class Reach(Protocol):
    """A snapshot of who reaches whom, and when."""

    @property
    def warehouses(self) -> Sequence[str]:
        """Warehouse ids by ordinal."""

    @property
    def ordinals(self) -> Mapping[str, int]:
        """Ordinals by warehouse id."""

    def place(self, pincode: str) -> Place | None:
        """The place of a PIN code, or None when it is not served."""

    def best(self, place: Place, ordinals: Iterable[int], shipping_class: ShippingClass, now_ms: int) -> Promise | None:
        """The earliest of these warehouses at this place, or None when none serves it."""

    def explain(
        self, place: Place, warehouse: str, now_ms: int, shipping_class: ShippingClass
    ) -> Sequence[Step] | None:
        """The way of a parcel from this warehouse; None when not served."""


class Serviceability(Protocol):
    """Where the current snapshot is read."""

    @property
    def reach(self) -> Reach:
        """The current snapshot."""


class Named(Protocol):
    """A category's name."""

    @property
    def name(self) -> str:
        """As people read it."""


class CategoryNames(Protocol):
    """The whole tree."""

    async def __call__(self) -> Mapping[str, Named]:
        """Categories by id, parents before children, in the order of the shop. Raises: Unavailable."""


class SellerNames(Protocol):
    """Who sells."""

    async def __call__(self, codes: Sequence[str]) -> Mapping[str, str]:
        """Names by seller code, unknown ones left out. Raises: Unavailable."""


class WarehouseNames(Protocol):
    """Where things are sent from."""

    def __call__(self, warehouse: str) -> str:
        """A warehouse's name for people; empty when it is not known."""


class NearestWords(Protocol):
    """Searches like the one that found nothing."""

    async def __call__(self, text: str) -> Sequence[str]:
        """Up to five queries that find something, best first. Raises: Unavailable."""


class ItemLinks(Protocol):
    """All items that are shown, for search engines."""

    async def __call__(self, after: str, limit: int) -> Sequence[tuple[str, str, str]]:
        """(item id, title, updated) of active items in the order of their ids, behind `after`. Raises: Unavailable."""


class Watch(Protocol):
    """Where it is kept what visitors look at."""

    async def __call__(self, visitor: str, message: ItemViewed) -> None:
        """Take a message; never waits, never fails."""


class LookIntoCart(Protocol):
    """The cart."""

    async def __call__(self, owner: str, pin: str = "") -> CartView:
        """The cart of an owner ("" is nobody), priced and promised now. Raises: Unavailable."""


class CountThings(Protocol):
    """How full the cart is, for the header."""

    async def __call__(self, owner: str) -> int:
        """Units in it. One brief read. Raises: Unavailable."""


class Wish(Protocol):
    """The wishlist."""

    async def __call__(self, owner: str, item_id: str, *, tell_back: bool) -> object:
        """Remember an item. Raises: NotFound, Conflict, Unavailable."""
