"""Reading items: raw documents for other contexts, shown ones for people."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from haat.catalog.categories import Attribute
from haat.catalog.forest import TreeStore
from haat.catalog.model import Item, decode, shown
from haat.catalog.shelf import ItemNotFound, Shelf
from haat.errors import Invalid, Problem, Unavailable

MAX_IDS: Final = 100


@dataclass(frozen=True, slots=True)
class ItemDocuments:
    """Item documents for search, web and the rest: any status, as bytes, for readers with Structs of their own."""

    shelf: Shelf

    async def __call__(self, ids: Sequence[str]) -> Mapping[str, bytes]:
        """Bodies by item id; ids that do not exist are left out. One round trip. Raises: Unavailable."""
        return await self.shelf.bodies(ids)


class Bodies(Protocol):
    """Item documents by id."""

    async def __call__(self, ids: Sequence[str], /) -> Mapping[str, bytes]:
        """Those that are known; the others are left out. Raises: Unavailable."""


@dataclass(frozen=True, slots=True)
class KnownItems:
    """Item documents for those who only show and sell: a stand-in answers while the store is away.

    What the stand-in knows may be a moment old. An id that it does not know is not said to be missing: only the store
    can say that.
    """

    stored: Bodies
    stand_in: Bodies

    async def __call__(self, ids: Sequence[str]) -> Mapping[str, bytes]:
        """Bodies by item id; ids that do not exist are left out. One round trip. Raises: Unavailable."""
        try:
            return await self.stored(ids)
        except Unavailable as away:
            try:
                known = await self.stand_in(ids)
            except Unavailable:
                raise away from None
            if len(known) < len(set(ids)):
                raise
            return known


@dataclass(frozen=True, slots=True)
class ShowItem:
    """One item for anyone."""

    bodies: Bodies

    async def __call__(self, item_id: str) -> Item:
        """The item if it is active. One round trip. Raises: ItemNotFound, Unavailable."""
        body = (await self.bodies([item_id])).get(item_id)
        item = decode(body) if body is not None else None
        if item is None or item.status != "active":
            raise ItemNotFound("There is no such item, or it is not sold any more.")
        return shown(item)


@dataclass(frozen=True, slots=True)
class ShowItems:
    """Many items for anyone."""

    bodies: Bodies

    async def __call__(self, ids: Sequence[str]) -> list[Item]:
        """The active ones of up to 100 items, in the order asked for, each once. One round trip.

        Raises: Invalid (no id, or more than 100), Unavailable.
        """
        wanted = list(dict.fromkeys(ids))
        if not 1 <= len(wanted) <= MAX_IDS:
            raise Invalid(problems=[Problem("ids", f"Name 1 to {MAX_IDS} items at once, not {len(wanted)}.")])
        bodies = await self.bodies(wanted)
        items = (decode(bodies[key]) for key in wanted if key in bodies)
        return [shown(item) for item in items if item.status == "active"]


@dataclass(frozen=True, slots=True)
class OwnItem:
    """One item for its seller, whatever its status."""

    shelf: Shelf

    async def __call__(self, seller: str, item_id: str) -> Item:
        """The item. Another seller's looks as if it did not exist. Raises: ItemNotFound, Unavailable."""
        kept = (await self.shelf.get([item_id])).get(item_id)
        if kept is None or kept.item.seller != seller:
            raise ItemNotFound("You have no such item.")
        return shown(kept.item)


@dataclass(frozen=True, slots=True)
class OwnItems:
    """A seller's items, by id (so by age)."""

    shelf: Shelf

    async def __call__(self, seller: str, after: str = "", limit: int = 50) -> tuple[list[Item], str]:
        """Up to `limit` items behind an id, and the id to go on behind (empty at the end). Raises: Unavailable."""
        found = await self.shelf.of_seller(seller, after, limit + 1)
        page = [shown(kept.item) for kept in found[:limit]]
        return page, page[-1].id if len(found) > limit else ""


@dataclass(frozen=True, slots=True)
class CategorySchemas:
    """Attribute schemas for those who check rows before they send them."""

    trees: TreeStore

    async def __call__(self, category_ids: Sequence[str]) -> Mapping[str, Sequence[Attribute]]:
        """Every attribute that holds, inherited ones first, by category id; unknown ids are left out.

        At most a second old; at most one round trip. Raises: Unavailable.
        """
        tree = await self.trees.current()
        return {i: tuple(tree.schema(i).values()) for i in category_ids if i in tree.by_id}
