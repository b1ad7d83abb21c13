"""The addresses of cart, wishlist, checkout and orders. They take no part in the API's document."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from litestar.response import Redirect

from haat.cart.put_line import PutLine
from haat.cart.take_out import TakeOut
from haat.orders.cancel import CancelOrder
from haat.orders.place import PlaceOrder
from haat.orders.ports import OrdersView
from haat.orders.read import ReadOrder
from haat.payments.ask_order import AskOrder
from haat.payments.read import PaymentsOfOrder
from haat.payments.retry import RetryPayment
from haat.vocabulary import Ids
from haat.web.assets import Assets
from haat.web.ports import LookIntoCart
from haat.web.storefront.cart import CartPages
from haat.web.storefront.checkout import CheckoutPages
from haat.web.storefront.frame import Visits
from haat.web.storefront.orders import OrderPages
from haat.web.storefront.render import Renderer
from haat.web.storefront.routes import StorefrontNeeds, visits_of
from haat.web.storefront.wishes import WishPages
from haat.wishlist.put_wish import PutWish
from haat.wishlist.read_wishlist import ReadWishlist
from haat.wishlist.remove_wish import RemoveWish

AnyRequest = Request[Any, Any, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class BuyingNeeds:
    """The use cases behind these pages: those the API calls."""

    look: LookIntoCart
    put_line: PutLine
    take_out: TakeOut
    read_wishlist: ReadWishlist
    put_wish: PutWish
    remove_wish: RemoveWish
    place: PlaceOrder
    view: OrdersView
    read: ReadOrder
    cancel: CancelOrder
    money: PaymentsOfOrder
    ask: AskOrder
    retry: RetryPayment
    ids: Ids
    online: bool  # payments over a gateway are taken


def buying_routes(shop: StorefrontNeeds, needs: BuyingNeeds, assets: Assets) -> Sequence[HTTPRouteHandler]:
    """Handlers of the pages on which people buy."""
    render = Renderer(assets)
    visits = visits_of(shop)
    carts = CartPages(needs.look, needs.put_line, needs.put_wish, needs.ids, render)
    wishes = WishPages(needs.read_wishlist, needs.put_wish, needs.remove_wish, needs.put_line, needs.ids, render)
    checkouts = CheckoutPages(needs.look, needs.place, needs.take_out, render, shop.clock, needs.online)
    orders = OrderPages(
        view=needs.view,
        read=needs.read,
        money=needs.money,
        ask=needs.ask,
        cancel_order=needs.cancel,
        retry=needs.retry,
        warehouses=shop.warehouses,
        signer=shop.signer,
        render=render,
        zone=ZoneInfo(shop.time_zone),
        public_url=shop.public_url,
        online=needs.online,
    )
    return [*_carts(carts, visits), *_wishes(wishes, visits), *_checkouts(checkouts, visits), *_orders(orders, visits)]


def _carts(carts: CartPages, visits: Visits) -> list[HTTPRouteHandler]:
    @get("/cart", include_in_schema=False)
    async def cart_page(request: AnyRequest) -> Response[bytes]:
        return await carts.show(await visits.of(request))

    @post("/cart/lines", status_code=200, include_in_schema=False)
    async def change_cart(request: AnyRequest) -> Response[bytes] | Redirect:
        return await carts.change(await visits.of(request), await request.body())

    return [cart_page, change_cart]


def _wishes(wishes: WishPages, visits: Visits) -> list[HTTPRouteHandler]:
    @get("/wishlist", include_in_schema=False)
    async def wishlist_page(request: AnyRequest) -> Response[bytes]:
        return await wishes.show(await visits.of(request))

    @post("/wishlist", status_code=200, include_in_schema=False)
    async def change_wishlist(request: AnyRequest) -> Redirect:
        return await wishes.change(await visits.of(request), await request.body())

    return [wishlist_page, change_wishlist]


def _checkouts(checkouts: CheckoutPages, visits: Visits) -> list[HTTPRouteHandler]:
    @get("/checkout", include_in_schema=False)
    async def checkout_page(request: AnyRequest) -> Response[bytes] | Redirect:
        return await checkouts.show(await visits.of(request))

    @post("/checkout", status_code=200, include_in_schema=False)
    async def place_order(request: AnyRequest) -> Response[bytes] | Redirect:
        return await checkouts.order(await visits.of(request), await request.body())

    return [checkout_page, place_order]


def _orders(orders: OrderPages, visits: Visits) -> list[HTTPRouteHandler]:
    @get("/orders", include_in_schema=False)
    async def orders_page(request: AnyRequest) -> Response[bytes]:
        return await orders.list(await visits.of(request))

    @get("/orders/{order_id:str}", include_in_schema=False)
    async def order_page(request: AnyRequest, order_id: FromPath[str]) -> Response[bytes]:
        return await orders.show(await visits.of(request), order_id)

    @get("/orders/{order_id:str}/state", include_in_schema=False)
    async def order_state(request: AnyRequest, order_id: FromPath[str]) -> Response[bytes]:
        return await orders.state(visits.plain(request), order_id)

    @post("/orders/{order_id:str}/cancel", status_code=200, include_in_schema=False)
    async def cancel_order(request: AnyRequest, order_id: FromPath[str]) -> Response[bytes] | Redirect:
        return await orders.cancel(await visits.of(request), order_id)

    @post("/orders/{order_id:str}/pay", status_code=200, include_in_schema=False)
    async def pay_order(request: AnyRequest, order_id: FromPath[str]) -> Response[bytes] | Redirect:
        return await orders.pay(await visits.of(request), order_id, await request.body())

    return [orders_page, order_page, order_state, cancel_order, pay_order]
