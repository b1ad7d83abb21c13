"""Placing an order on MySQL, on SQLite, and by one stored procedure on that MySQL: orders a second, and CPU.

Run: `python -m benchmarks.checkout_engines --url mysql://USER:PASSWORD@127.0.0.1:PORT [--rounds N] [--seconds S]
[--json] [--out FILE]`; a database of its own is made on the server, and dropped. The server must be one that lives on
a disk.

One process with 16 callers; the ways take turns, in another order each round. `unit` is PlaceOrder with its plan made
before: the transaction alone. `order` is all of PlaceOrder, its reads and its plan included. `procedure` is the least
that an order could be: one CALL by the bare driver that takes the units of all lines under their guard, writes order,
lines and one event, and commits. It has no idempotency key, no hold, no movement, no history, no payment attempt and no
limit. Skus are many, so that nobody waits for a row; an order has one line or three.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from typing import Any, Final

from sqlalchemy.engine import make_url

from benchmarks.hot_sku import about, connection
from benchmarks.placing import UNITS, Placing, nearest
from benchmarks.processes import cpu_s, machine, spread
from haat.engines.sql.migrations import upgrade
from haat.engines.sql.mysql import MySqlDatabase
from haat.engines.sql.sqlite import SqliteDatabase
from haat.engines.sql.urls import server_of
from haat.engines.system import SystemClock, SystemIds
from haat.shop import LINES
from haat.vocabulary import Ids

CALLERS: Final = 16
SKUS: Final = tuple(f"a.{n:04}" for n in range(1_000))
LINES_OF: Final = (1, 3)
DATABASE: Final = "haat_checkout"
EVENT: Final = b"e" * 800  # as large as order.placed
SNAPSHOT: Final = b"s" * 900
PROCEDURE: Final = (
    "CREATE TABLE least_stock (sku VARCHAR(40), warehouse VARCHAR(40), on_hand BIGINT NOT NULL, held BIGINT NOT NULL,"
    " PRIMARY KEY (sku, warehouse), CHECK (held BETWEEN 0 AND on_hand))",
    "CREATE TABLE least_order (id VARCHAR(40) PRIMARY KEY, owner VARCHAR(40) NOT NULL, total_minor BIGINT NOT NULL,"
    " created_ms BIGINT NOT NULL, snapshot BLOB NOT NULL)",
    "CREATE TABLE least_line (order_id VARCHAR(40), line INT, sku VARCHAR(40) NOT NULL, units BIGINT NOT NULL,"
    " PRIMARY KEY (order_id, line))",
    "CREATE TABLE least_event (seq BIGINT PRIMARY KEY AUTO_INCREMENT, order_id VARCHAR(40) NOT NULL,"
    " value BLOB NOT NULL)",
    """CREATE PROCEDURE least (the_id VARCHAR(40), the_owner VARCHAR(40), the_total BIGINT, the_ms BIGINT,
        the_lines JSON, the_snapshot BLOB, the_event BLOB)
    BEGIN
        DECLARE EXIT HANDLER FOR SQLEXCEPTION BEGIN ROLLBACK; RESIGNAL; END;
        START TRANSACTION;
        UPDATE least_stock s JOIN JSON_TABLE(the_lines, '$[*]' COLUMNS (sku VARCHAR(40) PATH '$.sku',
            warehouse VARCHAR(40) PATH '$.warehouse', units BIGINT PATH '$.units')) l
            ON s.sku = l.sku AND s.warehouse = l.warehouse
            SET s.held = s.held + l.units WHERE s.on_hand - s.held >= l.units;
        IF ROW_COUNT() <> JSON_LENGTH(the_lines) THEN
            SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'sold out';
        END IF;
        INSERT INTO least_order VALUES (the_id, the_owner, the_total, the_ms, the_snapshot);
        INSERT INTO least_line SELECT the_id, l.line, l.sku, l.units FROM JSON_TABLE(the_lines, '$[*]' COLUMNS (
            line FOR ORDINALITY, sku VARCHAR(40) PATH '$.sku', units BIGINT PATH '$.units')) l;
        INSERT INTO least_event (order_id, value) VALUES (the_id, the_event);
        COMMIT;
    END""",
)
Way = Callable[[Sequence[str]], Awaitable[object]]


def _prepared(url: str, folder: Path) -> tuple[str, str]:
    """URLs of a database on the server and of a file, both migrated; on the server the procedure and its tables too."""
    with connection(url) as admin, admin.cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {DATABASE}")
        cursor.execute(f"CREATE DATABASE {DATABASE} COLLATE utf8mb4_bin")
    whole = make_url(url).set(database=DATABASE).render_as_string(hide_password=False)
    file = f"sqlite:///{folder / 'orders.db'}"
    for one in (whole, file):
        upgrade(LINES["orders"], one)
    with connection(whole) as admin, admin.cursor() as cursor:
        for statement in PROCEDURE:
            cursor.execute(statement)
        rows = [(sku, nearest(), UNITS) for sku in SKUS]
        cursor.executemany("INSERT INTO least_stock VALUES (%s, %s, %s, 0)", rows)
        admin.commit()
    return whole, file


def _procedure(stack: ExitStack, url: str, ids: Ids) -> Way:
    connections = [connection(url) for _ in range(CALLERS)]
    for one in connections:
        stack.callback(one.close)
        one.autocommit(True)
    pool = stack.enter_context(ThreadPoolExecutor(CALLERS))
    loop = asyncio.get_running_loop()

    def least(skus: Sequence[str]) -> None:
        lines = json.dumps([{"sku": sku, "warehouse": warehouse, "units": 1} for sku in sorted(skus)])
        mine = connections.pop()
        try:
            with mine.cursor() as cursor:
                given = (
                    ids.new("ord"),
                    ids.new("crt"),
                    59_000 * len(skus),
                    time.time_ns() // 1_000_000,
                    lines,
                    SNAPSHOT,
                    EVENT,
                )
                cursor.execute("CALL least(%s, %s, %s, %s, %s, %s, %s)", given)
        finally:
            connections.append(mine)

    warehouse = nearest()
    return lambda skus: loop.run_in_executor(pool, least, skus)


async def _turn(way: Way, lines: int, seconds: float, orders: Iterator[int], pid: int) -> dict[str, float]:
    """One way for some seconds; a second has to be whole, so that the server's clock ticks are many."""
    until_s = time.monotonic() + seconds
    done = 0

    async def caller() -> None:
        nonlocal done
        while time.monotonic() < until_s:
            first = next(orders) * 7
            await way([SKUS[(first + line * 131) % len(SKUS)] for line in range(lines)])
            done += 1

    began_s, here_s, there_s = time.monotonic(), time.process_time(), cpu_s(pid)
    await asyncio.gather(*(caller() for _ in range(CALLERS)))
    return {
        "per_s": done / (time.monotonic() - began_s),
        "client_cpu_us": (time.process_time() - here_s) / done * 1e6,
        "server_cpu_us": (cpu_s(pid) - there_s) / done * 1e6,
    }


