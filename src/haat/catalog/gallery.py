"""Pictures in the document store: what was re-encoded, and what came of the URLs that feeds name."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import msgspec
from msgspec import Struct

from haat.catalog.model import MAX_ALT_CHARS, MAX_PICTURES, Item, Origin, Picture
from haat.engines.documents import Documents, Put

State = Literal["done", "waiting", "refused"]
BY_STATE: Final = "state"
OURS: Final = "picture:"
"""A feed may name a picture that was uploaded before: `picture:` and its key."""
_TRIES: Final = 5


class PictureRecord(Struct, frozen=True, kw_only=True):
    """A picture and its files: "640.webp" → blob digest. Width and height are the original's."""

    key: str
    width: int
    height: int
    files: dict[str, str]
    added_ms: int


class UrlRecord(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What came of a URL. `waiting` is tried again at `next_ms`; `refused` is not. `items` want it."""

    url: str
    state: State
    key: str = ""
    width: int = 0
    height: int = 0
    failure: str = ""
    tries: int = 0
    next_ms: int = 0
    items: list[str] = []


_ENCODER: Final = msgspec.json.Encoder()
_PICTURES: Final = msgspec.json.Decoder(PictureRecord)
_URLS: Final = msgspec.json.Decoder(UrlRecord)


def url_id(url: str) -> str:
    """The document id of a URL: its digest, as a URL may be longer than an id."""
    return hashlib.sha256(url.encode()).hexdigest()[:40]


@dataclass(frozen=True, slots=True)
class Gallery:
    """The collections `pictures` and `picture_urls`."""

    pictures: Documents
    urls: Documents

    async def records(self, keys: Sequence[str]) -> dict[str, PictureRecord]:
        """Pictures by key; unknown keys are left out. One round trip. Raises: Unavailable."""
        if not keys:
            return {}
        return {
            key: _PICTURES.decode(d.body) for key, d in (await self.pictures.get(list(dict.fromkeys(keys)))).items()
        }

    async def add(self, record: PictureRecord) -> None:
        """Keep a picture. One that is there stays as it is. Raises: Unavailable."""
        await self.pictures.put([Put(id=record.key, body=_ENCODER.encode(record), expects=0, keys={}, outgoing=())])

    async def tried(self, urls: Sequence[str]) -> dict[str, UrlRecord]:
        """What is known of URLs, by URL. One round trip, two when some name our own pictures. Raises: Unavailable."""
        abroad = [url_id(url) for url in dict.fromkeys(urls) if not url.startswith(OURS)]
        found = await self.urls.get(abroad) if abroad else {}
        known = {(record := _URLS.decode(document.body)).url: record for document in found.values()}
        ours = await self.records([url.removeprefix(OURS) for url in urls if url.startswith(OURS)])
        for key, picture in ours.items():
            url = OURS + key
            known[url] = UrlRecord(url=url, state="done", key=key, width=picture.width, height=picture.height)
        return known

    async def remember(self, records: Sequence[UrlRecord]) -> None:
        """Keep what came of URLs, each named once; a picture that somebody fetched meanwhile stays.

        Two round trips for all of them. Raises: Unavailable.
        """
        left = {url_id(record.url): record for record in records}
        for _ in range(_TRIES):
            there = await self.urls.get(list(left))
            done = {key for key, document in there.items() if _URLS.decode(document.body).state == "done"}
            puts = [
                Put(
                    id=key,
                    body=_ENCODER.encode(record),
                    expects=there[key].version if key in there else 0,
                    keys={BY_STATE: record.state},
                )
                for key, record in left.items()
                if key not in done
            ]
            won = await self.urls.put(puts) if puts else []
            left = {put.id: left[put.id] for put, kept in zip(puts, won, strict=True) if not kept}
            if not left:
                return

    async def waiting(self, after: str, limit: int) -> list[tuple[str, UrlRecord]]:
        """URLs to be tried again, with their document ids, behind an id. One round trip. Raises: Unavailable."""
        found = await self.urls.find(BY_STATE, "waiting", after=after, limit=limit)
        return [(document.id, _URLS.decode(document.body)) for document in found]


def urls_of(origin: Origin) -> list[str]:
    """Every URL a feed named for an item, once, in its order."""
    every = [*origin.pictures, *(url for urls in origin.variant_pictures.values() for url in urls)]
    return list(dict.fromkeys(every))


def hung(item: Item, origin: Origin, tried: Mapping[str, UrlRecord]) -> Item:
    """The item with the pictures that were fetched of those its feed names. Unchanged where a feed named none."""
    urls = urls_of(origin)
    if not urls:
        return item
    positions: dict[str, int] = {}
    pictures: list[Picture] = []
    for url in urls:
        record = tried.get(url)
        if record is None or record.state != "done":
            continue
        same = next((number for number, picture in enumerate(pictures) if picture.key == record.key), None)
        if same is None and len(pictures) < MAX_PICTURES:
            same = len(pictures)
            pictures.append(Picture(record.key, item.title[:MAX_ALT_CHARS], record.width, record.height))
        if same is not None:
            positions[url] = same
    variants = [
        msgspec.structs.replace(
            variant,
            pictures=list(
                dict.fromkeys(
                    positions[url] for url in origin.variant_pictures.get(variant.sku, ()) if url in positions
                )
            ),
        )
        for variant in item.variants
    ]
    return msgspec.structs.replace(item, pictures=pictures, variants=variants)


def with_pictures_of(item: Item, old: Item) -> Item:
    """The item with the pictures another version of it has, its variants with those they had."""
    had = {variant.sku: variant.pictures for variant in old.variants}
    variants = [msgspec.structs.replace(v, pictures=had.get(v.sku, [])) for v in item.variants]
    return msgspec.structs.replace(item, pictures=old.pictures, variants=variants)
