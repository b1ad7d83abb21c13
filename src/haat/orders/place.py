"""Placing an order: one transactional unit over idempotency, stock, order, payment attempt and events.

The answer is made inside the unit, so that a repetition gets the same bytes. A checkout that was ordered before, under
whatever key, is answered with its order. The gateway is not asked here, and nothing is sent over the network.
"""

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

import msgspec

from haat.engines.sql import Database, Tx
from haat.engines.sql.idempotency import Claim, Kept, answered, keep
from haat.engines.sql.ports import Refused
from haat.errors import Conflict, Invalid, Problem, Unavailable
from haat.events.envelope import rfc3339
from haat.orders.address import checked, placed
from haat.orders.model import (
    HOLD_MS,
    MAX_HELD_PER_SKU,
    Address,
    CartMoved,
    Event,
    Method,
    NotAvailable,
    OnLatePayment,
    Order,
    QuoteChanged,
    Snapshot,
    Wanted,
)
from haat.orders.number import number_of
from haat.orders.plan import Planned, Planning, plan
from haat.orders.ports import CartLines, Holds, Orders, Payments, Reminders, WantedLine
from haat.orders.quote import QuoteLines, Signs, Worse, merged, worse
from haat.vocabulary import Ids

CREATED: Final = 201
THERE_ALREADY: Final = 200
_TRIES: Final = 4  # a number for people clashes once in 270 million per order there is
ORDER_PURPOSE: Final = "order"
_CHECKOUT: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")


class TroubledLine(msgspec.Struct, frozen=True):
    """A line that cannot be had as it was asked for."""

    pointer: str
    sku: str
    problem: str
    detail: str
    left: int | None


class Amount(msgspec.Struct, frozen=True):
    """Money in the currency's smallest unit."""

    minor: int
    currency: str


class PaymentToMake(msgspec.Struct, frozen=True):
    """The attempt an order begins with. `redirect_url`: where the buyer pays; null when there is nothing to pay now."""

    id: str
    method: str
    redirect_url: str | None


