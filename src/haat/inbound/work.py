"""Read feeds: chunk by chunk, each kept with its checkpoint, so that a killed run goes on where it was."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec
import structlog

from haat.errors import HaatError, Unavailable
from haat.inbound.apart import OpenRows, RowsOnThreads
from haat.inbound.chunks import Order
from haat.inbound.feed import ENDED, Counts, Feed, NoSuchFeed
from haat.inbound.model import Unreadable
from haat.inbound.ports import CategorySchemas, FeedStore, LeaseLost, RawFiles, Warehouses
from haat.vocabulary import Clock, Ids

LEASE_MS: Final = 60_000
TRIES: Final = 5  # without progress; then a person must look
RETRY_MS: Final = 5_000
_LOG: Final = structlog.get_logger("haat.inbound")


class Progress(msgspec.Struct, frozen=True):
    """How far a run is."""

    feed: Feed
    counts: Counts
    bytes_read: int
    bytes_total: int


OnProgress = Callable[[Progress], None]


@dataclass(frozen=True, slots=True)
class FeedWorker:
    """Reads waiting feeds. Any number may run; a lease gives each feed to one at a time."""

    store: FeedStore
    files: RawFiles
    schemas: CategorySchemas
    category_id: Callable[[Sequence[str]], str]  # names, root to leaf → the id of that category
    warehouses: Warehouses
    clock: Clock
    ids: Ids
    currency: str  # the shop's
    holder: str  # this process; a lease of the same holder is its own
    open_rows: OpenRows = RowsOnThreads

    async def __call__(self) -> int:
        """Read every feed that waits; the number read. Raises: Unavailable."""
        done = 0
        for feed_id in await self.store.open_feeds(self.clock.now_ms()):
            done += await self.run(feed_id) is not None
        return done

    async def run(self, feed_id: str, on_progress: OnProgress | None = None, *, force: bool = False) -> Feed | None:
        """Read one feed to its end; None when another worker holds it. `force` takes it over (after a kill).

        Raises: NoSuchFeed, Unavailable (the feed goes on later).
        """
        feed = await self.store.claim(feed_id, self.holder, LEASE_MS, force=force)
        if feed is None:
            found = await self.store.get(feed_id)
            if found is None:
                raise NoSuchFeed(feed=feed_id)
            return found if found.state in ENDED else None
        try:
            await self._read(feed, on_progress)
        except Unreadable as error:
            await self.store.finish(feed.id, self.holder, "refused", error.detail)
        except LeaseLost:
            return None
        except Unavailable:
            await self.store.release(feed.id, self.holder, RETRY_MS)
            raise
        except Exception as error:  # whatever a row made go wrong must not stop the feeds behind it
            await self._failed(feed, error)
        else:
            await self.store.finish(feed.id, self.holder, "done", "")
        return await self.store.get(feed.id)

    async def _failed(self, feed: Feed, error: Exception) -> None:
        detail = error.detail if isinstance(error, HaatError) else type(error).__name__
        _LOG.exception("feed stopped", feed=feed.id, tries=feed.tries)
        if feed.tries >= TRIES:
            await self.store.finish(feed.id, self.holder, "failed", f"We could not go on: {detail}.")
        else:
            await self.store.release(feed.id, self.holder, RETRY_MS)

    async def _read(self, feed: Feed, on_progress: OnProgress | None) -> None:
        path = await self.files.local(feed.digest)
        order = Order(feed, await self.warehouses.of(feed.seller), self.category_id, self.ids, self.currency)
        rows = self.open_rows(order)
        try:
            await rows.open(path)
            while (unknown := await rows.read()) is not None:
                chunk = await rows.chunk(unknown, await self.schemas(unknown) if unknown else {})
                counts = await self.store.commit(order.speaker, chunk, self.holder, LEASE_MS)
                if on_progress:
                    on_progress(Progress(feed, counts, chunk.bytes_read, feed.size_bytes))
        finally:
            await rows.close()
