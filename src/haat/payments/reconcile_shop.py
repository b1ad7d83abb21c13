"""What must agree inside the shop: orders with their money, holds, timers and events; counts with their journal."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from haat.engines.sql import Database, Tx
from haat.engines.sql.jobs import parked
from haat.payments import breaks as kinds
from haat.payments.apply import ApplyPayment
from haat.payments.books import Closing, Holds, Kept, MoneyBooks, OrderBooks, OrderHead, StockBooks, Sweep
from haat.payments.breaks import Detail, Finding
from haat.payments.model import Payment, Refund
from haat.payments.ports import Orders
from haat.payments.reconcile_tally import Case, Heal, Tally
from haat.payments.refund import SendRefund
from haat.payments.spans import DAY_MS, HOUR_MS, MINUTE_MS
from haat.payments.webhooks import HandleWebhook

PAGE: Final = 500
MOST_STANDING: Final = 5_000  # of a kind in one run: more than that is an outage, and the next run goes on
REFUND_MS: Final = 15 * MINUTE_MS
UNKNOWN_MS: Final = 5 * MINUTE_MS
WEBHOOK_MS: Final = MINUTE_MS
ORDER_MS: Final = MINUTE_MS
EVENTS_MS: Final = 7 * DAY_MS - HOUR_MS
"""Sent events are kept for a week, not to the minute."""

_WANTED: Final = {
    "CREATED": "held",
    "PLACED": "committed",
    "PACKED": "committed",
    "SHIPPED": "consumed",
    "DELIVERED": "consumed",
}


@dataclass(frozen=True, slots=True)
class Rooms:
    """The other rooms around the database, and their normal ways."""

    orders: OrderBooks
    stock: StockBooks
    holds: Holds
    paying: Orders
    closing: Closing
    sweep: Sweep


class _Page(NamedTuple):
    """Some orders beside their money and holds, at one moment."""

    heads: Sequence[OrderHead]
    kept: Mapping[str, Kept]
    holds: dict[str, dict[str, int]]


@dataclass(frozen=True, slots=True)
class ShopAudit:
    """Looks at the shop's own tables, and heals by the normal ways of the room that is concerned."""

    database: Database
    money: MoneyBooks
    rooms: Rooms
    apply: ApplyPayment
    send: SendRefund
    handle: HandleWebhook

    async def standing(self, tally: Tally) -> None:
        """What should have moved by now and did not. Each question is one statement on an index."""
        await self._webhooks(tally)
        await self._doubtful(tally)
        await self._refunds(tally)
        await self._orders_over(tally)
        await self._jobs(tally)

    async def whole(self, tally: Tally) -> None:
        """Everything: counts first, since holds can only be ended where counts are right. Four statements for 500
        orders, two for 500 that hold something, five over whole tables.
        """
        await self._drift(tally)
        await self._orders(tally)
        await self._holds_of_nobody(tally)
        await self._events(tally)
        await self._uneven(tally)

    # ---- standing

    async def _webhooks(self, tally: Tally) -> None:
        found = await self.database.read(lambda tx: self.money.unhandled(tx, tx.now_ms - WEBHOOK_MS, MOST_STANDING))
        cases = []
        for one in found:

            async def heal(key: str = one.key) -> bool:
                await self.handle(key)
                return True

            detail: Detail = {"payment": one.reference, "received_ms": one.received_ms}
            cases.append(Case(Finding(kinds.WEBHOOK_UNHANDLED, one.key, detail), heal))
        await tally.settle(cases)

    async def _doubtful(self, tally: Tally) -> None:
        after = ""
        while True:

            def look_at_doubtful(tx: Tx, after: str = after) -> list[Payment]:
                return self.money.doubtful(tx, tx.now_ms - UNKNOWN_MS, after, PAGE)

            page = await self.database.read(look_at_doubtful)
            await tally.settle([Case(_doubt(one), self._asked(one.id)) for one in page])
            if len(page) < PAGE:
                return
            after = page[-1].id

    def _asked(self, payment_id: str) -> Heal:
        async def heal() -> bool:
            return (await self.apply(payment_id)).payment.state != "UNKNOWN"

        return heal

    async def _refunds(self, tally: Tally) -> None:
        after = ""
        while True:

            def look_at_refunds(tx: Tx, after: str = after) -> list[Refund]:
                return self.money.open_refunds(tx, tx.now_ms - REFUND_MS, after, PAGE)

            page = await self.database.read(look_at_refunds)
            await tally.settle([Case(_stuck(one), self._sent(one)) for one in page])
            if len(page) < PAGE:
                return
            after = page[-1].id

    def _sent(self, refund: Refund) -> Heal:
        async def heal() -> bool:
            if refund.state == "REJECTED":
                return False  # a person decides whether it is sent again
            await self.send(refund.id)
            now = await self.database.read(lambda tx: self.money.refunds(tx, [refund.id]), brief=True)
            return bool(now) and now[0].state == "DONE"

        return heal

    async def _orders_over(self, tally: Tally) -> None:
        def look_at_overdue(tx: Tx) -> Sequence[tuple[str, int]]:
            return self.rooms.orders.overdue(tx, tx.now_ms - ORDER_MS, MOST_STANDING)

        over = await self.database.read(look_at_overdue)
        if not over:
            return
        await self.rooms.sweep()
        still = {order_id for order_id, _ in await self.database.read(look_at_overdue)}
        cases = []
        for order_id, expires_ms in over:

            async def heal(right: bool = order_id not in still) -> bool:
                return right

            cases.append(Case(Finding(kinds.ORDER_STUCK, order_id, {"expires_ms": expires_ms}), heal))
        await tally.settle(cases)

    async def _jobs(self, tally: Tally) -> None:
        found = await self.database.read(lambda tx: parked(tx, MOST_STANDING))
        await tally.settle(
            [
                Case(Finding(kinds.JOB_PARKED, f"{job.kind}:{job.key}", {"tries": job.tries, "error": job.error}))
                for job in found
            ]
        )

    # ---- whole

    async def _drift(self, tally: Tally) -> None:
        drift = await self.database.read(self.rooms.stock.drift)
        for first in range(0, len(drift), PAGE):
            batch = drift[first : first + PAGE]

            def correct_counts(tx: Tx, skus: Sequence[str] = tuple(one.sku for one in batch)) -> dict[str, int]:
                corrected = self.rooms.stock.correct(tx, skus)
                return {_row(one): short for one, short in corrected}

            right = await self.database.transact(correct_counts)
            cases = []
            for one in batch:

                async def heal(known: bool = _row(one) in right) -> bool:
                    return known

                counted = {"on_hand": one.on_hand, "held": one.held, "held_open": one.held_open}
                moved = {"moved_on_hand": one.moved_on_hand, "moved_held": one.moved_held}
                cases.append(Case(Finding(kinds.STOCK_DRIFT, _row(one), {**counted, **moved}), heal))
            short_of = [(row, short) for row, short in right.items() if short]
            cases += [Case(Finding(kinds.OVERSOLD, row, {"units": short})) for row, short in short_of]
            await tally.settle(cases)

    async def _orders(self, tally: Tally) -> None:
        after = ""
        while True:

            def look_at_orders(tx: Tx, after: str = after) -> _Page:
                return self._beside(tx, self.rooms.orders.page(tx, after, PAGE))

            page = await self.database.read(look_at_orders)
            tally.looked("orders", len(page.heads))
            cases = [Case(finding, self._ordered(finding)) for finding in _wrong(page)]
            await tally.settle(cases)
            if len(page.heads) < PAGE:
                return
            after = page.heads[-1].id

    async def _holds_of_nobody(self, tally: Tally) -> None:
        after = ""
        while True:

            def look_at_holds(tx: Tx, after: str = after) -> tuple[Sequence[str], list[str]]:
                ids = self.rooms.stock.open_orders(tx, after, PAGE)
                there = self.rooms.orders.heads(tx, ids)
                return ids, [order_id for order_id in ids if order_id not in there]

            ids, of_nobody = await self.database.read(look_at_holds)
            findings = [Finding(kinds.ORPHAN_HOLD, order_id, {"order": "none"}) for order_id in of_nobody]
            await tally.settle([Case(finding, self._ordered(finding)) for finding in findings])
            if len(ids) < PAGE:
                return
            after = ids[-1]

    def _ordered(self, finding: Finding) -> Heal:
        """The normal way of an order's holds or money, decided under its lock from how it is then."""

        async def heal() -> bool:
            def put_right(tx: Tx) -> bool:
                self.rooms.paying.facts(tx, finding.refs, locked=True)
                page = self._beside(tx, list(self.rooms.orders.heads(tx, [finding.refs]).values()), finding.refs)
                if finding.kind == kinds.ORPHAN_HOLD:
                    self._end_holds(tx, finding.refs, page)
                elif finding.kind == kinds.ORDER_MONEY and page.heads:
                    self._settle_money(tx, page.heads[0], page.kept.get(finding.refs, Kept()).left_minor)
                after = self._beside(tx, list(self.rooms.orders.heads(tx, [finding.refs]).values()), finding.refs)
                if not after.heads:
                    return not {"held", "committed"} & set(after.holds.get(finding.refs, {}))
                return all(wrong.kind != finding.kind for wrong in _wrong(after))

            return await self.database.transact(put_right)

        return heal

    def _end_holds(self, tx: Tx, order_id: str, page: _Page) -> None:
        want = _wanted(page.heads[0]) if page.heads else "released"
        if want == "released":
            self.rooms.holds.release(tx, order_id)
        if want in ("committed", "consumed"):
            self.rooms.holds.commit(tx, order_id)
        if want == "consumed":
            self.rooms.holds.consume(tx, order_id)

    def _settle_money(self, tx: Tx, head: OrderHead, kept_minor: int) -> None:
        if head.state == "CANCELLED" and kept_minor > 0:
            self.rooms.closing.close(tx, head.id)
        elif head.state == "CREATED" and kept_minor > 0:
            facts = self.rooms.paying.facts(tx, head.id, locked=True)
            if facts is not None:
                self.rooms.paying.pay(tx, head.id, kinds.ORDER_MONEY, kept_minor, facts.currency)

    def _beside(self, tx: Tx, heads: Sequence[OrderHead], *others: str) -> _Page:
        ids = [*(head.id for head in heads), *others]
        holds = {order_id: dict(states) for order_id, states in self.rooms.stock.holds_of(tx, ids).items()}
        return _Page(heads, self.money.kept(tx, ids), holds)

    async def _events(self, tally: Tally) -> None:
        steps = await self.database.read(lambda tx: self.rooms.orders.untold(tx, tx.now_ms - EVENTS_MS))
        for first in range(0, len(steps), PAGE):
            batch = steps[first : first + PAGE]

            def tell_again(tx: Tx, batch: Sequence[tuple[str, int]] = batch) -> int:
                return self.rooms.orders.tell_again(tx, batch)

            told = await self.database.transact(tell_again)

            async def heal(right: bool = told == len(batch)) -> bool:
                return right

            cases = [Case(Finding(kinds.MISSING_EVENT, f"{one}:{seq}", {"order": one}), heal) for one, seq in batch]
            await tally.settle(cases)

    async def _uneven(self, tally: Tally) -> None:
        outcomes = await self.database.read(self.money.outcomes)
        ledger = await self.database.read(self.money.ledger)
        both = [(kinds.OUTCOME_MISSING, one) for one in outcomes] + [(kinds.LEDGER, one) for one in ledger]
        await tally.settle(
            [
                Case(Finding(kind, one.refs, {"about": one.about, "should": one.should, "does": one.does}))
                for kind, one in both
            ]
        )


