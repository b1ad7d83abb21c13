"""Asks about payments of which nobody told us: buyers who never came back, webhooks that were lost."""

from dataclasses import dataclass
from typing import ClassVar, Final

from haat.engines.sql import Database, Tx
from haat.engines.sql.jobs import drop, plan
from haat.payments.apply import FIRST_POLL_MS, LATE_POLL_MS, POLL_JOB, ApplyPayment
from haat.payments.model import LATE_MS, GatewayDown, Payment, PaymentMoved
from haat.payments.ports import Book
from haat.payments.refund import next_ask_ms

OFTEN_AT_LEAST_MS: Final = 30 * 60_000
RARELY_AT_LEAST_MS: Final = 12 * 3_600_000


@dataclass(frozen=True, slots=True)
class PollPayment:
    """Run by the job `payment`: asks, applies, and plans the next question while there is one.

    A live attempt is asked for at growing intervals from 20 s to half an hour, one that failed or was left behind from
    an hour to half a day, until seven days after it began: so long a gateway may change its mind.
    """

    kind: ClassVar[str] = POLL_JOB

    database: Database
    book: Book
    apply: ApplyPayment

    async def __call__(self, payment_id: str) -> None:
        """Raises: NoSuchPayment. A gateway that is down only means that it is asked again later."""
        try:
            payment = (await self.apply(payment_id)).payment
        except (GatewayDown, PaymentMoved):
            payment = None

        def plan_poll(tx: Tx) -> None:
            now = payment or self.book.payment(tx, payment_id)
            next_ms = _next_ms(tx.now_ms, now) if now is not None else 0
            if next_ms:
                plan(tx, POLL_JOB, payment_id, next_ms)
            else:
                drop(tx, POLL_JOB, payment_id)

        await self.database.transact(plan_poll)


def _next_ms(now_ms: int, payment: Payment) -> int:
    """When to ask again; 0: never."""
    if payment.state == "SUCCEEDED" or now_ms - payment.created_ms >= LATE_MS:
        return 0
    if payment.live:
        return next_ask_ms(now_ms, payment.created_ms, FIRST_POLL_MS, OFTEN_AT_LEAST_MS)
    return next_ask_ms(now_ms, payment.created_ms, LATE_POLL_MS, RARELY_AT_LEAST_MS)
