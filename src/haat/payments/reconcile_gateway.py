"""The gateway's lists beside our payments and refunds: a full outer join, slice of time by slice of time.

First what the gateway lists is looked up here, by our reference and by its own; then what we say happened in the slice
and was not in its list is asked for one by one. Healing is asking again by the normal
commands, ApplyPayment and SendRefund.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeVar

from haat.engines.sql import Database, Tx
from haat.payments.apply import ApplyPayment
from haat.payments.books import MoneyBooks
from haat.payments.breaks import FOR_PEOPLE, MISSING_LOCAL, ORPHAN_REFUND, Break, Finding
from haat.payments.model import GatewayRefund, Intent, Payment, Refund
from haat.payments.ports import Gateway
from haat.payments.reconcile_compare import of_intent, of_payment_alone, of_refund, of_refund_alone
from haat.payments.reconcile_tally import Case, Heal, Tally, gathered
from haat.payments.refund import SendRefund

S = TypeVar("S")

PAGE: Final = 500
GATEWAY_PAGE: Final = 100
"""As much as gateways commonly give at once."""
FIRST: Final = (0, "")
CLAIMED: Final = ("SUCCEEDED", "REQUESTED", "FAILED", "UNKNOWN")
"""States in which the gateway should know a payment."""


@dataclass(slots=True)
class Seen:
    """References the gateway listed in this slice and the one before: ours are confirmed by them."""

    payments: set[str] = field(default_factory=set)
    refunds: set[str] = field(default_factory=set)
    payments_before: set[str] = field(default_factory=set)
    refunds_before: set[str] = field(default_factory=set)

    def next_slice(self) -> None:
        """Keep this slice's as those of the one before."""
        self.payments_before, self.payments = self.payments, set()
        self.refunds_before, self.refunds = self.refunds, set()


