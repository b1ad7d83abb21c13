"""A seller replaces an item whole."""

from dataclasses import dataclass

from haat.catalog.author import Author
from haat.catalog.check import InvalidItem
from haat.catalog.draft import DraftItem
from haat.catalog.model import Item
from haat.errors import Problem


@dataclass(frozen=True, slots=True)
class ReplaceItem:
    """Makes an item exactly what the draft says, if nobody changed it since the caller looked."""

    author: Author

    async def __call__(self, seller: str, item_id: str, version: int, draft: DraftItem) -> Item:
        """The item after it; its version grew only if something changed.

        Raises: ItemNotFound, ItemStale, InvalidItem, Unavailable.
        """
        kept = await self.author.own(seller, item_id, version)
        if draft.code != kept.item.code:
            detail = f"The code stays what it is: {kept.item.code}. For another code create another item."
            raise InvalidItem(problems=[Problem("#/code", detail)])
        return await self.author.write(draft, seller, item_id, kept)
