"""A small shop around inbound: its real store and files, and what other contexts would answer."""

import dataclasses
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from haat.catalog.categories import categories_for
from haat.engines.blobs.files import FileBlobs
from haat.engines.sql import Statement
from haat.engines.system import SeededIds
from haat.events.envelope import decode
from haat.events.outbox import Outbox
from haat.inbound.accept import AcceptFeed, FeedRequest
from haat.inbound.adapters.sql import SqlFeeds
from haat.inbound.adapters.tables import ITEMS, LINE, OUTBOX, SKUS
from haat.inbound.feed import Counts, Feed
from haat.inbound.mapping import Mapping as FeedMapping
from haat.inbound.mapping import PriceRule
from haat.inbound.model import Refusal
from haat.inbound.ports import AttributeSpec
from haat.inbound.work import FeedWorker
from haat.vocabulary import Clock
from tests.sql import SQL, Opened

ANY = FeedMapping(create_categories=True, price=PriceRule(rates={"USD": "88.40", "EUR": "95.10", "GBP": "110.30"}))
MAPPINGS = Path(__file__).parent.parent / "data" / "mappings"


@dataclass(frozen=True)
class Spec:
    name: str
    kind: str
    required: bool = False
    unit: str | None = None
    values: Sequence[str] = ()


@dataclass
class World:
    """Sellers, warehouses and categories as other contexts know them."""

    sellers: dict[str, str] = field(default_factory=lambda: {"acme": "Acme"})
    warehouses: dict[str, str] = field(
        default_factory=lambda: {code: f"whs_{code}" for code in ("blr-1", "bom-1", "del-1", "maa-1", "ccu-1")}
    )
    categories: dict[str, Sequence[Spec]] = field(default_factory=dict)

    async def exists(self, code: str) -> bool:
        return code in self.sellers

    async def create(self, code: str, name: str) -> None:
        self.sellers.setdefault(code, name)

    async def of(self, seller: str) -> Mapping[str, str]:
        return self.warehouses

    async def __call__(self, category_ids: Sequence[str]) -> Mapping[str, Sequence[AttributeSpec]]:
        return {i: self.categories[i] for i in category_ids if i in self.categories}


def category_id(names: Sequence[str]) -> str:
    return categories_for(names)[-1].id


async def pieces(content: bytes, size: int = 1 << 16) -> AsyncIterator[bytes]:
    for start in range(0, len(content), size):
        yield content[start : start + size]


_EVENTS = Statement(OUTBOX.select().order_by(OUTBOX.c.seq))
_ITEMS = Statement(ITEMS.select().order_by(ITEMS.c.seller, ITEMS.c.code))
_SKUS = Statement(SKUS.select().order_by(SKUS.c.seller, SKUS.c.code))


@dataclass
class Shop:
    database: Opened
    store: SqlFeeds
    world: World
    accept: AcceptFeed
    worker: FeedWorker

    async def send(
        self,
        content: bytes,
        fmt: str = "",
        mapping: FeedMapping = ANY,
        seller: str = "acme",
        generated_at_ms: int | None = None,
    ) -> Feed:
        """A feed, accepted and read to its end."""
        request = FeedRequest(
            seller=seller, filename="feed.txt", format=fmt, mapping=mapping, generated_at_ms=generated_at_ms
        )
        feed = await self.accept(request, pieces(content))
        read = await self.worker.run(feed.id)
        assert read is not None
        counts = read.counts
        assert counts.rows == counts.accepted + counts.unchanged + counts.refused
        return read

    async def events(self) -> list[tuple[str, dict[str, Any]]]:
        """(topic, payload) of everything published, in order."""
        rows = await self.database.read(_EVENTS.all)
        return [(row[2], msgspec.json.decode(decode(row[4]).data)) for row in rows]

    async def known(self) -> tuple[list[Any], list[Any]]:
        return await self.database.read(_ITEMS.all), await self.database.read(_SKUS.all)

    async def refusals(self, feed: Feed) -> list[Refusal]:
        found: list[Refusal] = []
        after = 0
        while rows := await self.store.refusals(feed.id, after, 500):
            found += [refusal for _, refusal in rows]
            after = rows[-1][0]
        return found


@asynccontextmanager
async def open_shop(folder: Path, clock: Clock, world: World | None = None, seed: int = 7) -> AsyncIterator[Shop]:
    database = SQL.database(LINE, folder / "inbound.db", clock)
    database.open()
    files = FileBlobs(folder / "blobs")
    files.open()
    ids = SeededIds(seed, clock)
    store = SqlFeeds(database, Outbox("haat/inbound", ids))
    world = world or World()
    accept = AcceptFeed(store, files, world, clock, ids, 1 << 30)
    worker = FeedWorker(store, files, world, category_id, world, clock, ids, "INR", "test")
    try:
        yield Shop(database, store, world, accept, worker)
    finally:
        files.close()
        database.close()


__all__ = ["ANY", "MAPPINGS", "Counts", "Shop", "Spec", "World", "dataclasses", "open_shop", "pieces"]
