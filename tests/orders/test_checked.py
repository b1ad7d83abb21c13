"""Orders in every state they can come to without a gateway, looked at by the independent checker."""

from haat.engines.sql import Tx
from haat.orders.advance import AdvanceOrder, Step
from haat.orders.cancel import Actor, CancelOrder
from haat.orders.model import HOLD_MS
from haat_verify.run import Paths, verify
from tests.orders.world import World, at_once
from tests.sql import SQL

OPERATOR = Actor("operator", "tok_1")


async def test_the_checker_finds_nothing_wrong_with_any_of_them(world: World) -> None:
    warehouses = world.serving()
    for sku in ("a.X", "a.Y", "b.Z"):
        await world.sell(sku, dict.fromkeys(warehouses, 7))
    for sku in ("a.X", "b.Z"):  # over more rows than most have units for
        await world.offers.spread(sku, 4, actor="tok_1", reference="spread:1")
    advance = AdvanceOrder(world.database, world.orders, world.holds, world.payments)
    cancel = CancelOrder(world.database, world.orders)
    steps: list[Step] = ["pack", "ship", "deliver"]
    for i in range(8):  # cash: left at each state, delivered, and called off at each state
        made = await world.order({"a.X": 2, "b.Z": 1}, owner=f"crt_{i}", method="cod")
        for step in steps[: i % 4]:
            await advance(made.id, step, OPERATOR)
        if i > 4:
            await at_once(*(cancel(made.id, OPERATOR) for _ in range(3)))
    for i in range(4):  # unpaid: waiting, called off, expired, waiting beyond its time
        made = await world.order({"a.Y": 9}, owner=f"usr_{i}")
        if i == 1:
            await cancel(made.id, Actor("customer", f"usr_{i}"))
        if i == 2:
            world.clock.advance(HOLD_MS / 1000)

            def expire_order(tx: Tx, order_id: str = made.id) -> bool:
                return world.orders.cancel(tx, order_id, "expired", "expiry", 0)

            assert await world.database.transact(expire_order)
    await at_once(*(world.place(world.command({"b.Z": 4}, owner=f"crt_r{i}")) for i in range(20)))
    assert await world.sum("SELECT COUNT(DISTINCT bucket) FROM hold") == 4
    await world.offers.spread("b.Z", 2, actor="tok_1", reference="spread:2")
    report = verify(Paths(SQL.place(world.path)), drained=False, now_ms=world.clock.now_ms())
    assert report.clean, report.as_table()
    assert await world.sum("SELECT COUNT(DISTINCT state) FROM orders") == 6
