"""What wishlists publish."""

from typing import ClassVar

import msgspec


class WishChanged(msgspec.Struct, frozen=True, kw_only=True):
    """A wishlist changed by one item. Keyed by owner."""

    topic: ClassVar[str] = "carts"
    type: ClassVar[str] = "wishlist.changed"
    schema_version: ClassVar[int] = 1

    owner: str
    item_id: str
    change: str  # put, removed; merged: it came from the wishlist of `other`, or went there
    sku: str | None
    tell_back: bool
    other: str = ""
    at_ms: int = 0
