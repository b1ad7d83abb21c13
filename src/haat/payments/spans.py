"""Which windows of time are reconciled how often, and how far each has come."""

from typing import Final, Protocol

import msgspec

from haat.engines.sql import Tx

MINUTE_MS: Final = 60_000
HOUR_MS: Final = 60 * MINUTE_MS
DAY_MS: Final = 24 * HOUR_MS

YOUNG_MS: Final = MINUTE_MS
"""What is younger may be on its way still: a webhook, an answer, a commit between two reads."""
SLICE_MS: Final = HOUR_MS
MOST_SLICE_MS: Final = 6 * HOUR_MS
"""A window is compared in slices: as much as is in memory at once, and is done again after a kill. The first is an
hour; they grow while little happened in them.
"""
BUSY_MS: Final = 5 * MINUTE_MS
"""How long a slice may take before another process takes the run over."""


class Span(msgspec.Struct, frozen=True):
    """A regular run."""

    name: str
    back_ms: int
    every_ms: int
    whole: bool  # also looks at everything inside: all orders, holds, counts, events, the ledger


SOON: Final = Span("soon", 2 * HOUR_MS, 5 * MINUTE_MS, whole=False)
HOURLY: Final = Span("hourly", 48 * HOUR_MS, HOUR_MS, whole=True)
DAILY: Final = Span("daily", 7 * DAY_MS, DAY_MS, whole=True)
"""Beyond the three days for which gateways repeat their webhooks."""
SPANS: Final = (SOON, HOURLY, DAILY)
NOW: Final = Span("now", 7 * DAY_MS, 0, whole=True)
"""What an operator asks for."""


class Slot(msgspec.Struct, frozen=True):
    """A run at rest: its window, how far it came, when the next one is due, who is at it."""

    span: str
    from_ms: int
    to_ms: int
    at_ms: int
    due_ms: int
    busy_ms: int
    turn: int


class Slots(Protocol):
    """Where regular runs stand. One process is at a span at a time."""

    def slot(self, tx: Tx, span: str) -> Slot:
        """A span's slot, locked; made if it is the first time. At most two statements."""

    def take(self, tx: Tx, slot: Slot, until_ms: int) -> Slot | None:
        """Be at it with this window until then; None: another was quicker. One statement."""

    def advance(self, tx: Tx, slot: Slot, at_ms: int, until_ms: int) -> bool:
        """Everything before `at_ms` is compared; False: another took over. One statement."""

    def finish(self, tx: Tx, slot: Slot, next_ms: int, report: bytes) -> bool:
        """The run is over; False: another took over. One statement."""
