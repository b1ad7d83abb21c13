"""Sums and copies that several checks read, made once: temporary tables beside the database."""

from typing import Final

from haat_verify.connect import Snapshot

_JSON: Final = "CASE WHEN JSON_VALID(CAST(value AS CHAR)) THEN JSON_EXTRACT(CAST(value AS CHAR), '{path}') END"

_SUMS: Final = (
    # Movements by stock row: all, those that are no order's (came), and those that are. A movement of holds changes
    # `held`; nothing else does.
    """
    CREATE TEMPORARY TABLE moved AS
    SELECT sku, warehouse, bucket, SUM(d_on_hand) AS d_on_hand, SUM(d_held) AS d_held,
           SUM(CASE WHEN d_held = 0 THEN d_on_hand ELSE 0 END) AS came,
           SUM(CASE WHEN d_held > 0 THEN d_held ELSE 0 END) AS taken,
           SUM(CASE WHEN d_held < 0 AND d_on_hand = 0 THEN - d_held ELSE 0 END) AS released,
           SUM(CASE WHEN d_held < 0 AND d_on_hand <> 0 THEN - d_on_hand ELSE 0 END) AS shipped
    FROM movement
    GROUP BY sku, warehouse, bucket
    """,
    """
    CREATE TEMPORARY TABLE kept AS
    SELECT sku, warehouse, bucket, SUM(units) AS taken,
           SUM(CASE WHEN state IN ('held', 'committed') THEN units ELSE 0 END) AS still_open,
           SUM(CASE WHEN state = 'released' THEN units ELSE 0 END) AS released,
           SUM(CASE WHEN state = 'consumed' THEN units ELSE 0 END) AS consumed
    FROM hold
    GROUP BY sku, warehouse, bucket
    """,
    "CREATE TEMPORARY TABLE account AS "
    "SELECT account AS name, SUM(amount_minor) AS balance_minor FROM ledger GROUP BY account",
    f"""
    CREATE TEMPORARY TABLE said AS
    SELECT "key" AS order_id, {_JSON.format(path="$.data.seq")} AS seq, {_JSON.format(path="$.data.after")}
           AS after_state, event_id
    FROM outbox
    WHERE topic = 'orders'
    """,  # noqa: S608 -- our own constants
    f"""
    CREATE TEMPORARY TABLE answered AS
    SELECT scope, "key", order_id FROM (
        SELECT scope, "key", {_JSON.format(path="$.id").replace("value", "body")} AS order_id
        FROM idempotency
        WHERE status IN (200, 201)
    ) told
    WHERE order_id IS NOT NULL
    """,  # noqa: S608 -- our own constants
)
_INDEXES: Final = (
    "CREATE INDEX moved_at ON moved (sku, warehouse, bucket)",
    "CREATE INDEX kept_at ON kept (sku, warehouse, bucket)",
    "CREATE INDEX said_at ON said (order_id, seq)",
)


def sums(orders: Snapshot) -> None:
    """Make what the orders database alone gives. Raises: CannotRead."""
    for sql in (*_SUMS, *_INDEXES):
        orders.do(sql)
    orders.do("CREATE TEMPORARY TABLE refusing (name VARCHAR(64))")
    for name in sorted(orders.triggers()):
        orders.do("INSERT INTO refusing VALUES (:name)", name=name)


def bring_gateway(orders: Snapshot, gateway: Snapshot) -> None:
    """Copy the gateway's payments and refunds. Raises: CannotRead."""
    orders.bring(
        gateway,
        """
        SELECT i.id AS id, i.reference AS reference, i.currency AS currency,
               COALESCE(SUM(c.amount_minor), 0) AS taken_minor
        FROM intents i
        LEFT JOIN captures c ON c.intent_id = i.id
        GROUP BY i.id, i.reference, i.currency
        """,
        "gateway_intent",
    )
    orders.bring(
        gateway,
        "SELECT id, reference, payment_reference, status, amount_minor, currency FROM refunds",
        "gateway_refund",
    )
    orders.do("CREATE INDEX gateway_intent_of ON gateway_intent (reference)")
    orders.do("CREATE INDEX gateway_refund_of ON gateway_refund (reference)")


def bring_log(orders: Snapshot, log: Snapshot) -> None:
    """Copy what the log tells of orders and payments, and what was parked. Raises: CannotRead."""
    orders.bring(
        log,
        f"""
        SELECT t.name AS topic, r."key" AS subject, r.position AS position, r.appended_ms AS appended_ms,
               {_JSON.format(path="$.id")} AS event_id, {_JSON.format(path="$.data.seq")} AS seq
        FROM records r
        JOIN topics t ON t.id = r.topic_id
        WHERE t.name IN ('orders', 'payments')
        """,  # noqa: S608 -- our own constants
        "in_log",
    )
    orders.bring(
        log,
        """
        SELECT consumer, topic, "key" AS subject, position, code FROM parked
        WHERE state = 'waiting' AND topic IN ('orders', 'payments', 'stock')
        """,
        "parked_event",
    )
    orders.do("CREATE INDEX in_log_id ON in_log (event_id)")
    orders.do("CREATE INDEX in_log_of ON in_log (subject, seq)")
