"""What serviceability needs from elsewhere."""

import datetime
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol, TypeVar

import msgspec

from haat.serviceability.model import HolidayRule, Hub, Lane, PinRule, Warehouse
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

    def locate(self, pincode: str) -> tuple[float, float] | None:
        """(latitude, longitude) of the middle of one PIN code, None when not known. Cost: a millisecond."""

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

    async def exists(self, digest: str) -> bool:
        """Whether it is kept here. Raises: Unavailable."""

    async def delete(self, digest: str) -> None:
        """Forget it; deleting what is not there changes nothing. Raises: Unavailable."""

    async def local(self, digest: str) -> Path:
        """A file of this machine with that content, to be mapped. Raises: NotFound, Unavailable."""


Row = TypeVar("Row", bound=Hub | Warehouse | Lane | PinRule | HolidayRule)


class MatrixRow(msgspec.Struct, frozen=True, kw_only=True):
    """One build of the matrix."""

    generation: int
    made_from: int  # generation of the rows it was computed from; later rows are laid over it
    digest: str
    size_bytes: int
    warehouses: int
    hubs: int
    edition: int  # of the rules and the file it was made by
    built_ms: int = 0


class Changes(msgspec.Struct, frozen=True, kw_only=True):
    """All rows that changed after a generation, as of one moment."""

    since: int
    generation: int
    matrix: MatrixRow | None
    hubs: Sequence[Hub]
    warehouses: Sequence[Warehouse]
    lanes: Sequence[Lane]
    rules: Sequence[PinRule]
    holidays: Sequence[HolidayRule]


class NetworkStore(Protocol):
    """The rows behind the matrix.

    P1 every change and every build raises the generation by one, and publishes it if and only if it is kept
    P2 `changes` is one snapshot, and rows are never deleted: nothing after `since` is missing
    P3 ordinals are 0, 1, 2 … in order of birth and never change
    P4 a write that names another version than the current one changes nothing
    """

    async def state(self) -> tuple[int, int]:
        """(generation, generation of the matrix in use). Cost: one row. Raises: Unavailable."""

    async def changes(self, since: int) -> Changes:
        """Rows changed after that generation; -1 for all. Raises: Unavailable."""

    async def save(self, row: Row, expects: int) -> Row:
        """Insert (expects 0) or replace version `expects`; the row with its new version and, if new, its ordinal.

        Raises: AlreadyThere, Stale, NotFound, Unavailable.
        """

    async def add_hubs(self, hubs: Sequence[Hub]) -> int:
        """Insert those whose code is not there, in this order and under one generation; how many that were."""

    async def find(self, shape: type[Row], *key: str) -> Row | None:
        """The row of a hub's code, warehouse's id, (origin, hub), PIN code or (region, day). Raises: Unavailable."""

    async def warehouse_by_code(self, code: str) -> Warehouse | None:
        """The warehouse with this code. Raises: Unavailable."""

    async def page(self, shape: type[Row], after: Sequence[str], limit: int) -> Sequence[Row]:
        """Rows by key, those behind `after`. Raises: Unavailable."""

    async def add_matrix(self, matrix: MatrixRow) -> int | None:
        """Put a built matrix into use; its generation, or None when one made from later rows is in use already."""

    async def builds(self, most: int) -> Sequence[MatrixRow]:
        """The latest builds, the newest first. Raises: Unavailable."""
