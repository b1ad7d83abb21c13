"""The tables of the serviceability database. Rows are never deleted: whoever asks for changes sees all of them."""

from typing import Final

from sqlalchemy import BigInteger, CheckConstraint, Column, Double, Index, Integer, MetaData, String, Table

from haat.engines.sql.migrations import Line
from haat.engines.sql.outgoing import outbox_table

METADATA: Final = MetaData()

NETWORK: Final = Table(
    "network",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=False),  # one row; updating it first puts writers in a line
    Column("generation", BigInteger, nullable=False),
    Column("matrix", BigInteger, nullable=False),  # generation of the matrix in use, 0: none yet
)
HUB: Final = Table(
    "hub",
    METADATA,
    Column("code", String(20), primary_key=True),
    Column("ordinal", Integer, nullable=False, unique=True),
    Column("name", String(120), nullable=False),
    Column("pincode", String(6), nullable=False),
    Column("city", String(120), nullable=False),
    Column("state", String(120), nullable=False),
    Column("latitude", Double, nullable=False),
    Column("longitude", Double, nullable=False),
    Column("active", Integer, nullable=False),
    Column("cod", Integer, nullable=False),
    Column("heavy", Integer, nullable=False),
    Column("hazardous", Integer, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("generation", BigInteger, nullable=False),
    Index("hub_generation", "generation"),
)
WAREHOUSE: Final = Table(
    "warehouse",
    METADATA,
    Column("id", String(40), primary_key=True),
    Column("ordinal", Integer, nullable=False, unique=True),
    Column("code", String(40), nullable=False, unique=True),
    Column("name", String(120), nullable=False),
    Column("seller", String(32)),
    Column("pincode", String(6), nullable=False),
    Column("latitude", Double, nullable=False),
    Column("longitude", Double, nullable=False),
    Column("handling_days", Integer, nullable=False),
    Column("wave", Integer, nullable=False),
    Column("reach_km", Double, nullable=False),
    Column("active", Integer, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("generation", BigInteger, nullable=False),
    CheckConstraint("handling_days BETWEEN 0 AND 62", name="warehouse_handling"),
    CheckConstraint("wave BETWEEN 0 AND 3", name="warehouse_wave"),
    Index("warehouse_generation", "generation"),
)
LANE: Final = Table(
    "lane",
    METADATA,
    Column("origin", String(40), primary_key=True),
    Column("hub", String(20), primary_key=True),
    Column("transit_days", Integer),
    Column("cod", Integer),
    Column("heavy", Integer),
    Column("hazardous", Integer),
    Column("express", Integer),
    Column("active", Integer, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("generation", BigInteger, nullable=False),
    CheckConstraint("transit_days BETWEEN 0 AND 62", name="lane_transit"),
    Index("lane_generation", "generation"),
)
PIN_RULE: Final = Table(
    "pin_rule",
    METADATA,
    Column("pincode", String(6), primary_key=True),
    Column("served", Integer),
    Column("last_mile_days", Integer),
    Column("cod", Integer),
    Column("refuses", String(40)),  # classes with commas between them; NULL: by the rule
    Column("version", BigInteger, nullable=False),
    Column("generation", BigInteger, nullable=False),
    CheckConstraint("last_mile_days BETWEEN 0 AND 30", name="pin_rule_last_mile"),
    Index("pin_rule_generation", "generation"),
)
HOLIDAY_RULE: Final = Table(
    "holiday_rule",
    METADATA,
    Column("region", String(120), primary_key=True),  # "" is the whole country
    Column("day", String(10), primary_key=True),
    Column("off", Integer, nullable=False),
    Column("name", String(120), nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("generation", BigInteger, nullable=False),
    Index("holiday_rule_generation", "generation"),
)
MATRIX: Final = Table(
    "matrix",
    METADATA,
    Column("generation", BigInteger, primary_key=True, autoincrement=False),
    Column("made_from", BigInteger, nullable=False),  # the generation of the rows it was computed from
    Column("digest", String(64), nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("warehouses", Integer, nullable=False),
    Column("hubs", Integer, nullable=False),
    Column("edition", Integer, nullable=False),  # of the rules and the file it was made by
    Column("built_ms", BigInteger, nullable=False),
)
OUTBOX: Final = outbox_table(METADATA)

LINE: Final = Line("serviceability", "haat.serviceability.migrations", METADATA)
