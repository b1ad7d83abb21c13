"""The import command without its terminal: the same use cases as the API, inline, with progress."""

import asyncio
import datetime
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from haat.errors import Invalid, Problem, Unavailable
from haat.inbound.accept import AcceptFeed, FeedRequest
from haat.inbound.feed import Feed
from haat.inbound.mapping import Mapping, read_mapping
from haat.inbound.taxonomy import read_taxonomy
from haat.inbound.work import FeedWorker, OnProgress

_CHUNK_BYTES: Final = 1 << 18
_MOST_MAPPING_BYTES: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class ImportFile:
    """`haat import FILE --seller CODE`: accepts the file and reads it to its end.

    An unfinished feed of the same file is gone on with, so that a killed import is continued by running it again.
    """

    accept: AcceptFeed
    worker: FeedWorker

    async def __call__(
        self,
        path: Path,
        seller: str,
        *,
        fmt: str = "",
        mapping_path: Path | None = None,
        rates: dict[str, str] | None = None,
        generated_at: str = "",
        on_progress: OnProgress | None = None,
    ) -> Feed:
        """The feed after its end. Without a mapping, missing categories are created.

        `rates` are shop-currency units for one unit of a currency, over those of the mapping.
        Raises: Invalid (file, mapping, seller, format), TooLarge, Unavailable (run it again: it goes on).
        """
        mapping = await asyncio.to_thread(mapping_from, mapping_path, rates or {})
        if not await asyncio.to_thread(path.is_file):
            raise Invalid(problems=[Problem("file", f"There is no file {path}.")])
        request = FeedRequest(
            seller=seller,
            filename=path.name,
            format=fmt,
            mapping=mapping,
            generated_at_ms=moment_ms(generated_at) if generated_at else None,
            create_seller=True,
        )
        feed = await self.accept(request, _content(path))
        read = await self.worker.run(feed.id, on_progress, force=True)
        if read is None:
            raise Unavailable("Another process took this feed over; see its status there.", feed=feed.id)
        return read


def mapping_from(path: Path | None, rates: dict[str, str]) -> Mapping:
    """The mapping of a file, with Google's list read beside it; without a file, what a trusted import may do.

    Raises: Invalid.
    """
    if path is None:
        mapping = Mapping(create_categories=True)
    else:
        try:
            text = path.read_bytes()[: _MOST_MAPPING_BYTES + 1]
        except OSError as error:
            raise Invalid(problems=[Problem("mapping", f"The mapping cannot be read: {error}")]) from error
        if len(text) > _MOST_MAPPING_BYTES:
            raise Invalid(problems=[Problem("mapping", "A mapping has at most 1 MiB.")])
        mapping = read_mapping(text)
        if mapping.category.google_taxonomy:
            names = read_taxonomy(path.parent / mapping.category.google_taxonomy)
            category = msgspec.structs.replace(mapping.category, google_names={k: list(v) for k, v in names.items()})
            mapping = msgspec.structs.replace(mapping, category=category)
    if rates:
        price = msgspec.structs.replace(mapping.price, rates={**mapping.price.rates, **rates})
        mapping = msgspec.structs.replace(mapping, price=price)
    return mapping


def moment_ms(text: str) -> int:
    """Milliseconds of an RFC 3339 moment. Raises: Invalid."""
    try:
        moment = datetime.datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        detail = "A moment has a date, a time and an offset, like 2026-11-22T09:30:00Z."
        raise Invalid(problems=[Problem("generated_at", detail)])
    return int(moment.timestamp() * 1000)


async def _content(path: Path) -> AsyncIterator[bytes]:
    file = await asyncio.to_thread(path.open, "rb")
    try:
        while chunk := await asyncio.to_thread(file.read, _CHUNK_BYTES):
            yield chunk
    finally:
        file.close()
