"""A seller takes an item out of the shop for good. Its document stays: orders and links name it."""

from dataclasses import dataclass

import msgspec

from haat.catalog.author import Author, stale
from haat.catalog.model import Item, origin_of, shown
from haat.catalog.shelf import change_to
from haat.events.envelope import rfc3339


@dataclass(frozen=True, slots=True)
class RetireItem:
    """Retires an item. Retiring it again changes nothing."""

    author: Author

    async def __call__(self, seller: str, item_id: str, version: int) -> Item:
        """The retired item. Raises: ItemNotFound, ItemStale, Unavailable."""
        kept = await self.author.own(seller, item_id, version)
        if kept.item.status == "retired":
            return shown(kept.item)
        now_ms = self.author.clock.now_ms()
        before = origin_of(kept.item)
        item = msgspec.structs.replace(
            kept.item,
            status="retired",
            version=kept.item.version + 1,
            updated=rfc3339(now_ms),
            origin=msgspec.structs.replace(before, as_of_ms=max(now_ms, before.as_of_ms), line=0, digest=""),
        )
        if not (await self.author.shelf.keep([change_to(item, replaces=kept.stored, announced=True)]))[0]:
            raise stale((await self.author.shelf.get([item_id]))[item_id].item)
        return shown(item)
