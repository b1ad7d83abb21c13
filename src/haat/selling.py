"""The selling half of the composition root: cart, wishlist, orders, payments and what runs beside them.

`haat.app` opens the engines; here the three rooms around the orders database are joined. `Around` lets a test stand
between a use case and the outside: every engine and gateway passes through it by name.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from litestar import Router
from litestar.handlers import HTTPRouteHandler

from haat.cart.adapters.sql import SqlCartStore
from haat.cart.consumers import CartsOfOrders
from haat.cart.lines_of_cart import LinesOfCart
from haat.cart.merge_carts import MergeCarts
from haat.cart.put_line import PutLine
from haat.cart.read_cart import ReadCart
from haat.cart.remove_line import RemoveLine
from haat.cart.routes import cart_routes
from haat.cart.take_out import TakeOut
from haat.engines.kv import KeyValue
from haat.engines.sql import Database
from haat.events.backoff import Backoff
from haat.events.jobs import RunJobs
from haat.events.outbox import Outbox
from haat.events.ports import Handler
from haat.gateway import OpenGateway
from haat.http.identity import Connection, buyer_of_call
from haat.http.signing import Signer
from haat.inventory.adapters.audit import SqlStockBooks
from haat.inventory.adapters.holds import SqlHolds
from haat.inventory.ports import OfferStore
from haat.orders.adapters.audit import SqlOrderBooks
from haat.orders.adapters.sql import SqlOrders
from haat.orders.adapters.view import SqlOrdersView
from haat.orders.advance import AdvanceOrder
from haat.orders.cancel import CancelOrder
from haat.orders.expire import ExpireOrder
from haat.orders.fees import FlatShipping
from haat.orders.job_routes import job_routes
from haat.orders.place import PlaceOrder
from haat.orders.plan import Facts, read_facts
from haat.orders.ports import ItemDocuments, Serviceability
from haat.orders.quote import QuoteLines
from haat.orders.read import ReadOrder
from haat.orders.routes import Verbs, orders_routes
from haat.orders.sweep import RemindOfExpiry, Sweeper
from haat.orders.tax import DatedRates
from haat.payments.adapters.audit import SqlMoneyBooks
from haat.payments.adapters.breaks import SqlBreaks
from haat.payments.adapters.sql import SqlPayments
from haat.payments.apply import ApplyPayment
from haat.payments.ask_order import AskOrder
from haat.payments.breaks import LookAtBreaks
from haat.payments.operator import OperatorRefunds
from haat.payments.poll import PollPayment
from haat.payments.read import PaymentsOfOrder
from haat.payments.reconcile import Reconcile
from haat.payments.reconcile_gateway import GatewayAudit
from haat.payments.reconcile_loop import ReconcileLoop
from haat.payments.reconcile_routes import reconcile_routes
from haat.payments.reconcile_shop import Rooms, ShopAudit
from haat.payments.refund import SendRefund
from haat.payments.retry import RetryPayment
from haat.payments.routes import PaymentVerbs, pay_pages, payment_routes
from haat.payments.start import StartPayment
from haat.payments.webhooks import HandleWebhook, ReceiveWebhook
from haat.serviceability.live import Serviceability as LiveServiceability
from haat.timers import Role
from haat.vocabulary import Clock, Ids
from haat.web.storefront.buying_routes import BuyingNeeds
from haat.wishlist.adapters.sql import SqlWishStore
from haat.wishlist.ports import OffersOf
from haat.wishlist.put_wish import PutWish
from haat.wishlist.read_wishlist import ReadWishlist
from haat.wishlist.remove_wish import RemoveWish
from haat.wishlist.routes import wishlist_routes

T = TypeVar("T")


class Around(Protocol):
    """Stands in front of a port, or gives it back as it is."""

    def __call__(self, name: str, port: T, /) -> T:
        """What the shop uses instead of the port."""


def untouched(_name: str, port: T) -> T:
    """Nothing stands in between."""
    return port


@dataclass(frozen=True, slots=True, kw_only=True)
class SellingNeeds:
    """Open engines and the other contexts' use cases."""

    orders_database: Database
    carts_database: Database
    kv: KeyValue
    offers: OfferStore
    documents: ItemDocuments
    serviceability: LiveServiceability
    gateway: OpenGateway
    backoff: Backoff
    clock: Clock
    ids: Ids
    signer: Signer
    base_url: str
    currency: str
    shown_offers: OffersOf | None = None  # for wishlists: as they are, or as they last were shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Selling:
    """The selling half of a shop."""

    gateway: OpenGateway
    book: SqlPayments
    orders: SqlOrders
    view: SqlOrdersView
    quotes: QuoteLines
    place: PlaceOrder
    read: ReadOrder
    cancel: CancelOrder
    advance: AdvanceOrder
    start: StartPayment
    apply: ApplyPayment
    ask: AskOrder
    retry: RetryPayment
    refunds: OperatorRefunds
    money: PaymentsOfOrder
    reconcile: Reconcile
    breaks: LookAtBreaks
    carts: SqlCartStore
    read_cart: ReadCart
    put_line: PutLine
    take_out: TakeOut
    merge_carts: MergeCarts
    read_wishlist: ReadWishlist
    put_wish: PutWish
    remove_wish: RemoveWish
    sweeper: Sweeper
    jobs: RunJobs
    handlers: Sequence[Handler]
    api: Sequence[Router | HTTPRouteHandler]
    pages: Sequence[HTTPRouteHandler]
    roles: Sequence[Role]


