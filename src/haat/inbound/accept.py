"""Accept a feed: store its raw file, remember it, read it later."""

from collections.abc import AsyncIterable
from dataclasses import dataclass
from typing import Final

import msgspec

from haat.errors import Invalid, Problem
from haat.inbound.feed import Feed
from haat.inbound.formats.registry import FORMATS
from haat.inbound.mapping import PLAIN_FORMATS, Mapping, check_mapping
from haat.inbound.ports import FeedStore, RawFiles, Sellers
from haat.vocabulary import Clock, Ids, seller_code

AHEAD_MS: Final = 5 * 60_000  # a client's clock may be so much ahead; further, and later feeds would be older for ever


class FeedRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What comes with a file."""

    seller: str
    filename: str = ""
    format: str = ""  # empty: the mapping's, else found from the content
    mapping: Mapping = msgspec.field(default_factory=Mapping)
    generated_at_ms: int | None = None
    create_seller: bool = False  # the command line may


@dataclass(frozen=True, slots=True)
class AcceptFeed:
    """Keeps the file and its feed; a worker reads it. The unfinished feed of the same file is answered instead."""

    store: FeedStore
    files: RawFiles
    sellers: Sellers
    clock: Clock
    ids: Ids
    max_bytes: int

    async def __call__(self, request: FeedRequest, content: AsyncIterable[bytes]) -> Feed:
        """The feed, waiting. Raises: Invalid, TooLarge (nothing kept), Unavailable."""
        await self._check(request)
        stored = await self.files.put(content, self.max_bytes)
        if not stored.size_bytes:
            raise Invalid(problems=[Problem("#/file", "The file is empty.")])
        now_ms = self.clock.now_ms()
        return await self.store.add(
            Feed(
                id=self.ids.new("fed"),
                seller=request.seller,
                digest=stored.digest,
                size_bytes=stored.size_bytes,
                filename=_safe_name(request.filename),
                format=request.format or request.mapping.format,
                mapping=msgspec.json.encode(request.mapping),
                as_of_ms=request.generated_at_ms if request.generated_at_ms is not None else now_ms,
                generated=request.generated_at_ms is not None,
                created_ms=now_ms,
            )
        )

    async def _check(self, request: FeedRequest) -> None:
        problems = check_mapping(request.mapping)
        name = request.format or request.mapping.format
        if name and name not in FORMATS and name not in PLAIN_FORMATS:
            problems.append(Problem("format", f"Known formats: {', '.join(FORMATS)}."))
        elif name in PLAIN_FORMATS and not request.mapping.columns.code:
            problems.append(Problem("format", f"A plain {name} file needs a mapping that names its columns."))
        ahead = request.generated_at_ms
        if ahead is not None and not 0 < ahead <= self.clock.now_ms() + AHEAD_MS:
            problems.append(Problem("generated_at", "This lies in the future."))
        if problems:
            raise Invalid(problems=problems)
        code = seller_code(request.seller)
        if not await self.sellers.exists(code):
            if not request.create_seller:
                raise Invalid(problems=[Problem("#/seller", f"There is no seller {code}.")])
            await self.sellers.create(code, code.replace("-", " ").title())


def _safe_name(name: str) -> str:
    """A file's name for people: without folders and control characters."""
    base = name.replace("\\", "/").rpartition("/")[2]
    return "".join(c for c in base if c.isprintable())[:200]
