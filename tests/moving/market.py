"""A shop in the middle of everything, and what is asked of it after it has moved."""

import re
import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import httpx2

from haat import commands, moving_commands, settings
from haat.app import open_shop
from haat.catalog.verbs import COLLECTIONS
from haat.demo.seed import seed
from haat.demo_shop import MarketInShop
from haat.engines.system import SystemClock
from haat.events.ports import Record
from haat.moving.engines import open_engines
from haat.moving.parts import Content
from haat.moving.shop import contents
from haat.settings import Settings, embedded_path
from haat.shop import Shop
from haat_verify.run import Paths, verify
from tests.api.conftest import Tokens
from tests.api.test_buyers import ADDRESS, HOME, body, buyer, place

ITEMS: Final = 40
PICTURE: Final = Path(__file__).parents[2] / "docs" / "images" / "home.webp"
SAY: Final = lambda _: None  # noqa: E731  # what a command says while it works


def chosen(folder: Path, **urls: str) -> Settings:
    return settings.load({"HAAT_DATA_DIR": str(folder), **urls})


async def fill(folder: Path) -> None:
    """Make a shop with items, pictures, offers, stock, feeds, and orders, payments, carts in every state. Events wait
    in outboxes and in the log, some are parked, and the log has been trimmed."""
    async with commands.whole_shop(chosen(folder), "tests") as shop:
        await seed(MarketInShop(shop), size=ITEMS, seed=1, pictures=False, progress=lambda *_: None)
        await shop.catalog.add_picture(PICTURE.read_bytes())
        await _park(shop, "offers", "a record that the log has lost")
        await shop.flow.measure.log.trim(shop.clock.now_ms() + 1)
        transport = httpx2.ASGITransport(shop.edge, raise_app_exceptions=False)
        async with httpx2.AsyncClient(transport=transport, base_url="http://shop.example") as client:
            await _trade(shop, client)


async def _trade(shop: Shop, client: httpx2.AsyncClient) -> None:
    await shop.upkeep.step()
    who = await buyer(shop)
    items, skus = await _to_be_had(client)
    assert (await client.put(f"/api/v1/wishlist/{items[0]}", json={"tell_back": True}, headers=who)).status_code == 200
    delivered = (await place(client, who, body(skus[0], "co-1"))).json()["id"]
    seller = Tokens.header((await shop.create_token(f"seller:{skus[0].partition('.')[0]}"))[1])
    for verb in ("pack", "ship"):
        done = await client.post(f"/api/v1/seller/orders/{delivered}/{verb}", headers=seller)
        assert done.status_code in (200, 201), done.text
    paid = await _paid(shop, client, who, skus[1], "co-2")
    refunded = await _paid(shop, client, who, skus[2], "co-3")
    for one in (paid, refunded):
        assert (await client.get(f"/api/v1/orders/{one}", headers=who)).json()["state"] == "PLACED"
    await _cancelled(client, who, refunded)
    await shop.selling.jobs.step()
    await _cancelled(client, who, await _paid(shop, client, who, skus[6], "co-5"))  # its refund is a job that waits
    assert (await place(client, who, body(skus[3], "co-4", method="upi"))).json()["state"] == "CREATED"
    feed = b'{"code": "N1", "title": "\xf0\x9f\x92\x8d ring ", "price": "1", "currency": "INR"}\n{"code": "N2"}\n'
    sent = await client.post(
        "/api/v1/seller/feeds", content=feed, headers={**seller, "content-type": "application/x-ndjson"}
    )
    assert sent.status_code == 202, sent.text
    await shop.feed_worker()
    await _from_cart(client, who, skus[5])
    await shop.flow.drain()
    await shop.selling.sweeper.step()
    await _park(shop, "orders", "a record that the log has")
    # From here on nobody carries events on: first some that reach the log, then some that stay where they were made.
    own = (await client.get("/api/v1/seller/items", headers=seller)).json()["items"][0]
    await _retitled(client, seller, own, "In the log 💍")
    await shop.flow.relay.step()
    await _from_cart(client, who, skus[4])
    own = (await client.get(f"/api/v1/seller/items/{own['id']}", headers=seller)).json()
    await _retitled(client, seller, own, "Unsent 💍")


async def _to_be_had(client: httpx2.AsyncClient) -> tuple[list[str], list[str]]:
    hits = (await client.get("/api/v1/search", params={"pincode": HOME, "limit": "60"})).json()["hits"]
    asked = {"lines": [{"sku": hit["sku"], "quantity": 1} for hit in hits[:50]], "pincode": HOME, "method": "cod"}
    quoted = (await client.post("/api/v1/orders/quote", json=asked)).json()["lines"]
    return [hit["item_id"] for hit in hits], [line["sku"] for line in quoted if not line.get("problem")]


async def _cancelled(client: httpx2.AsyncClient, who: Mapping[str, str], order: str) -> None:
    done = await client.post(f"/api/v1/orders/{order}/cancel", headers={**who, "idempotency-key": f"cancel-{order}"})
    assert done.status_code == 200, done.text


