"""Engines, beyond what their contracts promise."""
