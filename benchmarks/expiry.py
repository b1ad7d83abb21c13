"""How long after its time an unpaid order is cancelled, with the hint and without it, beside a table of old orders.

Run: `python -m benchmarks.expiry [--old N] [--rate 300] [--seconds 10] [--json] [--out FILE]`.

Orders of one line, made `--rate` a second, die one after the other under the real clock; the sweeper runs as it does in
`haat serve`. Lag is the moment of the history row less `expires_ms`. Between the runs the cost of a look for due orders
is taken, with nothing due.
"""

import argparse
import asyncio
import datetime
import json
import os
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from sqlalchemy import insert

from haat.engines.kv.memory import MemoryKv
from haat.engines.sql import Statement, Tx
from haat.engines.sql.migrations import upgrade
from haat.engines.sql.sqlite import SqliteDatabase
from haat.engines.system import SystemClock, SystemIds
from haat.events.outbox import Outbox
from haat.inventory.adapters.holds import SqlHolds
from haat.inventory.adapters.sql import SqlOfferStore
from haat.inventory.adapters.tables import LINE as INVENTORY_LINE
from haat.inventory.model import Restated
from haat.orders.adapters.rows import order_row
from haat.orders.adapters.sql import SqlOrders
from haat.orders.adapters.tables import LINE as ORDERS_LINE
from haat.orders.adapters.tables import ORDERS
from haat.orders.adapters.view import SqlOrdersView
from haat.orders.expire import ExpireOrder
from haat.orders.fees import FlatShipping
from haat.orders.model import Address, Event, Line, Order, Part, Shipment, Snapshot, Totals
from haat.orders.ports import PaymentWord, Reach
from haat.orders.sweep import RemindOfExpiry, Sweeper
from haat.orders.tax import DatedRates
from haat.payments.adapters.sql import SqlPayments
from haat.payments.adapters.tables import LINE as PAYMENTS_LINE

GOAL_P99_S: Final = {"hint": 5.0, "flushed": 60.0}
AHEAD_MS: Final = 3_000  # before the first one dies: time to write them all
UNIT: Final = 250
SKUS: Final = 1_000
PRICE_MINOR: Final = 59_000
DAY: Final = datetime.date(2027, 1, 1)
TOTALS: Final = Totals(
    currency="INR",
    items_minor=PRICE_MINOR,
    discount_minor=0,
    shipping_minor=0,
    tax_minor=9_000,
    total_minor=PRICE_MINOR,
)


_ADD: Final = Statement(insert(ORDERS), *ORDERS.c.keys())


class NoReach:
    """Nothing is promised here."""

    @property
    def reach(self) -> Reach:
        """Never asked for: no order is made again."""
        raise NotImplementedError


async def nobody_pays(_: str) -> PaymentWord:
    """The gateway's word of an abandoned page."""
    return "none"


def order_of(number: int, state: str, now_ms: int, expires_ms: int, ids: SystemIds) -> Order:
    """An order of one unit."""
    order_id, sku, item_id = ids.new("ord"), f"s.K{number % SKUS}", f"itm_{number % SKUS}"
    owner = f"crt_{number}"
    line = Line(
        line=1, sku=sku, item_id=item_id, seller="s", title="Thing", picture="pic", units=1, price_minor=PRICE_MINOR,
        total_minor=PRICE_MINOR, tax_class="standard", tax_bp=1800, tax_minor=9_000, offer_version=1,
    )  # fmt: skip
    part = Part(part=1, line=1, sku=sku, item_id=item_id, warehouse="w1", units=1, offer_version=1, promised_on=DAY)
    events = [Event(1, None, "CREATED", "", owner, now_ms)]
    if state == "PLACED":
        events.append(Event(2, "CREATED", "PLACED", "", owner, now_ms))
    address = Address(name="Asha Rao", phone="9845012345", line1="12 Lake Road", pincode="560001")
    return Order(
        id=order_id, number=order_id[-12:], owner=owner, checkout_id=order_id, state=events[-1].after, reason="",
        version=len(events), totals=TOTALS, method="upi", on_late_payment="refund", pincode="560001",
        created_ms=now_ms, expires_ms=expires_ms, extended=False, changed_ms=now_ms, replaces=None,
        snapshot=Snapshot(
            address=address, parts=[part],
            shipments=[Shipment(number=1, warehouse="w1", promised_on=DAY, parts=[1])], payment_id=ids.new("pay"),
        ),
        lines=[line], events=events,
    )  # fmt: skip


