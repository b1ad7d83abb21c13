"""A whole shop as the server, the command line and tests hold it, and the databases it lies in."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from litestar import Litestar

from haat.cart.adapters.tables import LINE as CART_LINE
from haat.catalog.verbs import Catalog
from haat.engines.documents.tables import line as documents_line
from haat.engines.sql import Database
from haat.engines.sql.migrations import Line
from haat.events.adapters.tables import LINE as EVENTS_LINE
from haat.events.flow import Flow
from haat.events.parking import DiscardParked, ListParked, ReplayParked
from haat.http.mounts import Mounts
from haat.http.server import Readiness
from haat.http.shedding import Shedding
from haat.inbound.accept import AcceptFeed
from haat.inbound.adapters.tables import LINE as INBOUND_LINE
from haat.inbound.report import FeedReport, FeedStatus
from haat.inbound.work import FeedWorker
from haat.inventory.adapters.sql import SqlOfferStore
from haat.inventory.adapters.tables import LINE as INVENTORY_LINE
from haat.joins import (
    SellerBook,
    WarehouseBook,
)
from haat.orders.adapters.tables import LINE as ORDERS_LINE
from haat.payments.adapters.tables import LINE as PAYMENTS_LINE
from haat.search.consumers import Upkeep
from haat.search.find import FindItems
from haat.search.index import ItemIndex
from haat.search.lexicon import Lexicon
from haat.search.reindex import Reindex
from haat.selling import Selling
from haat.serviceability.adapters.sql import SqlNetworkStore
from haat.serviceability.adapters.tables import LINE as SERVICEABILITY_LINE
from haat.serviceability.build_matrix import BuildMatrix
from haat.serviceability.live import Serviceability
from haat.serviceability.quote import AskQuote
from haat.serviceability.seed_hubs import SeedHubs
from haat.serviceability.warehouses import Warehouses
from haat.settings import SQL_SCHEMES, Settings
from haat.timers import Role
from haat.users.adapters.tables import LINE as USERS_LINE
from haat.users.tokens import CreateToken, ManageTokens
from haat.vocabulary import Clock, Ids
from haat.wishlist.adapters.tables import LINE as WISHLIST_LINE

LINES: Final = {
    "orders": INVENTORY_LINE.joined(ORDERS_LINE, PAYMENTS_LINE),
    "users": USERS_LINE,
    "catalog": documents_line("catalog"),
    "events": EVENTS_LINE,
    "inbound": INBOUND_LINE,
    "serviceability": SERVICEABILITY_LINE,
    "carts": CART_LINE.joined(WISHLIST_LINE),
}
"""One version line per database, by the name of its URL setting; the log's own may be the database of parked events."""

TOPICS: Final = (
    "behaviour",
    "carts",
    "items",
    "items.inbound",
    "lanes",
    "offers",
    "offers.inbound",
    "orders",
    "payments",
    "stock",
)
"""Of every message (docs/reference/events.md)."""


@dataclass(frozen=True, slots=True)
class Shop:
    """A whole shop with open engines: what the server, the command line and tests use."""

    settings: Settings
    clock: Clock
    ids: Ids
    edge: Mounts
    shedding: Shedding
    litestar: Litestar
    metrics: Any
    roles: Sequence[Role]
    stopping: asyncio.Event  # set when the process is about to end: readiness goes off
    flow: Flow
    catalog: Catalog
    databases: Mapping[str, Database]
    offers: SqlOfferStore
    selling: Selling
    find: FindItems
    index: ItemIndex
    lexicon: Lexicon
    upkeep: Upkeep
    reindex: Reindex
    serviceability: Serviceability
    network: SqlNetworkStore
    build_matrix: BuildMatrix
    seed_hubs: SeedHubs
    warehouses: Warehouses
    warehouse_book: WarehouseBook
    ask_quote: AskQuote
    sellers: SellerBook
    tokens: ManageTokens
    create_token: CreateToken
    accept_feed: AcceptFeed
    feed_worker: FeedWorker
    feed_status: FeedStatus
    feed_report: FeedReport
    list_parked: ListParked
    replay_parked: ReplayParked
    discard_parked: DiscardParked
    readiness: Callable[[], Awaitable[Readiness]]


def sql_databases(settings: Settings) -> dict[str, tuple[Line, str]]:
    """Version line and URL of every database that SQL is spoken with."""
    urls = {name: str(getattr(settings, f"{name}_url")) for name in LINES} | {"events": settings.parked_url}
    return {name: (LINES[name], url) for name, url in urls.items() if url.partition(":")[0] in SQL_SCHEMES}