@dataclass(frozen=True, slots=True)
class GatewayAudit:
    """Compares one gateway with our books, and heals."""

    database: Database
    money: MoneyBooks
    apply: ApplyPayment
    send: SendRefund

    async def slice(self, gateway: Gateway, span: tuple[int, int], seen: Seen, tally: Tally) -> None:
        """Compare what changed in [from, to), there and here. Cost: a call for 100 rows of the gateway, a statement for
        500 of each side, and a call for each row of ours that the gateway did not list.

        Raises: GatewayDown.
        """
        async for intents in _listed(gateway.intents, span):
            tally.looked("intents", len(intents))
            seen.payments.update(intent.reference for intent in intents)
            await tally.settle(await self._intents_wrong(gateway, intents))
        async for said in _listed(gateway.refunds, span):
            tally.looked("refunds", len(said))
            seen.refunds.update(one.reference for one in said)
            await tally.settle(await self._refunds_wrong(gateway, said))
        for state in CLAIMED:
            await self._ours(gateway, state, span, seen, tally)
        await self._our_refunds(gateway, span, seen, tally)
        seen.next_slice()

    async def right_again(self, gateways: Sequence[Gateway], one: Break) -> bool:
        """Whether what a break is about matches now. Raises: GatewayDown."""
        if one.kind in (MISSING_LOCAL, ORPHAN_REFUND):
            return False  # what we do not have we cannot ask for: a person decides
        for gateway in gateways:
            payments, refunds = await self._about(gateway.name, one.refs)
            if payments:
                payment = payments[0]
                intent = await gateway.find(payment.id)
                if _wrong_payment(intent, payment) is not None:
                    return False
                back = intent is None or intent.refunded_minor == payment.refunded_minor
                return back or one.kind not in FOR_PEOPLE
            if refunds:
                found = await gateway.find_refund(refunds[0].id)
                return _wrong_refund(found, refunds[0]) is None
        return False

    # ---- theirs, looked up here

    async def _intents_wrong(self, gateway: Gateway, intents: Sequence[Intent]) -> list[Case]:
        ours = await self._payments([one.reference for one in intents], gateway.name, [one.id for one in intents])
        by_id = {payment.id: payment for payment in ours}
        by_theirs = {payment.provider_ref: payment for payment in ours if payment.provider_ref}
        cases = []
        for intent in intents:
            payment = by_id.get(intent.reference) or by_theirs.get(intent.id)
            finding = of_intent(intent, payment)
            if finding is not None:
                cases.append(Case(finding, self._healer(gateway, intent, payment)))
        return cases

    async def _refunds_wrong(self, gateway: Gateway, said: Sequence[GatewayRefund]) -> list[Case]:
        def look_at_refunds(tx: Tx) -> list[Refund]:
            return self.money.refunds(tx, [one.reference for one in said])

        by_id = {refund.id: refund for refund in await self.database.read(look_at_refunds)}
        cases = []
        for one in said:
            refund = by_id.get(one.reference)
            finding = of_refund(one, refund)
            if finding is not None:
                cases.append(Case(finding, self._refund_healer(gateway, refund)))
        return cases

    # ---- ours, asked for there

    async def _ours(self, gateway: Gateway, state: str, span: tuple[int, int], seen: Seen, tally: Tally) -> None:
        after = FIRST
        while True:

            def look_at_claimed(tx: Tx, after: tuple[int, str] = after) -> Sequence[Payment]:
                return self.money.claimed(tx, gateway.name, state, span, after, most=PAGE)

            page = await self.database.read(look_at_claimed)
            tally.looked("payments", len(page))
            alone = [one for one in page if one.id not in seen.payments and one.id not in seen.payments_before]
            found = await gathered(gateway.find(one.id) for one in alone)
            cases = []
            for payment, intent in zip(alone, found, strict=True):
                finding = _wrong_payment(intent, payment)
                if finding is not None:
                    cases.append(Case(finding, self._healer(gateway, intent, payment)))
            await tally.settle(cases)
            if len(page) < PAGE:
                return
            after = (page[-1].changed_ms, page[-1].id)

    async def _our_refunds(self, gateway: Gateway, span: tuple[int, int], seen: Seen, tally: Tally) -> None:
        after = FIRST
        while True:

            def look_at_sent_back(tx: Tx, after: tuple[int, str] = after) -> Sequence[Refund]:
                return self.money.sent_back(tx, gateway.name, span, after, PAGE)

            page = await self.database.read(look_at_sent_back)
            alone = [one for one in page if one.id not in seen.refunds and one.id not in seen.refunds_before]
            found = await gathered(gateway.find_refund(one.id) for one in alone)
            wrong = [(_wrong_refund(said, one), one) for said, one in zip(found, alone, strict=True)]
            await tally.settle(
                [Case(finding, self._refund_healer(gateway, one)) for finding, one in wrong if finding is not None]
            )
            if len(page) < PAGE:
                return
            after = (page[-1].changed_ms, page[-1].id)

    # ---- healing

    def _healer(self, gateway: Gateway, listed: Intent | None, payment: Payment | None) -> Heal:
        async def heal() -> bool:
            """By the one command behind webhook, return and poller; then both are compared again."""
            if payment is None:
                return False
            await self.apply(payment.id)
            intent = await gateway.find(payment.id)
            if listed is not None and listed.status == "captured" and (intent is None or intent.status != "captured"):
                intent = listed  # what it listed as taken stays taken, whatever it says when asked
            after = (await self._payments([payment.id], gateway.name, []))[0]
            finding = _wrong_payment(intent, after)
            if finding is not None:
                return False
            before = of_intent(listed, payment) if listed is not None else None
            return before is None or before.kind not in FOR_PEOPLE

        return heal

    def _refund_healer(self, gateway: Gateway, refund: Refund | None) -> Heal:
        async def heal() -> bool:
            """By the one command that sends refunds: it asks before it does anything."""
            if refund is None or refund.state in ("DONE", "REJECTED"):
                return False
            await self.send(refund.id)
            said = await gateway.find_refund(refund.id)
            after = await self.database.read(lambda tx: self.money.refunds(tx, [refund.id]), brief=True)
            return bool(after) and _wrong_refund(said, after[0]) is None

        return heal

    async def _payments(self, references: Sequence[str], provider: str, theirs: Sequence[str]) -> list[Payment]:
        def look_at_payments(tx: Tx) -> list[Payment]:
            return self.money.payments(tx, provider, references, theirs)

        return await self.database.read(look_at_payments)

    async def _about(self, provider: str, refs: str) -> tuple[list[Payment], list[Refund]]:
        def look_at_one(tx: Tx) -> tuple[list[Payment], list[Refund]]:
            found = [one for one in self.money.payments(tx, provider, [refs], []) if one.provider == provider]
            return found, self.money.refunds(tx, [refs])

        return await self.database.read(look_at_one, brief=True)


def _wrong_payment(intent: Intent | None, payment: Payment) -> Finding | None:
    return of_intent(intent, payment) if intent is not None else of_payment_alone(payment)


def _wrong_refund(said: GatewayRefund | None, refund: Refund) -> Finding | None:
    return of_refund(said, refund) if said is not None else of_refund_alone(refund)


async def _listed(
    call: Callable[[int, int, str, int], Awaitable[tuple[Sequence[S], str]]], span: tuple[int, int]
) -> AsyncIterator[list[S]]:
    """What a gateway lists of a span, some 500 at a time."""
    page, rows = "", list[S]()
    while True:
        more, page = await call(span[0], span[1], page, GATEWAY_PAGE)
        rows += more
        if rows and (len(rows) >= PAGE or not page):
            yield rows
            rows = []
        if not page:
            return
