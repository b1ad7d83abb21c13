"""The edge: the one plain ASGI function around the app.

For every request: a place among those in flight or a quick refusal, a request id, the visitor's signed cookie, a body
limit, a deadline, security headers, one access-log line and two metrics. It is the same for ordinary handlers and hot
reads; docs/reference/figures.md says what it costs.
A refusal is counted and not logged: there may be thousands a second.
Source of the header set: OWASP ASVS 5.0 sections 3.4 and 3.5.
"""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from haat.errors import Forbidden, HaatError, TooLarge, Unavailable
from haat.http.identity import SCOPE_KEY, Authenticate, Call
from haat.http.logs import access_log
from haat.http.metrics import HttpMetrics
from haat.http.problems import MEDIA_TYPE, Problems, wants_page
from haat.http.shedding import CLASSES, Kind, Overloaded, Shedding, kind_of
from haat.http.signing import Signer
from haat.vocabulary import Ids

App = Callable[[Any, Any, Any], Awaitable[None]]

VISITOR_COOKIE: Final = "haat_visitor"
PIN_COOKIE: Final = "haat_pin"
GUEST_COOKIE: Final = "haat_guest"
COOKIE_DAYS: Final = 365
_VISITOR_NAME, _PIN_NAME, _GUEST_NAME = VISITOR_COOKIE.encode(), PIN_COOKIE.encode(), GUEST_COOKIE.encode()
BODY_BYTES: Final = 1 << 20
_READ_ON_DIGITS: Final = 5  # of a refused body's length; with more to come the connection is closed instead

