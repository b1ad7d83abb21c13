"""Orders: their history is whole, lawful, and says what the row says."""

from typing import Final

from haat_verify.check import Check

_EDGES: Final = (
    (None, "CREATED"),
    ("CREATED", "PLACED"),
    ("CREATED", "CANCELLED"),
    ("PLACED", "PACKED"),
    ("PLACED", "CANCELLED"),
    ("PACKED", "SHIPPED"),
    ("PACKED", "CANCELLED"),
    ("SHIPPED", "DELIVERED"),
    ("SHIPPED", "CANCELLED"),
)
_ARROWS: Final = ", ".join(f"'{before or ''}>{after}'" for before, after in _EDGES)
_LAWFUL: Final = " UNION ALL ".join(
    f"SELECT '{before}' AS from_state, '{after}' AS to_state" for before, after in _EDGES if before
)

ORDERS: Final = (
    Check(
        "order-history",
        "8",
        "an order's history is numbered 1 to n, begins from nothing, each step begins where the last ended, and ends "
        "in the order's state",
        """
        SELECT e.order_id, e.seq, e.before_state AS ended_in, e.from_state AS began_in
        FROM (
            SELECT order_id, seq, from_state, to_state,
                   LAG(to_state) OVER (PARTITION BY order_id ORDER BY seq) AS before_state,
                   ROW_NUMBER() OVER (PARTITION BY order_id ORDER BY seq) AS number
            FROM order_event
        ) e
        WHERE e.seq <> e.number OR COALESCE(e.from_state, '') <> COALESCE(e.before_state, '')
        UNION ALL
        SELECT o.id, COALESCE(o.last_seq, 0), e.to_state, o.state
        FROM (
            SELECT id, state, (SELECT MAX(seq) FROM order_event WHERE order_id = orders.id) AS last_seq FROM orders
        ) o
        LEFT JOIN order_event e ON e.order_id = o.id AND e.seq = o.last_seq
        WHERE e.to_state IS NULL OR e.to_state <> o.state
        UNION ALL
        SELECT e.order_id, e.seq, e.to_state, NULL
        FROM order_event e
        LEFT JOIN orders o ON o.id = e.order_id
        WHERE o.id IS NULL AND e.seq = 1
        """,
    ),
    Check(
        "order-edges",
        "8",
        "orders only go where the table of states lets them, and the database's copy of that table is unchanged",
        f"""
        SELECT order_id, seq, from_state, to_state
        FROM order_event
        WHERE COALESCE(from_state, '') || '>' || to_state NOT IN ({_ARROWS})
        UNION ALL
        SELECT 'order_edge', 0, g.from_state, g.to_state
        FROM order_edge g
        WHERE g.from_state || '>' || g.to_state NOT IN ({_ARROWS})
        UNION ALL
        SELECT 'order_edge', 0, a.from_state, a.to_state
        FROM ({_LAWFUL}) a
        LEFT JOIN order_edge g ON g.from_state = a.from_state AND g.to_state = a.to_state
        WHERE g.from_state IS NULL
        """,  # noqa: S608 -- made of the constants above
    ),
    Check(
        "order-reason",
        "8",
        "a cancelled order says why, in a known word, as its history does; any other has no reason",
        """
        SELECT id AS order_id, state, reason, '' AS in_history FROM orders
        WHERE state <> 'CANCELLED' AND reason <> ''
        UNION ALL
        SELECT o.id, o.state, o.reason, e.reason
        FROM orders o
        LEFT JOIN order_event e ON e.order_id = o.id AND e.to_state = 'CANCELLED'
        WHERE o.state = 'CANCELLED' AND (
            o.reason NOT IN ('payment_failed', 'expired', 'by_customer', 'by_seller', 'by_operator', 'lost')
            OR e.reason IS NULL OR e.reason <> o.reason
        )
        """,
    ),
    Check(
        "one-order",
        "17",
        "one order for a checkout, one for a number, one in place of another",
        """
        SELECT 'checkout' AS of, owner || ' ' || checkout_id AS value, COUNT(*) AS orders
        FROM orders GROUP BY owner, checkout_id HAVING COUNT(*) > 1
        UNION ALL
        SELECT 'number', number, COUNT(*) FROM orders GROUP BY number HAVING COUNT(*) > 1
        UNION ALL
        SELECT 'replaces', replaces, COUNT(*) FROM orders
        WHERE replaces IS NOT NULL GROUP BY replaces HAVING COUNT(*) > 1
        """,
    ),
    Check(
        "idempotency",
        "17",
        "one answer for a key of a caller, and an order that was answered is there",
        """
        SELECT scope, "key" AS idempotency_key, COUNT(*) AS answers, NULL AS missing_order
        FROM idempotency GROUP BY scope, "key" HAVING COUNT(*) > 1
        UNION ALL
        SELECT scope, "key", 1, order_id
        FROM answered
        WHERE order_id LIKE 'ord@_%' ESCAPE '@' AND NOT EXISTS (SELECT 1 FROM orders o WHERE o.id = answered.order_id)
        """,
    ),
)
