"""Where one context's use case satisfies another's port and a word has to be translated on the way.

Each class is named for the port it satisfies. Nothing is decided here.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final, Protocol

import msgspec

from haat.catalog.claims import SkuClaims
from haat.catalog.forest import TreeStore
from haat.catalog.read import Bodies
from haat.engines.documents import Documents
from haat.errors import Unavailable
from haat.events.envelope import decode
from haat.events.parking import Parking
from haat.inventory.model import Offer
from haat.inventory.ports import OfferStore
from haat.search.index import ItemIndex
from haat.search.lexicon import Lexicon
from haat.search.shapes import HIT_DECODER
from haat.serviceability.model import Warehouse
from haat.serviceability.ports import NetworkStore
from haat.users.model import SellerExists
from haat.users.sellers import CreateSeller, FindSellers
from haat.vocabulary import ShippingClass

_PAGE: Final = 500
_CATEGORY: Final = "category:"
_INBOUND: Final = frozenset({"items.inbound", "offers.inbound"})


class _Facts(msgspec.Struct, frozen=True):
    """What a quote needs of an item's document."""

    status: str
    shipping_class: ShippingClass = "standard"


class _Head(msgspec.Struct, frozen=True):
    """What a sitemap needs of an item's document."""

    id: str
    title: str
    status: str
    updated: str


class _OfFeed(msgspec.Struct, frozen=True):
    """Which feed an inbound event came from."""

    feed_id: str = ""


class _Name(msgspec.Struct, frozen=True):
    """How a category is called."""

    name: str


class Named(Protocol):
    """Whatever has a name."""

    @property
    def name(self) -> str:
        """As people read it."""


class StockedUnit(msgspec.Struct, frozen=True, gc=False):
    """One sku's units in one warehouse, with the way it must travel."""

    sku: str
    warehouse: str
    free: int
    shipping_class: ShippingClass


@dataclass(frozen=True, slots=True)
class StockOfSkus:
    """serviceability.StockOf from inventory's counts and the catalogue's shipping classes."""

    offers: OfferStore
    documents: Bodies

    async def __call__(self, skus: Sequence[str]) -> Sequence[StockedUnit]:
        """Rows of the skus that are on sale. Two round trips."""
        offers = await self.offers.offers_by_sku(list(dict.fromkeys(skus)))
        sold = [offer for offer in offers.values() if offer.active and offer.price_minor is not None]
        bodies = await self.documents(sorted({offer.item_id for offer in sold}))
        facts = {item_id: msgspec.json.decode(body, type=_Facts) for item_id, body in bodies.items()}
        return [
            StockedUnit(offer.sku, row.warehouse, row.free, facts[offer.item_id].shipping_class)
            for offer in sold
            if offer.item_id in facts and facts[offer.item_id].status == "active"
            for row in offer.stock
        ]


@dataclass(frozen=True, slots=True)
class WarehouseBook:
    """What feeds, sellers and pages ask about warehouses, read from the rows."""

    store: NetworkStore

    async def all(self) -> Sequence[Warehouse]:
        """Every warehouse, by id."""
        found: list[Warehouse] = []
        while True:
            page = await self.store.page(Warehouse, [found[-1].id] if found else [""], _PAGE)
            found.extend(page)
            if len(page) < _PAGE:
                return found

    async def of(self, seller: str) -> Mapping[str, str]:
        """inbound.Warehouses: code → id of those this seller may use."""
        return {w.code: w.id for w in await self.all() if w.seller in (None, seller)}

    async def may_use(self, seller: str, warehouse: str) -> bool:
        """inventory.WarehouseAccess."""
        found = await self.store.find(Warehouse, warehouse)
        return found is not None and found.seller in (None, seller)


@dataclass(frozen=True, slots=True)
class ItemOfSku:
    """inventory.ItemOfSku from the catalogue's claims."""

    claims: SkuClaims

    async def __call__(self, sku: str) -> str | None:
        """The item of a sku, or None."""
        return (await self.claims.owners([sku])).get(sku)


@dataclass(frozen=True, slots=True)
class SellerBook:
    """inbound.Sellers and web.SellerNames from users."""

    find: FindSellers
    make: CreateSeller

    async def exists(self, code: str) -> bool:
        """Whether someone sells under this code."""
        return await self.find.exists(code)

    async def create(self, code: str, name: str) -> None:
        """Make a seller; nothing when there is one."""
        if not await self.find.exists(code):
            with suppress(SellerExists):
                await self.make(code, name)

    async def __call__(self, codes: Sequence[str]) -> Mapping[str, str]:
        """Names by code."""
        wanted = set(codes)
        return {seller.code: seller.name for seller in await self.find.all() if seller.code in wanted}


@dataclass(frozen=True, slots=True)
class IndexedDocuments:
    """catalog.Bodies from what the index was built of: the stand-in for a catalogue that is away."""

    index: ItemIndex

    async def __call__(self, ids: Sequence[str], /) -> Mapping[str, bytes]:
        """The documents that the newest view was built from. Raises: Unavailable."""
        return {id_: kept.document for id_, kept in (await self.index.stored(ids)).items() if kept.document}


class LastStock(msgspec.Struct, frozen=True, gc=False):
    """A warehouse that had a unit free. How many is not known: `free` is 1."""

    warehouse: str
    free: int = 1
    version: int = 0


