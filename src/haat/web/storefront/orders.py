"""The pages of orders: the list, one order as it stands, cancel, and another way to pay."""

import hashlib
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote
from zoneinfo import ZoneInfo

import msgspec
from litestar import Response
from litestar.response import Redirect

from haat.engines.sql.idempotency import Claim
from haat.errors import Conflict
from haat.http.identity import buyer_of_call
from haat.http.signing import Signer
from haat.orders.cancel import Actor, CancelOrder
from haat.orders.model import Order
from haat.orders.place import ORDER_PURPOSE
from haat.orders.ports import OrdersView
from haat.orders.read import ReadOrder
from haat.payments.ask_order import AskOrder
from haat.payments.read import OrderMoney, PaymentsOfOrder
from haat.payments.retry import RetryAnswer, RetryPayment
from haat.web.ports import WarehouseNames
from haat.web.storefront import words
from haat.web.storefront.address import pairs_of
from haat.web.storefront.buying import LineView, ordered_line
from haat.web.storefront.frame import Visit
from haat.web.storefront.order import Told, heading, order_page, state_key
from haat.web.storefront.render import Renderer, page

PAGE: Final = 10
_CURSOR: Final = "orders-page"


@dataclass(frozen=True, slots=True)
class OrderCard:
    """One order in the list."""

    url: str
    number: str
    heading: str
    words: str
    total: str
    tone: str
    act: str
    lines: list[LineView]


@dataclass(frozen=True, slots=True)
class OrdersPage:
    """All that orders.html places."""

    orders: list[OrderCard]
    older: str
    empty: str = "No orders yet. What you order is kept here."


@dataclass(frozen=True, slots=True)
class OrderPages:
    """`/orders` and `/orders/{id}`."""

    view: OrdersView
    read: ReadOrder
    money: PaymentsOfOrder
    ask: AskOrder
    cancel_order: CancelOrder
    retry: RetryPayment
    warehouses: WarehouseNames
    signer: Signer
    render: Renderer
    zone: ZoneInfo
    public_url: str
    online: bool

    async def list(self, visit: Visit) -> Response[bytes]:
        """The newest orders of whoever asks. Raises: Malformed (a cursor that is not ours)."""
        cursor = _asked(visit, "cursor")
        before = self.signer.open_cursor(_CURSOR, cursor).decode() if cursor else ""
        owner = await buyer_of_call(visit.request)
        found = await self.view.of_owner(owner, before, PAGE + 1) if owner else []
        shown = found[:PAGE]
        cards = [_card(order, await self.money(order.id), visit, self.zone) for order in shown]
        older = ""
        if len(found) > PAGE:
            older = "/orders?cursor=" + quote(self.signer.sign(_CURSOR, shown[-1].id.encode()))
        frame = visit.frame("Your orders | haat", robots="noindex")
        body = self.render("orders.html", page=OrdersPage(cards, older), frame=frame)
        return page(visit.request, body, cache_control="no-store")

    async def show(self, visit: Visit, order_id: str, note: str = "", status: int = 200) -> Response[bytes]:
        """An order as it stands: while its payment is not known, the gateway is asked first.

        Raises: NoSuchOrder, also for somebody else's; WrongToken; Unavailable.
        """
        order, key = await self._mine(visit, order_id)
        known = await self.money(order.id)
        word = ""
        if order.state == "CREATED" and known.payment_id and known.attempts[-1].word == "confirming":
            word = await self.ask(order.id)
            order, key = await self._mine(visit, order_id)
            known = await self.money(order.id)
        told = Told(order, known, visit.now_ms, visit.today, self.zone, word)
        names = {shipment.warehouse: self.warehouses(shipment.warehouse) for shipment in order.snapshot.shipments}
        token = self.signer.sign(ORDER_PURPOSE, order.id.encode())
        keep = f"{self.public_url}/orders/{order.id}?k={token}" if order.owner.startswith("crt_") else ""
        view = order_page(told, names, key=key, keep=keep, online=self.online)
        if note:
            view.lead = note
        frame = visit.frame(f"{view.heading} | haat", robots="noindex")
        return page(visit.request, self.render("order.html", page=view, frame=frame), status, cache_control="no-store")

    async def state(self, visit: Visit, order_id: str) -> Response[bytes]:
        """What an open page compares itself with: a word that changes when the page would. Asks the gateway, too."""
        order, _ = await self._mine(visit, order_id)
        known = await self.money(order.id)
        if order.state == "CREATED" and known.payment_id and known.attempts[-1].word == "confirming":
            await self.ask(order.id)
            order, _ = await self._mine(visit, order_id)
            known = await self.money(order.id)
        return Response(
            state_key(order, known).encode(), headers={"cache-control": "no-store"}, media_type="text/plain"
        )

    async def cancel(self, visit: Visit, order_id: str) -> Response[bytes] | Redirect:
        """Cancel; an order that has gone too far says so on its page."""
        order, key = await self._mine(visit, order_id)
        try:
            await self.cancel_order(order.id, Actor("customer", order.owner))
        except Conflict as error:
            return await self.show(visit, order_id, str(error), 409)
        return _to(f"/orders/{order.id}{key}")

    async def pay(self, visit: Visit, order_id: str, body: bytes) -> Response[bytes] | Redirect:
        """Another way to pay: a new attempt, and on to the gateway's page. Twice the same press is one attempt."""
        order, _ = await self._mine(visit, order_id)
        method = dict(pairs_of(body)).get("method", "")
        known = await self.money(order.id)
        last = known.attempts[-1] if known.attempts else None
        if last is not None and last.word == "to_pay" and last.method == method:
            return _to(f"/pay/{last.id}")  # it has not begun: the same attempt will do
        asked = f"{order.id}-{len(known.attempts)}-{method}"
        claim = Claim(order.owner, f"page-{asked}"[:128], hashlib.sha256(asked.encode()).hexdigest())
        try:
            kept, _ = await self.retry(order.owner, order.id, method, claim)
        except Conflict as error:
            return await self.show(visit, order_id, str(error), 409)
        return _to(f"/pay/{msgspec.json.decode(kept.body, type=RetryAnswer).payment.id}")

    async def _mine(self, visit: Visit, order_id: str) -> tuple[Order, str]:
        """The order, if this visitor may see it, and what its links must carry."""
        token = _asked(visit, "k")
        client = visit.request.client.host if visit.request.client else ""
        order = await self.read(order_id, await buyer_of_call(visit.request), token, client)
        return order, f"?k={quote(token)}" if token else ""


def _card(order: Order, known: OrderMoney, visit: Visit, zone: ZoneInfo) -> OrderCard:
    told = Told(order, known, visit.now_ms, visit.today, zone)
    said, more = heading(told)
    tone = {"CREATED": "haldi", "CANCELLED": ""}.get(order.state, "paan")
    act = {"CREATED": "See how it stands", "CANCELLED": "See what happened"}.get(order.state, "Track it")
    lines = [ordered_line(line, order.totals.currency) for line in order.lines]
    total = words.money(order.totals.total_minor, order.totals.currency)
    return OrderCard(f"/orders/{order.id}", order.number, said, more, total, tone, act, lines)


def _asked(visit: Visit, name: str) -> str:
    return next((value for key, value in pairs_of(visit.request.scope["query_string"]) if key == name), "")


def _to(path: str) -> Redirect:
    return Redirect(path, status_code=303, headers={"cache-control": "no-store"})
