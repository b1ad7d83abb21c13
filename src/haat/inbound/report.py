"""What came of a feed: its status for the seller, and its refused rows as a file."""

import csv
import io
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec
from msgspec import Struct

from haat.events.envelope import rfc3339
from haat.inbound.feed import Counts, Feed, NoSuchFeed, State
from haat.inbound.model import Refusal
from haat.inbound.ports import FeedStore, ParkedRows

_PAGE: Final = 1_000
# A spreadsheet runs a cell that begins with one of these. Source: OWASP ASVS 4.0.3, 5.3.10 and 1.2.10 of 5.0; the
# wide forms are read like the plain ones by spreadsheets set to East Asian input.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠")


class FeedView(Struct, frozen=True, kw_only=True):
    """A feed as its seller sees it. rows = accepted + unchanged + refused; parked rows were accepted before."""

    id: str
    state: State
    reason: str
    filename: str
    format: str  # empty: found from the content
    as_of: str
    created: str
    finished: str | None
    size_bytes: int
    bytes_read: int
    rows: int
    accepted: int
    unchanged: int
    refused: int
    parked: int  # published, but could not be processed later and waits for a person
    older: int  # refused because a newer feed had spoken
    missing_prices: int
    currency_refused: int
    categories_created: int
    pictures_left_out: int  # relative addresses without a root
    unplaced_stock: int  # counts for which there was no warehouse
    latin1_lines: int  # lines that were not UTF-8 and were read as Latin-1
    encoding: str


class RefusedRow(Struct, frozen=True):
    """A reason why a row was refused; a row may have several."""

    line: int
    field: str
    reason: str


def view(feed: Feed, parked: int) -> FeedView:
    """The status resource of a feed."""
    counts: Counts = feed.counts
    return FeedView(
        id=feed.id, state=feed.state, reason=feed.reason, filename=feed.filename, format=feed.format,
        as_of=rfc3339(feed.as_of_ms), created=rfc3339(feed.created_ms),
        finished=rfc3339(feed.finished_ms) if feed.finished_ms else None,
        size_bytes=feed.size_bytes, bytes_read=feed.bytes_read, rows=counts.rows, accepted=counts.accepted,
        unchanged=counts.unchanged, refused=counts.refused, parked=parked, older=counts.older,
        missing_prices=counts.missing_prices, currency_refused=counts.currency_refused,
        categories_created=counts.categories_created, pictures_left_out=counts.pictures_left_out,
        unplaced_stock=counts.unplaced_stock, latin1_lines=counts.latin1_lines, encoding=counts.encoding,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class FeedStatus:
    """A seller's feeds. Another seller's are not there."""

    store: FeedStore
    parked: ParkedRows

    async def __call__(self, seller: str, feed_id: str) -> FeedView:
        """One feed. Raises: NoSuchFeed, Unavailable."""
        return view(await self.feed(seller, feed_id), await self.parked(feed_id))

    async def feed(self, seller: str, feed_id: str) -> Feed:
        """The feed itself. Raises: NoSuchFeed, Unavailable."""
        feed = await self.store.get(feed_id)
        if feed is None or feed.seller != seller:
            raise NoSuchFeed(f"There is no feed {feed_id[:60]!r}.")
        return feed

    async def all(self, seller: str, before: str = "", limit: int = 50) -> Sequence[FeedView]:
        """Feeds, newest first, from before an id. Raises: Unavailable."""
        feeds = await self.store.of_seller(seller, before, limit)
        return [view(feed, await self.parked(feed.id)) for feed in feeds]


def safe_cell(text: str) -> str:
    """Text that a spreadsheet shows instead of running it."""
    return "'" + text if text.startswith(_FORMULA) else text


@dataclass(frozen=True, slots=True)
class FeedReport:
    """A feed's refused rows as a file, in pages of the store: bounded memory whatever their number."""

    store: FeedStore

    async def csv(self, feed: Feed) -> AsyncIterator[bytes]:
        """UTF-8 CSV with a header; cells that a spreadsheet would run begin with an apostrophe."""
        yield b"line,field,reason\r\n"
        async for page in self._pages(feed):
            text = io.StringIO()
            writer = csv.writer(text)
            writer.writerows((row.line, safe_cell(row.field), safe_cell(row.reason)) for row in page)
            yield text.getvalue().encode("utf-8", "replace")

    async def json(self, feed: Feed, parked: int) -> AsyncIterator[bytes]:
        """`{"feed": status, "refused": [{line, field, reason}, …]}`."""
        yield b'{"feed":' + msgspec.json.encode(view(feed, parked)) + b',"refused":['
        joint = b""
        async for page in self._pages(feed):
            rows = [msgspec.json.encode(RefusedRow(r.line, r.field, r.reason)) for r in page]
            yield joint + b",".join(rows)
            joint = b","
        yield b"]}"

    async def _pages(self, feed: Feed) -> AsyncIterator[Sequence[Refusal]]:
        after = 0
        while rows := await self.store.refusals(feed.id, after, _PAGE):
            yield [refusal for _, refusal in rows]
            after = rows[-1][0]
