"""Orders over HTTP: the buyer's, the seller's, the operator's."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Annotated, Any, Final

import msgspec
from litestar import MediaType, Request, Response, Router, get, post
from litestar.datastructures import State as LitestarState
from litestar.openapi import ResponseSpec
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta

from haat.engines.sql.idempotency import Claim
from haat.errors import Invalid, Problem
from haat.http.headers import IDEMPOTENCY_KEY, etag, idempotency_key, not_modified
from haat.http.identity import buyer_of_call, call_of, needs_operator, needs_seller, seller_of_call, writing_buyer
from haat.http.signing import Signer
from haat.orders.advance import AdvanceOrder, Step
from haat.orders.cancel import Actor, CancelOrder
from haat.orders.model import Address, Method, NoSuchOrder, OnLatePayment, Order, State, Wanted
from haat.orders.place import OrderGiven, PlaceCommand, PlaceOrder
from haat.orders.ports import CartLines, OrdersView, WantedLine
from haat.orders.quote import Quote, QuoteLines
from haat.orders.read import ReadOrder
from haat.orders.views import (
    OperatorOrderView,
    OrderView,
    SellerOrderList,
    SellerOrderView,
    SummaryList,
    SummaryView,
)
from haat.vocabulary import Prefix, type_id

BuyerRequest = Request[object, object, LitestarState]
Limit = Annotated[int, QueryParameter(ge=1, le=100)]
Cursor = Annotated[str, QueryParameter(max_length=2000)]
Token = Annotated[str, QueryParameter(max_length=400, description="The order's token, for guests")]
CheckoutId = Annotated[str, Meta(min_length=1, max_length=64, description="Made by you, once per checkout")]
Lines = Annotated[list[Wanted], Meta(max_length=200)]
StateName = Annotated[State | None, QueryParameter(name="state", description="Only orders in this state")]

_PAGE: Final = "orders-page"
_PRIVATE: Final = {"cache-control": "no-store"}


class PaymentChoice(msgspec.Struct, forbid_unknown_fields=True):
    """How the buyer pays."""

    method: Method


class OrderBody(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """An order: `lines`, or `cart: true` for what lies in the cart. `quote` is the token of the quote one has seen."""

    checkout_id: CheckoutId
    address: Address
    payment: PaymentChoice
    lines: Lines | None = None
    cart: bool = False
    on_late_payment: OnLatePayment = "refund"
    quote: Annotated[str, Meta(max_length=2000)] = ""


class QuoteBody(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What to quote: `lines`, or `cart: true`. Without a PIN code nothing is promised."""

    lines: Lines | None = None
    cart: bool = False
    pincode: Annotated[str, Meta(max_length=10)] | None = None
    method: Method | None = None


@dataclass(frozen=True, slots=True)
class Verbs:
    """What the routes call."""

    quotes: QuoteLines
    place: PlaceOrder
    read: ReadOrder
    cancel: CancelOrder
    advance: AdvanceOrder
    view: OrdersView
    cart: CartLines
    signer: Signer


def orders_routes(verbs: Verbs) -> Sequence[Router]:
    """/orders, /seller/orders and /admin/orders."""
    return [_buyer(verbs), _seller(verbs), _operator(verbs)]


