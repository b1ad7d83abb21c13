"""How many SQL statements each unit costs, so that nobody adds one without noticing."""

from typing import Any

import pytest

from haat.engines.sql import Tx
from haat.payments.model import GatewayDown
from tests.orders.world import at_once
from tests.payments.shop import Shop

COUNTED = {
    "request": 2,  # job, payment
    "settle": 12,  # of these six are orders': head, holds, state, head, history, lines; two mark the webhook
    "keep_webhook": 2,
    "webhook_handled": 2,
    "request_refund": 3,
    "hear_refund": 3,
    "ask_refund": 7,
    "begin_again": 5,
    "cancel_order": 16,
}


@pytest.fixture
def counts(shop: Shop) -> dict[str, int]:
    """The most statements of each named unit, outbox not counted."""
    seen: dict[str, int] = {}
    transact = shop.database.transact

    async def counting(unit: Any) -> Any:
        def counted(tx: Tx) -> Any:
            result = unit(tx)
            seen[unit.__name__] = max(seen.get(unit.__name__, 0), tx.statements)
            return result

        return await transact(counted)

    shop.database.transact = counting  # type: ignore[method-assign]
    return seen


async def test_units_cost_what_they_say(shop: Shop, counts: dict[str, int]) -> None:
    order_id, first = await shop.ordered()
    await shop.start(first)
    await shop.act(first, "approve")
    await shop.gateway_app.drain()
    other, _ = await shop.ordered(checkout_id="other")
    await shop.try_again(other)
    await shop.cancel(order_id)
    await shop.settled()
    assert await shop.refunds() == [("cancelled", "DONE", 59_000)]
    over = {name: count for name, count in counts.items() if count > COUNTED.get(name, 99)}
    assert over == {}
    assert set(counts) >= set(COUNTED) - {"ask_refund"}


async def test_two_tabs_get_one_page(shop: Shop) -> None:
    _, payment_id = await shop.ordered()
    pages = await at_once(*(shop.start(payment_id) for _ in range(6)))
    assert len(set(pages)) == 1
    assert isinstance(pages[0], str)
    assert len((await shop.raw.intents(0, 2**52, "", 10))[0]) == 1


async def test_two_tabs_without_an_answer_are_one_question(shop: Shop) -> None:
    _, payment_id = await shop.ordered()
    await shop.script({"on": "create", "do": "lost_response"})
    said = await at_once(*(shop.start(payment_id) for _ in range(4)))
    await shop.script()
    page = await shop.start(payment_id)
    assert all(isinstance(one, GatewayDown) or one == page for one in said), said
    assert any(isinstance(one, GatewayDown) for one in said)
