"""Payments' tables in the orders database."""

from typing import Final

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from haat.engines.sql.migrations import Line

METADATA: Final = MetaData()

PAYMENT: Final = Table(
    "payment",
    METADATA,
    Column("id", String(40), primary_key=True),  # our reference at the gateway, and its idempotency key
    Column("order_id", String(40), nullable=False),  # for which it was asked
    Column("attempt", Integer, nullable=False),  # 1..n of the order
    Column("live_order", String(40), unique=True),  # the order while this is its one live attempt, else NULL
    Column("provider", String(16), nullable=False),  # fakepay, …; cash for COD
    Column("method", String(16), nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("state", String(12), nullable=False),  # INITIATED, REQUESTED, SUCCEEDED, FAILED, UNKNOWN
    Column("provider_ref", String(80)),  # the gateway's own id
    Column("page_url", String(400), nullable=False),  # where the buyer pays; "" until the gateway said
    Column("captured_minor", BigInteger, nullable=False),
    Column("refunded_minor", BigInteger, nullable=False),  # the sum of its refunds, whatever their state
    Column("outcome", String(12)),  # APPLIED, NEW_ORDER, REFUNDED: what became of a success
    Column("applied_order", String(40)),  # the order it pays
    Column("failure", String(40), nullable=False),  # why it failed, in the gateway's word
    Column("version", BigInteger, nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Column("changed_ms", BigInteger, nullable=False),
    CheckConstraint("amount_minor >= 0 AND captured_minor >= 0", name="payment_money"),
    CheckConstraint("refunded_minor >= 0 AND refunded_minor <= captured_minor", name="payment_refunded"),
    CheckConstraint("(outcome IS NULL) OR (state = 'SUCCEEDED')", name="payment_outcome_of_success"),
    UniqueConstraint("order_id", "attempt", name="payment_attempt"),
    UniqueConstraint("provider", "provider_ref", name="payment_provider_ref"),
    Index("payment_state", "state", "changed_ms"),
    Index("payment_applied", "applied_order"),
)

OUTCOME: Final = Table(
    "payment_outcome",
    METADATA,
    Column("payment_id", String(40), primary_key=True),  # one outcome a success, whoever comes first
    Column("outcome", String(12), nullable=False),
    Column("order_id", String(40), nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    CheckConstraint("outcome IN ('APPLIED', 'NEW_ORDER', 'REFUNDED')", name="payment_outcome_word"),
)

REFUND: Final = Table(
    "refund",
    METADATA,
    Column("id", String(40), primary_key=True),  # our reference at the gateway, and its idempotency key
    Column("payment_id", String(40), nullable=False),
    Column("order_id", String(40), nullable=False),  # the order it is about
    Column("reason", String(24), nullable=False),  # cancelled, late, duplicate, mismatch, …
    Column("seq", Integer, nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("state", String(12), nullable=False),  # DUE, REQUESTED, DONE, UNKNOWN, REJECTED
    Column("provider_ref", String(80)),
    Column("note", String(200), nullable=False),  # a person's reason
    Column("actor", String(64), nullable=False),  # who asked for it; "" when the shop itself owed it
    Column("version", BigInteger, nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Column("changed_ms", BigInteger, nullable=False),
    CheckConstraint("amount_minor > 0", name="refund_amount"),
    UniqueConstraint("payment_id", "reason", "seq", name="refund_once"),
    Index("refund_state", "state", "changed_ms"),
    Index("refund_order", "order_id"),
)

LEDGER: Final = Table(
    "ledger",
    METADATA,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("entry", String(120), nullable=False),  # all rows of one entry sum to 0
    Column("account", String(40), nullable=False),  # gateway:<provider>, unapplied, orders, refunds-due
    Column("amount_minor", BigInteger, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("payment_id", String(40), nullable=False),
    Column("order_id", String(40), nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    UniqueConstraint("entry", "account", name="ledger_once"),
    Index("ledger_order", "order_id"),
    sqlite_autoincrement=True,
)

WEBHOOK: Final = Table(
    "webhook",
    METADATA,
    Column("provider", String(16), primary_key=True),
    Column("event_id", String(80), primary_key=True),
    Column("body", LargeBinary(1_048_576), nullable=False),  # as it came
    Column("reference", String(40), nullable=False),  # our payment it speaks of; "" if it names none
    Column("received_ms", BigInteger, nullable=False),
    Column("handled_ms", BigInteger, nullable=False),  # 0: not yet
    Index("webhook_unhandled", "handled_ms", "received_ms"),
)

BREAK: Final = Table(
    "recon_break",
    METADATA,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("kind", String(32), nullable=False),
    Column("refs", String(200), nullable=False),
    Column("state", String(12), nullable=False),  # open, healed, resolved
    Column("detail", Text, nullable=False),  # JSON
    Column("first_ms", BigInteger, nullable=False),
    Column("last_ms", BigInteger, nullable=False),  # a run saw it last
    Column("resolved_by", String(64), nullable=False),
    Column("resolution", String(400), nullable=False),
    UniqueConstraint("kind", "refs", name="recon_break_once"),
    Index("recon_break_state", "state", "id"),
    sqlite_autoincrement=True,
)

SPAN: Final = Table(
    "recon_span",
    METADATA,
    Column("span", String(16), primary_key=True),  # soon, hourly, daily
    Column("from_ms", BigInteger, nullable=False),  # the window of the run at hand, or of the last one
    Column("to_ms", BigInteger, nullable=False),
    Column("at_ms", BigInteger, nullable=False),  # everything before it is compared; to_ms: all of it
    Column("due_ms", BigInteger, nullable=False),  # the next run begins not before
    Column("busy_ms", BigInteger, nullable=False),  # until then somebody is at it
    Column("turn", BigInteger, nullable=False),  # grows with each who takes it: an older one can no longer write
    Column("last", Text, nullable=False),  # JSON of the last report
)

LINE: Final = Line("orders", "haat.payments.migrations", METADATA)
"""Payments' part: the database's whole line begins with inventory's."""
