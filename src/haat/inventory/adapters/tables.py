"""The tables of the orders database so far.

The stock key has a bucket from the first day (DESIGN §9.2): hot mode spreads one warehouse row over several. Signed
columns, because an unsigned subtraction underflows on MySQL before the CHECK sees it.
"""

from typing import Final

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    UniqueConstraint,
)

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
    CheckConstraint("price_minor IS NULL OR price_minor >= 0", name="offer_price"),
    CheckConstraint("active IN (0, 1)", name="offer_active"),
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

IDEMPOTENCY: Final = Table(
    "idempotency",
    METADATA,
    Column("scope", String(80), primary_key=True),
    Column("key", String(128), primary_key=True),
    Column("fingerprint", String(64), nullable=False),  # SHA-256 of route and canonical body
    Column("status", Integer, nullable=False),
    Column("body", LargeBinary(1_048_576), nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Index("idempotency_age", "created_ms"),
)

OUTBOX: Final = outbox_table(METADATA)

LINE: Final = Line("orders", "haat.inventory.migrations", METADATA)
