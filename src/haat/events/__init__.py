"""Events: from a business transaction to every consumer, at least once, in order per key.

A unit writes its messages with `Outbox.add(tx, …)`. The relay moves unsent rows to the log. Consumers read the log,
act once (inbox or idempotent upsert), and park what they cannot process.
"""
