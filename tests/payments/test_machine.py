"""Anything that can happen to payments, in any order: after every step the books are right, in the end all is done."""

import tempfile
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule

from fakepay.webhooks import signed
from haat.engines.sql.idempotency import Claim
from haat.engines.system import SeededIds
from haat.errors import HaatError
from haat.payments.operator import Wish
from tests.conftest import ManualClock
from tests.contracts.machines import Machine
from tests.contracts.rigs import play
from tests.payments.shop import PRICE_MINOR, SECRET, Shop, open_shop

FAULTS: tuple[dict[str, object], ...] = (
    {"on": "act", "do": "silence", "times": 1},
    {"on": "act", "do": "late_success", "ms": 40 * 60_000, "times": 1},
    {"on": "act", "do": "wrong_amount", "times": 1},
    {"on": "act", "do": "duplicate", "times": 1},
    {"on": "create", "do": "lost_response", "times": 1},
    {"on": "create", "do": "decline", "times": 1},
    {"on": "find", "do": "error", "times": 2},
    {"on": "refund", "do": "lost_response", "times": 1},
    {"on": "refund", "do": "error", "times": 1},
    {"on": "refund", "do": "decline", "times": 1},
    {"on": "refund", "do": "late_success", "ms": 30 * 60_000, "times": 1},
    {"on": "webhook", "do": "duplicate", "times": 1},
    {"on": "webhook", "do": "silence", "times": 1},
    {"on": "webhook", "do": "reorder", "times": 1},
    {"on": "*", "do": "down", "times": 6},
)


@asynccontextmanager
async def fresh_shop() -> AsyncIterator[Shop]:
    clock = ManualClock()
    with tempfile.TemporaryDirectory() as folder:
        async with open_shop(Path(folder), clock, SeededIds(7, clock)) as shop:
            yield shop


