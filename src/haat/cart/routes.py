"""The buyer's cart."""

from typing import Annotated

import msgspec
from litestar import Request, Response, Router, delete, get, put
from litestar.datastructures import State
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta

from haat.cart.model import MAX_UNITS, Cart, check_version, new_cart
from haat.cart.put_line import PutLine
from haat.cart.read_cart import ReadCart
from haat.cart.remove_line import RemoveLine
from haat.cart.view import CartView
from haat.http.headers import MAY_IF_MATCH, etag, may_if_match
from haat.http.identity import buyer_of_call, call_of, writing_buyer
from haat.vocabulary import Ids

PinText = Annotated[str, QueryParameter(pattern="^([1-9][0-9]{5})?$", description="Six digits")]
CartRequest = Request[object, object, State]

_PRIVATE = {"cache-control": "no-store"}


class QuantityBody(msgspec.Struct, forbid_unknown_fields=True):
    """How many units the line shall have."""

    quantity: Annotated[int, Meta(ge=0, le=MAX_UNITS, description="0 removes the line")]


class CartLineHead(msgspec.Struct):
    """A line as it was put."""

    sku: str
    item_id: str
    quantity: int


class CartHead(msgspec.Struct):
    """What a change made of a cart; `GET /cart` says what it costs and when it comes."""

    version: int
    checkout_id: str
    units: int
    lines: list[CartLineHead]


def cart_routes(read_cart: ReadCart, put_line: PutLine, remove_line: RemoveLine, ids: Ids) -> Router:
    """/cart."""

    @get("/", summary="Your cart, with prices, dates and sums as they are now")
    async def get_cart(request: CartRequest, pincode: PinText = "") -> Response[CartView]:
        owner = await buyer_of_call(request)
        view = await read_cart(owner, pincode or call_of(request.scope).pincode)  # type: ignore[arg-type]  # ASGI keys
        return Response(view, headers={"etag": etag(view.version), **_PRIVATE})

    @put("/lines/{sku:str}", summary="Set the units of a line", opt=MAY_IF_MATCH)
    async def put_cart_line(
        request: CartRequest, sku: FromPath[str], data: JSONBody[QuantityBody], pincode: PinText = ""
    ) -> Response[CartHead]:
        expects = may_if_match(request)
        if data.quantity == 0 and not await buyer_of_call(request):  # nothing to remove, so no guest is made for it
            return _nothing(expects)
        async with writing_buyer(request, ids) as owner:
            at = pincode or call_of(request.scope).pincode  # type: ignore[arg-type]  # ASGI keys
            return _head(await put_line(owner, sku, data.quantity, pin=at, expects=expects))

    @delete("/lines/{sku:str}", summary="Remove a line", status_code=200, opt=MAY_IF_MATCH)
    async def delete_cart_line(request: CartRequest, sku: FromPath[str]) -> Response[CartHead]:
        expects, owner = may_if_match(request), await buyer_of_call(request)
        return _head(await remove_line(owner, sku, expects=expects)) if owner else _nothing(expects)

    return Router("/cart", route_handlers=[get_cart, put_cart_line, delete_cart_line], tags=["cart"])


def _nothing(expects: int | None) -> Response[CartHead]:
    check_version(new_cart("", "", 0), expects)
    return _head(None)


def _head(cart: Cart | None) -> Response[CartHead]:
    lines = [CartLineHead(line.sku, line.item_id, line.units) for line in cart.lines] if cart else []
    units = sum(line.quantity for line in lines)
    head = CartHead(cart.version, cart.checkout_id, units, lines) if cart else CartHead(0, "", 0, [])
    return Response(head, headers={"etag": etag(head.version), **_PRIVATE})
