"""Outgoing events at rest: what waits beside business rows until the relay has moved it to the log.

Engines that store business state implement `OutgoingSource`; `engines/sql/outgoing.py` does it as a table for all SQL
dialects and for the documents kept in SQLite. The events package gives the rows their meaning (an envelope).
"""

from collections.abc import Callable, Hashable, Sequence
from typing import NamedTuple, Protocol


class Outgoing(NamedTuple):
    """An event to be sent if, and only if, the transaction it is written in commits."""

    event_id: str
    topic: str
    key: str
    value: bytes  # the encoded envelope
    created_ms: int


class Unsent(NamedTuple):
    """A row that waits for the relay."""

    seq: Hashable  # the store's own handle; says nothing about commit order
    topic: str
    key: str
    value: bytes
    created_ms: int


class Backlog(NamedTuple):
    """How far the relay is behind in one store."""

    rows: int
    oldest_ms: int  # 0 when nothing waits


class OutgoingSource(Protocol):
    """A store whose outgoing events the relay sends. Promises (tests/contracts/outgoing.py has a test of each name):

    P1 a row appears here exactly when its business transaction committed
    P2 rows of one key come in the order of their transactions
    P3 a row stays unsent until `mark_sent` returned, whatever crashes in between
    P4 marking twice changes nothing
    P5 `trim` forgets only rows that were sent before the moment asked for; a store may keep no sent rows at all
    P6 `on_new` calls after a commit of this process that wrote rows
    """

    async def unsent(self, most: int) -> Sequence[Unsent]:
        """The oldest unsent rows. Raises: Unavailable."""

    async def mark_sent(self, rows: Sequence[Unsent]) -> None:
        """Remember that these rows are in the log. Raises: Unavailable."""

    def on_new(self, wake: Callable[[], None]) -> None:
        """Call `wake`, from any thread, soon after new rows were committed by this process.

        Only a hint that saves waiting: the relay also looks by itself from time to time.
        """

    async def backlog(self) -> Backlog:
        """Rows waiting. Raises: Unavailable."""

    async def trim(self, before_ms: int) -> int:
        """Forget rows sent before this moment; the number forgotten now. Raises: Unavailable."""
