"""What orders need of others. Ports that are used inside a unit take its transaction first.

Holds (inventory):
P1 of many who take at once never more get units than there are, in any order of lines
P2 a take is whole: every part, or nothing and a refusal that says which parts
P3 a hold goes held → committed → consumed, or → released from either, each at most once; a second call changes nothing
P4 held counts equal the sum of open holds, and each change of a count has one movement
P5 what an offer costs and whether it is sold is part of the guard: a part whose offer moved on is refused
P6 a buyer cannot hold more unpaid units of a sku than the limit
P7 what the shelf shows can be taken from any one bucket after `gather`: nobody is refused for units in other buckets

OrdersView (orders):
P1 lists come newest first, and page after page each order comes once
P2 an owner's list has his orders alone, a seller's only orders with his lines, and in them only those
P3 an order comes as it was written: sums, lines, parts, address, history
P4 a page costs at most three statements, however long it is
P5 while the database is gone every call raises Unavailable
"""

import datetime
from collections.abc import Mapping, Sequence
from typing import Any, Literal, Protocol

from haat.engines.sql import Tx
from haat.orders.model import Order, Part, Reason, State
from haat.vocabulary import ShippingClass


class StockRow(Protocol):
    """Units of a sku in a warehouse."""

    @property
    def warehouse(self) -> str:
        """Where."""

    @property
    def free(self) -> int:
        """Units nobody holds."""


class OfferRow(Protocol):
    """What a sku costs and where it lies."""

    @property
    def sku(self) -> str:
        """The sku."""

    @property
    def item_id(self) -> str:
        """Its item."""

    @property
    def seller(self) -> str:
        """Who sells it."""

    @property
    def price_minor(self) -> int | None:
        """Of one unit, tax included; None: not sold."""

    @property
    def currency(self) -> str:
        """ISO 4217."""

    @property
    def tax_class(self) -> str:
        """For the tax rate."""

    @property
    def active(self) -> bool:
        """Whether it is sold at the moment."""

    @property
    def version(self) -> int:
        """Of price, class and activity."""

    @property
    def stock(self) -> Sequence[StockRow]:
        """Its rows, one for each warehouse."""

    @property
    def buckets(self) -> int:
        """Over how many buckets its units in each warehouse are spread; 1 unless many buy it at once."""


class Shelf(Protocol):
    """Offers with stock by sku; unknown skus are absent (inventory). Two statements."""

    async def __call__(self, skus: Sequence[str], /) -> Mapping[str, OfferRow]:
        """A fresh, consistent read of committed rows. Raises: Unavailable."""


class Holds(Protocol):
    """Reservations of stock, made and ended inside an order's unit. Promises in the module's docstring."""

    def shelf(self, tx: Tx, skus: Sequence[str]) -> Mapping[str, OfferRow]:
        """Offers and stock, locked until the unit ends: what is planned from them can be taken. Two statements."""

    def gather(self, tx: Tx, order_id: str, parts: Sequence[Part], buckets: Mapping[str, int]) -> None:
        """Bring units over to the buckets that parts are taken from, where these have too few: movements of the reason
        `rebalance` that sum to zero, and no event. Call it after `shelf`, in the same unit: the rows are locked.

        `buckets`: by sku, as the shelf says; what is free is levelled over so many. One statement when nothing needs to
        be moved, else at most four. Units that are not there are not found: then `take` refuses.
        """

    def take(
        self,
        tx: Tx,
        order_id: str,
        owner: str,
        parts: Sequence[Part],
        most_per_sku: int,
        *,
        committed: bool = False,
    ) -> None:
        """Hold every part or raise a Conflict: code `parts-refused` (facts `skus`: too few units, or another offer) or
        `too-much-held` (facts `skus`, `most`). Three statements: guard, holds, movements. Announces `stock` changes.

        `committed`: held as paid (cash on delivery); the limit is about unpaid units only.
        """

    def commit(self, tx: Tx, order_id: str) -> int:
        """The order is paid: its holds no longer expire. How many changed. One statement."""

    def release(self, tx: Tx, order_id: str) -> int:
        """The order is off: its open holds end and the units are free again. How many. At most four statements."""

    def consume(self, tx: Tx, order_id: str) -> int:
        """The order left: held units are gone from the warehouse. How many. At most four statements."""


class Payments(Protocol):
    """Payments' part of an order's unit."""

    def begin(
        self, tx: Tx, *, payment_id: str, order_id: str, attempt: int, method: str, amount_minor: int, currency: str
    ) -> None:
        """The one live attempt of an order, INITIATED. One statement. Raises: Refused when there is a live one."""

    def close(self, tx: Tx, order_id: str) -> bool:
        """The order is off: its live attempt is no longer live (its success, if any comes, is a late one), and what
        was applied to the order becomes due back. Whether its last attempt had failed. At most five statements.
        """

    def collect(self, tx: Tx, order_id: str) -> bool:
        """An order to be paid in cash was delivered: its live attempt succeeds with the whole amount. Whether there was
        one.
        """


PaymentWord = Literal["paid", "open", "failed", "unknown", "none"]


class AskGateway(Protocol):
    """Payments' answer to how an order's live payment stands, asked of the gateway and applied (payments)."""

    async def __call__(self, order_id: str, /) -> PaymentWord:
        """`paid`: the order was placed by it; `open`: the buyer is at it; `unknown`: the gateway did not say."""


