"""An operator spreads a sku: over the real edge, on the demo market."""

import httpx2

from haat.inventory.adapters.drift import stock_drift
from haat.shop import Shop
from tests.api.conftest import Tokens
from tests.sql import asked


async def test_an_operator_spreads_a_sku_and_draws_it_together_again(
    shop: Shop, client: httpx2.AsyncClient, tokens: Tokens
) -> None:
    orders = shop.databases["orders"]
    ((sku,),) = await orders.read(
        asked(
            "SELECT o.sku FROM offer o JOIN stock s ON s.sku = o.sku GROUP BY o.sku HAVING SUM(s.on_hand) > 4 LIMIT 1"
        )
    )
    path, headers = f"/api/v1/admin/stock/{sku}/buckets", Tokens.header(tokens.operator)
    before = await shop.offers.offer(sku)
    assert before is not None
    counts = [(row.warehouse, row.on_hand, row.held) for row in before.stock]
    for buckets in (4, 4, 1):
        answer = await client.put(path, json={"buckets": buckets}, headers=headers)
        assert answer.status_code == 200, answer.text
        told = answer.json()
        assert (told["sku"], told["buckets"]) == (sku, buckets)
        assert [(row["warehouse"], row["on_hand"], row["held"]) for row in told["stock"]] == counts
    actors = await orders.read(asked("SELECT DISTINCT actor FROM movement WHERE reason = 'rebalance'"))
    assert [actor.partition(":")[0] for (actor,) in actors] == ["operator"]
    assert await orders.read(stock_drift) == []


async def test_a_number_of_buckets_that_is_none_and_a_sku_that_is_none_are_refused(
    client: httpx2.AsyncClient, tokens: Tokens
) -> None:
    headers = Tokens.header(tokens.operator)
    for buckets in (0, 65, "4"):
        answer = await client.put("/api/v1/admin/stock/acme.A/buckets", json={"buckets": buckets}, headers=headers)
        assert answer.status_code in (400, 422), answer.text
        assert "buckets" in answer.text
    answer = await client.put("/api/v1/admin/stock/no.such/buckets", json={"buckets": 2}, headers=headers)
    assert answer.status_code == 404