def put_together(needs: SellingNeeds, serviceability: Serviceability | None = None) -> Selling:
    """Join the rooms. `serviceability` overrides whom orders ask, for tests at a fixed reach."""
    database, ids, clock, base_url = needs.orders_database, needs.ids, needs.clock, needs.base_url
    gateways = needs.gateway.gateways
    reach: Any = serviceability or needs.serviceability
    taxes, fees = DatedRates(), FlatShipping()

    def pay_url(payment_id: str) -> str:
        return f"{base_url}/pay/{payment_id}"

    # ---- three rooms around the orders database
    holds = SqlHolds(Outbox("haat/inventory", ids))
    book = SqlPayments(database, Outbox("haat/payments", ids), ids, needs.gateway.provider_of)
    orders = SqlOrders(Outbox("haat/orders", ids), ids, holds, book, reach, taxes, fees)
    view = SqlOrdersView(database)
    quotes = QuoteLines(
        needs.offers.offers_by_sku, needs.documents, reach, taxes, fees, clock, needs.signer, needs.currency
    )

    # ---- cart and wishlist
    carts = SqlCartStore(needs.carts_database, Outbox("haat/cart", ids))
    wishes = SqlWishStore(needs.carts_database, Outbox("haat/wishlist", ids))

    async def facts_of(items: Mapping[str, str]) -> Mapping[str, Facts]:
        return read_facts(await needs.documents(sorted(set(items.values()))), items)

    read_cart = ReadCart(carts, quotes, facts_of, needs.currency)
    put_line = PutLine(carts, needs.offers.offers_by_sku, ids)
    take_out = TakeOut(carts, ids)
    lines_of_cart = LinesOfCart(carts)
    read_wishlist = ReadWishlist(
        wishes, needs.documents, needs.shown_offers or needs.offers.offers_of, reach, clock, needs.currency
    )
    put_wish, remove_wish = PutWish(wishes, needs.documents), RemoveWish(wishes)

    # ---- orders and payments
    place = PlaceOrder(
        database, quotes, holds, book, orders, lines_of_cart, RemindOfExpiry(needs.kv), ids, needs.signer, base_url
    )
    read = ReadOrder(view, needs.signer, needs.kv)
    cancel = CancelOrder(database, orders)
    advance = AdvanceOrder(database, orders, holds, book)
    apply = ApplyPayment(database, book, orders, gateways)
    start = StartPayment(
        database, book, orders, gateways, apply, lambda payment_id: f"{pay_url(payment_id)}/return", clock
    )
    ask = AskOrder(database, book, apply)
    methods = frozenset(needs.gateway.provider_of)
    retry = RetryPayment(database, book, orders, ask, ids, pay_url, methods)
    send_refund = SendRefund(database, book, gateways)
    handle_webhook = HandleWebhook(database, book, apply, send_refund)
    refunds = OperatorRefunds(database, book, gateways)
    expire = ExpireOrder(database, orders, ask)
    sweeper = Sweeper(database, needs.kv, expire, view, holder=ids.new("evt"), clock=clock)
    polls = PollPayment(database, book, apply)
    jobs = RunJobs(database, {one.kind: one for one in (send_refund, handle_webhook, polls)}, needs.backoff)

    # ---- reconciliation
    breaks, money_books = SqlBreaks(), SqlMoneyBooks()
    order_books, stock_books = SqlOrderBooks(orders.outbox), SqlStockBooks(Outbox("haat/inventory", ids))
    rooms = Rooms(order_books, stock_books, holds, orders, book, sweeper.step)
    at_gateway = GatewayAudit(database, money_books, apply, send_refund)
    inside = ShopAudit(database, money_books, rooms, apply, send_refund, handle_webhook)
    reconcile = Reconcile(database, breaks, breaks, gateways, at_gateway, inside)
    look_at_breaks = LookAtBreaks(database, breaks)

    async def owner_of(connection: Connection, order_id: str) -> str:
        token = connection.headers.get("x-order-token", "") or connection.query_params.get("token", "")
        client = connection.client.host if connection.client else ""
        return (await read(order_id, await buyer_of_call(connection), token, client)).owner

    verbs = Verbs(quotes, place, read, cancel, advance, view, lines_of_cart, needs.signer)
    payment_verbs = PaymentVerbs(retry, ReceiveWebhook(database, book, gateways, clock), handle_webhook, refunds)
    return Selling(
        gateway=needs.gateway,
        book=book,
        orders=orders,
        view=view,
        quotes=quotes,
        place=place,
        read=read,
        cancel=cancel,
        advance=advance,
        start=start,
        apply=apply,
        ask=ask,
        retry=retry,
        refunds=refunds,
        money=PaymentsOfOrder(database, book, pay_url),
        reconcile=reconcile,
        breaks=look_at_breaks,
        carts=carts,
        read_cart=read_cart,
        put_line=put_line,
        take_out=take_out,
        merge_carts=MergeCarts(carts, ids),
        read_wishlist=read_wishlist,
        put_wish=put_wish,
        remove_wish=remove_wish,
        sweeper=sweeper,
        jobs=jobs,
        handlers=[CartsOfOrders(take_out)],
        api=[
            cart_routes(read_cart, put_line, RemoveLine(carts), ids),
            wishlist_routes(read_wishlist, put_wish, remove_wish, ids),
            *orders_routes(verbs),
            job_routes(database),
            *payment_routes(payment_verbs, owner_of, needs.signer),
            reconcile_routes(reconcile, look_at_breaks, needs.signer),
        ],
        pages=pay_pages(start, apply, lambda order_id: f"/orders/{order_id}"),
        roles=[
            Role("expiry", sweeper.run),
            Role("jobs", jobs.run),
            Role("reconciliation", ReconcileLoop(reconcile).run),
            *needs.gateway.roles,
        ],
    )


def buying_needs(selling: Selling, ids: Ids) -> BuyingNeeds:
    """What the pages need of it."""
    return BuyingNeeds(
        look=selling.read_cart,
        put_line=selling.put_line,
        take_out=selling.take_out,
        read_wishlist=selling.read_wishlist,
        put_wish=selling.put_wish,
        remove_wish=selling.remove_wish,
        place=selling.place,
        view=selling.view,
        read=selling.read,
        cancel=selling.cancel,
        money=selling.money,
        ask=selling.ask,
        retry=selling.retry,
        ids=ids,
        online=bool(selling.gateway.gateways),
    )
