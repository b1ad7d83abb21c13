"""Holds in SQL: units reserved for orders, in the order's own unit.

The guard comes first and decides: a conditional UPDATE of the stock row that also sees the offer the buyer saw. Nothing
that was read before it counts. Stock rows are always touched in the order of their key. Whatever changes the free units
moves the row's version on: documents of the search index are ordered by it, and a rebuild that read the row before must
not overwrite what was written after.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from sqlalchemy import ColumnElement, bindparam, exists, func, insert, literal_column, or_, select, update

from haat.engines.sql import Statement, Tx
from haat.events.outbox import Outbox
from haat.inventory.adapters.buckets import ADD_MOVEMENT, REBALANCE, Why, level, lots, movement, shift
from haat.inventory.adapters.restate import LOCK_STOCK
from haat.inventory.adapters.sql import OFFER_FIELDS, with_stock
from haat.inventory.adapters.tables import HOLD, OFFER, STOCK
from haat.inventory.messages import StockHeld
from haat.inventory.model import HoldsAdrift, Offer, PartsRefused, TooMuchHeld
from haat.inventory.ports import Part

_UNLIMITED: Final = 2**40

# States are written out: an IN list is rendered anew at each call, and these are on the way to every placed order.
_HELD = HOLD.c.state == literal_column("'held'")
_COMMITTED = HOLD.c.state == literal_column("'committed'")
_OPEN = or_(_HELD, _COMMITTED)

_AT = (
    STOCK.c.sku == bindparam("by_sku"),
    STOCK.c.warehouse == bindparam("by_warehouse"),
    STOCK.c.bucket == bindparam("by_bucket"),
)
_AS_SEEN = exists(
    select(literal_column("1"))
    .select_from(OFFER)
    .where(
        OFFER.c.sku == bindparam("by_sku"),
        OFFER.c.version == bindparam("seen_version"),
        OFFER.c.active == literal_column("1"),
        OFFER.c.price_minor.is_not(None),
    )
)
_GUARD: Final = Statement(
    update(STOCK)
    .where(*_AT, STOCK.c.on_hand - STOCK.c.held >= bindparam("by_units"), _AS_SEEN)
    .values(held=STOCK.c.held + bindparam("by_units"), version=STOCK.c.version + 1)
)
_OPEN_OF_OWNER = (
    select(func.coalesce(func.sum(HOLD.c.units), literal_column("0")))
    .where(HOLD.c.owner == bindparam("of_owner"), _HELD, HOLD.c.sku == bindparam("by_sku"))
    .scalar_subquery()
)
_HOLD_COLUMNS: Final = tuple(HOLD.c.keys())
# The offer's row is there (the guard saw it): it gives the item, and a FROM, which MariaDB wants before a WHERE.
_TAKE: Final = Statement(
    insert(HOLD).from_select(
        list(_HOLD_COLUMNS),
        select(
            bindparam("order_id"), bindparam("part"), OFFER.c.sku, bindparam("warehouse"), bindparam("bucket"),
            OFFER.c.item_id, bindparam("owner"), bindparam("units"), bindparam("state"), bindparam("now_ms"),
            bindparam("now_ms"),
        ).where(OFFER.c.sku == bindparam("by_sku"), _OPEN_OF_OWNER + bindparam("units") <= bindparam("most")),
    )
)  # fmt: skip
_LOCK_OFFERS: Final = Statement(
    select(*OFFER_FIELDS)
    .where(OFFER.c.sku.in_(bindparam("skus", expanding=True)))
    .order_by(OFFER.c.sku)
    .with_for_update(read=True)
)
_OTHERS_OF_OWNER: Final = Statement(
    select(HOLD.c.sku, func.sum(HOLD.c.units))
    .where(HOLD.c.owner == bindparam("of_owner"), _HELD, HOLD.c.order_id != bindparam("by_order"))
    .group_by(HOLD.c.sku)
)


def _lock(state: ColumnElement[bool]) -> Statement:
    """The holds of an order in a state."""
    return Statement(
        select(HOLD.c.sku, HOLD.c.warehouse, HOLD.c.bucket, HOLD.c.item_id, HOLD.c.units)
        .where(HOLD.c.order_id == bindparam("by_order"), state)
        .order_by(HOLD.c.part)
        .with_for_update()
    )


def _end(state: ColumnElement[bool], after: str) -> Statement:
    """The one transition of an order's holds out of a state."""
    return Statement(
        update(HOLD)
        .where(HOLD.c.order_id == bindparam("by_order"), state)
        .values(state=literal_column(f"'{after}'"), changed_ms=bindparam("now_ms"))
    )


