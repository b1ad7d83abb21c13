"""The wishlist's table in the carts database. Its outbox is the cart's: the line is the second part of that line."""

from typing import Final

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, Integer, MetaData, String, Table

from haat.engines.sql.migrations import Line

METADATA: Final = MetaData()

WISH: Final = Table(
    "wish",
    METADATA,
    Column("owner", String(40), primary_key=True),  # usr_… of an account, crt_… of a guest
    Column("item_id", String(40), primary_key=True),
    Column("sku", String(160)),  # the variant that was looked at
    Column("tell_back", Integer, nullable=False),  # 1: say when it is sold again
    Column("added_ms", BigInteger, nullable=False),
    CheckConstraint("tell_back IN (0, 1)", name="wish_tell_back"),
    Index("wish_waiting", "tell_back", "item_id", "owner"),
)

LINE: Final = Line("carts", "haat.wishlist.migrations", METADATA)
