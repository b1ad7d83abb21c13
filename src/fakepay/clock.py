"""The one place that reads this machine's clock."""

import time


def machine_ms() -> int:
    """Unix time in milliseconds."""
    return time.time_ns() // 1_000_000
