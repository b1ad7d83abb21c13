"""A shop with many skus in few warehouses, made without feeds: what orders are measured on."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from haat import commands, settings
from haat.demo.model import Warehouse
from haat.demo_shop import MarketInShop
from haat.engines.documents import Put
from haat.inventory.model import Restated
from haat.shop import Shop

HOME: Final = "560034"
SELLER: Final = "bench"
UNITS: Final = 1_000_000
AT_ONCE: Final = 500
WAREHOUSES: Final = (
    ("blr", "Bengaluru", "560001", 12.9716, 77.5946),
    ("hyd", "Hyderabad", "500001", 17.385, 78.4867),
    ("maa", "Chennai", "600001", 13.0827, 80.2707),
)


def made_shop(folder: Path, skus: int) -> list[str]:
    """Fill an empty data directory; the skus, each with stock in every warehouse that reaches HOME."""
    return asyncio.run(_fill(folder, skus))


async def _fill(folder: Path, skus: int) -> list[str]:
    async with commands.whole_shop(settings.load({"HAAT_DATA_DIR": str(folder)}), "benchmark") as shop:
        market = MarketInShop(shop)
        for code, name, pincode, latitude, longitude in WAREHOUSES:
            await market.add_warehouse(
                Warehouse(
                    code=code,
                    name=name,
                    seller=None,
                    pincode=pincode,
                    latitude=latitude,
                    longitude=longitude,
                    handling_days=0,
                    wave=3,
                    reach_km=2_000.0,
                )
            )
        await market.build_matrix()
        warehouses = [warehouse.id for warehouse in await shop.warehouse_book.all()]
        names = [f"{SELLER}.{n:05d}" for n in range(skus)]
        for start in range(0, skus, AT_ONCE):
            await _items(shop, names[start : start + AT_ONCE], warehouses)
        return names


async def _items(shop: Shop, names: Sequence[str], warehouses: Sequence[str]) -> None:
    ids = [shop.ids.new("itm") for _ in names]
    puts = [
        Put(id=item_id, body=_document(item_id, sku), expects=0, keys={}, outgoing=())
        for item_id, sku in zip(ids, names, strict=True)
    ]
    assert all(await shop.catalog.documents.shelf.documents.put(puts))
    rows = [
        Restated(
            item_id=item_id,
            sku=sku,
            seller=SELLER,
            price_minor=49_900,
            currency="INR",
            tax_class="gst-18",
            active=True,
            as_of_ms=1,
            feed_id="fed_bench",
            counts=[(warehouse, UNITS) for warehouse in warehouses],
            initial=True,
        )
        for item_id, sku in zip(ids, names, strict=True)
    ]
    await shop.offers.restate(rows)


def _document(item_id: str, sku: str) -> bytes:
    body: dict[str, Any] = {
        "id": item_id,
        "seller": SELLER,
        "code": sku.partition(".")[2],
        "version": 1,
        "status": "active",
        "title": f"Steel bottle {sku}",
        "description": "A bottle.",
        "bullets": [],
        "brand": "Bench",
        "category": None,
        "categories": [],
        "attributes": {},
        "labels": {},
        "units": {},
        "pictures": [],
        "variants": [
            {"sku": sku, "code": sku, "attributes": {}, "eans": [], "model": None, "pictures": [], "active": True,
             "shipping_class": "standard"}
        ],
        "axes": [],
        "rating": None,
        "rating_count": 0,
        "released": None,
        "shipping_class": "standard",
        "created": "2026-01-01T00:00:00Z",
        "updated": "2026-01-01T00:00:00Z",
    }  # fmt: skip
    return msgspec.json.encode(body)
