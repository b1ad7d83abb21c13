"""The tables of events.db: the log, the groups' offsets, and what is parked."""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from haat.engines.sql.migrations import Line

METADATA: Final = MetaData()
LINE: Final = Line("events", "haat.events.migrations", METADATA)

TOPICS: Final = Table(
    "topics",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("name", String(64), nullable=False, unique=True),
    Column("partitions", Integer, nullable=False),
)
RECORDS: Final = Table(
    "records",
    METADATA,
    # One position for all topics, never used twice: AUTOINCREMENT also remembers the rows that retention deleted.
    Column("position", Integer, primary_key=True, autoincrement=True),
    Column("topic_id", Integer, nullable=False),
    Column("partition", Integer, nullable=False),
    Column("key", String(160), nullable=False),
    Column("value", LargeBinary, nullable=False),
    Column("appended_ms", BigInteger, nullable=False),
    # Answers polls by range and counts lag without touching the rows.
    Index("records_by_topic", "topic_id", "position", "partition"),
    sqlite_autoincrement=True,
)
OFFSETS: Final = Table(
    "offsets",
    METADATA,
    Column("consumer", String(64), primary_key=True),
    Column("topic_id", Integer, primary_key=True, autoincrement=False),
    Column("partition", Integer, primary_key=True, autoincrement=False),
    Column("position", BigInteger, nullable=False),
)
PARKED: Final = Table(
    "parked",
    METADATA,
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("consumer", String(64), nullable=False),
    Column("topic", String(64), nullable=False),
    Column("partition", Integer, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("key", String(160), nullable=False),
    Column("value", LargeBinary(16_777_215), nullable=False),
    Column("code", String(64), nullable=False),
    Column("reason", Text, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("state", String(16), nullable=False),  # waiting, replayed, discarded
    Column("parked_ms", BigInteger, nullable=False),
    Column("changed_ms", BigInteger, nullable=False),
    # A consumer that dies between parking and its commit meets the record again: it is parked once.
    UniqueConstraint("consumer", "topic", "partition", "position", name="parked_once"),
    Index("parked_by_state", "state", "seq"),
    sqlite_autoincrement=True,
)
