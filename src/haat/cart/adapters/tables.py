"""The cart's tables in the carts database, and the outbox and inbox that wishlist shares."""

from typing import Final

from sqlalchemy import BigInteger, CheckConstraint, Column, Integer, MetaData, String, Table

from haat.engines.sql.inbox import inbox_table
from haat.engines.sql.migrations import Line
from haat.engines.sql.outgoing import outbox_table

METADATA: Final = MetaData()

CART: Final = Table(
    "cart",
    METADATA,
    Column("owner", String(40), primary_key=True),  # usr_… of an account, crt_… of a guest
    Column("checkout_id", String(64), nullable=False),  # new after each order
    Column("version", BigInteger, nullable=False),
    Column("pincode", String(6), nullable=False),  # last used with it, or ""
    Column("created_ms", BigInteger, nullable=False),
    Column("changed_ms", BigInteger, nullable=False),
    CheckConstraint("version > 0", name="cart_version"),
)

CART_LINE: Final = Table(
    "cart_line",
    METADATA,
    Column("owner", String(40), primary_key=True),
    Column("sku", String(160), primary_key=True),
    Column("item_id", String(40), nullable=False),
    Column("units", Integer, nullable=False),
    Column("seen_price_minor", BigInteger, nullable=False),  # of one unit when it was put in
    Column("added_ms", BigInteger, nullable=False),
    CheckConstraint("units BETWEEN 1 AND 10", name="cart_line_units"),
    CheckConstraint("seen_price_minor >= 0", name="cart_line_price"),
)

OUTBOX: Final = outbox_table(METADATA)
INBOX: Final = inbox_table(METADATA)

LINE: Final = Line("carts", "haat.cart.migrations", METADATA)
