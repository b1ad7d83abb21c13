"""Offers, stock and movements."""

from collections.abc import Sequence
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from haat.errors import Conflict, NotFound, Stale

MAX_UNITS: Final = 10_000_000  # a count beyond it is a mistake, not a warehouse
MAX_PRICE_MINOR: Final = 10**12
MAX_BUCKETS: Final = 64  # each is a row to lock when the last units are looked for

Reason = Literal["receive", "adjust", "feed", "returned"]
AdjustReason = Literal["damaged", "lost", "found", "recount", "returned"]
TaxClass = Annotated[str, Meta(pattern="^[a-z0-9-]{1,32}$")]


class StockRow(msgspec.Struct, frozen=True):
    """Units of a sku in one warehouse, its buckets summed. `free` may be promised."""

    warehouse: str
    on_hand: int
    held: int
    version: int

    @property
    def free(self) -> int:
        """Units nobody holds."""
        return self.on_hand - self.held


class Offer(msgspec.Struct, frozen=True):
    """The price of a sku and where it lies. `price_minor` None: listed, not sellable.

    `buckets`: over how many rows its units in each warehouse are spread, so that as many orders can be placed at once.
    """

    sku: str
    item_id: str
    seller: str
    price_minor: int | None
    currency: str
    tax_class: str
    active: bool
    version: int
    stock: Sequence[StockRow] = ()
    buckets: int = 1


class Terms(msgspec.Struct, frozen=True):
    """What a seller asks for a sku."""

    price_minor: int | None
    tax_class: str
    active: bool


class Place(msgspec.Struct, frozen=True):
    """Where a count stands: a sku in a warehouse."""

    sku: str
    warehouse: str


class Restated(msgspec.Struct, frozen=True):
    """What a feed says of one sku at `as_of_ms`."""

    item_id: str
    sku: str
    seller: str
    price_minor: int | None
    currency: str
    tax_class: str
    active: bool
    as_of_ms: int
    feed_id: str
    counts: Sequence[tuple[str, int]]  # (warehouse, on_hand)
    initial: bool  # counts apply to new stock rows only


class NoSuchOffer(NotFound):
    """The seller has no offer of this sku."""

    code, title = "no-such-offer", "There is no such offer"


class StaleOffer(Stale):
    """If-Match names an older version of the offer or stock row."""

    code, title = "offer-stale", "This has changed since you read it"


class BelowHeld(Conflict):
    """The count would fall below what buyers already hold. Nothing was changed."""

    code, title = "below-held", "Buyers hold more units than that"


class NotEnough(Conflict):
    """The change would make the count negative. Nothing was changed."""

    code, title = "not-enough-units", "There are fewer units than that"


class PartsRefused(Conflict):
    """Units that were to be taken are no longer there, or their offer is not as the buyer saw it. `skus` names them.
    Nothing was changed.
    """

    code, title = "parts-refused", "Not all of it can be had as you saw it"


class TooMuchHeld(Conflict):
    """The buyer would hold more than `most` unpaid units of each of `skus`. Nothing was changed."""

    code, title = "too-much-held", "Pay for what you hold first"


class HoldsAdrift(Conflict):
    """A stock row counts less than its holds. Nothing was changed; reconciliation names the row."""

    code, title = "holds-adrift", "Counts and holds do not agree"
