"""Keeps the index equal to the catalogue, the offers and the matrix.

A hint says only *which* item may have changed; what it is now is read in bulk, so order and repetition of hints cannot
hurt. Writing and the choice of the matrix are one step under a lock: no document of an older matrix can follow the
moment in which the index is declared to agree with a newer one.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

import msgspec
import structlog

from haat.search.coverage import Coverage
from haat.search.document import FEW_UNITS, Builder, Built, item_version_of
from haat.search.index import Entry, ItemIndex
from haat.search.lexicon import Learned, Lexicon
from haat.search.ports import AllItems, ItemDocuments, OfferRow, OffersOf, Reach, Serviceability
from haat.search.text.snapshot import Builder as TextBuilder

CHUNK: Final = 200
"""Items read, built and written at once."""
CHUNKS_AT_ONCE: Final = 4
"""Chunks under one lock: less than half a second of work, so that hints and re-indexing take turns."""

Write = Callable[[Sequence[Entry]], Awaitable[Sequence[int | None]]]
Build = Callable[[Builder, "Sequence[Read]"], list[Built]]
_LOG: Final = structlog.stdlib.get_logger("haat.search")


REMEMBERED: Final = 200_000
"""Items whose last written state is remembered, 150 bytes each: most events of a busy shop change counts and nothing
that search shows, and then nothing has to be built or written."""


@dataclass(frozen=True, slots=True)
class Written:
    """What this process last wrote of an item."""

    version: int
    state: int  # hash of all that the entry depends on
    item_version: int


@dataclass(frozen=True, slots=True)
class Read:
    """An item as it is now."""

    id: str
    document: bytes | None  # None: the catalogue no longer has it
    offers: Sequence[OfferRow]


class Indexer:
    """Reads, builds, writes. One per process; `update` and `settle` may run at the same time."""

    def __init__(
        self,
        *,
        index: ItemIndex,
        serviceability: Serviceability,
        documents: ItemDocuments,
        offers: OffersOf,
        lexicon: Lexicon,
    ) -> None:
        self._index = index
        self._serviceability = serviceability
        self._documents = documents
        self._offers = offers
        self._lexicon = lexicon
        self._writing = asyncio.Lock()
        self.alone = asyncio.Lock()  # settling or rebuilding: each counts on no other changing the coverage
        self._builder: Builder | None = None
        self._reach: Reach | None = None
        self._used: list[Reach] = []  # matrices that documents were built from since the last settling began
        self._learned: list[Learned] = []
        self._pending: dict[str, int] = {}  # versions written and not committed
        self._written: dict[str, Written] = {}

    async def update(self, ids: Sequence[str], *, anyway: bool = False) -> int:
        """Bring these items up to date for the next commit; how many had to be written.

        `anyway` also writes those whose version is the one the index has, and leaves out documents that cannot be read;
        else such a one raises msgspec.ValidationError. Raises: Unavailable. Cost: two round trips a chunk and
        0.4 CPU-ms an item.
        """
        slab = CHUNK * CHUNKS_AT_ONCE
        return sum([await self._update(ids[at : at + slab], anyway=anyway) for at in range(0, len(ids), slab)])

    async def commit(self) -> None:
        """Make what was written visible. Raises: Unavailable."""
        async with self._writing:
            learned, self._learned = self._learned, []
            self._pending.clear()
            await self._index.commit()
            self._lexicon.learn(learned)

    async def settle(self) -> int:
        """After the matrix has changed: write again what it touches, until the index agrees; how many items.

        Searches are exact all the time: hubs that changed are asked by warehouse until this is done.
        """
        async with self.alone:
            total = 0
            while (touched := await self._disagreeing()) is not None:
                reach, ids = touched
                total += await self.update(ids, anyway=True)
                await self.commit()
                await self._agree(reach)
            return total

    async def read(self, ids: Sequence[str]) -> list[Read]:
        """These items as they are now, in two round trips."""
        documents, offers = await asyncio.gather(self._documents(ids), self._offers(ids))
        return [Read(id_, documents.get(id_), offers.get(id_, ())) for id_ in ids]

    def pages(self, items: AllItems, limit: int = CHUNK) -> "Pages":
        """All items of the catalogue, page by page, with their offers."""
        return Pages(items, self._offers, limit)

    async def copy(self, found: Sequence[Read], write: Write) -> int:
        """Write items into an index that is being built; how many were taken."""
        async with self._writing:
            built, _ = await self._build(found, _readable)
            ordinals = await write([b.entry for b in built])
            return sum(ordinal is not None for ordinal in ordinals)

    async def agreed(self, write: Callable[[Coverage], Awaitable[None]]) -> None:
        """Run the last step of a rebuild with the coverage that its documents have."""
        async with self._writing:
            used, self._used = self._used, []
            first, *others = used or [self._serviceability.reach]
            coverage = Coverage.of(first)
            for reach in others:
                coverage = coverage.unsettle(reach)
            await write(coverage)
            self._used = used[-1:]

    def began(self) -> None:
        """A rebuild begins: from now on remember every matrix that documents are built from."""
        self._used = []

    async def collect(self, items: AllItems, builder: TextBuilder) -> int:
        """Give the words of every searchable item to a text builder."""
        count = 0
        pages = self.pages(items)
        while found := await pages.following():
            held = await self._index.held([one.id for one in found])
            here = [one for one in found if one.id in held]
            self._recognise(here, held)
            built = await asyncio.to_thread(_readable, self._builder_for(self._serviceability.reach), here)
            for one in built:
                if one.entry.state != "gone":
                    builder.add(held[one.entry.id].ordinal, one.words, (one.title, one.text), one.written)
                    count += 1
        return count

    def _recognise(self, found: Sequence[Read], held: Mapping[str, tuple[int, int]]) -> None:
        """Remember what the index has of items that are as they were when it was written, by a process before this one.

        Else the first hint of each item after a start would be a write, though only a count has changed.
        """
        reach, coverage = self._serviceability.reach, self._index.view().coverage
        if coverage.generation != reach.generation or bool(coverage.unsettled.any()):
            return
        builder = self._builder_for(reach)
        for one in found:
            if one.id in self._written or one.id in self._pending or len(self._written) >= REMEMBERED:
                continue
            with suppress(msgspec.MsgspecError):  # a broken document is told of where it is built
                version = self._version(builder, one)
                if version == held[one.id][0] and one.document is not None:
                    item = item_version_of(one.document)
                    self._written[one.id] = Written(version, state_of(one, item, reach), item)

    async def _update(self, ids: Sequence[str], *, anyway: bool) -> int:
        """Chunk by chunk; while one is written, which needs no interpreter, the next one is built."""
        chunks = [ids[at : at + CHUNK] for at in range(0, len(ids), CHUNK)]
        count = 0
        async with self._writing:
            writing: asyncio.Task[None] | None = None
            try:
                found = await self._due(chunks[0], anyway=anyway)
                for following in [*chunks[1:], ()]:
                    made = await self._build(found, _readable if anyway else _built) if found else None
                    if writing is not None:
                        await writing
                        writing = None
                    if made is not None:
                        await self._announce(made[1])
                    # Looked up before the write: the index does one thing at a time.
                    ahead = await self._due(following, anyway=anyway)
                    if made is not None:
                        writing = asyncio.create_task(self._write(found, *made))
                        count += len(made[0])
                    found = ahead
            finally:
                if writing is not None:
                    await writing
        return count

    async def _due(self, ids: Sequence[str], *, anyway: bool) -> list[Read]:
        if not ids:
            return []
        found = await self.read(ids)
        return found if anyway else await self._changed(found)

    async def _write(self, found: Sequence[Read], built: Sequence[Built], reach: Reach) -> None:
        ordinals = await self._index.write([b.entry for b in built])
        by_id = {read.id: read for read in found}
        for one, ordinal in zip(built, ordinals, strict=True):
            self._pending[one.entry.id] = one.entry.version
            if ordinal is not None:
                self._remember(by_id[one.entry.id], one, ordinal, reach)

    def _remember(self, read: Read, one: Built, ordinal: int, reach: Reach) -> None:
        """For the next hints, and for the lexicon if the item's words are new."""
        if len(self._written) >= REMEMBERED:
            self._written.clear()
        item = one.item_version
        known = self._written.get(read.id)
        self._written[read.id] = Written(one.entry.version, state_of(read, item, reach), item)
        if self._lexicon.complete and one.entry.state != "gone" and (known is None or known.item_version != item):
            self._learned.append(Learned(ordinal, one.words, one.title, one.text))

    async def _changed(self, found: Sequence[Read]) -> list[Read]:
        """Those that search would show otherwise: several hints of one item are written once, mere counts never."""
        reach = self._serviceability.reach
        builder = self._builder_for(reach)
        held = await self._index.held([one.id for one in found])
        changed = []
        for one in found:
            indexed = self._held(held, one.id)
            if indexed == self._version(builder, one):
                continue
            last = self._written.get(one.id)
            if last is None or last.version != indexed or last.state != self._state(one, reach):
                changed.append(one)
        return changed

    @staticmethod
    def _state(one: Read, reach: Reach) -> int:
        return state_of(one, item_version_of(one.document) if one.document is not None else 0, reach)

    def _held(self, held: Mapping[str, tuple[int, int]], id_: str) -> int | None:
        if id_ in self._pending:
            return self._pending[id_]
        return held[id_][0] if id_ in held else None

    @staticmethod
    def _version(builder: Builder, one: Read) -> int:
        if one.document is None:
            return builder.gone(one.id, one.offers).version
        return builder.version(one.document, one.offers)

    async def _build(self, found: Sequence[Read], build: Build) -> tuple[list[Built], Reach]:
        reach = self._serviceability.reach
        builder = self._builder_for(reach)
        if not any(known is reach for known in self._used):
            self._used.append(reach)
        return await asyncio.to_thread(build, builder, found), reach

    def _builder_for(self, reach: Reach) -> Builder:
        if self._builder is None or self._reach is not reach:
            self._builder, self._reach = Builder(reach), reach
        return self._builder

    async def _announce(self, reach: Reach) -> None:
        """Before a document of this matrix can be seen: no longer trust the hubs where it differs."""
        view = self._index.view()
        if view.coverage.generation == reach.generation:
            return
        if view.items == 0 and not self._pending:
            await self._index.cover(Coverage.of(reach))
            return
        marked = view.coverage.unsettle(reach)
        if bool((marked.unsettled != view.coverage.unsettled).any()) or marked.moved != view.coverage.moved:
            await self._index.cover(marked)

    async def _disagreeing(self) -> tuple[Reach, Sequence[str]] | None:
        """The newest matrix and the items that must be written again for it; None when the index agrees."""
        async with self._writing:
            coverage, reach = self._index.view().coverage, self._serviceability.reach
            if coverage.generation == reach.generation and not coverage.unsettled.any():
                return None
            _, warehouses = coverage.changed(reach)
            self._used = [reach]
            await self._announce(reach)
        await self.commit()
        return reach, await self._index.stocked_in(sorted(warehouses | coverage.moved))

    async def _agree(self, reach: Reach) -> None:
        """All documents agree with this matrix now, except where newer ones were used meanwhile."""
        async with self._writing:
            coverage = Coverage.of(reach)
            for newer in self._used:
                if newer is not reach:
                    coverage = coverage.unsettle(newer)
            await self._index.cover(coverage)


