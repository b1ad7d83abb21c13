"""The history of the inbound database."""
