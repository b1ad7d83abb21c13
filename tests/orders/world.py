"""A small shop around the orders database: real adapters, a made-up country, items by hand."""

import asyncio
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec

from haat.engines.sql.idempotency import Claim
from haat.engines.system import SeededIds
from haat.errors import Unavailable
from haat.events.envelope import Event as Envelope
from haat.events.envelope import decode
from haat.events.outbox import Outbox
from haat.http.signing import Signer
from haat.inventory.adapters.holds import SqlHolds
from haat.inventory.adapters.sql import SqlOfferStore
from haat.inventory.adapters.tables import LINE as INVENTORY_LINE
from haat.inventory.model import Restated
from haat.orders.adapters.sql import SqlOrders
from haat.orders.adapters.tables import LINE as ORDERS_LINE
from haat.orders.fees import FlatShipping
from haat.orders.model import Address, Method, OnLatePayment, Wanted
from haat.orders.place import Answer, OrderGiven, PlaceCommand, PlaceOrder
from haat.orders.quote import QuoteLines
from haat.orders.tax import DatedRates
from haat.payments.adapters.sql import SqlPayments
from haat.payments.adapters.tables import LINE as PAYMENTS_LINE
from haat.serviceability.model import Lane
from haat.serviceability.reach import Reach
from tests.conftest import ManualClock
from tests.serviceability.worlds import GridPlaces, network_of, reach_of
from tests.sql import SQL, asked

LINE = INVENTORY_LINE.joined(ORDERS_LINE, PAYMENTS_LINE)
PIN = "110111"  # five of the eight warehouses serve it
ONLINE: Mapping[str, str] = {"upi": "fakepay", "card": "fakepay", "netbanking": "fakepay"}


@dataclass
class Live:
    """Serviceability as it stands; tests swap the snapshot."""

    reach: Reach


@dataclass
class Cart:
    """Carts by owner, filled by hand."""

    carts: dict[str, tuple[str, int, Sequence[Wanted]]] = field(default_factory=dict)

    async def __call__(self, owner: str, /) -> tuple[str, int, Sequence[Wanted]]:
        return self.carts.get(owner, ("", 0, ()))


@dataclass
class Notes:
    """Reminders that were given."""

    given: list[tuple[str, int]] = field(default_factory=list)

    async def __call__(self, order_id: str, expires_ms: int, /) -> None:
        self.given.append((order_id, expires_ms))


@dataclass
class Catalogue:
    """Item documents by id."""

    bodies: dict[str, bytes] = field(default_factory=dict)
    down: bool = False

    async def __call__(self, ids: Sequence[str], /) -> Mapping[str, bytes]:
        if self.down:
            raise Unavailable("the catalogue is away")
        return {key: self.bodies[key] for key in ids if key in self.bodies}


@cache
def eight_warehouses() -> Reach:
    """Who serves whom to begin with: read-only, so one for all worlds."""
    return reach_of(network_of(GridPlaces(), warehouses=8))


