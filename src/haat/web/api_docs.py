"""`/api`: the API's documentation, drawn by swagger-ui from our own OpenAPI document. Works without any other host."""

from typing import Any

from litestar import Request, Response, get
from litestar.handlers import HTTPRouteHandler

from haat.web.assets import Assets
from haat.web.storefront.frame import Frame
from haat.web.storefront.render import Renderer, page


def api_docs_route(assets: Assets, openapi: str = "/api/openapi.json") -> HTTPRouteHandler:
    """`GET /api`. Without script the page links to the document itself."""
    frame = Frame("haat API", "", "", "/", "", [], robots="noindex")
    body = Renderer(assets)("api_docs.html", frame=frame, openapi=openapi)

    @get("/api", include_in_schema=False, sync_to_thread=False)
    def api_docs(request: Request[Any, Any, Any]) -> Response[bytes]:
        return page(request, body)

    return api_docs
