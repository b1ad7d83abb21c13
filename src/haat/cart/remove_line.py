"""Take a line out of a cart."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from haat.cart.model import Cart, Step, check_version, new_cart, removed
from haat.cart.ports import CartStore


@dataclass(frozen=True, slots=True)
class RemoveLine:
    """Removes a line. One that is not there is removed already."""

    store: CartStore

    async def __call__(self, owner: str, sku: str, *, expects: int | None = None) -> Cart | None:
        """The cart as it is then, or None if there is none. Raises: StaleCart, Unavailable. Three statements."""

        def decide(carts: Mapping[str, Cart], now_ms: int) -> Sequence[Step]:
            cart = carts.get(owner) or new_cart(owner, "", now_ms)
            check_version(cart, expects)
            return removed(cart, sku, now_ms)

        return (await self.store.change([owner], decide)).get(owner)