def _row(one: object) -> str:
    """A stock row's name in a break."""
    sku, warehouse, bucket = (getattr(one, name) for name in ("sku", "warehouse", "bucket"))
    return f"{sku}@{warehouse}#{bucket}"


def _doubt(payment: Payment) -> Finding:
    return Finding(kinds.UNKNOWN_STUCK, payment.id, {"order": payment.order_id, "since_ms": payment.changed_ms})


def _stuck(refund: Refund) -> Finding:
    kind = kinds.REFUND_REJECTED if refund.state == "REJECTED" else kinds.REFUND_STUCK
    detail: Detail = {"payment": refund.payment_id, "order": refund.order_id, "state": refund.state}
    return Finding(kind, refund.id, {**detail, "amount_minor": refund.amount_minor, "reason": refund.reason})


def _wanted(head: OrderHead) -> str:
    """The state in which an order's holds must be. What was lost on its way had left the warehouse."""
    if head.state == "CANCELLED":
        return "consumed" if head.reason == "lost" else "released"
    return _WANTED[head.state]


def _wrong(page: _Page) -> list[Finding]:
    """Orders of a page whose holds or money are not as they must be."""
    found = []
    for head in page.heads:
        want, states = _wanted(head), page.holds.get(head.id, {})
        if set(states) != {want}:
            open_wrong = {"held", "committed"} & set(states) - {want}
            kind = kinds.ORPHAN_HOLD if open_wrong else kinds.HOLD_MISSING
            words = ", ".join(f"{count} {state}" for state, count in sorted(states.items())) or "none"
            found.append(Finding(kind, head.id, {"order": head.state, "holds": words, "should": want}))
        paid_now = head.state == "DELIVERED" or (head.method != "cod" and head.state in ("PLACED", "PACKED", "SHIPPED"))
        should_minor, kept_minor = head.total_minor if paid_now else 0, page.kept.get(head.id, Kept()).of(head.state)
        if should_minor != kept_minor:
            detail: Detail = {"order": head.state, "should_minor": should_minor, "kept_minor": kept_minor}
            found.append(Finding(kinds.ORDER_MONEY, head.id, detail))
    return found
