"""What reconciliation reads of payments themselves, and of the two other rooms around the orders database.

Everything is read by pages of ids, so that the whole shop costs a few statements for 500 orders; what heals is the
normal path of the room it belongs to.
"""

from collections.abc import Awaitable, Mapping, Sequence
from typing import Protocol

import msgspec

from haat.engines.sql import Tx
from haat.payments.model import Payment, Refund


class OrderHead(Protocol):
    """An order as reconciliation sees it."""

    @property
    def id(self) -> str:
        """Its id."""

    @property
    def state(self) -> str:
        """Its state."""

    @property
    def reason(self) -> str:
        """Why it was cancelled, else ""."""

    @property
    def total_minor(self) -> int:
        """What it costs."""

    @property
    def method(self) -> str:
        """How it is paid: cod, upi, …"""


class OrderBooks(Protocol):
    """Orders, as far as they must agree with money, holds, timers and events."""

    def page(self, tx: Tx, after: str, most: int) -> Sequence[OrderHead]:
        """All orders by id, behind `after`. One statement."""

    def heads(self, tx: Tx, order_ids: Sequence[str]) -> Mapping[str, OrderHead]:
        """These orders; unknown ids are absent. One statement."""

    def overdue(self, tx: Tx, before_ms: int, most: int) -> Sequence[tuple[str, int]]:
        """Unpaid orders (id, expiry) whose time was over by then. One statement on an index."""

    def untold(self, tx: Tx, from_ms: int) -> Sequence[tuple[str, int]]:
        """Steps (order, seq) since then of which no event is to be sent or was sent. One statement over history and
        outbox, and two for each 500 orders with something missing.
        """

    def tell_again(self, tx: Tx, steps: Sequence[tuple[str, int]]) -> int:
        """Say these steps as events now; how many. Three statements."""


class Drift(Protocol):
    """A stock row that is not what its movements and holds say."""

    @property
    def sku(self) -> str:
        """The sku."""

    @property
    def warehouse(self) -> str:
        """The warehouse."""

    @property
    def bucket(self) -> int:
        """The bucket."""

    @property
    def on_hand(self) -> int:
        """Counted."""

    @property
    def held(self) -> int:
        """Counted as held."""

    @property
    def moved_on_hand(self) -> int:
        """The sum of its movements."""

    @property
    def moved_held(self) -> int:
        """The sum of its movements."""

    @property
    def held_open(self) -> int:
        """Units of its open holds."""


class StockBooks(Protocol):
    """Stock, as far as counts, movements, holds and orders must agree."""

    def drift(self, tx: Tx) -> Sequence[Drift]:
        """Every stock row that is adrift. One statement over the three tables."""

    def correct(self, tx: Tx, skus: Sequence[str]) -> Sequence[tuple[Drift, int]]:
        """Make the counts of these skus what journal and holds say, under lock; each row that was adrift, with the
        units by which more is held than there is. Such a row has nothing free afterwards. At most four statements.
        """

    def holds_of(self, tx: Tx, order_ids: Sequence[str]) -> Mapping[str, Mapping[str, int]]:
        """How many holds in which state, by order. One statement."""

    def open_orders(self, tx: Tx, after: str, most: int) -> Sequence[str]:
        """Ids for which something is held, by id, behind `after`. One statement."""


class Holds(Protocol):
    """The normal ways a hold goes (orders.ports.Holds)."""

    def commit(self, tx: Tx, order_id: str) -> int:
        """Held → committed."""

    def release(self, tx: Tx, order_id: str) -> int:
        """Open → released, units free again."""

    def consume(self, tx: Tx, order_id: str) -> int:
        """Committed → consumed, units gone."""


class Closing(Protocol):
    """The normal way money of an order that is off becomes due back (orders.ports.Payments)."""

    def close(self, tx: Tx, order_id: str) -> bool:
        """What was applied to it becomes due; nothing if nothing is left."""


class Sweep(Protocol):
    """The normal way unpaid orders end."""

    def __call__(self) -> Awaitable[int]:
        """Expire what is due; how many."""


class UnhandledWebhook(msgspec.Struct, frozen=True):
    """A webhook that is kept and had no effect yet."""

    provider: str
    event_id: str
    reference: str
    received_ms: int

    @property
    def key(self) -> str:
        """Its job's key."""
        return f"{self.provider}:{self.event_id}"


class Uneven(msgspec.Struct, frozen=True):
    """Something about money of which two tables say two things."""

    about: str  # which table's word, or which account
    refs: str
    should: str
    does: str


class Kept(msgspec.Struct, frozen=True):
    """What pays an order."""

    left_minor: int = 0  # captured, and not sent back or due back
    by_hand_minor: int = 0  # given back because a person wished it, while the order went on

    def of(self, state: str) -> int:
        """What counts as paid for an order in this state: gifts of the house count, until all of it goes back."""
        return self.left_minor + (0 if state == "CANCELLED" else self.by_hand_minor)


class MoneyBooks(Protocol):
    """Payments' own rows, by pages."""

    def payments(self, tx: Tx, provider: str, references: Sequence[str], their_ids: Sequence[str]) -> list[Payment]:
        """Payments with these ids, or with these ids at the gateway. One statement."""

    def refunds(self, tx: Tx, references: Sequence[str]) -> list[Refund]:
        """Refunds with these ids. One statement."""

    def claimed(
        self, tx: Tx, provider: str, state: str, span: tuple[int, int], after: tuple[int, str], *, most: int
    ) -> Sequence[Payment]:
        """Payments in a state, changed in a span, that the gateway should know of, by (changed, id). One statement."""

    def sent_back(
        self, tx: Tx, provider: str, span: tuple[int, int], after: tuple[int, str], most: int
    ) -> list[Refund]:
        """Refunds that were done in a span, by (changed, id). One statement."""

    def open_refunds(self, tx: Tx, before_ms: int, after: str, most: int) -> list[Refund]:
        """Refunds not done (DUE, REQUESTED, UNKNOWN unchanged since then; all REJECTED), by id. One statement."""

    def doubtful(self, tx: Tx, before_ms: int, after: str, most: int) -> list[Payment]:
        """Payments UNKNOWN since then, by id. One statement."""

    def unhandled(self, tx: Tx, before_ms: int, most: int) -> Sequence[UnhandledWebhook]:
        """Webhooks that came before then and were not handled, the oldest first. One statement."""

    def kept(self, tx: Tx, order_ids: Sequence[str]) -> Mapping[str, Kept]:
        """What is left of what was paid for these orders; orders nobody paid are absent. Two statements."""

    def outcomes(self, tx: Tx) -> Sequence[Uneven]:
        """Successes without the one outcome row, and the other way round. One statement."""

    def ledger(self, tx: Tx) -> Sequence[Uneven]:
        """Entries that do not sum to 0, and payments whose accounts are not what their rows say. Two statements."""
