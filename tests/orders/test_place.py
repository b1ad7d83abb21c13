"""Placing orders: one commit, once per key and checkout, and nothing sold twice or falsely refused."""

from tests.orders.world import World


async def test_an_order_is_placed_with_holds_history_payment_and_events(world: World) -> None:
    near = world.serving()[0]
    await world.sell("a.X", {near: 5})
    made = await world.order({"a.X": 2})
    assert (made.state, made.total.minor, made.total.currency) == ("CREATED", 118_000, "INR")
    assert made.payment.redirect_url == f"http://shop.test/pay/{made.payment.id}"
    await world.sound()
    assert await world.sum("SELECT SUM(held) FROM stock") == 2
