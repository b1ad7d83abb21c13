"""Servers killed in mid-write, each a private one: what was acknowledged is there afterwards, and nothing by half."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from haat.engines.documents import Put
from haat.engines.documents.mongo import MongoStore
from haat.engines.documents.mongo_outgoing import MongoOutgoing
from haat.engines.documents.mongo_schema import upgrade
from haat.engines.kv.redis import RedisKv
from haat.engines.outgoing import Outgoing
from haat.engines.system import SystemClock
from haat.errors import Unavailable
from tests.servers import Server

WRITERS = 12
ENOUGH = 200  # acknowledged writes before the kill


async def killed_while(server: Server, write: Callable[[str], Awaitable[object]]) -> set[str]:
    """Kill it while many write, and start it again; what was acknowledged."""
    done: set[str] = set()

    async def writer(number: int) -> None:
        for turn in range(1_000_000):
            try:
                await write(f"{number}-{turn}")
            except Unavailable:
                return
            done.add(f"{number}-{turn}")

    writers = [asyncio.ensure_future(writer(number)) for number in range(WRITERS)]
    while len(done) < ENOUGH and not all(one.done() for one in writers):
        await asyncio.wait(writers, timeout=0.01)
    assert len(done) >= ENOUGH
    await asyncio.to_thread(server.kill)
    await asyncio.gather(*writers)
    await asyncio.to_thread(server.up)
    return done


@pytest.fixture
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path, request.param)
    yield server
    server.down()


@pytest.mark.parametrize(
    "server", [pytest.param(name, marks=pytest.mark.engine(name)) for name in ("redis", "valkey")], indirect=True
)
async def test_keys_that_were_acknowledged_outlive_a_kill(server: Server) -> None:
    kv = RedisKv(f"{server.url}/0", SystemClock(), timeout_s=10)
    done = await killed_while(server, lambda one: kv.set(one, one.encode()))
    await kv.close()
    kv = RedisKv(f"{server.url}/0", SystemClock(), timeout_s=10)
    try:
        assert {one for one in done if await kv.get(one) != one.encode()} == set()
    finally:
        await kv.close()


@pytest.mark.engine("mongo")
@pytest.mark.parametrize("server", ["mongo"], indirect=True)
async def test_documents_that_were_acknowledged_outlive_a_kill_with_their_keys_and_events(server: Server) -> None:
    url = server.url.replace("/?", "/kill?")
    upgrade("catalog", url, ["items"])

    def opened() -> MongoStore:
        return MongoStore(url, SystemClock(), read_s=4, write_s=4)

    store = opened()
    items = store.collection("items")

    async def write(one: str) -> None:
        event = Outgoing(f"evt-{one}", "items", one, one.encode(), 1)
        assert await items.put([Put(one, one.encode(), 0, {"whose": one}, [event])]) == [True]

    done = await killed_while(server, write)
    await store.close()
    store = opened()
    items = store.collection("items")
    try:
        found = {one.id: one.body for one in await items.scan(limit=100_000)}
        assert done - found.keys() == set()
        events = await MongoOutgoing(store).unsent(100_000)
        assert {row.key for row in events} == set(found)
        assert all(found[row.key] == row.value == row.key.encode() for row in events)
        for one in sorted(done)[:: max(1, len(done) // 25)]:
            assert [document.id for document in await items.find("whose", one)] == [one]
    finally:
        await store.close()