def _buyer(verbs: Verbs) -> Router:
    @post(
        "/",
        summary="Place an order (Idempotency-Key)",
        opt=IDEMPOTENCY_KEY,
        responses={
            201: ResponseSpec(OrderGiven, description="It is placed, or waits for its payment"),
            200: ResponseSpec(OrderGiven, description="This checkout was ordered before: its order as it stands"),
        },
    )
    async def post_order(request: BuyerRequest, data: JSONBody[OrderBody]) -> Response[Any]:
        key, same = idempotency_key(request), fingerprint("POST /orders", data)
        wanted = _one_of(data.lines, cart=data.cart)
        async with writing_buyer(request, _GuestOf(verbs.signer, key, same)) as owner:
            answer = await verbs.place(
                PlaceCommand(
                    owner=owner,
                    checkout_id=data.checkout_id,
                    wanted=wanted,
                    address=data.address,
                    method=data.payment.method,
                    claim=Claim(owner, key, same),
                    on_late_payment=data.on_late_payment,
                    quote=data.quote,
                )
            )
        headers = {**_PRIVATE, **({"idempotency-replayed": "true"} if answer.replayed else {})}
        if answer.order_id:
            headers["location"] = f"/api/v1/orders/{answer.order_id}"
        return Response(answer.body, status_code=answer.status, headers=headers, media_type=MediaType.JSON)

    @post("/quote", summary="What lines cost, and when they arrive", status_code=200)
    async def post_quote(request: BuyerRequest, data: JSONBody[QuoteBody]) -> Response[Quote]:
        wanted: Sequence[WantedLine] | None = _one_of(data.lines, cart=data.cart)
        if wanted is None:
            _, _, wanted = await verbs.cart(await buyer_of_call(request))
        return Response(await verbs.quotes(wanted, data.pincode, data.method or ""), headers=_PRIVATE)

    @get("/", summary="Your orders, newest first")
    async def list_orders(request: BuyerRequest, limit: Limit = 20, cursor: Cursor = "") -> Response[SummaryList]:
        owner = await buyer_of_call(request)
        found = await verbs.view.of_owner(owner, _before(verbs, cursor), limit + 1) if owner else []
        return Response(
            SummaryList([SummaryView.of(o) for o in found[:limit]], _next(verbs, found, limit)), headers=_PRIVATE
        )

    @get("/{order_id:str}", summary="One order: your own, or with its token (X-Order-Token or ?token)")
    async def get_order(request: BuyerRequest, order_id: FromPath[str], token: Token = "") -> Response[Any]:
        order = await verbs.read(order_id, await buyer_of_call(request), _token(request, token), _client(request))
        tag = etag(OrderView.of(order).version)
        headers = {"etag": tag, "cache-control": "private, no-cache"}
        if not_modified(request.headers.get("if-none-match", ""), tag):
            return Response(b"", status_code=304, headers=headers)
        return Response(OrderView.of(order), headers=headers)

    @post("/{order_id:str}/cancel", summary="Cancel an order before it is packed", status_code=200)
    async def post_cancel(request: BuyerRequest, order_id: FromPath[str], token: Token = "") -> Response[OrderView]:
        owner = await buyer_of_call(request)
        order = await verbs.read(order_id, owner, _token(request, token), _client(request))
        await verbs.cancel(order.id, Actor("customer", order.owner))
        return Response(OrderView.of(await _now(verbs, order_id)), headers=_PRIVATE)

    return Router(
        "/orders", route_handlers=[post_order, post_quote, list_orders, get_order, post_cancel], tags=["orders"]
    )


def _seller(verbs: Verbs) -> Router:
    @get("/", summary="Orders with lines of yours, newest first")
    async def list_orders(request: BuyerRequest, limit: Limit = 20, cursor: Cursor = "") -> Response[SellerOrderList]:
        seller = seller_of_call(request)
        found = await verbs.view.of_seller(seller, _before(verbs, cursor), limit + 1)
        views = [SellerOrderView.of(order, seller) for order in found[:limit]]
        return Response(SellerOrderList(views, _next(verbs, found, limit)), headers=_PRIVATE)

    @get("/{order_id:str}", summary="Your lines of an order")
    async def get_order(request: BuyerRequest, order_id: FromPath[str]) -> Response[SellerOrderView]:
        return await shown(seller_of_call(request), order_id)

    async def shown(seller: str, order_id: str) -> Response[SellerOrderView]:
        order = await _now(verbs, order_id)
        if all(line.seller != seller for line in order.lines):
            raise NoSuchOrder
        return Response(SellerOrderView.of(order, seller), headers=_PRIVATE)

    async def step(request: BuyerRequest, order_id: str, name: Step) -> Response[SellerOrderView]:
        seller = seller_of_call(request)
        await verbs.advance(order_id, name, Actor("seller", seller))
        return await shown(seller, order_id)

    @post("/{order_id:str}/pack", summary="It is packed", status_code=200)
    async def post_pack(request: BuyerRequest, order_id: FromPath[str]) -> Response[SellerOrderView]:
        return await step(request, order_id, "pack")

    @post("/{order_id:str}/ship", summary="It has left the warehouse", status_code=200)
    async def post_ship(request: BuyerRequest, order_id: FromPath[str]) -> Response[SellerOrderView]:
        return await step(request, order_id, "ship")

    @post("/{order_id:str}/deliver", summary="It was delivered", status_code=200)
    async def post_deliver(request: BuyerRequest, order_id: FromPath[str]) -> Response[SellerOrderView]:
        return await step(request, order_id, "deliver")

    @post("/{order_id:str}/cancel", summary="You cannot fulfil it", status_code=200)
    async def post_cancel(request: BuyerRequest, order_id: FromPath[str]) -> Response[SellerOrderView]:
        seller = seller_of_call(request)
        await verbs.cancel(order_id, Actor("seller", seller))
        return await shown(seller, order_id)

    handlers = [list_orders, get_order, post_pack, post_ship, post_deliver, post_cancel]
    return Router("/seller/orders", route_handlers=handlers, guards=[needs_seller], tags=["seller"])


