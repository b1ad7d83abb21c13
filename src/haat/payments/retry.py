"""A buyer tries again, perhaps another way, while the order still waits for money."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NamedTuple

import msgspec

from haat.engines.sql import Database, Tx
from haat.engines.sql.idempotency import Claim, Kept, answered, keep
from haat.engines.sql.ports import Refused
from haat.errors import Conflict, Invalid, Problem
from haat.events.envelope import rfc3339
from haat.payments.ask_order import AskOrder
from haat.payments.model import NoSuchPayment, PaymentClosed
from haat.payments.ports import Book, Orders
from haat.vocabulary import Ids

CREATED: Final = 201
MOST_ATTEMPTS: Final = 10
"""Of one order: somebody who fails so often tries cards that are not theirs."""


class AttemptView(msgspec.Struct, frozen=True):
    """The new attempt, and where one pays it."""

    id: str
    method: str
    redirect_url: str


class RetryAnswer(msgspec.Struct, frozen=True):
    """An order with its new attempt. `expires_at`: until then its things are kept."""

    order_id: str
    number: str
    state: str
    expires_at: str
    payment: AttemptView


class Attempt(NamedTuple):
    """What is wanted, by whom."""

    owner: str
    order_id: str
    method: str
    payment_id: str


@dataclass(frozen=True, slots=True)
class RetryPayment:
    """The next attempt of an unpaid order. The one before is no longer live: if it succeeds yet, whoever comes first
    pays the order, and the other goes back.
    """

    database: Database
    book: Book
    orders: Orders
    ask: AskOrder
    ids: Ids
    pay_url: Callable[[str], str]  # our address at which one pays a payment
    methods: frozenset[str]  # that are paid online here

    async def __call__(self, owner: str, order_id: str, method: str, claim: Claim) -> tuple[Kept, bool]:
        """The answer as it is kept under the caller's key, and whether it was given before.

        The gateway is asked about the live attempt first. Cost: one call to the gateway, one transaction of at most six
        statements. Raises: NoSuchPayment when it is not the owner's order, PaymentClosed, Invalid, KeyReused.
        """
        before = await self._answered(claim)
        if before is not None:
            return before, True
        if method not in self.methods:
            offered = ", ".join(sorted(self.methods)) or "none"
            words = f"An order that waits for payment is paid online. There are: {offered}."
            raise Invalid(problems=[Problem("#/payment/method", words)])
        await self._mine(owner, order_id)
        await self.ask(order_id)  # if it is paid, or its attempt failed, the unit below finds it so
        attempt = Attempt(owner, order_id, method, self.ids.new("pay"))

        def begin_again(tx: Tx) -> Kept:
            return self._begin(tx, attempt, claim)

        try:
            return await self.database.transact(begin_again), False
        except Refused:  # the same key, or another attempt, came first
            before = await self._answered(claim)
            if before is not None:
                return before, True
            raise Conflict("Another attempt began at the same moment. Look at the order.") from None

    async def _answered(self, claim: Claim) -> Kept | None:
        return await self.database.read(lambda tx: answered(tx, claim), brief=True)

    async def _mine(self, owner: str, order_id: str) -> None:
        facts = await self.database.read(lambda tx: self.orders.facts(tx, order_id), brief=True)
        if not owner or facts is None or facts.owner != owner:
            raise NoSuchPayment("There is no such order.")

    def _begin(self, tx: Tx, attempt: Attempt, claim: Claim) -> Kept:
        owner, order_id, method, payment_id = attempt
        facts = self.orders.facts(tx, order_id, locked=True)
        if facts is None or facts.owner != owner:
            raise NoSuchPayment("There is no such order.")
        if facts.state != "CREATED" or 0 < facts.expires_ms <= tx.now_ms:
            raise PaymentClosed(_words(facts.state), order_id=order_id, state=facts.state)
        attempts = list(self.book.of_order(tx, order_id, locked=True))
        if len(attempts) >= MOST_ATTEMPTS:
            raise PaymentClosed("This order was tried too often. Order again.", order_id=order_id, state=facts.state)
        for payment in attempts:
            if payment.live:
                self.book.change(tx, payment, msgspec.structs.replace(payment, live=False))
        answer = RetryAnswer(
            order_id=order_id,
            number=facts.number,
            state=facts.state,
            expires_at=rfc3339(facts.expires_ms),
            payment=AttemptView(payment_id, method, self.pay_url(payment_id)),
        )
        kept = Kept(CREATED, msgspec.json.encode(answer))
        keep(tx, claim, kept.status, kept.body)
        self.book.begin(
            tx,
            payment_id=payment_id,
            order_id=order_id,
            attempt=1 + max((payment.attempt for payment in attempts), default=0),
            method=method,
            amount_minor=facts.total_minor,
            currency=facts.currency,
        )
        return kept


def _words(state: str) -> str:
    if state == "CREATED":
        return "Its time is over. If anything was paid, it comes back by itself."
    if state == "CANCELLED":
        return "This order was cancelled. If anything was paid, it comes back by itself."
    return "This order is paid."
