"""Inventory's tables in the orders database.

The stock key has a bucket: a sku that many buy at once is spread over several rows of a warehouse (ADR 32). Signed
columns, because an unsigned subtraction underflows on MySQL before the CHECK sees it.
"""

from typing import Final

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    UniqueConstraint,
)

from haat.engines.sql.idempotency import idempotency_table
from haat.engines.sql.migrations import Line
from haat.engines.sql.outgoing import outbox_table

METADATA: Final = MetaData()

OFFER: Final = Table(
    "offer",
    METADATA,
    Column("sku", String(160), primary_key=True),
    Column("item_id", String(40), nullable=False),
    Column("seller", String(32), nullable=False),
    Column("price_minor", BigInteger),  # NULL: listed, not sellable
    Column("currency", String(3), nullable=False),
    Column("tax_class", String(32), nullable=False),
    Column("active", Integer, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("as_of_ms", BigInteger, nullable=False),  # moment of the feed or change that last set it
    Column("buckets", Integer, nullable=False, server_default="1"),  # rows its units in a warehouse are spread over
    CheckConstraint("price_minor IS NULL OR price_minor >= 0", name="offer_price"),
    CheckConstraint("active IN (0, 1)", name="offer_active"),
    CheckConstraint("buckets BETWEEN 1 AND 64", name="offer_buckets"),
    Index("offer_item", "item_id"),
    Index("offer_seller", "seller", "sku"),
)

STOCK: Final = Table(
    "stock",
    METADATA,
    Column("sku", String(160), primary_key=True),
    Column("warehouse", String(40), primary_key=True),
    Column("bucket", Integer, primary_key=True),
    Column("item_id", String(40), nullable=False),
    Column("on_hand", BigInteger, nullable=False),
    Column("held", BigInteger, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("as_of_ms", BigInteger, nullable=False),
    CheckConstraint("held >= 0 AND on_hand >= held", name="stock_bounds"),
    Index("stock_item", "item_id"),
)

MOVEMENT: Final = Table(
    "movement",
    METADATA,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("reference", String(200), nullable=False),  # says where it came from; the same change never counts twice
    Column("sku", String(160), nullable=False),
    Column("warehouse", String(40), nullable=False),
    Column("bucket", Integer, nullable=False),
    Column("reason", String(24), nullable=False),
    Column("d_on_hand", BigInteger, nullable=False),
    Column("d_held", BigInteger, nullable=False),
    Column("actor", String(64), nullable=False),
    Column("note", String(200), nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    CheckConstraint("d_on_hand <> 0 OR d_held <> 0", name="movement_moves"),
    UniqueConstraint("reference", "sku", "warehouse", "bucket", name="movement_once"),
    Index("movement_stock", "sku", "warehouse"),
    sqlite_autoincrement=True,
)

HOLD: Final = Table(
    "hold",
    METADATA,
    Column("order_id", String(40), primary_key=True),
    Column("part", Integer, primary_key=True),  # 1..n within the order: units of one sku from one stock row
    Column("sku", String(160), nullable=False),
    Column("warehouse", String(40), nullable=False),
    Column("bucket", Integer, nullable=False),
    Column("item_id", String(40), nullable=False),
    Column("owner", String(40), nullable=False),  # the buyer, for the limit on what one may keep from others unpaid
    Column("units", BigInteger, nullable=False),
    Column("state", String(12), nullable=False),  # held, committed, consumed, released
    Column("taken_ms", BigInteger, nullable=False),
    Column("changed_ms", BigInteger, nullable=False),
    CheckConstraint("units > 0", name="hold_units"),
    CheckConstraint("state IN ('held', 'committed', 'consumed', 'released')", name="hold_state"),
    Index("hold_stock", "sku", "warehouse", "bucket", "state"),
    Index("hold_owner", "owner", "state"),
)

IDEMPOTENCY: Final = idempotency_table(METADATA)

OUTBOX: Final = outbox_table(METADATA)

LINE: Final = Line("orders", "haat.inventory.migrations", METADATA)
