"""Find who wants to be told when items are back."""

from collections.abc import Sequence
from dataclasses import dataclass

from haat.wishlist.ports import Waiting, WishStore


@dataclass(frozen=True, slots=True)
class WhoWaits:
    """Answers for notifications, page by page."""

    store: WishStore

    async def __call__(
        self, item_ids: Sequence[str], after: tuple[str, str] = ("", ""), limit: int = 500
    ) -> Sequence[Waiting]:
        """By (item, owner), behind `after`. Raises: Unavailable. One statement."""
        return await self.store.waiting(item_ids, after, limit)
