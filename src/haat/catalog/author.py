"""What every write of a person has in common: pictures looked up, the draft checked, skus claimed, the item kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from haat.catalog.check import InvalidItem, checked
from haat.catalog.claims import SkuClaims
from haat.catalog.draft import DraftItem, DraftVariant
from haat.catalog.forest import TreeStore
from haat.catalog.gallery import Gallery
from haat.catalog.model import Item, Origin, Picture, origin_of, shown
from haat.catalog.shelf import ItemNotFound, ItemStale, Kept, Shelf, change_to
from haat.errors import Problem
from haat.events.envelope import rfc3339
from haat.vocabulary import Clock

_NO_TIME: Final = ""


def same_content(one: Item, other: Item) -> bool:
    """Whether two items differ in nothing but version, times and where they came from."""
    blank = {"version": 0, "created": _NO_TIME, "updated": _NO_TIME, "origin": msgspec.UNSET}
    return msgspec.structs.replace(one, **blank) == msgspec.structs.replace(other, **blank)


def draft_of(item: Item) -> DraftItem:
    """The draft that would make this item: what a merge patch is applied to."""
    return DraftItem(
        code=item.code,
        title=item.title,
        status=item.status,
        description=item.description,
        bullets=item.bullets,
        brand=item.brand,
        category=item.category,
        attributes=item.attributes,
        labels=item.labels,
        units=item.units,
        pictures=item.pictures,
        variants=[
            DraftVariant(
                code=variant.code,
                attributes=variant.attributes,
                eans=variant.eans,
                model=variant.model,
                pictures=variant.pictures,
                active=variant.active,
                shipping_class=variant.shipping_class,
            )
            for variant in item.variants
        ],
        released=item.released,
    )


@dataclass(frozen=True, slots=True)
class Author:
    """Writes items for people. Feeds have their own way (take.py)."""

    shelf: Shelf
    claims: SkuClaims
    trees: TreeStore
    gallery: Gallery
    clock: Clock

    async def own(self, seller: str, item_id: str, version: int) -> Kept:
        """A seller's item at the version he has seen. Raises: ItemNotFound, ItemStale, Unavailable."""
        kept = (await self.shelf.get([item_id])).get(item_id)
        if kept is None or kept.item.seller != seller:
            raise ItemNotFound("You have no such item.")
        if kept.item.version != version:
            raise stale(kept.item)
        return kept

    async def write(self, draft: DraftItem, seller: str, item_id: str, kept: Kept | None) -> Item:
        """Make the item what the draft says. A draft that changes nothing writes nothing.

        Raises: InvalidItem, ItemStale, Unavailable. Cost: at most four round trips and two commits.
        """
        now_ms = self.clock.now_ms()
        draft, missing = await self._with_pictures(draft)
        stamp = self._stamp(draft, seller, item_id, kept.item if kept else None, now_ms)
        try:
            item = checked(draft, seller=seller, tree=await self.trees.current(), stamp=stamp)
        except InvalidItem as error:
            raise InvalidItem(problems=[*error.problems, *missing]) from None
        if missing:
            raise InvalidItem(problems=missing)
        if kept is not None and same_content(item, kept.item):
            return shown(kept.item)
        change = change_to(item, replaces=kept.stored if kept else 0, announced=True)
        await self._claim(item, kept.item if kept else None)
        if not (await self.shelf.keep([change]))[0]:
            now = (await self.shelf.get([item_id])).get(item_id)
            raise stale(now.item) if now else ItemStale()
        return shown(item)

    async def _with_pictures(self, draft: DraftItem) -> tuple[DraftItem, list[Problem]]:
        """The draft with the sizes of its pictures, and a problem for each that was never uploaded."""
        records = await self.gallery.records([picture.key for picture in draft.pictures])
        pictures = [
            Picture(p.key, p.alt, records[p.key].width, records[p.key].height) if p.key in records else p
            for p in draft.pictures
        ]
        missing = [
            Problem(
                f"#/pictures/{number}/key", "There is no such picture: upload it first (POST /api/v1/seller/pictures)."
            )
            for number, picture in enumerate(pictures)
            if picture.key not in records
        ]
        return msgspec.structs.replace(draft, pictures=pictures), missing

    def _stamp(self, draft: DraftItem, seller: str, item_id: str, old: Item | None, now_ms: int) -> Item:
        """What the draft does not say. A person's write is as new as now, so no older feed undoes it."""
        now = rfc3339(now_ms)
        before = origin_of(old) if old else Origin()
        same_pictures = old is not None and [p.key for p in old.pictures] == [p.key for p in draft.pictures]
        origin = Origin(
            as_of_ms=max(now_ms, before.as_of_ms),
            pictures=before.pictures if same_pictures else [],
            variant_pictures=before.variant_pictures if same_pictures else {},
        )
        return Item(
            id=item_id,
            seller=seller,
            code=draft.code,
            version=old.version + 1 if old else 1,
            status=draft.status,
            title="",
            rating=old.rating if old else None,
            rating_count=old.rating_count if old else 0,
            created=old.created if old else now,
            updated=now,
            origin=origin,
        )

    async def _claim(self, item: Item, old: Item | None) -> None:
        had = {variant.sku for variant in old.variants} if old else set()
        wanted = {variant.sku: item.id for variant in item.variants if variant.sku not in had}
        refused = await self.claims.claim(wanted)
        if refused:
            raise InvalidItem(problems=taken(item, refused))


def taken(item: Item, refused: dict[str, str]) -> Sequence[Problem]:
    """A problem for each sku that belongs to another item."""
    return [
        Problem(
            f"#/variants/{number}/code", f"{variant.code[:80]} is a variant of item {refused[variant.sku]} already."
        )
        for number, variant in enumerate(item.variants)
        if variant.sku in refused
    ]


def stale(current: Item) -> ItemStale:
    """The refusal of a write that names an older version than this one."""
    return ItemStale(
        f"It is at version {current.version} now: read it again, then change that.", current=current.version
    )
