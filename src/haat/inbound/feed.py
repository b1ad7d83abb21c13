"""A feed: what was sent, how far it has been read, and what came of its rows."""

from typing import Final, Literal

import msgspec
from msgspec import Struct

from haat.errors import NotFound

State = Literal["waiting", "running", "done", "refused", "failed"]
"""refused: the file could not be read (to its end); failed: we could not, and a person must look."""

ENDED: Final = ("done", "refused", "failed")


class NoSuchFeed(NotFound):
    """The feed does not exist, or is another seller's."""

    code, title = "no-such-feed", "There is no such feed"


class Counts(Struct, kw_only=True):
    """What came of the rows so far; rows = accepted + unchanged + refused."""

    rows: int = 0
    accepted: int = 0
    unchanged: int = 0
    refused: int = 0
    reasons: int = 0  # a refused row may have several
    items: int = 0  # events published
    offers: int = 0
    missing_prices: int = 0  # accepted or unchanged rows without a price of their own
    currency_refused: int = 0
    older: int = 0  # refused because a newer feed had spoken
    pictures_left_out: int = 0
    latin1_lines: int = 0
    unplaced_stock: int = 0  # counts for which the seller has no warehouse
    categories_created: int = 0
    encoding: str = ""


class Feed(Struct, frozen=True, kw_only=True):
    """One feed as it is stored."""

    id: str
    seller: str
    digest: str
    size_bytes: int
    filename: str
    format: str
    mapping: bytes
    as_of_ms: int
    generated: bool
    created_ms: int
    finished_ms: int = 0
    state: State = "waiting"
    reason: str = ""
    tries: int = 0
    position: int = 0
    bytes_read: int = 0
    counts: Counts = msgspec.field(default_factory=Counts)
