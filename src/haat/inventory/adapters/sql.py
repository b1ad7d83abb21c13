"""Offers, stock and movements in SQL."""

from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy import bindparam, insert, select, update

from haat.engines.sql import Database, Row, Statement, Tx
from haat.engines.sql.outgoing import SqlOutgoing
from haat.errors import Conflict, KeyReused
from haat.events.outbox import Outbox
from haat.inventory.adapters.buckets import (
    ADD_MOVEMENT,
    ADD_STOCK,
    REBALANCE,
    Lot,
    Why,
    level,
    lots,
    movement,
    shift,
)
from haat.inventory.adapters.restate import (
    ADD_OFFER,
    LOCK_OFFERS,
    LOCK_STOCK,
    offer_changed,
    restate,
)
from haat.inventory.adapters.tables import IDEMPOTENCY, OFFER, STOCK
from haat.inventory.messages import StockChanged
from haat.inventory.model import BelowHeld, NoSuchOffer, NotEnough, Offer, Restated, StaleOffer, StockRow
from haat.inventory.ports import CountChange, Key

_ITEMS_AT_ONCE: Final = 500  # variables per statement stay far below SQLite's and MySQL's limits
_BRIEF_ITEMS: Final = 100  # a page's worth is read faster than it is handed to another thread (ADR 18)

OFFER_FIELDS = (
    OFFER.c.sku, OFFER.c.item_id, OFFER.c.seller, OFFER.c.price_minor, OFFER.c.currency, OFFER.c.tax_class,
    OFFER.c.active, OFFER.c.version, OFFER.c.buckets,
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
_LOT: Final = Statement(
    select(STOCK)
    .where(STOCK.c.sku == bindparam("by_sku"), STOCK.c.warehouse == bindparam("by_warehouse"))
    .order_by(STOCK.c.sku, STOCK.c.warehouse, STOCK.c.bucket)
    .with_for_update()
)
_BUCKETS: Final = Statement(select(OFFER.c.buckets).where(OFFER.c.sku == bindparam("by_sku")))
_SET_BUCKETS: Final = Statement(
    update(OFFER).where(OFFER.c.sku == bindparam("by_sku")).values(buckets=bindparam("new_buckets"))
)
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
                "as_of_ms": tx.now_ms, "buckets": 1,
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
            lot = _lot(tx, change)
            if lot is None and expects == 0:
                return self._first(tx, change)
            if lot is None or lot.version != expects:
                raise StaleOffer(current=lot.version if lot else 0)
            if change.units < lot.held:
                raise BelowHeld(sku=change.sku, warehouse=change.warehouse, held=lot.held)
            return self._change(tx, change, lot, change.units - lot.on_hand)

        return await self._database.transact(unit)

    async def move(self, change: CountChange, key: Key) -> tuple[StockRow, bool]:
        """See OfferStore."""

        def unit(tx: Tx) -> tuple[StockRow, bool]:
            claimed = _KEY.first(tx, {"by_scope": key.scope, "by_key": key.key})
            if claimed is not None:
                if claimed[0] != key.fingerprint:
                    raise KeyReused("Use a fresh Idempotency-Key for another change.")
                return decode_row(claimed[1]), True
            lot = _lot(tx, change)
            held, free = (lot.held, lot.on_hand - lot.held) if lot else (0, 0)
            if free + change.units < 0:
                kind: type[Conflict] = BelowHeld if held else NotEnough
                raise kind(sku=change.sku, warehouse=change.warehouse, held=held, free=free)
            moved = self._first(tx, change) if lot is None else self._change(tx, change, lot, change.units)
            answer = {"scope": key.scope, "key": key.key, "fingerprint": key.fingerprint, "status": 201}
            _CLAIM.one(tx, {**answer, "body": encode_row(moved), "created_ms": tx.now_ms})
            return moved, False

        return await self._database.transact(unit)

    async def spread(self, sku: str, buckets: int, *, actor: str, reference: str) -> Offer:
        """See OfferStore."""

        def unit(tx: Tx) -> Offer:
            asked = {"skus": [sku]}
            if not LOCK_OFFERS.all(tx, asked):
                raise NoSuchOffer(sku=sku)
            _SET_BUCKETS.one(tx, {"by_sku": sku, "new_buckets": buckets})
            found = lots(LOCK_STOCK.all(tx, asked)).values()
            moves = [
                (lot, {**dict.fromkeys(set(range(buckets)) - set(lot.free), 0), **level(lot.free, buckets)})
                for lot in found
            ]
            shift(tx, moves, Why(REBALANCE, reference, actor))
            return _required(tx, sku)

        return await self._database.transact(unit)

    def _first(self, tx: Tx, change: CountChange) -> StockRow:
        """The first count of a sku in a warehouse."""
        row = (change.sku, change.warehouse, 0, change.item_id, change.units, 0, 1, tx.now_ms)
        ADD_STOCK.one(tx, dict(zip(STOCK.c.keys(), row, strict=True)))
        if change.units:
            ADD_MOVEMENT.one(tx, movement(tx, (change.sku, change.warehouse, 0), change.units, 0, _why(change)))
        return self._changed(tx, change, StockRow(change.warehouse, change.units, 0, 1))

    def _change(self, tx: Tx, change: CountChange, lot: Lot, delta: int) -> StockRow:
        """Add to a count, which has the units. Its version moves on also when nothing else does."""
        first = min(lot.free)
        changes = {first: delta}
        if len(lot.free) > 1 and delta:
            changes = {first: 0, **level(lot.free, _BUCKETS.all(tx, {"by_sku": change.sku})[0][0], delta)}
        shift(tx, [(lot, changes)], _why(change), as_of_ms=tx.now_ms)
        row = StockRow(change.warehouse, lot.on_hand + delta, lot.held, lot.version + len(changes))
        return self._changed(tx, change, row)

    def _changed(self, tx: Tx, change: CountChange, row: StockRow) -> StockRow:
        """Announce a count; the row as callers see it."""
        said = StockChanged(change.item_id, change.sku, row.warehouse, row.on_hand, row.held, row.version)
        self._outbox.add(tx, [(change.item_id, said)])
        return row


def _lot(tx: Tx, change: CountChange) -> Lot | None:
    """What a change is about, locked."""
    rows = _LOT.all(tx, {"by_sku": change.sku, "by_warehouse": change.warehouse})
    return lots(rows).get((change.sku, change.warehouse))


def _why(change: CountChange) -> Why:
    return Why(change.reason, change.reference, change.actor, change.note)


def encode_row(row: StockRow) -> bytes:
    """A stock row as the idempotency record keeps it."""
    return f"{row.warehouse} {row.on_hand} {row.held} {row.version}".encode()


def decode_row(body: bytes) -> StockRow:
    """The stock row of an idempotency record."""
    warehouse, on_hand, held, version = body.decode().split(" ")
    return StockRow(warehouse, int(on_hand), int(held), int(version))


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
    sku, item_id, seller, price_minor, currency, tax_class, active, version, buckets = row
    return Offer(sku, item_id, seller, price_minor, currency, tax_class, bool(active), version, stock, buckets)
