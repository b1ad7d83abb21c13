"""The buyer's wishlist."""

from typing import Annotated

import msgspec
from litestar import Request, Response, Router, delete, get, put
from litestar.datastructures import State
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta

from haat.events.envelope import rfc3339
from haat.http.identity import buyer_of_call, call_of, writing_buyer
from haat.vocabulary import MAX_SKU_CHARS, Ids
from haat.wishlist.put_wish import PutWish
from haat.wishlist.read_wishlist import ReadWishlist, WishlistView
from haat.wishlist.remove_wish import RemoveWish

PinText = Annotated[str, QueryParameter(pattern="^([1-9][0-9]{5})?$", description="Six digits")]
WishRequest = Request[object, object, State]

_PRIVATE = {"cache-control": "no-store"}


class WishBody(msgspec.Struct, forbid_unknown_fields=True):
    """What is said about a wish."""

    tell_back: Annotated[bool, Meta(description="Say when it is sold again")] = False
    sku: Annotated[str, Meta(min_length=1, max_length=MAX_SKU_CHARS)] | None = None


class WishHead(msgspec.Struct):
    """A wish as it was put; `GET /wishlist` says what it costs and when it would come."""

    item_id: str
    sku: str | None
    tell_back: bool
    added: str


def wishlist_routes(read_wishlist: ReadWishlist, put_wish: PutWish, remove_wish: RemoveWish, ids: Ids) -> Router:
    """/wishlist."""

    @get("/", summary="Your wishlist, with prices, stock and dates as they are now")
    async def get_wishlist(request: WishRequest, pincode: PinText = "") -> Response[WishlistView]:
        owner = await buyer_of_call(request)
        at = pincode or call_of(request.scope).pincode  # type: ignore[arg-type]  # a TypedDict of ASGI keys
        return Response(await read_wishlist(owner, at), headers=_PRIVATE)

    @put("/{item_id:str}", summary="Remember an item, or say whether to tell when it is back")
    async def put_wish_item(
        request: WishRequest, item_id: FromPath[str], data: JSONBody[WishBody]
    ) -> Response[WishHead]:
        async with writing_buyer(request, ids) as owner:
            wish = await put_wish(owner, item_id, tell_back=data.tell_back, sku=data.sku)
        return Response(WishHead(wish.item_id, wish.sku, wish.tell_back, rfc3339(wish.added_ms)), headers=_PRIVATE)

    @delete("/{item_id:str}", summary="Forget an item")
    async def delete_wish_item(request: WishRequest, item_id: FromPath[str]) -> None:
        owner = await buyer_of_call(request)
        if owner:
            await remove_wish(owner, item_id)

    return Router("/wishlist", route_handlers=[get_wishlist, put_wish_item, delete_wish_item], tags=["wishlist"])
