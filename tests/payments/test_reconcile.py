"""What reconciliation finds, how it heals, and what it leaves to people."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from haat.engines.system import SeededIds
from tests.conftest import ManualClock
from tests.payments.reconciling import Reconciled, reconciled


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