class World:
    """Everything an order needs."""

    def __init__(self, path: Path, clock: ManualClock, ids: SeededIds) -> None:
        self.clock, self.ids = clock, ids
        self.path = path
        self.database = SQL.database(LINE, path, clock)
        self.live = Live(eight_warehouses())
        self.catalogue, self.cart, self.notes = Catalogue(), Cart(), Notes()
        self.offers = SqlOfferStore(self.database, Outbox("haat/inventory", ids))
        self.holds = SqlHolds(Outbox("haat/inventory", ids))
        self.payments = SqlPayments(self.database, Outbox("haat/payments", ids), ids, ONLINE)
        self.taxes, self.fees, self.signer = DatedRates(), FlatShipping(), Signer([b"k" * 32])
        self.orders = SqlOrders(
            Outbox("haat/orders", ids), ids, self.holds, self.payments, self.live, self.taxes, self.fees
        )
        self.quotes = QuoteLines(
            self.offers.offers_by_sku, self.catalogue, self.live, self.taxes, self.fees, clock, self.signer
        )
        self.place = PlaceOrder(
            self.database, self.quotes, self.holds, self.payments, self.orders, self.cart, self.notes, ids,
            self.signer, "http://shop.test",
        )  # fmt: skip
        self._serial = itertools.count(1)
        self.as_of_ms = 1

    def serving(self, pincode: str = PIN, shipping_class: str = "standard") -> list[str]:
        """Warehouses that serve a place, the earliest first."""
        reach = self.live.reach
        place = reach.place(pincode)
        assert place is not None
        column = reach.column(place, shipping_class)  # type: ignore[arg-type]  # one of the classes
        able = sorted((code, i) for i, code in enumerate(column) if code != 255)
        return [reach.warehouses[i] for _, i in able]

    async def sell(
        self,
        sku: str,
        stock: Mapping[str, int],
        price_minor: int | None = 59_000,
        *,
        tax_class: str = "gst-18",
        active: bool = True,
        shipping_class: str = "standard",
    ) -> None:
        """Offer a sku, or change its price and counts."""
        seller, _, code = sku.partition(".")
        item_id = f"itm_{code.lower()[-36:]}"
        self.as_of_ms += 1
        variant = {"sku": sku, "code": code, "attributes": {"colour": "blue"}, "pictures": [0]}
        self.catalogue.bodies[item_id] = msgspec.json.encode(
            {
                "id": item_id, "seller": seller, "status": "active", "title": f"Thing {code}", "variants": [variant],
                "pictures": [{"key": "pic", "alt": "", "width": 1, "height": 1}], "shipping_class": shipping_class,
            }
        )  # fmt: skip
        row = Restated(
            item_id=item_id, sku=sku, seller=seller, price_minor=price_minor, currency="INR", tax_class=tax_class,
            active=active, as_of_ms=self.as_of_ms, feed_id=f"fed_{self.as_of_ms}",
            counts=list(stock.items()), initial=False,
        )  # fmt: skip
        assert not await self.offers.restate([row])

    def command(
        self,
        lines: Mapping[str, int] | None,
        *,
        owner: str = "crt_1",
        checkout_id: str = "",
        key: str = "",
        body: str = "",
        method: Method = "upi",
        pincode: str = PIN,
        quote: str = "",
        on_late_payment: OnLatePayment = "refund",
    ) -> PlaceCommand:
        """An order of these lines, of a checkout and key of its own unless named."""
        serial = f"n{next(self._serial)}"
        return PlaceCommand(
            owner=owner,
            checkout_id=checkout_id or serial,
            wanted=None if lines is None else [Wanted(sku, units) for sku, units in lines.items()],
            address=Address(name="Asha Rao", phone="9845012345", line1="12 Lake Road", pincode=pincode),
            method=method,
            claim=Claim(owner, key or serial, sha256(body.encode()).hexdigest()),
            on_late_payment=on_late_payment,
            quote=quote,
        )

    async def order(self, lines: Mapping[str, int] | None, **options: Any) -> OrderGiven:
        """Place it; the answer read back."""
        return given(await self.place(self.command(lines, **options)))

    async def rows(self, query: str, *values: object) -> list[Any]:
        """What the database holds, by a statement of the test's own."""

        return await self.database.read(asked(query, *values))

    async def sum(self, query: str, *values: object) -> int:
        """One number."""
        return int((await self.rows(query, *values))[0][0] or 0)

    async def events(self, topic: str = "orders") -> list[Envelope]:
        """What waits for the relay on a topic."""
        return [
            decode(row[0]) for row in await self.rows("SELECT value FROM outbox WHERE topic = ? ORDER BY seq", topic)
        ]

    async def sound(self) -> None:
        """What must always hold between stock, holds, orders, history and events."""
        drift = """SELECT s.sku FROM stock s LEFT JOIN hold h ON h.sku = s.sku AND h.warehouse = s.warehouse
            AND h.bucket = s.bucket AND h.state IN ('held', 'committed')
            GROUP BY s.sku, s.warehouse, s.bucket, s.held HAVING s.held <> COALESCE(SUM(h.units), 0)"""
        assert await self.rows(drift) == []
        wrong = """SELECT o.id, o.state, h.state FROM orders o JOIN hold h ON h.order_id = o.id
            WHERE h.state <> CASE o.state WHEN 'CREATED' THEN 'held' WHEN 'PLACED' THEN 'committed'
            WHEN 'PACKED' THEN 'committed' WHEN 'CANCELLED' THEN 'released' ELSE 'consumed' END"""
        assert await self.rows(wrong) == []
        gaps = """SELECT o.id FROM orders o JOIN order_event e ON e.order_id = o.id GROUP BY o.id, o.version
            HAVING COUNT(*) <> o.version OR MIN(e.seq) <> 1 OR MAX(e.seq) <> o.version"""
        assert await self.rows(gaps) == []
        assert await self.sum("SELECT COUNT(*) FROM orders WHERE id NOT IN (SELECT order_id FROM order_event)") == 0
        history = {(r[0], r[1]) for r in await self.rows("SELECT order_id, seq FROM order_event")}
        told = [(e.subject, msgspec.json.decode(e.data)["seq"]) for e in await self.events()]
        assert sorted(told) == sorted(history)
        short = """SELECT l.order_id FROM order_line l JOIN (SELECT order_id, sku, SUM(units) units FROM hold
            GROUP BY order_id, sku) h ON h.order_id = l.order_id AND h.sku = l.sku WHERE h.units <> l.units"""
        assert await self.rows(short) == []


def given(answer: Answer) -> OrderGiven:
    """The answer's body."""
    return msgspec.json.decode(answer.body, type=OrderGiven)


async def at_once(*calls: Any) -> list[Any]:
    """All of them together: results and errors in their order."""
    return await asyncio.gather(*calls, return_exceptions=True)


def outage(hub: str, warehouse: str) -> Lane:
    """A lane that is closed."""
    return Lane(origin=warehouse, hub=hub, active=False)
