"""The mark on a shop that an import has begun to write and not ended: a row in the orders database, beside the leases.

Whoever opens the shop looks for it (`haat.app`), so that nobody sells from half a shop, on whatever machine.
"""

from typing import Final

from sqlalchemy import MetaData, bindparam, delete, insert, select

from haat.engines.sql import Database, Statement
from haat.engines.sql.leases import lease_table
from haat.errors import Conflict

MARK: Final = "half-imported"
MARKED_IN: Final = "lease"
"""The table."""

_LEASE: Final = lease_table(MetaData())
_MARK: Final = Statement(insert(_LEASE), "name", "holder", "epoch", "until_ms")
_MARKED: Final = Statement(select(_LEASE.c.name).where(_LEASE.c.name == bindparam("mark")))
_WHOLE: Final = Statement(delete(_LEASE).where(_LEASE.c.name == bindparam("mark")))


async def mark_half(orders: Database) -> None:
    """From now on the shop is half imported. Raises: Unavailable."""
    row = {"name": MARK, "holder": "haat import --all", "epoch": 0, "until_ms": 0}
    await orders.transact(lambda tx: _MARK.one(tx, row))


async def mark_whole(orders: Database) -> None:
    """It is whole. Raises: Unavailable."""
    await orders.transact(lambda tx: _WHOLE.one(tx, {"mark": MARK}))


async def refuse_half(orders: Database) -> None:
    """Raises: Conflict, when an import was begun and not ended; Unavailable."""
    if await orders.read(lambda tx: _MARKED.first(tx, {"mark": MARK}), brief=True) is not None:
        raise Conflict(
            "This shop is half imported: `haat import --all` runs, or it was cut off. In the second case empty its "
            "databases and topics, and import again."
        )
