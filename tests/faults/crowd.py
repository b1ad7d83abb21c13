"""A served shop with little stock, and crowds of buyers in processes of their own.

It lies in files and is served by one process, or on servers that `urls` names, and then by as many as are asked for:
alike, or some for the web and some for the work behind it.
"""

import asyncio
import json
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import cycle
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from haat import commands, settings
from haat.demo.seed import seed
from haat.demo_shop import MarketInShop
from haat.engines.sql.urls import server_of
from haat.engines.system import SystemClock
from haat.inventory.model import Restated
from haat.orders.model import Wanted
from haat.shop import Shop
from haat_verify.run import Paths, verify
from tests.cli.process import HAAT, START_S, environment, free_ports
from tests.faults.zygote import ROOT, SHM

HOME = "560034"
ADDRESS = {"name": "Meera Krishnan", "phone": "9845012345", "line1": "14, 3rd Cross, Koramangala", "pincode": HOME}
USERS = 40


class Answer(NamedTuple):
    """What a buyer was told."""

    name: str
    status: int
    body: Any
    tries: int

    @property
    def order_id(self) -> str:
        return str(self.body["id"])


class Replica:
    """One process of the shop, again and again in the same place. `web`: it is there when its port answers."""

    def __init__(
        self, folder: Path, log: Path, more: Mapping[str, str], command: Sequence[str] = ("serve",), *, web: bool = True
    ) -> None:
        self.port, admin = free_ports(2)
        listen = {"HAAT_LISTEN": f"127.0.0.1:{self.port}", "HAAT_ADMIN_LISTEN": f"127.0.0.1:{admin}"}
        self._environment = environment(folder, **{**more, **listen})
        self._log = log
        self._command = command
        self._web = web
        self._process: subprocess.Popen[bytes] | None = None

    def launch(self) -> None:
        """Start, unless it runs."""
        if self._process is not None and self._process.poll() is None:
            return
        with self._log.open("a", encoding="utf-8") as log:
            self._process = subprocess.Popen(
                [*HAAT, *self._command], env=self._environment, stdout=subprocess.DEVNULL, stderr=log
            )

    def start(self) -> None:
        """Start, unless it runs, and wait until it answers."""
        self.launch()
        assert self._process is not None
        began = time.monotonic()
        while self._web:
            assert self._process.poll() is None, self.said()[-4_000:]
            assert time.monotonic() - began < START_S
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=2):
                    return
            except OSError:
                time.sleep(0.05)  # polling a process from outside: there is nothing to wait on

    def kill(self) -> None:
        """As a power cut to the process."""
        assert self._process is not None
        self._process.kill()
        self._process.wait(timeout=30)

    def stop(self) -> None:
        """In good order."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            self._process.wait(timeout=60)

    def said(self) -> str:
        """Its log, and those of others that write into the same."""
        return self._log.read_text(encoding="utf-8") if self._log.exists() else ""


@dataclass
class Crowded:
    """A shop, and the processes that serve it."""

    folder: Path
    items: int
    method: str = "cod"
    urls: Mapping[str, str] = field(default_factory=dict)
    servers: int = 1
    working: int = 0
    gateway: Path | None = None
    skus: list[str] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)
    seller: str = ""
    _crowds: int = 0

    def __post_init__(self) -> None:
        shared = {"HAAT_SECRET_KEY": "k" * 40, "HAAT_BLOBS_URL": f"file:///{self.folder / 'blobs'}"} | dict(self.urls)
        self._settings = shared if self.servers > 1 else dict(self.urls)
        serve = ("serve", "--only", "web") if self.working else ("serve",)
        self.replicas = [
            Replica(self.folder if n == 0 else Path(f"{self.folder}-{n}"), self._log, self._settings, serve)
            for n in range(self.servers)
        ]
        self.workers = [
            Replica(Path(f"{self.folder}-work-{n}"), self._log, self._settings, ("worker",), web=False)
            for n in range(self.working)
        ]

    @property
    def _log(self) -> Path:
        return self.folder.parent / "serve.log"

    # ---- the shop, while nobody serves it

    def prepare(self, work: Any) -> Any:
        """Do something with the open shop."""

        async def inside() -> Any:
            given = settings.load({"HAAT_DATA_DIR": str(self.folder), **self._settings})
            async with commands.whole_shop(given, "tests") as shop:
                done = await work(shop)
                await shop.flow.drain()
                return done

        return asyncio.run(inside())

    def drain(self) -> None:
        """What waits is done."""

        async def nothing_more(_: Shop) -> None:
            """Opening and draining is all."""

        self.prepare(nothing_more)

    def log(self) -> str:
        """What the server said."""
        return self.replicas[0].said()

    async def _fill(self, shop: Shop) -> None:
        await seed(MarketInShop(shop), size=self.items, seed=1, pictures=False, progress=lambda *_: None)
        self.tokens = [(await shop.create_token("user"))[1] for _ in range(USERS)]
        await shop.sellers.make("crowd", "Crowd Traders")
        self.seller = (await shop.create_token("seller:crowd"))[1]
        priced = "SELECT sku FROM offer WHERE price_minor IS NOT NULL AND active = 1 ORDER BY sku"
        for (sku,) in self.rows(priced):
            quote = await shop.selling.quotes([Wanted(sku, 1)], HOME, self.method)
            if quote.ok and await _serving(shop, sku):
                self.skus.append(sku)

    def stock(self, counts: Mapping[str, int]) -> None:
        """These skus have so many units in all that reach the buyers, in two warehouses where two serve them."""

        async def restock(shop: Shop) -> None:
            for sku, units in counts.items():
                offer = (await shop.offers.offers_by_sku([sku]))[sku]
                serving = await _serving(shop, sku)
                first = units - units // 3 if len(serving) > 1 else units
                shares = dict.fromkeys((row.warehouse for row in offer.stock), 0)
                shares |= dict(zip(serving, (first, units - first), strict=False))
                now_ms = SystemClock().now_ms()
                row = Restated(
                    item_id=offer.item_id, sku=sku, seller=offer.seller, price_minor=offer.price_minor, currency="INR",
                    tax_class=offer.tax_class, active=True, as_of_ms=now_ms, feed_id="fed_races",
                    counts=list(shares.items()), initial=False,
                )  # fmt: skip
                assert not await shop.offers.restate([row])

        self.prepare(restock)

    # ---- the servers

    def start(self) -> None:
        """Serve, and wait until all of them answer."""
        for one in (*self.workers, *self.replicas):
            one.launch()
        for replica in self.replicas:
            replica.start()

    def kill(self) -> None:
        """The first of them."""
        self.replicas[0].kill()

    def stop(self) -> None:
        """In good order."""
        for one in (*self.replicas, *self.workers):
            one.stop()

    # ---- the crowd

    @contextmanager
    def crowd(self, processes: int) -> Iterator["Crowd"]:
        """Buyers, connected to nothing yet."""
        self._crowds += 1
        logs = [self.folder.parent / f"crowd-{self._crowds}-{n}.log" for n in range(processes)]
        children = [
            subprocess.Popen(
                [sys.executable, "-m", "tests.faults.buyers", "127.0.0.1", str(replica.port), str(log)],
                cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            )
            for log, replica in zip(logs, cycle(self.replicas), strict=False)
        ]  # fmt: skip
        try:
            for child in children:
                assert child.stdout is not None
                assert child.stdout.readline() == "ready\n"
            yield Crowd(children, logs)
        finally:
            for child in children:
                if child.poll() is None:
                    child.kill()
                child.wait(timeout=30)
                for pipe in (child.stdin, child.stdout):
                    if pipe is not None and not pipe.closed:
                        pipe.close()

    def order(self, name: str, lines: Mapping[str, int], *, key: str = "", checkout: str = "", user: int = -1) -> Any:
        """A request that orders."""
        headers = {"idempotency-key": key or f"key-{name}"}
        if user >= 0:
            headers["authorization"] = f"Bearer {self.tokens[user % USERS]}"
        body = {
            "checkout_id": sha256((checkout or name).encode()).hexdigest()[:20],
            "lines": [{"sku": sku, "quantity": units} for sku, units in lines.items()],
            "address": ADDRESS,
            "payment": {"method": self.method},
        }
        return {"name": name, "method": "POST", "path": "/api/v1/orders", "headers": headers, "body": body}

    # ---- what is so

    def rows(self, query: str, *values: object, database: str = "orders") -> list[Any]:
        """What a database holds."""
        url = self.urls.get(f"HAAT_{database.upper()}_URL")
        if url is None:
            with closing(sqlite3.connect(f"file:{self.folder / f'{database}.db'}?mode=ro", uri=True)) as file:
                return file.execute(query, values).fetchall()
        engine = create_engine(server_of(url).url, poolclass=NullPool)
        with engine.connect() as connection:
            return [tuple(row) for row in connection.exec_driver_sql(query.replace("?", "%s"), values)]

    def change(self, statement: str, *values: object) -> None:
        """What is so from now on in the orders database of a server, whatever the shop may think."""
        engine = create_engine(server_of(self.urls["HAAT_ORDERS_URL"]).url, poolclass=NullPool)
        with engine.begin() as connection:
            connection.exec_driver_sql(statement.replace("?", "%s"), values)

    def sold(self, sku: str) -> int:
        """Units in orders that are on."""
        query = """SELECT COALESCE(SUM(l.units), 0) FROM order_line l JOIN orders o ON o.id = l.order_id
            WHERE l.sku = ? AND o.state <> 'CANCELLED'"""
        return int(self.rows(query, sku)[0][0])

    def verified(self, *, drained: bool = False) -> None:
        """haat_verify finds nothing."""
        gateway, events = self.gateway or self.folder / "fakepay.db", self.folder / "events.db"
        orders = self.urls.get("HAAT_ORDERS_URL") or self.folder / "orders.db"
        log = self.urls.get("HAAT_EVENTS_URL") or (events if events.exists() else None)
        report = verify(Paths(orders, gateway, log, self.urls.get("HAAT_PARKED_URL")), drained=drained)
        assert report.clean, report.as_table()


class Crowd:
    """Processes of buyers."""

    def __init__(self, children: "list[subprocess.Popen[str]]", logs: list[Path]) -> None:
        self._children = children
        self._logs = logs

    def send(self, wave: Sequence[Any]) -> None:
        """All of them at once, dealt out among the processes."""
        for number, child in enumerate(self._children):
            assert child.stdin is not None
            child.stdin.write(json.dumps(wave[number :: len(self._children)]) + "\n")
            child.stdin.flush()

    def wait_for(self, count: int) -> None:
        """Until so many were answered."""
        began = time.monotonic()
        while sum(log.read_bytes().count(b"\n") for log in self._logs if log.exists()) < count:
            assert time.monotonic() - began < START_S
            time.sleep(0.002)  # files of other processes: there is nothing to wait on

    def answers(self) -> list[Answer]:
        """All that was answered, when everything is."""
        for child in self._children:
            assert child.stdin is not None
            child.stdin.close()
        for child in self._children:
            assert child.wait(timeout=300) == 0
        lines = [line for log in self._logs if log.exists() for line in log.read_text(encoding="utf-8").splitlines()]
        found = [json.loads(line) for line in lines]
        return [Answer(one["name"], one["status"], _read(one["body"]), one["tries"]) for one in found]


def _read(body: str) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return body


async def _serving(shop: Shop, sku: str) -> list[str]:
    """Warehouses that have a row of it, serve the buyers and take cash there."""
    reach = shop.serviceability.reach
    place = reach.place(HOME)
    assert place is not None
    offer = (await shop.offers.offers_by_sku([sku]))[sku]
    body = (await shop.catalog.documents([offer.item_id]))[offer.item_id]
    column = reach.column(place, json.loads(body).get("shipping_class", "standard"))
    rows = [(reach.ordinals[row.warehouse], row.warehouse) for row in offer.stock]
    return [warehouse for at, warehouse in rows if column[at] != 255 and reach.takes_cash(place, at)]


@contextmanager
def crowded(
    items: int,
    urls: Mapping[str, str] | None = None,
    servers: int = 1,
    *,
    workers: int = 0,
    gateway: Path | None = None,
) -> Iterator[Crowded]:
    """A small market, stocked and not served yet. With `workers`, the servers are for the web only.

    `gateway`: the file of a FakePay that `urls` names, if it is not the one inside the shop.
    """
    with tempfile.TemporaryDirectory(dir=SHM if SHM.is_dir() else None, prefix="haat-races-") as folder:
        shop = Crowded(Path(folder) / "var", items, urls=urls or {}, servers=servers, working=workers, gateway=gateway)
        shop.prepare(shop._fill)
        try:
            yield shop
        finally:
            shop.stop()
