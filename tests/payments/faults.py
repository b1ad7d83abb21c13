"""Things that go wrong with one order, done to a running shop: by a gateway that misbehaves, by a part that forgets its
work, by hands in the database. Each says which kinds of break a reconciliation must find for it, and whether it can be
healed without a person.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from haat.engines.sql import Tx
from haat.engines.sql.jobs import drop
from haat.events.outbox import Outbox
from haat.inventory.adapters.holds import SqlHolds
from haat.payments.adapters.sql import SqlPayments
from haat.payments.apply import ApplyPayment
from tests.payments.shop import SKU, Shop
from tests.sql import asked


class ForgetfulHolds(SqlHolds):
    """Holds that say they ended and did not."""

    def commit(self, tx: Tx, order_id: str) -> int:
        return 0

    def release(self, tx: Tx, order_id: str) -> int:
        return 0

    def consume(self, tx: Tx, order_id: str) -> int:
        return 0


class ForgetfulPayments(SqlPayments):
    """Payments that give nothing back."""

    def close(self, tx: Tx, order_id: str) -> bool:
        return False


class SilentOutbox(Outbox):
    """An outbox that loses what it is given."""

    def add(self, tx: Tx, messages: Any) -> None:
        list(messages)


@dataclass(frozen=True)
class Injected:
    """One fault: what it broke, and what is to be found."""

    name: str
    kinds: frozenset[str]  # one of these is found for one of `refs`
    refs: frozenset[str]
    heals: bool
    besides: frozenset[tuple[str, str]] = frozenset()  # seen from another side as well
    scars: tuple[str, ...] = ()  # checks of haat_verify that fail of it until a person has decided, once each


@dataclass
class Faults:
    """Injects faults into a shop."""

    shop: Shop
    done: list[Injected] = field(default_factory=list)

    async def lost_webhook(self) -> Injected:
        _, payment_id = await self._asked()
        await self._unheard(payment_id, "approve")
        return Injected("lost webhook", frozenset({"STATE"}), frozenset({payment_id}), heals=True)

    async def lost_decline(self) -> Injected:
        _, payment_id = await self._asked()
        await self._unheard(payment_id, "decline")
        return Injected("lost decline", frozenset({"STATE"}), frozenset({payment_id}), heals=True)

    async def lost_answer(self) -> Injected:
        """The intent is made, and we died before we heard of it; the buyer pays all the same."""
        _, payment_id = await self.shop.ordered(owner=self._owner())
        payment = await self.shop.payment(payment_id)
        await self.shop.raw.create(
            reference=payment_id, amount_minor=payment.amount_minor, currency="INR", method="upi",
            return_url="http://shop.test/r", expires_ms=0,
        )  # fmt: skip
        await self._unheard(payment_id, "approve")
        return Injected("lost answer", frozenset({"STATE"}), frozenset({payment_id}), heals=True)

    async def wrong_amount(self) -> Injected:
        _, payment_id = await self._asked()
        await self._unheard(payment_id, "approve", {"on": "act", "do": "wrong_amount", "times": 1})
        return Injected("wrong amount", frozenset({"AMOUNT"}), frozenset({payment_id}), heals=False)

    async def duplicate_capture(self) -> Injected:
        _, payment_id = await self._asked()
        await self._unheard(payment_id, "approve", {"on": "act", "do": "duplicate", "times": 1})
        return Injected("duplicate capture", frozenset({"DUPLICATE_CAPTURE"}), frozenset({payment_id}), heals=False)

    async def unknown_to_us(self) -> Injected:
        intent = await self.shop.raw.create(
            reference=f"pay_stranger{len(self.done)}", amount_minor=100, currency="INR", method="upi",
            return_url="http://shop.test/r", expires_ms=0,
        )  # fmt: skip
        return Injected("payment unknown to us", frozenset({"MISSING_LOCAL"}), frozenset({intent.id}), heals=False)

    async def orphan_refund(self) -> Injected:
        """Somebody gave money back at the gateway's own console."""
        _, payment_id = await self._paid()
        intent = await self.shop.raw.find(payment_id)
        assert intent is not None
        said = await self.shop.raw.refund(
            reference=f"console-{len(self.done)}", intent_id=intent.id, amount_minor=intent.captured_minor
        )
        await self.shop.gateway_app.drain()
        return Injected(
            "refund missing locally",
            frozenset({"ORPHAN_REFUND"}),
            frozenset({said.id}),
            heals=False,
            scars=("gateway-refunds",),
        )

    async def lost_refund_answer(self) -> Injected:
        """The refund is done, its answer was lost, and so was the job that would ask."""
        order_id, payment_id = await self._paid()
        await self.shop.cancel(order_id)
        (refund_id,) = await self._refund_of(payment_id)
        await self._sent_unheard(refund_id, {"on": "refund", "do": "lost_response", "times": 1})
        await self._forget_job(refund_id)
        return Injected("lost refund answer", frozenset({"STATE", "REFUND_STUCK"}), frozenset({refund_id}), heals=True)

    async def stuck_refund(self) -> Injected:
        order_id, payment_id = await self._paid()
        await self.shop.cancel(order_id)
        (refund_id,) = await self._refund_of(payment_id)
        await self._forget_job(refund_id)
        return Injected("stuck refund", frozenset({"REFUND_STUCK"}), frozenset({refund_id}), heals=True)

    async def rejected_refund(self) -> Injected:
        order_id, payment_id = await self._paid()
        await self.shop.cancel(order_id)
        (refund_id,) = await self._refund_of(payment_id)
        await self._sent_unheard(refund_id, {"on": "refund", "do": "decline", "times": 1})
        return Injected(
            "refund rejected",
            frozenset({"REFUND_REJECTED"}),
            frozenset({refund_id}),
            heals=False,
            scars=("stuck-refund",),
        )

    async def refund_not_made(self) -> Injected:
        """An order was called off and nobody thought of its money."""
        order_id, _ = await self._paid()
        orders = replace(self.shop.orders, payments=self._payments(ForgetfulPayments))
        await self.shop.database.transact(lambda tx: orders.cancel(tx, order_id, "by_operator", "op_1"))
        return Injected("refund not made", frozenset({"ORDER_MONEY"}), frozenset({order_id}), heals=True)

    async def orphan_hold(self) -> Injected:
        """An order was called off and kept its units."""
        order_id, _ = await self.shop.ordered(owner=self._owner())
        orders = replace(self.shop.orders, holds=ForgetfulHolds(Outbox("haat/inventory", self.shop.ids)))
        await self.shop.database.transact(lambda tx: orders.cancel(tx, order_id, "by_operator", "op_1"))
        return Injected("orphan hold", frozenset({"ORPHAN_HOLD"}), frozenset({order_id}), heals=True)

    async def hold_of_nobody(self) -> Injected:
        """Units are held for an order that was never made."""
        made = await self.shop.ordered(owner=self._owner())
        order_id = f"ord_ghost{len(self.done)}"
        query = (
            "INSERT INTO hold SELECT ?, part, sku, warehouse, bucket, item_id, owner, units, state, taken_ms, "
            "changed_ms FROM hold WHERE order_id = ?"
        )
        await self._hand(query, order_id, made[0])
        await self._hand(
            "INSERT INTO movement (reference, sku, warehouse, bucket, reason, d_on_hand, d_held, actor, note, at_ms) "
            "SELECT ? || ':hold', sku, warehouse, bucket, 'hold', 0, units, 'order', '', taken_ms FROM hold "
            "WHERE order_id = ?",
            order_id, order_id,
        )  # fmt: skip
        await self._hand("UPDATE stock SET held = held + 1 WHERE sku = ? AND on_hand > held", SKU)
        return Injected(
            "hold of nobody",
            frozenset({"ORPHAN_HOLD"}),
            frozenset({order_id}),
            heals=True,
            scars=("hold-fits-order", "holds-fit-lines"),
        )

    async def unsettled_hold(self) -> Injected:
        """An order was paid and its units still count as unpaid."""
        order_id, payment_id = await self._asked()
        await self._unheard(payment_id, "approve")
        orders = replace(self.shop.orders, holds=ForgetfulHolds(Outbox("haat/inventory", self.shop.ids)))
        await ApplyPayment(self.shop.database, self.shop.payments, orders, self.shop.apply.gateways)(payment_id)
        return Injected("unsettled hold", frozenset({"ORPHAN_HOLD"}), frozenset({order_id}), heals=True)

    async def missing_event(self) -> Injected:
        order_id, _ = await self._paid()
        orders = replace(self.shop.orders, outbox=SilentOutbox("haat/orders", self.shop.ids))
        moved = await self.shop.database.transact(
            lambda tx: orders.move(tx, order_id, "PLACED", "PACKED", "", actor="seller")
        )
        assert moved
        return Injected("missing event", frozenset({"MISSING_EVENT"}), frozenset({f"{order_id}:3"}), heals=True)

    async def drifted_held(self) -> Injected:
        return await self._drift("held = held + 2, on_hand = on_hand + 2", "held = held + 2")

    async def drifted_count(self) -> Injected:
        return await self._drift("on_hand = on_hand - 3", "on_hand = on_hand - 3")

    async def unknown_payment(self) -> Injected:
        """The answer to our call never came, and nobody asked again."""
        _, payment_id = await self.shop.ordered(owner=self._owner())
        await self._hand("UPDATE payment SET state = 'UNKNOWN', version = version + 1 WHERE id = ?", payment_id)
        await self._forget_job(payment_id, "payment")
        return Injected("unknown payment", frozenset({"UNKNOWN_STUCK"}), frozenset({payment_id}), heals=True)

    async def stuck_order(self) -> Injected:
        """No timer ever came for it."""
        order_id, _ = await self.shop.ordered(owner=self._owner())
        await self._hand("UPDATE orders SET expires_ms = ? WHERE id = ?", self.shop.clock.now_ms() - 600_000, order_id)
        return Injected("stuck order", frozenset({"ORDER_STUCK"}), frozenset({order_id}), heals=True)

    async def unhandled_webhook(self) -> Injected:
        """Kept, and then the process died; its job is lost too."""
        _, payment_id = await self._asked()
        self.shop.hold_webhooks = True
        await self.shop.act(payment_id, "approve")
        await self.shop.gateway_app.drain()
        self.shop.hold_webhooks = False
        body, headers = self.shop.webhooks[-1]
        key = await self.shop.receive("fakepay", headers, body)
        await self._forget_job(key, "webhook")
        return Injected(
            "unhandled webhook",
            frozenset({"WEBHOOK_UNHANDLED"}),
            frozenset({key}),
            heals=True,
            besides=frozenset({("STATE", payment_id)}),
        )

    async def parked_job(self) -> Injected:
        key = f"pay_gone{len(self.done)}"
        await self._hand(
            "INSERT INTO job (kind, `key`, state, run_ms, tries, turn, planned_ms, error) "
            "VALUES ('payment', ?, 'parked', 0, 10, 10, 0, 'no-such-payment')",
            key,
        )
        return Injected(
            "parked job", frozenset({"JOB_PARKED"}), frozenset({f"payment:{key}"}), heals=False, scars=("stuck-job",)
        )

    async def outcome_lost(self) -> Injected:
        _, payment_id = await self._paid()
        await self._hand("DELETE FROM payment_outcome WHERE payment_id = ?", payment_id)
        return Injected(
            "outcome lost", frozenset({"OUTCOME_MISSING"}), frozenset({payment_id}), heals=False, scars=("one-outcome",)
        )

    async def ledger_uneven(self) -> Injected:
        _, payment_id = await self._paid()
        entry = f"by-hand:{payment_id}"
        await self._hand(
            "INSERT INTO ledger (entry, account, amount_minor, currency, payment_id, order_id, at_ms) "
            "VALUES (?, 'unapplied', 700, 'INR', ?, '', 0)",
            entry, payment_id,
        )  # fmt: skip
        return Injected(
            "ledger uneven", frozenset({"LEDGER"}), frozenset({entry}), heals=False, scars=("double-entry",)
        )

    async def missing_remote(self) -> Injected:
        """We believe that we were paid; the gateway knows nothing of it."""
        order_id, payment_id = await self.shop.ordered(owner=self._owner())
        payment = await self.shop.payment(payment_id)

        def believe(tx: Tx) -> None:
            self.shop.orders.pay(tx, order_id, payment_id, payment.amount_minor, "INR")
            self.shop.payments.succeed(tx, payment, payment.amount_minor, "APPLIED", order_id)

        await self.shop.database.transact(believe)
        return Injected(
            "missing at the gateway",
            frozenset({"MISSING_REMOTE"}),
            frozenset({payment_id}),
            heals=False,
            scars=("gateway-match",),
        )

    # ---- within

    def _owner(self) -> str:
        return f"crt_{len(self.done)}"  # nobody reaches the limit on unpaid units

    async def _unheard(self, payment_id: str, action: str, *script: Mapping[str, object]) -> None:
        """What the buyer does at the gateway, of which no webhook tells us."""
        await self.shop.script(*script, {"on": "webhook", "do": "silence"})
        await self.shop.act(payment_id, action)
        await self.shop.gateway_app.drain()
        await self.shop.script()

    async def _sent_unheard(self, refund_id: str, fault: Mapping[str, object]) -> None:
        await self.shop.script(fault, {"on": "webhook", "do": "silence"})
        await self.shop.send(refund_id)
        await self.shop.gateway_app.drain()
        await self.shop.script()

    async def _asked(self) -> tuple[str, str]:
        order_id, payment_id = await self.shop.ordered(owner=self._owner())
        await self.shop.start(payment_id)
        return order_id, payment_id

    async def _paid(self) -> tuple[str, str]:
        order_id, payment_id = await self._asked()
        await self.shop.act(payment_id, "approve")
        await self.shop.gateway_app.drain()
        assert await self.shop.state(order_id) == ("PLACED", "")
        return order_id, payment_id

    async def _refund_of(self, payment_id: str) -> list[str]:
        return [row[0] for row in await self.shop.rows("SELECT id FROM refund WHERE payment_id = ?", payment_id)]

    def _payments(self, kind: type[SqlPayments]) -> SqlPayments:
        return kind(self.shop.database, Outbox("haat/payments", self.shop.ids), self.shop.ids, {"upi": "fakepay"})

    async def _drift(self, *changes: str) -> Injected:
        """A count of a sku of its own, which somebody changed without a movement."""
        sku = f"a.D{len(self.done)}"
        (warehouse,) = self.shop.serving()[:1]
        await self.shop.sell(sku, {warehouse: 10})
        await self._hand(f"UPDATE stock SET {changes[0]} WHERE sku = ?", sku)
        return Injected(
            f"drifted counter {changes[1][:7]}", frozenset({"STOCK_DRIFT"}), frozenset({f"{sku}@{warehouse}#0"}),
            heals=True,
        )  # fmt: skip

    async def _forget_job(self, key: str, kind: str = "refund") -> None:
        await self.shop.database.transact(lambda tx: drop(tx, kind, key))

    async def _hand(self, query: str, *values: object) -> None:
        await self.shop.database.transact(asked(query, *values))


Fault = Callable[[Faults], Awaitable[Injected]]

HEALED: Sequence[Fault] = (
    Faults.lost_webhook, Faults.lost_decline, Faults.lost_answer, Faults.lost_refund_answer, Faults.stuck_refund,
    Faults.refund_not_made, Faults.orphan_hold, Faults.unsettled_hold, Faults.missing_event, Faults.drifted_held,
    Faults.drifted_count, Faults.unknown_payment, Faults.stuck_order, Faults.unhandled_webhook, Faults.hold_of_nobody,
)  # fmt: skip
NAMED: Sequence[Fault] = (
    Faults.wrong_amount, Faults.duplicate_capture, Faults.unknown_to_us, Faults.orphan_refund, Faults.rejected_refund,
    Faults.parked_job, Faults.outcome_lost, Faults.ledger_uneven, Faults.missing_remote,
)  # fmt: skip
EVERY: Sequence[Fault] = (*HEALED, *NAMED)
