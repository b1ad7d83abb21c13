"""Payments: attempts, refunds, the ledger, what gateways tell us, and the reconciliation of all of it.

Owns: `payment`, `payment_outcome`, `refund`, `ledger`, `webhook`, `recon_break`, in the orders database. Publishes:
`payments` (payment.changed, refund.changed), keyed by order. Hears: nothing.
Promises: every captured payment ends in exactly one of: applied to its order, a new order, a refund; refunds never
exceed what was captured; the ledger sums to 0 and is append-only; nothing a browser or a webhook says is believed
before the gateway was asked; no call to a gateway is made inside a transaction.
"""