async def _from_cart(client: httpx2.AsyncClient, who: Mapping[str, str], sku: str) -> None:
    await client.put(f"/api/v1/cart/lines/{sku}", json={"quantity": 2}, headers=who)
    cart = (await client.get("/api/v1/cart", params={"pincode": HOME}, headers=who)).json()
    order = {"checkout_id": cart["checkout_id"], "cart": True, "address": ADDRESS, "payment": {"method": "cod"}}
    assert (await place(client, who, {**order, "quote": cart["quote"]})).status_code == 201


async def _retitled(client: httpx2.AsyncClient, seller: Mapping[str, str], item: Mapping[str, Any], to: str) -> None:
    headers = {**seller, "if-match": f'"v{item["version"]}"'}
    done = await client.patch(f"/api/v1/seller/items/{item['id']}", json={"title": to}, headers=headers)
    assert done.status_code == 200, done.text


async def _paid(shop: Shop, client: httpx2.AsyncClient, who: Mapping[str, str], sku: str, checkout: str) -> str:
    placed = (await place(client, who, body(sku, checkout, method="upi"))).json()
    await client.get(re.sub(r"^https?://[^/]+", "", placed["payment"]["redirect_url"]))
    intent = await shop.selling.gateway.gateways["fakepay"].find(placed["payment"]["id"])
    assert intent is not None
    for act in ("continue", "approve"):
        await client.post(f"/fakepay/pay/{intent.id}", data={"do": act})
    fakepay = shop.selling.gateway.fakepay
    assert fakepay is not None
    await fakepay.drain()
    await shop.selling.jobs.step()
    return str(placed["id"])


async def _park(shop: Shop, topic: str, reason: str) -> None:
    """Park the newest record for a consumer that reads the topic: many of other partitions lie before it."""
    log = shop.flow.measure.log
    parts = [await log.read(topic, partition, 0, 10_000) for partition in range(await log.partitions(topic))]
    newest: Record = max((records[-1] for records in parts if records), key=lambda record: record.position)
    consumer = next(one.handler.name for one in shop.flow.consumers if topic in one.handler.topics)
    await shop.list_parked.parking.park(consumer, newest, code="invalid", reason=reason, tries=10)


# ---- moving


async def exported(source: Settings, folder: Path) -> None:
    await moving_commands.export_shop(source, folder, as_json=True, say=SAY)


async def imported(target: Settings, folder: Path) -> None:
    await moving_commands.import_shop(target, folder, as_json=True, say=SAY)


def beside(source: Settings, target: Settings) -> None:
    """Copy what an export has not: the gateway simulator's own file, and the secret."""
    for name in ("fakepay.db", "secret.key"):
        shutil.copyfile(source.data_dir / name, target.data_dir / name)


async def held(shop: Settings) -> dict[str, Content]:
    """What a shop holds."""
    async with open_engines(shop, COLLECTIONS, SystemClock()) as engines:
        return await contents(engines, SAY)


def proven(shop: Settings) -> None:
    """`haat verify` finds nothing."""
    orders, events = (
        embedded_path(url) if url.startswith("sqlite:") else url for url in (shop.orders_url, shop.events_url)
    )
    log = events if isinstance(events, Path) else None
    report = verify(Paths(orders, shop.data_dir / "fakepay.db", log), drained=False)
    assert report.clean, report.as_table()


@asynccontextmanager
async def asked(shop: Settings) -> AsyncIterator[tuple[Shop, httpx2.AsyncClient]]:
    """The open shop, and a visitor."""
    async with open_shop(shop) as opened:
        transport = httpx2.ASGITransport(opened.edge, raise_app_exceptions=False)
        async with httpx2.AsyncClient(transport=transport, base_url="http://shop.example") as client:
            yield opened, client


async def after_work(shop: Settings) -> dict[str, Any]:
    """What is so once all events have reached everybody: who was given how many, what can be found, what is left."""
    async with asked(shop) as (opened, client):
        lags = await opened.flow.drain()
        assert lags.quiet
        await opened.upkeep.step()
        found = [
            (await client.get("/api/v1/search", params={"q": query, "pincode": HOME, "limit": "60"})).json()["hits"]
            for query in ("", "unsent", "ring")
        ]
        parked = await opened.list_parked(limit=500)
        return {
            "handled": {one.handler.name: one.counts.handled for one in opened.flow.consumers},
            "parked": [(one.seq, one.consumer, one.key, one.value, one.reason) for one in parked],
            "hits": [[(hit["item_id"], hit["title"], hit["price"]) for hit in hits] for hits in found],
            "inbox": await opened.databases["carts"].read(
                lambda tx: _rows(tx, "SELECT consumer, event_id FROM inbox ORDER BY consumer, event_id")
            ),
            "carts": await opened.databases["carts"].read(lambda tx: _rows(tx, "SELECT owner, sku FROM cart_line")),
        }


def _rows(tx: Any, query: str) -> list[tuple[Any, ...]]:
    tx.cursor.execute(query)
    return [tuple(row) for row in tx.cursor.fetchall()]
