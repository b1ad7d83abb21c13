"""A picture goes out: one of the files we encoded, never what came in."""

import re
from dataclasses import dataclass
from typing import Final, Literal

from haat.catalog.gallery import Gallery
from haat.engines.blobs import Blobs
from haat.errors import NotFound

_KEY: Final = re.compile(r"[0-9a-f]{32}")
_FILE: Final = re.compile(r"([1-9][0-9]{0,3})\.(avif|webp)")


class PictureNotFound(NotFound):
    """There is no such picture, or not at this width."""

    code, title = "picture-not-found", "There is no such picture"


@dataclass(frozen=True, slots=True)
class PictureFile:
    """A file to be sent. Its content never changes under this name."""

    content: bytes
    media_type: Literal["image/avif", "image/webp"]


@dataclass(frozen=True, slots=True)
class ShowPicture:
    """Finds a picture's file."""

    gallery: Gallery
    blobs: Blobs

    async def __call__(self, key: str, file: str) -> PictureFile:
        """The file "640.webp" of a picture; wider than it is means its largest.

        Raises: PictureNotFound, Unavailable. Cost: one lookup and one file.
        """
        asked = _FILE.fullmatch(file)
        if not _KEY.fullmatch(key) or asked is None:
            raise PictureNotFound
        record = (await self.gallery.records([key])).get(key)
        if record is None:
            raise PictureNotFound
        digest = record.files.get(file) or record.files.get(f"{self._largest(record.files, int(asked[1]))}.{asked[2]}")
        if digest is None:
            raise PictureNotFound
        return PictureFile(await self.blobs.get(digest), "image/avif" if asked[2] == "avif" else "image/webp")

    @staticmethod
    def _largest(files: dict[str, str], wanted: int) -> int:
        """The largest width there is, if that is less than what is wanted: a page need not know how small it is."""
        largest = max(int(name.partition(".")[0]) for name in files)
        return largest if largest < wanted else 0
