"""A picture comes in: re-encoded, kept as blobs, known by its key."""

import hashlib
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Final, Protocol

from haat.catalog.gallery import Gallery, PictureRecord
from haat.catalog.model import Picture
from haat.engines.blobs import Blobs
from haat.engines.images import Encoded
from haat.vocabulary import Clock

_KEY_CHARS: Final = 32  # 128 bits of SHA-256: nobody finds two pictures with the same


class Reencode(Protocol):
    """Pictures from outside written anew (haat.engines.images.Reencoder)."""

    def __call__(self, content: bytes) -> Awaitable[Encoded]:
        """See haat.engines.images.reencode. Raises: BadPicture, TooLarge."""


@dataclass(frozen=True, slots=True)
class AddPicture:
    """Adds a picture. The same bytes again are the same picture, and cost a lookup."""

    gallery: Gallery
    blobs: Blobs
    reencode: Reencode
    clock: Clock

    async def __call__(self, content: bytes) -> Picture:
        """The picture's key and original size, once its files are stored.

        Raises: BadPicture, TooLarge, Unavailable. Cost: 50 to 500 ms of another thread's CPU.
        """
        key = hashlib.sha256(content).hexdigest()[:_KEY_CHARS]
        known = (await self.gallery.records([key])).get(key)
        if known is not None:
            return Picture(key, "", known.width, known.height)
        encoded = await self.reencode(content)
        names = [f"{width}.{kind}" for width, kind in encoded.files]
        digests = await self.blobs.put_all(list(encoded.files.values()))
        record = PictureRecord(
            key=key,
            width=encoded.width,
            height=encoded.height,
            files=dict(zip(names, digests, strict=True)),
            added_ms=self.clock.now_ms(),
        )
        await self.gallery.add(record)
        return Picture(key, "", encoded.width, encoded.height)
