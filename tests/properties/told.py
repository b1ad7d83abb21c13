"""What the shop told people, and how the databases stand to it: whatever was said must stay true."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from haat.orders.place import Answer, OrderGiven, PlaceCommand
from tests.properties.shop import Shop

LIMIT: Final = 10  # units of one line


@dataclass(frozen=True)
class Given:
    """An order as its buyer was told of it."""

    command: PlaceCommand
    order: OrderGiven
    body: bytes


@dataclass
class Told:
    """Everything that was acknowledged."""

    orders: dict[str, Given] = field(default_factory=dict)
    states: dict[str, set[str]] = field(default_factory=dict)  # of an order, that somebody was told
    paid: dict[str, tuple[int, str]] = field(default_factory=dict)  # payment → captured, outcome
    refunds: dict[str, int] = field(default_factory=dict)  # refund → amount
    came: Counter[str] = field(default_factory=Counter)  # units that there ever were, by sku
    carts: dict[str, dict[str, int] | None] = field(default_factory=dict)  # None: an order is on its way out of it
    wishes: dict[str, set[str]] = field(default_factory=dict)

    def placed(self, command: PlaceCommand, answer: Answer) -> OrderGiven:
        """Note an answer; the same checkout has one order for ever, the same key the same bytes."""
        order = msgspec.json.decode(answer.body, type=OrderGiven)
        before = self.orders.get(order.id)
        for known in self.orders.values():
            same = (known.command.owner, known.command.checkout_id) == (command.owner, command.checkout_id)
            assert same == (known.order.id == order.id), f"checkout {command.checkout_id}: {known.order.id}, {order.id}"
            if known.command.claim == command.claim:
                assert answer.replayed
                assert answer.body == known.body
        if before is None:
            self.orders[order.id] = Given(command, order, answer.body)
            self.carts[command.owner] = None
        self.says(order.id, order.state)
        return order

    def says(self, order_id: str, state: str) -> None:
        self.states.setdefault(order_id, set()).add(state)

    def money(self, payment: Any) -> None:
        """Somebody was told that a payment succeeded."""
        if payment.state == "SUCCEEDED":
            self.paid[payment.id] = (payment.captured_minor, payment.outcome)

    def broken(self, shop: Shop) -> list[str]:
        """What is not as it was said."""
        found = []
        history: dict[str, set[str]] = {}
        for order_id, state in shop.rows("SELECT order_id, to_state FROM order_event"):
            history.setdefault(order_id, set()).add(state)
        found += [
            f"{order_id} was said to be {state}, which it never was"
            for order_id, states in self.states.items()
            for state in states - history.get(order_id, set())
        ]
        totals = dict(shop.rows("SELECT id, total_minor FROM orders"))
        for order_id, given in self.orders.items():
            if totals.get(order_id) != given.order.total.minor:
                found.append(f"{order_id} costs {totals.get(order_id)}, and {given.order.total.minor} was said")
        payments = {row[0]: (row[1], row[2]) for row in shop.rows("SELECT id, captured_minor, outcome FROM payment")}
        for payment_id, (captured, outcome) in self.paid.items():
            now = payments.get(payment_id, (0, ""))
            if now[0] < captured or now[1] != outcome:
                found.append(f"{payment_id} is {now}, and ({captured}, {outcome}) was said")
        refunds = dict(shop.rows("SELECT id, amount_minor FROM refund"))
        found += [
            f"{refund_id} is {refunds.get(refund_id)}, and {amount} was said"
            for refund_id, amount in self.refunds.items()
            if refunds.get(refund_id) != amount
        ]
        for sku, units in shop.rows("SELECT sku, SUM(units) FROM hold WHERE state <> 'released' GROUP BY sku"):
            if units > self.came[sku]:
                found.append(f"{units} of {sku} are sold, and there ever were {self.came[sku]}")
        return found
