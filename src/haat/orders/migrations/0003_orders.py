"""Orders, lines, their state history with its allowed edges, jobs and leases; the history is never rewritten."""

import sqlalchemy as sa
from alembic import op

revision = "orders_0003"
down_revision = "orders_0002"
branch_labels = None
depends_on = None

EDGES = (
    ("CREATED", "PLACED"),
    ("CREATED", "CANCELLED"),
    ("PLACED", "PACKED"),
    ("PLACED", "CANCELLED"),
    ("PACKED", "SHIPPED"),
    ("PACKED", "CANCELLED"),
    ("SHIPPED", "DELIVERED"),
    ("SHIPPED", "CANCELLED"),
)


def upgrade() -> None:
    op.create_table(
        "orders",
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("number", sa.String(16), nullable=False, unique=True),
        sa.Column("owner", sa.String(40), nullable=False),
        sa.Column("checkout_id", sa.String(64), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("reason", sa.String(16), nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("items_minor", sa.BigInteger, nullable=False),
        sa.Column("discount_minor", sa.BigInteger, nullable=False),
        sa.Column("shipping_minor", sa.BigInteger, nullable=False),
        sa.Column("tax_minor", sa.BigInteger, nullable=False),
        sa.Column("total_minor", sa.BigInteger, nullable=False),
        sa.Column("method", sa.String(16), nullable=False),
        sa.Column("on_late_payment", sa.String(8), nullable=False),
        sa.Column("pincode", sa.String(6), nullable=False),
        sa.Column("created_ms", sa.BigInteger, nullable=False),
        sa.Column("expires_ms", sa.BigInteger, nullable=False),
        sa.Column("extended", sa.Integer, nullable=False),
        sa.Column("changed_ms", sa.BigInteger, nullable=False),
        sa.Column("replaces", sa.String(40)),
        sa.Column("snapshot", sa.LargeBinary(1_048_576), nullable=False),
        sa.CheckConstraint("total_minor = items_minor - discount_minor + shipping_minor", name="orders_total"),
        sa.CheckConstraint(
            "items_minor >= 0 AND discount_minor >= 0 AND shipping_minor >= 0 AND tax_minor >= 0 AND total_minor >= 0",
            name="orders_money",
        ),
        sa.CheckConstraint("(state = 'CANCELLED') = (reason <> '')", name="orders_reason"),
        sa.UniqueConstraint("owner", "checkout_id", name="orders_checkout"),
        sa.UniqueConstraint("replaces", name="orders_replaces"),
    )
    op.create_index("orders_due", "orders", ["state", "expires_ms"])
    op.create_index("orders_by_owner", "orders", ["owner", "id"])
    op.create_index("orders_by_state", "orders", ["state", "id"])
    op.create_table(
        "order_line",
        sa.Column("order_id", sa.String(40), primary_key=True),
        sa.Column("line", sa.Integer, primary_key=True),
        sa.Column("sku", sa.String(160), nullable=False),
        sa.Column("item_id", sa.String(40), nullable=False),
        sa.Column("seller", sa.String(32), nullable=False),
        sa.Column("title", sa.String(400), nullable=False),
        sa.Column("picture", sa.String(80), nullable=False),
        sa.Column("units", sa.BigInteger, nullable=False),
        sa.Column("price_minor", sa.BigInteger, nullable=False),
        sa.Column("total_minor", sa.BigInteger, nullable=False),
        sa.Column("tax_class", sa.String(32), nullable=False),
        sa.Column("tax_bp", sa.Integer, nullable=False),
        sa.Column("tax_minor", sa.BigInteger, nullable=False),
        sa.Column("offer_version", sa.BigInteger, nullable=False),
        sa.CheckConstraint("units > 0 AND price_minor >= 0", name="order_line_units"),
        sa.CheckConstraint("total_minor = price_minor * units", name="order_line_total"),
        sa.CheckConstraint("tax_minor >= 0 AND tax_minor <= total_minor", name="order_line_tax"),
    )
    op.create_index("order_line_seller", "order_line", ["seller", "order_id"])
    edge = op.create_table(
        "order_edge",
        sa.Column("from_state", sa.String(12), primary_key=True),
        sa.Column("to_state", sa.String(12), primary_key=True),
    )
    op.bulk_insert(edge, [{"from_state": before, "to_state": after} for before, after in EDGES])
    op.create_table(
        "order_event",
        sa.Column("order_id", sa.String(40), primary_key=True),
        sa.Column("seq", sa.Integer, primary_key=True),
        sa.Column("from_state", sa.String(12)),
        sa.Column("to_state", sa.String(12), nullable=False),
        sa.Column("reason", sa.String(16), nullable=False),
        sa.Column("actor", sa.String(64), nullable=False),
        sa.Column("epoch", sa.BigInteger, nullable=False),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.ForeignKeyConstraint(
            ["from_state", "to_state"], ["order_edge.from_state", "order_edge.to_state"], name="an_edge"
        ),
    )
    op.create_table(
        "job",
        sa.Column("kind", sa.String(32), primary_key=True),
        sa.Column("key", sa.String(80), primary_key=True),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("run_ms", sa.BigInteger, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("turn", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("planned_ms", sa.BigInteger, nullable=False),
        sa.Column("error", sa.String(400), nullable=False),
    )
    op.create_index("job_due", "job", ["state", "run_ms"])
    op.create_table(
        "lease",
        sa.Column("name", sa.String(32), primary_key=True),
        sa.Column("holder", sa.String(40), nullable=False),
        sa.Column("epoch", sa.BigInteger, nullable=False),
        sa.Column("until_ms", sa.BigInteger, nullable=False),
    )
    op.execute(_refusing_trigger(op.get_bind().dialect.name))


def _refusing_trigger(dialect: str) -> str:
    head = "CREATE TRIGGER order_event_no_update BEFORE UPDATE ON order_event"
    if dialect == "sqlite":
        return f"{head} BEGIN SELECT RAISE(ABORT, 'an order''s history is never rewritten'); END"
    return f"{head} FOR EACH ROW SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'an order''s history is never rewritten'"
