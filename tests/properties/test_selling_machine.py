"""The whole selling half, whatever happens to it in whatever order: nobody is told what is not so, and all balances.

Buyers, sellers, an operator, a gateway with moods, its webhooks, time, the roles that run beside, and a process that
may die at any of its calls. After every step the independent checker finds nothing wrong and what was acknowledged is
so; in the end everything comes to rest by itself, and the checker's stricter half finds nothing either.
"""

import asyncio
import logging
import os
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

import msgspec
import pytest
import structlog
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule, run_state_machine_as_test

from fakepay.webhooks import signed
from haat.engines.sql.idempotency import Claim
from haat.errors import Conflict, HaatError, KeyReused, NotFound
from haat.inventory.change_stock import Change, IdempotencyKey
from haat.orders.advance import Step
from haat.orders.cancel import Actor, Who
from haat.orders.model import Method, OnLatePayment, Wanted
from haat.orders.place import Answer
from haat.payments.model import GatewayDown
from haat.payments.operator import Wish
from tests.orders.world import PIN
from tests.properties.people import People
from tests.properties.shop import PRICES, SECRET, SKUS, Process
from tests.properties.told import LIMIT

pytestmark = pytest.mark.long

PEOPLE: Final = ("crt_1", "crt_2", "usr_1")
MOODS: Final[tuple[dict[str, object], ...]] = (
    {"on": "act", "do": "silence", "times": 1},
    {"on": "act", "do": "late_success", "ms": 40 * 60_000, "times": 1},
    {"on": "act", "do": "wrong_amount", "times": 1},
    {"on": "act", "do": "duplicate", "times": 1},
    {"on": "create", "do": "lost_response", "times": 1},
    {"on": "create", "do": "decline", "times": 1},
    {"on": "find", "do": "error", "times": 2},
    {"on": "refund", "do": "lost_response", "times": 1},
    {"on": "refund", "do": "decline", "times": 1},
    {"on": "refund", "do": "late_success", "ms": 30 * 60_000, "times": 1},
    {"on": "webhook", "do": "duplicate", "times": 1},
    {"on": "webhook", "do": "silence", "times": 1},
    {"on": "webhook", "do": "reorder", "times": 1},
)
OPERATOR: Final = Actor("operator", "op_1")
STEPS: Final[tuple[tuple[Step, str], ...]] = (("pack", "PACKED"), ("ship", "SHIPPED"), ("deliver", "DELIVERED"))
METHODS: Final = st.sampled_from(["upi", "card", "upi", "cod"])
LATE: Final = st.sampled_from(["reorder", "refund"])
ACTIONS: Final = st.sampled_from(["approve", "approve", "approve", "decline", "abandon", ""])
THEN: Final = st.sampled_from(["webhook", "cancel", "return", ""])
ANY: Final = st.integers(0, 99)  # one of those that there are
SOME: Final = st.dictionaries(st.sampled_from(SKUS), st.integers(1, 3), min_size=1, max_size=3)


