"""What buyers, sellers and operators do while things go wrong: steps that may be repeated, and what must be true after.

A step is one request of a client: the same step again is the same request with the same key. `ends` are the states of
orders (with their count) that a run may end in when its client goes on after a fault; a client that comes back when
everything is over may find any state but one that still waits.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from haat.engines.sql import Tx
from haat.errors import HaatError
from haat.orders.cancel import Actor
from haat.orders.place import Answer
from haat.payments.breaks import FIRST, LookAtBreaks
from haat.payments.model import GatewayDown
from haat.payments.operator import Wish
from haat.payments.spans import SPANS
from tests.faults.rig import PRICE_MINOR, SCARCE, SKUS, Client, Life
from tests.sql import ask

Step = Callable[[Life, Client], Awaitable[Any]]
BUYER, USER, OTHER = "crt_1", "usr_1", "crt_2"
OPERATOR: Final = Actor("operator", "op_1")
X, Y, Z = SKUS


@dataclass(frozen=True)
class Journey:
    """A story."""

    name: str
    steps: Mapping[str, Step]
    ends: tuple[Mapping[str, int], ...]
    refused: tuple[str, ...] = ()  # steps that the gateway may refuse
    people: tuple[str, ...] = ()  # steps of people at work in the shop, who come back whatever happens


# ---- what one may do

ORDERED: Final[set[str]] = {"place", "other"}


def put(sku: str, units: int, owner: str = BUYER) -> Step:
    async def step(life: Life, _: Client) -> Any:
        cart = await life.selling.put_line(owner, sku, units)
        return {"version": cart.version if cart else 0}

    return step


def place(key: str = "k1", lines: Mapping[str, int] | None = None, **options: Any) -> Step:
    """An order of these lines, or of the cart under the checkout id that the buyer's page shows."""

    async def step(life: Life, client: Client) -> Any:
        checkout_id = ""
        if lines is None:
            owner = options.get("owner", BUYER)
            page = client.said.get("look") or {}
            checkout_id = page.get("checkout_id", "")
            assert checkout_id, owner
        return _given(await life.selling.place(life.command(key, lines, checkout_id=checkout_id, **options)))

    return step


def _given(answer: Answer) -> Any:
    body = msgspec.json.decode(answer.body)
    return {"id": body["id"], "payment": body["payment"]["id"], "state": body["state"]}


def look(owner: str = BUYER) -> Step:
    """The buyer opens the checkout page: it has the cart's checkout id."""

    async def step(life: Life, _: Client) -> Any:
        cart = (await life.selling.carts.carts([owner]))[owner]
        return {"checkout_id": cart.checkout_id, "lines": {line.sku: line.units for line in cart.lines}}

    return step


def start(of: str = "place") -> Step:
    async def step(life: Life, client: Client) -> Any:
        return {"page": await life.selling.start(_payment(client, of))}

    return step


def act(action: str, of: str = "place") -> Step:
    async def step(life: Life, client: Client) -> Any:
        return {"status": await life.act(_payment(client, of), action)}

    return step


def come_back(of: str = "place") -> Step:
    """The browser's return from the gateway."""

    async def step(life: Life, client: Client) -> Any:
        return {"state": (await life.selling.apply(_payment(client, of))).payment.state}

    return step


def retry(key: str, method: str, of: str = "place") -> Step:
    async def step(life: Life, client: Client) -> Any:
        claim = life.command(key, {}).claim
        kept, _ = await life.selling.retry(BUYER, client.said[of]["id"], method, claim)
        body = msgspec.json.decode(kept.body)
        return {"id": body["order_id"], "payment": body["payment"]["id"], "state": body["state"]}

    return step


def cancel(of: str = "place", actor: Actor | None = None) -> Step:
    async def step(life: Life, client: Client) -> Any:
        await life.selling.cancel(client.said[of]["id"], actor or Actor("customer", BUYER))
        return {"cancelled": client.said[of]["id"]}

    return step


def advance(to: Any, of: str = "place") -> Step:
    async def step(life: Life, client: Client) -> Any:
        await life.selling.advance(client.said[of]["id"], to, OPERATOR)
        return {to: client.said[of]["id"]}

    return step


def script(*faults: Mapping[str, object]) -> Step:
    async def step(life: Life, _: Client) -> Any:
        await life.script(*faults)

    return step


def at(minutes: float) -> Step:
    async def step(life: Life, _: Client) -> Any:
        life.at(minutes * 60)

    return step


