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
        SELECT e.order_id, e.seq, b.to_state AS ended_in, e.from_state AS began_in, e.to_state, NULL AS order_state
        FROM order_event e
        LEFT JOIN order_event b ON b.order_id = e.order_id AND b.seq = e.seq - 1
        WHERE (e.seq = 1 AND e.from_state IS NOT NULL)
            OR (e.seq <> 1 AND (b.seq IS NULL OR COALESCE(e.from_state, '') <> b.to_state))
        UNION ALL
        SELECT o.id, e.seq, NULL, NULL, e.to_state, o.state
        FROM orders o
        LEFT JOIN order_event e ON e.order_id = o.id
            AND e.seq = (SELECT MAX(x.seq) FROM order_event x WHERE x.order_id = o.id)
        WHERE e.seq IS NULL OR e.to_state <> o.state
        UNION ALL
        SELECT e.order_id, e.seq, NULL, NULL, e.to_state, NULL
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
        sums=True,
    ),
)
