"""What the cart publishes, and its reading of what it hears."""

from collections.abc import Sequence
from typing import ClassVar

import msgspec


class CartChanged(msgspec.Struct, frozen=True, kw_only=True):
    """A cart went to its next version. Keyed by owner; versions of an owner have no gaps."""

    topic: ClassVar[str] = "carts"
    type: ClassVar[str] = "cart.changed"
    schema_version: ClassVar[int] = 1

    owner: str
    version: int
    change: str  # put, removed, merged, ordered
    sku: str | None  # None: several
    item_id: str | None
    units: int  # put: of the line now; removed, ordered: taken away; merged: in the cart now
    lines: int  # in the cart now
    pincode: str
    other: str = ""  # merged: the other cart
    at_ms: int = 0


class OrderedUnits(msgspec.Struct, frozen=True):
    """Of a line of an order, as the cart reads it."""

    sku: str
    units: int


class OrderHint(msgspec.Struct, frozen=True, kw_only=True):
    """Of `order.changed`: whose order was made of what, and if of a cart. Its first state alone has no `before`."""

    order_id: str
    owner: str
    before: str | None
    at_ms: int
    cart: bool = False
    lines: Sequence[OrderedUnits] = ()
