"""The date in the listing, on the product page and in a quote is one date; stock that moves is seen at once."""

import random

import httpx2
import msgspec

from haat.search.model import SearchRequest
from haat.serviceability.quote import Wanted
from haat.shop import Shop
from tests.api.conftest import Tokens

SAMPLES = 1_000
API = "/api/v1"


async def test_listing_product_page_and_quote_give_the_same_date(shop: Shop) -> None:
    """Done-line 4: 1,000 samples at one instant with the consumers drained."""
    await shop.flow.drain()
    chosen = random.Random(5)
    served = ["560034", "110001", "682001", "781001", "744101", "194101", "400001", "700001", "302001"]
    seen = 0
    now_ms = shop.clock.now_ms()
    while seen < SAMPLES:
        pincode = chosen.choice(served)
        page = await shop.find(SearchRequest(pincode=pincode, limit=100, facets=False))
        assert page.hits
        place = shop.serviceability.reach.place(pincode)
        assert place is not None
        offers = await shop.offers.offers_of([hit.item_id for hit in page.hits])
        documents = await shop.catalog.documents([hit.item_id for hit in page.hits])
        lines = [Wanted(hit.sku, 1) for hit in page.hits if hit.sku]
        quote = await shop.ask_quote(pincode, lines)
        for hit, quoted in zip(page.hits, quote.lines, strict=True):
            offer = next(o for o in offers[hit.item_id] if o.sku == hit.sku)
            reach = shop.serviceability.reach
            stocked = [reach.ordinals[row.warehouse] for row in offer.stock if row.free > 0]
            shipping = msgspec.json.decode(documents[hit.item_id])["shipping_class"]
            best = reach.best(place, stocked, shipping, now_ms)
            assert best is not None
            assert hit.eta == best.date.isoformat() == str(quoted.date), (hit.sku, pincode)
            seen += 1


async def test_a_deliver_by_total_is_the_count_shown_beside_the_day(client: httpx2.AsyncClient) -> None:
    page = (await client.get(f"{API}/search", params={"pincode": "560034"})).json()
    days = page["facets"]["arrives_by"]
    assert days
    assert days[-1]["count"] == page["total"]
    for day in days:
        by = await client.get(f"{API}/search", params={"pincode": "560034", "deliver_by": day["value"]})
        assert by.json()["total"] == day["count"]
        assert all(hit["eta"] <= day["value"] for hit in by.json()["hits"])


async def test_sold_out_is_hidden_and_restocked_is_shown(
    shop: Shop, client: httpx2.AsyncClient, tokens: Tokens
) -> None:
    headers = Tokens.header(tokens.seller)
    offers = (await client.get(f"{API}/seller/offers?limit=100", headers=headers)).json()["offers"]
    item_id = next(o["item_id"] for o in offers if any(row["free"] for row in o["stock"]))
    title = (await client.get(f"{API}/items/{item_id}")).json()["title"]
    mine = [o for o in offers if o["item_id"] == item_id]

    async def shown() -> bool:
        await shop.flow.drain()
        found = (await client.get(f"{API}/search", params={"q": title, "limit": 100})).json()["hits"]
        return item_id in [hit["item_id"] for hit in found]

    assert await shown()
    for offer in mine:
        for row in offer["stock"]:
            path = f"{API}/seller/stock/{offer['sku']}/{row['warehouse']}"
            answer = await client.put(
                path, json={"on_hand": 0}, headers={**headers, "if-match": f'"v{row["version"]}"'}
            )
            assert answer.status_code == 200, answer.text
    assert not await shown()
    sku, warehouse = mine[0]["sku"], mine[0]["stock"][0]["warehouse"]
    body = {"sku": sku, "warehouse": warehouse, "reason": "receive", "units": 3}
    moved = await client.post(
        f"{API}/seller/stock/movements", json=body, headers={**headers, "idempotency-key": "back-1"}
    )
    assert (moved.status_code, moved.json()["free"]) == (201, 3)
    assert await shown()
