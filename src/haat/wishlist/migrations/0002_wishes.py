"""Wishes."""

import sqlalchemy as sa
from alembic import op

revision = "carts_0002"
down_revision = "carts_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "wish",
        sa.Column("owner", sa.String(40), primary_key=True),
        sa.Column("item_id", sa.String(40), primary_key=True),
        sa.Column("sku", sa.String(160)),
        sa.Column("tell_back", sa.Integer, nullable=False),
        sa.Column("added_ms", sa.BigInteger, nullable=False),
        sa.CheckConstraint("tell_back IN (0, 1)", name="wish_tell_back"),
    )
    op.create_index("wish_waiting", "wish", ["tell_back", "item_id", "owner"])
