"""A shop of 100,000 orders in order: reconciliation looks at all of it and finds nothing."""

import asyncio
import sqlite3
from pathlib import Path

import pytest

from haat.engines.sql import Tx
from haat.engines.system import SeededIds
from tests.conftest import ManualClock
from tests.payments.reconciling import Reconciled
from tests.payments.shop import Shop
from tests.verify.make_shop import NOW_MS, make_shop

QUICK, FULL = 2_000, 100_000


def listed_by_time(gateway: Path) -> None:
    """The gateway's own journal of changes, which its lists by time read."""
    db = sqlite3.connect(gateway)
    with db:
        db.execute("INSERT INTO changes (kind, object_id, at_ms) SELECT 'i', id, updated_ms FROM intents")
        db.execute("INSERT INTO changes (kind, object_id, at_ms) SELECT 'r', id, updated_ms FROM refunds")
    db.close()


async def reports_zero(folder: Path, orders: int) -> None:
    files = await asyncio.to_thread(make_shop, folder, orders)
    await asyncio.to_thread(listed_by_time, files.gateway)
    clock = ManualClock(NOW_MS)
    shop = Shop(files.orders, clock, SeededIds(1, clock))
    shop.database.open()
    try:
        world = Reconciled(shop)
        report = await world.run()
        assert (report.found, report.open, report.complete) == ({}, 0, True)
        assert report.compared["orders"] >= orders
        assert report.compared["intents"] == report.compared["payments"] >= orders * 0.8

        if orders > QUICK:
            return

        def break_one(tx: Tx) -> None:
            tx.cursor.execute("UPDATE stock SET held = held + 1, on_hand = on_hand + 1 WHERE sku = 'acme.7'", ())

        await shop.database.transact(break_one)
        assert (await world.run()).found == {"STOCK_DRIFT": 2}  # a reconciliation that finds nothing can find something
    finally:
        await shop.control.aclose()
        await shop.raw.aclose()
        await asyncio.to_thread(shop.gateway_app.close)
        shop.database.close()


@pytest.mark.sqlite  # the shop is made by filling its file
async def test_a_shop_in_order_reports_zero(tmp_path: Path) -> None:
    await reports_zero(tmp_path, QUICK)


@pytest.mark.fault
@pytest.mark.timeout(1_200)
async def test_a_large_shop_in_order_reports_zero(tmp_path: Path) -> None:
    await reports_zero(tmp_path, FULL)
