"""What reconciliation is told of stock: each way in which a count can be wrong is found, and nothing else is."""

from collections.abc import AsyncIterator

import pytest

from haat.engines.sql import Tx
from haat.inventory.adapters.drift import Drift, stock_drift
from tests.contracts.holds import ended, part, stocked, take
from tests.contracts.sql_rigs import opened
from tests.contracts.test_holds import SqlHoldsRig


@pytest.fixture
async def rig() -> AsyncIterator[SqlHoldsRig]:
    async with opened(SqlHoldsRig) as rig:
        await stocked(rig, ("acme.A", "w1", 9), ("acme.B", "w1", 5), ("acme.B", "w2", 4))
        await take(rig, "ord_1", part(1, "acme.A", units=3), part(2, "acme.B"))
        await take(rig, "ord_2", part(1, "acme.B", "w2", units=2))
        await ended(rig, rig.holds.commit, "ord_1")
        await ended(rig, rig.holds.consume, "ord_1")
        yield rig


async def found(rig: SqlHoldsRig) -> list[Drift]:
    return await rig.database.read(stock_drift)


async def test_a_sound_shop_has_none_whatever_happened_in_it(rig: SqlHoldsRig) -> None:
    assert await found(rig) == []
    await ended(rig, rig.holds.release, "ord_2")
    assert await found(rig) == []


@pytest.mark.parametrize(
    ("by_hand", "drift"),
    [
        (
            "UPDATE stock SET on_hand = on_hand + 1 WHERE sku = 'acme.A'",
            Drift("acme.A", "w1", 0, 7, 0, 6, 0, 0),
        ),
        (
            "UPDATE stock SET held = 1 WHERE sku = 'acme.B' AND warehouse = 'w2'",
            Drift("acme.B", "w2", 0, 4, 1, 4, 2, 2),
        ),
        (
            "UPDATE hold SET state = 'released' WHERE order_id = 'ord_2'",
            Drift("acme.B", "w2", 0, 4, 2, 4, 2, 0),
        ),
        (
            "INSERT INTO movement (reference, sku, warehouse, bucket, reason, d_on_hand, d_held, actor, note, at_ms)"
            " VALUES ('x', 'acme.A', 'w1', 0, 'ship', -1, -1, '', '', 1)",
            Drift("acme.A", "w1", 0, 6, 0, 5, -1, 0),
        ),
        (
            "INSERT INTO hold VALUES ('ord_9', 1, 'acme.Z', 'w1', 0, 'itm_z', 'usr_1', 2, 'held', 1, 1)",
            Drift("acme.Z", "w1", 0, 0, 0, 0, 0, 2),
        ),
        (
            "DELETE FROM stock WHERE sku = 'acme.A'",
            Drift("acme.A", "w1", 0, 0, 0, 6, 0, 0),
        ),
    ],
    ids=["count", "held", "hold ended without its count", "movement of nothing", "orphan hold", "row lost"],
)
async def test_each_way_to_be_wrong_is_named(rig: SqlHoldsRig, by_hand: str, drift: Drift) -> None:
    def broken(tx: Tx) -> None:
        tx.cursor.execute(by_hand)

    await rig.database.transact(broken)
    assert await found(rig) == [drift]


async def test_it_is_one_statement(rig: SqlHoldsRig) -> None:
    def looking(tx: Tx) -> int:
        stock_drift(tx)
        return tx.statements

    assert await rig.database.read(looking) == 1
