"""An exported shop as a folder: `manifest.json`, a compressed file of lines for each part, and `blobs/`.

The manifest is written last, so a folder without one is no export. Lines are JSON Lines in gzip (RFC 1952).
"""

import asyncio
import gzip
import os
import zlib
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Final

import msgspec

from haat.engines.blobs.files import FileBlobs
from haat.errors import Conflict, Invalid, Problem, Unavailable
from haat.moving.blobs import BlobsPart, carry
from haat.moving.parts import PAGE_ROWS, Content, Counted, Pages, Part, Values, lines_of

FORMAT: Final = 1
MANIFEST: Final = "manifest.json"
_LEVEL: Final = 3  # of compression: half the time of the default, for a tenth more space
_MOST_LINE_BYTES: Final = 64 << 20


class PartHeld(msgspec.Struct, frozen=True):
    """What a folder holds of a part."""

    name: str
    rows: int
    sha256: str  # of its canonical lines
    columns: list[str]


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a folder holds."""

    format: int
    haat: str  # the version that wrote it
    currency: str
    heads: dict[str, str]  # of each SQL database's history
    partitions: dict[str, int]  # of each topic
    parts: list[PartHeld]


class Folder:
    """The folder of one export."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.blobs = FileBlobs(path / "blobs")

    def begin(self) -> None:
        """Make it, empty. Raises: Conflict, when something is in it; Unavailable."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            if any(self.path.iterdir()):
                raise Conflict(f"{self.path} is not empty: name a new folder.")
            self.blobs.open()
        except OSError as error:
            raise _failed(self.path, error) from error

    async def write(self, part: Part) -> Content:
        """Write a part; what it holds. Raises: Unavailable."""
        counted = Counted()
        try:
            with gzip.GzipFile(self._file(part.name), "wb", _LEVEL, mtime=0) as file:
                async for page in part.rows():
                    lines = lines_of(page)
                    counted.take(lines)
                    await asyncio.to_thread(file.write, b"".join(lines))
            await asyncio.to_thread(_synced, self._file(part.name))
        except OSError as error:
            raise _failed(self.path, error) from error
        return counted.content

    async def copy_blobs(self, part: BlobsPart, held: PartHeld) -> None:
        """Copy the blobs that it lists. Raises: Damaged, NotFound, Unavailable."""
        await carry(self.rows(held), part.blobs, self.blobs)

    def end(self, manifest: Manifest) -> None:
        """Say what it holds: from now on it is an export. Raises: Unavailable."""
        path = self.path / MANIFEST
        beside = path.with_suffix(".unfinished")
        try:
            beside.write_bytes(msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n")
            _synced(beside)
            beside.replace(path)
            _synced(self.path)
        except OSError as error:
            raise _failed(self.path, error) from error

    def manifest(self) -> Manifest:
        """What it says it holds. Raises: Invalid, when it is no export, or one of another format."""
        try:
            found = msgspec.json.decode((self.path / MANIFEST).read_bytes(), type=Manifest)
        except FileNotFoundError:
            raise Invalid(f"{self.path} is no export, or one that was cut off: it has no {MANIFEST}.") from None
        except (OSError, msgspec.MsgspecError) as error:
            raise _damaged(MANIFEST, str(error)) from error
        if found.format != FORMAT:
            raise _damaged(MANIFEST, f"Its format is {found.format}; this release reads {FORMAT}.")
        return found

    async def rows(self, held: PartHeld) -> Pages:
        """A part's rows; the last step checks them. Raises: Invalid, naming the file; Unavailable."""
        counted = Counted()
        path = self._file(held.name)
        try:
            with gzip.GzipFile(path, "rb") as file:
                while lines := await asyncio.to_thread(_next, file):
                    counted.take(lines)
                    yield await asyncio.to_thread(_decoded, lines)
        except (OSError, EOFError, zlib.error, msgspec.MsgspecError) as error:
            raise _damaged(path.name, str(error)) from error
        if counted.content != (held.rows, held.sha256):
            raise _damaged(path.name, f"It does not hold the {held.rows} rows that it was written with.")

    def _file(self, name: str) -> Path:
        return self.path / f"{name}.jsonl.gz"


def _next(file: gzip.GzipFile) -> list[bytes]:
    return list(islice(iter(lambda: file.readline(_MOST_LINE_BYTES), b""), PAGE_ROWS))


def _decoded(lines: Sequence[bytes]) -> list[Values]:
    decode: Any = msgspec.json.Decoder(list[Any]).decode
    return [decode(line) for line in lines]


def _synced(path: Path) -> None:
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def _failed(path: Path, error: OSError) -> Unavailable:
    return Unavailable(f"{path} cannot be written: {error.strerror or error}")


def _damaged(name: str, detail: str) -> Invalid:
    return Invalid("This export cannot be read.", problems=[Problem(name, detail)])
