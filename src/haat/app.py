"""The composition root: settings → engines → use cases → routes, consumers, timers. Plain calls, top to bottom.

Nothing else opens an engine or knows an adapter. `open_shop` gives a whole shop; `haat.serve` runs its roles, the
command line calls its use cases, and tests use it as it is.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Final
from zoneinfo import ZoneInfo

from prometheus_client import CollectorRegistry

from haat.catalog.categories import category_id_of
from haat.catalog.consumers import ItemsFromFeeds, PictureFetcher
from haat.catalog.fill_words import FillWords
from haat.catalog.plain import PlainItems
from haat.catalog.routes import catalog_routes, picture_route
from haat.catalog.verbs import COLLECTIONS, Collections, Outside, catalog_on
from haat.engines.blobs.files import FileBlobs
from haat.engines.fetch import Fetcher
from haat.engines.images import Reencoder
from haat.engines.outgoing import OutgoingSource
from haat.engines.sql.outgoing import SqlOutgoing
from haat.engines.system import SystemClock, SystemIds, jitter
from haat.events.backoff import Backoff
from haat.events.behaviour import Behaviour
from haat.events.consume import BATCH_RECORDS, Consumer
from haat.events.flow import Flow
from haat.events.lag import MeasureLag
from haat.events.outbox import Outbox
from haat.events.parking import DiscardParked, ListParked, ReplayParked
from haat.events.ports import Handler
from haat.events.relay import Relay
from haat.gateway import open_gateway
from haat.health import Health, LagGauges, Pinged, tolerated
from haat.http.mounts import Mounts
from haat.http.problems import Problems
from haat.http.server import Edges, metrics_app, web_app
from haat.http.signing import Signer
from haat.inbound.accept import AcceptFeed
from haat.inbound.adapters.sql import SqlFeeds
from haat.inbound.identify import IdentifyItem
from haat.inbound.report import FeedReport, FeedStatus
from haat.inbound.routes import inbound_routes
from haat.inbound.work import FeedWorker
from haat.inventory.adapters.sql import SqlOfferStore
from haat.inventory.change_offer import SetOffer
from haat.inventory.change_stock import ChangeStock
from haat.inventory.consumers import OfferInbound
from haat.inventory.routes import inventory_routes, stock_routes
from haat.inventory.spread_stock import SpreadStock
from haat.joins import (
    AllItems,
    CategoryFacets,
    CategoryNames,
    IndexedDocuments,
    ItemOfSku,
    KnownOffers,
    LastOffers,
    NearestWords,
    ParkedRows,
    SellerBook,
    StockOfSkus,
    WarehouseBook,
    WarehouseNames,
)
from haat.moving.half import refuse_half
from haat.opening import open_database, open_documents, open_events, open_index, open_kv
from haat.search.consumers import IndexItems, IndexLanes, Upkeep
from haat.search.find import FindItems
from haat.search.index import Rebuilding
from haat.search.indexer import Indexer
from haat.search.lexicon import Lexicon
from haat.search.plain import PlainFind
from haat.search.reindex import Reindex
from haat.search.routes import Suggest, search_routes
from haat.selling import Around, SellingNeeds, buying_needs, put_together, untouched
from haat.serviceability.adapters.calendars import IndiaHolidays
from haat.serviceability.adapters.india import IndiaPlaces
from haat.serviceability.adapters.sql import SqlNetworkStore
from haat.serviceability.ask import AskPincode
from haat.serviceability.build_matrix import BuildMatrix
from haat.serviceability.hubs import Hubs
from haat.serviceability.lanes import Lanes
from haat.serviceability.live import Serviceability
from haat.serviceability.quote import AskQuote
from haat.serviceability.routes import serviceability_routes
from haat.serviceability.rules import HolidayRules, PinRules
from haat.serviceability.seed_hubs import SeedHubs
from haat.serviceability.warehouses import Warehouses
from haat.settings import Settings, embedded_path, secret_of
from haat.shop import Shop
from haat.timers import FeedLoop, FillLoop, Forget, Role, Timers
from haat.users.adapters.sql import SqlUserStore
from haat.users.sellers import CreateSeller, FindSellers
from haat.users.tokens import CheckToken, CreateToken, ManageTokens
from haat.vocabulary import Clock, Ids
from haat.web.api_docs import api_docs_route
from haat.web.assets import Assets
from haat.web.storefront.buying_routes import buying_routes
from haat.web.storefront.routes import StorefrontNeeds, problem_pages, storefront_routes

FEED_BYTES: Final = 1 << 30


@asynccontextmanager
async def open_shop(
    settings: Settings,
    clock: Clock | None = None,
    ids: Ids | None = None,
    *,
    fetch_pictures: bool = True,
    importing: bool = False,
    around: Around = untouched,
) -> AsyncIterator[Shop]:
    """Open every engine and join everything. The databases must be migrated.

    Without `fetch_pictures` the consumer that goes out for suppliers' pictures is left out, so that no command waits
    for other people's hosts; it goes on where it was when a server runs again. `around` is given every database, the
    key-value store, the event log and the gateway by name, and may stand in front of them: tests break them there.
    `importing`: the caller is the import that half filled this shop; its index is built anew.

    Raises: Unavailable when an engine cannot be opened; Conflict when the shop is half imported.
    """
    clock = clock or SystemClock()
    ids = ids or SystemIds()
    async with AsyncExitStack() as stack:
        # ---- engines
        databases = {
            name: open_database(stack, name, getattr(settings, f"{name}_url"), clock, around)
            for name in ("orders", "users", "carts", "inbound", "serviceability")
        }
        if not importing:
            await refuse_half(databases["orders"])
        catalog_store = await open_documents(stack, settings.catalog_url, clock, around)
        event_store = await open_events(stack, settings.events_url, settings.parked_url, clock, around)
        kv = await open_kv(stack, settings.kv_url, clock, around)
        index, index_is_empty = await open_index(stack, settings.search_url, clock, around)
        blobs = FileBlobs(embedded_path(settings.blobs_url))
        blobs.open()
        stack.callback(blobs.close)
        reencoder = Reencoder()
        stack.callback(reencoder.close)
        signer = Signer([secret_of(settings)])
        zone = ZoneInfo(settings.time_zone)

        # ---- events
        event_log, parking = event_store.log, event_store.parking
        backoff = Backoff(jitter)
        behaviour = Behaviour(event_log, ids, clock, "haat/web")

        # ---- users
        user_store = SqlUserStore(databases["users"])
        check_token = CheckToken(user_store, clock)
        find_sellers = FindSellers(user_store)
        sellers = SellerBook(find_sellers, CreateSeller(user_store, ids, clock))

        # ---- serviceability
        network = SqlNetworkStore(databases["serviceability"], Outbox("haat/serviceability", ids))
        places = IndiaPlaces()
        serviceability = Serviceability(network, blobs, IndiaHolidays(), zone)
        build_matrix = BuildMatrix(places, network, blobs)
        warehouses = Warehouses(network, places, ids)
        warehouse_book = WarehouseBook(network)
        warehouse_names = WarehouseNames(warehouse_book)
        with tolerated("lanes"):  # a lost matrix is built again by who opens the shop; until then nobody is served
            await serviceability.refresh()
        await warehouse_names.refresh()

        # ---- inbound, catalog, inventory
        feeds = SqlFeeds(databases["inbound"], Outbox("haat/inbound", ids))
        collections = Collections(**{name: catalog_store.collection(name) for name in COLLECTIONS})
        outside = Outside(blobs, reencoder, Fetcher(), IdentifyItem(feeds, ids), clock, ids, IndexedDocuments(index))
        catalog = catalog_on(collections, outside)
        offers = SqlOfferStore(databases["orders"], Outbox("haat/inventory", ids))
        feed_status = FeedStatus(feeds, ParkedRows(parking))
        feed_report = FeedReport(feeds)
        accept_feed = AcceptFeed(feeds, blobs, sellers, clock, ids, FEED_BYTES)
        feed_worker = FeedWorker(
            feeds, blobs, catalog.schemas, category_id_of, warehouse_book, clock, ids, settings.currency, ids.new("evt")
        )
        set_offer = SetOffer(offers, ItemOfSku(catalog.claims), settings.currency)
        change_stock = ChangeStock(offers, warehouse_book.may_use, ids)
        ask_quote = AskQuote(serviceability, StockOfSkus(offers, catalog.known), clock)

        # ---- search
        lexicon = Lexicon(clock)
        all_items = AllItems(collections.items)
        indexer = Indexer(
            index=index,
            serviceability=serviceability,
            documents=catalog.documents,
            offers=offers.offers_of,
            lexicon=lexicon,
        )
        upkeep = Upkeep(indexer, lexicon, all_items)
        reindex = Reindex(index, indexer, all_items)
        find = FindItems(
            index=index,
            serviceability=serviceability,
            lexicon=lexicon,
            clock=clock,
            sign=lambda payload: signer.sign("search", payload),
            open_cursor=lambda text: signer.open_cursor("search", text),
            publish=behaviour.publish,
            category_facets=CategoryFacets(catalog.trees),
            plain=PlainFind(PlainItems(collections.items), offers.offers_of, serviceability, clock),
        )

        # ---- cart, wishlist, orders, payments
        last_offers = LastOffers(index)
        gateway = await stack.enter_async_context(open_gateway(settings, clock, secret_of(settings)))
        for provider, one in gateway.gateways.items():
            gateway.gateways[provider] = around("gateway", one)
        selling = put_together(
            SellingNeeds(
                orders_database=databases["orders"],
                carts_database=databases["carts"],
                kv=kv,
                offers=offers,
                shown_offers=KnownOffers(offers, last_offers),
                documents=catalog.known,
                serviceability=serviceability,
                gateway=gateway,
                backoff=backoff,
                clock=clock,
                ids=ids,
                signer=signer,
                base_url=settings.base_url,
                currency=settings.currency,
            )
        )

        # ---- consumers and relay
        sources: dict[str, OutgoingSource] = {
            "catalog": catalog_store.outgoing,
            **{name: SqlOutgoing(database) for name, database in databases.items() if name != "users"},
        }
        handlers: list[Handler] = [
            ItemsFromFeeds(catalog.take_offered),
            OfferInbound(offers),
            IndexItems(indexer),
            IndexLanes(indexer, serviceability, clock),
            *([PictureFetcher(catalog.fetch_pictures)] if fetch_pictures else []),
            *selling.handlers,
        ]
        consumers = [
            Consumer(
                handler,
                event_log,
                parking,
                backoff,
                batch=getattr(handler, "batch", BATCH_RECORDS),
                gather_s=getattr(handler, "gather_s", 0.0),
            )
            for handler in handlers
        ]
        measure = MeasureLag(event_log, parking, sources, handlers, clock)
        flow = Flow(Relay(event_log, sources, backoff), consumers, measure)

        # ---- HTTP
        stopping = asyncio.Event()
        assets = Assets()
        problems = Problems(settings.base_url, problem_pages(assets))
        registry = CollectorRegistry()
        gauges = LagGauges(registry, flow, behaviour)

        engines: dict[str, Pinged] = {
            **databases,
            "catalog": catalog_store.engine,
            "events": event_store.engine,
            "blobs": blobs,
            "kv": kv,
            "search": index,
        }
        readiness = Health(engines, frozenset({"orders"}), flow, clock, stopping)

        api = [
            *catalog_routes(catalog, signer),
            *search_routes(find, Suggest(lexicon)),
            *serviceability_routes(
                ask_pincode=AskPincode(serviceability, clock),
                ask_quote=ask_quote,
                warehouses=warehouses,
                hubs=Hubs(network, build_matrix),
                lanes=Lanes(network),
                pin_rules=PinRules(network, serviceability),
                holidays=HolidayRules(network, serviceability),
                store=network,
                signer=signer,
            ),
            inventory_routes(set_offer, change_stock, offers, signer),
            stock_routes(SpreadStock(offers, ids)),
            inbound_routes(accept_feed, feed_status, feed_report, signer),
            *selling.api,
        ]
        needs = StorefrontNeeds(
            find=find,
            items=catalog.known,
            offers=offers.offers_of,
            last_offers=last_offers,
            categories=CategoryNames(catalog.trees, index),
            serviceability=serviceability,
            sellers=sellers,
            warehouses=warehouse_names,
            nearest=NearestWords(lexicon),
            links=all_items.links,
            clock=clock,
            signer=signer,
            time_zone=settings.time_zone,
            currency=settings.currency,
            https=settings.env == "production",
            public_url=settings.base_url,
            count_things=selling.carts.units,
            watch=behaviour.publish,
        )
        pages = [
            *storefront_routes(needs, assets),
            *buying_routes(needs, buying_needs(selling, ids), assets),
            *selling.pages,
            api_docs_route(assets),
            picture_route(catalog.show_picture),
        ]
        edges = Edges(signer, ids, check_token, problems, registry, https=settings.env == "production")
        edge, litestar = web_app(api, pages, readiness, edges)
        gateway.door.app = edge

        # ---- timers
        forgetting = Forget(databases["orders"], databases["carts"])
        timers = Timers(sources, event_log, catalog.retry_pictures, warehouse_names.refresh, forgetting, clock)
        roles = [
            Role("events", flow.run),
            Role("lanes", serviceability.run),
            Role("search-upkeep", upkeep.run),
            Role("catalog-words", FillLoop(FillWords(collections.items, collections.categories)).run),
            Role("feeds", FeedLoop(feed_worker).run),
            Role("behaviour", behaviour.run),
            Role("timers", timers.run),
            *selling.roles,
        ]
        if index_is_empty or importing:
            with suppress(Rebuilding):  # another process found it empty as well, and was faster
                await reindex()
        yield Shop(
            settings=settings,
            clock=clock,
            ids=ids,
            edge=Mounts(edge, gateway.mounted),
            shedding=edge.shedding,
            litestar=litestar,
            metrics=metrics_app(registry, gauges.refresh),
            roles=roles,
            stopping=stopping,
            flow=flow,
            catalog=catalog,
            databases=databases,
            offers=offers,
            selling=selling,
            find=find,
            index=index,
            lexicon=lexicon,
            upkeep=upkeep,
            reindex=reindex,
            serviceability=serviceability,
            network=network,
            build_matrix=build_matrix,
            seed_hubs=SeedHubs(places, network),
            warehouses=warehouses,
            warehouse_book=warehouse_book,
            ask_quote=ask_quote,
            sellers=sellers,
            tokens=ManageTokens(user_store, clock, check_token),
            create_token=CreateToken(user_store, ids, clock),
            accept_feed=accept_feed,
            feed_worker=feed_worker,
            feed_status=feed_status,
            feed_report=feed_report,
            list_parked=ListParked(parking),
            replay_parked=ReplayParked(parking, {handler.name: handler for handler in handlers}),
            discard_parked=DiscardParked(parking),
            readiness=readiness,
        )
