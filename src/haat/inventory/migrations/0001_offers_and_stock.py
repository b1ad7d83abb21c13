"""Offers, stock, movements, idempotency records and the outbox; movements are append-only by trigger."""

import sqlalchemy as sa
from alembic import op

revision = "orders_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "offer",
        sa.Column("sku", sa.String(160), primary_key=True),
        sa.Column("item_id", sa.String(40), nullable=False),
        sa.Column("seller", sa.String(32), nullable=False),
        sa.Column("price_minor", sa.BigInteger),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("tax_class", sa.String(32), nullable=False),
        sa.Column("active", sa.Integer, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("as_of_ms", sa.BigInteger, nullable=False),
        sa.CheckConstraint("price_minor IS NULL OR price_minor >= 0", name="offer_price"),
        sa.CheckConstraint("active IN (0, 1)", name="offer_active"),
    )
    op.create_index("offer_item", "offer", ["item_id"])
    op.create_index("offer_seller", "offer", ["seller", "sku"])
    op.create_table(
        "stock",
        sa.Column("sku", sa.String(160), primary_key=True),
        sa.Column("warehouse", sa.String(40), primary_key=True),
        sa.Column("bucket", sa.Integer, primary_key=True),
        sa.Column("item_id", sa.String(40), nullable=False),
        sa.Column("on_hand", sa.BigInteger, nullable=False),
        sa.Column("held", sa.BigInteger, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("as_of_ms", sa.BigInteger, nullable=False),
        sa.CheckConstraint("held >= 0 AND on_hand >= held", name="stock_bounds"),
    )
    op.create_index("stock_item", "stock", ["item_id"])
    op.create_table(
        "movement",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
        sa.Column("reference", sa.String(200), nullable=False),
        sa.Column("sku", sa.String(160), nullable=False),
        sa.Column("warehouse", sa.String(40), nullable=False),
        sa.Column("bucket", sa.Integer, nullable=False),
        sa.Column("reason", sa.String(24), nullable=False),
        sa.Column("d_on_hand", sa.BigInteger, nullable=False),
        sa.Column("d_held", sa.BigInteger, nullable=False),
        sa.Column("actor", sa.String(64), nullable=False),
        sa.Column("note", sa.String(200), nullable=False),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.CheckConstraint("d_on_hand <> 0 OR d_held <> 0", name="movement_moves"),
        sa.UniqueConstraint("reference", "sku", "warehouse", "bucket", name="movement_once"),
        sqlite_autoincrement=True,
    )
    op.create_index("movement_stock", "movement", ["sku", "warehouse"])
    op.create_table(
        "idempotency",
        sa.Column("scope", sa.String(80), primary_key=True),
        sa.Column("key", sa.String(128), primary_key=True),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("status", sa.Integer, nullable=False),
        sa.Column("body", sa.LargeBinary(1_048_576), nullable=False),
        sa.Column("created_ms", sa.BigInteger, nullable=False),
    )
    op.create_index("idempotency_age", "idempotency", ["created_ms"])
    op.create_table(
        "outbox",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
        sa.Column("event_id", sa.String(40), nullable=False, unique=True),
        sa.Column("topic", sa.String(64), nullable=False),
        sa.Column("key", sa.String(160), nullable=False),
        sa.Column("value", sa.LargeBinary(16_777_215), nullable=False),
        sa.Column("created_ms", sa.BigInteger, nullable=False),
        sa.Column("sent_ms", sa.BigInteger, nullable=False, server_default="0"),
        sqlite_autoincrement=True,
    )
    op.create_index("outbox_unsent", "outbox", ["sent_ms", "seq"])
    for name, verb in (("movement_no_update", "UPDATE"), ("movement_no_delete", "DELETE")):
        op.execute(_refusing_trigger(op.get_bind().dialect.name, name, verb))


def _refusing_trigger(dialect: str, name: str, verb: str) -> str:
    if dialect == "sqlite":
        body = "SELECT RAISE(ABORT, 'movements are append-only');"
        return f"CREATE TRIGGER {name} BEFORE {verb} ON movement BEGIN {body} END"
    return (
        f"CREATE TRIGGER {name} BEFORE {verb} ON movement FOR EACH ROW "
        "SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'movements are append-only'"
    )
