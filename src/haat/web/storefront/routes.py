"""The storefront's addresses. Pages take no part in the API: they are left out of its document."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from litestar.response import Redirect

from haat.http.signing import Signer
from haat.vocabulary import Clock
from haat.web.assets import Assets, static_route
from haat.web.ports import (
    CategoryNames,
    CountThings,
    Find,
    ItemLinks,
    Items,
    NearestWords,
    Offers,
    SellerNames,
    Serviceability,
    WarehouseNames,
    Watch,
)
from haat.web.storefront.frame import Visits
from haat.web.storefront.home import HomePages
from haat.web.storefront.listing import ListingPages
from haat.web.storefront.pin import PinPages
from haat.web.storefront.problem import ProblemPages
from haat.web.storefront.product import ProductPages
from haat.web.storefront.render import Renderer
from haat.web.storefront.sitemap import Sitemaps

AnyRequest = Request[Any, Any, Any]


@dataclass(frozen=True, slots=True)
class StorefrontNeeds:
    """The use cases the pages call, and the few settings they show."""

    find: Find
    items: Items
    offers: Offers
    last_offers: Offers  # as they last were shown, for while they cannot be read
    categories: CategoryNames
    serviceability: Serviceability
    sellers: SellerNames
    warehouses: WarehouseNames
    nearest: NearestWords
    links: ItemLinks
    clock: Clock
    signer: Signer
    count_things: CountThings | None = None  # None: the header does not say how full the cart is
    watch: Watch | None = None  # None: nothing is kept of what visitors look at
    time_zone: str = "Asia/Kolkata"
    currency: str = "INR"
    https: bool = False
    public_url: str = ""  # where the shop is seen from outside; empty: as the browser wrote it


def storefront_routes(
    needs: StorefrontNeeds, assets: Assets, render: Renderer | None = None
) -> Sequence[HTTPRouteHandler]:
    """Handlers of all pages and of the static files. A renderer may be shared: it keeps compiled templates."""
    render = render or Renderer(assets)
    visits = visits_of(needs)
    return [
        *_market(needs, visits, render),
        *_pins(PinPages(render, needs.signer, needs.https), visits),
        *_robots(Sitemaps(needs.links, needs.clock), visits),
        static_route(assets),
    ]


def visits_of(needs: StorefrontNeeds) -> Visits:
    """What makes a visit of a request."""
    return Visits(
        needs.categories,
        needs.serviceability,
        needs.clock,
        needs.time_zone,
        public_url=needs.public_url,
        count=needs.count_things,
    )


def _market(needs: StorefrontNeeds, visits: Visits, render: Renderer) -> list[HTTPRouteHandler]:
    homes = HomePages(needs.find, render)
    listings = ListingPages(needs.find, needs.items, needs.offers, needs.nearest, render, needs.currency)
    products = ProductPages(
        needs.find, needs.items, needs.offers, needs.sellers, needs.warehouses, render, needs.last_offers, needs.watch
    )

    @get("/", include_in_schema=False)
    async def home(request: AnyRequest) -> Response[bytes]:
        return await homes(await visits.of(request))

    @get("/search", include_in_schema=False)
    async def search(request: AnyRequest) -> Response[bytes]:
        return await listings(await visits.of(request))

    @get("/c/{category:str}", include_in_schema=False)
    async def category_page(request: AnyRequest, category: FromPath[str]) -> Response[bytes]:
        return await listings(await visits.of(request), category)

    @get("/i/{segment:str}", include_in_schema=False)
    async def item_page(request: AnyRequest, segment: FromPath[str]) -> Response[bytes] | Redirect:
        return await products(await visits.of(request), segment)

    return [home, search, category_page, item_page]


def _pins(pins: PinPages, visits: Visits) -> list[HTTPRouteHandler]:
    @get("/pin", include_in_schema=False)
    async def pin_page(request: AnyRequest) -> Response[bytes]:
        return await pins.ask(await visits.of(request))

    @post("/pin", status_code=200, include_in_schema=False)
    async def remember_pin(request: AnyRequest) -> Response[bytes] | Redirect:
        return await pins.answer(await visits.of(request), await request.body())

    return [pin_page, remember_pin]


def _robots(sitemaps: Sitemaps, visits: Visits) -> list[HTTPRouteHandler]:
    @get("/robots.txt", include_in_schema=False)
    async def robots(request: AnyRequest) -> Response[bytes]:
        return await sitemaps.robots(visits.plain(request))

    @get("/sitemap.xml", include_in_schema=False)
    async def sitemap(request: AnyRequest) -> Response[bytes]:
        return await sitemaps.index(visits.plain(request))

    @get("/sitemap/{name:str}", include_in_schema=False)
    async def sitemap_file(request: AnyRequest, name: FromPath[str]) -> Response[bytes]:
        visit = await visits.of(request)
        if name == "stalls.xml":
            return await sitemaps.stalls(visit)
        return await sitemaps.items(visit, name)

    return [robots, sitemap, sitemap_file]


def problem_pages(assets: Assets) -> ProblemPages:
    """What turns a problem document into a page: `Problems.page`."""
    return ProblemPages(Renderer(assets))
