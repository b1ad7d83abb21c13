"""How people and what runs by itself speak to the shop in the machine, and what is looked at after each step."""

import sys
from collections.abc import Callable, Coroutine
from hashlib import sha256
from typing import Any, Final

from hypothesis.stateful import invariant

from haat.engines.sql.idempotency import Claim
from haat.errors import Conflict, HaatError, Invalid
from haat.orders.model import Address, Method, OnLatePayment, Wanted
from haat.orders.place import Answer, PlaceCommand
from haat.payments.model import GatewayDown
from tests.contracts.machines import Machine
from tests.orders.world import PIN
from tests.properties.shop import SKUS, Died, Process, Shop, open_shop
from tests.properties.told import Given, Told

Call = Callable[[Process], Coroutine[Any, Any, Any]]
PAUSES_S: Final = (61, 301, 901, 601, 1_801, 3_601, 7_201, 21_601, 21_601)
"""Past expiry and its grace, the lease of a process that died, and both sides' longest time between two tries."""
_OPEN_REFUNDS: Final = """SELECT r.id, r.state, p.provider FROM refund r JOIN payment p ON p.id = r.payment_id
    WHERE r.state <> 'DONE' ORDER BY r.id"""


class People(Machine[Shop]):
    """A shop, and all who have to do with it; what they do are the rules of a machine."""

    def __init__(self) -> None:
        super().__init__(open_shop)
        self.told = Told()
        for sku in SKUS:
            self.told.came[sku] = 5
        self.serial = 0

    # ---- how people ask

    def key(self) -> str:
        self.serial += 1
        return f"k{self.serial}"

    def insist(self, call: Call, *lawful: type[HaatError]) -> Any:
        """The answer, or the lawful refusal. Who got none because the process died asks the same again."""
        for _ in range(3):
            self.rig.process.asked += 1
            try:
                answer = self.wait(call(self.rig.process))
            except lawful as refusal:
                return refusal
            except (Died, BaseExceptionGroup):
                if not self.rig.process.fate.dead:
                    raise
            else:
                if not self.rig.process.fate.dead:
                    return answer
            self.wait(self.rig.crash())
        raise AssertionError("it dies again and again")

    def one(self, number: int) -> Given:
        """One of the orders, the newest first."""
        return list(self.told.orders.values())[-1 - number % len(self.told.orders)]

    def attempts(self) -> list[str]:
        """Payments at the gateway, the newest first."""
        return [row[0] for row in self.rig.rows("SELECT id FROM payment WHERE provider <> 'cash' ORDER BY id DESC")]

    def command(self, owner: str, lines: dict[str, int] | None, method: Method, late: OnLatePayment) -> PlaceCommand:
        key = self.key()
        return PlaceCommand(
            owner=owner,
            checkout_id=f"chk-{key}",
            wanted=None if lines is None else [Wanted(sku, units) for sku, units in lines.items()],
            address=Address(name="Asha Rao", phone="9845012345", line1="12 Lake Road", pincode=PIN),
            method=method,
            claim=Claim(owner, key, sha256(f"{lines} {method} {late}".encode()).hexdigest()),
            on_late_payment=late,
        )

    def place(self, command: PlaceCommand) -> Answer | HaatError:
        answer: Answer | HaatError = self.insist(lambda p: p.selling.place(command), Conflict, Invalid)
        if isinstance(answer, Answer):
            self.told.placed(command, answer)
        return answer

    def pay_for(self, payment_id: str, action: str, then: str) -> None:
        """The buyer goes to the gateway's page, does something there, and the shop hears of it or not."""
        self.insist(lambda p: p.selling.start(payment_id), Conflict, GatewayDown)
        if action:
            self.wait(self.rig.act(payment_id, action))
        if then == "return":
            self.come_back_from(payment_id)
        if then in {"webhook", "cancel"}:
            self.insist(lambda _: self.rig.fakepay.drain())

    def come_back_from(self, payment_id: str) -> None:
        answer = self.insist(lambda p: p.selling.apply(payment_id), GatewayDown)
        if not isinstance(answer, GatewayDown):
            self.told.money(answer.payment)

    def look_at_refunds(self) -> None:
        """A person sends again what was rejected, and pays cash out by hand."""
        for refund_id, state, provider in self.rig.rows(_OPEN_REFUNDS):
            if state == "REJECTED":
                self.insist(lambda p, r=refund_id: p.selling.refunds.again(r), Conflict)  # type: ignore[misc]  # bound per turn
            elif provider == "cash":
                self.insist(lambda p, r=refund_id: p.selling.refunds.by_hand(r), Conflict)  # type: ignore[misc]  # bound per turn

    # ---- what must hold

    @invariant()
    def all_balances(self) -> None:
        assert not (wrong := self.rig.wrong()), wrong
        assert not (broken := self.told.broken(self.rig)), broken

    def teardown(self) -> None:
        try:
            if sys.exc_info()[0] is None:  # after a step that failed nothing else is of interest
                self.come_to_rest()
        finally:
            super().teardown()

    def come_to_rest(self) -> None:
        """The gateway is well, nobody does anything any more, and time does its work."""
        self.wait(self.rig.script())
        self.rig.deaf = False
        for pause_s in PAUSES_S:
            self.rig.clock.advance(pause_s)
            self.insist(lambda _: self.rig.fakepay.drain())
            self.look_at_refunds()
            self.insist(lambda p: p.selling.jobs.step())
            self.insist(lambda p: p.selling.sweeper.step())
            self.insist(lambda _: self.rig.events())
        self.all_balances()
        assert not (wrong := self.rig.wrong(drained=True)), wrong
