"""The storefront over the sample market, behind the real edge: for in-process tests and for browser tests."""

from collections.abc import Callable
from typing import Any

from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from prometheus_client import CollectorRegistry

from haat.engines.system import SeededIds
from haat.http.edge import Edge
from haat.http.identity import Grant
from haat.http.metrics import HttpMetrics
from haat.http.problems import Problems
from haat.http.signing import Signer
from haat.vocabulary import Clock
from haat.web.api_docs import api_docs_route
from haat.web.assets import Assets
from haat.web.storefront.render import Renderer
from haat.web.storefront.routes import StorefrontNeeds, problem_pages, storefront_routes
from tests.web.sample import SampleShop

SIGNER = Signer([b"only for tests"])
ASSETS = Assets()  # read-only, so that all tests may share it; so are compiled templates
RENDER = Renderer(ASSETS)


async def nobody(token: str) -> Grant | None:
    """No token is valid here."""
    return None


def storefront(shop: SampleShop, clock: Clock, more: list[HTTPRouteHandler] | None = None) -> Callable[..., Any]:
    """An ASGI app: pages, static files, problem pages, security headers, cookies."""
    assets = ASSETS
    needs = StorefrontNeeds(
        find=shop.find,
        items=shop.items,
        offers=shop.offers,
        last_offers=shop.offers,
        categories=shop.categories,
        serviceability=shop,
        sellers=shop.sellers,
        warehouses=shop.warehouse_name,
        nearest=shop.nearest,
        links=shop.links,
        clock=clock,
        signer=SIGNER,
        watch=shop.watch,
    )
    problems = Problems("https://haat.example", problem_pages(assets))
    app = Litestar(
        [*storefront_routes(needs, assets, RENDER), api_docs_route(assets), *(more or [])],
        openapi_config=None,
        exception_handlers={Exception: problems.handler},
    )
    return Edge(
        app,
        signer=SIGNER,
        ids=SeededIds(3, clock),
        authenticate=nobody,
        problems=problems,
        metrics=HttpMetrics(CollectorRegistry()),
    )
