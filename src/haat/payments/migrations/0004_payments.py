"""Payment attempts, outcomes, refunds, the ledger (append-only by trigger), webhooks as they came, and breaks."""

import sqlalchemy as sa
from alembic import op

revision = "orders_0004"
down_revision = "orders_0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "payment",
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("order_id", sa.String(40), nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("live_order", sa.String(40), unique=True),
        sa.Column("provider", sa.String(16), nullable=False),
        sa.Column("method", sa.String(16), nullable=False),
        sa.Column("amount_minor", sa.BigInteger, nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("provider_ref", sa.String(80)),
        sa.Column("page_url", sa.String(400), nullable=False),
        sa.Column("captured_minor", sa.BigInteger, nullable=False),
        sa.Column("refunded_minor", sa.BigInteger, nullable=False),
        sa.Column("outcome", sa.String(12)),
        sa.Column("applied_order", sa.String(40)),
        sa.Column("failure", sa.String(40), nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("created_ms", sa.BigInteger, nullable=False),
        sa.Column("changed_ms", sa.BigInteger, nullable=False),
        sa.CheckConstraint("amount_minor >= 0 AND captured_minor >= 0", name="payment_money"),
        sa.CheckConstraint("refunded_minor >= 0 AND refunded_minor <= captured_minor", name="payment_refunded"),
        sa.CheckConstraint("(outcome IS NULL) OR (state = 'SUCCEEDED')", name="payment_outcome_of_success"),
        sa.UniqueConstraint("order_id", "attempt", name="payment_attempt"),
        sa.UniqueConstraint("provider", "provider_ref", name="payment_provider_ref"),
    )
    op.create_index("payment_state", "payment", ["state", "changed_ms"])
    op.create_index("payment_applied", "payment", ["applied_order"])
    op.create_table(
        "payment_outcome",
        sa.Column("payment_id", sa.String(40), primary_key=True),
        sa.Column("outcome", sa.String(12), nullable=False),
        sa.Column("order_id", sa.String(40), nullable=False),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.CheckConstraint("outcome IN ('APPLIED', 'NEW_ORDER', 'REFUNDED')", name="payment_outcome_word"),
    )
    op.create_table(
        "refund",
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("payment_id", sa.String(40), nullable=False),
        sa.Column("order_id", sa.String(40), nullable=False),
        sa.Column("reason", sa.String(24), nullable=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("amount_minor", sa.BigInteger, nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("provider_ref", sa.String(80)),
        sa.Column("note", sa.String(200), nullable=False),
        sa.Column("actor", sa.String(64), nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("created_ms", sa.BigInteger, nullable=False),
        sa.Column("changed_ms", sa.BigInteger, nullable=False),
        sa.CheckConstraint("amount_minor > 0", name="refund_amount"),
        sa.UniqueConstraint("payment_id", "reason", "seq", name="refund_once"),
    )
    op.create_index("refund_state", "refund", ["state", "changed_ms"])
    op.create_index("refund_order", "refund", ["order_id"])
    op.create_table(
        "ledger",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
        sa.Column("entry", sa.String(120), nullable=False),
        sa.Column("account", sa.String(40), nullable=False),
        sa.Column("amount_minor", sa.BigInteger, nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("payment_id", sa.String(40), nullable=False),
        sa.Column("order_id", sa.String(40), nullable=False),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("entry", "account", name="ledger_once"),
        sqlite_autoincrement=True,
    )
    op.create_index("ledger_order", "ledger", ["order_id"])
    op.create_table(
        "webhook",
        sa.Column("provider", sa.String(16), primary_key=True),
        sa.Column("event_id", sa.String(80), primary_key=True),
        sa.Column("body", sa.LargeBinary(1_048_576), nullable=False),
        sa.Column("reference", sa.String(40), nullable=False),
        sa.Column("received_ms", sa.BigInteger, nullable=False),
        sa.Column("handled_ms", sa.BigInteger, nullable=False),
    )
    op.create_index("webhook_unhandled", "webhook", ["handled_ms", "received_ms"])
    op.create_table(
        "recon_break",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("refs", sa.String(200), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("first_ms", sa.BigInteger, nullable=False),
        sa.Column("last_ms", sa.BigInteger, nullable=False),
        sa.Column("resolved_by", sa.String(64), nullable=False),
        sa.Column("resolution", sa.String(400), nullable=False),
        sa.UniqueConstraint("kind", "refs", name="recon_break_once"),
        sqlite_autoincrement=True,
    )
    op.create_index("recon_break_state", "recon_break", ["state", "id"])
    dialect = op.get_bind().dialect.name
    for name, verb in (("ledger_no_update", "UPDATE"), ("ledger_no_delete", "DELETE")):
        op.execute(_refusing_trigger(dialect, name, verb))


def _refusing_trigger(dialect: str, name: str, verb: str) -> str:
    if dialect == "sqlite":
        body = "SELECT RAISE(ABORT, 'the ledger is append-only');"
        return f"CREATE TRIGGER {name} BEFORE {verb} ON ledger BEGIN {body} END"
    return (
        f"CREATE TRIGGER {name} BEFORE {verb} ON ledger FOR EACH ROW "
        "SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'the ledger is append-only'"
    )
