"""The blob port: content-addressed bytes.

Promises (tests/contracts/blobs.py has a test of each name):
P1 a blob whose digest was answered is durable and complete
P2 a put that fails, is over its limit, or dies in the middle leaves nothing that can be read
P3 the same content is stored once, also by many at the same moment
P4 what was read is what was put: a damaged blob raises `Damaged`
P5 what does not exist, and what is not a digest, raises `NotFound`
P6 `delete` twice is fine
P7 after close, and while the engine is gone, every call raises `Unavailable`
P8 `page` shows every blob that is there all the while exactly once, by digest, and nothing unfinished
"""

from collections.abc import AsyncIterable, AsyncIterator, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

from haat.errors import HaatError


class Blob(NamedTuple):
    """What was stored."""

    digest: str  # sha256, 64 hex digits
    size_bytes: int


class Damaged(HaatError):
    """The stored bytes no longer have their digest. Trying again does not help: restore it from a backup."""

    code, title = "blob-damaged", "A stored file is damaged"


class Blobs(Protocol):
    """A store of blobs. Promises in the module's docstring."""

    async def put(self, chunks: AsyncIterable[bytes], max_bytes: int) -> Blob:
        """Store a stream. Raises: TooLarge (as soon as it is over), Unavailable, and what the stream raises."""

    async def put_bytes(self, content: bytes) -> str:
        """Store bytes and answer their digest. Raises: Unavailable."""

    async def put_all(self, contents: Sequence[bytes]) -> list[str]:
        """Store several and answer their digests, cheaper than one by one. Raises: Unavailable (some may be stored)."""

    async def get(self, digest: str) -> bytes:
        """The whole content, checked. Raises: NotFound, Damaged, Unavailable."""

    def chunks(self, digest: str) -> AsyncIterator[bytes]:
        """The content in pieces; the last step checks it. Raises: NotFound, Damaged (at the end), Unavailable."""

    async def local(self, digest: str) -> Path:
        """A file of this machine with the content, to be mapped or sent; not to be written. Its bytes are not checked.

        Raises: NotFound, Unavailable.
        """

    async def exists(self, digest: str) -> bool:
        """Whether it is stored. Raises: Unavailable."""

    async def delete(self, digest: str) -> None:
        """Remove it if it is there. Raises: Unavailable."""

    async def page(self, after: str = "", limit: int = 1_000) -> list[Blob]:
        """What is stored, by digest, behind a digest. Raises: Unavailable."""

    async def ping(self) -> None:
        """Return if the engine answers. Raises: Unavailable."""
