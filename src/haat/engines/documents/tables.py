"""The tables of a database of documents: collections share them, and one outbox."""

from typing import Final

from sqlalchemy import BigInteger, Column, Index, LargeBinary, MetaData, String, Table

from haat.engines.sql.migrations import Line
from haat.engines.sql.outgoing import outbox_table

METADATA: Final = MetaData()
DOCUMENTS: Final = Table(
    "documents",
    METADATA,
    Column("collection", String(64), primary_key=True),
    Column("id", String(200), primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("changed_ms", BigInteger, nullable=False),
)
KEYS: Final = Table(
    "document_keys",
    METADATA,
    Column("collection", String(64), primary_key=True),
    Column("name", String(64), primary_key=True),
    Column("value", String(400), primary_key=True),
    Column("id", String(200), primary_key=True),
    Index("document_keys_by_id", "collection", "id"),
    sqlite_with_rowid=False,  # the key is all there is: no second copy of it
)
OUTBOX: Final = outbox_table(METADATA)


def line(name: str) -> Line:
    """The migration line of one database of documents, under the name it has in `haat migrate`."""
    return Line(name, "haat.engines.documents.migrations", METADATA)
