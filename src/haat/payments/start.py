"""A buyer goes to pay: from our address to the gateway's page."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import msgspec

from haat.engines.sql import Database, Tx
from haat.engines.sql.jobs import plan
from haat.errors import Conflict
from haat.payments.apply import FIRST_POLL_MS, POLL_JOB, ApplyPayment, requested
from haat.payments.model import (
    GatewayDown,
    GatewayPaused,
    GatewayRefused,
    Intent,
    NoSuchPayment,
    Payment,
    PaymentClosed,
)
from haat.payments.ports import Book, Gateway, OrderFacts, Orders
from haat.vocabulary import Clock


@dataclass(frozen=True, slots=True)
class StartPayment:
    """The gateway's page for a payment. Called again, it is the same page: the payment's id is the gateway's key."""

    database: Database
    book: Book
    orders: Orders
    gateways: Mapping[str, Gateway]
    apply: ApplyPayment
    return_url: Callable[[str], str]  # the address to which the gateway sends the buyer of a payment back
    clock: Clock

    async def __call__(self, payment_id: str) -> str:
        """A URL of the gateway. Cost: at most two calls to the gateway, none when the page is known.

        Raises: NoSuchPayment; PaymentClosed with `order_id` when there is nothing to pay any more (then the order's
        page says why); GatewayRefused; GatewayDown (try again: nothing is lost).
        """
        payment, facts = await self._look(payment_id)
        gateway = self.gateways.get(payment.provider)
        if not payment.live or payment.state in {"SUCCEEDED", "FAILED"} or gateway is None:
            raise PaymentClosed(order_id=payment.order_id)
        if payment.state == "REQUESTED":
            return payment.page_url
        if facts is None or facts.state != "CREATED" or 0 < facts.expires_ms <= self.clock.now_ms():
            raise PaymentClosed(order_id=payment.order_id)
        intent = await self._intent(gateway, payment, facts)
        if intent.status not in {"created", "pending"}:
            await self.apply(payment_id)
            raise PaymentClosed(order_id=payment.order_id)
        after = await self._requested(payment, intent)
        if after.state in {
            "INITIATED",
            "UNKNOWN",
        }:  # it moved for another reason: then what the gateway has is kept now
            after = await self._requested(after, intent)
        if not after.live or after.state != "REQUESTED":
            raise PaymentClosed(order_id=payment.order_id)
        return after.page_url

    async def order_of(self, payment_id: str) -> str:
        """The order that a payment was begun for. One statement. Raises: NoSuchPayment."""
        return (await self._now(payment_id)).order_id

    async def _look(self, payment_id: str) -> tuple[Payment, OrderFacts | None]:
        def look(tx: Tx) -> tuple[Payment, OrderFacts | None] | None:
            payment = self.book.payment(tx, payment_id)
            return (payment, self.orders.facts(tx, payment.order_id)) if payment is not None else None

        found = await self.database.read(look, brief=True)
        if found is None:
            raise NoSuchPayment
        return found

    async def _intent(self, gateway: Gateway, payment: Payment, facts: OrderFacts) -> Intent:
        """What the gateway has; it is made where it is missing."""
        try:
            found = await gateway.find(payment.id) if payment.state == "UNKNOWN" else None
            intent = found or await gateway.create(
                reference=payment.id,
                amount_minor=payment.amount_minor,
                currency=payment.currency,
                method=payment.method,
                return_url=self.return_url(payment.id),
                expires_ms=facts.expires_ms,
            )
        except GatewayPaused:
            raise
        except GatewayDown:
            if payment.state == "INITIATED":
                await self._doubtful(payment)
            raise
        except GatewayRefused:
            await self._refused(payment, "refused")
            raise
        if (intent.amount_minor, intent.currency) != (payment.amount_minor, payment.currency):
            await self._refused(payment, "wrong_amount")
            raise GatewayRefused("The payment service shows another amount. Choose another way to pay.")
        return intent

    async def _doubtful(self, payment: Payment) -> None:
        """Whether the gateway got it is not known."""

        def doubt(tx: Tx) -> None:
            plan(tx, POLL_JOB, payment.id, tx.now_ms + FIRST_POLL_MS)
            self.book.change(tx, payment, msgspec.structs.replace(payment, state="UNKNOWN"))

        await self._try(doubt)

    async def _refused(self, payment: Payment, failure: str) -> None:
        def refuse(tx: Tx) -> None:
            plan(tx, POLL_JOB, payment.id, tx.now_ms + FIRST_POLL_MS)
            self.book.change(tx, payment, msgspec.structs.replace(payment, state="FAILED", live=False, failure=failure))

        await self._try(refuse)

    async def _try(self, unit: Callable[[Tx], None]) -> None:
        try:
            await self.database.transact(unit)
        except Conflict:
            return  # a webhook or another tab knew more than this answer

    async def _requested(self, payment: Payment, intent: Intent) -> Payment:
        def request(tx: Tx) -> Payment:
            return requested(tx, self.book, payment, intent)

        try:
            return await self.database.transact(request)
        except Conflict:  # a webhook came before this answer, or another tab, or the order ended
            return await self._now(payment.id)

    async def _now(self, payment_id: str) -> Payment:
        payment = await self.database.read(lambda tx: self.book.payment(tx, payment_id), brief=True)
        if payment is None:
            raise NoSuchPayment
        return payment
