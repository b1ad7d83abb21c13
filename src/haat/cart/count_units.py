"""How full a cart is, for every page's header."""

from dataclasses import dataclass

from haat.cart.ports import CartStore


@dataclass(frozen=True, slots=True)
class CountUnits:
    """Counts the units in a cart."""

    store: CartStore

    async def __call__(self, owner: str) -> int:
        """0 for nobody and for who has no cart. Raises: Unavailable. One statement, none for nobody."""
        return await self.store.units(owner) if owner else 0
