"""What the gateway says of a payment becomes so: the one command behind webhook, browser return, poller and expiry."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

import msgspec

from haat.engines.sql import Database, Tx
from haat.engines.sql.jobs import add, drop, plan
from haat.errors import Conflict
from haat.payments.model import GatewayRefused, Intent, IntentStatus, NoSuchPayment, Payment, PaymentMoved
from haat.payments.ports import Book, Gateway, Orders

Along = Callable[[Tx], None]
Step = Literal["captured", "more", "fail", "request", "doubt", "nothing"]

POLL_JOB: Final = "payment"
TRIES: Final = 4  # a payment rarely has more than three who ask at once: return, webhook, poller
NOT_RECEIVED_MS: Final = 2 * 60_000
"""A gateway that knows nothing of an attempt so long after our call will not get that call any more."""
LATE_POLL_MS: Final = 60 * 60_000


class Applied(NamedTuple):
    """A payment after the gateway was asked."""

    payment: Payment
    said: IntentStatus | None  # None: the gateway never saw it, or there is no gateway to ask


@dataclass(frozen=True, slots=True)
class ApplyPayment:
    """Ask the gateway how a payment stands, and make it so. Safe to call at any time, any number of times, by anyone.

    Outside of any transaction it asks (and captures what was only authorised). Then one unit decides: money that came
    is applied to its order, becomes a new order, or is owed back, exactly once.
    """

    database: Database
    book: Book
    orders: Orders
    gateways: Mapping[str, Gateway]

    async def __call__(self, payment_id: str, *, along: Along | None = None) -> Applied:
        """The payment as it is then. Cost: one call to the gateway, at most one transaction.

        `along` is written in the unit that decides; where there is nothing to decide, by itself.

        Raises: NoSuchPayment, GatewayDown (nothing was changed).
        """
        payment = await self._read(payment_id)
        gateway = self.gateways.get(payment.provider)
        if gateway is None:
            if along is not None:
                await self.database.transact(along)
            return Applied(payment, None)
        intent = await self._ask(gateway, payment_id)
        for attempt in range(TRIES):
            try:
                settled = await self._settled(payment, intent, along, reorder=attempt < TRIES - 1)
                return Applied(settled, intent.status if intent else None)
            except Conflict:  # somebody else came first, here or at the stock: with rows as they are now this ends
                payment = await self._read(payment_id)
        raise PaymentMoved("Many ask about this payment at once. Try again.")

    async def _read(self, payment_id: str) -> Payment:
        payment = await self.database.read(lambda tx: self.book.payment(tx, payment_id), brief=True)
        if payment is None:
            raise NoSuchPayment
        return payment

    @staticmethod
    async def _ask(gateway: Gateway, payment_id: str) -> Intent | None:
        intent = await gateway.find(payment_id)
        if intent is None or intent.status != "authorized":
            return intent
        try:
            return await gateway.capture(intent.id)
        except GatewayRefused:  # it ended meanwhile: then finding it tells how
            return await gateway.find(payment_id)

    async def _settled(self, payment: Payment, intent: Intent | None, along: Along | None, *, reorder: bool) -> Payment:
        """What the gateway's word changes, in one unit; nothing to change, no unit."""
        step = _step(payment, intent)
        if step == "nothing":
            if along is not None:
                await self.database.transact(along)
            return payment

        def settle(tx: Tx) -> Payment:
            settled = self._taken(tx, step, payment, intent, reorder=reorder)
            if along is not None:
                along(tx)
            return settled

        return await self.database.transact(settle)

    def _taken(self, tx: Tx, step: Step, payment: Payment, intent: Intent | None, *, reorder: bool) -> Payment:
        """The payment after a step."""
        if intent is None:
            late = tx.now_ms - payment.changed_ms >= NOT_RECEIVED_MS
            return self._fail(tx, payment, "not_received", None) if late else payment
        if step == "captured":
            return self._settle(tx, payment, intent, reorder=reorder)
        if step == "more":
            return self._take_more(tx, payment, intent)
        if step == "fail":
            why = "expired" if intent.status == "expired" else intent.failure or "failed"
            return self._fail(tx, payment, why, intent.id)
        return requested(tx, self.book, payment, intent)

    def _settle(self, tx: Tx, payment: Payment, intent: Intent, *, reorder: bool) -> Payment:
        """The money is there. The order's row is locked first, by its own compare-and-set; then the payment's."""
        drop(tx, POLL_JOB, payment.id)
        seen = msgspec.structs.replace(payment, provider_ref=payment.provider_ref or intent.id)
        asked, came = payment.amount_minor, intent.captured_minor
        more = came > asked > 0 and came % asked == 0  # taken several times over: once is right, the rest goes back
        captured = asked if more else came
        if (captured, intent.currency) != (asked, payment.currency):
            return self._mismatch(tx, seen, intent)
        word = self.orders.pay(tx, payment.order_id, payment.id, captured, intent.currency)
        if word == "mismatch":
            return self._mismatch(tx, seen, intent)
        if word == "placed":
            self._leave_others(tx, payment)
            after = self.book.succeed(tx, seen, captured, "APPLIED", payment.order_id)
        else:
            after = self._late(tx, seen, captured, reorder=reorder)
        if not more:
            return after
        now = self.book.payment(tx, payment.id)
        assert now is not None  # it was written just now
        return self._take_more(tx, now, intent)

    def _leave_others(self, tx: Tx, payment: Payment) -> None:
        """An attempt that was given up pays the order after all: nobody shall be led to pay the newer one."""
        live = self.book.live_of(tx, payment.order_id) if not payment.live else None
        if live is not None:
            self.book.change(tx, live, msgspec.structs.replace(live, live=False))

    def _mismatch(self, tx: Tx, payment: Payment, intent: Intent) -> Payment:
        """Other money came than was asked for: nothing is paid by it, all of it goes back, and a person hears of it."""
        came, currency = intent.captured_minor, intent.currency
        kind = "AMOUNT" if currency == payment.currency else "CURRENCY"
        detail = {"asked_minor": payment.amount_minor, "came_minor": came, "currency": currency}
        self.book.broken(tx, kind, payment.id, msgspec.json.encode(detail).decode())
        after = self.book.succeed(tx, payment, came, "REFUNDED", payment.order_id, currency=currency)
        if came > 0:
            self.book.owe(tx, after, came, "mismatch", currency=currency)
        return after

    def _take_more(self, tx: Tx, payment: Payment, intent: Intent) -> Payment:
        """The gateway took money twice for one attempt: what came too much goes back."""
        more = self.book.capture_more(tx, payment, intent.captured_minor)
        detail = {"had_minor": payment.captured_minor, "came_minor": intent.captured_minor}
        self.book.broken(tx, "DUPLICATE_CAPTURE", payment.id, msgspec.json.encode(detail).decode())
        self.book.owe(tx, more, intent.captured_minor - payment.captured_minor, "duplicate")
        return more

    def _late(self, tx: Tx, payment: Payment, captured: int, *, reorder: bool) -> Payment:
        """Its order did not wait: paid by another attempt, expired, or cancelled."""
        facts = self.orders.facts(tx, payment.order_id, locked=True)
        others = self.book.of_order(tx, payment.order_id, locked=True)
        twice = any(other.outcome in {"APPLIED", "NEW_ORDER"} for other in others if other.id != payment.id)
        if reorder and facts is not None and facts.state == "CANCELLED" and not twice:
            again = self.orders.again(tx, payment.order_id, payment.id, captured)
            if again is not None:
                return self.book.succeed(tx, payment, captured, "NEW_ORDER", again)
        after = self.book.succeed(tx, payment, captured, "REFUNDED", payment.order_id)
        self.book.owe(tx, after, captured, "duplicate" if twice else "late")
        return after

    def _fail(self, tx: Tx, payment: Payment, failure: str, provider_ref: str | None) -> Payment:
        plan(tx, POLL_JOB, payment.id, tx.now_ms + LATE_POLL_MS)  # it may yet succeed
        after = msgspec.structs.replace(
            payment,
            state="FAILED",
            live=False,
            failure=failure[:40],
            provider_ref=payment.provider_ref or provider_ref,
        )
        return self.book.change(tx, payment, after)


