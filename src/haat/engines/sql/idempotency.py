"""Idempotency records: the answer of a change, kept under its caller's key in the same transaction as the change.

There is no "running" state: a unit inserts the finished answer as its first statement, so the key is taken exactly
when the change is made; of two at once, one commits and the other is Refused, reads the record and replays it.
Source: draft-ietf-httpapi-idempotency-key-header-06.
"""

from dataclasses import dataclass
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
    insert,
    select,
)

from haat.engines.sql.ports import Tx
from haat.engines.sql.statement import Statement
from haat.errors import KeyReused

KEPT_MS: Final = 7 * 86_400_000
"""How long answers are replayed. Natural keys (checkout, payment, refund) stay for ever: nothing doubles after it."""


@dataclass(frozen=True, slots=True)
class Claim:
    """An Idempotency-Key as its caller gave it."""

    scope: str  # whose keys these are
    key: str
    fingerprint: str  # SHA-256 of method, route and canonical body, in hex


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer given before."""

    status: int
    body: bytes


def idempotency_table(metadata: MetaData) -> Table:
    """The table's shape, for a context's metadata (tables.py); a migration of its line writes the same."""
    return Table(
        "idempotency",
        metadata,
        Column("scope", String(80), primary_key=True),
        Column("key", String(128), primary_key=True),
        Column("fingerprint", String(64), nullable=False),
        Column("status", Integer, nullable=False),
        Column("body", LargeBinary(1_048_576), nullable=False),
        Column("created_ms", BigInteger, nullable=False),
        Index("idempotency_age", "created_ms"),
    )


_TABLE: Final = idempotency_table(MetaData())
_FIND: Final = Statement(
    select(_TABLE.c.fingerprint, _TABLE.c.status, _TABLE.c.body).where(
        _TABLE.c.scope == bindparam("by_scope"), _TABLE.c.key == bindparam("by_key")
    )
)
_KEEP: Final = Statement(insert(_TABLE), "scope", "key", "fingerprint", "status", "body", "created_ms")
_FORGET: Final = Statement(delete(_TABLE).where(_TABLE.c.created_ms < bindparam("before_ms")))


def answered(tx: Tx, claim: Claim) -> Kept | None:
    """The answer given under this key, or None. One statement. Raises: KeyReused for another request."""
    found = _FIND.first(tx, {"by_scope": claim.scope, "by_key": claim.key})
    if found is None:
        return None
    if found[0] != claim.fingerprint:
        raise KeyReused("Use a fresh Idempotency-Key for another change.")
    return Kept(found[1], found[2])


def keep(tx: Tx, claim: Claim, status: int, body: bytes) -> None:
    """Take the key and keep its answer; the unit's first statement. One statement.

    Raises: Refused when the key is taken: read `answered` in a new transaction.
    """
    row = {"scope": claim.scope, "key": claim.key, "fingerprint": claim.fingerprint}
    _KEEP.one(tx, {**row, "status": status, "body": body, "created_ms": tx.now_ms})


def forget_answers(tx: Tx, before_ms: int) -> int:
    """Delete answers given before this moment; how many."""
    return _FORGET.one(tx, {"before_ms": before_ms})
