"""An unpaid order at its end: the gateway is asked, one grace, one end, and the units are free again."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import msgspec
import pytest

from haat.engines.sql import Tx
from haat.engines.sql.leases import LeaseLost, take_lease
from haat.errors import Unavailable
from haat.orders.expire import LEASE, Expired, ExpireOrder
from haat.orders.model import GRACE_MS, HOLD_MS, OrderChanged
from haat.orders.place import OrderGiven
from haat.orders.ports import PaymentWord
from tests.conftest import ManualClock
from tests.orders.world import World

TTL_MS = 10_000


@dataclass
class Gateway:
    """What payments answer of an order; `meanwhile` runs after the gateway spoke and before the caller hears it."""

    word: PaymentWord = "none"
    meanwhile: Callable[[str], Awaitable[object]] | None = None
    asked: list[str] = field(default_factory=list)

    async def __call__(self, order_id: str, /) -> PaymentWord:
        self.asked.append(order_id)
        if self.meanwhile is not None:
            await self.meanwhile(order_id)
        return self.word


@pytest.fixture
def gateway() -> Gateway:
    return Gateway()


@pytest.fixture
def expire(world: World, gateway: Gateway) -> ExpireOrder:
    return ExpireOrder(world.database, world.orders, gateway)


@pytest.fixture
async def epoch(world: World) -> int:
    return await leased(world, "test")


async def leased(world: World, holder: str) -> int:
    epoch = await world.database.transact(lambda tx: take_lease(tx, LEASE, holder, TTL_MS))
    assert epoch is not None
    return epoch


async def unpaid(world: World, *, units: int = 2) -> OrderGiven:
    await world.sell("a.X", {world.serving()[0]: 5})
    return await world.order({"a.X": units})


async def paid(world: World, made: OrderGiven) -> str:
    """What settling a captured payment does to its order."""

    def settle(tx: Tx) -> str:
        return world.orders.pay(tx, made.id, made.payment.id, made.total.minor, made.total.currency)

    return await world.database.transact(settle)


async def state(world: World, order_id: str) -> tuple[str, str]:
    rows = await world.rows("SELECT state, reason FROM orders WHERE id = ?", order_id)
    return (rows[0][0], rows[0][1])


async def held(world: World) -> int:
    return await world.sum("SELECT SUM(held) FROM stock")


async def test_not_a_millisecond_early(
    world: World, expire: ExpireOrder, gateway: Gateway, epoch: int, clock: ManualClock
) -> None:
    made = await unpaid(world)
    clock.set(clock.now_ms() + HOLD_MS - 1)
    assert await expire(made.id, epoch) == "not_due"
    assert (await state(world, made.id), await held(world)) == (("CREATED", ""), 2)
    clock.set(clock.now_ms() + 1)
    assert await expire(made.id, epoch) == "cancelled"
    assert (await state(world, made.id), await held(world)) == (("CANCELLED", "expired"), 0)
    assert gateway.asked == [made.id] * 2
    await world.sound()


async def test_it_ends_once_with_one_row_of_history_under_the_epoch_and_one_event(
    world: World, expire: ExpireOrder, epoch: int, clock: ManualClock
) -> None:
    made = await unpaid(world)
    clock.advance(HOLD_MS / 1000)
    answers = await asyncio.gather(*(expire(made.id, epoch) for _ in range(12)))
    assert sorted(answers) == ["cancelled"] + ["gone"] * 11
    history = "SELECT to_state, reason, actor, epoch FROM order_event WHERE order_id = ? ORDER BY seq"
    assert (await world.rows(history, made.id))[1:] == [("CANCELLED", "expired", "expiry", epoch)]
    assert [event.type for event in await world.events("stock")].count("stock.held") == 2
    await world.sound()


async def test_what_was_paid_or_cancelled_is_left_alone(
    world: World, expire: ExpireOrder, gateway: Gateway, epoch: int, clock: ManualClock
) -> None:
    made = await unpaid(world)
    assert await paid(world, made) == "placed"
    clock.advance(HOLD_MS / 1000)
    assert await expire(made.id, epoch) == "gone"
    gateway.word = "paid"
    assert await expire(made.id, epoch) == "gone"
    assert await expire("ord_unknown", epoch) == "gone"
    assert await state(world, made.id) == ("PLACED", "")
    await world.sound()


async def test_an_order_with_money_that_is_not_placed_is_left_for_a_person(
    world: World, expire: ExpireOrder, gateway: Gateway, epoch: int, clock: ManualClock
) -> None:
    made = await unpaid(world)
    gateway.word = "paid"
    clock.advance(HOLD_MS / 1000)
    with pytest.raises(OrderChanged):
        await expire(made.id, epoch)
    assert (await state(world, made.id), await held(world)) == (("CREATED", ""), 2)


@pytest.mark.parametrize("word", ["open", "unknown"])
async def test_a_payment_under_way_or_a_silent_gateway_gives_one_grace(
    world: World, expire: ExpireOrder, gateway: Gateway, epoch: int, clock: ManualClock, word: PaymentWord
) -> None:
    made = await unpaid(world)
    gateway.word = word
    clock.advance(HOLD_MS / 1000)
    assert await expire(made.id, epoch) == "extended"
    assert await expire(made.id, epoch) == "not_due"
    clock.set(clock.now_ms() + GRACE_MS - 1)
    assert await expire(made.id, epoch) == "not_due"
    assert (await state(world, made.id), await held(world)) == (("CREATED", ""), 2)
    clock.set(clock.now_ms() + 1)
    assert await expire(made.id, epoch) == "cancelled"
    assert (await state(world, made.id), await held(world)) == (("CANCELLED", "expired"), 0)
    await world.sound()


async def test_money_that_comes_in_the_grace_places_the_order(
    world: World, expire: ExpireOrder, gateway: Gateway, epoch: int, clock: ManualClock
) -> None:
    made = await unpaid(world)
    gateway.word = "open"
    clock.advance(HOLD_MS / 1000)
    assert await expire(made.id, epoch) == "extended"
    clock.advance(GRACE_MS / 2000)
    assert await paid(world, made) == "placed"
    clock.advance(GRACE_MS / 1000)
    assert await expire(made.id, epoch) == "gone"
    assert await state(world, made.id) == ("PLACED", "")
    await world.sound()


async def test_a_declined_payment_is_the_reason(
    world: World, expire: ExpireOrder, gateway: Gateway, epoch: int, clock: ManualClock
) -> None:
    made = await unpaid(world)

    def declined(tx: Tx) -> None:
        payment = world.payments.payment(tx, made.payment.id)
        assert payment is not None
        after = msgspec.structs.replace(payment, state="FAILED", live=False, failure="declined")
        world.payments.change(tx, payment, after)

    await world.database.transact(declined)
    gateway.word = "failed"
    clock.advance(HOLD_MS / 1000)
    assert await expire(made.id, epoch) == "cancelled"
    assert await state(world, made.id) == ("CANCELLED", "payment_failed")
    await world.sound()


async def test_money_between_the_gateways_word_and_the_unit_wins(
    world: World, expire: ExpireOrder, gateway: Gateway, epoch: int, clock: ManualClock
) -> None:
    made = await unpaid(world)
    clock.advance(HOLD_MS / 1000)

    async def webhook(_: str) -> None:
        assert await paid(world, made) == "placed"

    gateway.meanwhile = webhook
    assert await expire(made.id, epoch) == "gone"
    assert (await state(world, made.id), await held(world)) == (("PLACED", ""), 2)
    await world.sound()


async def test_money_after_the_end_is_late(world: World, expire: ExpireOrder, epoch: int, clock: ManualClock) -> None:
    made = await unpaid(world)
    clock.advance(HOLD_MS / 1000)
    assert await expire(made.id, epoch) == "cancelled"
    assert await paid(world, made) == "off"
    assert (await state(world, made.id), await held(world)) == (("CANCELLED", "expired"), 0)
    await world.sound()


async def test_pay_against_expiry_has_exactly_one_winner(
    world: World, expire: ExpireOrder, epoch: int, clock: ManualClock
) -> None:
    await world.sell("a.X", {world.serving()[0]: 30})
    orders = [await world.order({"a.X": 1}, owner=f"crt_{n}") for n in range(30)]
    clock.advance(HOLD_MS / 1000)

    async def both(n: int, made: OrderGiven) -> tuple[str, Expired]:
        ways: list[Awaitable[str]] = [paid(world, made), expire(made.id, epoch)]
        if n % 2:
            answers = await asyncio.gather(*ways)
        else:
            answers = list(reversed(await asyncio.gather(*reversed(ways))))
        return answers[0], answers[1]  # type: ignore[return-value]  # as the two verbs answer

    ends = set(await asyncio.gather(*(both(n, made) for n, made in enumerate(orders))))
    assert ends <= {("placed", "gone"), ("off", "cancelled")}
    placed = await world.sum("SELECT COUNT(*) FROM orders WHERE state = 'PLACED'")
    assert await held(world) == placed
    await world.sound()


async def test_who_lost_its_lease_ends_nothing(
    world: World, expire: ExpireOrder, epoch: int, clock: ManualClock
) -> None:
    made = await unpaid(world)
    clock.advance(HOLD_MS / 1000)
    new_epoch = await leased(world, "successor")
    with pytest.raises(LeaseLost):
        await expire(made.id, epoch)
    assert await state(world, made.id) == ("CREATED", "")
    assert await expire(made.id, new_epoch) == "cancelled"


async def test_a_database_that_is_away_changes_nothing(
    world: World, expire: ExpireOrder, gateway: Gateway, epoch: int, clock: ManualClock
) -> None:
    made = await unpaid(world)
    clock.advance(HOLD_MS / 1000)

    async def goes_away(_: str) -> None:
        world.database.close()

    gateway.meanwhile = goes_away
    with pytest.raises(Unavailable):
        await expire(made.id, epoch)
    world.database.open()
    gateway.meanwhile = None
    assert await expire(made.id, epoch) == "cancelled"
    await world.sound()


async def test_an_order_of_many_lines_ends_in_a_fixed_number_of_statements(
    world: World, expire: ExpireOrder, epoch: int, clock: ManualClock
) -> None:
    near = world.serving()[0]
    for n in range(12):
        await world.sell(f"a.N{n}", {near: 5})
    made = await world.order({f"a.N{n}": 1 for n in range(12)})
    clock.advance(HOLD_MS / 1000)
    counted: list[int] = []
    transact = world.database.transact

    async def counting(unit: Callable[[Tx], Expired]) -> Expired:
        def expire_order(tx: Tx) -> Expired:
            answer = unit(tx)
            counted.append(tx.statements)
            return answer

        return await transact(expire_order)

    world.database.transact = counting  # type: ignore[method-assign,assignment]
    assert await expire(made.id, epoch) == "cancelled"
    assert counted[0] <= 13
