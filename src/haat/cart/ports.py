"""What the cart needs.

CartStore, its one store:
P1 a change is whole: lines, version and its one event commit together, or nothing does
P2 a decision without steps writes nothing and publishes nothing
P3 the versions of a cart only grow, by one a step, and its events carry them without a gap
P4 of two changes at once the later sees the earlier: nothing is lost between tabs, devices or a merge
P5 a decision that raises changes nothing
P6 what is done once for a mark is never done again for it, however often and by however many it is asked
P7 no cart is seen or changed through another owner's
"""

import datetime
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Protocol

from haat.cart.model import Cart, Step, Wanted

OptionValue = str | int | float | bool | list[str]

Decide = Callable[[Mapping[str, Cart], int], Sequence[Step]]
"""What becomes of these carts (those there are, by owner) at this moment (ms). Pure: it may be asked again."""


class CartStore(Protocol):
    """Carts at rest. Every method raises Unavailable when the database is gone."""

    async def carts(self, owners: Sequence[str]) -> Mapping[str, Cart]:
        """The carts there are, by owner, with their lines. One statement for one owner, two for more."""

    async def units(self, owner: str) -> int:
        """Units in all lines of an owner's cart. One statement."""

    async def change(
        self, owners: Sequence[str], decide: Decide, known: Mapping[str, Cart] | None = None
    ) -> Mapping[str, Cart]:
        """Change carts as decided; the carts as they are then. `known` saves reading what was just read.

        Raises: what `decide` raises. Cost: one brief read; then, for a step of one line, three statements.
        """

    async def change_once(
        self, marks: Sequence[str], owners: Sequence[str], decide_for: Callable[[Collection[str]], Decide]
    ) -> None:
        """Change carts as decided for those marks that were never used before. Nine statements for any number."""


class Offer(Protocol):
    """What a sku costs."""

    @property
    def item_id(self) -> str:
        """Its item."""

    @property
    def price_minor(self) -> int | None:
        """Of one unit, tax included; None: not sold."""

    @property
    def active(self) -> bool:
        """Whether it is sold at the moment."""


class OffersBySku(Protocol):
    """Inventory's offers."""

    async def __call__(self, skus: Sequence[str], /) -> Mapping[str, Offer]:
        """By sku; unknown ones are absent. Raises: Unavailable."""


class QuotedLine(Protocol):
    """What can be promised for one line: see haat.orders.quote."""

    @property
    def sku(self) -> str:
        """The sku."""

    @property
    def title(self) -> str:
        """Of its item."""

    @property
    def seller(self) -> str:
        """Who sells it."""

    @property
    def picture(self) -> str:
        """The key of its picture, or nothing."""

    @property
    def options(self) -> Mapping[str, OptionValue]:
        """What tells it from its item's other variants, by attribute."""

    @property
    def price_minor(self) -> int | None:
        """Of one unit, now."""

    @property
    def currency(self) -> str:
        """ISO 4217."""

    @property
    def total_minor(self) -> int:
        """Of the line, tax included."""

    @property
    def tax_minor(self) -> int:
        """The part of it that is tax."""

    @property
    def problem(self) -> str:
        """Why it cannot be had as it is; empty when it can."""

    @property
    def detail(self) -> str:
        """The problem in a sentence."""

    @property
    def left(self) -> int | None:
        """How many there are, when they are few."""

    @property
    def promised_on(self) -> datetime.date | None:
        """When all of it is there, if the PIN code is known."""


class QuotedUnits(Protocol):
    """Units of a sku that travel together."""

    @property
    def sku(self) -> str:
        """The sku."""

    @property
    def units(self) -> int:
        """How many."""


class QuotedShipment(Protocol):
    """What travels together."""

    @property
    def number(self) -> int:
        """From 1."""

    @property
    def promised_on(self) -> datetime.date:
        """When it arrives."""

    @property
    def units(self) -> Sequence[QuotedUnits]:
        """What is in it."""


class QuotedTotals(Protocol):
    """The sums of what can be had."""

    @property
    def currency(self) -> str:
        """ISO 4217."""

    @property
    def items_minor(self) -> int:
        """All lines."""

    @property
    def discount_minor(self) -> int:
        """What is taken off."""

    @property
    def shipping_minor(self) -> int:
        """For bringing it."""

    @property
    def tax_minor(self) -> int:
        """The part of the total that is tax."""

    @property
    def total_minor(self) -> int:
        """What is to be paid."""


class Quote(Protocol):
    """The whole cart, promised at one moment."""

    @property
    def lines(self) -> Sequence[QuotedLine]:
        """One a line asked for."""

    @property
    def shipments(self) -> Sequence[QuotedShipment]:
        """What travels together; empty without a PIN code."""

    @property
    def totals(self) -> QuotedTotals:
        """The sums."""

    @property
    def cod(self) -> bool:
        """Whether all of it can be paid at the door."""

    @property
    def ok(self) -> bool:
        """Whether it can be ordered as it is."""

    @property
    def token(self) -> str:
        """Says to an order what its buyer has seen."""


class AskQuote(Protocol):
    """Orders' quote: prices, tax, dates and parcels of lines, computed now. Nothing is held."""

    async def __call__(self, wanted: Sequence[Wanted], pincode: str | None, /) -> Quote:
        """Raises: Unavailable."""


class Facts(Protocol):
    """What the catalogue says of a sku."""

    @property
    def title(self) -> str:
        """Its item's title."""

    @property
    def picture(self) -> str:
        """The key of its picture; empty when there is none."""

    @property
    def options(self) -> Mapping[str, OptionValue]:
        """What tells it from its item's other variants."""


class FactsOf(Protocol):
    """Facts for a cart that cannot be priced."""

    async def __call__(self, items: Mapping[str, str], /) -> Mapping[str, Facts]:
        """By sku; `items` names each sku's item. Unknown ones are left out. Raises: Unavailable."""
