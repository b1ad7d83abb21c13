"""What is called on SQL and search servers, by the adapter and by the least that speaks to the server otherwise.

For SQL that is PyMySQL on threads that are as many, each with a connection that stays. For search it is one write and
one read of bytes over a kept connection: the very requests that the adapter was heard to send, and their JSON decoded.
"""

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from itertools import count
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
from sqlalchemy import BigInteger, Column, Integer, MetaData, String, Table, bindparam, insert, select, update
from sqlalchemy.engine import make_url

from haat.engines.sql import Statement, Tx
from haat.engines.sql.mysql import MySqlDatabase
from haat.engines.sql.urls import READERS, WRITERS, server_of
from haat.engines.system import SystemClock
from haat.search.adapters.opensearch import ServerItemIndex
from haat.search.index import Ask, Entry, FacetAsk, Window, Words

Call = Callable[[int], Awaitable[object]]
Ways = Mapping[str, tuple[Call, Call]]  # what is called → by the adapter, by the driver alone

DATABASE: Final = "haat_engine_calls"
ROWS: Final = 1_000
ITEMS: Final = 600
PATIENT_MS: Final = 20_000  # a time-out would be measured as a fast answer
_LONGEST_ANSWER_BYTES: Final = 1 << 26

_ROW: Final = Table(
    "calls_row",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("name", String(80)),
    Column("free", BigInteger),
    Column("changed_ms", BigInteger),
)
_NEW: Final = Table("calls_new", MetaData(), Column("id", BigInteger, primary_key=True), Column("body", String(400)))
_ONE: Final = Statement(select(_ROW).where(_ROW.c.id == bindparam("by_id")))
_SOME: Final = Statement(select(_ROW).where(_ROW.c.id >= bindparam("by_id")).order_by(_ROW.c.id).limit(100))
_TAKE: Final = Statement(
    update(_ROW).where(_ROW.c.id == bindparam("by_id"), _ROW.c.free >= 1).values(free=_ROW.c.free - 1)
)
_ADD: Final = Statement(insert(_NEW), "id", "body")
BODY: Final = "x" * 300


async def sql(stack: AsyncExitStack, url: str) -> Ways:
    """MySQL and MariaDB: one round trip is a statement, and one the end of a unit, on both sides."""
    import pymysql  # type: ignore[import-untyped]  # it has no types

    made = make_url(url)

    def connection(database: str | None = None, *, autocommit: bool = False) -> Any:
        return pymysql.connect(
            host=made.host or "", port=made.port or 3306, user=made.username, password=made.password or "",
            database=database, autocommit=autocommit,
        )  # fmt: skip

    with connection() as admin, admin.cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {DATABASE}")
        cursor.execute(f"CREATE DATABASE {DATABASE}")
        cursor.execute(f"USE {DATABASE}")
        cursor.execute("CREATE TABLE calls_row (id INT PRIMARY KEY, name VARCHAR(80), free BIGINT, changed_ms BIGINT)")
        cursor.execute("CREATE TABLE calls_new (id BIGINT PRIMARY KEY, body VARCHAR(400))")
        rows = [(n, f"The name of row {n}", 10**9, 1_760_000_000_000 + n) for n in range(ROWS)]
        cursor.executemany("INSERT INTO calls_row VALUES (%s, %s, %s, %s)", rows)
        admin.commit()
    database = MySqlDatabase(server_of(f"{url}/{DATABASE}"), SystemClock())
    database.open()
    stack.callback(database.close)
    held = threading.local()
    readers, writers = (
        stack.enter_context(ThreadPoolExecutor(n, initializer=lambda: setattr(held, "by", connection(DATABASE))))
        for n in (READERS, WRITERS)
    )
    alone = stack.enter_context(
        ThreadPoolExecutor(READERS, initializer=lambda: setattr(held, "by", connection(DATABASE, autocommit=True)))
    )
    loop, ids = asyncio.get_running_loop(), count()
    one, take, add = _ONE.text("mysql"), _TAKE.text("mysql").replace("%s", "1", 1), _ADD.text("mysql")
    some = _SOME.text("mysql").replace("LIMIT %s", "LIMIT 100")

    def bare(pool: ThreadPoolExecutor, work: Callable[[Any, int], object], end: str = "") -> Call:
        def run(n: int) -> object:
            with held.by.cursor() as cursor:
                found = work(cursor, n)
            if end:
                getattr(held.by, end)()
            return found

        return lambda n: loop.run_in_executor(pool, run, n)

    def select_one(cursor: Any, n: int) -> object:
        cursor.execute(one, (n % ROWS,))
        return cursor.fetchone()

    def select_some(cursor: Any, n: int) -> object:
        cursor.execute(some, (n % 800,))
        return cursor.fetchall()

    def take_and_add(cursor: Any, n: int) -> None:
        assert cursor.execute(take, (n % ROWS, 1)) == 1
        cursor.execute(add, (next(ids), BODY))

    def add_some(cursor: Any, _: int) -> None:
        cursor.executemany(add, [(next(ids), BODY) for _ in range(20)])

    def unit_of_two(tx: Tx, n: int) -> None:
        assert _TAKE.one(tx, {"by_id": n % ROWS}) == 1
        _ADD.one(tx, {"id": next(ids), "body": BODY})

    def unit_of_twenty(tx: Tx) -> None:
        _ADD.many(tx, [{"id": next(ids), "body": BODY} for _ in range(20)])

    def read_one(n: int) -> Awaitable[object]:
        return database.read(lambda tx: _ONE.first(tx, {"by_id": n % ROWS}))

    return {
        "read 1 row": (read_one, bare(readers, select_one, "rollback")),
        "read 1 row / no snapshot": (read_one, bare(alone, select_one)),
        "read 100 rows": (
            lambda n: database.read(lambda tx: _SOME.all(tx, {"by_id": n % 800})),
            bare(readers, select_some, "rollback"),
        ),
        "update 1, insert 1": (
            lambda n: database.transact(partial(unit_of_two, n=n)),
            bare(writers, take_and_add, "commit"),
        ),
        "insert 20": (lambda _: database.transact(unit_of_twenty), bare(writers, add_some, "commit")),
    }


