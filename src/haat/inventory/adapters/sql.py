"""Offers, stock and movements in SQL."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import bindparam, insert, select, update

from haat.engines.sql import Database, Row, Statement, Tx
from haat.engines.sql.outgoing import SqlOutgoing
from haat.errors import Conflict, KeyReused
from haat.events.outbox import Outbox
from haat.inventory.adapters.restate import (
    ADD_MOVEMENT,
    ADD_OFFER,
    ADD_STOCK,
    movement,
    offer_changed,
    restate,
    stock_changed,
)
from haat.inventory.adapters.tables import IDEMPOTENCY, OFFER, STOCK
from haat.inventory.model import BelowHeld, NoSuchOffer, NotEnough, Offer, Restated, StaleOffer, StockRow
from haat.inventory.ports import CountChange, Key

_ITEMS_AT_ONCE: Final = 500  # variables per statement stay far below SQLite's and MySQL's limits
_BRIEF_ITEMS: Final = 100  # a page's worth is read faster than it is handed to another thread (ADR 18)

OFFER_FIELDS = (
    OFFER.c.sku, OFFER.c.item_id, OFFER.c.seller, OFFER.c.price_minor, OFFER.c.currency, OFFER.c.tax_class,
    OFFER.c.active, OFFER.c.version,
)  # fmt: skip
_STOCK_FIELDS = (STOCK.c.sku, STOCK.c.warehouse, STOCK.c.on_hand, STOCK.c.held, STOCK.c.version)
_OFFERS_OF: Final = Statement(
    select(*OFFER_FIELDS).where(OFFER.c.item_id.in_(bindparam("items", expanding=True))).order_by(OFFER.c.sku)
)
_STOCK_OF: Final = Statement(select(*_STOCK_FIELDS).where(STOCK.c.item_id.in_(bindparam("items", expanding=True))))
_OFFER: Final = Statement(select(*OFFER_FIELDS).where(OFFER.c.sku == bindparam("by_sku")))
_OF_SELLER: Final = Statement(
    select(*OFFER_FIELDS)
    .where(OFFER.c.seller == bindparam("by_seller"), OFFER.c.sku > bindparam("after"))
    .order_by(OFFER.c.sku)
    .limit(bindparam("most"))
)
_OFFERS_BY_SKU: Final = Statement(select(*OFFER_FIELDS).where(OFFER.c.sku.in_(bindparam("skus", expanding=True))))
_STOCK_OF_SKUS: Final = Statement(select(*_STOCK_FIELDS).where(STOCK.c.sku.in_(bindparam("skus", expanding=True))))
_CHANGE: Final = Statement(
    update(OFFER)
    .where(OFFER.c.sku == bindparam("by_sku"), OFFER.c.version == bindparam("expects"))
    .values(
        price_minor=bindparam("new_price"),
        currency=bindparam("new_currency"),
        tax_class=bindparam("new_tax_class"),
        active=bindparam("new_active"),
        version=OFFER.c.version + 1,
        as_of_ms=bindparam("now_ms"),
    )
)
_AT = (STOCK.c.sku == bindparam("by_sku"), STOCK.c.warehouse == bindparam("by_warehouse"), STOCK.c.bucket == 0)
_SET: Final = Statement(
    update(STOCK)
    .where(*_AT, STOCK.c.version == bindparam("expects"), STOCK.c.held <= bindparam("units"))
    .values(on_hand=bindparam("units"), version=STOCK.c.version + 1, as_of_ms=bindparam("now_ms"))
)
_ADD: Final = Statement(
    update(STOCK)
    .where(*_AT, STOCK.c.on_hand + bindparam("units") >= STOCK.c.held)
    .values(on_hand=STOCK.c.on_hand + bindparam("units"), version=STOCK.c.version + 1, as_of_ms=bindparam("now_ms"))
)
_ROW: Final = Statement(select(STOCK).where(*_AT).with_for_update())
_KEY: Final = Statement(
    select(IDEMPOTENCY.c.fingerprint, IDEMPOTENCY.c.body)
    .where(IDEMPOTENCY.c.scope == bindparam("by_scope"), IDEMPOTENCY.c.key == bindparam("by_key"))
    .with_for_update()
)
_CLAIM: Final = Statement(insert(IDEMPOTENCY), "scope", "key", "fingerprint", "status", "body", "created_ms")


class SqlOfferStore(SqlOutgoing):
    """OfferStore on the orders database."""

    def __init__(self, database: Database, outbox: Outbox) -> None:
        super().__init__(database)
        self._database = database
        self._outbox = outbox

    async def restate(self, rows: Sequence[Restated]) -> Sequence[tuple[str, str]]:
        """See OfferStore."""
        return await self._database.transact(lambda tx: restate(tx, self._outbox, rows))

    async def offers_of(self, item_ids: Sequence[str]) -> Mapping[str, Sequence[Offer]]:
        """See OfferStore."""

        def unit(tx: Tx) -> dict[str, list[Offer]]:
            found: dict[str, list[Offer]] = {}
            for start in range(0, len(item_ids), _ITEMS_AT_ONCE):
                items = {"items": list(item_ids[start : start + _ITEMS_AT_ONCE])}
                for offer in with_stock(_OFFERS_OF.all(tx, items), _STOCK_OF.all(tx, items)):
                    found.setdefault(offer.item_id, []).append(offer)
            return found

        return await self._database.read(unit, brief=len(item_ids) <= _BRIEF_ITEMS)

    async def offer(self, sku: str) -> Offer | None:
        """See OfferStore."""
        return await self._database.read(lambda tx: _one(tx, sku), brief=True)

    async def offers_by_sku(self, skus: Sequence[str]) -> Mapping[str, Offer]:
        """See OfferStore."""
        wanted = {"skus": list(skus)}

        def unit(tx: Tx) -> dict[str, Offer]:
            offers = with_stock(_OFFERS_BY_SKU.all(tx, wanted), _STOCK_OF_SKUS.all(tx, wanted))
            return {offer.sku: offer for offer in offers}

        return await self._database.read(unit, brief=len(skus) <= _BRIEF_ITEMS) if skus else {}

    async def offers_of_seller(self, seller: str, after: str, limit: int) -> Sequence[Offer]:
        """See OfferStore."""

        def unit(tx: Tx) -> list[Offer]:
            rows = _OF_SELLER.all(tx, {"by_seller": seller, "after": after, "most": limit})
            return with_stock(rows, _STOCK_OF_SKUS.all(tx, {"skus": [row[0] for row in rows]}) if rows else [])

        return await self._database.read(unit)

    async def create(self, offer: Offer) -> Offer:
        """See OfferStore."""

        def unit(tx: Tx) -> Offer:
            row = {
                "sku": offer.sku, "item_id": offer.item_id, "seller": offer.seller, "price_minor": offer.price_minor,
                "currency": offer.currency, "tax_class": offer.tax_class, "active": int(offer.active), "version": 1,
                "as_of_ms": tx.now_ms,
            }  # fmt: skip
            ADD_OFFER.one(tx, row)
            self._outbox.add(tx, [(offer.item_id, offer_changed(row))])
            return _required(tx, offer.sku)

        return await self._database.transact(unit)

    async def change(self, offer: Offer, expects: int) -> Offer:
        """See OfferStore."""

        def unit(tx: Tx) -> Offer:
            changed = _CHANGE.one(
                tx,
                {
                    "by_sku": offer.sku,
                    "expects": expects,
                    "new_price": offer.price_minor,
                    "new_currency": offer.currency,
                    "new_tax_class": offer.tax_class,
                    "new_active": int(offer.active),
                    "now_ms": tx.now_ms,
                },
            )
            now = _required(tx, offer.sku)
            if not changed:
                raise StaleOffer(current=now.version)
            row = {"item_id": now.item_id, "sku": now.sku, "version": now.version, "price_minor": now.price_minor}
            self._outbox.add(tx, [(now.item_id, offer_changed({**row, "active": now.active}))])
            return now

        return await self._database.transact(unit)

    async def set_count(self, change: CountChange, expects: int) -> StockRow:
        """See OfferStore."""

        def unit(tx: Tx) -> StockRow:
            before = _ROW.first(tx, _at(change))
            if before is None and expects == 0:
                return self._changed(tx, change, _inserted(tx, change, change.units), change.units)
            if before is None or before[6] != expects:
                raise StaleOffer(current=before[6] if before else 0)
            if _SET.one(tx, {**_at(change), "expects": expects, "units": change.units, "now_ms": tx.now_ms}) == 0:
                raise BelowHeld(sku=change.sku, warehouse=change.warehouse, held=before[5])
            return self._changed(tx, change, _ROW.first(tx, _at(change)), change.units - before[4])

        return await self._database.transact(unit)

    async def move(self, change: CountChange, key: Key) -> tuple[StockRow, bool]:
        """See OfferStore."""

        def unit(tx: Tx) -> tuple[StockRow, bool]:
            claimed = _KEY.first(tx, {"by_scope": key.scope, "by_key": key.key})
            if claimed is not None:
                if claimed[0] != key.fingerprint:
                    raise KeyReused("Use a fresh Idempotency-Key for another change.")
                return decode_row(claimed[1]), True
            if _ADD.one(tx, {**_at(change), "units": change.units, "now_ms": tx.now_ms}) == 1:
                row = _ROW.first(tx, _at(change))
            else:
                row = _inserted(tx, change, change.units)
            moved = self._changed(tx, change, row, change.units)
            answer = {"scope": key.scope, "key": key.key, "fingerprint": key.fingerprint, "status": 201}
            _CLAIM.one(tx, {**answer, "body": encode_row(moved), "created_ms": tx.now_ms})
            return moved, False

        return await self._database.transact(unit)

    def _changed(self, tx: Tx, change: CountChange, row: Row | None, delta: int) -> StockRow:
        """Movement and event of a row that was just written, and the row as callers see it."""
        assert row is not None
        now: dict[str, Any] = dict(zip(STOCK.c.keys(), row, strict=True))
        key = (change.sku, change.warehouse, 0)
        if delta:
            ADD_MOVEMENT.one(
                tx,
                movement(
                    tx,
                    key,
                    delta,
                    0,
                    reason=change.reason,
                    reference=change.reference,
                    actor=change.actor,
                    note=change.note,
                ),
            )
        self._outbox.add(tx, [(change.item_id, stock_changed(now))])
        return StockRow(change.warehouse, now["on_hand"], now["held"], now["version"])


def encode_row(row: StockRow) -> bytes:
    """A stock row as the idempotency record keeps it."""
    return f"{row.warehouse} {row.on_hand} {row.held} {row.version}".encode()


def decode_row(body: bytes) -> StockRow:
    """The stock row of an idempotency record."""
    warehouse, on_hand, held, version = body.decode().split(" ")
    return StockRow(warehouse, int(on_hand), int(held), int(version))


def _at(change: CountChange) -> dict[str, object]:
    return {"by_sku": change.sku, "by_warehouse": change.warehouse}


def _inserted(tx: Tx, change: CountChange, units: int) -> Row:
    """A first row for this sku and warehouse. Raises: NotEnough for a negative count, BelowHeld if a row is there."""
    there = _ROW.first(tx, _at(change))
    if there is not None:
        held, free = there[5], there[4] - there[5]
        kind: type[Conflict] = BelowHeld if held else NotEnough
        raise kind(sku=change.sku, warehouse=change.warehouse, held=held, free=free)
    if units < 0:
        raise NotEnough(sku=change.sku, warehouse=change.warehouse, held=0, free=0)
    row = (change.sku, change.warehouse, 0, change.item_id, units, 0, 1, tx.now_ms)
    ADD_STOCK.one(tx, dict(zip(STOCK.c.keys(), row, strict=True)))
    return row


def _one(tx: Tx, sku: str) -> Offer | None:
    row = _OFFER.first(tx, {"by_sku": sku})
    return with_stock([row], _STOCK_OF_SKUS.all(tx, {"skus": [sku]}))[0] if row else None


def _required(tx: Tx, sku: str) -> Offer:
    offer = _one(tx, sku)
    if offer is None:
        raise NoSuchOffer(sku=sku)
    return offer


def with_stock(offers: Sequence[Row], stock: Sequence[Row]) -> list[Offer]:
    """Offers with their stock, buckets of a warehouse summed."""
    by_sku: dict[str, dict[str, StockRow]] = {}
    for sku, warehouse, on_hand, held, version in stock:
        rows = by_sku.setdefault(sku, {})
        now = rows.get(warehouse)
        rows[warehouse] = (
            StockRow(warehouse, on_hand, held, version)
            if now is None
            else StockRow(warehouse, now.on_hand + on_hand, now.held + held, now.version + version)
        )
    return [_offer(row, tuple(by_sku.get(row[0], {}).values())) for row in offers]


def _offer(row: Row, stock: tuple[StockRow, ...]) -> Offer:
    sku, item_id, seller, price_minor, currency, tax_class, active, version = row
    return Offer(sku, item_id, seller, price_minor, currency, tax_class, bool(active), version, stock)
