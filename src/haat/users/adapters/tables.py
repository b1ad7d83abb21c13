"""The tables of the users database."""

from typing import Final

from sqlalchemy import BigInteger, CheckConstraint, Column, MetaData, String, Table

from haat.engines.sql.migrations import Line

METADATA: Final = MetaData()

SELLER: Final = Table(
    "seller",
    METADATA,
    Column("code", String(32), primary_key=True),
    Column("id", String(40), nullable=False, unique=True),
    Column("name", String(200), nullable=False),
    Column("created_ms", BigInteger, nullable=False),
)
API_TOKEN: Final = Table(
    "api_token",
    METADATA,
    Column("id", String(40), primary_key=True),
    Column("hash", String(64), nullable=False, unique=True),
    Column("role", String(16), nullable=False),
    Column("seller", String(32), nullable=False),
    Column("note", String(200), nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Column("revoked_ms", BigInteger, nullable=False, server_default="0"),
    CheckConstraint("role IN ('operator', 'seller', 'user')", name="api_token_role"),
)

LINE: Final = Line("users", "haat.users.migrations", METADATA)