_REQUEST_ID: Final = re.compile(rb"[A-Za-z0-9._-]{8,64}")
_OUR_COOKIES: Final = re.compile(rb"(?:^|;) *(haat_[a-z]+)=([A-Za-z0-9_-]+) *(?=;|$)")
_KNOWN_COOKIES: Final = 4_096  # opened ones that are remembered: the same browser asks again at once
_VISITOR: Final = "visitor"
_PIN: Final = "pincode"
_GUEST: Final = "guest"
_COMMON: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"strict-origin-when-cross-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
_PAGE: Final = (
    (
        b"content-security-policy",
        b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        b"font-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; object-src 'none'; "
        b"frame-ancestors 'none'",
    ),
    (b"x-frame-options", b"DENY"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=(), interest-cohort=()"),
)
_HSTS: Final = (b"strict-transport-security", b"max-age=31536000; includeSubDomains")


@dataclass(frozen=True, slots=True)
class Limit:
    """What a path prefix may take: the longest matching prefix counts."""

    prefix: str
    body_bytes: int
    deadline_s: float


class Edge:
    """Wraps an ASGI app; see the module's docstring."""

    def __init__(
        self,
        app: App,
        *,
        signer: Signer,
        ids: Ids,
        authenticate: Authenticate,
        problems: Problems,
        metrics: HttpMetrics,
        limits: Sequence[Limit] = (),
        https: bool = False,
    ) -> None:
        self._app = app
        self._signer = signer
        self._ids = ids
        self._authenticate = authenticate
        self._problems = problems
        self._metrics = metrics
        self._limits = sorted(limits, key=lambda limit: -len(limit.prefix))
        self._common = (*_COMMON, _HSTS) if https else _COMMON
        self._secure = "; Secure" if https else ""
        self._log = access_log()
        self._opened = lru_cache(_KNOWN_COOKIES)(self._open)
        self.shedding = Shedding()
        self._busy_page = b""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """ASGI entry point. Lifespan and websockets pass through."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        kind = kind_of(scope["path"], scope["method"])
        try:
            self.shedding.enter(kind)
        except Overloaded as error:
            await self._refuse(scope, send, headers, error)
            return
        started = time.perf_counter()
        try:
            await self._serve(scope, receive, send, headers, kind)
        finally:
            self.shedding.leave(kind, time.perf_counter() - started)

    async def _serve(self, scope: Any, receive: Any, send: Any, headers: Mapping[bytes, bytes], kind: Kind) -> None:
        started = time.perf_counter()
        call = self._call(headers)
        scope[SCOPE_KEY] = call
        answer = _Answer(self, scope, send, call)
        limit = self._limit(scope, kind)
        try:
            if int(headers.get(b"content-length", b"0") or b"0") > limit.body_bytes:
                raise _too_large(limit)
            if scope["method"] not in _SAFE:
                _refuse_cross_site(headers)
            async with asyncio.timeout(limit.deadline_s):
                await self._app(scope, _Bounded(receive, limit), answer)
        except TimeoutError:
            await self._fail(answer, scope, Unavailable("The deadline passed.", retry_after_s=2))
        except (HaatError, ValueError) as error:
            await self._fail(answer, scope, error if isinstance(error, HaatError) else TooLarge())
        finally:
            self._account(scope, call, answer, time.perf_counter() - started)

    async def _refuse(self, scope: Any, send: Any, headers: Mapping[bytes, bytes], error: Overloaded) -> None:
        """Answer what there is no room for, with as little work as can be: no cookie is opened, no body is read."""
        started = time.perf_counter()
        request_id = self._request_id(headers)
        if wants_page(scope):
            if not self._busy_page:
                self._busy_page = self._problems.answer(error, "", html=True)[2]
            body = self._busy_page
            pairs = [(b"content-type", b"text/html; charset=utf-8"), *_PAGE]
        else:
            body = self._problems.answer(error, request_id, html=False)[2]
            pairs = [(b"content-type", MEDIA_TYPE.encode())]
        pairs += [(b"retry-after", b"%d" % error.retry_after_s), (b"content-length", b"%d" % len(body))]
        pairs += [(b"cache-control", b"no-store"), (b"x-request-id", request_id.encode()), *self._common]
        if b"transfer-encoding" in headers or len(headers.get(b"content-length", b"")) > _READ_ON_DIGITS:
            pairs.append((b"connection", b"close"))
        await send({"type": "http.response.start", "status": error.status, "headers": pairs})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})
        self._metrics.answered(
            _method(scope), f"refused {error.facts['kind']}", error.status, time.perf_counter() - started
        )

    def _request_id(self, headers: Mapping[bytes, bytes]) -> str:
        given = headers.get(b"x-request-id", b"")
        return given.decode() if _REQUEST_ID.fullmatch(given) else self._ids.new("evt")[4:]

    def _call(self, headers: Mapping[bytes, bytes]) -> Call:
        request_id = self._request_id(headers)
        visitor = pincode = guest = ""
        raw = headers.get(b"cookie")
        if raw is not None and b"haat_" in raw:
            jar = dict(_OUR_COOKIES.findall(raw))
            visitor = self._opened(_VISITOR, jar.get(_VISITOR_NAME, b""))
            pincode = self._opened(_PIN, jar.get(_PIN_NAME, b""))
            guest = self._opened(_GUEST, jar.get(_GUEST_NAME, b""))
        authorization = headers.get(b"authorization", b"").decode("latin-1")
        return Call(request_id, visitor, authorization, self._authenticate, pincode, guest=guest)

    def _open(self, purpose: str, signed: bytes) -> str:
        payload = self._signer.open(purpose, signed.decode()) if signed else None
        return payload.decode() if payload is not None else ""

    def cookie(self, name: str, purpose: str, payload: str) -> bytes:
        """A Set-Cookie value that comes back signed or not at all."""
        signed = self._signer.sign(purpose, payload.encode())
        return (
            f"{name}={signed}; Path=/; Max-Age={COOKIE_DAYS * 86_400}; HttpOnly; SameSite=Lax{self._secure}"
        ).encode()

    def decorated(self, scope: Any, call: Call, message: Any) -> Any:
        """The start of an answer with the headers every answer has."""
        headers = list(message["headers"])
        headers.append((b"x-request-id", call.request_id.encode()))
        headers.extend(self._common)
        if call.new_guest:
            headers.append((b"set-cookie", self.cookie(GUEST_COOKIE, _GUEST, call.guest)))
        if _is_page(headers):
            present = {name.lower() for name, _ in headers}
            headers.extend(pair for pair in _PAGE if pair[0] not in present)
            if not call.visitor and scope["method"] == "GET":
                call.visitor = self._ids.new("evt")[4:]
                headers.append((b"set-cookie", self.cookie(VISITOR_COOKIE, _VISITOR, call.visitor)))
            if b"cache-control" not in present:
                headers.append((b"cache-control", b"no-store"))
        return {**message, "headers": headers}

    def _limit(self, scope: Any, kind: Kind) -> Limit:
        path: str = scope["path"]
        for limit in self._limits:
            if path.startswith(limit.prefix) and scope["method"] not in ("GET", "HEAD"):
                return limit
        return _LIMITS[kind, scope["method"] in ("GET", "HEAD")]

    async def _fail(self, answer: "_Answer", scope: Any, error: Exception) -> None:
        if answer.status:  # the head is out: all that is left is to cut the connection
            raise error
        status, headers, body = self._problems.answer(error, answer.call.request_id, html=wants_page(scope))
        pairs = [(name.encode(), value.encode()) for name, value in headers.items()]
        pairs += [(b"content-length", str(len(body)).encode()), (b"connection", b"close")]
        await answer({"type": "http.response.start", "status": status, "headers": pairs})
        await answer({"type": "http.response.body", "body": body, "more_body": False})

    def _account(self, scope: Any, call: Call, answer: "_Answer", seconds: float) -> None:
        route = scope.get("path_template") or "unmatched"
        method = _method(scope)
        self._metrics.answered(method, route, answer.status, seconds)
        self._log(
            {
                "method": method,
                "path": scope["path"][:300],
                "status": answer.status,
                "ms": round(seconds * 1000, 2),
                "request_id": call.request_id,
            }
        )


_LIMITS: Final = {
    (kind, reads): Limit("", BODY_BYTES, rules.read_s if reads else rules.write_s)
    for kind, rules in CLASSES.items()
    for reads in (True, False)
}
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def _method(scope: Any) -> str:
    return scope["method"] if scope["method"] in _METHODS else "other"


def _is_page(headers: Sequence[tuple[bytes, bytes]]) -> bool:
    for name, value in headers:
        if name.lower() == b"content-type":
            return value.startswith(b"text/html")
    return False


def _refuse_cross_site(headers: Mapping[bytes, bytes]) -> None:
    """Browsers say where a request comes from; another site's forms change nothing here. They send no tokens."""
    if b"authorization" in headers:
        return
    site = headers.get(b"sec-fetch-site", b"")
    origin = headers.get(b"origin", b"")
    same_origin = not origin or origin.partition(b"://")[2] == headers.get(b"host", b"")
    if site not in (b"", b"same-origin", b"none") or not same_origin:
        raise Forbidden("This request came from another site.")


def _too_large(limit: Limit) -> TooLarge:
    return TooLarge(f"A body here has at most {limit.body_bytes} bytes.", limit_bytes=limit.body_bytes)


class _Answer:
    """`send` that remembers the status and adds the common headers."""

    __slots__ = ("_edge", "_scope", "_send", "call", "status")

    def __init__(self, edge: Edge, scope: Any, send: Any, call: Call) -> None:
        self._edge, self._scope, self._send, self.call, self.status = edge, scope, send, call, 0

    async def __call__(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message = self._edge.decorated(self._scope, self.call, message)
        await self._send(message)


class _Bounded:
    """`receive` that stops at the route's body limit, for bodies that do not say their length."""

    __slots__ = ("_limit", "_receive", "_seen")

    def __init__(self, receive: Any, limit: Limit) -> None:
        self._receive, self._limit, self._seen = receive, limit, 0

    async def __call__(self) -> Any:
        message = await self._receive()
        if message["type"] == "http.request":
            self._seen += len(message.get("body", b""))
            if self._seen > self._limit.body_bytes:
                raise _too_large(self._limit)
        return message
