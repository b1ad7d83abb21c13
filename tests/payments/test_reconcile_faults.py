"""Faults of every kind in one shop: one run finds all of them, heals or names each, and a second finds nothing new.

The independent checker says afterwards whether money and stock are whole, but for what a person has to decide.
"""

import asyncio
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from haat.engines.sql import Tx
from haat.engines.system import SeededIds
from haat_verify import Paths, verify
from tests.conftest import ManualClock
from tests.payments.faults import EVERY, HEALED, Fault, Faults, Injected
from tests.payments.reconciling import Reconciled, reconciled
from tests.payments.shop import PRICE_MINOR, SKU
from tests.sql import SQL, ask

QUICK, FULL = 60, 1_000


async def injected(world: Reconciled, kinds: Sequence[Fault], count: int) -> list[Injected]:
    """So many faults, of these kinds in turn, and time enough that nothing counts as under way."""
    shop = world.shop
    warehouses = shop.serving()
    await shop.sell(SKU, {warehouses[0]: 4 * count}, PRICE_MINOR)
    faults = Faults(shop)
    for number in range(count):
        faults.done.append(await kinds[number % len(kinds)](faults))
    await shop.script({"on": "webhook", "do": "silence"})

    def wait_longer(tx: Tx) -> None:
        """Orders whose timer is not the fault do not expire meanwhile: expiring them asks the gateway, and heals."""
        ask(tx, "UPDATE orders SET expires_ms = expires_ms + 86400000 WHERE expires_ms > ?", (tx.now_ms,))

    await shop.database.transact(wait_longer)
    shop.clock.advance(20 * 60)
    return faults.done


async def named(world: Reconciled) -> dict[tuple[str, str], str]:
    """What stands in the book of breaks."""
    return {(row[0], row[1]): row[2] for row in await world.shop.rows("SELECT kind, refs, state FROM recon_break")}


async def found_healed_or_named(world: Reconciled, faults: Sequence[Injected]) -> None:
    report = await world.run()
    assert report.complete
    book = await named(world)
    for fault in faults:
        states = {book[kind, refs] for kind in fault.kinds for refs in fault.refs if (kind, refs) in book}
        assert states == ({"healed"} if fault.heals else {"open"}), (fault, states)
    wanted = {(kind, refs) for fault in faults for kind in fault.kinds for refs in fault.refs}
    besides = {one for fault in faults for one in fault.besides}
    assert set(book) - wanted - besides == set()  # nothing is found that is not wrong

    world.shop.clock.advance(120)
    again = await world.run()
    assert again.named == {}, again
    assert set(again.known) <= {kind for fault in faults if not fault.heals for kind in fault.kinds}
    assert await opened(world) <= report.open


async def opened(world: Reconciled) -> int:
    return await world.shop.sum("SELECT COUNT(*) FROM recon_break WHERE state = 'open'")


def scars_of(faults: Sequence[Injected]) -> dict[str, int]:
    """What the checker must still find: exactly what waits for a person, and what happened to holds of no order."""
    scars = Counter(check for fault in faults for check in fault.scars)
    if scars["double-entry"]:
        scars["money-global"] = 1  # of all accounts together
    return dict(scars)


async def checked(world: Reconciled, folder: Path) -> dict[str, int]:
    """What the independent checker finds at a shop at rest, apart from the relay, which nothing runs here."""
    shop = world.shop
    await shop.settled()
    await world.sweeper.step()
    await shop.settled()
    await shop.database.transact(lambda tx: ask(tx, "UPDATE outbox SET sent_ms = ? WHERE sent_ms = 0", (tx.now_ms,)))
    report = await asyncio.to_thread(
        verify, Paths(SQL.place(folder / "orders.db"), folder / "fakepay.db"), True, now_ms=shop.clock.now_ms()
    )
    return dict(report.broken)


async def test_what_can_be_healed_is_healed_in_one_run(tmp_path: Path, clock: ManualClock, ids: SeededIds) -> None:
    async with reconciled(tmp_path, clock, ids) as world:
        faults = await injected(world, HEALED, QUICK // 2)
        await found_healed_or_named(world, faults)
        assert await opened(world) == 0
        assert await checked(world, tmp_path) == scars_of(faults)


async def test_faults_of_all_kinds_are_healed_or_named_in_one_run(
    tmp_path: Path, clock: ManualClock, ids: SeededIds
) -> None:
    async with reconciled(tmp_path, clock, ids) as world:
        faults = await injected(world, EVERY, QUICK // 2)
        await found_healed_or_named(world, faults)
        assert await checked(world, tmp_path) == scars_of(faults)


@pytest.mark.fault
@pytest.mark.timeout(1_800)
async def test_a_thousand_faults_are_found_in_one_run(tmp_path: Path, clock: ManualClock, ids: SeededIds) -> None:
    async with reconciled(tmp_path, clock, ids) as world:
        faults = await injected(world, EVERY, FULL)
        await found_healed_or_named(world, faults)
        assert await checked(world, tmp_path) == scars_of(faults)


@pytest.mark.fault
@pytest.mark.parametrize("kind", EVERY, ids=lambda kind: kind.__name__)
async def test_each_kind_alone(kind: Fault, tmp_path: Path, clock: ManualClock, ids: SeededIds) -> None:
    async with reconciled(tmp_path, clock, ids) as world:
        faults = await injected(world, [kind], 2)
        await found_healed_or_named(world, faults)
        assert await checked(world, tmp_path) == scars_of(faults)
