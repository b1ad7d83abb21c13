"""How an order's payment stands, asked of the gateway: before the order is given up."""

from dataclasses import dataclass
from typing import Literal

from haat.engines.sql import Database
from haat.payments.apply import Applied, ApplyPayment
from haat.payments.model import NEVER_PAID, GatewayDown, Payment
from haat.payments.ports import Book

Word = Literal["paid", "open", "failed", "unknown", "none"]


@dataclass(frozen=True, slots=True)
class AskOrder:
    """haat.orders.ports.AskGateway: what the gateway says of the live attempt is applied on the way."""

    database: Database
    book: Book
    apply: ApplyPayment

    async def __call__(self, order_id: str) -> Word:
        """`paid`: it pays the order; `open`: the buyer's bank is at it; `unknown`: the gateway did not say; `failed`:
        declined; `none`: nobody is paying. Cost: one read; a live attempt also costs what ApplyPayment does.
        """
        payments = await self.database.read(lambda tx: self.book.of_order(tx, order_id), brief=True)
        own = [payment for payment in payments if payment.order_id == order_id]
        if any(payment.applied_order == order_id for payment in payments):
            return "paid"
        live = next((payment for payment in own if payment.live), None)
        if live is None:
            return "failed" if own and _declined(own[-1]) else "none"
        try:
            return _word(await self.apply(live.id), order_id)
        except GatewayDown:
            return "unknown"


def _declined(payment: Payment) -> bool:
    return payment.state == "FAILED" and payment.failure not in NEVER_PAID


def _word(applied: Applied, order_id: str) -> Word:
    payment, said = applied
    if payment.state == "SUCCEEDED":
        return "paid" if payment.applied_order == order_id else "failed"
    if payment.state == "FAILED":
        return "failed" if _declined(payment) else "none"
    if said in {"pending", "authorized"}:
        return "open"
    if payment.state == "UNKNOWN" and said is None:
        return "unknown"
    return "none"
