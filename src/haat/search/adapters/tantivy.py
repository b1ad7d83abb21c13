"""The item index on tantivy, inside the process. Promises: haat.search.index.

A folder holds generations: `g000001/` with the index itself, its labels and its coverage. `current` names the one that
answers; a rebuild fills the next one and `current` is replaced in one step. One thread writes: adding and committing
run beside the event loop, and tantivy does both without the interpreter's lock.
"""

import asyncio
import shutil
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, TypeVar

from haat.errors import Unavailable
from haat.search.adapters.tantivy_errors import translated
from haat.search.adapters.tantivy_generation import Generation
from haat.search.adapters.tantivy_view import TantivyView
from haat.search.coverage import Coverage
from haat.search.index import Entry, Held, Rebuilding, Stored, View
from haat.vocabulary import Clock

T = TypeVar("T")

KEEP_S: Final = 300.0
KEPT_VIEWS: Final = 600  # one a commit for five minutes of steady writing


class TantivyItemIndex:
    """See the port. Open it once per folder and process."""

    def __init__(self, folder: Path, clock: Clock, *, heap_bytes: int = 48 << 20, keep_s: float = KEEP_S) -> None:
        self._folder = folder
        self._clock = clock
        self._heap_bytes = heap_bytes
        self._keep_s = keep_s
        self._live: Generation | None = None
        self._next: Generation | None = None
        self._view: TantivyView | None = None
        self._kept: OrderedDict[str, tuple[TantivyView, float]] = OrderedDict()
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="item-index")

    async def open(self) -> bool:
        """Open the current generation, or begin the first one. True if it holds nothing and should be rebuilt.

        Raises: Unavailable when another process writes here, or the files are broken.
        """
        return await self._run(self._open)

    async def close(self) -> None:
        """Let go of the files. What was not committed is lost; every later call raises Unavailable."""
        await self._run(self._close)
        self._thread.shutdown()

    def view(self) -> View:
        """See the port."""
        if self._view is None:
            raise Unavailable("The item index is closed.")
        return self._view

    def keep(self, view: View) -> None:
        """See the port."""
        now_s = self._clock.monotonic_s()
        while self._kept:
            oldest = next(iter(self._kept))
            if now_s - self._kept[oldest][1] <= self._keep_s and len(self._kept) < KEPT_VIEWS:
                break
            del self._kept[oldest]
        if isinstance(view, TantivyView):
            self._kept[view.name] = (view, now_s)
            self._kept.move_to_end(view.name)

    def recall(self, name: str) -> View | None:
        """See the port."""
        if self._view is not None and self._view.name == name:
            return self._view
        found = self._kept.get(name)
        if found is None or self._clock.monotonic_s() - found[1] > self._keep_s:
            return None
        return found[0]

    async def write(self, entries: Sequence[Entry]) -> Sequence[int | None]:
        """See the port."""
        return await self._run(lambda: self._write(entries))

    async def commit(self) -> None:
        """See the port."""
        await self._run(self._commit)

    async def cover(self, coverage: Coverage) -> None:
        """See the port."""
        await self._run(lambda: self._cover(coverage))

    async def stocked_in(self, warehouses: Sequence[str]) -> Sequence[str]:
        """See the port. Cost: one stored document an item."""
        return await self._run(lambda: self._opened().stocked_in(warehouses))

    async def held(self, ids: Sequence[str]) -> Mapping[str, Held]:
        """See the port."""
        return await self._run(lambda: self._opened().held(ids))

    async def stored(self, ids: Sequence[str]) -> Mapping[str, Stored]:
        """See the port."""
        if self._view is None:
            raise Unavailable("The item index is closed.")
        return self._view.of_items(ids) if ids else {}

    async def rebuild(self) -> "TantivyRebuild":
        """See the port."""
        await self._run(self._begin_rebuild)
        return TantivyRebuild(self)

    async def ping(self) -> None:
        """See the port."""
        await self._run(lambda: self._opened().ping())

    async def _run(self, work: Callable[[], T]) -> T:
        with translated("The item index could not be written or read."):
            return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def _opened(self) -> Generation:
        if self._live is None:
            raise Unavailable("The item index is closed.")
        return self._live

    def _open(self) -> bool:
        self._folder.mkdir(parents=True, exist_ok=True)
        pointer = self._folder / "current"
        name = pointer.read_text().strip() if pointer.exists() else ""
        for leftover in self._folder.glob("g[0-9]*"):  # of a rebuild that did not finish
            if leftover.name != name:
                shutil.rmtree(leftover)
        if name and Generation.readable(self._folder / name):
            self._live = Generation.open(self._folder / name, self._heap_bytes)
        else:
            self._live = Generation.create(self._folder / _after(name), self._heap_bytes)
            self._point(self._live)
            if name:
                shutil.rmtree(self._folder / name, ignore_errors=True)
        self._show()
        return self._live.items == 0

    def _close(self) -> None:
        self._view = None
        self._kept.clear()
        for generation in (self._live, self._next):
            if generation is not None:
                generation.close()
        self._live = self._next = None

    def _write(self, entries: Sequence[Entry]) -> Sequence[int | None]:
        ordinals = self._opened().write(entries)
        if self._next is not None:
            self._next.write(entries, known=self._live)
        return ordinals

    def _commit(self) -> None:
        if self._opened().commit():
            self._show()

    def _cover(self, coverage: Coverage) -> None:
        self._opened().cover(coverage)
        self._show()

    def _show(self) -> None:
        self._view = self._opened().view(self._clock.now_ms())

    def _begin_rebuild(self) -> None:
        live = self._opened()
        if self._next is not None:
            raise Rebuilding
        self._commit()  # what was written before belongs to the old content: the rebuild is given it again
        folder = self._folder / _after(live.folder.name)
        shutil.rmtree(folder, ignore_errors=True)
        self._next = Generation.create(folder, self._heap_bytes)

    def _write_next(self, entries: Sequence[Entry]) -> Sequence[int | None]:
        if self._next is None:
            raise Unavailable("The rebuild is over.")
        return self._next.write(entries, known=self._live)

    def _finish(self, coverage: Coverage) -> None:
        old, new = self._opened(), self._next
        if new is None:
            raise Unavailable("The rebuild is over.")
        old.commit()
        new.cover(coverage)
        new.commit()
        self._point(new)
        self._live, self._next = new, None
        self._show()
        old.close()
        shutil.rmtree(old.folder)  # kept views hold its files until they are gone

    def _abandon(self) -> None:
        if self._next is not None:
            self._next.close()
            shutil.rmtree(self._next.folder, ignore_errors=True)
            self._next = None

    def _point(self, generation: Generation) -> None:
        fresh = self._folder / "current.new"
        fresh.write_text(generation.folder.name)
        fresh.replace(self._folder / "current")


class TantivyRebuild:
    """A second generation beside the live one."""

    def __init__(self, index: TantivyItemIndex) -> None:
        self._index = index

    async def write(self, entries: Sequence[Entry]) -> Sequence[int | None]:
        """See the port."""
        return await self._index._run(lambda: self._index._write_next(entries))  # noqa: SLF001  # one object in two parts

    async def finish(self, coverage: Coverage) -> None:
        """See the port."""
        await self._index._run(lambda: self._index._finish(coverage))  # noqa: SLF001  # one object in two parts

    async def abandon(self) -> None:
        """See the port."""
        await self._index._run(self._index._abandon)  # noqa: SLF001  # one object in two parts


def _after(name: str) -> str:
    return f"g{int(name[1:] or 0) + 1 if name else 1:06d}"