class Payments(Machine[Shop]):
    """Buyers, a gateway with moods, an operator, and time."""

    def __init__(self) -> None:
        super().__init__(fresh_shop)
        self.orders: list[str] = []
        self.payments: list[str] = []
        self.serial = 0

    def key(self) -> str:
        self.serial += 1
        return f"k{self.serial}"

    def tried(self, call: Coroutine[Any, Any, Any]) -> Any:
        """What may be refused, lawfully."""
        with suppress(HaatError):
            return self.wait(call)
        return None

    @precondition(lambda self: len(self.orders) < 6)
    @rule(late=st.sampled_from(["refund", "reorder"]), cash=st.integers(0, 4))
    def order(self, late: str, cash: int) -> None:
        method = "upi" if cash else "cod"
        owner = f"crt_{len(self.orders)}"
        order_id, payment_id = self.wait(self.rig.ordered(method=method, on_late_payment=late, owner=owner))
        self.orders.append(order_id)
        self.payments.append(payment_id)

    @precondition(lambda self: self.payments)
    @rule(data=st.data(), action=st.sampled_from(["approve", "approve", "approve", "decline", "abandon"]))
    def pay(self, data: st.DataObject, action: str) -> None:
        payment_id = data.draw(st.sampled_from(self.payments))
        self.tried(self.rig.start(payment_id))
        with suppress(HaatError, AssertionError):  # it is not at the gateway, or that is down
            self.wait(self.rig.act(payment_id, action))

    @precondition(lambda self: self.payments)
    @rule(data=st.data(), how=st.sampled_from(["apply", "poll"]))
    def ask(self, data: st.DataObject, how: str) -> None:
        payment_id = data.draw(st.sampled_from(self.payments))
        self.tried(self.rig.apply(payment_id) if how == "apply" else self.rig.poll(payment_id))

    @precondition(lambda self: self.orders)
    @rule(data=st.data(), method=st.sampled_from(["upi", "card"]))
    def try_again(self, data: st.DataObject, method: str) -> None:
        number = data.draw(st.integers(0, len(self.orders) - 1))
        payment_id = self.tried(
            self.rig.try_again(self.orders[number], method, f"crt_{number}", self.key()),
        )
        if payment_id is not None:
            self.payments.append(payment_id)

    @precondition(lambda self: self.orders)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        self.tried(self.rig.cancel(data.draw(st.sampled_from(self.orders))))

    @precondition(lambda self: self.orders)
    @rule(data=st.data(), amount_minor=st.sampled_from([1, 500, PRICE_MINOR]))
    def give_back(self, data: st.DataObject, amount_minor: int) -> None:
        wish = Wish(order_id=data.draw(st.sampled_from(self.orders)), amount_minor=amount_minor, note="a kindness")
        self.tried(self.rig.operator.ask(wish, "operator:t", Claim("operator:t", self.key(), "f" * 64)))

    @rule(minutes=st.sampled_from([1, 5, 15, 61]))
    def time_passes(self, minutes: int) -> None:
        self.rig.clock.advance(minutes * 60)
        for order_id in self.orders:
            self.tried(self.rig.expire(order_id))

    @rule(fault=st.sampled_from(FAULTS))
    def mood(self, fault: dict[str, object]) -> None:
        self.wait(self.rig.script(fault))

    @rule(hold=st.booleans())
    def deliver(self, hold: bool) -> None:
        self.rig.hold_webhooks = hold
        self.wait(self.rig.gateway_app.drain())

    @precondition(lambda self: self.rig.webhooks)
    @rule(data=st.data())
    def tell_again(self, data: st.DataObject) -> None:
        body, headers = data.draw(st.sampled_from(self.rig.webhooks))
        self.tried(self.rig.hear(body, headers))

    @precondition(lambda self: self.payments)
    @rule(data=st.data(), rightly=st.booleans(), kind=st.sampled_from(["captured", "failed"]))
    def lie(self, data: st.DataObject, rightly: bool, kind: str) -> None:
        """Signed or not, what a webhook says is not what counts."""
        reference = data.draw(st.sampled_from([*self.payments, "pay_none"]))
        body = f'{{"id":"fe_{self.key()}","type":"intent.{kind}","data":{{"reference":"{reference}"}}}}'.encode()
        headers = signed(SECRET if rightly else "guess", body, self.rig.clock.now_ms() // 1000)
        self.tried(self.rig.hear(body, headers))

    @rule()
    def jobs(self) -> None:
        self.wait(self.rig.run_jobs())

    @precondition(lambda self: self.orders)
    @rule(data=st.data())
    def collect(self, data: st.DataObject) -> None:
        order_id = data.draw(st.sampled_from(self.orders))
        if self.wait(self.rig.state(order_id))[0] == "PLACED":
            self.wait(self.rig.database.transact(lambda tx: self.rig.payments.collect(tx, order_id)))

    @invariant()
    def balanced(self) -> None:
        self.wait(self.rig.balanced())

    def teardown(self) -> None:
        try:
            self.wait(self.ended())
        finally:
            super().teardown()

    async def ended(self) -> None:
        """The gateway is well again, and time does its work."""
        await self.rig.script()
        self.rig.hold_webhooks = False
        self.rig.clock.advance(61 * 60)
        for order_id in self.orders:
            with suppress(HaatError):
                await self.rig.expire(order_id)
        for _ in range(8):
            await self.rig.settled(1)
            self.rig.clock.advance(13 * 3_600)
            for refund_id, state in await self.rig.rows("SELECT id, state FROM refund"):
                if state == "REJECTED":
                    await self.rig.operator.again(refund_id)
        await self.rig.balanced()
        gateway = "SELECT r.state FROM refund r JOIN payment p ON p.id = r.payment_id WHERE p.provider <> 'cash'"
        assert {row[0] for row in await self.rig.rows(gateway)} <= {"DONE"}
        assert await self.rig.rows("SELECT id FROM orders WHERE state = 'CREATED'") == []
        assert await self.rig.rows("SELECT id FROM payment WHERE state = 'UNKNOWN'") == []
        for intent in (await self.rig.raw.intents(0, 2**52, "", 100))[0]:
            payment = await self.rig.payment(intent.reference)
            assert (payment.captured_minor, payment.refunded_minor) == (intent.captured_minor, intent.refunded_minor)


def test_anything_in_any_order_leaves_the_books_right() -> None:
    play(Payments, examples=6, steps=30)