async def pump(life: Life, _: Client) -> None:
    await life.pump()


async def wait(life: Life, _: Client) -> None:
    """A minute passes, and what is due is done."""
    life.pass_time(61)
    await life.pump()


def _payment(client: Client, of: str) -> str:
    return str(client.said[of]["payment"])


# ---- the stories

PAID: Final[dict[str, Step]] = {"place": place(lines={X: 2, Y: 1}), "start": start(), "approve": act("approve")}


async def _merge(life: Life, _: Client) -> Any:
    cart = await life.selling.merge_carts(BUYER, USER)
    return {"units": sum(line.units for line in cart.lines) if cart else 0}


async def _remove(life: Life, _: Client) -> Any:
    await life.selling.put_line(USER, Z, 0)


async def _two_tabs(life: Life, _: Client) -> Any:
    """Two tabs change one cart at the same moment, both having read it before."""
    life.watch.meet["carts.change_cart"] = asyncio.Barrier(2)
    put_line = life.selling.put_line
    await together(put_line(BUYER, X, 1, at_least=True), put_line(BUYER, Y, 1, at_least=True))
    life.watch.meet.clear()


async def _take_out(life: Life, client: Client) -> Any:
    """The page that placed the order takes its lines out at once; the consumer hears of it again."""
    from haat.cart.take_out import Ordered

    order_id, lines = client.said["place"]["id"], client.said["look"]["lines"]
    ((at_ms,),) = await life.rows("SELECT created_ms FROM orders WHERE id = ?", order_id)
    await life.selling.take_out([Ordered(order_id, USER, list(lines.items()), at_ms)])


async def _two_for_two(life: Life, _: Client) -> Any:
    """Two buyers reach for the same unit; the second is given the one of the next warehouse."""
    life.watch.meet["orders.place_order"] = asyncio.Barrier(2)
    one, other = await together(
        life.selling.place(life.command("k1", {SCARCE: 1}, method="cod")),
        life.selling.place(life.command("k2", {SCARCE: 1}, owner=OTHER, method="cod")),
    )
    life.watch.meet.clear()
    return {"id": _given(one)["id"], "other": _given(other)["id"]}


async def together(*calls: Awaitable[Any]) -> list[Any]:
    """All of them; then the first error."""
    answers = await asyncio.gather(*calls, return_exceptions=True)
    for answer in answers:
        if isinstance(answer, BaseException):
            raise answer
    return list(answers)


async def _authorised(life: Life, client: Client) -> Any:
    """A gateway that only sets the money aside: the shop must take it."""
    payment = await life.rows("SELECT amount_minor, method FROM payment WHERE id = ?", _payment(client, "place"))
    body = {
        "reference": _payment(client, "place"), "amount_minor": payment[0][0], "currency": "INR", "method": "upi",
        "return_url": "http://shop.test/return", "expires_ms": 0, "capture": "manual",
    }  # fmt: skip
    answer = await life.control.post("/intents", json=body, headers={"idempotency-key": "manual"})
    assert answer.status_code in (200, 201), answer.text


def _by_operator(key: str, amount_minor: int) -> Step:
    async def step(life: Life, client: Client) -> Any:
        wish = Wish(order_id=client.said["place"]["id"], amount_minor=amount_minor, note="a scratch")
        kept, _ = await life.selling.refunds.ask(wish, "op_1", life.command(key, {}, owner="operator:op_1").claim)
        return {"refund": msgspec.json.decode(kept.body)["id"]}

    return step


async def _refund_again(life: Life, client: Client) -> Any:
    """A person sends a refund once more that the gateway rejected."""
    refund_id = client.said["ask"]["refund"]
    state = ""
    for _ in range(5):  # a person looks again until the gateway has said something
        ((state,),) = await life.rows("SELECT state FROM refund WHERE id = ?", refund_id)
        if state in ("REJECTED", "DONE"):
            break
        await wait(life, client)
    if state == "REJECTED":
        await life.selling.refunds.again(refund_id)


async def _by_hand(life: Life, client: Client) -> Any:
    """Money of a cash order is paid back by a person."""
    refund_id = client.said["ask"]["refund"]
    ((state,),) = await life.rows("SELECT state FROM refund WHERE id = ?", refund_id)
    if state != "DONE":
        await life.selling.refunds.by_hand(refund_id)


