"""The inbox table: which events a consumer has acted on, written in the same transaction as the effect."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import BigInteger, Column, Index, MetaData, String, Table, bindparam, delete, insert, select

from haat.engines.sql.ports import Tx
from haat.engines.sql.statement import Statement


def inbox_table(metadata: MetaData) -> Table:
    """The table's shape, for a context's metadata (tables.py); a migration of its line writes the same."""
    return Table(
        "inbox",
        metadata,
        Column("consumer", String(64), primary_key=True),
        Column("event_id", String(40), primary_key=True),
        Column("handled_ms", BigInteger, nullable=False),
        Index("inbox_by_age", "handled_ms"),
    )


_INBOX: Final = inbox_table(MetaData())
_SEEN: Final = Statement(
    select(_INBOX.c.event_id).where(
        _INBOX.c.consumer == bindparam("who"), _INBOX.c.event_id.in_(bindparam("ids", expanding=True))
    )
)
_ADD: Final = Statement(insert(_INBOX), "consumer", "event_id", "handled_ms")
_FORGET: Final = Statement(delete(_INBOX).where(_INBOX.c.handled_ms < bindparam("before_ms")))


def fresh(tx: Tx, consumer: str, event_ids: Sequence[str]) -> set[str]:
    """The ids this consumer has not acted on yet; from this commit on it has. Two statements.

    Raises: Refused when another member of the group acts on one of them at this moment: give the batch again.
    """
    if not event_ids:
        return set()
    wanted = list(dict.fromkeys(event_ids))
    seen = {row[0] for row in _SEEN.all(tx, {"who": consumer, "ids": wanted})}
    new = [event_id for event_id in wanted if event_id not in seen]
    _ADD.many(tx, [{"consumer": consumer, "event_id": event_id, "handled_ms": tx.now_ms} for event_id in new])
    return set(new)


def forget(tx: Tx, before_ms: int) -> int:
    """Delete what was acted on before this moment: not younger than the log's retention. The number of rows."""
    return _FORGET.one(tx, {"before_ms": before_ms})
