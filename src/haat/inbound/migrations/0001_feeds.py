"""Feeds, refusals, identities, outbox."""

import sqlalchemy as sa
from alembic import op

revision = "inbound_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "feeds",
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("seller", sa.String(32), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("size_bytes", sa.BigInteger, nullable=False),
        sa.Column("filename", sa.String(200), nullable=False),
        sa.Column("format", sa.String(32), nullable=False),
        sa.Column("mapping", sa.LargeBinary(16_777_215), nullable=False),
        sa.Column("as_of_ms", sa.BigInteger, nullable=False),
        sa.Column("generated", sa.Integer, nullable=False),
        sa.Column("created_ms", sa.BigInteger, nullable=False),
        sa.Column("finished_ms", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False, server_default="0"),
        sa.Column("holder", sa.String(40), nullable=False, server_default=""),
        sa.Column("held_until_ms", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("position", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("bytes_read", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("counts", sa.LargeBinary(65_535), nullable=False),
    )
    op.create_index("feeds_by_seller", "feeds", ["seller", "id"])
    op.create_index("feeds_by_state", "feeds", ["state", "created_ms"])
    op.create_table(
        "refusals",
        sa.Column("feed_id", sa.String(40), primary_key=True),
        sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("line", sa.BigInteger, nullable=False),
        sa.Column("field", sa.String(200), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
    )
    op.create_table(
        "feed_categories",
        sa.Column("feed_id", sa.String(40), primary_key=True),
        sa.Column("category_id", sa.String(200), primary_key=True),
    )
    op.create_table(
        "items",
        sa.Column("seller", sa.String(32), primary_key=True),
        sa.Column("code", sa.String(120), primary_key=True),
        sa.Column("item_id", sa.String(40), nullable=False, unique=True),
        sa.Column("hash", sa.LargeBinary(16), nullable=False),
        sa.Column("variants_hash", sa.LargeBinary(16), nullable=False),
        sa.Column("payload", sa.LargeBinary(16_777_215), nullable=False),
        sa.Column("as_of_ms", sa.BigInteger, nullable=False),
        sa.Column("feed_id", sa.String(40), nullable=False),
        sa.Column("line", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "skus",
        sa.Column("seller", sa.String(32), primary_key=True),
        sa.Column("code", sa.String(120), primary_key=True),
        sa.Column("item_id", sa.String(40), nullable=False),
        sa.Column("hash", sa.LargeBinary(16), nullable=False),
        sa.Column("offer", sa.LargeBinary(65_535), nullable=False),
        sa.Column("as_of_ms", sa.BigInteger, nullable=False),
        sa.Column("feed_id", sa.String(40), nullable=False),
        sa.Column("line", sa.BigInteger, nullable=False),
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
