"""Event logs and the parked table on their engines."""
