"""The selling half of a shop on small files: put together by `haat.selling`, FakePay inside, every port watched.

Light on purpose: no search, no catalogue, no HTTP edge, so that one life costs some tens of milliseconds. Places and
lanes are made up once in the process that forks. Where HAAT_TEST_SQL names a server (tests/sql.py), orders and carts
lie there, in databases that every run begins with filled anew; the log and the gateway stay in files.
"""

import asyncio
import json
import os
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, closing
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, TypeVar, cast

import httpx2
import msgspec

from fakepay.app import FakePay
from fakepay.store import Store
from haat.engines.kv.memory import MemoryKv
from haat.engines.sql.idempotency import Claim
from haat.engines.sql.outgoing import SqlOutgoing
from haat.engines.sql.sqlite import SqliteDatabase
from haat.engines.system import SeededIds
from haat.errors import HaatError
from haat.events.adapters.sql_parking import SqlParking
from haat.events.adapters.sqlite_log import SqliteEventLog
from haat.events.backoff import Backoff
from haat.events.consume import Consumer
from haat.events.flow import Flow
from haat.events.lag import MeasureLag
from haat.events.outbox import Outbox
from haat.events.ports import EventLog
from haat.events.relay import Relay
from haat.gateway import ONLINE, OpenGateway
from haat.http.signing import Signer
from haat.inventory.adapters.sql import SqlOfferStore
from haat.inventory.model import Restated
from haat.orders.model import Address, Method, OnLatePayment, Wanted
from haat.orders.place import PlaceCommand
from haat.payments.adapters.fakepay import FakePayGateway
from haat.payments.breaker import Breaker
from haat.payments.ports import Gateway
from haat.payments.refund import SendRefund
from haat.payments.webhooks import HandleWebhook, ReceiveWebhook
from haat.selling import SellingNeeds, put_together
from haat.shop import LINES
from haat.vocabulary import Prefix
from tests.conftest import NOON_MS, ManualClock
from tests.faults.around import Around, Watch
from tests.migrated import template
from tests.orders.world import PIN, Catalogue, Live
from tests.serviceability.worlds import GridPlaces, network_of, reach_of
from tests.sql import CHOSEN, SQL, Opened, ask

T = TypeVar("T")
KEY, SECRET, BASE = "key-of-tests", "secret-of-tests", "http://shop.test/fakepay"
DATABASES: Final = ("orders", "carts", "events")
SERVED: Final = () if CHOSEN == "sqlite" else ("orders", "carts")
"""Those that lie on a server."""
SKUS: Final = ("a.X", "a.Y", "b.Z")
PRICE_MINOR: Final = 59_000
UNITS: Final = 5
SCARCE: Final = "a.S"
"""One unit in each of two warehouses: two who buy at once first reach for the same."""
AT_ONCE: Final = Backoff(lambda: 0.0)


@cache
def live() -> Live:
    """The made-up country."""
    return Live(reach_of(network_of(GridPlaces(), warehouses=8)))


def serving() -> list[str]:
    """Warehouses that serve the buyers' place, the earliest first."""
    reach = live().reach
    place = reach.place(PIN)
    assert place is not None
    able = sorted((code, i) for i, code in enumerate(reach.column(place, "standard")) if code != 255)
    return [reach.warehouses[i] for _, i in able]


def catalogue() -> Catalogue:
    """Items, of which nobody's life changes anything."""
    made = Catalogue()
    for sku in (*SKUS, SCARCE):
        seller, _, code = sku.partition(".")
        variant: dict[str, object] = {"sku": sku, "code": code, "attributes": {}, "pictures": []}
        made.bodies[f"itm_{code.lower()}"] = msgspec.json.encode(
            {"id": f"itm_{code.lower()}", "seller": seller, "status": "active", "title": code, "variants": [variant]}
        )
    return made


