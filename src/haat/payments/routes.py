"""Paying, trying again, what gateways tell us, and refunds by hand."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Annotated, Any, Literal

import msgspec
from litestar import MediaType, Request, Response, Router, get, post
from litestar.background_tasks import BackgroundTask
from litestar.datastructures import State
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.response import Redirect
from msgspec import Meta

from haat.engines.sql.idempotency import Claim, Kept
from haat.errors import Invalid, Problem, Unavailable
from haat.http.headers import IDEMPOTENCY_KEY, idempotency_key
from haat.http.identity import Connection, call_of, needs_operator
from haat.http.signing import Signer
from haat.payments.apply import ApplyPayment
from haat.payments.model import GatewayRefused, PaymentClosed, RefundState
from haat.payments.operator import OperatorRefunds, RefundView, Wish
from haat.payments.retry import RetryAnswer, RetryPayment
from haat.payments.start import StartPayment
from haat.payments.webhooks import HandleWebhook, ReceiveWebhook

PaymentRequest = Request[object, object, State]
OwnerOf = Callable[[Connection, str], Awaitable[str]]
"""Whose order this is, if the caller may act for him (his token or cookie, or the order's own token); else it raises
what the caller of GET /orders/{id} would get.
"""

MethodWord = Annotated[str, Meta(min_length=1, max_length=16, description="upi, card, netbanking")]
Limit = Annotated[int, QueryParameter(ge=1, le=100)]
Cursor = Annotated[str, QueryParameter(max_length=2000)]
Token = Annotated[str, QueryParameter(max_length=400, description="The order's token, for guests")]
StateFilter = Annotated[RefundState | None, QueryParameter(name="state", description="Only refunds in this state")]


class MethodBody(msgspec.Struct, forbid_unknown_fields=True):
    """How one wants to pay."""

    method: MethodWord


class RetryBody(msgspec.Struct, forbid_unknown_fields=True):
    """Another attempt for an order that waits for payment."""

    payment: MethodBody


class RefundBody(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Money to be given back: of one payment, or of what pays an order. Exactly one of the two."""

    amount_minor: Annotated[int, Meta(ge=1, le=10**13, description="In the currency's smallest unit")]
    reason: Annotated[str, Meta(min_length=3, max_length=200, description="Why, for whoever reads it later")]
    payment: Annotated[str, Meta(max_length=40)] = ""
    order: Annotated[str, Meta(max_length=40)] = ""

    def wish(self) -> Wish:
        """The body as the use case takes it. Raises: Invalid."""
        if bool(self.payment) == bool(self.order):
            detail = "Name either the `payment` or the `order` it is given back from."
            raise Invalid(problems=[Problem("#/payment", detail)])
        return Wish(payment_id=self.payment, order_id=self.order, amount_minor=self.amount_minor, note=self.reason)


class RefundAction(msgspec.Struct, forbid_unknown_fields=True):
    """`again`: send a rejected refund once more; `by_hand`: it was paid out in cash."""

    action: Literal["again", "by_hand"]


class RefundList(msgspec.Struct):
    """A page of refunds, newest first."""

    refunds: list[RefundView]
    next: str | None


class Received(msgspec.Struct):
    """The webhook is kept."""

    received: bool


@dataclass(frozen=True, slots=True)
class PaymentVerbs:
    """The use cases behind the API's routes."""

    retry: RetryPayment
    receive: ReceiveWebhook
    handle: HandleWebhook
    refunds: OperatorRefunds


def payment_routes(verbs: PaymentVerbs, owner_of: OwnerOf, signer: Signer) -> list[HTTPRouteHandler | Router]:
    """POST /payments/webhooks/{provider}, POST /orders/{id}/payments, /admin/refunds."""

    @post(
        "/payments/webhooks/{provider:str}",
        status_code=200,
        summary="What a payment service tells us: signed by it, and never believed without asking",
        tags=["gateway"],
    )
    async def post_webhook(request: PaymentRequest, provider: FromPath[str]) -> Response[Received]:
        key = await verbs.receive(provider, request.headers, await request.body())
        after = BackgroundTask(verbs.handle.after_answer, key) if key else None
        return Response(Received(received=True), background=after)

    @post(
        "/orders/{order_id:str}/payments",
        summary="Try to pay again, perhaps another way (Idempotency-Key)",
        opt=IDEMPOTENCY_KEY,
        tags=["orders"],
    )
    async def post_payment(
        request: PaymentRequest,
        order_id: FromPath[str],
        data: JSONBody[RetryBody],
        token: Token = "",  # noqa: ARG001  # `owner_of` reads it from the request, as it reads X-Order-Token
    ) -> Response[RetryAnswer]:
        idempotency_key(request)  # told before anything is looked up
        owner = await owner_of(request, order_id)
        claim = _claim(request, owner, f"/orders/{order_id}/payments", data)
        return _kept(*await verbs.retry(owner, order_id, data.payment.method, claim))

    return [post_webhook, post_payment, _refund_routes(verbs.refunds, signer)]


def _refund_routes(refunds: OperatorRefunds, signer: Signer) -> Router:
    @get("/refunds", summary="Refunds, newest first")
    async def list_refunds(in_state: StateFilter = None, limit: Limit = 50, cursor: Cursor = "") -> RefundList:
        purpose = f"refunds:{in_state or ''}"
        before = signer.open_cursor(purpose, cursor).decode() if cursor else ""
        found = await refunds.listed(in_state or "", before, limit + 1)
        shown = found[:limit]
        following = signer.sign(purpose, shown[-1].id.encode()) if len(found) > limit else None
        return RefundList([RefundView.of(refund) for refund in shown], following)

    @post("/refunds", summary="Give money back (Idempotency-Key)", opt=IDEMPOTENCY_KEY)
    async def post_refund(request: PaymentRequest, data: JSONBody[RefundBody]) -> Response[RefundView]:
        actor = f"operator:{_token_id(request)}"
        claim = _claim(request, actor, "/admin/refunds", data)
        return _kept(*await refunds.ask(data.wish(), actor[:64], claim))

    @post(
        "/refunds/{refund_id:str}", status_code=200, summary="Send a rejected refund again, or say it was paid by hand"
    )
    async def change_refund(refund_id: FromPath[str], data: JSONBody[RefundAction]) -> RefundView:
        change = refunds.again if data.action == "again" else refunds.by_hand
        return RefundView.of(await change(refund_id))

    handlers = [list_refunds, post_refund, change_refund]
    return Router("/admin", route_handlers=handlers, guards=[needs_operator], tags=["operator"])


def pay_pages(start: StartPayment, apply: ApplyPayment, order_page: Callable[[str], str]) -> Sequence[HTTPRouteHandler]:
    """GET /pay/{payment_id} leads to the gateway's page, GET /pay/{payment_id}/return back to the order's.

    `order_page`: the address of an order's page. A gateway that is down is a 503 page that says so.
    """

    @get("/pay/{payment_id:str}", include_in_schema=False)
    async def pay(payment_id: FromPath[str]) -> Redirect:
        try:
            address = await start(payment_id)
        except (PaymentClosed, GatewayRefused):  # the order's page says why, and what one can do
            address = order_page(await start.order_of(payment_id))
        return _see(address)

    @get("/pay/{payment_id:str}/return", include_in_schema=False)
    async def back(payment_id: FromPath[str]) -> Redirect:
        try:
            order_id = (await apply(payment_id)).payment.order_id
        except Unavailable:  # the order's page says that we do not know yet
            order_id = await start.order_of(payment_id)
        return _see(order_page(order_id))

    return [pay, back]


def _see(address: str) -> Redirect:
    return Redirect(address, status_code=303, headers={"cache-control": "no-store"})


def _token_id(request: PaymentRequest) -> str:
    grant = call_of(request.scope).grant  # type: ignore[arg-type]  # a TypedDict of ASGI keys
    return grant.token_id if grant is not None else ""


def _claim(request: PaymentRequest, scope: str, route: str, body: msgspec.Struct) -> Claim:
    canonical = msgspec.json.encode(body, order="deterministic")
    return Claim(
        scope[:80], idempotency_key(request), sha256(b"POST " + route.encode() + b"\n" + canonical).hexdigest()
    )


def _kept(kept: Kept, replayed: bool) -> Response[Any]:  # the bytes of what the route says it answers
    headers = {"idempotency-replayed": "true"} if replayed else {}
    return Response(kept.body, status_code=kept.status, headers=headers, media_type=MediaType.JSON)
