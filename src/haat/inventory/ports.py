"""What inventory needs.

OfferStore, its one store:
P1 0 <= held <= on_hand always; a change that would break it is refused whole
P2 every change of a count has exactly one movement, and the movements of a row sum to its count
P3 an older restatement never overwrites a newer one, and the same one again changes nothing
P4 a compare-and-set with a stale version changes nothing
P5 the same idempotency key gives the first answer again; with another request it is refused
P6 each change and its event commit together
P7 buckets hide: a count is the sum of a warehouse's rows, and its version grows with each change of any of them

What it gives orders inside their units (adapters/holds.py) is promised in haat.orders.ports: Holds.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol

from haat.inventory.model import Offer, Reason, Restated, StockRow


class OfferStore(Protocol):
    """Offers and stock at rest. Every method raises Unavailable when the database is gone."""

    async def restate(self, rows: Sequence[Restated]) -> Sequence[tuple[str, str]]:
        """Apply rows of feeds; (sku, warehouse) of counts refused because buyers hold more.

        Cost: at most seven statements for any number of rows.
        """

    async def offers_of(self, item_ids: Sequence[str]) -> Mapping[str, Sequence[Offer]]:
        """Offers with stock by item; items without offers are absent. Two statements per 500 items."""

    async def offer(self, sku: str) -> Offer | None:
        """One offer with its stock."""

    async def offers_by_sku(self, skus: Sequence[str]) -> Mapping[str, Offer]:
        """Offers with stock by sku; unknown skus are absent. Two statements."""

    async def offers_of_seller(self, seller: str, after: str, limit: int) -> Sequence[Offer]:
        """A seller's offers by sku, behind `after`."""

    async def create(self, offer: Offer) -> Offer:
        """A new offer, as it stands now with version 1. Raises: Refused when the sku has one."""

    async def change(self, offer: Offer, expects: int) -> Offer:
        """Set price, tax class and activity if the version is still `expects`. Raises: StaleOffer, NoSuchOffer."""

    async def set_count(self, change: "CountChange", expects: int) -> StockRow:
        """Compare-and-set a count. Version 0 expects no row. Raises: StaleOffer, BelowHeld."""

    async def move(self, change: "CountChange", key: "Key") -> tuple[StockRow, bool]:
        """Add a delta once per key: the row, and whether it was a replay. Raises: NotEnough, BelowHeld, KeyReused."""

    async def spread(self, sku: str, buckets: int, *, actor: str, reference: str) -> Offer:
        """Spread a sku's units over so many rows in each of its warehouses; the offer as it then stands.

        Free units lie evenly then. Rows beyond keep what is held on them. Movements of the reason `rebalance`, which
        sum to zero, and no event: no count changed. The same again changes nothing but what has become uneven.
        At most eight statements. Raises: NoSuchOffer.
        """


class CountChange(Protocol):
    """A count to set, or a delta to add."""

    @property
    def sku(self) -> str:
        """Whose count."""

    @property
    def warehouse(self) -> str:
        """Where."""

    @property
    def item_id(self) -> str:
        """The sku's item."""

    @property
    def units(self) -> int:
        """The new count, or the signed delta."""

    @property
    def reason(self) -> Reason:
        """Why."""

    @property
    def actor(self) -> str:
        """Who: a seller's code or an operator's token id."""

    @property
    def note(self) -> str:
        """In the actor's words."""

    @property
    def reference(self) -> str:
        """Unique for this change."""


class Key(Protocol):
    """An idempotency key as the caller gave it."""

    @property
    def scope(self) -> str:
        """Whose keys these are."""

    @property
    def key(self) -> str:
        """The key."""

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the request, in hex."""


class Part(Protocol):
    """Units of a line of an order that are to be held on one stock row."""

    @property
    def part(self) -> int:
        """Its number within the order."""

    @property
    def sku(self) -> str:
        """Of what."""

    @property
    def item_id(self) -> str:
        """The sku's item."""

    @property
    def warehouse(self) -> str:
        """Where."""

    @property
    def bucket(self) -> int:
        """In which of the row's buckets."""

    @property
    def units(self) -> int:
        """How many; at least 1."""

    @property
    def offer_version(self) -> int:
        """The offer as the buyer saw it."""


class ItemOfSku(Protocol):
    """Catalog's answer to which item a sku belongs to."""

    async def __call__(self, sku: str) -> str | None:
        """The item's id, or None."""


class WarehouseAccess(Protocol):
    """Serviceability's answer to where a seller may keep goods."""

    async def __call__(self, seller: str, warehouse: str) -> bool:
        """Whether the warehouse exists and takes this seller's goods."""