class _Wire:
    """Bytes to a search server and back over connections that are kept, with nothing in between."""

    def __init__(self, url: str) -> None:
        at = urlsplit(url)
        self._host, self._port = at.hostname or "", at.port or 9200
        self._idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    @asynccontextmanager
    async def _line(self) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        line = self._idle.pop() if self._idle else await asyncio.open_connection(
            self._host, self._port, limit=_LONGEST_ANSWER_BYTES
        )  # fmt: skip
        yield line
        self._idle.append(line)

    async def call(self, request: tuple[str, str, bytes, str]) -> Any:
        """What the server answered, decoded."""
        method, target, body, kind = request
        head = f"{method} {target} HTTP/1.1\r\nhost: {self._host}:{self._port}\r\ncontent-type: {kind}\r\n"
        async with self._line() as (reader, writer):
            writer.write(f"{head}content-length: {len(body)}\r\n\r\n".encode() + body)
            headers = await reader.readuntil(b"\r\n\r\n")
            size = headers.lower().partition(b"content-length: ")[2].partition(b"\r")[0]
            answer = msgspec.json.decode(await reader.readexactly(int(size)))
        assert headers.split(b" ", 2)[1] == b"200", answer
        return answer

    async def close(self) -> None:
        """Let the connections go."""
        for _, writer in self._idle:
            writer.close()
            await writer.wait_closed()


def _entry(number: int, version: int) -> Entry:
    text = f"tent n{number} light grey for {number % 7} people with poles and pegs"
    return Entry(
        id=f"itm_{number:026}", version=version, state="stocked", title=text, text=text, exact=(f"key{number}",),
        categories=("outdoor", "outdoor.tents"), brand=f"Brand {number % 20}",
        texts={"colour": (f"colour {number % 9}",)}, numbers={"weight": (number % 50 + 0.5,)},
        kinds={"colour": "text", "weight": "number"}, prices_minor=(number * 100,), price_key=number,
        price_desc_key=ITEMS - number, newest_key=number, rating_key=number, warehouses=(f"w{number % 3}",),
        hubs=[number % 4], arrivals=[number % 4 * 256 + 3], reach_key=number % 4, hit=b"h" * 300,
    )  # fmt: skip


async def search(stack: AsyncExitStack, url: str) -> Ways:
    """OpenSearch and Elasticsearch. What an entry is written with, apart from its bytes, is the adapter's own look."""
    index = ServerItemIndex(f"{url}/calls?find_ms={PATIENT_MS}&bulk_ms={PATIENT_MS * 3}", SystemClock())
    await index.open()
    stack.push_async_callback(index.close)
    wire = _Wire(url)
    stack.push_async_callback(wire.close)
    versions = count(1)
    first = next(versions)
    await index.write([_entry(n, first) for n in range(ITEMS)])
    await index.commit()
    heard: list[tuple[str, str, bytes, str]] = []
    http: Any = index._client._http  # what goes through it is what is compared
    sends = http.call

    async def hear(method: str, target: str, body: bytes = b"", kind: str = "", *, again: bool) -> Any:
        if target.startswith(("/_msearch", "/calls/_mget", "/calls/_bulk")):
            heard.append((method, target, body, kind or "application/json"))
        return await sends(method, target, body, kind, again=again)

    words = Words(tuple(((word, 1.0),) for word in ("tent", "grey", "light")))
    ten = Ask(words=words)
    page = Ask(words=words, facets=FacetAsk())
    ids = [f"itm_{n:026}" for n in range(24)]

    def find(ask: Ask, window: Window) -> Callable[[], Awaitable[object]]:
        async def asked() -> object:
            view: Any = index.view()
            view.tallies.clear()  # as for a question that nobody has asked of this snapshot
            view.sold.clear()
            found = await view.find(ask, window)
            return found.ranked.stored(range(window.limit))

        return asked

    entries = [_entry(n, first) for n in range(24)]

    async def write() -> None:
        version = next(versions)
        await index.write([msgspec.structs.replace(one, version=version) for one in entries])
        await index._writer._send()  # commit without its refresh, which is the server's work alone

    calls: dict[str, Callable[[], Awaitable[object]]] = {
        "find 10": find(ten, Window(limit=10)),
        "find 24 with facets": find(page, Window(limit=24)),
        "held 24": lambda: index.held(ids),
        "write 24": write,
    }
    ways: dict[str, tuple[Call, Call]] = {}
    for name, call in calls.items():
        heard.clear()
        http.call = hear
        await call()
        http.call = sends
        requests = list(heard)
        assert requests, name
        ways[name] = (lambda _, call=call: call(), lambda _, requests=requests: _each(wire, requests))  # type: ignore[misc]  # mypy knows no lambda with defaults
    return ways


async def _each(wire: _Wire, requests: Sequence[tuple[str, str, bytes, str]]) -> None:
    for one in requests:
        await wire.call(one)