class LastOffer(msgspec.Struct, frozen=True, gc=False):
    """Price of a sku and where it lay, a moment ago."""

    sku: str
    price_minor: int | None
    currency: str
    stock: Sequence[LastStock]
    active: bool = True


@dataclass(frozen=True, slots=True)
class LastOffers:
    """web.Offers as the index last showed them: for pages while the offers cannot be read. Nothing is sold by them."""

    index: ItemIndex

    async def __call__(self, item_ids: Sequence[str]) -> Mapping[str, Sequence[LastOffer]]:
        """Active skus of the items, without counts. Raises: Unavailable."""
        kept = await self.index.stored(item_ids)
        return {id_: _last_offers(one.hit) for id_, one in kept.items() if one.hit}


def _last_offers(hit: bytes) -> list[LastOffer]:
    return [
        LastOffer(sku.sku, sku.price_minor, sku.currency, [LastStock(warehouse) for warehouse in sku.warehouses])
        for sku in HIT_DECODER.decode(hit).skus
        if sku.price_minor is not None
    ]


@dataclass(frozen=True, slots=True)
class KnownOffers:
    """wishlist.OffersOf: the offers as they are, or as they last were shown while they cannot be read."""

    offers: OfferStore
    last: LastOffers

    async def __call__(self, item_ids: Sequence[str]) -> Mapping[str, Sequence[Offer | LastOffer]]:
        """Offers by item. Raises: Unavailable when neither is there."""
        try:
            return await self.offers.offers_of(item_ids)
        except Unavailable as away:
            try:
                return await self.last(item_ids)
            except Unavailable:
                raise away from None


@dataclass(frozen=True, slots=True)
class CategoryNames:
    """web.CategoryNames from the catalogue's tree; from the index's labels where this process never saw the tree."""

    trees: TreeStore
    index: ItemIndex

    async def __call__(self) -> Mapping[str, Named]:
        """Categories by id, parents before children. Raises: Unavailable when neither is there."""
        try:
            return (await self.trees.current()).by_id
        except Unavailable as away:
            try:
                labels = self.index.view().labels
            except Unavailable:
                raise away from None
            named = {name: label for name, label in labels.items() if name.startswith(_CATEGORY)}
            return {name.removeprefix(_CATEGORY): _Name(named[name].label) for name in sorted(named)}


@dataclass(frozen=True, slots=True)
class CategoryFacets:
    """search.CategoryFacets from the tree as last read: it must answer from memory."""

    trees: TreeStore

    def __call__(self, category: str) -> Sequence[str]:
        """Names of the attributes that this category shows as facets."""
        return [a.name for a in self.trees.known.schema(category).values() if a.facet]


@dataclass(frozen=True, slots=True)
class AllItems:
    """search.AllItems and web.ItemLinks from the collection of items."""

    documents: Documents

    async def __call__(self, after: str, limit: int) -> Sequence[tuple[str, bytes]]:
        """The next documents by id."""
        return [(document.id, document.body) for document in await self.documents.scan(after, limit)]

    async def links(self, after: str, limit: int) -> Sequence[tuple[str, str, str]]:
        """(id, title, updated) of the next active items."""
        found: list[tuple[str, str, str]] = []
        while len(found) < limit:
            page = await self.documents.scan(after, _PAGE)
            heads = [msgspec.json.decode(document.body, type=_Head) for document in page]
            found.extend((head.id, head.title, head.updated) for head in heads if head.status == "active")
            if len(page) < _PAGE:
                break
            after = page[-1].id
        return found[:limit]


@dataclass(frozen=True, slots=True)
class NearestWords:
    """web.NearestWords from search's lexicon."""

    lexicon: Lexicon

    async def __call__(self, text: str) -> Sequence[str]:
        """Up to five queries that find something."""
        words = text.split()
        tries = [text, *sorted(words, key=len, reverse=True)[:3]]
        suggester = self.lexicon.current.suggester
        found = [s.text for one in tries for s in suggester.suggest(one) if s.kind == "completion"]
        return list(dict.fromkeys(found))[:5]


@dataclass(frozen=True, slots=True)
class ParkedRows:
    """inbound.ParkedRows: events of a feed that wait for a person, from the parked table."""

    parking: Parking

    async def __call__(self, feed_id: str) -> int:
        """How many. Reads all that is parked: little, or the shop has another problem."""
        found, after = 0, 0
        while page := await self.parking.page(after=after, limit=_PAGE):
            found += sum(parked.topic in _INBOUND and _feed_of(parked.value) == feed_id for parked in page)
            after = page[-1].seq
        return found


def _feed_of(value: bytes) -> str:
    try:
        return decode(value).read(_OfFeed).feed_id
    except msgspec.MsgspecError:
        return ""


@dataclass(slots=True)
class WarehouseNames:
    """web.WarehouseNames: read again when the lanes change, answered from memory."""

    book: WarehouseBook
    names: dict[str, str] = field(default_factory=dict)

    async def refresh(self) -> None:
        """Read all names. Raises: Unavailable."""
        self.names = {warehouse.id: warehouse.name for warehouse in await self.book.all()}

    def __call__(self, warehouse: str) -> str:
        """A warehouse's name, or nothing."""
        return self.names.get(warehouse, "")