class Pages:
    """Walks the catalogue by id."""

    def __init__(self, items: AllItems, offers: OffersOf, limit: int) -> None:
        self._items = items
        self._offers = offers
        self._limit = limit
        self._after = ""

    async def following(self) -> list[Read]:
        """The next items; none at the end."""
        found = await self._items(self._after, self._limit)
        if not found:
            return []
        self._after = found[-1][0]
        offers = await self._offers([id_ for id_, _ in found])
        return [Read(id_, document, offers.get(id_, ())) for id_, document in found]


def state_of(one: Read, item_version: int, reach: Reach) -> int:
    """A hash of all that an entry depends on; of counts only whether there are any, and whether they are few."""
    offers = []
    for offer in one.offers:
        free = [(row.warehouse, row.free) for row in offer.stock if row.free > 0]
        few = sum(units for _, units in free) <= FEW_UNITS
        offers.append((offer.sku, offer.price_minor, offer.currency, offer.active, few, tuple(w for w, _ in free)))
    return hash((item_version, reach.generation, tuple(offers)))


def _built(builder: Builder, found: Sequence[Read]) -> list[Built]:
    return [_one(builder, one) for one in found]


def _readable(builder: Builder, found: Sequence[Read]) -> list[Built]:
    """All that can be built: one broken document must not keep the others out of a rebuild. Its hint was parked."""
    built = []
    for one in found:
        try:
            built.append(_one(builder, one))
        except msgspec.MsgspecError as error:
            _LOG.error("search.unreadable_document", item=one.id, reason=str(error))
    return built


def _one(builder: Builder, one: Read) -> Built:
    if one.document is None:
        return Built.of_gone(builder.gone(one.id, one.offers), 0)
    return builder.build(one.document, one.offers)
