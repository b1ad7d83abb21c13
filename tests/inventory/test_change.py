"""A seller's prices and counts, through the use cases, with what they refuse."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from haat.engines.system import SeededIds
from haat.errors import Conflict, Invalid
from haat.events.envelope import Event, decode
from haat.events.outbox import Outbox
from haat.inventory.adapters.sql import SqlOfferStore
from haat.inventory.change_offer import OfferExists, SetOffer
from haat.inventory.change_stock import ChangeStock, Count, Delta
from haat.inventory.consumers import OfferInbound
from haat.inventory.model import BelowHeld, NoSuchOffer, Place, StaleOffer, Terms
from haat.shop import LINES
from tests.conftest import ManualClock
from tests.sql import SQL, Opened


@dataclass
class Bench:
    database: Opened
    store: SqlOfferStore
    offers: SetOffer
    stock: ChangeStock


async def item_of(sku: str) -> str | None:
    return "itm_1" if sku in ("acme.A", "acme.B") else None


async def may_use(seller: str, warehouse: str) -> bool:
    return warehouse in ("w1", f"{seller}-own")


@pytest.fixture
async def bench(tmp_path: Path, clock: ManualClock, ids: SeededIds) -> AsyncIterator[Bench]:
    database = SQL.database(LINES["orders"], tmp_path / "orders.db", clock)
    database.open()
    store = SqlOfferStore(database, Outbox("haat/inventory", ids))
    yield Bench(database, store, SetOffer(store, item_of, "INR"), ChangeStock(store, may_use, ids))
    database.close()


def terms(price_minor: int | None = 19900) -> Terms:
    return Terms(price_minor, "gst-18", active=True)


async def test_an_offer_is_made_once_and_changed_by_version(bench: Bench) -> None:
    made = await bench.offers.create("acme", "acme.A", terms())
    assert (made.version, made.price_minor, made.currency) == (1, 19900, "INR")
    with pytest.raises(OfferExists):
        await bench.offers.create("acme", "acme.A", terms())
    changed = await bench.offers.change("acme", "acme.A", terms(18900), 1)
    assert (changed.version, changed.price_minor) == (2, 18900)
    with pytest.raises(StaleOffer):
        await bench.offers.change("acme", "acme.A", terms(1), 1)


@pytest.mark.parametrize("price_minor", [0, -1, 10**13])
async def test_a_price_that_is_none_is_refused(bench: Bench, price_minor: int) -> None:
    with pytest.raises(Invalid) as caught:
        await bench.offers.create("acme", "acme.A", terms(price_minor))
    assert caught.value.problems[0].pointer == "#/price_minor"


async def test_a_sku_that_is_not_ones_own_is_not_there(bench: Bench) -> None:
    await bench.offers.create("acme", "acme.A", terms())
    with pytest.raises(Invalid):
        await bench.offers.create("acme", "other.A", terms())
    for attempt in (bench.offers.change("other", "acme.A", terms(), 1), bench.offers.get("other", "acme.A")):
        with pytest.raises(NoSuchOffer):
            await attempt
    with pytest.raises(NoSuchOffer):
        await bench.stock.set("other", Place("acme.A", "w1"), Count(1), 0)


@pytest.mark.parametrize(
    ("delta", "pointer"),
    [
        (Delta(0, "receive"), "#/units"),
        (Delta(-1, "receive"), "#/units"),
        (Delta(1, "damaged"), "#/units"),
        (Delta(10**9, "receive"), "#/units"),
    ],
)
async def test_a_delta_must_mean_what_its_reason_says(bench: Bench, delta: Delta, pointer: str) -> None:
    await bench.offers.create("acme", "acme.A", terms())
    with pytest.raises(Invalid) as caught:
        await bench.stock.move("acme", Place("acme.A", "w1"), delta, "k")
    assert caught.value.problems[0].pointer == pointer


async def test_goods_lie_only_where_the_seller_may_keep_them(bench: Bench) -> None:
    await bench.offers.create("acme", "acme.A", terms())
    with pytest.raises(Invalid):
        await bench.stock.move("acme", Place("acme.A", "other-own"), Delta(1, "receive"), "k")
    row, _ = await bench.stock.move("acme", Place("acme.A", "acme-own"), Delta(1, "receive"), "k")
    assert row.free == 1


async def test_counts_by_key_and_by_version(bench: Bench) -> None:
    await bench.offers.create("acme", "acme.A", terms())
    at = Place("acme.A", "w1")
    row, replayed = await bench.stock.move("acme", at, Delta(5, "receive", "pallet 7"), "k1")
    assert (row.on_hand, replayed) == (5, False)
    assert await bench.stock.move("acme", at, Delta(5, "receive", "pallet 7"), "k1") == (row, True)
    assert (await bench.stock.set("acme", at, Count(3), row.version)).on_hand == 3
    with pytest.raises(StaleOffer):
        await bench.stock.set("acme", at, Count(9), row.version)


async def test_movements_cannot_be_rewritten(bench: Bench) -> None:
    await bench.offers.create("acme", "acme.A", terms())
    await bench.stock.move("acme", Place("acme.A", "w1"), Delta(5, "receive"), "k1")
    for sql in ("UPDATE movement SET d_on_hand = 9", "DELETE FROM movement"):
        with pytest.raises(Conflict):
            await bench.database.transact(lambda tx, sql=sql: tx.cursor.execute(sql))  # type: ignore[misc]


def offered(**over: Any) -> Event:
    import msgspec

    said = {
        "item_id": "itm_1", "sku": "acme.A", "seller": "acme", "feed_id": "fed_1", "as_of_ms": 5, "line": 1,
        "price_minor": 100, "currency": "INR", "tax_class": "standard", "active": True,
        "stock": [{"warehouse": "w1", "on_hand": 4}], "stock_mode": "restate", "a_later_field": 1,
    }  # fmt: skip
    data = msgspec.Raw(msgspec.json.encode({**said, **over}))
    return Event(id="evt_1", source="t", type="offer.offered", subject="itm_1", time="", dataschema="", data=data)  # type: ignore[arg-type]


async def test_a_batch_with_one_impossible_count_keeps_the_rest(bench: Bench) -> None:
    consume = OfferInbound(bench.store)
    await consume([offered()])
    await bench.database.transact(lambda tx: tx.cursor.execute("UPDATE stock SET held = 3"))
    with pytest.raises(BelowHeld):
        await consume(
            [offered(as_of_ms=6, stock=[{"warehouse": "w1", "on_hand": 1}]), offered(sku="acme.B", as_of_ms=6)]
        )
    offer = await bench.store.offer("acme.B")
    assert offer is not None
    before = len(await bench.store.unsent(100))
    await consume([offered(sku="acme.B", as_of_ms=6)])  # the runner tries each event again alone
    assert len(await bench.store.unsent(100)) == before


async def test_a_batch_costs_seven_statements_whatever_its_size(bench: Bench) -> None:
    from haat.inventory.adapters import restate as restating
    from tests.contracts.offer_store import restated

    rows = [restated(f"acme.{n}", item_id=f"itm_{n}", counts=[("w1", n), ("w2", 1)]) for n in range(300)]
    outbox = Outbox("haat/inventory", SeededIds(1, ManualClock()))

    def unit(tx: Any) -> int:
        restating.restate(tx, outbox, rows)
        return int(tx.statements)

    assert await bench.database.transact(unit) <= 7
    events = {decode(row.value).type for row in await bench.store.unsent(2000)}
    assert events == {"offer.changed", "stock.changed"}
