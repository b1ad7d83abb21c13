"""A buyer's profile read from Redis, and the same from MySQL and SQLite, by the ports: CPU of client and server.

Run: `python -m benchmarks.cached_profile [--rounds N] [--calls N] [--json] [--out FILE]`. It starts the servers on
fresh data in a folder of its own, and stops them. The ways take turns, in another order each round, by 1 caller and by
16. Each answers the decoded profile: from Redis and from SQL it is the same JSON of some 300 bytes, by its key.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Final

import msgspec
from sqlalchemy import Column, LargeBinary, MetaData, String, Table, bindparam, insert, select
from sqlalchemy.engine import make_url

from benchmarks.engine_calls import CALLERS, PATIENT_S
from benchmarks.hot_sku import connection
from benchmarks.processes import cpu_s, machine, spread
from haat.engines.kv.redis import RedisKv
from haat.engines.sql import Statement
from haat.engines.sql.migrations import engine_for
from haat.engines.sql.mysql import MySqlDatabase
from haat.engines.sql.sqlite import SqliteDatabase
from haat.engines.sql.urls import server_of
from haat.engines.system import SystemClock
from tools.engines.__main__ import CACHE, ENGINES
from tools.engines.keeping import Keeper

PROFILES: Final = 500
_TABLES: Final = MetaData()
_PROFILE: Final = Table(
    "profile", _TABLES, Column("id", String(40), primary_key=True), Column("body", LargeBinary(4_000))
)
_ADD: Final = Statement(insert(_PROFILE), "id", "body")
_READ: Final = Statement(select(_PROFILE.c.body).where(_PROFILE.c.id == bindparam("by_id")))
Way = Callable[[int], Awaitable[object]]


class Profile(msgspec.Struct):
    """What a page needs to know of its buyer."""

    id: str
    name: str
    phone: str
    address: dict[str, str]
    preferences: dict[str, bool]


def _profile(number: int) -> Profile:
    address = {"name": "Meera", "line1": "14, 3rd Cross", "line2": "Koramangala", "pincode": "560034", "state": "KA"}
    wishes = {"mail_orders": True, "mail_offers": False, "sms_orders": True, "dark": False}
    return Profile(f"usr_{number:026}", "Meera Iyer", "9845012345", address, wishes)


async def _ways(stack: AsyncExitStack, redis_url: str, mysql_url: str, folder: Path) -> dict[str, Way]:
    clock = SystemClock()
    profiles = [_profile(number) for number in range(PROFILES)]
    decode = msgspec.json.Decoder(Profile).decode
    kv = RedisKv(f"{redis_url}/0", clock, timeout_s=PATIENT_S)
    stack.push_async_callback(kv.close)
    for one in profiles:
        await kv.set(one.id, msgspec.json.encode(one), 3_600)

    async def cached(n: int) -> Profile:
        found = await kv.get(profiles[n % PROFILES].id)
        assert found is not None
        return decode(found)

    ways: dict[str, Way] = {"redis": cached}
    with connection(mysql_url) as admin, admin.cursor() as cursor:
        cursor.execute("CREATE DATABASE profiles")
    whole = make_url(mysql_url).set(database="profiles").render_as_string(hide_password=False)
    file = folder / "profiles.db"
    for name, url in (("mysql", whole), ("sqlite", f"sqlite:///{file}")):
        engine = engine_for(url)
        _TABLES.create_all(engine)
        engine.dispose()
        database: MySqlDatabase | SqliteDatabase = (
            MySqlDatabase(server_of(url), clock) if name == "mysql" else SqliteDatabase(file, clock)
        )
        database.open()
        stack.callback(database.close)
        rows = [{"id": one.id, "body": msgspec.json.encode(one)} for one in profiles]
        await database.transact(lambda tx, rows=rows: _ADD.many(tx, rows))  # type: ignore[misc]  # no lambda with defaults

        async def stored(n: int, database: Any = database) -> Profile:
            row = await database.read(lambda tx: _READ.first(tx, {"by_id": profiles[n % PROFILES].id}), brief=True)
            return decode(row[0])

        ways[name] = stored
    return ways


async def _cost(way: Way, callers: int, calls: int, pid: int) -> dict[str, float]:
    numbers = iter(range(calls))

    async def caller() -> None:
        for number in numbers:
            await way(number)

    here_s, there_s, began_s = time.process_time(), cpu_s(pid) if pid else 0.0, time.perf_counter()
    await asyncio.gather(*(caller() for _ in range(callers)))
    return {
        "client_cpu_us": (time.process_time() - here_s) / calls * 1e6,
        "server_cpu_us": ((cpu_s(pid) - there_s) if pid else 0.0) / calls * 1e6,
        "wall_us": (time.perf_counter() - began_s) / calls * 1e6 * callers,
    }


async def _measured(urls: tuple[str, str], pids: dict[str, int], folder: Path, asked: Any) -> dict[str, Any]:
    found: dict[str, dict[str, list[float]]] = {}
    async with AsyncExitStack() as stack:
        ways = await _ways(stack, *urls, folder)
        names = list(ways)
        for number in range(asked.rounds + 1):
            for name in names[number % 3 :] + names[: number % 3]:
                for callers in CALLERS:
                    cost = await _cost(ways[name], callers, asked.calls, pids.get(name, 0))
                    if number:  # the first round opens connections
                        kept = found.setdefault(f"{name}, {callers} callers", {key: [] for key in cost})
                        for key, value in cost.items():
                            kept[key].append(value)
    sums = {
        name: [a + b for a, b in zip(one["client_cpu_us"], one["server_cpu_us"], strict=True)]
        for name, one in found.items()
    }
    return {
        name: {key: spread(values, 0) for key, values in one.items()}
        | {
            "cpu_over_redis": spread(
                [a / b for a, b in zip(sums[name], sums[f"redis,{name.partition(',')[2]}"], strict=True)], 2
            )
        }
        for name, one in found.items()
    }


def measure(asked: Any) -> dict[str, Any]:
    """From the servers' start to their end."""
    redis, mysql = ENGINES["redis"], ENGINES["mysql"]
    with tempfile.TemporaryDirectory() as name:
        keeper = Keeper(Path(name), CACHE)
        try:
            urls = (redis.server_url(keeper.up(redis)), mysql.server_url(keeper.up(mysql)))
            there = {one.name: keeper.status(one) for one in (redis, mysql)}
            pids = {name: status[1] for name, status in there.items() if status is not None}
            ways = asyncio.run(_measured(urls, pids, Path(name), asked))
        finally:
            for one in (redis, mysql):
                keeper.down(one)
    return {"machine": machine(), "rounds": asked.rounds, "calls": asked.calls, "ways": ways}


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--calls", type=int, default=600)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    answer = measure(asked)
    text = json.dumps(answer, indent=1)
    if asked.out:
        asked.out.write_text(text + "\n", encoding="utf-8")
    if asked.json:
        print(text)
        return 0
    print("load", answer["machine"]["load"])
    for name, one in answer["ways"].items():
        cpu = f"{one['client_cpu_us']['median']:4.0f} + {one['server_cpu_us']['median']:4.0f} CPU-us"
        over = one["cpu_over_redis"]
        print(f"{name:20} {cpu}, {one['wall_us']['median']:5.0f} us; {over['median']} ({over['min']} to {over['max']})")
    return 0


if __name__ == "__main__":
    sys.exit(main())