class OrderGiven(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to a placed order. `token` lets a guest read it later; `expires_at`: pay until then."""

    id: str
    number: str
    state: str
    total: Amount
    expires_at: str | None
    payment: PaymentToMake
    token: str


@dataclass(frozen=True, slots=True)
class PlaceCommand:
    """What a buyer orders. `wanted` None: what lies in the cart."""

    owner: str
    checkout_id: str
    wanted: Sequence[Wanted] | None
    address: Address
    method: Method
    claim: Claim
    on_late_payment: OnLatePayment = "refund"
    quote: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """Status and JSON body. `replayed`: nothing was done this time. `expires_ms`: the new order dies then; 0: never."""

    status: int
    body: bytes
    order_id: str = ""
    expires_ms: int = 0
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class _Draft:
    """An order before its unit: everything but what the database's time decides."""

    order_id: str
    payment_id: str
    number: str
    command: PlaceCommand
    address: Address
    planning: Planning


@dataclass(frozen=True, slots=True)
class PlaceOrder:
    """Places an order, or says what changed since the buyer looked. `base_url` is the shop's own address."""

    database: Database
    quotes: QuoteLines
    holds: Holds
    payments: Payments
    orders: Orders
    cart: CartLines
    reminders: Reminders
    ids: Ids
    signer: Signs
    base_url: str

    async def __call__(self, command: PlaceCommand) -> Answer:
        """The order's answer. Nine statements in one commit, three for reads before it.

        Raises: Invalid (every wrong field), KeyReused; QuoteChanged and NotAvailable with the present quote;
        CartMoved; inventory's refusal of too many unpaid units; Unavailable. Whatever it raises, nothing was changed.
        """
        address = _checked(command)
        try:
            return await self._planned_and_placed(command, address)
        except (Conflict, Invalid, Unavailable):
            # The cart was emptied, the last unit taken, the checkout ordered: perhaps by this very request, sent again,
            # or by this checkout's other tab. Or what an order is planned from is down, which a kept answer does not
            # need. Nobody looks for that before: the unit begins with the key.
            known = await self._known(command)
            if known is None:
                raise
            return known

    async def _planned_and_placed(self, command: PlaceCommand, address: Address) -> Answer:
        wanted = await self._wanted(command)
        planning, planned = await self.quotes.look(wanted, address.pincode, command.method)
        self._agree(command, planned)
        for again in range(_TRIES):
            order_id = self.ids.new("ord")
            draft = _Draft(order_id, self.ids.new("pay"), number_of(order_id, again), command, address, planning)
            try:
                return await self._place(draft, planned)
            except Refused:
                known = await self._known(command)  # somebody placed it meanwhile; else the number was taken
                if known is not None:
                    return known
        raise Conflict("The order could not be given a number. Try again.")

    async def _known(self, command: PlaceCommand) -> Answer | None:
        """What was answered under this key, or the order there is of this checkout. At most two statements."""

        def look_up(tx: Tx) -> Kept | Order | None:
            kept = answered(tx, command.claim)
            return kept or self.orders.of_checkout(tx, command.owner, command.checkout_id)

        found = await self.database.read(look_up, brief=True)
        if found is None:
            return None
        if isinstance(found, Kept):
            return Answer(found.status, found.body, replayed=True)
        return Answer(THERE_ALREADY, self._body(found), replayed=True)

    async def _wanted(self, command: PlaceCommand) -> list[Wanted]:
        """The lines to order, each sku once. Raises: Invalid, CartMoved."""
        lines: Sequence[WantedLine] = command.wanted or ()
        if command.wanted is None:
            checkout_id, _, lines = await self.cart(command.owner)
            if checkout_id and checkout_id != command.checkout_id:
                raise CartMoved("Your cart was ordered or emptied since. Look at it again.", checkout_id=checkout_id)
        if not lines:
            raise Invalid(problems=[Problem("#/lines", "Order at least one thing.")])
        return merged(lines)

    async def _place(self, draft: _Draft, planned: Planned) -> Answer:
        """Run the unit; if a guard refuses what was read before it, plan again inside a second one."""

        def place_order(tx: Tx) -> Answer:
            return self._write(tx, draft, planned)

        def plan_and_place_order(tx: Tx) -> Answer:
            offers = self.holds.shelf(tx, [line.sku for line in draft.planning.wanted])
            anew = plan(draft.planning, offers, tx.now_ms)
            self._agree(draft.command, anew)
            return self._write(tx, draft, anew, {sku: offer.buckets for sku, offer in offers.items()})

        try:
            answer = await self.database.transact(place_order)
        except Conflict as error:
            if error.code != "parts-refused":
                raise
            answer = await self.database.transact(plan_and_place_order)
        if answer.expires_ms:
            with suppress(Unavailable):  # only a hint: the sweep finds what it does not know
                await self.reminders(answer.order_id, answer.expires_ms)
        return answer

    def _write(self, tx: Tx, draft: _Draft, planned: Planned, shelf_buckets: Mapping[str, int] | None = None) -> Answer:
        command = draft.command
        order = _order(draft, planned, tx.now_ms)
        body = self._body(order)
        keep(tx, command.claim, CREATED, body)
        committed = order.state == "PLACED"
        parts = order.snapshot.parts
        if shelf_buckets is not None:  # planned from the shelf: what is left may lie in other buckets
            self.holds.gather(tx, order.id, parts, shelf_buckets)
        self.holds.take(tx, order.id, order.owner, parts, MAX_HELD_PER_SKU, committed=committed)
        self.orders.insert(tx, order)
        self.payments.begin(
            tx,
            payment_id=draft.payment_id,
            order_id=order.id,
            attempt=1,
            method=order.method,
            amount_minor=order.totals.total_minor,
            currency=order.totals.currency,
        )
        return Answer(CREATED, body, order.id, order.expires_ms)

    def _agree(self, command: PlaceCommand, planned: Planned) -> None:
        """Raises: NotAvailable, QuoteChanged: what the buyer must be asked about first."""
        if not planned.ok:
            troubled = [look for look in planned.looks if look.trouble]
            words = "; ".join(f"{x.facts.title if x.facts else x.wanted.sku}: {x.detail}" for x in troubled[:3])
            lines = [
                TroubledLine(f"#/lines/{i}", look.wanted.sku, look.trouble, look.detail, look.left)
                for i, look in enumerate(planned.looks)
                if look.trouble
            ]
            raise NotAvailable(words, lines=lines, quote=self.quotes.show(planned, command.address.pincode))
        if not command.quote:
            return
        seen = self.quotes.seen(command.quote)
        changes = worse(seen, planned) if seen else [Worse("quote", "", "The quote is not one of ours any more.")]
        if changes:
            words = " ".join(dict.fromkeys(change.detail for change in changes))
            raise QuoteChanged(words, changes=changes, quote=self.quotes.show(planned, command.address.pincode))

    def _body(self, order: Order) -> bytes:
        """The answer that an order is given with; of an order that is there already, as it stands now."""
        payment_id = order.snapshot.payment_id
        to_pay = order.state == "CREATED"
        return msgspec.json.encode(
            OrderGiven(
                id=order.id,
                number=order.number,
                state=order.state,
                total=Amount(order.totals.total_minor, order.totals.currency),
                expires_at=rfc3339(order.expires_ms) if to_pay else None,
                payment=PaymentToMake(
                    payment_id, order.method, f"{self.base_url}/pay/{payment_id}" if to_pay else None
                ),
                token=self.signer.sign(ORDER_PURPOSE, order.id.encode()),
            )
        )


def _checked(command: PlaceCommand) -> Address:
    """The address in order. Raises: Invalid naming every wrong field of the command."""
    problems: list[Problem] = []
    address = command.address
    if not _CHECKOUT.fullmatch(command.checkout_id):
        detail = "A checkout id has 1 to 64 letters, digits, hyphens or underscores: make one per checkout."
        problems.append(Problem("#/checkout_id", detail))
    try:
        address = checked(address)
    except Invalid as error:
        problems.extend(error.problems)
    if problems:
        raise Invalid(problems=problems)
    return address


def _order(draft: _Draft, planned: Planned, now_ms: int) -> Order:
    """The order as it is born: waiting for its payment, or placed at once when it is paid in cash at the door."""
    command, place = draft.command, draft.planning.place
    assert place is not None
    events = [Event(1, None, "CREATED", "", command.owner, now_ms)]
    if command.method == "cod":
        events.append(Event(2, "CREATED", "PLACED", "", command.owner, now_ms))
    facts = draft.planning.facts
    classes = {
        line.sku: facts[line.sku].shipping_class
        for line in planned.lines
        if facts[line.sku].shipping_class != "standard"
    }
    return Order(
        id=draft.order_id,
        number=draft.number,
        owner=command.owner,
        checkout_id=command.checkout_id,
        state=events[-1].after,
        reason="",
        version=len(events),
        totals=planned.totals,
        method=command.method,
        on_late_payment=command.on_late_payment,
        pincode=draft.address.pincode,
        created_ms=now_ms,
        expires_ms=0 if command.method == "cod" else now_ms + HOLD_MS,
        extended=False,
        changed_ms=now_ms,
        replaces=None,
        snapshot=Snapshot(
            address=placed(draft.address, place),
            parts=planned.parts_of(draft.order_id),
            shipments=planned.shipments,
            payment_id=draft.payment_id,
            shipping_classes=classes,
            cart=command.wanted is None,
        ),
        lines=planned.lines,
        events=events,
    )
