"""Money: what was taken is an order's, or on its way back, and the ledger says the same.

Cash on delivery comes in when the order is delivered: its payment is captured then, and not before.
"""

from typing import Final

from haat_verify.check import Check

MONEY: Final = (
    Check(
        "money-per-order",
        "9",
        "captured - refunded - due back = the total of an order that is on, and 0 of one that is unpaid or off",
        """
        SELECT order_id, state, method, total_minor, captured_minor, back_minor
        FROM (
            SELECT o.id AS order_id, o.state, o.method, o.total_minor,
                   COALESCE((
                       SELECT SUM(p.captured_minor) FROM payment p
                       WHERE p.applied_order = o.id AND p.outcome IN ('APPLIED', 'NEW_ORDER')
                   ), 0) AS captured_minor,
                   COALESCE((
                       SELECT SUM(r.amount_minor) FROM payment p JOIN refund r ON r.payment_id = p.id
                       WHERE p.applied_order = o.id AND p.outcome IN ('APPLIED', 'NEW_ORDER')
                         AND (o.state = 'CANCELLED' OR r.reason <> 'operator')
                   ), 0) AS back_minor
            FROM orders o
        ) sums
        WHERE captured_minor - back_minor <> CASE
            WHEN state = 'DELIVERED' OR (method <> 'cod' AND state IN ('PLACED', 'PACKED', 'SHIPPED')) THEN total_minor
            ELSE 0
        END
        """,
    ),
    Check(
        "money-global",
        "10",
        "in all: the ledger holds at the gateways what was captured and not yet sent back, for orders what they cost, "
        "to be sent back what is due, and nothing that belongs to nobody",
        """
        SELECT b.account, b.expected_minor, b.ledger_minor
        FROM (
            SELECT 'gateways' AS account,
                   (SELECT COALESCE(SUM(captured_minor), 0) FROM payment)
                   - (SELECT COALESCE(SUM(amount_minor), 0) FROM refund WHERE state = 'DONE') AS expected_minor,
                   (SELECT COALESCE(SUM(balance_minor), 0) FROM account WHERE name LIKE 'gateway:%') AS ledger_minor
            UNION ALL
            SELECT 'orders',
                   - (SELECT COALESCE(SUM(total_minor), 0) FROM orders
                      WHERE state = 'DELIVERED' OR (method <> 'cod' AND state IN ('PLACED', 'PACKED', 'SHIPPED')))
                   + (SELECT COALESCE(SUM(r.amount_minor), 0) FROM refund r JOIN orders o ON o.id = r.order_id
                      WHERE r.reason = 'operator' AND o.state IN ('PLACED', 'PACKED', 'SHIPPED', 'DELIVERED')),
                   (SELECT COALESCE(SUM(balance_minor), 0) FROM account WHERE name = 'orders')
            UNION ALL
            SELECT 'refunds-due',
                   - (SELECT COALESCE(SUM(amount_minor), 0) FROM refund WHERE state <> 'DONE'),
                   (SELECT COALESCE(SUM(balance_minor), 0) FROM account WHERE name = 'refunds-due')
            UNION ALL
            SELECT 'everything else', 0,
                   (SELECT COALESCE(SUM(ABS(balance_minor)), 0) FROM account
                    WHERE name NOT LIKE 'gateway:%' AND name NOT IN ('orders', 'refunds-due'))
        ) b
        WHERE b.expected_minor <> b.ledger_minor
        """,
        sums=True,
    ),
    Check(
        "double-entry",
        "11",
        "the rows of a ledger entry are of one currency, at least two, and their sum is 0",
        """
        SELECT entry, COUNT(*) AS entry_rows, SUM(amount_minor) AS sum_minor, MIN(currency) AS currency,
               MAX(currency) AS other_currency
        FROM ledger
        GROUP BY entry
        HAVING SUM(amount_minor) <> 0 OR COUNT(*) < 2 OR MIN(currency) <> MAX(currency)
        """,
    ),
    Check(
        "ledger-entries",
        "11",
        "each capture, each payment of an order, each refund due and each refund done stands in the ledger with its "
        "amount",
        """
        SELECT x.entry, x.account, x.amount_minor, l.amount_minor AS ledger_minor
        FROM (
            SELECT id || ':apply' AS entry, 'orders' AS account, - amount_minor AS amount_minor
            FROM payment WHERE outcome IN ('APPLIED', 'NEW_ORDER')
            UNION ALL
            SELECT id || ':due', 'refunds-due', - amount_minor FROM refund
            UNION ALL
            SELECT id || ':done', 'refunds-due', amount_minor FROM refund WHERE state = 'DONE'
        ) x
        LEFT JOIN ledger l ON l.entry = x.entry AND l.account = x.account
        WHERE l.amount_minor IS NULL OR l.amount_minor <> x.amount_minor
        UNION ALL
        SELECT entry, account, captured_minor, ledger_minor
        FROM (
            SELECT p.id || ':capture' AS entry, 'gateway:' || p.provider AS account, p.captured_minor, (
                       SELECT COALESCE(SUM(l.amount_minor), 0) FROM ledger l
                       WHERE l.entry >= p.id || ':capture' AND l.entry < p.id || ':capture;'  -- “;” follows “:”
                         AND l.account = 'gateway:' || p.provider
                   ) AS ledger_minor
            FROM payment p
        ) captures
        WHERE captured_minor <> ledger_minor
        """,
    ),
    Check(
        "append-only",
        "11",
        "the database itself refuses to rewrite the ledger, the movements and the history of orders",
        """
        SELECT wanted.name AS missing_trigger
        FROM (
            SELECT 'ledger_no_update' AS name UNION ALL SELECT 'ledger_no_delete'
            UNION ALL SELECT 'movement_no_update' UNION ALL SELECT 'movement_no_delete'
            UNION ALL SELECT 'order_event_no_update'
        ) wanted
        LEFT JOIN refusing ON refusing.name = wanted.name
        WHERE refusing.name IS NULL
        """,
        sums=True,
    ),
    Check(
        "one-live-capture",
        "12",
        "an order is paid by at most one payment whose money was not sent back; a gateway's payment is ours once",
        """
        SELECT applied_order AS order_id, COUNT(*) AS payments, MIN(id) AS payment_id, MAX(id) AS other_payment_id
        FROM payment
        WHERE state = 'SUCCEEDED' AND outcome IN ('APPLIED', 'NEW_ORDER') AND refunded_minor < captured_minor
        GROUP BY applied_order
        HAVING COUNT(*) > 1
        UNION ALL
        SELECT provider || ' ' || provider_ref, COUNT(*), MIN(id), MAX(id)
        FROM payment
        WHERE provider_ref IS NOT NULL
        GROUP BY provider, provider_ref
        HAVING COUNT(*) > 1
        """,
    ),
    Check(
        "one-live-attempt",
        "12",
        "a payment that is under way as an order's one attempt is of that order, and the order still waits for it",
        """
        SELECT p.id AS payment_id, p.live_order, p.order_id, p.state, o.state AS order_state
        FROM payment p
        LEFT JOIN orders o ON o.id = p.live_order
        WHERE p.live_order IS NOT NULL
          AND (p.live_order <> p.order_id OR p.state = 'FAILED' OR o.state IS NULL OR o.state = 'CANCELLED')
        """,
    ),
    Check(
        "refunds-within-capture",
        "13",
        "refunds are positive, in the payment's currency, and in all at most what was captured; the payment's own "
        "count of them is right",
        """
        SELECT p.id AS payment_id, p.captured_minor, p.refunded_minor, COALESCE(SUM(r.amount_minor), 0) AS refunds_minor
        FROM payment p
        JOIN refund r ON r.payment_id = p.id
        GROUP BY p.id, p.captured_minor, p.refunded_minor, p.currency
        HAVING p.captured_minor < SUM(r.amount_minor) OR p.refunded_minor <> SUM(r.amount_minor)
            OR MIN(r.amount_minor) <= 0
            OR SUM(CASE WHEN r.currency <> p.currency AND r.reason <> 'mismatch' THEN 1 ELSE 0 END) > 0
        UNION ALL
        SELECT p.id, p.captured_minor, p.refunded_minor, 0
        FROM payment p
        WHERE p.refunded_minor <> 0 AND NOT EXISTS (SELECT 1 FROM refund r WHERE r.payment_id = p.id)
        UNION ALL
        SELECT r.payment_id, NULL, NULL, r.amount_minor
        FROM refund r
        WHERE NOT EXISTS (SELECT 1 FROM payment p WHERE p.id = r.payment_id)
        """,
    ),
    Check(
        "one-outcome",
        "15",
        "each success has exactly one outcome, written once, and nothing else has one; money with the outcome "
        "REFUNDED is sent back whole",
        """
        SELECT p.id AS payment_id, p.state, p.outcome, x.outcome AS written, p.captured_minor, p.refunded_minor
        FROM payment p
        LEFT JOIN payment_outcome x ON x.payment_id = p.id
        WHERE (
            (p.state = 'SUCCEEDED') <> (p.outcome IS NOT NULL)
            OR COALESCE(p.outcome, '') <> COALESCE(x.outcome, '')
            OR (p.outcome IN ('APPLIED', 'NEW_ORDER') AND p.applied_order IS NULL)
            OR (p.outcome = 'REFUNDED' AND p.refunded_minor <> p.captured_minor)
            OR (p.state <> 'SUCCEEDED' AND p.captured_minor <> 0)
        )
        UNION ALL
        SELECT x.payment_id, NULL, NULL, x.outcome, NULL, NULL
        FROM payment_outcome x
        WHERE NOT EXISTS (SELECT 1 FROM payment p WHERE p.id = x.payment_id)
        """,
    ),
    Check(
        "replacement",
        "15",
        "an order that stands in for another was paid by that one's late payment, and that one is off",
        """
        SELECT o.id AS order_id, o.replaces, old.state AS old_state, p.id AS payment_id
        FROM orders o
        LEFT JOIN orders old ON old.id = o.replaces
        LEFT JOIN payment p ON p.order_id = o.replaces AND p.applied_order = o.id AND p.outcome = 'NEW_ORDER'
        WHERE o.replaces IS NOT NULL AND (old.state IS NULL OR old.state <> 'CANCELLED' OR p.id IS NULL)
        UNION ALL
        SELECT p.applied_order, p.order_id, NULL, p.id
        FROM payment p
        LEFT JOIN orders o ON o.id = p.applied_order
        WHERE p.outcome IN ('APPLIED', 'NEW_ORDER') AND (
            o.id IS NULL
            OR (p.outcome = 'APPLIED' AND p.applied_order <> p.order_id)
            OR (p.outcome = 'NEW_ORDER' AND COALESCE(o.replaces, '') <> p.order_id)
        )
        """,
    ),
)
