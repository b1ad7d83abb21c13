"""A built matrix as a file: written once as a blob, mapped read-only by every process of a machine.

Layout: 8 bytes magic, 8 bytes length of the header (little-endian), the header as JSON, then the arrays, each at a
multiple of 64 bytes. The header says what lies where and holds the texts.
"""

import mmap
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np

from haat.errors import Unavailable
from haat.serviceability.matrix import Cells
from haat.serviceability.pins import PinTable
from haat.vocabulary import SHIPPING_CLASSES

_MAGIC: Final = b"haatmtx1"
_ALIGN: Final = 64
EDITION: Final = 1
"""Grows when the file, or a rule or figure in matrix.py or pins.py, changes: the matrix is then built again."""
_HEAD_BYTES: Final = 16


class _Array(msgspec.Struct, frozen=True):
    name: str
    dtype: str
    shape: tuple[int, ...]
    offset: int  # from the end of the header, rounded up to _ALIGN


class _Header(msgspec.Struct, frozen=True):
    made_from: int
    classes: tuple[str, ...]
    texts: tuple[str, ...]
    arrays: tuple[_Array, ...]


class Mapped(msgspec.Struct, frozen=True):
    """A matrix and the PIN codes it was built with. The arrays may be views of a mapped file: read only."""

    made_from: int  # generation of the rows it was computed from
    cells: Cells
    pins: PinTable


_CELLS: Final = ("days", "flags", "express_days", "express_flags")
_PINS: Final = ("pincodes", "hubs", "last_mile_days", "allows", "delivers", "cities", "states")


def write(mapped: Mapped) -> bytes:
    """The file's content. Equal matrices give equal bytes."""
    arrays: dict[str, np.ndarray[Any, Any]] = {name: getattr(mapped.cells, name) for name in _CELLS}
    arrays |= {f"codes.{name}": array for name, array in zip(SHIPPING_CLASSES, mapped.cells.codes, strict=True)}
    arrays |= {f"pins.{name}": getattr(mapped.pins, name) for name in _PINS}
    places, body = [], bytearray()
    for name, array in arrays.items():
        body += bytes(-len(body) % _ALIGN)
        little = np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<"), copy=False)
        places.append(_Array(name, little.dtype.str, array.shape, len(body)))
        body += little.tobytes()
    header = msgspec.json.encode(_Header(mapped.made_from, SHIPPING_CLASSES, mapped.pins.texts, tuple(places)))
    head = _MAGIC + len(header).to_bytes(8, "little") + header
    return head + bytes(-len(head) % _ALIGN) + bytes(body)


def open_mapped(path: Path) -> Mapped:
    """Map a file. The map lives as long as any array of it does. Cost: a millisecond; pages come as they are used.

    Raises: Unavailable when the file is gone or is not a matrix of this release.
    """
    try:
        with path.open("rb") as file:
            content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        header_bytes = int.from_bytes(content[8:_HEAD_BYTES], "little")
        if content[:8] != _MAGIC:
            raise Unavailable("The matrix was written by another release: build it again (haat migrate).")
        header = msgspec.json.decode(content[_HEAD_BYTES : _HEAD_BYTES + header_bytes], type=_Header)
        start = _HEAD_BYTES + header_bytes
        start += -start % _ALIGN
        arrays = {
            a.name: np.frombuffer(content, a.dtype, int(np.prod(a.shape)), start + a.offset).reshape(a.shape)
            for a in header.arrays
        }
        return Mapped(
            made_from=header.made_from,
            cells=Cells(
                **{name: arrays[name] for name in _CELLS},
                codes=tuple(arrays[f"codes.{name}"] for name in SHIPPING_CLASSES),
            ),
            pins=PinTable(**{name: arrays[f"pins.{name}"] for name in _PINS}, texts=header.texts),
        )
    except (OSError, ValueError, KeyError, msgspec.MsgspecError) as error:
        raise Unavailable(f"The matrix {path.name} cannot be mapped: {error}") from error
