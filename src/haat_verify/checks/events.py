"""Events: said if and only if it happened, and in that order."""

from typing import Final

from haat_verify.check import Check

EVENTS: Final = (
    Check(
        "event-iff-state",
        "19",
        "each step of an order's history has exactly one event of this step among what is to be sent or was sent in "
        "the last days, and each event its step",
        """
        SELECT e.order_id, e.seq, e.to_state, COUNT(s.event_id) AS events
        FROM order_event e
        LEFT JOIN said s ON s.order_id = e.order_id AND s.seq = e.seq AND s.after_state = e.to_state
        WHERE e.at_ms >= :outbox_from_ms
        GROUP BY e.order_id, e.seq, e.to_state
        HAVING COUNT(s.event_id) <> 1
        UNION ALL
        SELECT s.order_id, s.seq, s.after_state, -1
        FROM said s
        LEFT JOIN order_event e ON e.order_id = s.order_id AND e.seq = s.seq AND e.to_state = s.after_state
        WHERE e.order_id IS NULL
        """,
        sums=True,
    ),
    Check(
        "log-complete",
        "19",
        "what was sent is in the log, and of orders and payments nothing else is",
        """
        SELECT o.event_id, o.topic, o."key" AS subject, 'not in the log' AS what
        FROM outbox o
        LEFT JOIN in_log l ON l.event_id = o.event_id
        WHERE o.sent_ms >= :log_from_ms AND o.sent_ms > 0 AND o.topic IN ('orders', 'payments') AND l.event_id IS NULL
        UNION ALL
        SELECT l.event_id, l.topic, l.subject, 'never sent by us'
        FROM in_log l
        LEFT JOIN outbox o ON o.event_id = l.event_id
        WHERE l.appended_ms >= :outbox_from_ms AND o.event_id IS NULL
        """,
        online=False,
        needs="log",
        sums=True,
    ),
    Check(
        "log-order",
        "19",
        "the log tells an order's steps in the order in which they happened",
        """
        SELECT order_id, seq, position, position_before
        FROM (
            SELECT order_id, seq, position, LAG(position) OVER (PARTITION BY order_id ORDER BY seq) AS position_before
            FROM (
                SELECT subject AS order_id, seq, MIN(position) AS position FROM in_log
                WHERE topic = 'orders' GROUP BY subject, seq
            ) first_told
        ) told
        WHERE position < position_before
        """,
        online=False,
        needs="log",
        sums=True,
    ),
    Check(
        "lease-fencing",
        "23",
        "what timers wrote under one lease's epoch was written before anything of the next, and no epoch is above "
        "what the leases ever gave",
        """
        SELECT a.actor, a.epoch, a.last_ms, b.epoch AS next_epoch, b.first_ms
        FROM (SELECT actor, epoch, MAX(at_ms) AS last_ms FROM order_event WHERE epoch > 0 GROUP BY actor, epoch) a
        JOIN (SELECT actor, epoch, MIN(at_ms) AS first_ms FROM order_event WHERE epoch > 0 GROUP BY actor, epoch) b
            ON b.actor = a.actor AND b.epoch > a.epoch AND b.first_ms < a.last_ms
        UNION ALL
        SELECT actor, epoch, MAX(at_ms), (SELECT COALESCE(MAX(epoch), 0) FROM lease), NULL
        FROM order_event
        WHERE epoch > (SELECT COALESCE(MAX(epoch), 0) FROM lease)
        GROUP BY actor, epoch
        """,
    ),
)
