"""Feeds put items into the catalogue: a batch of offered items becomes as few reads and writes as possible.

Per batch: one read of the items, one of the skus (new ones only), one of the pictures' URLs, one write of each; the
tree is in memory. An item that cannot be kept does not hold up the others.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from msgspec import Struct

from haat.catalog.arrange import InvalidCategory, with_missing
from haat.catalog.author import same_content, taken
from haat.catalog.categories import Tree, categories_for
from haat.catalog.check import InvalidItem, checked, strictest_class
from haat.catalog.claims import SkuClaims
from haat.catalog.draft import DraftItem, DraftVariant
from haat.catalog.forest import TreeStore
from haat.catalog.gallery import Gallery, UrlRecord, hung, urls_of, with_pictures_of
from haat.catalog.model import Item, Origin, Status, origin_of
from haat.catalog.shelf import Change, Kept, Shelf, change_to
from haat.errors import Problem, Unavailable
from haat.events.envelope import rfc3339
from haat.vocabulary import Clock, ShippingClass, sku_of

_TRIES: Final = 5
_MOST_URLS: Final = 200  # per item; more than fifty pictures are not shown anyway


class OfferedVariant(Struct, frozen=True):
    """A variant as a feed gives it; fields it has beyond these are not the catalogue's."""

    sku: str
    code: str
    attributes: dict[str, Any] = {}
    eans: list[str] = []
    model: str | None = None
    pictures: list[str] = []
    active: bool = True
    shipping_class: ShippingClass = "standard"


class OfferedItem(Struct, frozen=True, kw_only=True):
    """`item.offered` v1 of `items.inbound`, as far as the catalogue reads it. `as_of_ms`, then `line`, is its order."""

    item_id: str
    seller: str
    code: str
    feed_id: str = ""
    as_of_ms: int
    line: int = 0
    title: str
    description: str = ""
    bullets: list[str] = []
    brand: str | None = None
    category: list[str] = []
    category_id: str | None = None
    create_categories: bool = False
    attributes: dict[str, Any] = {}
    attribute_labels: dict[str, str] = {}
    attribute_units: dict[str, str] = {}
    pictures: list[str] = []
    status: Status = "active"
    rating: float | None = None
    rating_count: int = 0
    released: str | None = None
    shipping_class: ShippingClass = "standard"
    variants: list[OfferedVariant] = []

    @property
    def order(self) -> tuple[int, int]:
        """What decides which of two is newer."""
        return self.as_of_ms, self.line

    @property
    def urls(self) -> list[str]:
        """Every picture it names."""
        return [*self.pictures, *(url for variant in self.variants for url in variant.pictures)]

    def origin(self) -> Origin:
        """What the item remembers of this offer."""
        bare = msgspec.structs.replace(self, feed_id="", as_of_ms=0, line=0, create_categories=False)
        return Origin(
            as_of_ms=self.as_of_ms,
            line=self.line,
            feed_id=self.feed_id,
            digest=hashlib.blake2b(msgspec.json.encode(bare), digest_size=16).hexdigest(),
            pictures=list(dict.fromkeys(self.pictures))[:_MOST_URLS],
            variant_pictures={v.sku: v.pictures[:_MOST_URLS] for v in self.variants if v.pictures},
        )

    def draft(self, tree: Tree) -> DraftItem:
        """The item it asks for. Raises: InvalidItem when its category does not exist."""
        return DraftItem(
            code=self.code,
            title=self.title,
            status=self.status,
            description=self.description,
            bullets=self.bullets,
            brand=self.brand,
            category=self._category(tree),
            attributes=self.attributes,
            labels=self.attribute_labels,
            units=self.attribute_units,
            variants=[
                DraftVariant(
                    code=variant.code,
                    attributes=variant.attributes,
                    eans=variant.eans,
                    model=variant.model,
                    active=variant.active,
                    shipping_class=variant.shipping_class,
                )
                for variant in self.variants
            ],
            released=self.released,
        )

    def _category(self, tree: Tree) -> str | None:
        if self.category_id:
            return self.category_id
        way = categories_for(self.category)
        if way and way[-1].id not in tree.by_id:
            detail = f"There is no category {way[-1].id}, and this feed may not create one."
            raise InvalidItem(problems=[Problem("#/category", detail)])
        return way[-1].id if way else None


@dataclass(frozen=True, slots=True)
class Refusal:
    """An offered item that was not taken, and why."""

    offered: OfferedItem
    error: InvalidItem | InvalidCategory