async def _give_lease_back(life: Life, _: Client) -> None:
    """The sweeper stops in good order; the next process need not wait for the end of its lease."""
    stop = asyncio.Event()
    stop.set()
    await life.selling.sweeper.run(stop)


async def _storm(life: Life, client: Client) -> Any:
    """So many calls to a gateway that is down that the breaker opens."""
    for _ in range(5):
        with suppress(GatewayDown):
            await life.selling.apply(_payment(client, "place"))


async def _break(life: Life, client: Client) -> Any:
    """What should never happen has happened: a hold and a count that are wrong, events that nobody will send."""

    def break_things(tx: Tx) -> None:
        order_id = client.said["place"]["id"]
        ask(tx, "UPDATE hold SET state = 'held' WHERE order_id = ?", [order_id])
        ask(tx, "UPDATE stock SET held = 1 WHERE sku = ?", [Z])
        ask(tx, "DELETE FROM outbox WHERE topic = 'orders' AND sent_ms = 0")

    await life.plain["orders"].transact(break_things)


async def _reconcile(life: Life, _: Client) -> Any:
    """Every regular run that is due."""
    for span in SPANS:
        await life.selling.reconcile.due(span)


async def _resolve(life: Life, _: Client) -> Any:
    """An operator looks at what is open, and says that it is dealt with."""
    look_at = LookAtBreaks(life.orders, life.selling.reconcile.breaks)
    for one in await look_at.listed("open", FIRST, 10):
        await look_at.resolve(one.id, "op_1", "the buyer was called")


