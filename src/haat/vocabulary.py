"""The words every context shares: ids, money, PIN codes, and the two ports that replace clocks and randomness.

Ids are TypeIDs (prefix, underscore, UUIDv7 in Crockford base32: 26 characters), so they sort by time of birth.
Source: TypeID specification 0.3; RFC 9562 section 5.7 (UUIDv7).
"""

import re
from dataclasses import dataclass
from typing import Final, Literal, NewType, Protocol

from haat.errors import Invalid, Problem

ItemId = NewType("ItemId", str)
SellerId = NewType("SellerId", str)
FeedId = NewType("FeedId", str)
WarehouseId = NewType("WarehouseId", str)
EventId = NewType("EventId", str)
Sku = NewType("Sku", str)
Pincode = NewType("Pincode", str)

Prefix = Literal["itm", "sel", "usr", "crt", "ord", "pay", "ref", "evt", "fed", "whs", "tok", "cat", "chk"]
ShippingClass = Literal["standard", "heavy", "hazardous"]

SHIPPING_CLASSES: Final[tuple[ShippingClass, ...]] = ("standard", "heavy", "hazardous")
"""From the least to the most restricted; an item takes the strictest class of its skus."""

_BASE32: Final = "0123456789abcdefghjkmnpqrstvwxyz"
_PAIRS: Final = tuple(first + second for first in _BASE32 for second in _BASE32)
"""Ten bits at a time: ids are made several times for each row of a feed."""
_LOW: Final = (1 << 70) - 1
_SELLER_CODE: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?")
_PINCODE: Final = re.compile(r"[1-9][0-9]{5}")
MAX_SKU_CHARS: Final = 120


class Clock(Protocol):
    """What time it is. Tests move it by hand."""

    def now_ms(self) -> int:
        """Milliseconds since 1970-01-01T00:00Z, of the wall clock."""

    def monotonic_s(self) -> float:
        """Seconds of a clock that never steps back: for durations and deadlines only."""


class Ids(Protocol):
    """Where new ids come from. Seeded in tests and for the demo shop."""

    def new(self, prefix: Prefix) -> str:
        """A TypeID never given before, later than those given before it."""


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in the currency's smallest unit."""

    minor: int  # paise, cents; never a float
    currency: str  # ISO 4217


def type_id(prefix: Prefix, uuid_bytes: bytes) -> str:
    """Write 16 bytes of a UUIDv7 as a TypeID."""
    number = int.from_bytes(uuid_bytes, "big")
    high, low, two = number >> 70, number & _LOW, _PAIRS  # written out: a loop takes half as long again
    return (
        f"{prefix}_{two[high >> 50]}{two[high >> 40 & 1023]}{two[high >> 30 & 1023]}{two[high >> 20 & 1023]}"
        f"{two[high >> 10 & 1023]}{two[high & 1023]}{two[low >> 60]}{two[low >> 50 & 1023]}{two[low >> 40 & 1023]}"
        f"{two[low >> 30 & 1023]}{two[low >> 20 & 1023]}{two[low >> 10 & 1023]}{two[low & 1023]}"
    )


def is_type_id(text: str, prefix: Prefix) -> bool:
    """Whether text has the shape of a TypeID with this prefix. Says nothing about existence."""
    head, _, tail = text.partition("_")
    return head == prefix and len(tail) == 26 and tail[0] in "01234567" and all(c in _BASE32 for c in tail)


def seller_code(text: str, pointer: str = "#/seller") -> str:
    """A seller's short code, as it begins each of his skus.

    Raises: Invalid unless it is 1 to 32 of a-z, 0-9 and inner hyphens.
    """
    if not _SELLER_CODE.fullmatch(text):
        detail = "A seller code has 1 to 32 characters: a-z, 0-9 and hyphens inside. For example: sahyadri-outfitters"
        raise Invalid(problems=[Problem(pointer, detail)])
    return text


def sku_of(seller: str, code: str) -> Sku:
    """The shop-wide key of a sellable unit: `<seller code>.<supplier's own code>`."""
    return Sku(f"{seller}.{code}")


def seller_of(sku: str) -> str:
    """The seller's code in a sku: all before the first dot."""
    return sku.partition(".")[0]


def pincode(text: str, pointer: str = "#/pincode") -> Pincode:
    """A well-formed Indian PIN code. Whether it is served is for serviceability to say.

    Raises: Invalid unless it is six ASCII digits, the first not 0.
    """
    if not _PINCODE.fullmatch(text):
        raise Invalid(problems=[Problem(pointer, "A PIN code has six digits and does not begin with 0, like 560034.")])
    return Pincode(text)
