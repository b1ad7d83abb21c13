"""Hubs, warehouses, lanes, rules, holidays, the matrices built from them, and the outbox."""

import sqlalchemy as sa
from alembic import op

revision = "serviceability_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "network",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("generation", sa.BigInteger, nullable=False),
        sa.Column("matrix", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "hub",
        sa.Column("code", sa.String(20), primary_key=True),
        sa.Column("ordinal", sa.Integer, nullable=False, unique=True),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("pincode", sa.String(6), nullable=False),
        sa.Column("city", sa.String(120), nullable=False),
        sa.Column("state", sa.String(120), nullable=False),
        sa.Column("latitude", sa.Double, nullable=False),
        sa.Column("longitude", sa.Double, nullable=False),
        sa.Column("active", sa.Integer, nullable=False),
        sa.Column("cod", sa.Integer, nullable=False),
        sa.Column("heavy", sa.Integer, nullable=False),
        sa.Column("hazardous", sa.Integer, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("generation", sa.BigInteger, nullable=False),
    )
    op.create_index("hub_generation", "hub", ["generation"])
    op.create_table(
        "warehouse",
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("ordinal", sa.Integer, nullable=False, unique=True),
        sa.Column("code", sa.String(40), nullable=False, unique=True),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("seller", sa.String(32)),
        sa.Column("pincode", sa.String(6), nullable=False),
        sa.Column("latitude", sa.Double, nullable=False),
        sa.Column("longitude", sa.Double, nullable=False),
        sa.Column("handling_days", sa.Integer, nullable=False),
        sa.Column("wave", sa.Integer, nullable=False),
        sa.Column("reach_km", sa.Double, nullable=False),
        sa.Column("active", sa.Integer, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("generation", sa.BigInteger, nullable=False),
        sa.CheckConstraint("handling_days BETWEEN 0 AND 62", name="warehouse_handling"),
        sa.CheckConstraint("wave BETWEEN 0 AND 3", name="warehouse_wave"),
    )
    op.create_index("warehouse_generation", "warehouse", ["generation"])
    op.create_table(
        "lane",
        sa.Column("origin", sa.String(40), primary_key=True),
        sa.Column("hub", sa.String(20), primary_key=True),
        sa.Column("transit_days", sa.Integer),
        sa.Column("cod", sa.Integer),
        sa.Column("heavy", sa.Integer),
        sa.Column("hazardous", sa.Integer),
        sa.Column("express", sa.Integer),
        sa.Column("active", sa.Integer, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("generation", sa.BigInteger, nullable=False),
        sa.CheckConstraint("transit_days BETWEEN 0 AND 62", name="lane_transit"),
    )
    op.create_index("lane_generation", "lane", ["generation"])
    op.create_table(
        "pin_rule",
        sa.Column("pincode", sa.String(6), primary_key=True),
        sa.Column("served", sa.Integer),
        sa.Column("last_mile_days", sa.Integer),
        sa.Column("cod", sa.Integer),
        sa.Column("refuses", sa.String(40)),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("generation", sa.BigInteger, nullable=False),
        sa.CheckConstraint("last_mile_days BETWEEN 0 AND 30", name="pin_rule_last_mile"),
    )
    op.create_index("pin_rule_generation", "pin_rule", ["generation"])
    op.create_table(
        "holiday_rule",
        sa.Column("region", sa.String(120), primary_key=True),
        sa.Column("day", sa.String(10), primary_key=True),
        sa.Column("off", sa.Integer, nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("generation", sa.BigInteger, nullable=False),
    )
    op.create_index("holiday_rule_generation", "holiday_rule", ["generation"])
    op.create_table(
        "matrix",
        sa.Column("generation", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("made_from", sa.BigInteger, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("size_bytes", sa.BigInteger, nullable=False),
        sa.Column("warehouses", sa.Integer, nullable=False),
        sa.Column("hubs", sa.Integer, nullable=False),
        sa.Column("edition", sa.Integer, nullable=False),
        sa.Column("built_ms", sa.BigInteger, nullable=False),
    )
    op.execute("INSERT INTO network (id, generation, matrix) VALUES (1, 0, 0)")
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
