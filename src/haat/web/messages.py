"""What pages publish: which things were looked at."""

from typing import ClassVar

from msgspec import Struct


class ItemViewed(Struct, frozen=True, kw_only=True):
    """Somebody looked at a thing. Published on `behaviour`, keyed by the visitor; may be lost in a crash.

    `promised` is the day the page promised, None where it promised none (no PIN code, sold out, not delivered there).
    """

    topic: ClassVar[str] = "behaviour"
    type: ClassVar[str] = "item.viewed"
    schema_version: ClassVar[int] = 1

    item_id: str
    sku: str | None
    category: str | None
    price_minor: int | None
    currency: str | None
    pincode: str | None
    promised: str | None
