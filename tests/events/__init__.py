"""Relay, consumers, parking and lag on the embedded engines."""
