"""A small market made from a seed: documents as the catalogue stores them, offers with stock, a delivery matrix."""

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from haat.http.signing import Signer
from haat.search.adapters.tantivy import TantivyItemIndex
from haat.search.find import FindItems
from haat.search.index import ItemIndex
from haat.search.indexer import Indexer
from haat.search.lexicon import Lexicon
from haat.search.model import SearchPage, SearchRequest
from haat.search.reindex import Reindex
from haat.serviceability.model import Network
from haat.serviceability.promise import Promises
from haat.serviceability.reach import Reach
from tests.conftest import ManualClock
from tests.serviceability.worlds import GridPlaces, network_of, reach_of

WORDS = ["tent", "rope", "lamp", "stove", "bag", "boot", "kettle", "mat", "knife", "torch", "hammock", "filter", "cup"]
COLOURS = ["red", "green", "blue", "sky blue", "off-white"]
BRANDS = ["Zephyr", "Daybird", "B&R", 'Quote " brand', "हिमालय"]
CATEGORIES = {
    "outdoor": "Outdoor",
    "outdoor.bags": "Bags",
    "outdoor.bags.daypacks": "Daypacks",
    "outdoor.bags.treks": "Trek bags",
    "outdoor.tents": "Tents",
    "kitchen": "Kitchen",
    "kitchen.stoves": "Stoves",
}


@dataclass
class Stock:
    warehouse: str
    free: int
    version: int = 1


@dataclass
class Offer:
    sku: str
    price_minor: int | None
    currency: str = "INR"
    active: bool = True
    version: int = 1
    stock: list[Stock] = field(default_factory=list)


@dataclass
class Live:
    """Serviceability whose matrix a test replaces."""

    reach: Reach


class Market:
    """The truth that search is told about through its ports."""

    def __init__(self, reach: Reach) -> None:
        self.serviceability = Live(reach)
        self.documents: dict[str, dict[str, Any]] = {}
        self.offers: dict[str, list[Offer]] = {}
        self.reads = 0

    async def item_documents(self, ids: Sequence[str]) -> Mapping[str, bytes]:
        self.reads += 1
        return {id_: json.dumps(self.documents[id_]).encode() for id_ in ids if id_ in self.documents}

    async def offers_of(self, item_ids: Sequence[str]) -> Mapping[str, Sequence[Offer]]:
        return {id_: self.offers[id_] for id_ in item_ids if id_ in self.offers}

    async def all_items(self, after: str, limit: int) -> Sequence[tuple[str, bytes]]:
        ids = sorted(id_ for id_ in self.documents if id_ > after)[:limit]
        return [(id_, json.dumps(self.documents[id_]).encode()) for id_ in ids]

    def put(self, document: dict[str, Any], offers: Sequence[Offer]) -> str:
        self.documents[document["id"]] = document
        self.offers[document["id"]] = list(offers)
        return str(document["id"])

    def set_stock(self, sku: str, warehouse: str, free: int) -> str:
        """As inventory does: the version grows. Answers the item."""
        for item_id, offers in self.offers.items():
            for offer in offers:
                if offer.sku == sku:
                    row = next((s for s in offer.stock if s.warehouse == warehouse), None)
                    if row is None:
                        offer.stock.append(Stock(warehouse, free))
                    else:
                        row.free, row.version = free, row.version + 1
                    return item_id
        raise KeyError(sku)


def item_id(number: int) -> str:
    return f"itm_{number:026d}"


def document(number: int, title: str, **more: Any) -> dict[str, Any]:
    """A document with one variant `s.<number>`, as the catalogue would store it."""
    return {
        "id": item_id(number),
        "seller": "s",
        "code": str(number),
        "version": 1,
        "status": "active",
        "title": title,
        "description": "",
        "bullets": [],
        "brand": None,
        "category": None,
        "categories": [],
        "attributes": {},
        "labels": {},
        "units": {},
        "pictures": [],
        "variants": [variant(f"s.{number}")],
        "axes": [],
        "rating": None,
        "rating_count": 0,
        "released": None,
        "shipping_class": "standard",
    } | more


def variant(sku: str, **more: Any) -> dict[str, Any]:
    return {
        "sku": sku,
        "code": sku.partition(".")[2],
        "attributes": {},
        "eans": [],
        "model": None,
        "pictures": [],
        "active": True,
        "shipping_class": "standard",
    } | more


def path_of(category: str | None) -> list[dict[str, str]]:
    if category is None:
        return []
    parts = category.split(".")
    ids = [".".join(parts[: n + 1]) for n in range(len(parts))]
    return [{"id": id_, "name": CATEGORIES[id_]} for id_ in ids]


