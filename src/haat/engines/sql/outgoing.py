"""Outgoing events as a table: every database that publishes has one `outbox` table of this shape.

The relay asks for *unsent* rows, never for "ids after the last one": on MySQL ids commit out of order, and such a
cursor skips events (kamu-data/kamu-cli issue 1398).
"""

from collections.abc import Callable, Sequence
from typing import Final

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    bindparam,
    delete,
    func,
    insert,
    select,
    update,
)

from haat.engines.outgoing import Backlog, Outgoing, Unsent
from haat.engines.sql.ports import Database, Tx
from haat.engines.sql.statement import Statement


def outbox_table(metadata: MetaData) -> Table:
    """The table's shape, for a context's metadata (tables.py); its first migration writes the same."""
    return Table(
        "outbox",
        metadata,
        Column("seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
        Column("event_id", String(40), nullable=False, unique=True),
        Column("topic", String(64), nullable=False),
        Column("key", String(160), nullable=False),
        Column("value", LargeBinary(16_777_215), nullable=False),
        Column("created_ms", BigInteger, nullable=False),
        Column("sent_ms", BigInteger, nullable=False, server_default="0"),  # 0: not sent yet
        Index("outbox_unsent", "sent_ms", "seq"),
        sqlite_autoincrement=True,
    )


_OUTBOX: Final = outbox_table(MetaData())
_ADD: Final = Statement(insert(_OUTBOX), "event_id", "topic", "key", "value", "created_ms")
_UNSENT: Final = Statement(
    select(_OUTBOX.c.seq, _OUTBOX.c.topic, _OUTBOX.c.key, _OUTBOX.c.value, _OUTBOX.c.created_ms)
    .where(_OUTBOX.c.sent_ms == 0)
    .order_by(_OUTBOX.c.seq)
    .limit(bindparam("most"))
)
_SENT: Final = Statement(  # one statement for all: a server would be asked once a row, and SQLite takes 0.7 of the time
    update(_OUTBOX).where(_OUTBOX.c.seq.in_(bindparam("rows", expanding=True))).values(sent_ms=bindparam("now_ms"))
)
_BACKLOG: Final = Statement(
    select(func.count(), func.coalesce(func.min(_OUTBOX.c.created_ms), 0)).where(_OUTBOX.c.sent_ms == 0)
)
_KEPT: Final = Statement(select(_OUTBOX.c.seq).where(_OUTBOX.c.event_id == bindparam("event")))
_TRIM: Final = Statement(delete(_OUTBOX).where(_OUTBOX.c.sent_ms > 0, _OUTBOX.c.sent_ms < bindparam("before_ms")))


def add_outgoing(tx: Tx, rows: Sequence[Outgoing]) -> None:
    """Send rows if the unit commits. The engine writes those of a whole unit at its end, in one statement."""
    tx.outgoing.extend(rows)


def write_outgoing(tx: Tx) -> None:
    """Write what the unit wants sent: for engines, after the unit returned and before its commit."""
    _ADD.many(tx, [row._asdict() for row in tx.outgoing])


def kept_any(tx: Tx, rows: Sequence[Outgoing]) -> bool:
    """Whether a unit that wrote these rows was committed: all of them are there, or none. One statement."""
    return _KEPT.first(tx, {"event": rows[0].event_id}) is not None


class SqlOutgoing:
    """The outbox table of one database as the relay sees it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def unsent(self, most: int) -> Sequence[Unsent]:
        """See OutgoingSource."""
        return await self._database.read(lambda tx: [Unsent(*row) for row in _UNSENT.all(tx, {"most": most})])

    async def mark_sent(self, rows: Sequence[Unsent]) -> None:
        """See OutgoingSource."""

        def mark_sent(tx: Tx) -> None:
            if rows:
                _SENT.one(tx, {"rows": [row.seq for row in rows], "now_ms": tx.now_ms})

        await self._database.transact(mark_sent)

    def on_new(self, wake: Callable[[], None]) -> None:
        """See OutgoingSource."""
        self._database.on_outgoing(wake)

    async def backlog(self) -> Backlog:
        """See OutgoingSource."""
        row = await self._database.read(_BACKLOG.first)
        return Backlog(*row) if row else Backlog(0, 0)

    async def trim(self, before_ms: int) -> int:
        """See OutgoingSource."""
        return await self._database.transact(lambda tx: _TRIM.one(tx, {"before_ms": before_ms}))
