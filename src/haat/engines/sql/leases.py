"""Leases with a fencing epoch: of many processes one does a singleton's work, and only while it may.

The epoch grows with every new holder. Whoever writes for a singleton calls `holds` inside the unit that writes: a
holder that slept through its lease then fails instead of writing beside its successor.
Source: M. Kleppmann, "How to do distributed locking" (fencing tokens).
"""

from typing import Final

from sqlalchemy import BigInteger, Column, MetaData, String, Table, bindparam, insert, select, update

from haat.engines.sql.ports import Tx
from haat.engines.sql.statement import Statement
from haat.errors import Conflict


class LeaseLost(Conflict):
    """Another process has taken over. Nothing was changed."""

    code, title = "lease-lost", "Another process does this now"


def lease_table(metadata: MetaData) -> Table:
    """The table's shape, for a context's metadata (tables.py); a migration of its line writes the same."""
    return Table(
        "lease",
        metadata,
        Column("name", String(32), primary_key=True),
        Column("holder", String(40), nullable=False),
        Column("epoch", BigInteger, nullable=False),
        Column("until_ms", BigInteger, nullable=False),
    )


_LEASE: Final = lease_table(MetaData())
_READ: Final = Statement(
    select(_LEASE.c.holder, _LEASE.c.epoch, _LEASE.c.until_ms)
    .where(_LEASE.c.name == bindparam("by_name"))
    .with_for_update()
)
_EPOCH: Final = Statement(  # shared: many units of one holder may write at once, and none beside a new holder's taking
    select(_LEASE.c.epoch).where(_LEASE.c.name == bindparam("by_name")).with_for_update(read=True)
)
_ADD: Final = Statement(
    insert(_LEASE).prefix_with("OR IGNORE", dialect="sqlite").prefix_with("IGNORE", dialect="mysql"),
    "name", "holder", "epoch", "until_ms",
)  # fmt: skip
_SET: Final = Statement(
    update(_LEASE)
    .where(_LEASE.c.name == bindparam("by_name"), _LEASE.c.epoch == bindparam("by_epoch"))
    .values(holder=bindparam("new_holder"), epoch=bindparam("new_epoch"), until_ms=bindparam("new_until_ms"))
)
_END: Final = Statement(
    update(_LEASE)
    .where(_LEASE.c.name == bindparam("by_name"), _LEASE.c.epoch == bindparam("by_epoch"))
    .values(until_ms=bindparam("now_ms"))
)


def take_lease(tx: Tx, name: str, holder: str, ttl_ms: int) -> int | None:
    """Take or keep a lease for `ttl_ms`: its epoch, or None while another holds it. Two statements, or three.

    `holder` is one process: a new one needs a new name. All who want this lease give the same `ttl_ms`.
    """
    found = _READ.first(tx, {"by_name": name})
    if found is None:
        first = {"name": name, "holder": holder, "epoch": 1, "until_ms": tx.now_ms + ttl_ms}
        if _ADD.one(tx, first):
            return 1
        found = _READ.first(tx, {"by_name": name})  # somebody has just taken it, for the very first time; perhaps we
        if found is None:
            return None
    kept, epoch, until_ms = found
    # An end further away than any holder could have set it was set before the clock stepped back: waiting for it could
    # take hours, and taking over is safe, because the epoch and not the time keeps the old holder from writing.
    lives = tx.now_ms < until_ms <= tx.now_ms + ttl_ms
    if lives and kept != holder:
        return None
    mine = int(epoch) if lives else int(epoch) + 1
    named = {"by_name": name, "by_epoch": epoch, "new_holder": holder, "new_epoch": mine}
    _SET.one(tx, {**named, "new_until_ms": tx.now_ms + ttl_ms})
    return mine


def give_back(tx: Tx, name: str, epoch: int) -> bool:
    """End one's own lease, so that another need not wait for it; whether it was still held. One statement."""
    return _END.one(tx, {"by_name": name, "by_epoch": epoch, "now_ms": tx.now_ms}) == 1


def holds(tx: Tx, name: str, epoch: int) -> None:
    """See inside a writing unit that the lease is still of this epoch. One locking read. Raises: LeaseLost."""
    found = _EPOCH.first(tx, {"by_name": name})
    if found is None or found[0] != epoch:
        raise LeaseLost(f"The lease “{name}” went to another holder.")
