"""A whole shop whose catalogue or key-value store is on a server: it sells, and it outlives its absence."""

import shutil
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest

from haat import commands, settings
from haat.app import open_shop
from haat.demo.seed import seed
from haat.demo_shop import MarketInShop
from haat.engines.breaker import PAUSE_S
from haat.engines.documents.mongo import READ_S
from haat.engines.kv.redis import TIMEOUT_S
from haat.errors import Unavailable
from haat.orders.sweep import HINTS
from haat.preparing import prepare_databases
from haat.settings import Settings
from haat.shop import Shop
from tests.api.conftest import Seeded, Tokens
from tests.api.test_buyers import HOME, body
from tests.conftest import ManualClock
from tests.contracts.rigs import answering
from tests.contracts.servers_documents import MongoRig, mongo_rig
from tests.contracts.servers_kv import RedisRig, each_kv_server, redis_rig


@dataclass
class Open:
    """An open shop, a buyer, and the server that it depends on."""

    shop: Shop
    clock: ManualClock
    client: httpx2.AsyncClient
    server: Any

    async def engine(self, name: str) -> bool:
        """What readiness says of an engine; the shop is ready all the same."""
        self.clock.advance(PAUSE_S)  # readiness is kept for a second, and a breaker waits as long
        readiness = await self.shop.readiness()
        assert readiness.ready
        return next(one.ok for one in readiness.engines if one.name == name)

    async def back(self, name: str) -> None:
        """Wait until readiness says that it is there."""

        async def there() -> None:
            if not await self.engine(name):
                raise Unavailable

        await answering(there, self.clock.advance)

    async def skus(self) -> list[str]:
        """What is to be had at home, paid at the door."""
        hits = (await self.client.get("/api/v1/search", params={"pincode": HOME, "limit": "40"})).json()["hits"]
        asked = {"lines": [{"sku": hit["sku"], "quantity": 1} for hit in hits], "pincode": HOME, "method": "cod"}
        lines = (await self.client.post("/api/v1/orders/quote", json=asked)).json()["lines"]
        return [line["sku"] for line in lines if not line.get("problem")]

    async def order(self, sku: str, checkout: str, method: str = "upi") -> httpx2.Response:
        """A buyer's order of one unit."""
        headers = Tokens.header((await self.shop.create_token("user"))[1]) | {"idempotency-key": checkout}
        return await self.client.post("/api/v1/orders", json=body(sku, checkout, method=method), headers=headers)


async def opened(chosen: Settings, server: Any, *, fill: int = 0) -> AsyncIterator[Open]:
    clock = ManualClock()

    def around(name: str, port: Any, /) -> Any:
        if name == "kv" and isinstance(server, RedisRig):
            server.stores.append(port)  # the shop's own is as patient as the rig's until it shall hurry
            server.take_time()
        return port

    async with open_shop(chosen, clock, around=around) as shop:
        await commands.laid_out(shop)
        if fill:
            await seed(MarketInShop(shop), size=fill, seed=1, pictures=False, progress=lambda *_: None)
        await shop.upkeep.step()
        transport = httpx2.ASGITransport(shop.edge, raise_app_exceptions=False)
        async with httpx2.AsyncClient(transport=transport, base_url="http://shop.example") as client:
            yield Open(shop, clock, client, server)


@pytest.fixture(params=each_kv_server())
async def on_redis(request: pytest.FixtureRequest, seeded: Seeded, tmp_path: Path) -> AsyncIterator[Open]:
    shutil.copytree(seeded.folder, tmp_path / "var")
    async with redis_rig(request.param) as rig:
        chosen = settings.load({"HAAT_DATA_DIR": str(tmp_path / "var"), "HAAT_KV_URL": rig.url})
        async for one in opened(chosen, rig):
            yield one


@pytest.fixture
async def on_mongo(tmp_path: Path) -> AsyncIterator[Open]:
    async with mongo_rig(MongoRig) as rig:
        url = rig.address(rig.live, rig.door.port) + "&timeoutMS=10000"
        chosen = settings.load({"HAAT_DATA_DIR": str(tmp_path / "var"), "HAAT_CATALOG_URL": url})
        steps = {step.name: step for step in await prepare_databases(chosen)}
        assert steps["catalog"].head == "mongo_0001"
        async for one in opened(chosen, rig, fill=40):
            yield one


async def test_hints_and_wrong_guesses_lie_on_the_server(on_redis: Open) -> None:
    rig: RedisRig = on_redis.server
    made = await on_redis.order((await on_redis.skus())[0], "c1")
    assert made.status_code == 201
    assert await rig.kv.z_due(HINTS, 2**60, 10) == [made.json()["id"]]
    wrong = await on_redis.client.get(f"/api/v1/orders/{made.json()['id']}", params={"token": "guess"})
    assert wrong.status_code == 404
    counts = rig.root.keys("order-token:*")
    assert [rig.root.get(key) for key in counts] == [b"1"]


async def test_orders_are_taken_while_the_key_value_store_is_a_black_hole(on_redis: Open) -> None:
    skus = await on_redis.skus()
    assert await on_redis.engine("kv")
    on_redis.server.hurry()
    on_redis.server.door.swallow()
    began_s = time.monotonic()
    answers = [await on_redis.order(sku, f"c{n}") for n, sku in enumerate(skus[:20])]
    took_s = time.monotonic() - began_s
    assert [answer.status_code for answer in answers] == [201] * 20
    shown = await on_redis.client.get(f"/api/v1/orders/{answers[0].json()['id']}", params={"token": "guess"})
    assert shown.status_code == 404
    assert not await on_redis.engine("kv")
    assert took_s < 20 * TIMEOUT_S * 20  # far from a driver's own time-outs of seconds each
    on_redis.server.take_time()
    on_redis.server.door.shut()
    on_redis.server.door.open()
    await on_redis.back("kv")


@pytest.mark.engine("mongo")
async def test_a_shop_sells_from_a_catalogue_on_a_server_and_outlives_its_absence(on_mongo: Open) -> None:
    shop, client = on_mongo.shop, on_mongo.client
    await shop.flow.drain()
    assert (await shop.flow.measure()).relay[0].rows == 0
    hits = (await client.get("/api/v1/search", params={"limit": "60"})).json()["hits"]
    assert len(hits) > 20
    item = f"/api/v1/items/{hits[0]['item_id']}"
    assert (await client.get(item)).json()["title"] == hits[0]["title"]
    assert (await on_mongo.order((await on_mongo.skus())[0], "c1", "cod")).status_code == 201
    assert await on_mongo.engine("catalog")
    store: Any = shop.catalog.claims.documents
    store._store._read_s, patient_s = READ_S, store._store._read_s  # as it is outside of tests
    on_mongo.server.door.shut()
    assert (await client.get(item)).json()["title"] == hits[0]["title"]  # as the index has it
    assert (await on_mongo.order((await on_mongo.skus())[1], "c2", "cod")).status_code == 201
    away = await client.get("/api/v1/items/itm_00000000000000000000000000")
    assert (away.status_code, away.headers["content-type"]) == (503, "application/problem+json")
    assert not await on_mongo.engine("catalog")
    store._store._read_s = patient_s
    on_mongo.server.door.open()
    await on_mongo.back("catalog")
    assert (await client.get(item)).status_code == 200
