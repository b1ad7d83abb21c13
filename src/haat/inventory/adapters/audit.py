"""Stock as reconciliation sees it, and counts made right.

What happened is in the journal of movements and in the holds, which are only ever added to or ended; a count is a sum
of them that was kept. So a count that drifted is set to what they say. Where the journal itself says something else
than the open holds, a compensating movement brings it there. Where more is held than there is, the row keeps nothing
free, so that nothing more is sold of it: it fails closed, and a person hears of it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Select,
    bindparam,
    func,
    literal_column,
    or_,
    select,
    union_all,
    update,
)

from haat.engines.sql import Statement, Tx
from haat.events.outbox import Outbox
from haat.inventory.adapters.buckets import ADD_MOVEMENT, Why, movement
from haat.inventory.adapters.drift import Drift, stock_drift
from haat.inventory.adapters.restate import LOCK_STOCK
from haat.inventory.adapters.tables import HOLD, MOVEMENT, STOCK
from haat.inventory.messages import StockChanged

REASON: Final = "reconcile"
ACTOR: Final = "reconciliation"

_IDS: Final[BindParameter[str]] = bindparam("ids", expanding=True)
_SKUS: Final[BindParameter[str]] = bindparam("skus", expanding=True)
_OPEN = or_(HOLD.c.state == literal_column("'held'"), HOLD.c.state == literal_column("'committed'"))
_HOLDS_OF: Final = Statement(
    select(HOLD.c.order_id, HOLD.c.state, func.count())
    .where(HOLD.c.order_id.in_(_IDS))
    .group_by(HOLD.c.order_id, HOLD.c.state)
)
_OPEN_ORDERS: Final = Statement(
    select(HOLD.c.order_id)
    .where(HOLD.c.order_id > bindparam("after"), _OPEN)
    .group_by(HOLD.c.order_id)
    .order_by(HOLD.c.order_id)
    .limit(bindparam("most"))
)
_ZERO: Final[Any] = literal_column("0")


def _sums(table: Any, moved: Any, held: Any, kept: Any, *where: ColumnElement[bool]) -> Select[Any]:
    columns = (moved.label("moved"), held.label("moved_held"), kept.label("held_open"))
    return select(table.c.sku, table.c.warehouse, table.c.bucket, *columns).where(table.c.sku.in_(_SKUS), *where)


_TOLD = union_all(
    _sums(MOVEMENT, MOVEMENT.c.d_on_hand, MOVEMENT.c.d_held, _ZERO),
    _sums(HOLD, _ZERO, _ZERO, HOLD.c.units, _OPEN),
).subquery("told")
_SAID: Final = Statement(
    select(
        _TOLD.c.sku,
        _TOLD.c.warehouse,
        _TOLD.c.bucket,
        func.sum(_TOLD.c.moved),
        func.sum(_TOLD.c.moved_held),
        func.sum(_TOLD.c.held_open),
    ).group_by(_TOLD.c.sku, _TOLD.c.warehouse, _TOLD.c.bucket)
)
_SET: Final = Statement(
    update(STOCK)
    .where(
        STOCK.c.sku == bindparam("by_sku"),
        STOCK.c.warehouse == bindparam("by_warehouse"),
        STOCK.c.bucket == bindparam("by_bucket"),
        STOCK.c.version == bindparam("expects"),
    )
    .values(on_hand=bindparam("new_on_hand"), held=bindparam("new_held"), version=STOCK.c.version + 1)
)


@dataclass(frozen=True, slots=True)
class SqlStockBooks:
    """haat.payments.books.StockBooks on the orders database."""

    outbox: Outbox

    def drift(self, tx: Tx) -> Sequence[Drift]:
        """See StockBooks."""
        return stock_drift(tx)

    def correct(self, tx: Tx, skus: Sequence[str]) -> Sequence[tuple[Drift, int]]:
        """See StockBooks. A row that only the journal knows is left to a person: it is not in the answer."""
        asked = {"skus": sorted(set(skus))}
        stock = LOCK_STOCK.all(tx, asked)
        said = {(row[0], row[1], row[2]): (int(row[3]), int(row[4]), int(row[5])) for row in _SAID.all(tx, asked)}
        corrected: list[tuple[Drift, int]] = []
        counts, movements = [], []
        now: dict[tuple[str, str], list[StockChanged]] = {}  # the rows of a warehouse as they will be
        for sku, warehouse, bucket, item_id, on_hand, held, version, _ in stock:
            at = (sku, warehouse, bucket)
            moved, moved_held, held_open = said.get(at, (0, 0, 0))
            if (on_hand, held, held) == (moved, moved_held, held_open):
                now.setdefault(at[:2], []).append(StockChanged(item_id, *at[:2], on_hand, held, version))
                continue
            short = max(0, held_open - moved)
            right = moved + short
            counts.append(
                {
                    "by_sku": sku, "by_warehouse": warehouse, "by_bucket": bucket, "expects": version,
                    "new_on_hand": right, "new_held": held_open,
                }
            )  # fmt: skip
            if short or held_open != moved_held:
                why = Why(REASON, f"{REASON}:v{version + 1}", ACTOR, f"counted {on_hand} and {held} held")
                movements.append(movement(tx, at, short, held_open - moved_held, why))
            now.setdefault(at[:2], []).append(StockChanged(item_id, *at[:2], right, held_open, version + 1))
            corrected.append((Drift(*at, on_hand, held, moved, moved_held, held_open), short))
        _SET.many(tx, counts)
        ADD_MOVEMENT.many(tx, movements)
        moved_places = sorted({(one.sku, one.warehouse) for one, _ in corrected})
        self.outbox.add(tx, [(now[place][0].item_id, _as_one(now[place])) for place in moved_places])
        return corrected

    def holds_of(self, tx: Tx, order_ids: Sequence[str]) -> Mapping[str, Mapping[str, int]]:
        """See StockBooks."""
        found: dict[str, dict[str, int]] = {}
        if order_ids:
            for order_id, state, count in _HOLDS_OF.all(tx, {"ids": list(order_ids)}):
                found.setdefault(order_id, {})[state] = count
        return found

    def open_orders(self, tx: Tx, after: str, most: int) -> Sequence[str]:
        """See StockBooks."""
        return [row[0] for row in _OPEN_ORDERS.all(tx, {"after": after, "most": most})]


def _as_one(rows: Sequence[StockChanged]) -> StockChanged:
    """A warehouse's count over its buckets."""
    first = rows[0]
    sums = (sum(getattr(row, name) for row in rows) for name in ("on_hand", "held", "version"))
    return StockChanged(first.item_id, first.sku, first.warehouse, *sums)
