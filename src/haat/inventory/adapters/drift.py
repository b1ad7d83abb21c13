"""Where counts, movements and holds do not tell the same: for reconciliation."""

from typing import Any, Final, NamedTuple

from sqlalchemy import Select, func, literal_column, select, union_all

from haat.engines.sql import Statement, Tx
from haat.inventory.adapters.tables import HOLD, MOVEMENT, STOCK


class Drift(NamedTuple):
    """A stock row that is not what its history says. A row that is not there counts 0."""

    sku: str
    warehouse: str
    bucket: int
    on_hand: int
    held: int
    moved_on_hand: int  # the sum of its movements
    moved_held: int
    held_open: int  # units of its open holds


def _side(**sums: Any) -> list[Any]:
    names = ("on_hand", "held", "moved_on_hand", "moved_held", "held_open")
    return [sums.get(name, literal_column("0")).label(name) for name in names]


def _of(table: Any, **sums: Any) -> Select[Any]:
    return select(table.c.sku, table.c.warehouse, table.c.bucket, *_side(**sums))


_ALL = union_all(
    _of(STOCK, on_hand=STOCK.c.on_hand, held=STOCK.c.held),
    _of(MOVEMENT, moved_on_hand=MOVEMENT.c.d_on_hand, moved_held=MOVEMENT.c.d_held),
    _of(HOLD, held_open=HOLD.c.units).where(HOLD.c.state.in_(("held", "committed"))),
).subquery("told")
_SUM = {name: func.sum(_ALL.c[name]) for name in Drift._fields[3:]}
_DRIFT: Final = Statement(
    select(_ALL.c.sku, _ALL.c.warehouse, _ALL.c.bucket, *_SUM.values())
    .group_by(_ALL.c.sku, _ALL.c.warehouse, _ALL.c.bucket)
    .having(
        (_SUM["on_hand"] != _SUM["moved_on_hand"])
        | (_SUM["held"] != _SUM["moved_held"])
        | (_SUM["held"] != _SUM["held_open"])
    )
    .order_by(_ALL.c.sku, _ALL.c.warehouse, _ALL.c.bucket)
)


def stock_drift(tx: Tx) -> list[Drift]:
    """Every stock row whose counts differ from its movements or open holds. One statement over the three tables, in one
    snapshot: it reads them whole, so it is for a reading unit.
    """
    return [Drift(row[0], row[1], row[2], *map(int, row[3:])) for row in _DRIFT.all(tx)]