class SellingMachine(People):
    """What they may do, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.tokens: list[tuple[str, dict[str, int], int]] = []  # quotes that were shown: token, lines, total

    @initialize(orders=st.lists(st.tuples(SOME, METHODS, LATE, ACTIONS, THEN), min_size=1, max_size=3))
    def first_orders(self, orders: list[tuple[dict[str, int], Method, OnLatePayment, str, str]]) -> None:
        for owner, (lines, method, late, action, then) in zip(PEOPLE, orders, strict=False):
            self.buy(owner, lines, method, late, action, then)

    # ---- carts and wishes

    @rule(owner=st.sampled_from(PEOPLE), sku=st.sampled_from(SKUS), units=st.integers(1, LIMIT))
    def put(self, owner: str, sku: str, units: int) -> None:
        answer = self.insist(lambda p: p.selling.put_line(owner, sku, units), Conflict)
        cart = self.told.carts.setdefault(owner, {})
        if cart is not None and not isinstance(answer, Conflict):
            cart[sku] = units

    @rule(owner=st.sampled_from(PEOPLE), sku=st.sampled_from(SKUS))
    def remove(self, owner: str, sku: str) -> None:
        self.insist(lambda p: p.selling.put_line(owner, sku, 0))
        if cart := self.told.carts.get(owner):
            cart.pop(sku, None)

    @rule(guest=st.sampled_from(PEOPLE[:2]))
    def sign_in(self, guest: str) -> None:
        self.insist(lambda p: p.selling.merge_carts(guest, "usr_1"))
        theirs, mine = (self.told.carts.setdefault(owner, {}) for owner in (guest, "usr_1"))
        if theirs is None or mine is None:
            self.told.carts["usr_1"] = None
        else:
            mine.update({sku: min(LIMIT, mine.get(sku, 0) + units) for sku, units in theirs.items()})
        if theirs:
            theirs.clear()

    @rule(owner=st.sampled_from(PEOPLE), sku=st.sampled_from(SKUS))
    def wish(self, owner: str, sku: str) -> None:
        item_id = f"itm_{sku.partition('.')[2].lower()}"
        self.insist(lambda p: p.selling.put_wish(owner, item_id))
        self.told.wishes.setdefault(owner, set()).add(item_id)

    @rule(owner=st.sampled_from(PEOPLE))
    def look(self, owner: str) -> None:
        """A cart shows what was put into it; wishes are kept."""
        shown = self.insist(lambda p: p.selling.carts.carts([owner])).get(owner)
        known = self.told.carts.get(owner, {})
        assert known in (None, {line.sku: line.units for line in (shown.lines if shown else ())})
        self.insist(lambda p: p.selling.read_cart(owner, PIN))
        wishes = self.insist(lambda p: p.selling.read_wishlist(owner, PIN))
        assert self.told.wishes.get(owner, set()) <= {line.item_id for line in wishes.wishes}

    @rule(lines=SOME)
    def quote(self, lines: dict[str, int]) -> None:
        wanted = [Wanted(sku, units) for sku, units in lines.items()]
        quote = self.insist(lambda p: p.selling.quotes(wanted, PIN))
        if quote.ok:
            self.tokens.append((quote.token, lines, quote.totals.total_minor))

    # ---- orders

    @precondition(lambda self: len(self.told.orders) < 12)
    @rule(owner=st.sampled_from(PEOPLE), lines=SOME, method=METHODS, late=LATE, action=ACTIONS, then=THEN)
    def order(self, **wish: Any) -> None:
        self.buy(**wish)

    def buy(
        self, owner: str, lines: dict[str, int], method: Method, late: OnLatePayment, action: str, then: str
    ) -> None:
        answer = self.place(self.command(owner, lines, method, late))
        if not isinstance(answer, Answer):
            return
        given = msgspec.json.decode(answer.body)
        if method != "cod" and action:
            self.pay_for(given["payment"]["id"], action, then)
        if then == "cancel":
            self.insist(lambda p: p.selling.cancel(given["id"], Actor("customer", owner)))
            self.told.says(given["id"], "CANCELLED")

    @precondition(lambda self: self.told.carts)
    @rule(owner=st.sampled_from(PEOPLE), method=st.sampled_from(["upi", "cod"]))
    def order_cart(self, owner: str, method: Method) -> None:
        shown = self.insist(lambda p: p.selling.carts.carts([owner])).get(owner)
        if shown is not None and shown.lines:
            command = self.command(owner, None, method, "refund")
            self.place(replace(command, checkout_id=shown.checkout_id))

    @precondition(lambda self: self.tokens)
    @rule(number=ANY, owner=st.sampled_from(PEOPLE), dearer=st.booleans())
    def order_as_quoted(self, number: int, owner: str, dearer: bool) -> None:
        """Whatever became of it meanwhile: it never costs more than what was shown."""
        token, lines, total_minor = self.tokens[-1 - number % len(self.tokens)]
        if dearer:
            self.insist(lambda _: self.rig.restate(next(iter(lines)), 70_000, ()))
        answer = self.place(replace(self.command(owner, lines, "upi", "refund"), quote=token))
        if isinstance(answer, Answer):
            assert msgspec.json.decode(answer.body)["total"]["minor"] <= total_minor

    @precondition(lambda self: self.told.orders)
    @rule(number=ANY)
    def order_again(self, number: int) -> None:
        """The same request once more: the same answer, byte for byte (told.placed looks)."""
        assert isinstance(self.place(self.one(number).command), Answer)

    @precondition(lambda self: self.told.orders)
    @rule(number=ANY)
    def same_checkout(self, number: int) -> None:
        """Another tab, another key: the order that is there."""
        command = self.one(number).command
        answer = self.place(replace(command, claim=Claim(command.owner, self.key(), "f" * 64)))
        assert isinstance(answer, Answer)

    @precondition(lambda self: self.told.orders)
    @rule(number=ANY)
    def same_key_other_order(self, number: int) -> None:
        command = self.one(number).command
        other = replace(command, checkout_id=self.key(), claim=replace(command.claim, fingerprint="e" * 64))
        assert isinstance(self.insist(lambda p: p.selling.place(other), KeyReused), KeyReused)

    @rule(sku=st.sampled_from(SKUS), units=st.integers(1, 5), same=st.booleans())
    def two_at_once(self, sku: str, units: int, same: bool) -> None:
        """Two who want the last units, or one who clicks twice."""
        first = self.command("crt_1", {sku: units}, "cod", "refund")
        second = first if same else self.command("crt_2", {sku: units}, "cod", "refund")

        async def both(process: Process) -> Any:
            return await asyncio.gather(
                process.selling.place(first), process.selling.place(second), return_exceptions=True
            )

        for command, answer in zip((first, second), self.insist(both), strict=True):
            if isinstance(answer, Answer):
                self.told.placed(command, answer)
            elif not isinstance(answer, Conflict):
                raise answer

    @precondition(lambda self: self.told.orders)
    @rule(number=ANY, mine=st.booleans())
    def read(self, number: int, mine: bool) -> None:
        """By its owner, or by somebody with the token of another order."""
        given, other = self.one(number), self.one(number + 1)
        owner, token = (given.command.owner, "") if mine else ("crt_9", other.order.token)
        read = self.insist(lambda p: p.selling.read(given.order.id, owner, token, self.key()), NotFound)
        assert isinstance(read, NotFound) == (not mine and other is not given)
        if not isinstance(read, NotFound):
            self.told.says(read.id, read.state)

    # ---- paying

    @precondition(lambda self: self.told.orders)
    @rule(number=ANY, action=ACTIONS, then=THEN)
    def pay(self, number: int, action: str, then: str) -> None:
        if attempts := self.attempts():
            self.pay_for(attempts[number % len(attempts)], action, then)

    @precondition(lambda self: self.told.orders)
    @rule(number=ANY)
    def come_back(self, number: int) -> None:
        if attempts := self.attempts():
            self.come_back_from(attempts[number % len(attempts)])

    @precondition(lambda self: self.told.orders)
    @rule(number=ANY, method=st.sampled_from(["upi", "card"]))
    def pay_another_way(self, number: int, method: str) -> None:
        given, key = self.one(number), self.key()
        claim = Claim(given.command.owner, key, "f" * 64)
        self.insist(lambda p: p.selling.retry(given.command.owner, given.order.id, method, claim), Conflict)

    @rule(mood=st.sampled_from(MOODS))
    def mood(self, mood: dict[str, object]) -> None:
        self.wait(self.rig.script(mood))

    @rule(times=st.integers(1, 8))
    def gateway_down(self, times: int) -> None:
        self.wait(self.rig.script({"on": "*", "do": "down", "times": times}))

    @rule()
    def gateway_up(self) -> None:
        self.wait(self.rig.script())

    # ---- webhooks

    @rule(deaf=st.booleans())
    def webhooks(self, deaf: bool) -> None:
        """The gateway sends what is due, in its order; the shop hears it, or gives no answer."""
        self.rig.deaf = deaf
        self.insist(lambda _: self.rig.fakepay.drain())

    @precondition(lambda self: self.rig.letters)
    @rule(numbers=st.lists(ANY, min_size=1, max_size=4))
    def webhooks_anyhow(self, numbers: list[int]) -> None:
        """Some of what was ever sent: in another order, once more, too late."""
        for number in numbers:
            body, headers = self.rig.letters[number % len(self.rig.letters)]
            assert self.insist(lambda _, b=body, h=headers: self.rig.hear(b, h)) in (200, 401)  # type: ignore[misc]  # bound per turn

    @rule(number=ANY, secret=st.sampled_from([SECRET, "guess"]), off_s=st.sampled_from([0, -301, 301]))
    def forged_webhook(self, number: int, secret: str, off_s: int) -> None:
        """Even what is signed rightly is only a reason to ask; anything else is nothing."""
        attempts = [*self.attempts(), "pay_none"]
        body = f'{{"id":"fe_{self.key()}","type":"intent.captured","data":{{"reference":"%s"}}}}'
        body = body % attempts[number % len(attempts)]
        headers = signed(secret, body.encode(), self.rig.clock.now_ms() // 1000 + off_s)
        known = "pay_none" not in body
        if known or secret != SECRET or off_s:  # one about nothing that is signed would wait for a person
            status = self.insist(lambda _: self.rig.hear(body.encode(), headers))
            assert status == (200 if secret == SECRET and not off_s else 401)

    # ---- what happens to orders

    @precondition(lambda self: self.told.orders)
    @rule(number=ANY, who=st.sampled_from(["customer", "seller", "operator"]))
    def cancel(self, number: int, who: Who) -> None:
        given = self.one(number)
        name = {"customer": given.command.owner, "seller": "a", "operator": "op_1"}[who]
        answer = self.insist(lambda p: p.selling.cancel(given.order.id, Actor(who, name)), Conflict, NotFound)
        if answer is None:
            self.told.says(given.order.id, "CANCELLED")

    @precondition(lambda self: self.told.orders)
    @rule(number=ANY, steps=st.integers(1, 3))
    def advance(self, number: int, steps: int) -> None:
        order_id = self.one(number).order.id
        for step, state in STEPS[:steps]:
            answer = self.insist(lambda p, s=step: p.selling.advance(order_id, s, OPERATOR), Conflict)  # type: ignore[misc]  # bound per turn
            if answer is None:
                self.told.says(order_id, state)

    @precondition(lambda self: self.told.orders)
    @rule(number=ANY, amount_minor=st.sampled_from([1, 500, 9_901, 59_000]))
    def give_back(self, number: int, amount_minor: int) -> None:
        wish = Wish(order_id=self.one(number).order.id, amount_minor=amount_minor, note="a scratch")
        claim = Claim("operator:op_1", self.key(), "f" * 64)
        answer = self.insist(lambda p: p.selling.refunds.ask(wish, "op_1", claim), Conflict, NotFound)
        if not isinstance(answer, HaatError):
            self.told.refunds[msgspec.json.decode(answer[0].body)["id"]] = amount_minor

    @rule()
    def people_look_at_refunds(self) -> None:
        """What was rejected is sent again; cash is paid out by hand."""
        self.look_at_refunds()

    # ---- sellers

    @rule(sku=st.sampled_from(SKUS), units=st.sampled_from([-3, -1, 1, 2]), near=st.integers(0, 1))
    def move_stock(self, sku: str, units: int, near: int) -> None:
        key, item_id = self.key(), f"itm_{sku.partition('.')[2].lower()}"
        reason: Any = "receive" if units > 0 else "adjust"
        change = Change(sku, self.rig.at[near], item_id, units, reason, sku[0], "", f"key:{key}")
        claim = IdempotencyKey(f"seller:{sku[0]}", key, f"{units}")
        answer = self.insist(lambda p: p.offers.move(change, claim), Conflict)
        if not isinstance(answer, Conflict):
            self.told.came[sku] += units

    @rule(sku=st.sampled_from(SKUS), counts=st.tuples(st.sampled_from([6, 4, 2, 0]), st.sampled_from([3, 1, 0])))
    def restate(self, sku: str, counts: tuple[int, int]) -> None:
        """A feed says prices and counts as they were at the beginning; it is refused where buyers hold more."""
        count = "SELECT COALESCE(SUM(on_hand), 0) FROM stock WHERE sku = ?"
        before = self.rig.rows(count, sku)[0][0]
        self.insist(lambda _: self.rig.restate(sku, PRICES[sku], counts))
        self.told.came[sku] += self.rig.rows(count, sku)[0][0] - before

    @rule(
        sku=st.sampled_from(SKUS),
        price_minor=st.sampled_from([9_000, 12_000, 61_000]),
        active=st.sampled_from([True, True, True, True, False]),
    )
    def price(self, sku: str, price_minor: int, active: bool) -> None:
        self.insist(lambda _: self.rig.restate(sku, price_minor, (), active=active))

    # ---- time, and what goes on by itself

    @rule(minutes=st.sampled_from([1, 5, 1, 16, 26]))
    def time_passes(self, minutes: int) -> None:
        """A little, beyond expiry, beyond its grace."""
        self.rig.clock.advance(minutes * 60)

    @rule()
    def sweep(self) -> None:
        self.insist(lambda p: p.selling.sweeper.step())

    @rule()
    def jobs(self) -> None:
        self.insist(lambda p: p.selling.jobs.step())

    @rule()
    def events(self) -> None:
        self.insist(lambda _: self.rig.events())
        for owner in [owner for owner, cart in self.told.carts.items() if cart is None]:
            shown = self.insist(lambda p, o=owner: p.selling.carts.carts([o])).get(owner)  # type: ignore[misc]  # bound per turn
            self.told.carts[owner] = {line.sku: line.units for line in (shown.lines if shown else ())}

    @rule()
    def reconcile(self) -> None:
        self.insist(lambda p: p.selling.reconcile(), GatewayDown)

    @rule()
    def flush_kv(self) -> None:
        """Hints are gone: nothing that counts was in them."""
        self.rig.process.kv.close()
        self.rig.process.kv.open()

    @precondition(lambda self: self.rig.process.asked > 3)
    @rule()
    def crash(self) -> None:
        self.wait(self.rig.crash())

    @rule(call=st.integers(1, 6), half=st.sampled_from(["before", "after"]))
    def doom(self, call: int, half: str) -> None:
        """One of the next calls to a database, the log or the gateway is the last of this process."""
        self.rig.process.fate.set(call, half)


@pytest.fixture(autouse=True)
def _silence() -> Iterator[None]:
    """A program's steps are told by the machine; the product's log lines of all programs together are noise."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    yield
    structlog.reset_defaults()


@pytest.mark.timeout(900)
def test_whatever_happens_everything_balances() -> None:
    """The same programs at every run."""
    few: Any = settings(max_examples=10, stateful_step_count=30, deadline=None, derandomize=True, database=None)
    run_state_machine_as_test(SellingMachine, settings=few)


@pytest.mark.fault
@pytest.mark.timeout(20_000)
def test_whatever_happens_at_length() -> None:
    """New programs at every run; a failure says how to repeat it. HAAT_TEST_MACHINE_EXAMPLES: how many of them."""
    usual = 200 if os.environ.get("HAAT_TEST_FAULTS", "") == "full" else 15
    examples = int(os.environ.get("HAAT_TEST_MACHINE_EXAMPLES", usual))
    many: Any = settings(max_examples=examples, stateful_step_count=100, deadline=None, print_blob=True)
    run_state_machine_as_test(SellingMachine, settings=many)