class Shop:
    """The orders database with what writes to it."""

    def __init__(self, path: Path) -> None:
        self.clock, self.ids = SystemClock(), SystemIds()
        self.database = SqliteDatabase(path, self.clock)
        self.kv = MemoryKv(self.clock, most_keys=10_000_000)
        outbox = Outbox("haat/bench", self.ids)
        self.offers = SqlOfferStore(self.database, outbox)
        self.holds = SqlHolds(outbox)
        self.payments = SqlPayments(self.database, outbox, self.ids, {"upi": "fakepay"})
        self.orders = SqlOrders(outbox, self.ids, self.holds, self.payments, NoReach(), DatedRates(), FlatShipping())
        self.view = SqlOrdersView(self.database)

    async def stock(self) -> None:
        """Offers with more units than anyone asks for."""
        await self.offers.restate(
            [
                Restated(
                    item_id=f"itm_{n}",
                    sku=f"s.K{n}",
                    seller="s",
                    price_minor=PRICE_MINOR,
                    currency="INR",
                    tax_class="standard",
                    active=True,
                    as_of_ms=1,
                    feed_id="fed_1",
                    counts=[("w1", 1_000_000)],
                    initial=False,
                )
                for n in range(SKUS)
            ]
        )

    async def old(self, count: int) -> None:
        """Orders that were paid long ago: their rows alone, which is all that a look for due ones could meet."""
        now_ms = self.clock.now_ms()
        for start in range(0, count, 5_000):

            def old_orders(tx: Tx, start: int = start) -> None:
                numbers = range(start, min(start + 5_000, count))
                _ADD.many(tx, [order_row(order_of(n, "PLACED", now_ms, 0, self.ids)) for n in numbers])

            await self.database.transact(old_orders)

    async def dying(self, rate: int, seconds: float, *, hinted: bool) -> dict[str, int]:
        """Unpaid orders, and when each dies."""
        count = int(rate * seconds)
        now_ms = self.clock.now_ms()
        first_ms = now_ms + AHEAD_MS + 5 * count  # a millisecond to write each, on a quiet machine
        orders = [
            order_of(10_000_000 + n, "CREATED", now_ms, first_ms + int(n * 1000 / rate), self.ids) for n in range(count)
        ]
        for start in range(0, count, UNIT):

            def new_orders(tx: Tx, start: int = start) -> None:
                for order in orders[start : start + UNIT]:
                    self.holds.take(tx, order.id, order.owner, order.snapshot.parts, 10)
                    self.orders.insert(tx, order)
                    self.payments.begin(
                        tx, payment_id=order.snapshot.payment_id, order_id=order.id, attempt=1, method="upi",
                        amount_minor=PRICE_MINOR, currency="INR",
                    )  # fmt: skip

            await self.database.transact(new_orders)
        if hinted:
            remind = RemindOfExpiry(self.kv)
            for order in orders:
                await remind(order.id, order.expires_ms)
        if self.clock.now_ms() > first_ms:
            raise SystemExit("Writing the orders took longer than they live: choose fewer.")
        return {order.id: order.expires_ms for order in orders}

    async def lags(self, dying: dict[str, int]) -> list[float]:
        """Seconds from each order's time to its end."""

        def ends(tx: Tx) -> list[Any]:
            tx.cursor.execute("SELECT order_id, at_ms FROM order_event WHERE to_state = 'CANCELLED'")
            return tx.cursor.fetchall()

        at_ms = dict(await self.database.read(ends))
        return [(at_ms[order_id] - expires_ms) / 1000 for order_id, expires_ms in dying.items() if order_id in at_ms]

    async def measure(self, rate: int, seconds: float, *, hinted: bool) -> dict[str, Any]:
        """Let them die with the sweeper running."""
        dying = await self.dying(rate, seconds, hinted=hinted)
        expire = ExpireOrder(self.database, self.orders, nobody_pays)
        sweeper = Sweeper(self.database, self.kv, expire, self.view, holder=self.ids.new("evt"), clock=self.clock)
        stop = asyncio.Event()
        running = asyncio.create_task(sweeper.run(stop))
        await asyncio.sleep(max(0.0, (min(dying.values()) - self.clock.now_ms()) / 1000 - 0.1))
        cpu_s, until_ms = time.process_time(), max(dying.values()) + 90_000
        async with asyncio.timeout((until_ms - self.clock.now_ms()) / 1000):
            await asyncio.sleep((max(dying.values()) - self.clock.now_ms()) / 1000)
            while len(await self.lags(dying)) < len(dying):  # noqa: ASYNC110 -- watched from outside
                await asyncio.sleep(1)
        cpu_s = time.process_time() - cpu_s
        stop.set()
        await running
        lags = await self.lags(dying)
        return {**quantiles(lags), "early": sum(lag < 0 for lag in lags), "forgotten": len(dying) - len(lags),
                "cpu_ms_each": round(cpu_s * 1000 / len(dying), 3)}  # fmt: skip

    async def look_ms(self) -> float:
        """A look for due orders when there are none: the median of 200."""
        times = []
        for _ in range(200):
            began_s = time.perf_counter()
            assert not await self.view.due(200)
            times.append(time.perf_counter() - began_s)
        return round(statistics.median(times) * 1000, 3)


def quantiles(lags: Sequence[float]) -> dict[str, float]:
    """p50, p99 and the longest, in seconds."""
    ordered = sorted(lags)
    at = {"p50_s": 0.5, "p99_s": 0.99, "max_s": 1.0}
    return {"count": len(ordered)} | {
        name: round(ordered[min(len(ordered) - 1, int(share * len(ordered)))], 3) for name, share in at.items()
    }


async def run(old: int, rate: int, seconds: float) -> dict[str, Any]:
    """Both ways, and the look between them."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "orders.db"
        upgrade(INVENTORY_LINE.joined(ORDERS_LINE, PAYMENTS_LINE), f"sqlite:///{path}")
        shop = Shop(path)
        shop.database.open()
        await shop.stock()
        small_ms = await shop.look_ms()
        await shop.old(old)
        figures: dict[str, Any] = {"look_ms": {"empty": small_ms, "old": await shop.look_ms()}}
        figures["hint"] = await shop.measure(rate, seconds, hinted=True)
        figures["flushed"] = await shop.measure(rate, seconds, hinted=False)
        shop.database.close()
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--old", type=int, default=100_000, help="orders that are in the table beside")
    parser.add_argument("--rate", type=int, default=300)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    load_before = os.getloadavg()
    figures = asyncio.run(run(options.old, options.rate, options.seconds))
    report = {
        "benchmark": "expiry", "goal_p99_s": GOAL_P99_S, "load": load_before, "old": options.old,
        "rate": options.rate, "seconds": options.seconds, **figures,
    }  # fmt: skip
    text = json.dumps(report, indent=2)
    if options.out:
        options.out.write_text(text)
    print(text if options.json else f"hint {figures['hint']}  flushed {figures['flushed']}  {figures['look_ms']}")


if __name__ == "__main__":
    main()
