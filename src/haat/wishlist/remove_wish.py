"""Forget an item."""

from dataclasses import dataclass

from haat.wishlist.ports import WishStore


@dataclass(frozen=True, slots=True)
class RemoveWish:
    """Takes an item from a wishlist. One that is not there is removed already."""

    store: WishStore

    async def __call__(self, owner: str, item_id: str) -> bool:
        """Whether it was there. Raises: Unavailable. A unit of three statements."""
        return await self.store.remove(owner, item_id)
