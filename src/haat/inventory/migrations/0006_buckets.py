"""Over how many rows of a warehouse the units of a sku are spread: 1, as it was, until an operator says otherwise."""

import sqlalchemy as sa
from alembic import op

revision = "orders_0006"
down_revision = "orders_0005"
branch_labels = None
depends_on = None

_BOUNDS = "buckets BETWEEN 1 AND 64"


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":  # it adds a CHECK with its column only; else the table is written anew
        op.execute(
            "ALTER TABLE offer ADD COLUMN buckets INTEGER NOT NULL DEFAULT 1"
            f" CONSTRAINT offer_buckets CHECK ({_BOUNDS})"
        )
    else:
        op.add_column("offer", sa.Column("buckets", sa.Integer, nullable=False, server_default="1"))
        op.create_check_constraint("offer_buckets", "offer", _BOUNDS)
