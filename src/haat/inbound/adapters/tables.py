"""The inbound database: feeds, what they refused, and which item each supplier's code stands for."""

from typing import Final

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, String, Table, Text

from haat.engines.sql.migrations import Line
from haat.engines.sql.outgoing import outbox_table

METADATA: Final = MetaData()
LINE: Final = Line("inbound", "haat.inbound.migrations", METADATA)


FEEDS: Final = Table(
    "feeds",
    METADATA,
    Column("id", String(40), primary_key=True),
    Column("seller", String(32), nullable=False),
    Column("digest", String(64), nullable=False),  # of the raw file
    Column("size_bytes", BigInteger, nullable=False),
    Column("filename", String(200), nullable=False),
    Column("format", String(32), nullable=False),
    Column("mapping", LargeBinary(16_777_215), nullable=False),  # JSON; decided when the feed was accepted
    Column("as_of_ms", BigInteger, nullable=False),
    Column("generated", Integer, nullable=False),  # 1: as_of_ms is the client's generated_at
    Column("created_ms", BigInteger, nullable=False),
    Column("finished_ms", BigInteger, nullable=False, server_default="0"),
    Column("state", String(16), nullable=False),  # waiting, running, done, refused, failed
    Column("reason", Text, nullable=False),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("holder", String(40), nullable=False, server_default=""),
    Column("held_until_ms", BigInteger, nullable=False, server_default="0"),
    Column("position", BigInteger, nullable=False, server_default="0"),  # groups committed: the checkpoint
    Column("bytes_read", BigInteger, nullable=False, server_default="0"),
    Column("counts", LargeBinary(65_535), nullable=False),  # Counts, JSON
    Index("feeds_by_seller", "seller", "id"),
    Index("feeds_by_state", "state", "created_ms"),
)

REFUSALS: Final = Table(
    "refusals",
    METADATA,
    Column("feed_id", String(40), primary_key=True),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("line", BigInteger, nullable=False),
    Column("field", String(200), nullable=False),
    Column("reason", Text, nullable=False),
)

CREATED: Final = Table(
    "feed_categories",  # categories a feed named that did not exist
    METADATA,
    Column("feed_id", String(40), primary_key=True),
    Column("category_id", String(200), primary_key=True),
)

ITEMS: Final = Table(
    "items",
    METADATA,
    Column("seller", String(32), primary_key=True),
    Column("code", String(120), primary_key=True),
    Column("item_id", String(40), nullable=False, unique=True),
    Column("hash", LargeBinary(16), nullable=False),  # of the item's own part, as last accepted
    Column("variants_hash", LargeBinary(16), nullable=False),
    Column("payload", LargeBinary(16_777_215), nullable=False),  # what the last item.offered said
    Column("as_of_ms", BigInteger, nullable=False),
    Column("feed_id", String(40), nullable=False),  # the last feed that named it
    Column("line", BigInteger, nullable=False),
)

SKUS: Final = Table(
    "skus",
    METADATA,
    Column("seller", String(32), primary_key=True),
    Column("code", String(120), primary_key=True),
    Column("item_id", String(40), nullable=False),
    Column("hash", LargeBinary(16), nullable=False),  # of the row, as last accepted
    Column("offer", LargeBinary(65_535), nullable=False),  # OfferCore, JSON
    Column("as_of_ms", BigInteger, nullable=False),
    Column("feed_id", String(40), nullable=False),
    Column("line", BigInteger, nullable=False),
)

OUTBOX: Final = outbox_table(METADATA)
