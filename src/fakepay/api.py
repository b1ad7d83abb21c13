"""The REST API: JSON in, JSON out, `Authorization: Bearer <key>` on every call.

Errors are `{"error": {"code", "message", "field"}}`: 400 unreadable, 401 wrong key, 402 declined by script, 404,
409 what the state forbids, 422 a field is wrong.
"""

import hmac
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import msgspec
from litestar import Request, Response, delete, get, post, put
from litestar.connection import ASGIConnection
from litestar.datastructures import State
from litestar.exceptions import HTTPException
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath

from fakepay import faults, gateway, webhooks
from fakepay.books import Books, Span
from fakepay.calls import Counter, Key, Reply, problem
from fakepay.shapes import (
    MOST_MS,
    Act,
    Advance,
    ClockNow,
    Intent,
    Intents,
    NewIntent,
    NewRefund,
    Nothing,
    Problem,
    Refund,
    RefundAct,
    Refunds,
    Refusal,
    Script,
    Wrong,
)

log = logging.getLogger("fakepay")

AnyRequest = Request[Any, Any, State]
Body = TypeVar("Body", bound=msgspec.Struct)

FOR_BUYERS: Final = "for_buyers"
SCOPE_KEY: Final = "fakepay"
MOST_BODY_BYTES: Final = 262_144
_LIMIT: Final = 100


@dataclass(frozen=True, slots=True)
class Served:
    """The gateway whose app is asked: all of a process share one Litestar, and each call says for whom it is."""

    counter: Counter
    key: str
    prefix: str  # the path it is mounted under
    advance: Callable[[Books, int], ClockNow]


def served(connection: ASGIConnection[Any, Any, Any, Any]) -> Served:
    """The gateway of a call."""
    found: Served = connection.scope[SCOPE_KEY]  # type: ignore[typeddict-item]  # a TypedDict of ASGI's own keys
    return found


def answer(reply: Reply) -> Response[bytes]:
    """The reply as Litestar sends it."""
    return Response(
        reply.body, status_code=reply.status, media_type="application/json", headers={"cache-control": "no-store"}
    )


async def read(request: AnyRequest, shape: type[Body]) -> Body:
    """The body. Raises: Refusal (400 not JSON, 422 a field is wrong)."""
    raw = await request.body()
    if not raw and shape is Nothing:
        return shape()
    try:
        return msgspec.json.decode(raw, type=shape)
    except msgspec.ValidationError as error:
        words, _, place = str(error).partition(" - at `$")
        raise Refusal(422, "invalid", words + ".", place.rstrip("`").lstrip(".")) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Refusal(400, "malformed", f"The body is not JSON: {error}.") from error


def number(request: AnyRequest, name: str, default: int, least: int, most: int) -> int:
    """A query parameter. Raises: Refusal (422)."""
    given = request.query_params.get(name)
    if given is None:
        return default
    if not (given.isascii() and given.isdigit() and len(given) <= 16 and least <= int(given) <= most):
        raise Refusal(422, "invalid", f"{name} is a whole number from {least} to {most}.", name)
    return int(given)


def key_of(request: AnyRequest, raw: bytes) -> Key | None:
    """The call's Idempotency-Key, if it has one. Raises: Refusal (422)."""
    given = request.headers.get("idempotency-key")
    return Key.of(given, request.method, request.url.path, raw) if given else None


