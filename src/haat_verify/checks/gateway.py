"""The gateway's own store against ours, both ways. Only of a shop at rest: between the two lies a network."""

from typing import Final

from haat_verify.check import Check

GATEWAY: Final = (
    Check(
        "gateway-match",
        "14",
        "what the gateway captured is exactly one payment of ours with this amount and currency, and the other way "
        "round",
        """
        SELECT g.id AS intent_id, g.reference AS payment_id, g.taken_minor AS gateway_minor, g.currency,
               p.state, p.captured_minor, p.currency AS our_currency
        FROM gateway_intent g
        LEFT JOIN payment p ON p.id = g.reference
        WHERE g.taken_minor <> 0 AND (
            p.id IS NULL OR p.state <> 'SUCCEEDED' OR p.captured_minor <> g.taken_minor
            OR p.currency <> g.currency OR COALESCE(p.provider_ref, '') <> g.id
        )
        UNION ALL
        SELECT g.id, p.id, g.taken_minor, g.currency, p.state, p.captured_minor, p.currency
        FROM payment p
        LEFT JOIN gateway_intent g ON g.reference = p.id
        WHERE p.provider = 'fakepay' AND p.captured_minor <> 0 AND COALESCE(g.taken_minor, 0) = 0
        UNION ALL
        SELECT MIN(g.id), g.reference, COUNT(*), NULL, 'twice', NULL, NULL
        FROM gateway_intent g
        GROUP BY g.reference
        HAVING COUNT(*) > 1
        """,
        online=False,
        needs="gateway",
        sums=True,
    ),
    Check(
        "gateway-refunds",
        "14",
        "what the gateway sent back is exactly one refund of ours with this amount, payment and currency, and what we "
        "call done is done there",
        """
        SELECT g.id AS gateway_refund_id, g.reference AS refund_id, g.status, g.amount_minor AS gateway_minor,
               r.state, r.amount_minor
        FROM gateway_refund g
        LEFT JOIN refund r ON r.id = g.reference
        WHERE g.status <> 'rejected' AND (
            r.id IS NULL OR r.amount_minor <> g.amount_minor OR r.currency <> g.currency
            OR r.payment_id <> g.payment_reference OR (g.status = 'done' AND r.state <> 'DONE')
        )
        UNION ALL
        SELECT g.id, r.id, g.status, g.amount_minor, r.state, r.amount_minor
        FROM refund r
        LEFT JOIN gateway_refund g ON g.reference = r.id
        WHERE r.state = 'DONE' AND (g.status IS NULL OR g.status <> 'done')
          AND EXISTS (SELECT 1 FROM payment p WHERE p.id = r.payment_id AND p.provider = 'fakepay')
        UNION ALL
        SELECT MIN(g.id), g.reference, 'twice', SUM(g.amount_minor), NULL, NULL
        FROM gateway_refund g
        GROUP BY g.reference
        HAVING COUNT(*) > 1
        """,
        online=False,
        needs="gateway",
        sums=True,
    ),
)
