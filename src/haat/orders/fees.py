"""What bringing an order costs the buyer, and the sums of an order."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from haat.orders.model import Line, Totals


class Fees(Protocol):
    """How much the buyer pays for shipping."""

    def shipping_minor(self, items_minor: int) -> int:
        """The fee for items of this worth, tax included; 0: free."""


@dataclass(frozen=True, slots=True)
class FlatShipping:
    """One fee below a threshold, free from it on."""

    fee_minor: int = 4_000
    free_from_minor: int = 49_900

    def shipping_minor(self, items_minor: int) -> int:
        """See Fees. Nothing ordered costs nothing."""
        return self.fee_minor if 0 < items_minor < self.free_from_minor else 0


def totals_of(lines: Iterable[Line], fees: Fees, currency: str) -> Totals:
    """The sums of lines. Tax is the sum of the lines' taxes; what lies in the shipping fee is not split off."""
    items_minor = tax_minor = 0
    for line in lines:
        items_minor += line.total_minor
        tax_minor += line.tax_minor
    shipping_minor = fees.shipping_minor(items_minor)
    return Totals(
        currency=currency,
        items_minor=items_minor,
        discount_minor=0,
        shipping_minor=shipping_minor,
        tax_minor=tax_minor,
        total_minor=items_minor + shipping_minor,
    )
