"""Who may read an order: its owner, or whoever holds the token that was given with it."""

from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from haat.engines.kv import KeyValue
from haat.errors import RateLimited, Unavailable
from haat.orders.model import NoSuchOrder, Order
from haat.orders.place import ORDER_PURPOSE
from haat.orders.ports import OrdersView
from haat.orders.quote import Signs

MOST_WRONG: Final = 20
WRONG_S: Final = 600.0


class WrongToken(RateLimited):
    """Too many order tokens from this address were not right. Nothing is told for a while."""

    code, title = "order-token", "Too many wrong order tokens"


@dataclass(frozen=True, slots=True)
class ReadOrder:
    """An order for its owner or the holder of its token; all others learn nothing, not even whether it exists."""

    view: OrdersView
    signer: Signs
    kv: KeyValue

    async def __call__(self, order_id: str, owner: str, token: str = "", client: str = "") -> Order:
        """The order. `client` is the caller's address, by which wrong tokens are counted.

        Raises: NoSuchOrder, also for somebody else's; WrongToken; Unavailable.
        """
        shown = await self.shown(order_id, token, client)
        order = await self.view.order(order_id)
        if order is None or not (shown or (owner and order.owner == owner)):
            raise NoSuchOrder
        return order

    async def shown(self, order_id: str, token: str, client: str) -> bool:
        """Whether the token is this order's. A token has 128 bits of signature: the limit only saves our time.

        Raises: WrongToken.
        """
        if not token:
            return False
        key, counts = f"order-token:{client}", False
        with suppress(Unavailable):
            wrong = await self.kv.get(key)
            counts = True
            if wrong is not None and int(wrong) >= MOST_WRONG:
                raise WrongToken("Wait some minutes, and open the link of the order again.", retry_after_s=int(WRONG_S))
        if self.signer.open(ORDER_PURPOSE, token) == order_id.encode():
            return True
        with suppress(Unavailable):
            if counts:  # a store that is gone costs a call one time-out, not two
                await self.kv.increment(key, ttl_s=WRONG_S)
        return False
