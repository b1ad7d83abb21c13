"""Engines behind inbound's feeds and identities."""
