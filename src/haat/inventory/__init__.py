"""Inventory: what is for sale at which price, and how many units lie where.

Owns: `offer`, `stock`, `movement` and idempotency records, in the orders database (holds join with orders).
Publishes: `offers` (offer.changed), `stock` (stock.changed), keyed by item. Hears: `offers.inbound`.
Promises: 0 <= held <= on_hand in every row, held by CHECK constraints; every change of a count has one movement with a
unique reference; a feed's count is a restatement, a seller's change a delta with a key or a compare-and-set, never a
blind overwrite; each change and its event commit together.
"""