LATE: Final = {"on": "act", "do": "late_success", "ms": 40 * 60_000}
JOURNEYS: Final = (
    Journey(
        "cash",
        {
            "put": put(X, 2),
            "put again": put(X, 3),
            "look": look(),
            "place": place(method="cod"),
            "pump": pump,
            "pack": advance("pack"),
            "ship": advance("ship"),
            "deliver": advance("deliver"),
            "ask": _by_operator("r1", PRICE_MINOR),
            "by hand": _by_hand,
        },
        ({"DELIVERED": 1},),
        people=("by hand",),
    ),
    Journey(
        "prepaid",
        {
            **PAID,
            "back": come_back(),
            "webhook": pump,
            "pack": advance("pack"),
            "ship": advance("ship"),
            "deliver": advance("deliver"),
        },
        ({"DELIVERED": 1},),
    ),
    Journey("webhook first", {**PAID, "webhook": pump, "back": come_back()}, ({"PLACED": 1},)),
    Journey(
        "nobody tells",
        {"silence": script({"on": "webhook", "do": "silence", "times": 9}), **PAID, "poll": wait},
        ({"PLACED": 1},),
    ),
    Journey(
        "set aside",
        {
            "place": place(lines={X: 1}),
            "manual": _authorised,
            "start": start(),
            "approve": act("approve"),
            "back": come_back(),
            "pump": pump,
        },
        ({"PLACED": 1},),
    ),
    Journey(
        "declined",
        {
            "place": place(lines={X: 1}),
            "start": start(),
            "decline": act("decline"),
            "back": come_back(),
            "retry": retry("k2", "card"),
            "start again": start("retry"),
            "approve": act("approve", "retry"),
            "webhook": pump,
        },
        ({"PLACED": 1},),
    ),
    Journey(
        "abandoned",
        {
            "place": place(lines={X: 1, Z: 2}),
            "start": start(),
            "time": at(15.1),
            "sweep": pump,
            "grace": at(25.2),
            "sweep again": pump,
            "stop": _give_lease_back,
        },
        ({"CANCELLED": 1},),
    ),
    Journey(
        "late money",
        {
            "place": place(lines={X: 1}),
            "late": script(LATE),
            "start": start(),
            "approve": act("approve"),
            "time": at(15.1),
            "sweep": pump,
            "grace": at(25.2),
            "sweep again": pump,
            "money": at(41),
            "refund": pump,
            "done": wait,
        },
        ({"CANCELLED": 1},),
    ),
    Journey(
        "late money, order again",
        {
            "place": place(lines={X: 1}, late="reorder"),
            "late": script(LATE),
            "start": start(),
            "approve": act("approve"),
            "time": at(15.1),
            "sweep": pump,
            "grace": at(25.2),
            "sweep again": pump,
            "money": at(41),
            "order": pump,
        },
        ({"CANCELLED": 1, "PLACED": 1},),
    ),
    Journey(
        "cancelled",
        {**PAID, "back": come_back(), "cancel": cancel(), "refund": pump, "done": wait},
        ({"CANCELLED": 1},),
    ),
    Journey(
        "cancelled before it is paid",
        {"place": place(lines={X: 1}), "start": start(), "cancel": cancel(), "approve": act("approve"), "money": pump},
        ({"CANCELLED": 1},),
    ),
    Journey(
        "carts",
        {
            "put x": put(X, 2),
            "put y": put(Y, 1),
            "put mine": put(X, 1, USER),
            "put z": put(Z, 1, USER),
            "merge": _merge,
            "remove": _remove,
            "look": look(USER),
            "place": place(owner=USER, method="cod"),
            "take out": _take_out,
            "pump": pump,
            "pump again": pump,
        },
        ({"PLACED": 1},),
    ),
    Journey("two tabs", {"two tabs": _two_tabs, "pump": pump}, ({},)),
    Journey("two for two", {"place": _two_for_two, "pump": pump}, ({"PLACED": 2},)),
    Journey(
        "gateway away",
        {
            "down": script({"on": "create", "do": "down", "times": 1}),
            "place": place(lines={X: 1}),
            "start": start(),
            "approve": act("approve"),
            "back": come_back(),
            "pump": pump,
        },
        ({"PLACED": 1},),
    ),
    Journey(
        "gateway refuses",
        {
            "no": script({"on": "create", "do": "decline", "times": 1}),
            "place": place(lines={X: 1}),
            "start": start(),
            "retry": retry("k2", "card"),
            "start again": start("retry"),
            "approve": act("approve", "retry"),
            "back": come_back("retry"),
            "pump": pump,
        },
        ({"PLACED": 1},),
        refused=("start",),
    ),
    Journey(
        "refund in doubt",
        {
            **PAID,
            "back": come_back(),
            "lost": script({"on": "refund", "do": "lost_response", "times": 1}),
            "cancel": cancel(),
            "refund": pump,
            "later": wait,
            "done": wait,
        },
        ({"CANCELLED": 1},),
    ),
    Journey(
        "refund slow",
        {
            **PAID,
            "back": come_back(),
            "slow": script({"on": "refund", "do": "late_success", "ms": 100_000}),
            "cancel": cancel(),
            "refund": pump,
            "later": wait,
            "done": wait,
        },
        ({"CANCELLED": 1},),
    ),
    Journey(
        "refund rejected",
        {
            **PAID,
            "back": come_back(),
            "no": script({"on": "refund", "do": "decline", "times": 1}),
            "ask": _by_operator("r1", 10_000),
            "refund": pump,
            "again": _refund_again,
            "done": wait,
        },
        ({"PLACED": 1},),
        people=("again",),
    ),
    Journey(
        "refunds while the gateway is away",
        {
            **PAID,
            "back": come_back(),
            "pump": pump,
            "ask": _by_operator("r1", 10_000),
            "down": script({"on": "*", "do": "down", "times": 5}),
            "storm": _storm,
            "refund": pump,
            "later": wait,
            "again": wait,
        },
        ({"PLACED": 1},),
    ),
    Journey(
        "webhook while the gateway is away",
        {**PAID, "error": script({"on": "find", "do": "error", "times": 1}), "webhook": pump, "later": wait},
        ({"PLACED": 1},),
    ),
    Journey(
        "another amount",
        {
            "wrong": script({"on": "approve", "do": "wrong_amount", "times": 1}),
            **PAID,
            "back": come_back(),
            "refund": pump,
            "later": wait,
            "resolve": _resolve,
            "time": at(26),
            "sweep": pump,
        },
        ({"CANCELLED": 1},),
    ),
    Journey(
        "reconciled",
        {
            "silence": script({"on": "webhook", "do": "silence", "times": 9}),
            **PAID,
            "back": come_back(),
            "break": _break,
            "time": at(3),
            "reconcile": _reconcile,
            "pump": pump,
        },
        ({"PLACED": 1},),
        people=("reconcile",),
    ),
)
BY_NAME: Final = {journey.name: journey for journey in JOURNEYS}


# ---- one life of a journey


async def go(life: Life, client: Client, journey: Journey, how: str) -> None:
    """`first` and `resume`: all steps that have no answer yet, then everything that goes on by itself.

    `late`: first everything is over, and only then the client repeats what it was not answered.
    """
    if how == "late":
        await life.settle()
        if client.open:
            await _do(life, client, client.open, journey.steps[client.open])
        for name in journey.people:
            if _owed(client) and name not in client.said:
                await life.settle()
                await _do(life, client, name, journey.steps[name])
    else:
        for name, step in journey.steps.items():
            if name not in client.said:
                await _do(life, client, name, step)
    await life.settle()


