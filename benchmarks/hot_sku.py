"""Sixty-four clients order one sku at once on MySQL: its units in one stock row, and spread over 8 and 16.

Run: `python -m benchmarks.hot_sku --url mysql://USER:PASSWORD@127.0.0.1:PORT [--rounds N] [--seconds S] [--json] [--out
FILE]`; a database of its own is made on the server, and dropped. The server must be one that lives on a disk.

Four processes of 16 connections each (the usual number) take turns at seven ways, in another order each round:
`plain` is the least that sells a unit safely, written with the bare driver: guarded UPDATE, INSERT of the hold, COMMIT;
`units` has a row per unit instead, taken by SELECT … FOR UPDATE SKIP LOCKED; `order` is PlaceOrder with its whole unit
of nine statements, planned before (what is read for a plan waits for no row). The number is that of buckets.
Goal: orders of a spread sku at least twice as many a second as plain transactions on one row. Whether the lock is the
limit at all shows in plain 8 over plain 1; what a commit costs under it, in the server's `log_bin` and `sync_binlog`.
"""

import argparse
import asyncio
import json
import multiprocessing
import statistics
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, Final

import pymysql  # type: ignore[import-untyped]  # it has no types
from sqlalchemy.engine import make_url

from benchmarks.placing import UNITS, Placing
from benchmarks.processes import cpu_s, machine, spread
from haat.engines.sql.migrations import upgrade
from haat.engines.sql.mysql import MySqlDatabase
from haat.engines.sql.urls import server_of
from haat.engines.system import SystemClock
from haat.shop import LINES

GOAL_RATIO: Final = 2.0
PROCESSES: Final = 4
EACH: Final = 16
BUCKETS: Final = (1, 8, 16)
WAYS: Final = (*(f"{what} {buckets}" for what in ("plain", "order") for buckets in BUCKETS), "units 1")
UNIT_ROWS: Final = 60_000
DATABASE: Final = "haat_hot_sku"
LONGEST_S: Final = 60.0
_GUARD: Final = "UPDATE plain_stock SET held = held + 1 WHERE sku = %s AND bucket = %s AND on_hand - held >= 1"
_FREE: Final = "SELECT n FROM plain_unit WHERE sku = %s AND taken = 0 LIMIT 1 FOR UPDATE SKIP LOCKED"
_TAKE: Final = "UPDATE plain_unit SET taken = 1 WHERE sku = %s AND n = %s"
_HOLD: Final = "INSERT INTO plain_hold (order_id, sku, bucket, units) VALUES (%s, %s, %s, 1)"


def _placing(url: str) -> Placing:
    """A sku of each number of buckets."""
    database = MySqlDatabase(server_of(url)._replace(writers=EACH, readers=2), SystemClock())
    return Placing(database, [f"a.{buckets}" for buckets in BUCKETS], plan_once=True)


def connection(url: str) -> Any:
    """The bare driver's."""
    made = make_url(url)
    return pymysql.connect(
        host=made.host or "", port=made.port or 3306, user=made.username, password=made.password or "",
        database=made.database,
    )  # fmt: skip


def _plain(connection: Any, buckets: int, until_s: float, who: str, *, units: bool) -> int:
    """Plain transactions until then, on rows that count or on a row per unit; how many."""
    done = 0
    with connection.cursor() as cursor:
        while time.monotonic() < until_s:
            bucket = hash((who, done)) % buckets
            if units:
                assert cursor.execute(_FREE, (f"a.{buckets}",)) == 1
                (row,) = cursor.fetchone()
                assert cursor.execute(_TAKE, (f"a.{buckets}", row)) == 1
            else:
                assert cursor.execute(_GUARD, (f"a.{buckets}", bucket)) == 1
            cursor.execute(_HOLD, (f"{who}-{done}", f"a.{buckets}", bucket))
            connection.commit()
            done += 1
    return done


