"""haat: an open marketplace engine. Start with `app.py` (what runs) or a context's `__init__` (what it owns)."""

import os

__version__ = "0.1.0"

# Before anything imports numpy: its linear algebra would put a waiting thread on every core, which on two busy cores
# makes training search semantics 20 times dearer, at the cost of requests. Who wants threads sets the variable.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
