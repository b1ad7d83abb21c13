"""Give a guest's wishes to an account, when the guest signs in."""

from dataclasses import dataclass

from haat.wishlist.ports import WishStore


@dataclass(frozen=True, slots=True)
class MergeWishes:
    """Moves the guest's wishes. One that the account has too stays once, and tells if either did."""

    store: WishStore

    async def __call__(self, guest: str, user: str) -> int:
        """How many went, even past the limit. Again: 0. Raises: Unavailable. A unit of five statements."""
        return await self.store.merge(guest, user)
