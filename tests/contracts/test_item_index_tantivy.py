"""ItemIndex on tantivy."""

import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from haat.search.adapters.tantivy import TantivyItemIndex
from tests.conftest import ManualClock
from tests.contracts.item_index import IndexRig, SnapshotContract, entry, put
from tests.contracts.rigs import Rigs


class TantivyRig:
    """An index in a folder of its own."""

    keep_s = 300.0

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lives = 0
        self._clock = ManualClock()
        self.index = TantivyItemIndex(folder / "0", self._clock, heap_bytes=15 << 20, keep_s=self.keep_s)

    async def up(self) -> None:
        self.index = TantivyItemIndex(
            self._folder / str(self._lives), self._clock, heap_bytes=15 << 20, keep_s=self.keep_s
        )
        await self.index.open()

    async def down(self) -> None:
        await self.index.close()

    async def reopen(self) -> None:
        await self.down()
        await self.up()

    async def crash(self) -> None:
        """The files as they lie there now, without whatever closing would have written."""
        before = self._folder / str(self._lives)
        self._lives += 1
        shutil.copytree(before, self._folder / str(self._lives), ignore=shutil.ignore_patterns("*.lock", ".tmp*"))
        await self.down()
        self._clock.advance(1)
        await self.up()

    def advance(self, seconds: float) -> None:
        self._clock.advance(seconds)


class TestTantivyItemIndex(SnapshotContract):
    @pytest.fixture
    def rigs(self) -> Rigs[IndexRig]:
        @asynccontextmanager
        async def open_one() -> AsyncIterator[IndexRig]:
            with tempfile.TemporaryDirectory() as folder:
                rig = TantivyRig(Path(folder))
                await rig.up()
                yield rig
                with suppress(RuntimeError):  # the test closed it
                    await rig.down()

        return open_one

    async def test_a_snapshot_ends_with_the_process_that_took_it(self, rigs: Rigs[IndexRig]) -> None:
        async with rigs() as rig:
            await put(rig.index, entry(1))
            rig.index.keep(rig.index.view())
            name = rig.index.view().name
            rig.advance(1)
            await rig.reopen()
            assert rig.index.recall(name) is None
