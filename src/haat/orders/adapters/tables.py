"""Orders' tables in the orders database."""

from typing import Final

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    UniqueConstraint,
)

from haat.engines.sql.jobs import job_table
from haat.engines.sql.leases import lease_table
from haat.engines.sql.migrations import Line

METADATA: Final = MetaData()

ORDERS: Final = Table(
    "orders",
    METADATA,
    Column("id", String(40), primary_key=True),
    Column("number", String(16), nullable=False, unique=True),  # short, for people
    Column("owner", String(40), nullable=False),  # usr_… of an account, crt_… of a guest
    Column("checkout_id", String(64), nullable=False),  # made by the client before it orders
    Column("state", String(12), nullable=False),
    Column("reason", String(16), nullable=False),  # why it was cancelled; "" while it lives
    Column("version", BigInteger, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("items_minor", BigInteger, nullable=False),  # tax included
    Column("discount_minor", BigInteger, nullable=False),
    Column("shipping_minor", BigInteger, nullable=False),
    Column("tax_minor", BigInteger, nullable=False),  # the part of the total that is tax
    Column("total_minor", BigInteger, nullable=False),
    Column("method", String(16), nullable=False),  # cod, upi, card, netbanking
    Column("on_late_payment", String(8), nullable=False),  # refund, reorder
    Column("pincode", String(6), nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Column("expires_ms", BigInteger, nullable=False),  # decides, whatever any timer says; 0: does not expire
    Column("extended", Integer, nullable=False),  # 1: the gateway was still at it, so it got its one grace
    Column("changed_ms", BigInteger, nullable=False),
    Column("replaces", String(40)),  # the order whose late payment paid for this one
    Column("snapshot", LargeBinary(1_048_576), nullable=False),  # JSON: address, contact, shipments as promised
    CheckConstraint("total_minor = items_minor - discount_minor + shipping_minor", name="orders_total"),
    CheckConstraint(
        "items_minor >= 0 AND discount_minor >= 0 AND shipping_minor >= 0 AND tax_minor >= 0 AND total_minor >= 0",
        name="orders_money",
    ),
    CheckConstraint("(state = 'CANCELLED') = (reason <> '')", name="orders_reason"),
    UniqueConstraint("owner", "checkout_id", name="orders_checkout"),
    UniqueConstraint("replaces", name="orders_replaces"),
    Index("orders_due", "state", "expires_ms"),
    Index("orders_by_owner", "owner", "id"),
    Index("orders_by_state", "state", "id"),  # the operator's lists: without it a page sorts every order of the state
)

ORDER_LINE: Final = Table(
    "order_line",
    METADATA,
    Column("order_id", String(40), primary_key=True),
    Column("line", Integer, primary_key=True),  # 1..n
    Column("sku", String(160), nullable=False),
    Column("item_id", String(40), nullable=False),
    Column("seller", String(32), nullable=False),
    Column("title", String(400), nullable=False),
    Column("picture", String(80), nullable=False),
    Column("units", BigInteger, nullable=False),
    Column("price_minor", BigInteger, nullable=False),  # of one unit, tax included
    Column("total_minor", BigInteger, nullable=False),
    Column("tax_class", String(32), nullable=False),
    Column("tax_bp", Integer, nullable=False),  # hundredths of a percent, as of the order's moment
    Column("tax_minor", BigInteger, nullable=False),  # of the line, inside its total
    Column("offer_version", BigInteger, nullable=False),
    CheckConstraint("units > 0 AND price_minor >= 0", name="order_line_units"),
    CheckConstraint("total_minor = price_minor * units", name="order_line_total"),
    CheckConstraint("tax_minor >= 0 AND tax_minor <= total_minor", name="order_line_tax"),
    Index("order_line_seller", "seller", "order_id"),
)

ORDER_EDGE: Final = Table(
    "order_edge",
    METADATA,
    Column("from_state", String(12), primary_key=True),
    Column("to_state", String(12), primary_key=True),
)

ORDER_EVENT: Final = Table(
    "order_event",
    METADATA,
    Column("order_id", String(40), primary_key=True),
    Column("seq", Integer, primary_key=True),  # 1..n without gaps
    Column("from_state", String(12)),  # NULL: the order was made
    Column("to_state", String(12), nullable=False),
    Column("reason", String(16), nullable=False),
    Column("actor", String(64), nullable=False),
    Column("epoch", BigInteger, nullable=False),  # of the lease under which a timer wrote it; 0: not a timer
    Column("at_ms", BigInteger, nullable=False),
    ForeignKeyConstraint(["from_state", "to_state"], ["order_edge.from_state", "order_edge.to_state"], name="an_edge"),
)

JOB: Final = job_table(METADATA)
LEASE: Final = lease_table(METADATA)

LINE: Final = Line("orders", "haat.orders.migrations", METADATA)
"""Orders' part: the database's whole line begins with inventory's."""
