"""The selling half of a shop on files, which may die at any of its calls and be opened again.

It is composed by `haat.selling`, as the product is. Dying is an exception that nobody catches: what was committed is on
disk, everything else (objects, connections, KV, leases, what the breaker knows) is gone. The gateway lives on.
"""

import asyncio
import sqlite3
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Any, Final, TypeVar, cast

import httpx2
import msgspec

from fakepay.app import FakePay
from haat.engines.kv.memory import MemoryKv
from haat.engines.sql.outgoing import SqlOutgoing
from haat.engines.sql.sqlite import SqliteDatabase
from haat.engines.system import SeededIds
from haat.errors import HaatError
from haat.events.adapters.sql_parking import SqlParking
from haat.events.adapters.sqlite_log import SqliteEventLog
from haat.events.backoff import Backoff
from haat.events.consume import Consumer
from haat.events.outbox import Outbox
from haat.events.relay import Relay
from haat.gateway import ONLINE, OpenGateway
from haat.http.signing import Signer
from haat.inventory.adapters.sql import SqlOfferStore
from haat.inventory.model import Restated
from haat.payments.adapters.fakepay import FakePayGateway
from haat.payments.breaker import Breaker
from haat.payments.refund import SendRefund
from haat.payments.webhooks import HandleWebhook, ReceiveWebhook
from haat.selling import SellingNeeds, put_together
from haat.shop import LINES
from haat_verify import Paths, verify
from tests.conftest import ManualClock
from tests.migrated import template
from tests.orders.world import PIN, Catalogue, Live
from tests.serviceability.worlds import GridPlaces, network_of, reach_of

T = TypeVar("T")
KEY, SECRET, BASE = "key-of-tests", "secret-of-tests", "http://shop.test/fakepay"
DATABASES: Final = ("orders", "carts", "events")
PRICES: Final[Mapping[str, int]] = {"a.X": 59_000, "a.Y": 12_345, "b.Z": 9_901}
SKUS: Final = tuple(PRICES)
_CALLS: Final = frozenset({"transact", "append", "create", "find", "capture", "refund", "find_refund", "commit"})
_AT_ONCE: Final = Backoff(lambda: 0.0)
_MEMORY: Final = Path("/dev/shm")


class Died(BaseException):
    """The process is gone: nothing catches it."""


class Fate:
    """At which of the coming calls the process dies: before it is made, or when it is done and nobody was told."""

    def __init__(self) -> None:
        self.left, self.half, self.dead = 0, "", False

    def set(self, call: int, half: str) -> None:
        self.left, self.half = call, half

    def strikes(self) -> str:
        """At which half of this call it happens; "" for neither. Raises: Died, when it did already."""
        if self.dead:
            raise Died
        if not self.left:
            return ""
        self.left -= 1
        return "" if self.left else self.half

    def die(self) -> Died:
        self.dead = True
        return Died()


class _Watched:
    """A port whose calls are counted."""

    def __init__(self, port: Any, fate: Fate) -> None:
        self._port, self._fate = port, fate

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._port, name)
        if name not in _CALLS:
            return method

        async def call(*positional: Any, **named: Any) -> Any:
            last = self._fate.strikes()
            if last == "before":
                raise self._fate.die()
            done = await method(*positional, **named)
            if last == "after":
                raise self._fate.die()
            return done

        return call


@cache
def _live() -> Live:
    return Live(reach_of(network_of(GridPlaces(), warehouses=8)))


def warehouses() -> list[str]:
    """Those that serve the buyers' place, the earliest first."""
    reach = _live().reach
    place = reach.place(PIN)
    assert place is not None
    able = sorted((code, i) for i, code in enumerate(reach.column(place, "standard")) if code != 255)
    return [reach.warehouses[i] for _, i in able]


