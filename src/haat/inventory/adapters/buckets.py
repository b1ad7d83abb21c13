"""Units of a sku in one warehouse, spread over several rows: how they are levelled and moved (ADR 32).

All of it works on rows that the unit has locked. What is moved between buckets is a movement per bucket, which together
sum to zero.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from sqlalchemy import bindparam, insert, update

from haat.engines.sql import Row, Statement, Tx
from haat.inventory.adapters.tables import MOVEMENT, STOCK

REBALANCE: Final = "rebalance"

ADD_STOCK: Final = Statement(insert(STOCK), *STOCK.c.keys())
ADD_MOVEMENT: Final = Statement(insert(MOVEMENT), *(column.name for column in MOVEMENT.c if column.name != "id"))
_SHIFT: Final = Statement(
    update(STOCK)
    .where(
        STOCK.c.sku == bindparam("by_sku"),
        STOCK.c.warehouse == bindparam("by_warehouse"),
        STOCK.c.bucket == bindparam("by_bucket"),
    )
    .values(
        on_hand=STOCK.c.on_hand + bindparam("more"), version=STOCK.c.version + 1, as_of_ms=bindparam("new_as_of_ms")
    )
)


class Why(NamedTuple):
    """What a movement says of itself."""

    reason: str
    reference: str
    actor: str
    note: str = ""


class Lot(NamedTuple):
    """All rows of a sku in one warehouse, locked, and as one."""

    sku: str
    warehouse: str
    item_id: str
    on_hand: int
    held: int
    version: int
    as_of_ms: int
    free: Mapping[int, int]  # by bucket, of each row there is


def lots(rows: Iterable[Row]) -> dict[tuple[str, str], Lot]:
    """Rows of the stock table by sku and warehouse."""
    found: dict[tuple[str, str], Lot] = {}
    for sku, warehouse, bucket, item_id, on_hand, held, version, as_of_ms in rows:
        at, free = (sku, warehouse), {bucket: on_hand - held}
        so_far = found.get(at)
        found[at] = (
            Lot(sku, warehouse, item_id, on_hand, held, version, as_of_ms, free)
            if so_far is None
            else Lot(
                sku, warehouse, item_id, so_far.on_hand + on_hand, so_far.held + held, so_far.version + version,
                max(so_far.as_of_ms, as_of_ms), {**so_far.free, **free},
            )
        )  # fmt: skip
    return found


def level(
    free: Mapping[int, int], buckets: int, more: int = 0, needs: Mapping[int, int] | None = None
) -> dict[int, int]:
    """What each bucket gains or loses until the free units, and `more`, lie evenly in the first so many buckets.

    A bucket gets what it `needs` first. Together the changes are `more`; {} when there are too few units for that.
    """
    needs = needs or {}
    spare = sum(free.values()) + more - sum(needs.values())
    if spare < 0:
        return {}
    each, over = divmod(spare, buckets)
    wanted = {bucket: each + (bucket < over) for bucket in range(buckets)}
    for bucket, units in needs.items():
        wanted[bucket] = wanted.get(bucket, 0) + units
    changes = {bucket: wanted.get(bucket, 0) - free.get(bucket, 0) for bucket in sorted({*free, *wanted})}
    return {bucket: change for bucket, change in changes.items() if change}


def shift(tx: Tx, moves: Sequence[tuple[Lot, Mapping[int, int]]], why: Why, *, as_of_ms: int | None = None) -> None:
    """Add to the counts of buckets, by their key; a change of 0 moves the version alone. At most three statements.

    Buckets without a row get one. `as_of_ms`: the moment that the counts are of; None: they are no new counts.
    """
    changed: list[dict[str, object]] = []
    added: list[dict[str, object]] = []
    movements: list[dict[str, object]] = []
    for lot, changes in moves:
        as_of = lot.as_of_ms if as_of_ms is None else as_of_ms
        for bucket, units in sorted(changes.items()):
            if bucket in lot.free:
                at = {"by_sku": lot.sku, "by_warehouse": lot.warehouse, "by_bucket": bucket}
                changed.append({**at, "more": units, "new_as_of_ms": as_of})
            else:
                row = (lot.sku, lot.warehouse, bucket, lot.item_id, units, 0, 1, as_of)
                added.append(dict(zip(STOCK.c.keys(), row, strict=True)))
            if units:
                movements.append(movement(tx, (lot.sku, lot.warehouse, bucket), units, 0, why))
    _SHIFT.many(tx, changed)
    ADD_STOCK.many(tx, added)
    ADD_MOVEMENT.many(tx, movements)


def movement(tx: Tx, key: tuple[str, str, int], d_on_hand: int, d_held: int, why: Why) -> dict[str, object]:
    """One row of the ledger."""
    return {
        "reference": why.reference,
        "sku": key[0],
        "warehouse": key[1],
        "bucket": key[2],
        "reason": why.reason,
        "d_on_hand": d_on_hand,
        "d_held": d_held,
        "actor": why.actor,
        "note": why.note,
        "at_ms": tx.now_ms,
    }