def _owed(client: Client) -> bool:
    """Whether there is something for people to do."""
    return "refund" in (client.said.get("ask") or {}) or "break" in client.said or client.open == "break"


async def _do(life: Life, client: Client, name: str, step: Step) -> None:
    """One request until it is answered: an answer of 5xx is none, and the client asks again."""
    client.write(name)
    for left in reversed(range(3)):
        try:
            said = await step(life, client)
            break
        except HaatError as error:
            if error.status >= 500 and left:
                life.pass_time(6)  # the breaker's pause
                continue
            said = {"refused": error.code, "status": error.status}
            break
    client.write(name, said=said)


# ---- what must be true in the end


async def wrong(life: Life, client: Client, journey: Journey, how: str) -> list[str]:
    """What the databases say against what clients were told, and against the story's end."""
    found = []
    states = {row[0]: row[1] for row in await life.rows("SELECT id, state FROM orders")}
    counted = dict(Counter(states.values()))
    if how == "late":
        if "CREATED" in counted:
            found.append(f"an order waits for ever: {counted}")
    elif counted not in [dict(end) for end in journey.ends]:
        found.append(f"ended as {counted}, not as {journey.ends}")
    for step, said in client.said.items():
        if isinstance(said, dict):
            found += await _denied(life, step, said, states, how, journey.refused)
    for step, before, after in client.again:
        if isinstance(before, dict) and isinstance(after, dict) and before.get("id") != after.get("id"):
            found.append(f"{step} was answered {before} and then {after}")
    if (copies := await life.rows("SELECT owner, COUNT(*) FROM orders WHERE replaces IS NULL GROUP BY checkout_id"
                                  " HAVING COUNT(*) > 1")):  # fmt: skip
        found.append(f"a checkout became several orders: {copies}")
    if await life.rows("SELECT sku FROM stock WHERE held < 0 OR held > on_hand OR on_hand < 0"):
        found.append("stock is out of its bounds")
    found += await _carts(life, client, journey, how)
    return found


async def _denied(
    life: Life, step: str, said: dict[str, Any], states: Mapping[str, str], how: str, refused: tuple[str, ...]
) -> list[str]:
    """Answers that the databases do not know of."""
    found = []
    if said.get("status", 200) >= 500:
        found.append(f"{step} was answered {said} to the last")
    if said.get("refused") and how != "late" and step not in refused:
        found.append(f"{step} was refused: {said}")
    if any(name in said and said[name] not in states for name in ("id", "other")):
        found.append(f"{step} told of an order that is not there: {said}")
    if "payment" in said and not await life.rows("SELECT id FROM payment WHERE id = ?", said["payment"]):
        found.append(f"{step} told of a payment that is not there: {said}")
    if "refund" in said and not await life.rows("SELECT id FROM refund WHERE id = ?", said["refund"]):
        found.append(f"{step} told of a refund that is not there: {said}")
    if "cancelled" in said and states.get(said["cancelled"]) != "CANCELLED":
        found.append(f"{step} told of a cancelled order that is {states.get(said['cancelled'])}")
    steps = ("pack", "ship", "deliver")
    reached = {"PACKED": 1, "SHIPPED": 2, "DELIVERED": 3}
    for number, name in enumerate(steps, 1):
        if name in said and reached.get(states[said[name]], 0) < number:
            found.append(f"{name} was answered, and the order is {states[said[name]]}")
    return found


async def _carts(life: Life, client: Client, journey: Journey, how: str) -> list[str]:
    """No line was lost in a merge, and what was ordered is out of the cart once."""
    lines = await life.rows("SELECT owner, sku, units FROM cart_line ORDER BY owner, sku", database="carts")
    rest = {(row[0], row[1]): row[2] for row in lines}
    if how == "late":
        return []
    wanted: dict[tuple[str, str], int] = {}
    if journey.name == "two tabs":
        wanted = {(BUYER, X): 1, (BUYER, Y): 1}
    elif journey.name == "carts" and client.said.get("merge") != {"units": 5}:
        return [f"the merged cart had {client.said.get('merge')}, not 5 units"]
    return [] if rest == wanted else [f"carts have {rest}, not {wanted}"]
