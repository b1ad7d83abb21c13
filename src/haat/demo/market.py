"""A shop's use cases as `seed` needs them: each call may be repeated, and what is there stays as it is."""

from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from haat.catalog.arrange import with_missing
from haat.catalog.categories import Attribute as AttributeRule
from haat.catalog.categories import Category as CategoryNode
from haat.catalog.verbs import Catalog
from haat.demo.model import Attribute, Category, Seller, Warehouse
from haat.demo.seed import Rows
from haat.errors import Unavailable
from haat.events.flow import Flow
from haat.inbound.accept import AcceptFeed, FeedRequest
from haat.inbound.ports import Sellers
from haat.inbound.work import FeedWorker
from haat.search.find import FindItems
from haat.search.model import SearchRequest
from haat.serviceability.build_matrix import BuildMatrix
from haat.serviceability.live import Serviceability
from haat.serviceability.model import AlreadyThere
from haat.serviceability.warehouses import NewWarehouse, Warehouses

_CHUNK_BYTES: Final = 1 << 20
_SETTLED_S: Final = 3_600.0  # 100,000 items take minutes; an hour means that something hangs


@dataclass(frozen=True, slots=True)
class Market:
    """A shop to be filled. Satisfies `seed.DemoShop`; see there for what each method promises."""

    folder: Path
    sellers: Sellers
    catalog: Catalog
    warehouses: Warehouses
    build: BuildMatrix
    serviceability: Serviceability
    accept_feed: AcceptFeed
    feed_worker: FeedWorker
    flow: Flow
    find: FindItems

    async def add_seller(self, seller: Seller) -> bool:
        """See DemoShop."""
        if await self.sellers.exists(seller.code):
            return False
        await self.sellers.create(seller.code, seller.name)
        return True

    async def add_categories(self, categories: Sequence[Category]) -> int:
        """See DemoShop. One write for the whole tree."""
        before = set((await self.catalog.trees.fresh()).by_id)
        nodes = [category_node(category) for category in categories]
        after = await self.catalog.trees.change(lambda tree: with_missing(tree, nodes))
        return len(set(after.by_id) - before)

    async def add_warehouse(self, warehouse: Warehouse) -> bool:
        """See DemoShop."""
        new = NewWarehouse(
            code=warehouse.code,
            name=warehouse.name,
            pincode=warehouse.pincode,
            seller=warehouse.seller,
            handling_days=warehouse.handling_days,
            wave=warehouse.wave,
            reach_km=warehouse.reach_km,
        )
        try:
            await self.warehouses.create(new)
        except AlreadyThere:
            return False
        return True

    async def build_matrix(self) -> None:
        """See DemoShop. In use by this process when it returns."""
        await self.build()
        await self.serviceability.refresh()

    async def has_pictures(self, keys: Sequence[str]) -> Collection[str]:
        """See DemoShop."""
        return set(await self.catalog.add_picture.gallery.records(keys))

    async def add_picture(self, content: bytes) -> str:
        """See DemoShop."""
        return (await self.catalog.add_picture(content)).key

    async def import_feed(self, seller: str, file: Path) -> Rows:
        """See DemoShop. A run that was killed before goes on where it was.

        Raises: Unavailable when the feed could not be read to its end.
        """
        request = FeedRequest(seller=seller, filename=file.name, format="haat-jsonl")
        feed = await self.accept_feed(request, _chunks(file))
        done = await self.feed_worker.run(feed.id, force=True)
        if done is None or done.state != "done":
            raise Unavailable(f"The feed of {seller} was not read to its end: {done.reason if done else 'held'}")
        return done.counts

    async def settled(self) -> None:
        """See DemoShop."""
        await self.flow.drain(_SETTLED_S)

    async def reaching(self, pincode: str) -> int | None:
        """See DemoShop."""
        page = await self.find(SearchRequest(pincode=pincode, limit=1, facets=False))
        return None if page.reason is not None and not page.total else page.total


def category_node(category: Category) -> CategoryNode:
    """A category as the catalogue keeps it."""
    rules = [attribute_rule(attribute) for attribute in category.attributes]
    return CategoryNode(id=category.id, name=category.name, attributes=rules)


def attribute_rule(attribute: Attribute) -> AttributeRule:
    """An attribute as the catalogue's schema states it. Numbers are not limited to what the demo draws."""
    closed = attribute.kind in ("enum", "multi")
    return AttributeRule(
        name=attribute.name,
        label=attribute.label,
        kind=attribute.kind,
        unit=attribute.unit or None,
        values=[str(choice) for choice in attribute.choices] if closed else [],
        required=attribute.required,
        facet=attribute.facet,
        searchable=attribute.searchable,
        axis=attribute.axis,
    )


async def _chunks(file: Path) -> AsyncIterator[bytes]:
    with file.open("rb") as content:
        while chunk := content.read(_CHUNK_BYTES):
            yield chunk
