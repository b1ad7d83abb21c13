"""What orders publish."""

from collections.abc import Sequence
from typing import ClassVar

import msgspec


class OrderedLine(msgspec.Struct, frozen=True):
    """A line of the order in an event."""

    sku: str
    item_id: str
    seller: str
    units: int
    price_minor: int
    total_minor: int


class OrderChanged(msgspec.Struct, frozen=True, kw_only=True):
    """An order went from one state to the next; `seq` is that of its history row."""

    topic: ClassVar[str] = "orders"
    type: ClassVar[str] = "order.changed"
    schema_version: ClassVar[int] = 1

    order_id: str
    number: str
    owner: str
    seq: int
    before: str | None
    after: str
    reason: str
    method: str
    pincode: str
    currency: str
    total_minor: int
    at_ms: int
    cart: bool = False  # made of what lay in the buyer's cart
    lines: Sequence[OrderedLine] = ()
