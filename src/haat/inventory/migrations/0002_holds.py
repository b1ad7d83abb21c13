"""Holds: units reserved for an order, each ended exactly once."""

import sqlalchemy as sa
from alembic import op

revision = "orders_0002"
down_revision = "orders_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "hold",
        sa.Column("order_id", sa.String(40), primary_key=True),
        sa.Column("part", sa.Integer, primary_key=True),
        sa.Column("sku", sa.String(160), nullable=False),
        sa.Column("warehouse", sa.String(40), nullable=False),
        sa.Column("bucket", sa.Integer, nullable=False),
        sa.Column("item_id", sa.String(40), nullable=False),
        sa.Column("owner", sa.String(40), nullable=False),
        sa.Column("units", sa.BigInteger, nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("taken_ms", sa.BigInteger, nullable=False),
        sa.Column("changed_ms", sa.BigInteger, nullable=False),
        sa.CheckConstraint("units > 0", name="hold_units"),
        sa.CheckConstraint("state IN ('held', 'committed', 'consumed', 'released')", name="hold_state"),
    )
    op.create_index("hold_stock", "hold", ["sku", "warehouse", "bucket", "state"])
    op.create_index("hold_owner", "hold", ["owner", "state"])