def _step(payment: Payment, intent: Intent | None) -> Step:
    """What is to be done. SUCCEEDED stays, whatever is said later; FAILED may still succeed."""
    open_here = payment.state in {"INITIATED", "REQUESTED", "UNKNOWN"}
    if intent is None:
        return "doubt" if payment.state == "UNKNOWN" else "nothing"
    if intent.status == "captured":
        if payment.state != "SUCCEEDED":
            return "captured"
        return "more" if intent.captured_minor > payment.captured_minor else "nothing"
    if intent.status in {"failed", "expired"}:
        return "fail" if open_here else "nothing"
    return "request" if payment.state in {"INITIATED", "UNKNOWN"} else "nothing"


FIRST_POLL_MS: Final = 20_000
"""Most buyers are back by then, or their webhook is: the poller is for the others."""


def requested(tx: Tx, book: Book, payment: Payment, intent: Intent) -> Payment:
    """The gateway has the attempt: keep its name for it and its page, and ask again soon. At most three statements.

    Raises: PaymentMoved, also when another planned the job at the same moment.
    """
    first = add if payment.state == "INITIATED" else plan  # whatever leads on from INITIATED plans a job
    first(tx, POLL_JOB, payment.id, tx.now_ms + FIRST_POLL_MS)
    after = msgspec.structs.replace(
        payment, state="REQUESTED", provider_ref=payment.provider_ref or intent.id, page_url=intent.page_url
    )
    return book.change(tx, payment, after)
