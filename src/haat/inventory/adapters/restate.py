"""Feeds restate prices and counts: one unit for a batch, a fixed number of statements."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from sqlalchemy import BindParameter, bindparam, insert, select, update

from haat.engines.sql import Row, Statement, Tx
from haat.events.outbox import Outbox
from haat.inventory.adapters.buckets import ADD_MOVEMENT, ADD_STOCK, Why, level, movement
from haat.inventory.adapters.tables import OFFER, STOCK
from haat.inventory.messages import OfferChanged, StockChanged
from haat.inventory.model import Restated

_SKUS: Final[BindParameter[str]] = bindparam("skus", expanding=True)
# Locking reads in key order (MySQL takes the rows, SQLite has one writer): what is decided from them cannot move.
LOCK_OFFERS: Final = Statement(select(OFFER).where(OFFER.c.sku.in_(_SKUS)).order_by(OFFER.c.sku).with_for_update())
LOCK_STOCK: Final = Statement(
    select(STOCK)
    .where(STOCK.c.sku.in_(_SKUS))
    .order_by(STOCK.c.sku, STOCK.c.warehouse, STOCK.c.bucket)
    .with_for_update()
)
_OFFER_COLUMNS: Final = tuple(OFFER.c.keys())
_STOCK_COLUMNS: Final = tuple(STOCK.c.keys())
ADD_OFFER: Final = Statement(insert(OFFER), *_OFFER_COLUMNS)
_SET_OFFER: Final = Statement(
    update(OFFER)
    .where(OFFER.c.sku == bindparam("by_sku"))
    .values({name: bindparam(f"new_{name}") for name in _OFFER_COLUMNS if name not in ("sku", "item_id", "seller")})
)
_SET_COUNT: Final = Statement(
    update(STOCK)
    .where(
        STOCK.c.sku == bindparam("by_sku"),
        STOCK.c.warehouse == bindparam("by_warehouse"),
        STOCK.c.bucket == bindparam("by_bucket"),
    )
    .values(on_hand=bindparam("new_on_hand"), version=bindparam("new_version"), as_of_ms=bindparam("new_as_of_ms"))
)


def restate(tx: Tx, outbox: Outbox, rows: Sequence[Restated]) -> list[tuple[str, str]]:
    """Apply rows in order; (sku, warehouse) of the counts refused because buyers hold more than the count."""
    skus = sorted({row.sku for row in rows})
    batch = _Batch(tx, LOCK_OFFERS.all(tx, {"skus": skus}), LOCK_STOCK.all(tx, {"skus": skus}))
    for row in rows:
        batch.offer(row)
        for warehouse, count in row.counts:
            batch.count(row, warehouse, count)
    batch.write(outbox)
    return batch.refused


class _Batch:
    """The rows of one unit as they will be, and what has to be written."""

    def __init__(self, tx: Tx, offers: Iterable[Row], stock: Iterable[Row]) -> None:
        self._tx = tx
        self._offers: dict[str, dict[str, Any]] = {
            row[0]: dict(zip(_OFFER_COLUMNS, row, strict=True)) for row in offers
        }
        self._stock: dict[tuple[str, str, int], dict[str, Any]] = {
            (row[0], row[1], row[2]): dict(zip(_STOCK_COLUMNS, row, strict=True)) for row in stock
        }
        self._buckets: dict[tuple[str, str], list[int]] = {}
        for sku, warehouse, bucket in self._stock:
            self._buckets.setdefault((sku, warehouse), []).append(bucket)
        self._old_offers, self._old_stock = set(self._offers), set(self._stock)
        self._touched_offers: set[str] = set()
        self._touched_stock: set[tuple[str, str, int]] = set()
        self._changed_offers: set[str] = set()
        self._changed_stock: set[tuple[str, str]] = set()
        self._movements: list[dict[str, object]] = []
        self.refused: list[tuple[str, str]] = []

    def offer(self, row: Restated) -> None:
        """Set price and activity unless something newer did."""
        said = {
            "price_minor": row.price_minor,
            "currency": row.currency,
            "tax_class": row.tax_class,
            "active": int(row.active),
        }
        now = self._offers.get(row.sku)
        if now is None:
            self._offers[row.sku] = {
                **said,
                "sku": row.sku,
                "item_id": row.item_id,
                "seller": row.seller,
                "version": 1,
                "as_of_ms": row.as_of_ms,
                "buckets": 1,
            }
        elif row.as_of_ms <= now["as_of_ms"]:
            return
        else:
            differs = any(now[name] != value for name, value in said.items())
            now.update(said, version=now["version"] + differs, as_of_ms=row.as_of_ms)
            self._touched_offers.add(row.sku)
            if not differs:
                return
        self._touched_offers.add(row.sku)
        self._changed_offers.add(row.sku)

    def count(self, row: Restated, warehouse: str, count: int) -> None:
        """Set the count of a warehouse. Of several buckets the free units change, until they lie evenly again."""
        place = (row.sku, warehouse)
        if place not in self._buckets:
            self._add(row, warehouse, 0)
        elif row.initial or row.as_of_ms <= max(now["as_of_ms"] for now in self._lot(place)):
            return
        lot = self._lot(place)
        delta = count - sum(now["on_hand"] for now in lot)
        if count < sum(now["held"] for now in lot):
            self.refused.append(place)
            return
        key = stock_key(lot[0])
        self._touched_stock.add(key)
        lot[0]["as_of_ms"] = row.as_of_ms
        if not delta and key in self._old_stock:
            return
        self._changed_stock.add(place)
        free = {now["bucket"]: now["on_hand"] - now["held"] for now in lot}
        changes = level(free, self._offers[row.sku]["buckets"], delta) if delta else {lot[0]["bucket"]: 0}
        for bucket, units in changes.items():
            now = self._stock.get((*place, bucket)) or self._add(row, warehouse, bucket)
            now["on_hand"] += units
            now["version"] += 1
            self._touched_stock.add(stock_key(now))
            if units:
                self._movements.append(
                    movement(self._tx, stock_key(now), units, 0, Why("feed", row.feed_id, row.seller))
                )

    def _add(self, row: Restated, warehouse: str, bucket: int) -> dict[str, Any]:
        fields = (row.sku, warehouse, bucket, row.item_id, 0, 0, 0, 0)
        now = self._stock[row.sku, warehouse, bucket] = dict(zip(_STOCK_COLUMNS, fields, strict=True))
        self._buckets.setdefault((row.sku, warehouse), []).append(bucket)
        return now

    def _lot(self, place: tuple[str, str]) -> list[dict[str, Any]]:
        return [self._stock[*place, bucket] for bucket in self._buckets[place]]

    def write(self, outbox: Outbox) -> None:
        """Everything in a fixed order: offers, stock, movements, events."""
        tx = self._tx
        offers = [self._offers[sku] for sku in sorted(self._touched_offers)]
        stock = [self._stock[key] for key in sorted(self._touched_stock)]
        ADD_OFFER.many(tx, [row for row in offers if row["sku"] not in self._old_offers])
        _SET_OFFER.many(tx, [_renamed(row, "sku") for row in offers if row["sku"] in self._old_offers])
        ADD_STOCK.many(tx, [row for row in stock if stock_key(row) not in self._old_stock])
        _SET_COUNT.many(
            tx, [_renamed(row, "sku", "warehouse", "bucket") for row in stock if stock_key(row) in self._old_stock]
        )
        ADD_MOVEMENT.many(tx, self._movements)
        changed = [offer_changed(self._offers[sku]) for sku in sorted(self._changed_offers)]
        moved = [stock_changed(self._lot(place)) for place in sorted(self._changed_stock)]
        outbox.add(tx, [*((m.item_id, m) for m in changed), *((m.item_id, m) for m in moved)])


def stock_key(row: dict[str, Any]) -> tuple[str, str, int]:
    """The primary key of a stock row."""
    return row["sku"], row["warehouse"], row["bucket"]


def offer_changed(row: dict[str, Any]) -> OfferChanged:
    """The event of an offer row as it now is."""
    return OfferChanged(row["item_id"], row["sku"], row["version"], row["price_minor"], bool(row["active"]))


def stock_changed(rows: Sequence[dict[str, Any]]) -> StockChanged:
    """The event of a warehouse's count as its rows now are."""
    on_hand, held, version = (sum(row[name] for row in rows) for name in ("on_hand", "held", "version"))
    return StockChanged(rows[0]["item_id"], rows[0]["sku"], rows[0]["warehouse"], on_hand, held, version)


def _renamed(row: dict[str, Any], *keys: str) -> dict[str, object]:
    return {(f"by_{name}" if name in keys else f"new_{name}"): value for name, value in row.items()}
