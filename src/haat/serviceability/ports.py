"""What serviceability needs from elsewhere."""

import datetime
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import msgspec

from haat.vocabulary import ShippingClass


class KnownPincode(msgspec.Struct, frozen=True, kw_only=True):
    """What a country's postal data says of one PIN code."""

    pincode: str
    latitude: float | None
    longitude: float | None
    city: str  # "" where not known
    state: str  # "" where not known
    delivers: bool  # some office of it delivers


class KnownHub(msgspec.Struct, frozen=True, kw_only=True):
    """A sorting centre that the postal data knows: a hub to begin with."""

    pincode: str
    name: str
    city: str
    state: str
    latitude: float
    longitude: float


class Places(Protocol):
    """A country's PIN codes. Everything here is data at rest: same answers in every process of one release.

    P1 pincodes() has each PIN code once, in ascending order
    P2 hubs() has the same hubs in the same order every time
    """

    def pincodes(self) -> Sequence[KnownPincode]:
        """All PIN codes. Cost: seconds; for building only."""

    def hubs(self) -> Sequence[KnownHub]:
        """All sorting centres with coordinates. Cost: a second; for seeding only."""


class Holidays(Protocol):
    """Public holidays, as published; operators' own words are laid over them elsewhere."""

    def national(self, year: int) -> frozenset[datetime.date]:
        """Days off in the whole country."""

    def of_state(self, state: str, year: int) -> frozenset[datetime.date]:
        """Days off in a state, the national ones included. A state nobody knows has the national ones."""


class Stocked(Protocol):
    """One sku's units in one warehouse."""

    @property
    def sku(self) -> str:
        """The sku."""

    @property
    def warehouse(self) -> str:
        """The warehouse's id."""

    @property
    def free(self) -> int:
        """Units on hand that nobody holds."""

    @property
    def shipping_class(self) -> ShippingClass:
        """How it must travel."""


class StockOf(Protocol):
    """Where skus lie and how they travel. A sku that is not sold has no rows."""

    async def __call__(self, skus: Sequence[str]) -> Sequence[Stocked]:
        """Rows of all these skus, in any order. Cost: one round trip. Raises: Unavailable."""


class MatrixBlobs(Protocol):
    """Where built matrices are kept: content-addressed bytes."""

    async def put_bytes(self, content: bytes) -> str:
        """Keep it; the digest. Raises: Unavailable."""

    async def local(self, digest: str) -> Path:
        """A file of this machine with that content, to be mapped. Raises: NotFound, Unavailable."""
