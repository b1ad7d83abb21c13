"""Puts route handlers together: Litestar inside, the edge around it, health checks and the API's own documents."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from litestar import Litestar, MediaType, Request, Response, Router, get
from litestar._asgi.routing_trie.types import RouteTrieNode
from litestar.datastructures import State
from litestar.exceptions import HTTPException
from litestar.handlers import BaseRouteHandler, HTTPRouteHandler
from litestar.openapi import ResponseSpec
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.params import FromPath
from litestar.types import Method
from prometheus_client import CollectorRegistry, generate_latest

from haat import __version__
from haat.errors import HaatError, Invalid, NotFound, Problem
from haat.http.edge import Edge, Limit
from haat.http.identity import Authenticate
from haat.http.metrics import HttpMetrics
from haat.http.openapi import document
from haat.http.problems import ProblemDocument, Problems, from_msgspec, plain_problems
from haat.http.signing import Signer
from haat.vocabulary import Ids

Handlers = Sequence[BaseRouteHandler | Router]
AnyRequest = Request[Any, Any, State]

UPLOAD_BYTES: Final = 1 << 30
LIMITS: Final = (
    Limit("/api/v1/seller/feeds", UPLOAD_BYTES, 600.0),
    Limit("/api/v1/seller/pictures", 11 << 20, 60.0),
)
_METHODS: Final[tuple[Method, ...]] = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_RESERVED: Final = frozenset(
    {"request", "data", "body", "headers", "cookies", "query", "state", "scope", "socket", "self", "return"}
)


class Engine(msgspec.Struct):
    """One engine as /readyz shows it."""

    name: str
    ok: bool
    detail: str = ""


class Readiness(msgspec.Struct):
    """Whether this process should get traffic, and how its engines are."""

    ready: bool
    engines: list[Engine]
    outbox_rows: int = 0
    slowest_consumer_ms: int = 0


class Health(msgspec.Struct):
    """The process lives."""

    status: str
    version: str


@dataclass(frozen=True, slots=True)
class Edges:
    """What the edge needs from the composition root."""

    signer: Signer
    ids: Ids
    authenticate: Authenticate
    problems: Problems
    registry: CollectorRegistry
    https: bool


def web_app(
    api: Handlers, pages: Handlers, ready: Callable[[], Awaitable[Readiness]], edges: Edges
) -> tuple[Edge, Litestar]:
    """The ASGI app, and the Litestar app inside it (for the OpenAPI document and the tests that list routes)."""
    inner: list[Litestar] = []
    v1 = Router("/api/v1", route_handlers=[*api])
    app = Litestar(
        [v1, *pages, *_own(ready, lambda: inner[0])],
        exception_handlers={Exception: edges.problems.handler, HTTPException: edges.problems.handler},
        before_request=refuse_unknown_parameters,
        openapi_config=OpenAPIConfig(
            title="haat",
            version="1",
            path="/api/litestar",
            render_plugins=[JsonRenderPlugin()],
            description="An open marketplace engine. Errors are RFC 9457 problems; clients branch on `type` alone. "
            "An empty query parameter of a public read is the same as none.",
        ),
        logging_config=None,
    )
    _give_reads_path_parameters(app.asgi_router.root_route_map_node)
    inner.append(app)
    metrics = HttpMetrics(edges.registry)
    edge = Edge(
        app,
        signer=edges.signer,
        ids=edges.ids,
        authenticate=edges.authenticate,
        problems=edges.problems,
        metrics=metrics,
        limits=LIMITS,
        https=edges.https,
    )
    return edge, app


def _give_reads_path_parameters(node: RouteTrieNode) -> None:
    """Litestar 2.25 looks a raw ASGI handler's path parameters up by the request's method and finds none (KeyError).

    The trie's own entry is copied to every method, so that a read may have path parameters and answers 405 itself.
    """
    if node.is_asgi:
        for method in _METHODS:
            node.path_parameters.setdefault(method, node.path_parameters["asgi"])
    for child in node.children.values():
        _give_reads_path_parameters(child)


async def refuse_unknown_parameters(request: AnyRequest) -> None:
    """Litestar ignores query parameters that no handler asks for; here they are refused by name.

    A body of the API that is not JSON (or an upload) by its content type is refused too: a plain HTML form of another
    site can send neither without the browser asking first. Raises: Invalid (422), HTTPException (415).
    """
    handler = request.route_handler
    if not request.scope["path"].startswith("/api/"):
        return  # pages are linked from elsewhere with whatever others append to an address
    if "data" in handler.parsed_fn_signature.parameters:
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if not (kind.endswith("json") or kind == "multipart/form-data"):
            raise HTTPException(status_code=415, detail="Send `Content-Type: application/json`.")
        if kind.endswith("json"):
            await _read_strictly(request, handler.parsed_fn_signature.parameters["data"].annotation)
    if not request.scope["query_string"]:
        return
    known = _parameters(handler)
    unknown = [name for name in request.query_params if name not in known]
    if unknown:
        words = f"There are: {', '.join(sorted(known))}." if known else "This address takes none."
        raise Invalid(problems=[Problem(name[:100], f"There is no such parameter. {words}") for name in unknown])


async def _read_strictly(request: AnyRequest, shape: Any) -> None:
    """Litestar reads bodies leniently, so that "2" passes for 2 and "true" for true; here a type is a type.

    Raises: Invalid for a field's value. What is wrong with the body as a whole is left to Litestar to refuse.
    """
    if not (isinstance(shape, type) and issubclass(shape, msgspec.Struct)):
        return
    try:
        msgspec.json.decode(await request.body(), type=shape)
    except msgspec.DecodeError as error:
        problem = from_msgspec(error) if isinstance(error, msgspec.ValidationError) else None
        if problem and problem.pointer != "#":
            raise Invalid(problems=[problem]) from None


def _parameters(handler: HTTPRouteHandler) -> frozenset[str]:
    known: frozenset[str] | None = handler.opt.get("haat.parameters")
    if known is None:
        asked = handler.parsed_fn_signature.parameters
        names = {getattr(asked[name].kwarg_definition, "name", None) or name for name in asked if name not in _RESERVED}
        known = handler.opt["haat.parameters"] = frozenset(names)  # as callers write them: `state`, not `in_state`
    return known


def error_codes() -> Mapping[str, type[HaatError]]:
    """Every problem code there is, by walking the tree of errors."""
    found: dict[str, type[HaatError]] = {}
    waiting: list[type[HaatError]] = [HaatError]
    while waiting:
        kind = waiting.pop()
        found.setdefault(kind.code, kind)
        waiting.extend(kind.__subclasses__())
    return found


def _own(ready: Callable[[], Awaitable[Readiness]], app: Callable[[], Litestar]) -> list[BaseRouteHandler]:
    cached: dict[str, bytes] = {}

    @get("/healthz", summary="Is the process alive", tags=["machines"], sync_to_thread=False)
    def healthz() -> Health:
        return Health("ok", __version__)

    @get(
        "/readyz",
        summary="Should it get traffic",
        tags=["machines"],
        responses={503: ResponseSpec(Readiness, description="Not at the moment")},
    )
    async def readyz() -> Response[Readiness]:
        readiness = await ready()
        return Response(readiness, status_code=200 if readiness.ready else 503)

    @get("/api/openapi.json", include_in_schema=False, sync_to_thread=False)
    def openapi_json() -> Response[bytes]:
        if "document" not in cached:
            cached["document"] = msgspec.json.format(msgspec.json.encode(document(app())), indent=2)
        return Response(cached["document"], media_type=MediaType.JSON)

    @get("/problems/{code:str}", include_in_schema=False, sync_to_thread=False)
    def problem_page(code: FromPath[str]) -> ProblemDocument:
        kind = error_codes().get(code)
        if kind is None:
            status, title = plain_problems().get(code, (0, ""))
            if not status:
                raise NotFound("There is no problem of this kind.")
            return ProblemDocument(f"/problems/{code}", title, status)
        words = (kind.__doc__ or "").strip().partition("\n\n")[0]
        return ProblemDocument(f"/problems/{code}", kind.title, kind.status, words)

    return [healthz, readyz, openapi_json, problem_page]


def metrics_app(registry: CollectorRegistry, refresh: Callable[[], Awaitable[None]]) -> Any:
    """/metrics for the admin port: `refresh` brings the gauges up to date before they are read."""

    async def serve(scope: Any, receive: Any, send: Any) -> None:  # noqa: ARG001  # ASGI's signature
        if scope["type"] != "http":
            return
        found = scope["path"] == "/metrics" and scope["method"] == "GET"
        if found:
            await refresh()
        body = generate_latest(registry) if found else b"There is only GET /metrics here.\n"
        headers = [(b"content-type", b"text/plain; version=0.0.4; charset=utf-8")]
        await send({"type": "http.response.start", "status": 200 if found else 404, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return serve