def random_market(seed: int, items: int = 150, warehouses: int = 12, promises: Promises | None = None) -> Market:
    chance = random.Random(seed)
    network = network_of(GridPlaces(), warehouses, seed)
    market = Market(reach_of(network, promises=promises))
    for number in range(items):
        market.put(*_random_item(chance, number, network))
    return market


def _random_item(chance: random.Random, number: int, network: Network) -> tuple[dict[str, Any], list[Offer]]:
    category = chance.choice([None, *CATEGORIES])
    variants, offers = [], []
    for which in range(chance.choice([1, 1, 1, 2, 3])):
        sku = f"s.{number}-{which}"
        attributes: dict[str, Any] = {"colour": chance.choice(COLOURS)}
        if chance.random() < 0.5:
            attributes["capacity"] = chance.choice([1, 2.5, 10, 20, 45, 45.5, 60])
        klass = chance.choice(["standard"] * 8 + ["heavy", "hazardous"])
        variants.append(
            variant(
                sku,
                attributes=attributes,
                active=chance.random() < 0.9,
                eans=[f"89{number:09d}{which}"],
                model=f"M-{number}{which}",
                shipping_class=klass,
            )
        )
        if chance.random() < 0.95:
            stock = [
                Stock(w.id, chance.choice([0, 0, 1, 3, 50]))
                for w in chance.sample(network.warehouses, chance.randint(0, 4))
            ]
            price = chance.choice([None, *(chance.randrange(100, 300_000) for _ in range(12))])
            offers.append(Offer(sku, price, active=chance.random() < 0.92, stock=stock))
    attributes = {"wifi": chance.random() < 0.5} if chance.random() < 0.6 else {}
    if chance.random() < 0.5:
        attributes["weight"] = round(chance.uniform(0.05, 80), 1)
    if chance.random() < 0.4:
        attributes["fits"] = chance.sample(["car", "bike", "boat", "x" * 200], chance.randint(1, 3))
    if chance.random() < 0.3:
        attributes["mixed"] = chance.choice(["7", 7, "seven", 8.5, -3])
    title = " ".join(chance.choices(WORDS, k=chance.randint(1, 4)))
    body = " ".join(chance.choices(WORDS, k=chance.randint(0, 8)))
    rated = chance.random() < 0.7
    return (
        document(
            number,
            title,
            description=body,
            status=chance.choice(["active"] * 9 + ["draft", "retired"]),
            brand=chance.choice([None, *BRANDS]),
            category=category,
            categories=path_of(category),
            attributes=attributes,
            labels={"weight": "Weight"},
            units={"weight": "kg", "capacity": "l"},
            variants=variants,
            rating=round(chance.uniform(1, 5), 1) if rated else None,
            rating_count=chance.choice([1, 10, 500]) if rated else 0,
            released=chance.choice([None, "2019-05-01", "2026-11-01", "2024-02-29T00:00:00Z"]),
        ),
        offers,
    )


class Openable(ItemIndex, Protocol):
    """An index of any engine."""

    async def open(self) -> bool: ...

    async def close(self) -> None: ...


@dataclass
class Search:
    """Search over a market, opened."""

    market: Market
    clock: ManualClock
    index: Openable
    indexer: Indexer
    lexicon: Lexicon
    find: FindItems
    reindex: Reindex
    published: list[tuple[str, object]]

    async def load(self) -> None:
        """Index the whole market and learn its words."""
        await self.indexer.update(sorted(self.market.documents))
        await self.indexer.commit()
        await self.indexer.settle()
        await self.lexicon.rebuild(lambda builder: self.indexer.collect(self.market.all_items, builder))

    async def __call__(self, **asked: Any) -> SearchPage:
        return await self.find(SearchRequest(**asked))


async def open_search(market: Market, folder: Path, clock: ManualClock, **options: Any) -> Search:
    return await search_in(TantivyItemIndex(folder, clock, heap_bytes=20 << 20, **options), market, clock)


async def search_in(index: Openable, market: Market, clock: ManualClock) -> Search:
    """Search in an index of any engine, opened here."""
    await index.open()
    lexicon = Lexicon(clock)
    signer = Signer([b"test"])
    published: list[tuple[str, object]] = []

    async def publish(key: str, message: object) -> None:
        published.append((key, message))

    indexer = Indexer(
        index=index,
        serviceability=market.serviceability,
        documents=market.item_documents,
        offers=market.offers_of,
        lexicon=lexicon,
    )
    find = FindItems(
        index=index,
        serviceability=market.serviceability,
        lexicon=lexicon,
        clock=clock,
        sign=lambda payload: signer.sign("search", payload),
        open_cursor=lambda text: signer.open_cursor("search", text),
        publish=publish,
    )
    return Search(market, clock, index, indexer, lexicon, find, Reindex(index, indexer, market.all_items), published)
