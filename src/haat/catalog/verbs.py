"""The catalogue put together on its engines: every use case, ready for routes, consumers, timers and the demo shop."""

from dataclasses import dataclass, fields
from typing import Final

from haat.catalog.add_picture import AddPicture, Reencode
from haat.catalog.arrange import DeleteCategory, PutCategory
from haat.catalog.author import Author
from haat.catalog.claims import SkuClaims
from haat.catalog.create import CreateItem
from haat.catalog.fetch_pictures import Fetch, FetchPictures, RetryPictures
from haat.catalog.forest import TreeStore
from haat.catalog.gallery import Gallery
from haat.catalog.patch import PatchItem
from haat.catalog.ports import ItemIdentity
from haat.catalog.read import Bodies, CategorySchemas, ItemDocuments, KnownItems, OwnItem, OwnItems, ShowItem, ShowItems
from haat.catalog.replace import ReplaceItem
from haat.catalog.retire import RetireItem
from haat.catalog.shelf import Shelf
from haat.catalog.show_picture import ShowPicture
from haat.catalog.take import TakeOffered
from haat.engines.blobs import Blobs
from haat.engines.documents import Documents
from haat.events.outbox import Outbox
from haat.vocabulary import Clock, Ids

SOURCE = "haat/catalog"


@dataclass(frozen=True, slots=True)
class Collections:
    """The collections of the catalogue's database, by the names in the package's docstring."""

    items: Documents
    skus: Documents
    categories: Documents
    pictures: Documents
    picture_urls: Documents


COLLECTIONS: Final = tuple(field.name for field in fields(Collections))
"""Their names."""


@dataclass(frozen=True, slots=True)
class Outside:
    """What the catalogue uses beside its own database."""

    blobs: Blobs
    reencode: Reencode
    fetch: Fetch
    identity: ItemIdentity
    clock: Clock
    ids: Ids
    stand_in: Bodies  # knows items while the store is away


@dataclass(frozen=True, slots=True)
class Catalog:
    """Every use case of the catalogue."""

    trees: TreeStore
    claims: SkuClaims
    gallery: Gallery
    documents: ItemDocuments  # as they are now, for those who write by them
    known: KnownItems  # for those who only read
    schemas: CategorySchemas
    show_item: ShowItem
    show_items: ShowItems
    own_item: OwnItem
    own_items: OwnItems
    create_item: CreateItem
    replace_item: ReplaceItem
    patch_item: PatchItem
    retire_item: RetireItem
    take_offered: TakeOffered
    put_category: PutCategory
    delete_category: DeleteCategory
    add_picture: AddPicture
    show_picture: ShowPicture
    fetch_pictures: FetchPictures
    retry_pictures: RetryPictures


def catalog_on(collections: Collections, outside: Outside) -> Catalog:
    """The catalogue over open engines."""
    clock = outside.clock
    shelf = Shelf(collections.items, Outbox(SOURCE, outside.ids), clock)
    claims = SkuClaims(collections.skus, collections.items, clock)
    trees = TreeStore(collections.categories, clock)
    gallery = Gallery(collections.pictures, collections.picture_urls)
    author = Author(shelf, claims, trees, gallery, clock)
    add_picture = AddPicture(gallery, outside.blobs, outside.reencode, clock)
    documents = ItemDocuments(shelf)
    known = KnownItems(documents, outside.stand_in)
    fetch_pictures = FetchPictures(shelf, gallery, outside.fetch, add_picture, clock)
    return Catalog(
        trees=trees,
        claims=claims,
        gallery=gallery,
        documents=documents,
        known=known,
        schemas=CategorySchemas(trees),
        show_item=ShowItem(known),
        show_items=ShowItems(known),
        own_item=OwnItem(shelf),
        own_items=OwnItems(shelf),
        create_item=CreateItem(author, outside.identity),
        replace_item=ReplaceItem(author),
        patch_item=PatchItem(author),
        retire_item=RetireItem(author),
        take_offered=TakeOffered(shelf, claims, trees, gallery, clock),
        put_category=PutCategory(trees),
        delete_category=DeleteCategory(trees, shelf),
        add_picture=add_picture,
        show_picture=ShowPicture(gallery, outside.blobs),
        fetch_pictures=fetch_pictures,
        retry_pictures=RetryPictures(gallery, fetch_pictures, clock),
    )
