"""Which delivery matrix the index was built from, and where its hub terms can be trusted.

A document carries the hubs it reached when it was written. After a lane change the documents are a mixture until the
touched ones are written again; meanwhile the hubs that changed are asked by warehouse, which is always true.
Source of the idea: base and current serving set per zone.
"""

from collections.abc import Mapping

import msgspec
import numpy as np
from numpy.typing import NDArray

from haat.search.ports import Reach
from haat.vocabulary import SHIPPING_CLASSES, ShippingClass

Codes = Mapping[ShippingClass, NDArray[np.uint8]]
_Parts = tuple[int, tuple[str, ...], tuple[int, int], dict[ShippingClass, bytes], bytes, list[str]]


class Coverage:
    """The matrix (`base`) that every document agrees with at every hub outside `unsettled`. Immutable.

    `generation` is the matrix's; -1 means that nothing was ever indexed.
    """

    __slots__ = ("_last", "codes", "generation", "hubs", "moved", "unsettled", "warehouses")

    def __init__(
        self,
        generation: int = -1,
        warehouses: tuple[str, ...] = (),
        hubs: int = 0,
        codes: Codes | None = None,
        unsettled: NDArray[np.bool_] | None = None,
        *,
        moved: frozenset[str] = frozenset(),
    ) -> None:
        self._last: tuple[Reach, NDArray[np.bool_], frozenset[str]] | None = None
        self.generation = generation
        self.warehouses = warehouses
        self.hubs = hubs
        self.codes = codes if codes is not None else {c: np.zeros((0, hubs), np.uint8) for c in SHIPPING_CLASSES}
        self.moved = moved  # warehouses whose lanes differ in a matrix that some document was written from
        self.unsettled = unsettled if unsettled is not None else np.zeros(hubs, np.bool_)

    @classmethod
    def of(cls, reach: Reach) -> "Coverage":
        """Complete coverage of a matrix: every document was written from it, or agrees with it."""
        return cls(reach.generation, reach.warehouses, reach.hubs, reach.codes)

    def changed(self, reach: Reach) -> tuple[NDArray[np.bool_], frozenset[str]]:
        """Where this base and a matrix differ: the hubs, as a mask of the matrix's hubs, and the warehouses.

        Cost: one comparison of both matrices, remembered for the last matrix.
        """
        last = self._last
        if last is None or last[0] is not reach:
            last = self._last = (reach, *_changed(self, reach))
        return last[1], last[2]

    def trusted(self, reach: Reach, hub: int) -> bool:
        """Whether the hub's terms in the index say what this matrix says."""
        if reach.generation == self.generation:
            return not self.unsettled[hub]
        hubs, _ = self.changed(reach)
        return not hubs[hub] and not (hub < self.hubs and bool(self.unsettled[hub]))

    def unsettle(self, reach: Reach) -> "Coverage":
        """The same base, with every hub unsettled where documents of this matrix may say something else."""
        hubs, warehouses = self.changed(reach)
        marked = self.unsettled.copy()
        if hubs.shape == marked.shape:
            marked |= hubs
        else:
            marked[:] = True
        moved = self.moved | warehouses
        return Coverage(self.generation, self.warehouses, self.hubs, self.codes, marked, moved=moved)

    def encode(self) -> bytes:
        """As bytes at rest."""
        shape = (len(self.warehouses), self.hubs)
        codes = {name: np.ascontiguousarray(table).tobytes() for name, table in self.codes.items()}
        marks = np.packbits(self.unsettled).tobytes()
        parts = (self.generation, self.warehouses, shape, codes, marks, sorted(self.moved))
        return msgspec.msgpack.encode(parts)

    @classmethod
    def decode(cls, encoded: bytes) -> "Coverage":
        """From bytes at rest. Raises: msgspec.DecodeError."""
        generation, warehouses, (count, hubs), tables, marks, moved = msgspec.msgpack.decode(encoded, type=_Parts)
        codes = {name: np.frombuffer(table, np.uint8).reshape(count, hubs) for name, table in tables.items()}
        unsettled = np.unpackbits(np.frombuffer(marks, np.uint8), count=hubs).astype(np.bool_)
        return cls(generation, warehouses, hubs, codes, unsettled, moved=frozenset(moved))


def _changed(coverage: Coverage, reach: Reach) -> tuple[NDArray[np.bool_], frozenset[str]]:
    everyone = frozenset(reach.warehouses) | frozenset(coverage.warehouses)
    if reach.hubs != coverage.hubs:
        return np.ones(reach.hubs, np.bool_), everyone
    order = tuple(sorted(everyone))
    hubs = np.zeros(reach.hubs, np.bool_)
    rows = np.zeros(len(order), np.bool_)
    for shipping_class in SHIPPING_CLASSES:
        before = _aligned(order, coverage.warehouses, coverage.codes[shipping_class], reach.hubs)
        after = _aligned(order, reach.warehouses, reach.codes[shipping_class], reach.hubs)
        differs = before != after
        hubs |= differs.any(axis=0)
        rows |= differs.any(axis=1)
    return hubs, frozenset(name for name, moved in zip(order, rows, strict=True) if moved)


def _aligned(order: tuple[str, ...], names: tuple[str, ...], table: NDArray[np.uint8], hubs: int) -> NDArray[np.uint8]:
    """The table's rows in this order; a warehouse it does not have serves nothing."""
    if names == order:
        return table
    rows = {name: row for row, name in enumerate(names)}
    padded = np.vstack([table, np.full((1, hubs), 255, np.uint8)])
    return padded[[rows.get(name, len(names)) for name in order]]
