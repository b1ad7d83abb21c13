"""PlaceOrder on a database that is given, with a catalogue and a delivery network in memory: what benchmarks use."""

from collections.abc import Sequence
from hashlib import sha256
from typing import Any, Final

import msgspec

from haat.engines.sql.idempotency import Claim
from haat.engines.sql.mysql import MySqlDatabase
from haat.engines.sql.sqlite import SqliteDatabase
from haat.engines.system import SystemClock, SystemIds
from haat.events.outbox import Outbox
from haat.http.signing import Signer
from haat.inventory.adapters.holds import SqlHolds
from haat.inventory.adapters.sql import SqlOfferStore
from haat.inventory.model import Restated
from haat.orders.adapters.sql import SqlOrders
from haat.orders.fees import FlatShipping
from haat.orders.model import Address, Wanted
from haat.orders.place import PlaceCommand, PlaceOrder
from haat.orders.plan import Planned, Planning
from haat.orders.quote import QuoteLines
from haat.orders.tax import DatedRates
from haat.payments.adapters.sql import SqlPayments
from tests.orders.world import PIN, Cart, Catalogue, Live, Notes, eight_warehouses

UNITS: Final = 10_000_000
SELLER: Final = "a"


class PlanOnce:
    """The plan of the same skus is made once: their orders differ in nothing that is planned."""

    def __init__(self, quotes: QuoteLines) -> None:
        self.inner = quotes
        self.made: dict[tuple[str, ...], tuple[Planning, Planned]] = {}

    async def look(self, wanted: Sequence[Wanted], pincode: str, method: Any) -> tuple[Planning, Planned]:
        """The plan of these lines."""
        skus = tuple(one.sku for one in wanted)
        if skus not in self.made:
            self.made[skus] = await self.inner.look(wanted, pincode, method)
        return self.made[skus]

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


class Placing:
    """Places orders of its skus, which are `a.…`; `plan_once`: what is read for a plan is not measured."""

    def __init__(self, database: MySqlDatabase | SqliteDatabase, skus: Sequence[str], *, plan_once: bool) -> None:
        self.database, self.skus, self.ids = database, skus, SystemIds()
        outbox = Outbox("haat/bench", self.ids)
        self.offers, holds = SqlOfferStore(database, outbox), SqlHolds(outbox)
        taxes, fees, signer = DatedRates(), FlatShipping(), Signer([b"k" * 32])
        live, catalogue = Live(eight_warehouses()), Catalogue()
        payments = SqlPayments(database, outbox, self.ids, {"upi": "fakepay"})
        orders = SqlOrders(outbox, self.ids, holds, payments, live, taxes, fees)
        offers = self.offers.offers_by_sku
        quotes: Any = QuoteLines(offers, catalogue, live, taxes, fees, SystemClock(), signer)
        if plan_once:
            quotes = PlanOnce(quotes)
        self.place = PlaceOrder(
            database, quotes, holds, payments, orders, Cart(), Notes(), self.ids, signer, "http://shop.test"
        )
        for sku in skus:
            catalogue.bodies[_item(sku)] = msgspec.json.encode(
                {
                    "id": _item(sku), "seller": SELLER, "status": "active", "title": f"Thing {sku}",
                    "variants": [{"sku": sku, "attributes": {}, "pictures": []}], "pictures": [],
                }
            )  # fmt: skip

    async def stock(self) -> None:
        """More units of each sku than anybody asks for, in the nearest warehouse."""
        warehouse = nearest()
        for begin in range(0, len(self.skus), 200):
            rows = [
                Restated(
                    item_id=_item(sku), sku=sku, seller=SELLER, price_minor=59_000, currency="INR",
                    tax_class="gst-18", active=True, as_of_ms=1, feed_id="fed_1", counts=[(warehouse, UNITS)],
                    initial=False,
                )
                for sku in self.skus[begin : begin + 200]
            ]  # fmt: skip
            await self.offers.restate(rows)

    async def order(self, skus: Sequence[str]) -> None:
        """One order of a unit of each, to be paid by UPI, by a buyer who was never here."""
        owner = self.ids.new("crt")
        claim = Claim(owner, "k", sha256(b"").hexdigest())
        address = Address(name="Asha Rao", phone="9845012345", line1="12 Lake Road", pincode=PIN)
        wanted = [Wanted(sku, 1) for sku in skus]
        answer = await self.place(PlaceCommand(owner, "c", wanted, address, "upi", claim))
        assert (answer.status, answer.replayed) == (201, False)


def nearest() -> str:
    """The warehouse that orders are sent from."""
    reach = eight_warehouses()
    place = reach.place(PIN)
    assert place is not None
    column = reach.column(place)
    return reach.warehouses[min((code, i) for i, code in enumerate(column) if code != 255)[1]]


def _item(sku: str) -> str:
    return f"itm_{sku.partition('.')[2]}"
