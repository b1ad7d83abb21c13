"""What the adapters of servers add to their drivers: CPU of this process per call, beside the driver's own call.

Run: `python -m benchmarks.engine_calls [ENGINE …] [--json] [--rounds N] [--out FILE]` (none named: all that
`make engines` brings). It starts the servers one after the other on fresh data in a folder of its own, and stops them.
Adapter and driver take turns within each round of one run, over pools of the same size, by 1 caller and by 16. `mongo`
is a wire-compatible stand-in: what is measured is the client, and the server's time says nothing of MongoDB. Of `kafka`
only start and memory are taken here: benchmarks.kafka_relay compares its adapter.
"""

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Final

from benchmarks.engine_ways import Call, Ways, search, sql
from benchmarks.group_commit import commit, spread
from benchmarks.processes import cpu_s, machine, rss_mb
from haat.engines.documents import Put
from haat.engines.system import SystemClock
from tools.engines.__main__ import CACHE, ENGINES
from tools.engines.keeping import Keeper

CALLS: Final = {
    "mongo": 150,
    "opensearch": 100,
    "elasticsearch": 100,
    "mysql": 300,
    "mariadb": 300,
}  # slow ones; what is measured is the client
MOST_CALLS: Final = 600
CALLERS: Final = (1, 16)
DOCUMENTS: Final = 500
BODY: Final = b"{" + b" " * 2_998 + b"}"  # the size of an item of the catalogue
PATIENT_S: Final = 5.0  # a time-out would be measured as a fast answer


async def key_value(stack: AsyncExitStack, url: str) -> Ways:
    """Redis and Valkey."""
    from redis.asyncio import BlockingConnectionPool, Redis

    from haat.engines.kv.redis import CONNECTIONS, RedisKv

    kv = RedisKv(f"{url}/0", SystemClock(), timeout_s=PATIENT_S)
    stack.push_async_callback(kv.close)
    bare: Redis = Redis.from_pool(BlockingConnectionPool.from_url(f"{url}/0", max_connections=CONNECTIONS))
    stack.push_async_callback(bare.aclose)
    value = b"v" * 100
    for number in range(100):
        await kv.set(f"k{number}", value)
    return {
        "get": (lambda n: kv.get(f"k{n % 100}"), lambda n: bare.get(f"k{n % 100}")),
        "set with time": (
            lambda n: kv.set(f"s{n % 100}", value, 60),
            lambda n: bare.set(f"s{n % 100}", value, px=60_000),
        ),
        "increment": (lambda n: kv.increment(f"c{n % 100}", 1, 60), lambda n: bare.incrby(f"b{n % 100}", 1)),
        "z_add": (lambda n: kv.z_add("due", f"m{n % 100}", n), lambda n: bare.zadd("bare", {f"m{n % 100}": n})),
    }


async def documents(stack: AsyncExitStack, url: str) -> Ways:
    """MongoDB's stand-in."""
    from pymongo import AsyncMongoClient, UpdateOne
    from pymongo.read_concern import ReadConcern
    from pymongo.write_concern import WriteConcern

    from haat.engines.documents.mongo import CONNECTIONS, MongoStore
    from haat.engines.documents.mongo_schema import upgrade

    named = url.replace("/?", "/benchmark?")
    upgrade("benchmark", named, ["items", "bare"])
    store = MongoStore(named, SystemClock(), read_s=PATIENT_S, write_s=PATIENT_S)
    stack.push_async_callback(store.close)
    client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(named, maxPoolSize=CONNECTIONS)
    stack.push_async_callback(client.close)
    items = store.collection("items")
    sure = {"write_concern": WriteConcern("majority", j=True), "read_concern": ReadConcern("majority")}
    bare = client.get_default_database(**sure)["items"]  # type: ignore[arg-type]  # one dict for two types
    ids = [f"itm_{n:026}" for n in range(DOCUMENTS)]
    await items.put([Put(one, BODY, 0, {"seller": "asha"}) for one in ids])
    versions = dict.fromkeys(ids, 1)

    def next_of(n: int) -> tuple[str, int]:
        """A document and its version, each call another one."""
        one = ids[n % DOCUMENTS]
        versions[one] += 1
        return one, versions[one] - 1

    async def put(n: int) -> None:
        one, version = next_of(n)
        assert await items.put([Put(one, BODY, version, {"seller": "asha"})]) == [True]

    async def bare_put(n: int) -> None:
        one, version = next_of(n)
        change = {"$set": {"version": version + 1, "body": BODY, "keys": ["seller=asha"]}}
        done = await bare.bulk_write([UpdateOne({"_id": one, "version": version}, change)], ordered=False)
        assert done.modified_count == 1

    def some(n: int) -> list[str]:
        return [ids[(n * 7 + i * 13) % DOCUMENTS] for i in range(24)]

    return {
        "get 1": (lambda n: items.get([ids[n % DOCUMENTS]]), lambda n: bare.find_one({"_id": ids[n % DOCUMENTS]})),
        "get 24": (lambda n: items.get(some(n)), lambda n: bare.find({"_id": {"$in": some(n)}}).to_list()),
        "put 1": (put, bare_put),
    }


