"""Carts and their lines, the outbox and the inbox of the carts database."""

import sqlalchemy as sa
from alembic import op

revision = "carts_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "cart",
        sa.Column("owner", sa.String(40), primary_key=True),
        sa.Column("checkout_id", sa.String(64), nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("pincode", sa.String(6), nullable=False),
        sa.Column("created_ms", sa.BigInteger, nullable=False),
        sa.Column("changed_ms", sa.BigInteger, nullable=False),
        sa.CheckConstraint("version > 0", name="cart_version"),
    )
    op.create_table(
        "cart_line",
        sa.Column("owner", sa.String(40), primary_key=True),
        sa.Column("sku", sa.String(160), primary_key=True),
        sa.Column("item_id", sa.String(40), nullable=False),
        sa.Column("units", sa.Integer, nullable=False),
        sa.Column("seen_price_minor", sa.BigInteger, nullable=False),
        sa.Column("added_ms", sa.BigInteger, nullable=False),
        sa.CheckConstraint("units BETWEEN 1 AND 10", name="cart_line_units"),
        sa.CheckConstraint("seen_price_minor >= 0", name="cart_line_price"),
    )
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
    op.create_table(
        "inbox",
        sa.Column("consumer", sa.String(64), primary_key=True),
        sa.Column("event_id", sa.String(40), primary_key=True),
        sa.Column("handled_ms", sa.BigInteger, nullable=False),
    )
    op.create_index("inbox_by_age", "inbox", ["handled_ms"])