async def _orders(shop: Placing, buckets: int, until_s: float) -> int:
    async def client() -> int:
        done = 0
        while time.monotonic() < until_s:
            await shop.order([f"a.{buckets}"])
            done += 1
        return done

    return sum(await asyncio.gather(*(client() for _ in range(EACH))))


def client(url: str, number: int, turns: Sequence[str], seconds: float, start: Any, told: Any) -> None:
    """A process: every turn at the same moment as the others; tells (turn, done, wall s, CPU s)."""

    async def work() -> None:
        shop = _placing(url)
        shop.database.open()
        connections = [connection(url) for _ in range(EACH)]
        pool = ThreadPoolExecutor(EACH)
        loop = asyncio.get_running_loop()
        try:
            for turn, way in enumerate(turns):
                what, _, text = way.partition(" ")
                if turn == 0:  # connections, plans and statements are made before it counts
                    for _ in range(3):
                        await asyncio.gather(
                            *(shop.order([f"a.{buckets}"]) for buckets in BUCKETS for _ in range(EACH))
                        )
                start.wait(LONGEST_S)
                began, cpu = time.monotonic(), time.process_time()
                if what != "order":
                    names = [f"{number}-{n}-{turn}" for n in range(EACH)]
                    runs = zip(connections, names, strict=True)
                    sells = [
                        loop.run_in_executor(
                            pool, partial(_plain, one, int(text), began + seconds, name, units=what == "units")
                        )
                        for one, name in runs
                    ]
                    done = sum(await asyncio.gather(*sells))
                else:
                    done = await _orders(shop, int(text), began + seconds)
                told.put((turn, done, time.monotonic() - began, time.process_time() - cpu))
        finally:
            pool.shutdown()
            for one in connections:
                one.close()
            shop.database.close()

    asyncio.run(work())


def _prepared(url: str, name: str) -> str:
    with connection(url) as admin, admin.cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {name}")
        cursor.execute(f"CREATE DATABASE {name}")
    whole = make_url(url).set(database=name).render_as_string(hide_password=False)
    upgrade(LINES["orders"], whole)
    with connection(whole) as asked, asked.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE plain_stock (sku VARCHAR(40), bucket INT, on_hand BIGINT NOT NULL, held BIGINT NOT NULL,"
            " PRIMARY KEY (sku, bucket))"
        )
        cursor.execute(
            "CREATE TABLE plain_hold (order_id VARCHAR(40) PRIMARY KEY, sku VARCHAR(40) NOT NULL,"
            " bucket INT NOT NULL, units BIGINT NOT NULL)"
        )
        rows = [(f"a.{n}", bucket, UNITS) for n in BUCKETS for bucket in range(n)]
        cursor.executemany("INSERT INTO plain_stock VALUES (%s, %s, %s, 0)", rows)
        cursor.execute(
            "CREATE TABLE plain_unit (sku VARCHAR(40), n INT, taken INT NOT NULL, PRIMARY KEY (sku, n),"
            " INDEX plain_unit_free (sku, taken, n))"
        )
        cursor.execute(f"SET SESSION cte_max_recursion_depth = {UNIT_ROWS}")
        cursor.execute(
            "INSERT INTO plain_unit WITH RECURSIVE rows_of (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM rows_of"
            f" WHERE n < {UNIT_ROWS}) SELECT 'a.1', n, 0 FROM rows_of"
        )
        asked.commit()

    async def stock() -> None:
        shop = _placing(whole)
        shop.database.open()
        try:
            await shop.stock()
            for buckets in BUCKETS:
                await shop.offers.spread(f"a.{buckets}", buckets, actor="bench", reference="spread:1")
        finally:
            shop.database.close()

    asyncio.run(stock())
    return whole


