"""A seller adds an item."""

from dataclasses import dataclass

from haat.catalog.author import Author
from haat.catalog.draft import DraftItem
from haat.catalog.model import Item
from haat.catalog.ports import ItemIdentity
from haat.errors import Conflict


class CodeTaken(Conflict):
    """The seller has an item of this code already. `item_id` is its id."""

    code, title = "item-code-taken", "You have an item with this code already"


@dataclass(frozen=True, slots=True)
class CreateItem:
    """Adds an item under the id that the seller's code has for ever, be it offered by request or by feed."""

    author: Author
    identity: ItemIdentity

    async def __call__(self, seller: str, draft: DraftItem) -> Item:
        """The new item at version 1. Raises: InvalidItem, CodeTaken, Unavailable."""
        item_id = await self.identity(seller, draft.code)
        if item_id in await self.author.shelf.bodies([item_id]):
            raise CodeTaken(f"Change it with PUT /api/v1/seller/items/{item_id}.", item_id=item_id)
        return await self.author.write(draft, seller, item_id, None)