class LateStore(Store):
    """FakePay's file, opened when it is first used: by then the process is the one that will end."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._opened = False

    async def do(self, unit: Callable[[sqlite3.Connection], T]) -> T:
        if not self._opened:
            self._opened = True
            super().__init__(self._path)
        return await super().do(unit)

    def close(self) -> None:
        if self._opened:
            super().close()


class LifeIds:
    """Ids that no other life gives."""

    def __init__(self, clock: ManualClock) -> None:
        self._clock = clock
        self.begin(0)

    def begin(self, number: int) -> None:
        self._ids = SeededIds(number + 1, self._clock)

    def new(self, prefix: Prefix) -> str:
        return self._ids.new(prefix)


def place(served: Path, name: str) -> Path:
    """A database that lies in the folder at hand, or on a server: there it is known by where its file would be."""
    return (served if name in SERVED else Path()) / f"{name}.db"


def database(served: Path, name: str, clock: ManualClock) -> Opened:
    """It, not open yet. A file has to be there then."""
    path = place(served, name)
    return SQL.database(LINES[name], path, clock) if name in SERVED else SqliteDatabase(path, clock)


class Life:
    """The shop from the start of a process to its end, on the files of the folder it is in.

    It is put together before the fork, which takes most of its time, and opened after it. `served`: the folder that
    databases on a server are known by.
    """

    def __init__(self, served: Path) -> None:
        self.watch = watch = Watch()
        self.clock = ManualClock()
        self.ids = ids = LifeIds(self.clock)
        clock, around = self.clock, Around(watch)
        self.plain = {name: database(served, name, clock) for name in DATABASES}
        orders, carts = around("orders", self.plain["orders"]), around("carts", self.plain["carts"])
        self.orders = orders
        self.offers = SqlOfferStore(orders, Outbox("haat/inventory", ids))
        self.kv = MemoryKv(clock)
        self.fakepay = FakePay(
            "fakepay.db", KEY, SECRET, deliver=self._deliver, base_url=BASE, clock_ms=clock.now_ms, open_store=LateStore
        )
        transport = httpx2.ASGITransport(self.fakepay.asgi, raise_app_exceptions=False)
        self.raw = FakePayGateway(BASE, KEY, SECRET, transport=transport)
        self.control = httpx2.AsyncClient(
            base_url=f"{BASE}/v1", transport=transport, headers={"authorization": f"Bearer {KEY}"}
        )
        gateways: dict[str, Gateway] = {"fakepay": around("gateway", Breaker(self.raw, clock))}
        gateway = OpenGateway(gateways, dict.fromkeys(ONLINE, "fakepay"))
        needs = SellingNeeds(
            orders_database=orders,
            carts_database=carts,
            kv=around("kv", self.kv),
            offers=self.offers,
            documents=catalogue(),
            serviceability=cast("Any", live()),
            gateway=gateway,
            backoff=AT_ONCE,
            clock=clock,
            ids=ids,
            signer=Signer([b"k" * 32]),
            base_url="http://shop.test",
            currency="INR",
        )
        self.selling = put_together(needs)
        book = self.selling.book
        self.receive = ReceiveWebhook(orders, book, gateways, clock)
        self.handle = HandleWebhook(orders, book, self.selling.apply, SendRefund(orders, book, gateways))
        log = around("log", cast("EventLog", SqliteEventLog(self.plain["events"], clock)))
        parking = SqlParking(self.plain["events"])
        sources = {"orders": SqlOutgoing(orders), "carts": SqlOutgoing(carts)}
        consumers = [Consumer(handler, log, parking, AT_ONCE) for handler in self.selling.handlers]
        measure = MeasureLag(log, parking, sources, self.selling.handlers, clock)
        self.flow = Flow(Relay(log, sources, AT_ONCE), consumers, measure)
        self._heard: set[asyncio.Task[None]] = set()

    async def _deliver(self, body: bytes, headers: Mapping[str, str]) -> int:
        """A webhook is kept, answered, and then looked into, as the route does."""
        try:
            key = await self.receive("fakepay", headers, body)
        except HaatError as error:
            return error.status
        if key:
            self._heard.add(asyncio.create_task(self.handle.after_answer(key)))
        return 200

    # ---- time

    def at(self, seconds: float) -> None:
        """So long after the beginning; never back."""
        self.clock.set(max(self.clock.now_ms(), NOON_MS + round(seconds * 1000)))
        CLOCK.write_text(str(self.clock.now_ms()))

    def pass_time(self, seconds: float) -> None:
        self.clock.advance(seconds)
        CLOCK.write_text(str(self.clock.now_ms()))

    # ---- what goes on by itself

    async def pump(self) -> None:
        """Everything that is due now: gateway, webhooks, jobs, expiry, relay and consumers."""
        for turn in (self._gateway_turn, self.selling.jobs.step, self.selling.sweeper.step, self.flow.drain):
            await patiently(turn)

    async def _gateway_turn(self) -> None:
        await self.fakepay.drain()
        while self._heard:
            await self._heard.pop()

    async def settle(self) -> None:
        """Time passes until nothing is under way, past expiry, grace, leases and the gateway's and our own retries."""
        for pause_s in PAUSES_S:
            await self.pump()
            if await self._at_rest():
                break
            self.pass_time(pause_s)
        self.pass_time(HALF_AN_HOUR_S)
        await self.pump()

    async def _at_rest(self) -> bool:
        """Whether nothing is under way here or at the gateway."""
        under_way = """SELECT 1 FROM orders WHERE state = 'CREATED' UNION SELECT 1 FROM refund WHERE state <> 'DONE'
            UNION SELECT 1 FROM webhook WHERE handled_ms = 0 UNION SELECT 1 FROM outbox WHERE sent_ms = 0
            UNION SELECT 1 FROM payment WHERE state = 'UNKNOWN'
            UNION SELECT 1 FROM job WHERE kind <> 'payment' OR run_ms < ? LIMIT 1"""
        at_gateway = """SELECT 1 FROM events WHERE state = 'waiting'
            UNION SELECT 1 FROM intents WHERE status IN ('created', 'pending', 'authorized') LIMIT 1"""
        if await self.rows(under_way, self.clock.now_ms()):
            return False
        with closing(sqlite3.connect("fakepay.db")) as gateway:
            return gateway.execute(at_gateway).fetchone() is None

    # ---- buyers and others

    def command(
        self,
        key: str,
        lines: Mapping[str, int] | None = None,
        *,
        owner: str = "crt_1",
        checkout_id: str = "",
        method: Method = "upi",
        late: OnLatePayment = "refund",
    ) -> PlaceCommand:
        """An order; the same key is the same request."""
        wanted = None if lines is None else [Wanted(sku, units) for sku, units in lines.items()]
        address = Address(name="Asha Rao", phone="9845012345", line1="12 Lake Road", pincode=PIN)
        claim = Claim(owner, key, sha256(f"{key} {lines} {method} {late}".encode()).hexdigest())
        return PlaceCommand(owner, checkout_id or f"chk-{key}", wanted, address, method, claim, late)

    async def act(self, payment_id: str, action: str) -> int:
        """What the buyer does on the gateway's page; nothing here goes wrong."""
        intent = await self.raw.find(payment_id)
        assert intent is not None, "the gateway has no page for it"
        return (await self.control.post(f"/intents/{intent.id}/act", json={"action": action})).status_code

    async def script(self, *faults: Mapping[str, object]) -> None:
        """What the gateway itself does wrong."""
        answer = await self.control.put("/faults", json={"script": list(faults)})
        assert answer.status_code == 200, answer.text

    async def rows(self, query: str, *values: object, database: str = "orders") -> list[Any]:
        """What a database holds."""
        return await self.plain[database].read(lambda tx: ask(tx, query, values))

    # ---- open and close

    def open(self, number: int) -> None:
        """Begin: the life of this number among those of one run."""
        self.ids.begin(number)
        self.clock.set(int(CLOCK.read_text()) if CLOCK.exists() else NOON_MS)
        for database in self.plain.values():
            database.open()
        self.kv.open()

    async def close(self) -> None:
        for task in self._heard:
            task.cancel()
        await self.control.aclose()
        await self.raw.aclose()
        self.fakepay.close()
        for database in self.plain.values():
            database.close()
        self.kv.close()


