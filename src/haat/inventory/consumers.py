"""Inventory hears `offers.inbound`: each accepted row of a feed becomes an offer and counts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from haat.events.envelope import Event
from haat.inventory.messages import OfferOffered
from haat.inventory.model import BelowHeld, Restated
from haat.inventory.ports import OfferStore


@dataclass(frozen=True, slots=True)
class OfferInbound:
    """Applies offers in batches. A batch may come twice: `as_of_ms` makes the second time change nothing."""

    store: OfferStore
    name: ClassVar[str] = "inventory"
    topics: ClassVar[tuple[str, ...]] = ("offers.inbound",)

    async def __call__(self, events: Sequence[Event]) -> None:
        """Apply all rows in one unit.

        Raises: BelowHeld when a count is less than what buyers hold. All other rows were kept; the runner finds the row
        by itself and parks it, and the feed's status shows it.
        """
        refused = await self.store.restate([_restated(event.read(OfferOffered)) for event in events])
        if refused:
            sku, warehouse = refused[0]
            raise BelowHeld(f"{len(refused)} counts are below what is held.", sku=sku, warehouse=warehouse)


def _restated(offered: OfferOffered) -> Restated:
    return Restated(
        item_id=offered.item_id,
        sku=offered.sku,
        seller=offered.seller,
        price_minor=offered.price_minor,
        currency=offered.currency,
        tax_class=offered.tax_class,
        active=offered.active,
        as_of_ms=offered.as_of_ms,
        feed_id=offered.feed_id,
        counts=tuple((count.warehouse, count.on_hand) for count in offered.stock),
        initial=offered.stock_mode == "initial",
    )
