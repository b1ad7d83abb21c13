"""Build the index anew beside the live one, and put it in its place without a gap."""

from collections.abc import Callable
from dataclasses import dataclass

from haat.search.index import ItemIndex
from haat.search.indexer import Indexer
from haat.search.ports import AllItems


@dataclass(frozen=True, slots=True)
class Reindex:
    """Needs the index, the code that also keeps it up to date, and the whole catalogue."""

    index: ItemIndex
    indexer: Indexer
    items: AllItems

    async def __call__(self, progress: Callable[[int], None] = lambda _: None) -> int:
        """Rebuild; how many items it has. `progress` is told how many are done, every few hundred.

        Searches go on in the old index and what changes meanwhile reaches both; a failure leaves the old one.
        Raises: Conflict while another rebuild runs; Unavailable. Cost: 0.5 CPU-ms an item.
        """
        async with self.indexer.alone:
            rebuild = await self.index.rebuild()
            done = 0
            try:
                self.indexer.began()
                pages = self.indexer.pages(self.items)
                while found := await pages.following():
                    await self.indexer.copy(found, rebuild.write)
                    done += len(found)
                    progress(done)
                await self.indexer.agreed(rebuild.finish)
            except BaseException:  # also a cancelled command must not leave half an index behind
                await rebuild.abandon()
                raise
            return done