@dataclass(frozen=True, slots=True)
class TakeOffered:
    """Upserts what feeds offer. Any order, any repetition: an older or equal (as_of_ms, line) never overwrites."""

    shelf: Shelf
    claims: SkuClaims
    trees: TreeStore
    gallery: Gallery
    clock: Clock

    async def __call__(self, offered: Sequence[OfferedItem]) -> list[Refusal]:
        """Take a batch; answer what was refused, all else is in the store.

        An item whose content is already there gets no version and no event. Of several offers of one item the newest
        that can be kept is. Raises: Unavailable (some may be stored; taking the batch again is fine).
        """
        refusals: list[Refusal] = []
        tree = await self._grown(offered)
        tried = await self.gallery.tried([url for one in offered for url in one.urls])
        pending: dict[str, list[OfferedItem]] = {}
        for one in sorted(offered, key=lambda one: one.order):
            pending.setdefault(one.item_id, []).append(one)
        for _ in range(_TRIES):
            there = await self.shelf.get(list(pending))
            changes = [
                change
                for item_id, ladder in pending.items()
                if (change := self._change(ladder, there.get(item_id), tree, tried, refusals)) is not None
            ]
            changes = await self._claimed(changes, there, pending, refusals)
            done = await self.shelf.keep(changes) if changes else []
            again = {change.item.id for change, won in zip(changes, done, strict=True) if not won}
            pending = {item_id: ladder for item_id, ladder in pending.items() if item_id in again}
            if not pending:
                return refusals
        raise Unavailable("Too many writers want the same items.")

    async def _grown(self, offered: Sequence[OfferedItem]) -> Tree:
        """The tree, with the categories that may be created for this batch."""
        tree = await self.trees.current()
        paths = {tuple(one.category) for one in offered if one.create_categories and not one.category_id}
        wanted = [category for path in paths for category in categories_for(path)]
        if all(category.id in tree.by_id for category in wanted):
            return tree
        return await self.trees.change(lambda newest: with_missing(newest, wanted))

    def _change(
        self,
        ladder: list[OfferedItem],
        kept: Kept | None,
        tree: Tree,
        tried: Mapping[str, UrlRecord],
        refusals: list[Refusal],
    ) -> Change | None:
        """What the newest acceptable offer of an item changes; refused ones leave the ladder. None: nothing to do."""
        before = origin_of(kept.item) if kept else Origin(as_of_ms=-1)
        while ladder and ladder[-1].order > (before.as_of_ms, before.line):
            one = ladder[-1]
            try:
                return self._compared(one, kept, tree, tried)
            except InvalidItem as error:
                refusals.append(Refusal(one, error))
                ladder.pop()
        return None

    def _compared(
        self, one: OfferedItem, kept: Kept | None, tree: Tree, tried: Mapping[str, UrlRecord]
    ) -> Change | None:
        origin = one.origin()
        if kept is None:
            return change_to(self._item(one, origin, None, tree, tried), replaces=0, announced=True)
        if origin.digest != origin_of(kept.item).digest:
            item = self._item(one, origin, kept.item, tree, tried)
            if not same_content(item, kept.item):
                return change_to(item, replaces=kept.stored, announced=True)
        touched = msgspec.structs.replace(kept.item, origin=origin)
        return change_to(touched, replaces=kept.stored, announced=False)

    def _item(
        self, one: OfferedItem, origin: Origin, old: Item | None, tree: Tree, tried: Mapping[str, UrlRecord]
    ) -> Item:
        if old is not None and old.seller != one.seller:
            raise InvalidItem(problems=[Problem("#/seller", f"The item belongs to the seller {old.seller}.")])
        for number, variant in enumerate(one.variants):
            if variant.sku != sku_of(one.seller, variant.code):
                detail = (
                    f"A sku is the seller's code, a dot and the variant's code: {sku_of(one.seller, variant.code)}."
                )
                raise InvalidItem(problems=[Problem(f"#/variants/{number}/sku", detail)])
        now = rfc3339(self.clock.now_ms())
        stamp = Item(
            id=one.item_id,
            seller=one.seller,
            code=one.code,
            version=old.version + 1 if old else 1,
            status=one.status,
            title="",
            rating=min(5.0, max(0.0, one.rating)) if one.rating is not None else None,
            rating_count=max(0, one.rating_count),
            created=old.created if old else now,
            updated=now,
            origin=origin,
        )
        item = checked(one.draft(tree), seller=one.seller, tree=tree, stamp=stamp, lenient=True)
        item = msgspec.structs.replace(item, shipping_class=strictest_class([item.shipping_class, one.shipping_class]))
        if old is not None and not urls_of(origin) and not urls_of(origin_of(old)):
            return with_pictures_of(item, old)  # a feed without pictures does not take down what the seller uploaded
        return hung(item, origin, tried)

    async def _claimed(
        self,
        changes: list[Change],
        there: Mapping[str, Kept],
        pending: Mapping[str, list[OfferedItem]],
        refusals: list[Refusal],
    ) -> list[Change]:
        """The changes whose skus are theirs; the others are refused."""
        wanted: dict[str, str] = {}
        refused: dict[str, str] = {}
        for change in changes:
            kept = there.get(change.item.id)
            had = {variant.sku for variant in kept.item.variants} if kept else set()
            for variant in change.item.variants:
                if variant.sku not in had and wanted.setdefault(variant.sku, change.item.id) != change.item.id:
                    refused[variant.sku] = wanted[variant.sku]
        refused.update(await self.claims.claim(wanted))
        if not refused:
            return changes
        fine = []
        for change in changes:
            lost = {
                v.sku: refused[v.sku]
                for v in change.item.variants
                if refused.get(v.sku, change.item.id) != change.item.id
            }
            if lost:
                refusals.append(Refusal(pending[change.item.id][-1], InvalidItem(problems=taken(change.item, lost))))
            else:
                fine.append(change)
        return fine