def about(url: str) -> tuple[int, dict[str, Any]]:
    """The server's process, and the settings that decide what a commit costs."""
    names = ("version", "log_bin", "sync_binlog", "innodb_flush_log_at_trx_commit", "pid_file")
    with connection(url) as asked, asked.cursor() as cursor:
        cursor.execute("SELECT " + ", ".join(f"@@{name}" for name in names))
        found = dict(zip(names, cursor.fetchone(), strict=True))
    return int(Path(found.pop("pid_file")).read_text(encoding="ascii")), found


def measure(url: str, rounds: int, seconds: float) -> dict[str, Any]:
    """All rounds; rates by way, and CPU of clients and server for one sale."""
    pid, settings = about(url)
    whole = _prepared(url, DATABASE)
    turns = [way for n in range(rounds) for way in (WAYS[n % len(WAYS) :] + WAYS[: n % len(WAYS)])]
    context = multiprocessing.get_context("spawn")
    start, told = context.Barrier(PROCESSES + 1), context.Queue()
    workers = [context.Process(target=client, args=(whole, n, turns, seconds, start, told)) for n in range(PROCESSES)]
    rates: dict[str, list[float]] = {way: [] for way in WAYS}
    client_us: dict[str, list[float]] = {way: [] for way in WAYS}
    server_us: dict[str, list[float]] = {way: [] for way in WAYS}
    try:
        for worker in workers:
            worker.start()
        for way in turns:
            start.wait(LONGEST_S)
            before = cpu_s(pid)
            parts = [told.get(timeout=LONGEST_S) for _ in workers]
            done = sum(part[1] for part in parts)
            rates[way].append(sum(part[1] / part[2] for part in parts))
            client_us[way].append(sum(part[3] for part in parts) / done * 1e6)
            server_us[way].append((cpu_s(pid) - before) / done * 1e6)
        for worker in workers:
            worker.join(LONGEST_S)
    finally:
        for worker in workers:
            if worker.is_alive():
                worker.terminate()
    with connection(whole) as asked, asked.cursor() as cursor:
        cursor.execute("SELECT SUM(held) FROM stock")
        (held,) = cursor.fetchone()
        cursor.execute("SELECT SUM(units) FROM hold")
        assert cursor.fetchone() == (held,)
        cursor.execute(f"DROP DATABASE {DATABASE}")
    base = statistics.median(rates["plain 1"])
    return {
        "machine": machine(),
        "server": settings,
        "rounds": rounds,
        "seconds": seconds,
        "per_s": {way: spread(values, 0) for way, values in rates.items()},
        "over_plain_1": {
            way: spread([one / plain for one, plain in zip(values, rates["plain 1"], strict=True)], 2)
            for way, values in rates.items()
        },
        "over_order_1": {
            way: spread([one / order for one, order in zip(values, rates["order 1"], strict=True)], 2)
            for way, values in rates.items()
        },
        "client_cpu_us": {way: round(statistics.median(values)) for way, values in client_us.items()},
        "server_cpu_us": {way: round(statistics.median(values)) for way, values in server_us.items()},
        "plain_1_per_s": round(base),
    }


def main() -> int:
    """Measure and print; 1 when the goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", required=True)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    answer = measure(given.url, given.rounds, given.seconds)
    text = json.dumps(answer, indent=1)
    if given.out:
        given.out.write_text(text + "\n", encoding="utf-8")
    if given.json:
        print(text)
    else:
        print(answer["server"], "load", answer["machine"]["load"])
        for way in WAYS:
            rate, over = answer["per_s"][way], answer["over_plain_1"][way]
            cpu = f"{answer['client_cpu_us'][way]} + {answer['server_cpu_us'][way]} CPU-us"
            print(
                f"{way:9} {rate['median']:6.0f}/s  {over['median']} ({over['min']} to {over['max']}) x plain 1  {cpu}"
            )
    best = max(answer["over_plain_1"][f"order {buckets}"]["median"] for buckets in BUCKETS[1:])
    print(f"goal {GOAL_RATIO} x: {best}", file=sys.stderr)
    return 0 if best >= GOAL_RATIO else 1


if __name__ == "__main__":
    sys.exit(main())