_COMMIT: Final = _end(_HELD, "committed")
_GIVE_BACK: Final = Statement(
    update(STOCK)
    .where(*_AT, STOCK.c.held >= bindparam("by_units"))
    .values(held=STOCK.c.held - bindparam("by_units"), version=STOCK.c.version + 1)
)
_SEND: Final = Statement(
    update(STOCK)
    .where(*_AT, STOCK.c.held >= bindparam("by_units"))
    .values(
        held=STOCK.c.held - bindparam("by_units"),
        on_hand=STOCK.c.on_hand - bindparam("by_units"),
        version=STOCK.c.version + 1,
        as_of_ms=bindparam("now_ms"),  # a count from before they left must not bring them back
    )
)


class _Way(NamedTuple):
    """How holds end."""

    reason: str
    lock: Statement
    end: Statement
    stock: Statement
    leaves: int  # 1: the units leave the warehouse


_RELEASE: Final = _Way("release", _lock(_OPEN), _end(_OPEN, "released"), _GIVE_BACK, 0)
_CONSUME: Final = _Way("ship", _lock(_COMMITTED), _end(_COMMITTED, "consumed"), _SEND, 1)


class _At(NamedTuple):
    """The key of a stock row."""

    sku: str
    warehouse: str
    bucket: int


class SqlHolds:
    """Orders' Holds on the orders database. Promises: haat.orders.ports."""

    __slots__ = ("_outbox",)

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox

    def shelf(self, tx: Tx, skus: Sequence[str]) -> Mapping[str, Offer]:
        """Offers by sku with their stock by warehouse, locked until the unit ends; unknown skus are absent.

        Two statements.
        """
        wanted = {"skus": sorted(set(skus))}
        offers = _LOCK_OFFERS.all(tx, wanted)
        stock = [(row[0], row[1], row[4], row[5], row[6]) for row in LOCK_STOCK.all(tx, wanted)]
        return {offer.sku: offer for offer in with_stock(offers, stock)}

    def gather(self, tx: Tx, order_id: str, parts: Sequence[Part], buckets: Mapping[str, int]) -> None:
        """Bring units over to the buckets that parts are taken from, where these have too few. See orders' Holds."""
        asked: dict[tuple[str, str], dict[int, int]] = {}
        for (at, _), units in _summed((_At(p.sku, p.warehouse, p.bucket), 0, p.units) for p in parts).items():
            asked.setdefault((at.sku, at.warehouse), {})[at.bucket] = units
        moves = []
        for place, lot in lots(LOCK_STOCK.all(tx, {"skus": sorted({part.sku for part in parts})})).items():
            needs = asked.get(place, {})
            if any(lot.free.get(bucket, 0) < units for bucket, units in needs.items()):
                moves.append((lot, level(lot.free, buckets.get(lot.sku, 1), needs=needs)))
        shift(tx, moves, Why(REBALANCE, f"{order_id}:{REBALANCE}", "order"))

    def take(
        self,
        tx: Tx,
        order_id: str,
        owner: str,
        parts: Sequence[Part],
        most_per_sku: int,
        *,
        committed: bool = False,
    ) -> None:
        """Hold every part, or raise and leave the unit to be undone. Three statements for any number of parts.

        `committed`: the holds need no payment (cash on delivery), so neither expiry nor the limit is about them.

        Raises: PartsRefused (`skus`), TooMuchHeld (`skus`, `most`).
        """
        rows = _summed((_At(part.sku, part.warehouse, part.bucket), part.offer_version, part.units) for part in parts)
        guards = [{**_named(at), "by_units": units, "seen_version": version} for (at, version), units in rows.items()]
        taken = _GUARD.each(tx, guards)
        if 0 in taken:
            raise PartsRefused(skus=sorted({at.sku for (at, _), one in zip(rows, taken, strict=True) if not one}))
        hold = {"order_id": order_id, "owner": owner, "of_owner": owner, "now_ms": tx.now_ms}
        hold |= {"state": "committed" if committed else "held", "most": _UNLIMITED if committed else most_per_sku}
        holds = [
            {**hold, "part": p.part, "by_sku": p.sku, "warehouse": p.warehouse, "bucket": p.bucket, "units": p.units}
            for p in parts
        ]
        if _TAKE.many(tx, holds) != len(holds):
            raise TooMuchHeld(skus=self._over(tx, order_id, owner, parts, most_per_sku), most=most_per_sku)
        items = {part.sku: part.item_id for part in parts}
        moved = _summed((at, 0, units) for (at, _), units in rows.items())
        self._move(tx, order_id, "hold", [(at, items[at.sku], units, 0) for (at, _), units in moved.items()])

    def commit(self, tx: Tx, order_id: str) -> int:
        """Held becomes committed; how many changed. One statement."""
        return _COMMIT.one(tx, {"by_order": order_id, "now_ms": tx.now_ms})

    def release(self, tx: Tx, order_id: str) -> int:
        """Held and committed become released and their units free; how many changed. At most four statements.

        Raises: HoldsAdrift when a stock row counts fewer units held than the order holds.
        """
        return self._end(tx, order_id, _RELEASE)

    def consume(self, tx: Tx, order_id: str) -> int:
        """Committed becomes consumed and its units leave the warehouse; how many changed. At most four statements.

        Raises: HoldsAdrift.
        """
        return self._end(tx, order_id, _CONSUME)

    def _end(self, tx: Tx, order_id: str, way: _Way) -> int:
        named = {"by_order": order_id, "now_ms": tx.now_ms}
        holds = way.lock.all(tx, named)
        if not holds:
            return 0
        rows = _summed((_At(*hold[:3]), 0, hold[4]) for hold in holds)
        counts = [{**_named(at), "by_units": units, "now_ms": tx.now_ms} for (at, _), units in rows.items()]
        if way.stock.many(tx, counts) != len(counts) or way.end.one(tx, named) != len(holds):
            raise HoldsAdrift(order_id=order_id)
        items = {hold[0]: hold[3] for hold in holds}
        moves = [(at, items[at.sku], -units, -units * way.leaves) for (at, _), units in rows.items()]
        self._move(tx, order_id, way.reason, moves)
        return len(holds)

    def _move(self, tx: Tx, order_id: str, reason: str, moves: Sequence[tuple[_At, str, int, int]]) -> None:
        """Movements and events of stock rows: (row, item, d_held, d_on_hand). One statement."""
        why = Why(reason, f"{order_id}:{reason}", "order")
        ADD_MOVEMENT.many(tx, [movement(tx, at, d_on_hand, d_held, why) for at, _, d_held, d_on_hand in moves])
        self._outbox.add(
            tx,
            [
                (item_id, StockHeld(item_id, at.sku, at.warehouse, d_held, d_on_hand))
                for at, item_id, d_held, d_on_hand in moves
            ],
        )

    def _over(self, tx: Tx, order_id: str, owner: str, parts: Sequence[Part], most: int) -> list[str]:
        """The skus of which the buyer would hold more than he may."""
        units = dict[str, int](_OTHERS_OF_OWNER.all(tx, {"of_owner": owner, "by_order": order_id}))
        for part in parts:
            units[part.sku] = units.get(part.sku, 0) + part.units
        return sorted({part.sku for part in parts if units[part.sku] > most})


def _summed(rows: Iterable[tuple[_At, int, int]]) -> dict[tuple[_At, int], int]:
    """Units by stock row and offer version, in the order in which rows are locked."""
    sums: dict[tuple[_At, int], int] = {}
    for at, version, units in rows:
        sums[at, version] = sums.get((at, version), 0) + units
    return dict(sorted(sums.items()))


def _named(at: _At) -> dict[str, object]:
    return {"by_sku": at.sku, "by_warehouse": at.warehouse, "by_bucket": at.bucket}
