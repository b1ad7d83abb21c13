"""Blobs as a part: a list of digests and sizes. Their content is carried beside it, and checked by its digest."""

from collections.abc import Sequence
from typing import Final

from haat.engines.blobs import Blobs
from haat.moving.parts import PAGE_ROWS, Pages

SMALL_BYTES: Final = 1 << 20
TOGETHER_BYTES: Final = 8 << 20  # small ones that are made durable at once
MOST_BYTES: Final = 1 << 40


class BlobsPart:
    """All blobs of a store. `source` is where `bring` takes contents from."""

    name: str = "blobs"
    columns: Sequence[str] = ("digest", "size_bytes")

    def __init__(self, blobs: Blobs) -> None:
        self.blobs = blobs
        self.source: Blobs | None = None

    async def rows(self) -> Pages:
        """See Part. Contents are not read."""
        after = ""
        while page := await self.blobs.page(after, PAGE_ROWS):
            yield [[one.digest, one.size_bytes] for one in page]
            after = page[-1].digest

    async def bring(self, pages: Pages) -> None:
        """See Part. Raises also: Damaged, NotFound of the source."""
        assert self.source is not None, "say where from"
        await carry(pages, self.source, self.blobs)

    async def count(self) -> int:
        """See Part: what lies there is known by its content, and harms nobody."""
        return 0


async def carry(pages: Pages, source: Blobs, target: Blobs) -> None:
    """Copy blobs. Raises: Damaged, NotFound, Unavailable. Memory: some megabytes, however large they are."""
    waiting: list[bytes] = []
    async for page in pages:
        for digest, size_bytes in page:
            if size_bytes > SMALL_BYTES:
                await target.put(source.chunks(digest), MOST_BYTES)
                continue
            waiting.append(await source.get(digest))
            if sum(map(len, waiting)) >= TOGETHER_BYTES:
                await target.put_all(waiting)
                waiting = []
    await target.put_all(waiting)
