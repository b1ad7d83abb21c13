"""Items in the document store: read in bulk, written with their event, found by seller or category."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from haat.catalog.check import InvalidItem
from haat.catalog.messages import ItemChanged
from haat.catalog.model import MAX_ITEM_BYTES, Item, decode, encode
from haat.catalog.plain import words_of
from haat.engines.documents import Documents, Put
from haat.errors import NotFound, Problem, Stale
from haat.events.outbox import Outbox
from haat.vocabulary import Clock

BY_SELLER: Final = "seller"
BY_CATEGORY: Final = "category"
NO_CATEGORY: Final = "-"


class ItemNotFound(NotFound):
    """There is no such item for this caller."""

    code, title = "item-not-found", "There is no such item"


class ItemStale(Stale):
    """The item has a newer version than the one named. Nothing was changed. `current` is its version."""

    code, title = "item-stale", "The item has changed in the meantime"


class Kept(NamedTuple):
    """An item as it lies in the store. `stored` is the store's own version, which also counts unannounced writes."""

    item: Item
    stored: int


class Change(NamedTuple):
    """A write, made by `change_to`: `replaces` is the store's version it replaces."""

    item: Item
    body: bytes
    replaces: int
    announced: bool


def change_to(item: Item, *, replaces: int, announced: bool) -> Change:
    """The write that makes an item what it shall be; `replaces` 0: it must be new.

    `announced` changes have a new item version and publish one event; others only remember where content came from.
    Raises: InvalidItem when the document would be too large.
    """
    body = encode(item)
    if len(body) > MAX_ITEM_BYTES:
        detail = f"The item takes {len(body)} bytes, at most {MAX_ITEM_BYTES} are kept: shorten texts or variants."
        raise InvalidItem(problems=[Problem("#", detail)])
    return Change(item, body, replaces, announced)


def keys_of(item: Item) -> dict[str, str]:
    """What an item is looked up by."""
    return {BY_SELLER: item.seller, BY_CATEGORY: item.category or NO_CATEGORY}


@dataclass(frozen=True, slots=True)
class Shelf:
    """The collection `items`."""

    documents: Documents
    outbox: Outbox
    clock: Clock

    async def bodies(self, ids: Sequence[str]) -> dict[str, bytes]:
        """Documents as they are stored; ids that do not exist are left out. One round trip. Raises: Unavailable."""
        return {key: document.body for key, document in (await self.documents.get(ids)).items()}

    async def get(self, ids: Sequence[str]) -> dict[str, Kept]:
        """Items by id; ids that do not exist are left out. One round trip. Raises: Unavailable."""
        return {key: Kept(decode(d.body), d.version) for key, d in (await self.documents.get(ids)).items()}

    async def of_seller(self, seller: str, after: str, limit: int) -> list[Kept]:
        """A seller's items behind an id, by id. One round trip. Raises: Unavailable."""
        found = await self.documents.find(BY_SELLER, seller, after=after, limit=limit)
        return [Kept(decode(document.body), document.version) for document in found]

    async def any_in(self, category_id: str) -> bool:
        """Whether an item of any status lies in this very category. One round trip. Raises: Unavailable."""
        return bool(await self.documents.find(BY_CATEGORY, category_id, limit=1))

    async def keep(self, changes: Sequence[Change]) -> list[bool]:
        """Write items, each with its event or not at all. False: somebody was faster, nothing of it was written.

        One round trip and one commit for all. Raises: Unavailable.
        """
        return await self.documents.put([self._put(change) for change in changes])

    def _put(self, change: Change) -> Put:
        item = change.item
        message = ItemChanged(item_id=item.id, version=item.version, status=item.status)
        events = [self.outbox.outgoing(item.id, message, self.clock.now_ms())] if change.announced else []
        return Put(item.id, change.body, change.replaces, keys_of(item), events, words_of(item))
