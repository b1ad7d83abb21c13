"""The same things again, for an order whose payment came when it was off already. Pure."""

from collections.abc import Mapping
from typing import Final

import msgspec

from haat.orders.fees import Fees
from haat.orders.model import AGAIN, Event, Order, Reason, Wanted
from haat.orders.number import number_of
from haat.orders.plan import Facts, Planning, plan
from haat.orders.ports import OfferRow, Reach
from haat.orders.tax import Taxes

_OFF_UNPAID: Final[tuple[Reason, ...]] = ("expired", "payment_failed")
"""Only an order that nobody called off is made again."""


def same_again(
    order: Order,
    offers: Mapping[str, OfferRow],
    reach: Reach,
    *,
    taxes: Taxes,
    fees: Fees,
    now_ms: int,
    new_id: str,
    payment_id: str,
) -> Order | None:
    """A placed order of the same lines at the prices that were paid, from the stock there is now; or None.

    None when the buyer did not want it, somebody cancelled it, anything costs more now, or is not to be had.
    """
    if order.on_late_payment != "reorder" or order.state != "CANCELLED" or order.reason not in _OFF_UNPAID:
        return None
    classes = order.snapshot.shipping_classes
    planning = Planning(
        wanted=[Wanted(line.sku, line.units) for line in order.lines],
        facts={
            line.sku: Facts(line.title, line.picture, classes.get(line.sku, "standard"), True, {})
            for line in order.lines
        },
        reach=reach,
        pincode=order.pincode,
        place=reach.place(order.pincode),
        cash=False,
        taxes=taxes,
        fees=fees,
        currency=order.totals.currency,
    )
    planned = plan(planning, offers, now_ms)
    now = planned.lines
    if not planned.ok or any(new.price_minor > old.price_minor for new, old in zip(now, order.lines, strict=True)):
        return None
    lines = [
        msgspec.structs.replace(old, line=new.line, offer_version=new.offer_version)
        for new, old in zip(now, order.lines, strict=True)
    ]
    events = [
        Event(1, None, "CREATED", "", payment_id, now_ms),
        Event(2, "CREATED", "PLACED", "", payment_id, now_ms),
    ]
    return msgspec.structs.replace(
        order,
        id=new_id,
        number=number_of(new_id),
        checkout_id=AGAIN + order.id,
        state="PLACED",
        reason="",
        version=len(events),
        created_ms=now_ms,
        expires_ms=0,
        extended=False,
        changed_ms=now_ms,
        replaces=order.id,
        snapshot=msgspec.structs.replace(
            order.snapshot,
            parts=planned.parts_of(new_id),
            shipments=planned.shipments,
            payment_id=payment_id,
            cart=False,
        ),
        lines=lines,
        events=events,
    )