class Place(Protocol):
    """A served PIN code."""

    @property
    def pincode(self) -> str:
        """Six digits."""

    @property
    def city(self) -> str:
        """Its city or district."""

    @property
    def state(self) -> str:
        """Its state."""

    @property
    def refuses(self) -> frozenset[ShippingClass]:
        """Classes that are not brought there."""


class Reach(Protocol):
    """Who reaches whom, as of one generation (serviceability): see haat.serviceability.reach.Reach."""

    @property
    def ordinals(self) -> Mapping[str, int]:
        """Warehouse id → ordinal."""

    def place(self, pincode: str) -> Place | None:
        """The place of a PIN code, or None when it is not served."""

    # The three below take the very object that `place` gave.

    def dates(self, place: Any, now_ms: int) -> Sequence[datetime.date | None]:
        """Arrival code → promised date."""

    def column(self, place: Any, shipping_class: ShippingClass = "standard") -> bytes:
        """Arrival codes of all warehouses at this place, by ordinal."""

    def takes_cash(self, place: Any, ordinal: int) -> bool:
        """Whether cash on delivery is taken on this warehouse's lane."""


class Serviceability(Protocol):
    """The current reach."""

    @property
    def reach(self) -> Reach:
        """An immutable snapshot."""


class ItemDocuments(Protocol):
    """The catalogue's documents by id: titles, pictures, shipping classes."""

    async def __call__(self, ids: Sequence[str], /) -> Mapping[str, bytes]:
        """JSON bytes by id; unknown ids are absent. One round trip."""


class Orders(Protocol):
    """The rows of orders, written inside a unit.

    P1 every change of state is an edge of EDGES, with one history row (seq = version) and one event, or changes nothing
    P2 of many who move an order out of one state, exactly one is answered True
    P3 an order that is cancelled has its holds released and its payments closed in the same unit
    P4 there is at most one order of an owner's checkout, and at most one that replaces another
    """

    def insert(self, tx: Tx, order: Order) -> None:
        """A new order with lines and history; one event per history row. Three statements.

        Raises: Refused when its id, number, (owner, checkout) or `replaces` is taken.
        """

    def of_checkout(self, tx: Tx, owner: str, checkout_id: str) -> Order | None:
        """The order of a checkout, without lines and history. One statement."""

    def head(self, tx: Tx, order_id: str) -> Order | None:
        """An order without lines and history, locked until the unit ends. One statement."""

    def sellers(self, tx: Tx, order_id: str) -> frozenset[str]:
        """Whose lines an order has. One statement."""

    def move(
        self, tx: Tx, order_id: str, before: State, after: State, reason: Reason, *, actor: str, epoch: int = 0
    ) -> bool:
        """Compare-and-set on the state; whether it moved. At most four statements. Raises: Refused off the edges."""

    def cancel(
        self,
        tx: Tx,
        order_id: str,
        reason: Reason,
        actor: str,
        epoch: int = 0,
        *,
        from_states: Sequence[State] = ("CREATED", "PLACED", "PACKED"),
    ) -> bool:
        """→ CANCELLED out of one of these states, with holds released and payments closed; whether it was.

        The reason `expired` becomes `payment_failed` when the last attempt had failed.
        """

    def extend(self, tx: Tx, order_id: str, until_ms: int) -> bool:
        """Give an unpaid order its one grace; whether it got it. One statement."""


class DueOrders(Protocol):
    """Which unpaid orders are over, by the database's time."""

    async def due(self, limit: int) -> Sequence[str]:
        """Ids of unpaid orders whose time is over, the oldest first. One statement on an index. Raises: Unavailable."""

    async def unpaid(self, order_ids: Sequence[str]) -> tuple[int, Mapping[str, int]]:
        """Now, and when those of these orders expire that are still unpaid. One statement. Raises: Unavailable."""


class Reminders(Protocol):
    """A hint of when an unpaid order dies, for whoever sweeps (kept in the KV)."""

    async def __call__(self, order_id: str, expires_ms: int, /) -> None:
        """Remember. Raises: Unavailable; nothing depends on it."""


class WantedLine(Protocol):
    """Units of a sku that somebody would like to have."""

    @property
    def sku(self) -> str:
        """The sku."""

    @property
    def quantity(self) -> int:
        """How many."""


class CartLines(Protocol):
    """What lies in a buyer's cart (cart)."""

    async def __call__(self, owner: str, /) -> tuple[str, int, Sequence[WantedLine]]:
        """The cart's checkout id ("" when there is no cart), its version and its lines. Raises: Unavailable."""


class OrdersView(Protocol):
    """Reads of orders, live (and archived, when there is an archive). One cursor over both."""

    async def order(self, order_id: str) -> Order | None:
        """One with its lines and events."""

    async def of_owner(self, owner: str, before: str, limit: int) -> Sequence[Order]:
        """An owner's orders with their lines, newest first, older than the id `before` ("" for the newest)."""

    async def of_seller(self, seller: str, before: str, limit: int) -> Sequence[Order]:
        """Orders with lines of this seller, newest first; only his lines are in them."""

    async def recent(self, state: str, before: str, limit: int) -> Sequence[Order]:
        """All orders, of one state if it is not "", newest first."""
