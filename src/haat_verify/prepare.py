"""Sums and copies that several checks read, made once: temporary tables beside the database."""

from typing import Final

from haat_verify.connect import Snapshot


def _json(column: str, path: str, kind: str) -> str:
    """A member of a JSON document that lies as bytes, NULL if there is none."""
    text = f"CAST({column} AS CHAR)"
    return f"CASE WHEN JSON_VALID({text}) THEN CAST(JSON_EXTRACT({text}, '$.{path}') AS {kind}) END"


_MOVED: Final = """
    SELECT sku, warehouse, bucket, SUM(d_on_hand) AS d_on_hand, SUM(d_held) AS d_held,
           SUM(CASE WHEN d_held = 0 THEN d_on_hand ELSE 0 END) AS came,
           SUM(CASE WHEN d_held > 0 THEN d_held ELSE 0 END) AS taken,
           SUM(CASE WHEN d_held < 0 AND d_on_hand = 0 THEN - d_held ELSE 0 END) AS released,
           SUM(CASE WHEN d_held < 0 AND d_on_hand <> 0 THEN - d_on_hand ELSE 0 END) AS shipped
    FROM movement
    GROUP BY sku, warehouse, bucket
"""
"""Movements by stock row: all, those of no order (`came`) and those of holds, which alone change `held`."""

_KEPT: Final = """
    SELECT sku, warehouse, bucket, SUM(units) AS taken,
           SUM(CASE WHEN state IN ('held', 'committed') THEN units ELSE 0 END) AS still_open,
           SUM(CASE WHEN state = 'released' THEN units ELSE 0 END) AS released,
           SUM(CASE WHEN state = 'consumed' THEN units ELSE 0 END) AS consumed
    FROM hold
    GROUP BY sku, warehouse, bucket
"""
"""Holds by stock row."""

_ACCOUNT: Final = "SELECT account AS name, SUM(amount_minor) AS balance_minor FROM ledger GROUP BY account"

_SAID: Final = f"""
    SELECT "key" AS order_id, {_json("value", "data.seq", "SIGNED")} AS seq, {_json("value", "data.after", "CHAR")}
           AS after_state, event_id
    FROM outbox
    WHERE topic = 'orders'
"""  # noqa: S608 -- our own constants
"""The events of orders that are to be sent or were sent."""

_ANSWERED: Final = f"""
    SELECT scope, "key", {_json("body", "id", "CHAR")} AS order_id
    FROM idempotency
    WHERE status IN (200, 201)
"""  # noqa: S608 -- our own constants

_IN_GATEWAY: Final = """
    SELECT i.id AS id, i.reference AS reference, i.currency AS currency, COALESCE(SUM(c.amount_minor), 0) AS taken_minor
    FROM intents i
    LEFT JOIN captures c ON c.intent_id = i.id
    GROUP BY i.id, i.reference, i.currency
"""
"""The gateway's payments, and what its journal says it took."""

_IN_LOG: Final = f"""
    SELECT t.name AS topic, r."key" AS subject, r.position AS position, r.appended_ms AS appended_ms,
           {_json("value", "id", "CHAR")} AS event_id, {_json("value", "data.seq", "SIGNED")} AS seq
    FROM topics t
    JOIN records r ON r.topic_id = t.id
    WHERE t.name IN ('orders', 'payments')
"""  # noqa: S608 -- our own constants

_PARKED: Final = """
    SELECT consumer, topic, "key" AS subject, position, code
    FROM parked
    WHERE state = 'waiting' AND topic IN ('orders', 'payments', 'stock')
"""


def sums(orders: Snapshot) -> None:
    """Make what the orders database alone gives. Raises: CannotRead."""
    orders.keep("moved", _MOVED)
    orders.keep("kept", _KEPT)
    orders.keep("account", _ACCOUNT)
    orders.keep("said", _SAID)
    orders.keep("answered", _ANSWERED)
    orders.do("CREATE INDEX moved_at ON moved (sku, warehouse, bucket)")
    orders.do("CREATE INDEX kept_at ON kept (sku, warehouse, bucket)")
    orders.do("CREATE INDEX said_at ON said (order_id, seq, after_state, event_id)")
    orders.do("CREATE TEMPORARY TABLE refusing (name VARCHAR(64))")
    for name in sorted(orders.triggers()):
        orders.do("INSERT INTO refusing VALUES (:name)", name=name)


def of_gateway(orders: Snapshot) -> None:
    """Keep the gateway's payments and refunds. Raises: CannotRead."""
    orders.keep("gateway_intent", _IN_GATEWAY)
    orders.keep(
        "gateway_refund", "SELECT id, reference, payment_reference, status, amount_minor, currency FROM refunds"
    )
    orders.do("CREATE INDEX gateway_intent_of ON gateway_intent (reference)")
    orders.do("CREATE INDEX gateway_refund_of ON gateway_refund (reference)")


def of_log(orders: Snapshot) -> None:
    """Keep what the log tells of orders and payments. Raises: CannotRead."""
    orders.keep("in_log", _IN_LOG)
    orders.do("CREATE INDEX in_log_id ON in_log (event_id)")


def of_parked(orders: Snapshot) -> None:
    """Keep which events were parked. Raises: CannotRead."""
    orders.keep("parked_event", _PARKED)
