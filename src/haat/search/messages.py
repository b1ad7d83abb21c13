"""What search publishes, and what it reads of other rooms' events."""

from typing import ClassVar

from msgspec import Struct


class ItemSearched(Struct, frozen=True, kw_only=True):
    """Somebody searched. Published on `behaviour`, keyed by the visitor; may be lost in a crash."""

    topic: ClassVar[str] = "behaviour"
    type: ClassVar[str] = "item.searched"
    schema_version: ClassVar[int] = 1

    q: str
    category: str | None
    pincode: str | None
    sort: str
    total: int
    corrected: str | None = None
    filtered: bool = False
    shown: tuple[str, ...] = ()  # item ids of the first page


class ItemHint(Struct, frozen=True):
    """Of `item.changed`, `offer.changed` and `stock.changed` search reads only which item it is."""

    item_id: str


class LaneHint(Struct, frozen=True):
    """Of `lane.changed`: that the matrix has moved on."""

    generation: int = 0