async def nothing(_: AsyncExitStack, __: str) -> Ways:
    """Start and memory alone."""
    return {}


OF: Final[Mapping[str, Callable[[AsyncExitStack, str], Awaitable[Ways]]]] = {
    "mysql": sql,
    "mariadb": sql,
    "redis": key_value,
    "valkey": key_value,
    "mongo": documents,
    "kafka": nothing,
    "opensearch": search,
    "elasticsearch": search,
}


async def cost_us(call: Call, callers: int, calls: int) -> float:
    """CPU-µs of this process per call."""
    numbers = iter(range(calls))

    async def caller() -> None:
        for number in numbers:
            await call(number)

    cpu_s = time.process_time()
    await asyncio.gather(*(caller() for _ in range(callers)))
    return (time.process_time() - cpu_s) / calls * 1e6


async def measure(name: str, url: str, rounds: int) -> dict[str, Any]:
    """All rounds of one engine."""
    costs: dict[tuple[str, int], tuple[list[float], list[float]]] = {}
    async with AsyncExitStack() as stack:
        ways = await OF[name](stack, url)
        for number in range(rounds + 1):
            for what, both in ways.items():
                for callers in CALLERS:
                    kept = costs.setdefault((what, callers), ([], []))
                    for which in (0, 1) if number % 2 else (1, 0):
                        cost = await cost_us(both[which], callers, CALLS.get(name, MOST_CALLS))
                        if number:  # the first round opens connections
                            kept[which].append(cost)
    return {
        f"{what}, {callers} callers": {
            "adapter_cpu_us": spread(ours),
            "driver_cpu_us": spread(theirs),
            "cpu_ratio": spread([a / b for a, b in zip(ours, theirs, strict=True)]),
        }
        for (what, callers), (ours, theirs) in costs.items()
    }


def on(name: str, folder: Path, rounds: int) -> dict[str, Any]:
    """One engine from its start to its end. The first start fetches it if need be, so the second one is timed."""
    keeper, engine = Keeper(folder, CACHE), ENGINES[name]
    try:
        place = keeper.up(engine)
        starts_s, starts_cpu_s, pid = [], [], 0
        for _ in range(3):
            keeper.down(engine)
            began = time.perf_counter()
            place = keeper.up(engine)
            starts_s.append(time.perf_counter() - began)
            there = keeper.status(engine)
            assert there is not None
            pid = there[1]
            starts_cpu_s.append(cpu_s(pid))
        fresh_mb = rss_mb(pid)
        calls = asyncio.run(measure(name, engine.server_url(place), rounds))
        server = {
            "start_s": statistics.median(starts_s),
            "start_cpu_s": statistics.median(starts_cpu_s),
            "fresh_mb": fresh_mb,
            "after_mb": rss_mb(pid),
        }
        return {"version": engine.version, "server": server, "calls": calls}
    finally:
        keeper.down(engine)


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("engines", nargs="*", metavar="engine", help=f"of {', '.join(OF)}; none: all")
    parser.add_argument("--json", action="store_true", help="JSON on stdout instead of a table")
    parser.add_argument("--out", type=Path, help="write the JSON here as well")
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = {name: on(name, Path(folder), asked.rounds) for name in asked.engines or OF}
    answer = {
        "benchmark": "engine_calls",
        "commit": commit(),
        "machine": machine(),
        "rounds": asked.rounds,
        "engines": found,
    }
    text = json.dumps(answer, indent=2)
    if asked.out:
        asked.out.write_text(text + "\n", encoding="utf-8")
    if asked.json:
        print(text)
        return 0
    for name, one in found.items():
        server = one["server"]
        print(f"{name} {one['version']}: starts in {server['start_s']:.2f} s", end="")
        print(
            f" ({server['start_cpu_s']:.2f} CPU-s), {server['fresh_mb']:.0f} MB, {server['after_mb']:.0f} MB afterwards"
        )
        for what, figures in one["calls"].items():
            ratio, ours = figures["cpu_ratio"], figures["adapter_cpu_us"]
            driver = figures["driver_cpu_us"]["median"]
            print(f"  {what:26} {ours['median']:6.0f} µs, driver {driver:6.0f} µs, ratio {ratio['median']:.2f}", end="")
            print(f" ({ratio['min']:.2f} to {ratio['max']:.2f})")
    return 0


if __name__ == "__main__":
    sys.exit(main())