def _operator(verbs: Verbs) -> Router:
    @get("/", summary="All orders, newest first")
    async def list_orders(in_state: StateName = None, limit: Limit = 50, cursor: Cursor = "") -> Response[SummaryList]:
        found = await verbs.view.recent(in_state or "", _before(verbs, cursor), limit + 1)
        views = [SummaryView.of(order) for order in found[:limit]]
        return Response(SummaryList(views, _next(verbs, found, limit)), headers=_PRIVATE)

    @get("/{order_id:str}", summary="One order")
    async def get_order(order_id: FromPath[str]) -> Response[OperatorOrderView]:
        return await shown(order_id)

    async def shown(order_id: str) -> Response[OperatorOrderView]:
        return Response(OperatorOrderView.of(await _now(verbs, order_id)), headers=_PRIVATE)

    async def step(request: BuyerRequest, order_id: str, name: Step) -> Response[OperatorOrderView]:
        await verbs.advance(order_id, name, await _operator_of(request))
        return await shown(order_id)

    @post("/{order_id:str}/pack", summary="It is packed", status_code=200)
    async def post_pack(request: BuyerRequest, order_id: FromPath[str]) -> Response[OperatorOrderView]:
        return await step(request, order_id, "pack")

    @post("/{order_id:str}/ship", summary="It has left the warehouse", status_code=200)
    async def post_ship(request: BuyerRequest, order_id: FromPath[str]) -> Response[OperatorOrderView]:
        return await step(request, order_id, "ship")

    @post("/{order_id:str}/deliver", summary="It was delivered", status_code=200)
    async def post_deliver(request: BuyerRequest, order_id: FromPath[str]) -> Response[OperatorOrderView]:
        return await step(request, order_id, "deliver")

    @post("/{order_id:str}/cancel", summary="Cancel it; on its way it counts as lost", status_code=200)
    async def post_cancel(request: BuyerRequest, order_id: FromPath[str]) -> Response[OperatorOrderView]:
        await verbs.cancel(order_id, await _operator_of(request))
        return await shown(order_id)

    handlers = [list_orders, get_order, post_pack, post_ship, post_deliver, post_cancel]
    return Router("/admin/orders", route_handlers=handlers, guards=[needs_operator], tags=["operator"])


@dataclass(frozen=True, slots=True)
class _GuestOf:
    """Ids for a guest whom nobody knows yet: the same request again, its answer and cookie lost, is the same guest.

    Key and whole body go into it, so that nobody comes upon another's order by a key that is easily guessed.
    """

    signer: Signer
    key: str
    fingerprint: str

    def new(self, prefix: Prefix) -> str:
        """The guest's id."""
        signed = self.signer.sign("guest", f"{self.key}\n{self.fingerprint}".encode())
        return type_id(prefix, sha256(signed.encode()).digest()[:16])


def fingerprint(route: str, body: msgspec.Struct) -> str:
    """What tells one request from another under the same key: route and canonical body."""
    return sha256(route.encode() + b"\n" + msgspec.json.encode(body, order="deterministic")).hexdigest()


def _one_of(lines: list[Wanted] | None, *, cart: bool) -> list[Wanted] | None:
    """The lines, or None for the cart. Raises: Invalid unless exactly one is asked for."""
    if cart == (lines is not None):
        raise Invalid(problems=[Problem("#/lines", "Give `lines`, or `cart: true` for what lies in your cart.")])
    return lines


async def _now(verbs: Verbs, order_id: str) -> Order:
    """The order as it stands now. Raises: NoSuchOrder."""
    order = await verbs.view.order(order_id)
    if order is None:
        raise NoSuchOrder
    return order


async def _operator_of(request: BuyerRequest) -> Actor:
    return Actor("operator", (await call_of(request.scope).granted()).token_id)  # type: ignore[arg-type]  # ASGI keys


def _before(verbs: Verbs, cursor: str) -> str:
    return verbs.signer.open_cursor(_PAGE, cursor).decode() if cursor else ""


def _next(verbs: Verbs, found: Sequence[Order], limit: int) -> str | None:
    return verbs.signer.sign(_PAGE, found[limit - 1].id.encode()) if len(found) > limit else None


def _token(request: BuyerRequest, token: str) -> str:
    return request.headers.get("x-order-token", "") or token


def _client(request: BuyerRequest) -> str:
    return request.client.host if request.client else ""