async def _measured(url: str, file: str, rounds: int, seconds: float, pid: int) -> dict[str, dict[str, list[float]]]:
    found: dict[str, dict[str, list[float]]] = {}
    with ExitStack() as stack:
        ways: dict[str, Way] = {}
        for engine in ("mysql", "sqlite"):
            clock = SystemClock()
            database: MySqlDatabase | SqliteDatabase = SqliteDatabase(Path(make_url(file).database or ""), clock)
            if engine == "mysql":
                database = MySqlDatabase(server_of(url)._replace(writers=CALLERS), clock)
            database.open()
            stack.callback(database.close)
            shops = [Placing(database, SKUS, plan_once=once) for once in (True, False)]
            await shops[0].stock()
            ways |= {f"{engine} unit": shops[0].order, f"{engine} order": shops[1].order}
        ways["procedure"] = _procedure(stack, url, SystemIds())
        orders, names = count(), list(ways)
        for number in range(rounds + 1):
            turns = names[number % len(names) :] + names[: number % len(names)]
            for name in turns:
                for lines in LINES_OF:
                    turn = await _turn(ways[name], lines, seconds, orders, pid)
                    if number:  # the first round opens connections and makes plans
                        kept = found.setdefault(f"{name}, {lines}", {key: [] for key in turn})
                        for key, value in turn.items():
                            kept[key].append(value)
    return found


def measure(url: str, rounds: int, seconds: float) -> dict[str, Any]:
    """All rounds; rate and CPU of each way, and over those of procedure and SQLite in the same round."""
    pid, settings = about(url)
    with tempfile.TemporaryDirectory() as folder:
        whole, file = _prepared(url, Path(folder))
        try:
            found = asyncio.run(_measured(whole, file, rounds, seconds, pid))
        finally:
            with connection(url) as admin, admin.cursor() as cursor:
                cursor.execute(f"DROP DATABASE {DATABASE}")
    cpu = {
        name: [a + b for a, b in zip(one["client_cpu_us"], one["server_cpu_us"], strict=True)]
        for name, one in found.items()
    }

    def over(name: str, other: str, of: dict[str, list[float]]) -> dict[str, float]:
        return spread([a / b for a, b in zip(of[name], of[f"{other}, {name[-1]}"], strict=True)], 2)

    per_s = {name: one["per_s"] for name, one in found.items()}
    return {
        "machine": machine(),
        "server": settings,
        "rounds": rounds,
        "seconds": seconds,
        "ways": {
            name: {key: spread(values, 0) for key, values in one.items()}
            | {
                "cpu_over_procedure": over(name, "procedure", cpu),
                "rate_over_procedure": over(name, "procedure", per_s),
                "cpu_over_sqlite_order": over(name, "sqlite order", cpu),
            }
            for name, one in sorted(found.items())
        },
    }


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", required=True)
    parser.add_argument("--rounds", type=int, default=5)
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
        return 0
    print(answer["server"], "load", answer["machine"]["load"])
    for name, one in answer["ways"].items():
        cpu = f"{one['client_cpu_us']['median']:5.0f} + {one['server_cpu_us']['median']:5.0f} CPU-us"
        over = one["cpu_over_procedure"]
        print(
            f"{name:16} {one['per_s']['median']:5.0f}/s  {cpu}  {over['median']} ({over['min']} to {over['max']}) x the"
            f" procedure's CPU, {one['cpu_over_sqlite_order']['median']} x an order's on SQLite"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
