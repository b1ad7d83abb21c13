"""What reconciliation finds, how it heals, and what it leaves to people."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from haat.engines.sql import Tx
from haat.engines.sql.idempotency import Claim
from haat.engines.system import SeededIds
from haat.orders.model import NotAvailable
from haat.payments.adapters.fakepay import FakePayGateway
from haat.payments.breaks import FIRST, Break, BreakOver, Finding, NoSuchBreak, rank_of
from haat.payments.model import Intent
from haat.payments.operator import Wish
from haat.payments.reconcile import Report
from haat.payments.reconcile_loop import ReconcileLoop
from haat.payments.spans import HOURLY
from tests.conftest import ManualClock
from tests.payments.reconciling import Reconciled, reconciled
from tests.payments.shop import BASE, KEY, PRICE_MINOR, SECRET, SKU, Shop
from tests.sql import asked


@pytest.fixture
async def world(tmp_path: Path, clock: ManualClock, ids: SeededIds) -> AsyncIterator[Reconciled]:
    async with reconciled(tmp_path, clock, ids) as world:
        yield world


async def test_a_shop_in_order_has_nothing_to_find(world: Reconciled) -> None:
    shop = world.shop
    for action in ("approve", "approve", "decline"):
        _, payment_id = await shop.ordered()
        await shop.start(payment_id)
        await shop.act(payment_id, action)
    await shop.cancel((await shop.ordered())[0])
    await shop.ordered(method="cod")
    await shop.settled()

    report = await world.run()

    assert (report.found, report.open, report.complete) == ({}, 0, True)
    assert report.compared == {"intents": 3, "payments": 3, "orders": 5}


async def test_a_lost_webhook_is_made_good_by_asking(world: Reconciled) -> None:
    shop = world.shop
    order_id, payment_id = await shop.ordered()
    await shop.script({"on": "webhook", "do": "silence", "reference": payment_id})
    await shop.start(payment_id)
    await shop.act(payment_id, "approve")
    shop.clock.advance(120)
    assert await shop.state(order_id) == ("CREATED", "")

    report = await world.run()

    assert (report.found, report.healed, report.open) == ({"STATE": 1}, {"STATE": 1}, 0)
    assert await shop.state(order_id) == ("PLACED", "")
    await shop.balanced()


# ---- breaks


async def test_what_comes_right_by_itself_is_healed_by_the_next_run(world: Reconciled) -> None:
    shop = world.shop
    order_id, payment_id = await shop.ordered()
    await shop.script({"on": "act", "do": "wrong_amount", "times": 1}, {"on": "webhook", "do": "silence"})
    await shop.start(payment_id)
    await shop.act(payment_id, "approve")
    shop.clock.advance(120)

    first = await world.run()
    (one,) = await world.look.listed("", FIRST, 10)
    assert (first.named, one.kind, one.refs, one.state) == ({"AMOUNT": 1}, "AMOUNT", payment_id, "open")
    assert await shop.refunds() == [("mismatch", "DUE", 58_900)]

    await shop.settled()  # the refund is sent
    second = await world.run()
    assert (second.found, second.open, (await world.look.one(one.id)).state) == ({}, 0, "healed")
    assert await shop.state(order_id) == ("CREATED", "")


async def test_what_was_healed_and_goes_wrong_again_is_open_again(world: Reconciled) -> None:
    finding = Finding("LEDGER", "x", {"sum": 1})
    database = world.shop.database
    await database.transact(lambda tx: world.breaks.file(tx, [(finding, True)]))
    assert (await world.look.one(1)).state == "healed"
    await database.transact(lambda tx: world.breaks.file(tx, [(finding, False)]))
    assert (await world.look.one(1)).state == "open"


async def test_what_a_person_resolved_stays_resolved(world: Reconciled) -> None:
    shop = world.shop
    await shop.raw.create(
        reference="pay_stranger", amount_minor=100, currency="INR", method="upi", return_url="http://s/", expires_ms=0
    )
    shop.clock.advance(120)
    await world.run()
    (one,) = await world.look.listed("open", FIRST, 10)

    resolved = await world.look.resolve(one.id, "operator:tok_1", "a test of ours at the gateway")
    assert (resolved.state, resolved.resolution) == ("resolved", "a test of ours at the gateway")
    assert await world.look.resolve(one.id, "operator:tok_1", "a test of ours at the gateway") == resolved
    with pytest.raises(BreakOver):
        await world.look.resolve(one.id, "operator:tok_2", "no, mine")

    shop.clock.advance(60)
    report = await world.run()
    assert (report.found, report.known, report.named, report.open) == (
        {"MISSING_LOCAL": 1},
        {"MISSING_LOCAL": 1},
        {},
        0,
    )
    with pytest.raises(NoSuchBreak):
        await world.look.one(99)


async def test_pages_of_breaks_begin_with_open_ones_and_lose_none(world: Reconciled) -> None:
    findings = [(Finding("JOB_PARKED", f"payment:{n}", {}), n % 3 == 0) for n in range(20)]
    await world.shop.database.transact(lambda tx: world.breaks.file(tx, findings))
    seen: list[Break] = []
    after = FIRST
    while page := await world.look.listed("", after, 3):
        seen += page
        after = rank_of(page[-1])
    assert len({one.id for one in seen}) == len(seen) == 20
    states = [one.state for one in seen]
    assert states == ["open"] * 13 + ["healed"] * 7
    assert [one.id for one in seen[:13]] == sorted((one.id for one in seen[:13]), reverse=True)


# ---- what fails closed, and what nobody can decide but a person


async def test_more_held_than_there_is_leaves_nothing_to_sell(world: Reconciled) -> None:
    shop = world.shop
    (warehouse,) = shop.serving()[:1]
    await shop.sell("a.O", {warehouse: 5})
    await shop.order({"a.O": 4}, owner="crt_o")
    await by_hand(shop, "INSERT INTO movement (reference, sku, warehouse, bucket, reason, d_on_hand, d_held, actor, "
                  "note, at_ms) VALUES ('thief', 'a.O', ?, 0, 'lost', -3, 0, 'a', '', 0)", warehouse)  # fmt: skip

    report = await world.run()

    assert (report.found, report.named) == ({"STOCK_DRIFT": 1, "OVERSOLD": 1}, {"OVERSOLD": 1})
    assert await shop.rows("SELECT on_hand, held FROM stock WHERE sku = 'a.O'") == [(4, 4)]
    with pytest.raises(NotAvailable):
        await shop.order({"a.O": 1}, owner="crt_p")
    assert (await world.run()).found == {}
    assert [one.kind for one in await world.look.listed("open", FIRST, 10)] == ["OVERSOLD"]  # until a person says so


async def test_an_order_whose_units_nobody_keeps_is_named(world: Reconciled) -> None:
    shop = world.shop
    order_id, _ = await shop.ordered()
    await shop.database.transact(lambda tx: shop.holds.release(tx, order_id))
    report = await world.run()
    assert (report.found, report.named) == ({"HOLD_MISSING": 1}, {"HOLD_MISSING": 1})


async def test_an_order_that_was_paid_and_not_placed_is_placed(world: Reconciled) -> None:
    shop = world.shop
    order_id, payment_id = await shop.ordered()
    payment = await shop.payment(payment_id)
    await shop.database.transact(
        lambda tx: shop.payments.succeed(tx, payment, payment.amount_minor, "APPLIED", order_id)
    )
    report = await world.run()
    assert report.healed == {"ORDER_MONEY": 1}
    assert await shop.state(order_id) == ("PLACED", "")


async def test_what_an_operator_gave_back_is_no_break(world: Reconciled) -> None:
    shop = world.shop
    for turn, then_cancelled in enumerate((False, True)):
        order_id, payment_id = await shop.ordered(owner=f"crt_{turn}")
        await shop.start(payment_id)
        await shop.act(payment_id, "approve")
        await shop.settled()
        wish = Wish(order_id=order_id, amount_minor=5_000, note="scratched")
        await shop.operator.ask(wish, "operator:tok_1", Claim("operator:tok_1", f"k{turn}", "f" * 64))
        if then_cancelled:
            await shop.cancel(order_id)
        await shop.settled()
    report = await world.run()
    assert (report.found, report.compared["refunds"]) == ({}, 3)


async def test_beside_buyers_at_work_nothing_is_named_or_changed(world: Reconciled) -> None:
    shop = world.shop
    await shop.sell(SKU, dict.fromkeys(shop.serving(), 100), PRICE_MINOR)
    stop = asyncio.Event()

    async def buyer(number: int) -> None:
        for turn in range(3):
            order_id, payment_id = await shop.ordered(owner=f"crt_{number}_{turn}")
            await shop.start(payment_id)
            await shop.act(payment_id, ("approve", "decline")[(number + turn) % 2])
            await shop.gateway_app.drain()
            if (number + turn) % 4 == 0:
                await shop.cancel(order_id)

    async def operator() -> list[Report]:
        reports: list[Report] = []
        while not stop.is_set() or len(reports) < 2:
            reports.append(await world.run())
            shop.clock.advance(5)
        return reports

    async def buyers() -> None:
        await asyncio.gather(*(buyer(number) for number in range(8)))
        stop.set()

    reports, _ = await asyncio.gather(operator(), buyers())

    assert [(report.found, report.open) for report in reports] == [({}, 0)] * len(reports)
    await shop.settled()
    await shop.balanced()


# ---- a gateway that is away, and runs that are broken off


async def test_without_the_gateway_the_shop_itself_is_still_looked_at(world: Reconciled) -> None:
    shop = world.shop
    order_id, _ = await shop.ordered()
    await shop.database.transact(lambda tx: shop.holds.release(tx, order_id))
    await shop.script({"on": "*", "do": "down"})
    report = await world.run()
    assert (report.complete, report.found) == (False, {"HOLD_MISSING": 1})

    held_back = await world.run.due(HOURLY)
    assert held_back is not None
    assert (held_back.complete, held_back.reached_ms) == (False, held_back.from_ms)
    await shop.script()
    shop.clock.advance(61)
    resumed = await world.run.due(HOURLY)
    assert resumed is not None
    assert (resumed.complete, resumed.to_ms) == (True, held_back.to_ms)


async def test_a_regular_run_that_was_broken_off_goes_on_where_it_was(world: Reconciled) -> None:
    shop = world.shop
    asked: list[int] = []
    dies_at = [4]

    class Watched(FakePayGateway):
        async def intents(self, from_ms: int, to_ms: int, page: str, limit: int) -> tuple[Sequence[Intent], str]:
            if len(asked) in dies_at:
                raise KilledHere
            asked.append(from_ms)
            return await shop.raw.intents(from_ms, to_ms, page, limit)

    watched = Watched(BASE, KEY, SECRET)
    watched.refunds = shop.raw.refunds  # type: ignore[method-assign]  # only one call is watched
    run = replace(world.run, gateways={"fakepay": watched})
    with pytest.raises(KilledHere):
        await run.due(HOURLY)
    shop.clock.advance(60)
    assert await run.due(HOURLY) is None  # for all we know somebody is at it
    shop.clock.advance(300)

    asked.clear()
    dies_at.clear()
    report = await run.due(HOURLY)
    assert report is not None
    assert asked[0] == report.from_ms + (1 + 2 + 4 + 6) * 3_600_000  # four slices were done; quiet ones grow
    assert report.to_ms - report.from_ms == (48 * 60 - 1) * 60_000
    assert await run.due(HOURLY) is None
    shop.clock.advance(3_600)
    assert await run.due(HOURLY) is not None
    await watched.aclose()


async def test_the_role_runs_every_span_once_and_then_when_it_is_due(world: Reconciled) -> None:
    loop = ReconcileLoop(world.run)
    assert await loop.step() == 3
    assert await loop.step() == 0
    world.shop.clock.advance(300)
    assert await loop.step() == 1
    world.shop.clock.advance(3_300)
    assert await loop.step() == 2


async def test_a_handful_of_statements_for_a_page_of_orders(world: Reconciled) -> None:
    shop = world.shop
    for _ in range(5):
        await shop.ordered(method="cod", owner=shop.ids.new("crt"))
    counted: list[tuple[str, int]] = []
    read = shop.database.read

    async def counting(unit: Any, *, brief: bool = False) -> Any:
        def counted_unit(tx: Tx) -> Any:
            answer = unit(tx)
            counted.append((getattr(unit, "__name__", ""), tx.statements))
            return answer

        return await read(counted_unit, brief=brief)

    shop.database.read = counting  # type: ignore[method-assign]  # counts, and changes nothing
    await world.run()
    at_most = {"look_at_orders": 4, "look_at_holds": 2, "look_at_payments": 1, "look_at_claimed": 1}
    assert {name for name, _ in counted} >= {"look_at_orders", "look_at_holds", "look_at_claimed"}
    assert all(count <= at_most.get(name, 2) for name, count in counted)


class KilledHere(Exception):
    """The process ends."""


async def by_hand(shop: Shop, query: str, *values: object) -> None:
    await shop.database.transact(asked(query, *values))