CLOCK: Final = Path("clock")
HALF_AN_HOUR_S: Final = 1_801
PAUSES_S: Final = (0, 11, 65, 130, 600, 601, 900, 901, 2_400, 3_700, 3_700, 7_300)
TRIES: Final = 4


async def patiently(act: Callable[[], Awaitable[Any]]) -> Any:
    """Try again what an engine that was away for a moment did not let through."""
    for left in reversed(range(TRIES)):
        try:
            return await act()
        except HaatError as error:
            if not left or error.status < 500:
                raise
    raise AssertionError


@asynccontextmanager
async def living(life: Life, number: int) -> AsyncIterator[Life]:
    """One life of the shop, in this folder."""
    life.open(number)
    try:
        yield life
    finally:
        await life.close()


def migrate() -> None:
    """Empty files, in this folder. Databases on a server are made when they are asked for."""
    for name in DATABASES:
        if name not in SERVED:
            Path(f"{name}.db").write_bytes(template(LINES[name]))


async def stock(served: Path) -> None:
    """Offers and units, in the databases of this folder: what every run begins with."""
    near = serving()
    async with living(Life(served), 0) as life:
        for number, sku in enumerate((*SKUS, SCARCE), 1):
            seller, _, code = sku.partition(".")
            counts = [(near[0], 1), (near[1], 1)] if sku == SCARCE else [(near[0], UNITS)]
            row = Restated(
                item_id=f"itm_{code.lower()}", sku=sku, seller=seller, price_minor=PRICE_MINOR, currency="INR",
                tax_class="gst-18", active=True, as_of_ms=number, feed_id=f"fed_{number}", counts=counts, initial=False,
            )  # fmt: skip
            assert not await life.offers.restate([row])
        await life.flow.drain()


class Client:
    """A buyer's own record of what it asked and what it was told: written to disk before it goes on."""

    def __init__(self) -> None:
        self._path = Path("client.log")
        self.said: dict[str, Any] = {}
        self.again: list[tuple[str, Any, Any]] = []  # two answers to one step
        self.open = ""  # asked, and not answered
        for line in self._path.read_text().splitlines() if self._path.exists() else ():
            self._note(json.loads(line))

    def _note(self, entry: dict[str, Any]) -> None:
        step = entry["step"]
        if "said" not in entry:
            self.open = step
            return
        self.open = ""
        if step in self.said:
            self.again.append((step, self.said[step], entry["said"]))
        self.said[step] = entry["said"]

    def write(self, step: str, **said: Any) -> None:
        """Durable when it returns."""
        entry = {"step": step, **said}
        self._note(json.loads(json.dumps(entry)))
        handle = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.write(handle, f"{json.dumps(entry)}\n".encode())
        os.fsync(handle)
        os.close(handle)
