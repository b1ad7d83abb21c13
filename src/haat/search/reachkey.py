"""A number per item so that items that reach the same hubs get near numbers: the order of the index.

Warehouses are laid out in the plane of their two strongest differences in hubs served (which comes out as a rough map)
and numbered along a Z-curve. Only speed depends on it, never an answer. Source: Morton order; PCA by SVD.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np

from haat.search.ports import Reach

_CELLS: Final = 32  # per axis: 10 bits a warehouse, three warehouses in 30 bits
_NATIONAL: Final = 20  # an item in so many warehouses reaches nearly everybody: all of those lie together, at the end
_LAST: Final = (1 << 30) - 1


class ReachKeys:
    """The keys for one matrix. Cost: one SVD of warehouses by hubs (60 ms at 500 x 809)."""

    def __init__(self, reach: Reach) -> None:
        serves = (reach.codes["standard"] != 255).astype(np.float32)
        self._cell: dict[str, int] = {}
        if serves.shape[0] < 2 or serves.shape[1] < 2:
            return
        centred = serves - serves.mean(axis=0)
        left, _, _ = np.linalg.svd(centred @ centred.T, hermitian=True)
        axes = left[:, :2].argsort(axis=0, kind="stable").argsort(axis=0, kind="stable")
        cells = axes * _CELLS // len(axes)
        for name, (x, y) in zip(reach.warehouses, cells.tolist(), strict=True):
            self._cell[name] = _interleave(x, y)

    def of(self, warehouses: Sequence[str]) -> int:
        """The key of an item stocked in these; items that nobody reaches come last."""
        cells = sorted({self._cell.get(w, 0) for w in warehouses})
        if not cells or len(warehouses) >= _NATIONAL:
            return _LAST
        first, second, third = (*cells[:3], *[cells[-1]] * (3 - len(cells[:3])))
        return first << 20 | second << 10 | third


def _interleave(x: int, y: int) -> int:
    return sum((x >> bit & 1) << 2 * bit | (y >> bit & 1) << 2 * bit + 1 for bit in range(5))
