"""Remember an item."""

from dataclasses import dataclass
from typing import Final

from haat.wishlist.item import read_item
from haat.wishlist.model import MAX_WISHES, UnknownItem, Wish
from haat.wishlist.ports import ItemDocuments, WishStore

_MAX_ID_CHARS: Final = 40


@dataclass(frozen=True, slots=True)
class PutWish:
    """Puts an item on a wishlist. Again it only says anew whether to tell when the item is back."""

    store: WishStore
    documents: ItemDocuments

    async def __call__(self, owner: str, item_id: str, *, tell_back: bool = False, sku: str | None = None) -> Wish:
        """The wish as it is then. `sku`: the variant that was looked at; none keeps the one that is known.

        Raises: UnknownItem, WishlistFull, Unavailable. Cost: a look at the item, a unit of at most four statements.
        """
        bodies = await self.documents([item_id]) if 0 < len(item_id) <= _MAX_ID_CHARS else {}
        item = read_item(bodies[item_id]) if item_id in bodies else None
        if item is None or item.status == "draft" or (sku is not None and item.variant(sku) is None):
            raise UnknownItem
        return await self.store.put(owner, item_id, sku, tell_back=tell_back, most=MAX_WISHES)
