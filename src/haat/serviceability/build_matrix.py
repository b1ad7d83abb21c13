"""The build: rows and postal data → matrix → blob → in use everywhere within a second."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from haat.serviceability.mapped import EDITION, Mapped, write
from haat.serviceability.matrix import build
from haat.serviceability.model import Network
from haat.serviceability.pins import pin_table
from haat.serviceability.ports import Changes, KnownPincode, MatrixBlobs, MatrixRow, NetworkStore, Places

BUILDS_KEPT: Final = 3  # a process a second behind may still open the one before
BUILDS_LOOKED_AT: Final = 20  # older ones were deleted by earlier builds


@dataclass(frozen=True, slots=True)
class BuildMatrix:
    """Builds the matrix from the rows as they are. Run by `haat migrate` and when hubs were added."""

    places: Places
    store: NetworkStore
    blobs: MatrixBlobs

    async def __call__(self, *, always: bool = True) -> int:
        """The generation of the matrix in use afterwards; with always=False an existing one is kept
        if its file is there, it has all hubs, and it was made by the rules of this release.

        Several at once are harmless: the one made from the latest rows stays. Raises: Unavailable. Cost: 3 s for India.
        """
        changes = await self.store.changes(-1)
        used = changes.matrix
        fits = used is not None and (used.hubs, used.edition) == (len(changes.hubs), EDITION)
        if used is not None and fits and not always and await self.blobs.exists(used.digest):
            return used.generation
        pincodes = await asyncio.to_thread(self.places.pincodes)
        content = await asyncio.to_thread(_content, changes, pincodes)
        digest = await self.blobs.put_bytes(content)
        made = MatrixRow(
            generation=0,
            made_from=changes.generation,
            digest=digest,
            size_bytes=len(content),
            warehouses=len(changes.warehouses),
            hubs=len(changes.hubs),
            edition=EDITION,
        )
        generation = await self.store.add_matrix(made)
        await self._forget_old()
        return (await self.store.state())[1] if generation is None else generation

    async def _forget_old(self) -> None:
        """Files of builds that no process can still be about to map; those that have one mapped keep it."""
        builds = await self.store.builds(BUILDS_LOOKED_AT)
        kept = {made.digest for made in builds[:BUILDS_KEPT]}
        for digest in {made.digest for made in builds} - kept:
            await self.blobs.delete(digest)


def _content(changes: Changes, pincodes: Sequence[KnownPincode]) -> bytes:
    network = Network(
        generation=changes.generation,
        hubs=tuple(changes.hubs),
        warehouses=tuple(changes.warehouses),
        lanes=tuple(changes.lanes),
    )
    return write(Mapped(changes.generation, build(network), pin_table(pincodes, network.hubs)))
