"""Puts the gateway together."""

import asyncio
import contextlib
import logging
import sqlite3
import threading
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from litestar import Litestar
from litestar.exceptions import HTTPException

from fakepay import api, gateway, pages
from fakepay.books import Books
from fakepay.calls import Counter
from fakepay.clock import machine_ms
from fakepay.shapes import ClockNow, Refusal
from fakepay.store import Store
from fakepay.webhooks import Courier, Deliver

log = logging.getLogger("fakepay")

GATHER_S: Final = 0.02  # what is written meanwhile is looked at in one turn
POLL_S: Final = 1.0  # how long `run` sleeps at most: the gateway's clock may jump without a word to it


class FakePay:
    """A gateway over one file. `asgi` may be mounted or served alone; `run` must run for webhooks and late successes.

    Args:
        path: the store; made if missing.
        key: what shops send as `Authorization: Bearer <key>`.
        secret: signs webhooks.
        deliver: sends a webhook's bytes and headers to the shop and returns its HTTP status.
        webhook_url: where webhooks are posted to when there is no `deliver`. Neither: events wait in the store.
        base_url: the address this app answers at, as browsers see it, with the path it is mounted under.
        clock_ms: Unix time in milliseconds; the machine's clock by default. `POST /v1/clock` moves ahead of it.
        open_store: opens the file at `path`.
    """

    def __init__(
        self,
        path: Path | str,
        key: str,
        secret: str,
        *,
        deliver: Deliver | None = None,
        webhook_url: str = "",
        base_url: str = "",
        clock_ms: Callable[[], int] = machine_ms,
        open_store: Callable[[Path], Store] = Store,
    ) -> None:
        if not key or not secret:
            raise ValueError("A gateway needs a key and a secret.")
        self._clock_ms = clock_ms
        self._root = base_url.rstrip("/")
        self._prefix = urlsplit(self._root).path
        self._store = open_store(Path(path))
        self._counter = Counter(self._store, self._books, self._poke)
        self._poster = Poster(webhook_url) if webhook_url and deliver is None else None
        send = deliver or self._poster
        self._courier = Courier(self._store, self._books, secret, send, clock_ms) if send else None
        self._wakers: set[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = set()
        self._gate = threading.Lock()
        self.asgi: Final = Mounted(api.Served(self._counter, key, self._prefix, self._advance))

    async def run(self, stop: asyncio.Event) -> None:
        """Send webhooks, retry them, and let time do its work, until told to stop."""
        awake = asyncio.Event()
        waker = (asyncio.get_running_loop(), awake)
        with self._gate:
            self._wakers.add(waker)
        try:
            while not stop.is_set():
                awake.clear()
                try:
                    wait_ms = await self._turn()
                except* sqlite3.Error:  # a full disk, or another process at the file: what is due stays due
                    log.exception("The store cannot be written; trying again")
                    wait_ms = round(POLL_S * 1000)
                if wait_ms:
                    await _first(stop, awake, wait_ms / 1000)
                    if awake.is_set() and not stop.is_set():
                        await asyncio.sleep(GATHER_S)
        finally:
            with self._gate:
                self._wakers.discard(waker)

    async def _turn(self) -> int:
        """Do what is due; how long to wait before the next turn, 0 when there may be more already."""
        most_ms = round(POLL_S * 1000)
        due_ms = await self._store.do(self._time_passes)
        if due_ms > 0:
            return min(most_ms, max(due_ms, 20))
        return 0 if self._courier is not None and await self._courier.send_due(side_by_side=True) else most_ms

    async def drain(self) -> None:
        """Do all that is due now and try each webhook that is due once, in order. For tests."""
        await self._counter.quiet(lambda _: None)
        if self._courier is not None:
            await self._courier.send_due()

    def close(self) -> None:
        """Finish what waits for the disk and close the file."""
        self._store.close()

    async def aclose(self) -> None:
        """Close the connections to the shop, then the file."""
        if self._poster is not None:
            await self._poster.close()
        self.close()

    def _books(self, connection: sqlite3.Connection) -> Books:
        return Books(connection, self._clock_ms() + _offset_ms(connection), self._root)

    def _time_passes(self, connection: sqlite3.Connection) -> int:
        """Let time do its work; in how many milliseconds there is more to do."""
        books = self._books(connection)
        gateway.time_passes(books)
        due_ms = gateway.next_due_ms(books)
        return round(POLL_S * 1000) if due_ms is None else due_ms - books.now_ms

    def _advance(self, books: Books, by_ms: int) -> ClockNow:
        if by_ms:
            books.connection.execute(
                "INSERT INTO setting (name, value) VALUES ('offset_ms', ?)"
                " ON CONFLICT (name) DO UPDATE SET value = value + excluded.value",
                (by_ms,),
            )
        return ClockNow(books.now_ms + by_ms, _offset_ms(books.connection))

    def _poke(self) -> None:
        """Wake whoever runs this gateway, in whichever loop."""
        with self._gate:
            wakers = tuple(self._wakers)
        if not wakers:
            return
        here = asyncio.get_running_loop()
        for loop, awake in wakers:
            if loop is here:
                awake.set()
                continue
            with contextlib.suppress(RuntimeError):  # its loop has just been closed
                loop.call_soon_threadsafe(awake.set)


@cache
def _litestar() -> Litestar:
    """The one app of this process; it is made once, for it takes 40 ms."""
    return Litestar(
        [*api.HANDLERS, *pages.HANDLERS],
        guards=[api.guard],
        exception_handlers={Refusal: api.refused, HTTPException: api.unread, Exception: api.broken},
        request_max_body_size=api.MOST_BODY_BYTES,
        openapi_config=None,
        logging_config=None,
    )


class Mounted:
    """The ASGI app of one gateway; takes paths with and without the path it is mounted under in front."""

    def __init__(self, served: api.Served) -> None:
        self._served = served
        self._inside = served.prefix + "/" if served.prefix else ""
        self._app = _litestar()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """ASGI entry point."""
        scope = {**scope, api.SCOPE_KEY: self._served}
        if scope["type"] == "http" and self._inside and scope["path"].startswith(self._inside):
            scope |= {"path": scope["path"][len(self._inside) - 1 :], "root_path": ""}
        await self._app(scope, receive, send)


class Poster:
    """Posts webhooks to one address. Follows no redirect. Needs httpx2."""

    def __init__(self, url: str) -> None:
        import httpx2

        self._client = httpx2.AsyncClient(timeout=10.0, follow_redirects=False, trust_env=False)
        self._url = url

    async def __call__(self, body: bytes, headers: Mapping[str, str]) -> int:
        """The shop's status. Raises: httpx2.HTTPError when there is none."""
        answer = await self._client.post(self._url, content=body, headers=dict(headers))
        return answer.status_code

    async def close(self) -> None:
        """Close its connections."""
        await self._client.aclose()


def _offset_ms(connection: sqlite3.Connection) -> int:
    row = connection.execute("SELECT value FROM setting WHERE name = 'offset_ms'").fetchone()
    return 0 if row is None else int(row[0])


async def _first(stop: asyncio.Event, awake: asyncio.Event, timeout_s: float) -> None:
    """Wait until told to stop, woken, or the time is over."""
    waits = [asyncio.ensure_future(stop.wait()), asyncio.ensure_future(awake.wait())]
    try:
        await asyncio.wait(waits, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
