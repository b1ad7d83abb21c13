"""The history of events.db."""