class Process:
    """What one process of the shop has in its memory."""

    def __init__(
        self, folder: Path, clock: ManualClock, ids: SeededIds, fakepay: FakePay, catalogue: Catalogue
    ) -> None:
        self.fate = Fate()
        self.asked = 0  # times: one that did nothing has nothing to lose
        self.databases = {name: SqliteDatabase(folder / f"{name}.db", clock) for name in DATABASES}
        for database in self.databases.values():
            database.open()
        self.kv = MemoryKv(clock)
        self.kv.open()
        orders, carts = (cast("Any", _Watched(self.databases[name], self.fate)) for name in ("orders", "carts"))
        self.offers = SqlOfferStore(orders, Outbox("haat/inventory", ids))
        self.raw = FakePayGateway(BASE, KEY, SECRET, transport=_to(fakepay))
        gateways = {"fakepay": cast("Any", _Watched(Breaker(self.raw, clock), self.fate))}
        needs = SellingNeeds(
            orders_database=orders,
            carts_database=carts,
            kv=self.kv,
            offers=self.offers,
            documents=catalogue,
            serviceability=cast("Any", _live()),
            gateway=OpenGateway(gateways, dict.fromkeys(ONLINE, "fakepay")),
            backoff=_AT_ONCE,
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
        log = cast("Any", _Watched(SqliteEventLog(self.databases["events"], clock), self.fate))
        parking = SqlParking(self.databases["events"])
        self.relay = Relay(log, {"orders": SqlOutgoing(orders), "carts": SqlOutgoing(carts)}, _AT_ONCE)
        self.consumers = [Consumer(handler, log, parking, _AT_ONCE) for handler in self.selling.handlers]

    async def close(self) -> None:
        await self.raw.aclose()
        for database in self.databases.values():
            database.close()
        self.kv.close()


class Shop:
    """A shop and its gateway, from one process of it to the next."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = ManualClock()
        self.ids = SeededIds(7, self.clock)
        self.catalogue = Catalogue()
        self.fakepay = FakePay(
            folder / "fakepay.db", KEY, SECRET, deliver=self._deliver, base_url=BASE, clock_ms=self.clock.now_ms
        )
        self.control = httpx2.AsyncClient(
            base_url=f"{BASE}/v1", transport=_to(self.fakepay), headers={"authorization": f"Bearer {KEY}"}
        )
        self.letters: list[tuple[bytes, Mapping[str, str]]] = []  # every webhook the gateway ever sent
        self.deaf = False  # webhooks get no answer
        self.at = warehouses()[:2]
        self.as_of_ms = 0
        self._books = sqlite3.connect(folder / "orders.db", isolation_level=None)
        self.process = self._begin()

    def _begin(self) -> Process:
        return Process(self.folder, self.clock, self.ids, self.fakepay, self.catalogue)

    async def crash(self) -> None:
        """Nothing of the process is left but its files."""
        self.process.fate.dead = True
        left = asyncio.all_tasks() - {cast("Any", asyncio.current_task())}
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        await self.process.close()
        self.process = self._begin()

    async def close(self) -> None:
        self._books.close()
        await self.control.aclose()
        await self.process.close()
        await self.fakepay.aclose()

    # ---- the gateway

    async def _deliver(self, body: bytes, headers: Mapping[str, str]) -> int:
        self.letters.append((body, headers))
        return 503 if self.deaf else await self.hear(body, headers)

    async def hear(self, body: bytes, headers: Mapping[str, str]) -> int:
        """A webhook is kept, answered, and looked into, as the route does. The answer's status."""
        try:
            key = await self.process.receive("fakepay", headers, body)
        except HaatError as error:
            return error.status
        if key:
            await self.process.handle.after_answer(key)
        return 200

    async def act(self, payment_id: str, action: str) -> None:
        """What the buyer does on the gateway's page, if there is one."""
        answer = await self.control.get(f"/intents/by-reference/{payment_id}")
        if answer.status_code == 200:
            await self.control.post(f"/intents/{answer.json()['id']}/act", json={"action": action})

    async def script(self, *faults: Mapping[str, object]) -> None:
        answer = await self.control.put("/faults", json={"script": list(faults)})
        assert answer.status_code == 200, answer.text

    # ---- what goes on by itself

    async def events(self) -> None:
        """Relay and consumers, until nothing waits."""
        await self.process.relay.step()
        for consumer in self.process.consumers:
            async with consumer.open() as member:
                while await consumer.step(member, asyncio.Event()):
                    pass

    # ---- sellers

    async def restate(self, sku: str, price_minor: int, counts: Sequence[int], *, active: bool = True) -> bool:
        """What a feed says; whether all of it was taken over."""
        self.as_of_ms = max(self.as_of_ms + 1, self.clock.now_ms())
        seller, _, code = sku.partition(".")
        row = Restated(
            item_id=f"itm_{code.lower()}", sku=sku, seller=seller, price_minor=price_minor, currency="INR",
            tax_class="gst-18", active=active, as_of_ms=self.as_of_ms, feed_id=f"fed_{self.as_of_ms}",
            counts=list(zip(self.at, counts, strict=False)), initial=False,
        )  # fmt: skip
        return not await self.process.offers.restate([row])

    # ---- what the files say

    def rows(self, query: str, *values: object) -> list[Any]:
        return self._books.execute(query, values).fetchall()

    def wrong(self, *, drained: bool = False) -> str:
        """What the independent checker finds, as a table; "" when all is right."""
        others = (self.folder / "fakepay.db", self.folder / "events.db") if drained else ()
        report = verify(Paths(self.folder / "orders.db", *others), drained, now_ms=self.clock.now_ms())
        return "" if report.clean else report.as_table()


def _to(fakepay: FakePay) -> httpx2.ASGITransport:
    return httpx2.ASGITransport(fakepay.asgi, raise_app_exceptions=False)


@asynccontextmanager
async def open_shop() -> AsyncIterator[Shop]:
    """A new shop with a few units of each thing."""
    with tempfile.TemporaryDirectory(dir=_MEMORY if _MEMORY.is_dir() else None) as name:
        folder = Path(name)
        for database in DATABASES:
            (folder / f"{database}.db").write_bytes(template(LINES[database]))
        shop = Shop(folder)
        try:
            for sku in SKUS:
                seller, _, code = sku.partition(".")
                variant = {"sku": sku, "code": code, "attributes": {}, "pictures": []}
                shop.catalogue.bodies[f"itm_{code.lower()}"] = msgspec.json.encode(
                    {
                        "id": f"itm_{code.lower()}", "seller": seller, "status": "active", "title": code,
                        "variants": [variant],
                    }
                )  # fmt: skip
                assert await shop.restate(sku, PRICES[sku], (3, 2))
            yield shop
        finally:
            await shop.close()
