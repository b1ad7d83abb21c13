"""Nothing is stuck: once no work is left to do, none is left undone."""

from typing import Final

from haat_verify.check import Check

LATE_MS: Final = 60_000
"""How late a timer may be with what is due (an order that expires, a job) before it is stuck."""

AT_REST: Final = (
    Check(
        "stuck-order",
        "24",
        "an order that waits for money says how long, and that time is not over",
        f"""
        SELECT id AS order_id, expires_ms, :now_ms AS now_ms FROM orders
        WHERE state = 'CREATED' AND expires_ms < :now_ms - {LATE_MS}
        """,  # noqa: S608 -- our own number
        online=False,
    ),
    Check(
        "stuck-payment",
        "24",
        "of every payment it is known whether it was made",
        "SELECT id AS payment_id, order_id, provider, changed_ms FROM payment WHERE state = 'UNKNOWN'",
        online=False,
    ),
    Check(
        "stuck-refund",
        "24",
        "every refund is done",
        "SELECT id AS refund_id, payment_id, order_id, state, amount_minor, changed_ms FROM refund "
        "WHERE state <> 'DONE'",
        online=False,
    ),
    Check(
        "stuck-event",
        "24",
        "everything that is to be sent was sent",
        'SELECT event_id, topic, "key" AS subject, created_ms FROM outbox WHERE sent_ms = 0',
        online=False,
    ),
    Check(
        "parked-event",
        "24",
        "no consumer has put an event of orders, payments or stock aside",
        "SELECT consumer, topic, subject, position, code FROM parked_event",
        online=False,
        needs="parked",
        sums=True,
    ),
    Check(
        "stuck-webhook",
        "24",
        "every webhook was handled",
        "SELECT provider, event_id, reference, received_ms FROM webhook WHERE handled_ms = 0",
        online=False,
    ),
    Check(
        "stuck-job",
        "24",
        "no job was given up, and none is overdue",
        f"""
        SELECT kind, "key" AS about, state, run_ms, tries, error FROM job
        WHERE state = 'parked' OR run_ms < :now_ms - {LATE_MS}
        """,  # noqa: S608 -- our own number
        online=False,
    ),
)