async def guard(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Lets only the bearer of the key in, except where a handler says that it is for buyers. Raises: Refusal (401).

    Async though it waits for nothing: Litestar would run a plain function in a thread of its own.
    """
    if handler.opt.get(FOR_BUYERS):
        return
    given = connection.headers.get("authorization", "")
    wanted = f"Bearer {served(connection).key}".encode()
    if not hmac.compare_digest(given.encode("utf-8", "replace"), wanted):
        raise Refusal(401, "unauthorized", "Send `Authorization: Bearer <key>` with the key of this gateway.")


def refused(_: AnyRequest, error: Refusal) -> Response[bytes]:
    """A refusal raised outside a unit."""
    return answer(problem(error))


def unread(_: AnyRequest, error: HTTPException) -> Response[bytes]:
    """What Litestar refuses: unknown address, method, a body that is too large."""
    code = {404: "not_found", 405: "method_not_allowed", 413: "too_large"}.get(error.status_code, "malformed")
    return answer(Reply(error.status_code, msgspec.json.encode(Problem(Wrong(code, error.detail)))))


def broken(request: AnyRequest, error: Exception) -> Response[bytes]:
    """What nobody foresaw, or a store that cannot be written: 500, and the log says why."""
    log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    return answer(Reply(500, msgspec.json.encode(Problem(Wrong("error", "Something broke at the gateway.")))))


# ---- intents


@post("/v1/intents")
async def create_intent(request: AnyRequest) -> Response[bytes]:
    """A payment to make. The same reference and amount again is the same intent."""
    new = await read(request, NewIntent)

    def work(books: Books) -> tuple[int, msgspec.Struct]:
        fresh, intent = gateway.create(books, new)
        return (201 if fresh else 200), intent

    key = key_of(request, await request.body())
    return answer(await served(request).counter.call(("create",), lambda _: (new.reference,), work, key))


@get("/v1/intents/by-reference/{reference:str}")
async def find_intent(request: AnyRequest, reference: FromPath[str]) -> Response[bytes]:
    """The intent a shop made under its reference."""

    def work(books: Books) -> tuple[int, msgspec.Struct]:
        row = books.intent_of(reference)
        if row is None:
            raise Refusal(404, "no_such_intent", "There is no intent with this reference.")
        return 200, _as_found(books, books.wire(row))

    return answer(await served(request).counter.call(("find",), lambda _: (reference,), work))


@get("/v1/intents")
async def list_intents(request: AnyRequest) -> Response[bytes]:
    """Intents that changed in a span of time, page by page."""
    span = _span(request)

    def work(books: Books) -> tuple[int, msgspec.Struct]:
        return 200, Intents(*books.intents(span))

    return answer(await served(request).counter.call(("list",), lambda _: (), work))


# ---- taking authorised money, and what the buyer does without the page


@post("/v1/intents/{intent_id:str}/capture")
async def capture(request: AnyRequest, intent_id: FromPath[str]) -> Response[bytes]:
    """Take authorised money."""
    await read(request, Nothing)

    def work(books: Books) -> tuple[int, msgspec.Struct]:
        row = gateway.capture(books, intent_id)
        if row.status == "failed":  # said here, not raised: that the bank said no is to be kept
            return 402, Problem(Wrong("declined", row.failure))
        return 200, books.wire(row)

    key = key_of(request, await request.body())
    return answer(await served(request).counter.call(("capture",), _of_intent(intent_id), work, key))


@post("/v1/intents/{intent_id:str}/act")
async def act_for_buyer(request: AnyRequest, intent_id: FromPath[str]) -> Response[bytes]:
    """What the buyer does, without the page."""
    wish = await read(request, Act)

    def work(books: Books) -> tuple[int, msgspec.Struct]:
        return 200, books.wire(gateway.act(books, intent_id, wish.action))

    points = ("act", "approve") if wish.action == "approve" else ("act",)
    return answer(await served(request).counter.call(points, _of_intent(intent_id), work))


# ---- refunds


@post("/v1/intents/{intent_id:str}/refunds")
async def create_refund(request: AnyRequest, intent_id: FromPath[str]) -> Response[bytes]:
    """Send captured money back. The same reference and amount again is the same refund."""
    new = await read(request, NewRefund)

    def references(books: Books) -> tuple[str, ...]:
        return (new.reference, books.intent(intent_id).reference)

    def work(books: Books) -> tuple[int, msgspec.Struct]:
        fresh, refund = gateway.refund(books, intent_id, new)
        return (201 if fresh else 200), refund

    key = key_of(request, await request.body())
    return answer(await served(request).counter.call(("refund",), references, work, key))


@get("/v1/refunds/by-reference/{reference:str}")
async def find_refund(request: AnyRequest, reference: FromPath[str]) -> Response[bytes]:
    """The refund a shop made under its reference."""

    def work(books: Books) -> tuple[int, msgspec.Struct]:
        row = books.refund_of(reference)
        if row is None:
            raise Refusal(404, "no_such_refund", "There is no refund with this reference.")
        return 200, _as_found(books, row.wire)

    return answer(await served(request).counter.call(("find",), lambda _: (reference,), work))


@get("/v1/refunds")
async def list_refunds(request: AnyRequest) -> Response[bytes]:
    """Refunds that changed in a span of time, page by page."""
    span = _span(request)

    def work(books: Books) -> tuple[int, msgspec.Struct]:
        return 200, Refunds(*books.refunds(span))

    return answer(await served(request).counter.call(("list",), lambda _: (), work))


# ---- how refunds end that a fault left pending


@post("/v1/refunds/{refund_id:str}/act")
async def end_refund(request: AnyRequest, refund_id: FromPath[str]) -> Response[bytes]:
    """How a refund ends that a fault left pending."""
    wish = await read(request, RefundAct)

    def work(books: Books) -> tuple[int, msgspec.Struct]:
        return 200, gateway.end_refund(books, refund_id, done=wish.action == "done").wire

    return answer(await served(request).counter.call(("act",), lambda _: (), work))


# ---- the script, the clock and the webhooks: what tests and developers call. No fault reaches these


async def _told(request: AnyRequest, unit: Callable[[Books], msgspec.Struct]) -> Response[bytes]:
    return answer(Reply(200, msgspec.json.encode(await served(request).counter.quiet(unit))))


@get("/v1/faults")
async def show_faults(request: AnyRequest) -> Response[bytes]:
    """The script as it stands."""
    return await _told(request, lambda books: Script(faults.script(books)))


@put("/v1/faults")
async def change_faults(request: AnyRequest) -> Response[bytes]:
    """Another script."""
    wanted = await read(request, Script)

    def unit(books: Books) -> msgspec.Struct:
        faults.replace(books, wanted.script)
        return Script(faults.script(books))

    return await _told(request, unit)


@delete("/v1/faults", status_code=200)
async def clear_faults(request: AnyRequest) -> Response[bytes]:
    """No script."""

    def unit(books: Books) -> msgspec.Struct:
        faults.replace(books, ())
        return Script([])

    return await _told(request, unit)


@get("/v1/clock")
async def read_clock(request: AnyRequest) -> Response[bytes]:
    """The gateway's time."""
    return await _told(request, lambda books: served(request).advance(books, 0))


@post("/v1/clock")
async def move_clock(request: AnyRequest) -> Response[bytes]:
    """Let time jump ahead; what becomes due by it happens now."""
    wanted = await read(request, Advance)
    after = await _told(request, lambda books: served(request).advance(books, wanted.advance_ms))
    await served(request).counter.quiet(lambda _: None)  # what became due by the jump happens now
    return after


@get("/v1/events")
async def list_events(request: AnyRequest) -> Response[bytes]:
    """The latest webhooks, and how their delivery went."""
    reference = request.query_params.get("reference", "")
    limit = number(request, "limit", _LIMIT, 1, 1000)
    return await _told(request, lambda books: webhooks.latest(books, reference, limit))


HANDLERS: Final = (
    create_intent,
    find_intent,
    list_intents,
    capture,
    act_for_buyer,
    create_refund,
    find_refund,
    list_refunds,
    end_refund,
    show_faults,
    change_faults,
    clear_faults,
    read_clock,
    move_clock,
    list_events,
)


def _as_found(books: Books, found: Intent | Refund) -> Intent | Refund:
    """What the gateway tells of it, if the script lets it tell the truth."""
    references = {found.reference} | ({found.payment_reference} if isinstance(found, Refund) else set())
    fault = faults.take(books, ("find",), faults.HAPPENINGS["find"], references)
    if fault is None:
        return found
    if isinstance(found, Refund):
        if fault.do == "silence":
            return msgspec.structs.replace(found, status="pending")
        return msgspec.structs.replace(found, amount_minor=faults.wrong_minor(fault, found.amount_minor))
    if fault.do == "silence":
        return msgspec.structs.replace(found, status="pending", captured_minor=0, refunded_minor=0, failure="")
    return msgspec.structs.replace(found, captured_minor=faults.wrong_minor(fault, found.amount_minor))


def _of_intent(intent_id: str) -> Callable[[Books], tuple[str, ...]]:
    return lambda books: (books.intent(intent_id).reference,)


def _span(request: AnyRequest) -> Span:
    from_ms = number(request, "from_ms", 0, 0, MOST_MS)
    to_ms = number(request, "to_ms", MOST_MS, 0, MOST_MS)
    return Span(from_ms, to_ms, request.query_params.get("page", ""), number(request, "limit", _LIMIT, 1, _LIMIT))
