"""haat: an open marketplace engine. Start with `app.py` (what runs) or a context's `__init__` (what it owns)."""

__version__ = "0.1.0"
