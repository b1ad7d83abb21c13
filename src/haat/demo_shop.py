"""The demo market's needs, satisfied by an open shop: everything goes the way of an operator's and a seller's work."""

import asyncio
import dataclasses
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from haat.catalog.categories import Attribute, Category
from haat.demo import model as demo
from haat.engines.images import QUICK, Encoded, reencode
from haat.errors import Conflict, Invalid, Problem
from haat.inbound.accept import FeedRequest
from haat.inbound.feed import Counts
from haat.search.model import SearchRequest
from haat.serviceability.warehouses import NewWarehouse
from haat.shop import Shop
from haat.users.model import SellerExists

_READ_BYTES: Final = 1 << 18
DRAIN_S: Final = 1_800.0  # an upper bound for the largest market on a slow machine, not an expectation


@dataclass(frozen=True, slots=True)
class MarketInShop:
    """haat.demo.seed.DemoShop on a Shop."""

    shop: Shop

    @property
    def folder(self) -> Path:
        """See DemoShop."""
        return self.shop.settings.data_dir

    async def add_seller(self, seller: demo.Seller) -> bool:
        """See DemoShop."""
        with suppress(SellerExists):
            await self.shop.sellers.make(seller.code, seller.name)
            return True
        return False

    async def add_categories(self, categories: Sequence[demo.Category]) -> int:
        """See DemoShop."""
        tree = await self.shop.catalog.trees.fresh()
        missing = [category for category in categories if category.id not in tree.by_id]
        for category in missing:
            attributes = [_attribute(attribute) for attribute in category.attributes]
            await self.shop.catalog.put_category(Category(id=category.id, name=category.name, attributes=attributes))
        return len(missing)

    async def add_warehouse(self, warehouse: demo.Warehouse) -> bool:
        """See DemoShop."""
        new = NewWarehouse(
            code=warehouse.code,
            name=warehouse.name,
            seller=warehouse.seller,
            pincode=warehouse.pincode,
            latitude=warehouse.latitude,
            longitude=warehouse.longitude,
            handling_days=warehouse.handling_days,
            wave=warehouse.wave,
            reach_km=warehouse.reach_km,
        )
        with suppress(Conflict):
            await self.shop.warehouses.create(new)
            return True
        return False

    async def build_matrix(self) -> None:
        """See DemoShop."""
        await self.shop.build_matrix()
        await self.shop.serviceability.refresh()

    async def has_pictures(self, keys: Sequence[str]) -> Collection[str]:
        """See DemoShop."""
        return await self.shop.catalog.gallery.records(keys)

    async def add_picture(self, content: bytes) -> str:
        """See DemoShop. Encoded in half the time: nobody should wait long for a first start."""
        add = dataclasses.replace(self.shop.catalog.add_picture, reencode=_quickly)
        return (await add(content)).key

    async def import_feed(self, seller: str, file: Path) -> Counts:
        """See DemoShop. Raises: Invalid when the feed could not be read to its end."""
        request = FeedRequest(seller=seller, filename=file.name, format="haat-jsonl")
        accepted = await self.shop.accept_feed(request, chunks_of(file))
        feed = await self.shop.feed_worker.run(accepted.id, force=True)
        if feed is None or feed.state != "done":
            reason = feed.reason if feed else "another process reads it"
            raise Invalid(problems=[Problem(f"feed of {seller}", reason)])
        return feed.counts

    async def settled(self) -> None:
        """See DemoShop."""
        await self.shop.flow.drain(DRAIN_S)

    async def reaching(self, pincode: str) -> int | None:
        """See DemoShop."""
        page = await self.shop.find(SearchRequest(pincode=pincode, limit=1, facets=False))
        return None if page.reason else page.total


async def chunks_of(file: Path) -> AsyncIterator[bytes]:
    """A file's bytes, piece by piece. Raises: OSError."""
    with file.open("rb") as source:  # local files of a command line, read between awaits
        while piece := source.read(_READ_BYTES):
            yield piece


async def _quickly(content: bytes) -> Encoded:
    return await asyncio.to_thread(reencode, content, QUICK)


def _attribute(attribute: demo.Attribute) -> Attribute:
    values = [str(choice) for choice in attribute.choices] if attribute.kind in ("enum", "multi") else []
    return Attribute(
        name=attribute.name,
        label=attribute.label,
        kind=attribute.kind,
        unit=attribute.unit or None,
        values=values,
        required=attribute.required,
        facet=attribute.facet,
        searchable=attribute.searchable,
        axis=attribute.axis,
    )
