"""Rows of one item brought together, although they may lie anywhere in the file.

Rows are written to a scratch file in the order they come; only a hash and a position of 16 bytes stay in memory for
each. Groups come out in the order of their first rows, the same in every run: that is what a checkpoint counts.
"""

import os
import struct
import tempfile
from array import array
from collections.abc import Callable, Generator, Iterable, Iterator
from hashlib import blake2b
from typing import IO, Final

import msgspec
import numpy as np

from haat.inbound.model import Limits, Refusal, Row, Unreadable

Group = list[Row | Refusal]

_LENGTH: Final = struct.Struct("<I")
_ENCODER: Final = msgspec.msgpack.Encoder(decimal_format="number")
_DECODER: Final = msgspec.msgpack.Decoder(tuple[int, dict[str, object] | None, str, str, int])


def _hash(key: str) -> int:
    return int.from_bytes(blake2b(key.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")


def numbered(rows: Iterable[Row | Refusal]) -> Iterator[Row | Refusal]:
    """The rows with their numbers, from 1."""
    for number, row in enumerate(rows, 1):
        yield Row(row.line, row.cells, number) if isinstance(row, Row) else row._replace(number=number)


def alone(rows: Iterable[Row | Refusal]) -> Generator[Group, None, None]:
    """Each row is a group."""
    for row in rows:
        yield [row]


class _Spill:
    def __init__(self, file: IO[bytes]) -> None:
        self.file = file
        self.starts = array("Q")
        self.keys = array("Q")
        self.at = 0

    def add(self, row: Row | Refusal, key: int) -> None:
        if len(self.keys) >= Limits.GROUPED_ROWS:
            raise Unreadable(f"A file whose rows form groups may have {Limits.GROUPED_ROWS:,} rows. Send it in parts.")
        if isinstance(row, Row):
            record = _ENCODER.encode((row.line, row.cells, "", "", row.number))
        else:
            record = _ENCODER.encode((row.line, None, row.field, row.reason, row.number))
        self.file.write(_LENGTH.pack(len(record)))
        self.file.write(record)
        self.starts.append(self.at)
        self.keys.append(key)
        self.at += _LENGTH.size + len(record)

    def read(self, start: int) -> Row | Refusal:
        self.file.seek(start)
        (size,) = _LENGTH.unpack(self.file.read(_LENGTH.size))
        line, cells, field, reason, number = _DECODER.decode(self.file.read(size))
        return Refusal(line, field, reason, number) if cells is None else Row(line, cells, number)


def grouped(
    rows: Iterable[Row | Refusal],
    key: Callable[[Row], str],
    members: Callable[[Row], Iterable[str]] | None = None,
) -> Generator[Group, None, None]:
    """Rows with equal keys together; `members` of a row names other keys whose rows belong to its group.

    Cost: 16 bytes of memory a row (and some 100 for each member), one pass of writing and one of reading.
    Raises: Unreadable beyond Limits.GROUPED_ROWS.
    """
    with tempfile.TemporaryFile(prefix="haat-feed-") as file:
        spill = _Spill(file)
        joined: dict[int, int] = {}
        for row in rows:
            if isinstance(row, Refusal):
                spill.add(row, _hash(f"\x00refused {len(spill.keys)}"))
                continue
            own = _hash(key(row))
            spill.add(row, own)
            for member in members(row) if members else ():
                joined.setdefault(_hash(member), own)
        if not spill.keys:
            return
        file.flush()
        file.seek(0, os.SEEK_SET)
        for group in _order(spill.keys, joined):
            yield [spill.read(spill.starts[position]) for position in group]


def _order(keys: "array[int]", joined: dict[int, int]) -> Iterator[list[int]]:
    """Positions of rows by group, groups by their first row, rows as they came."""
    hashes = np.frombuffer(keys, dtype=np.uint64)
    if joined:
        hashes = np.array([joined.get(h, h) for h in keys], np.uint64)
    _, first, inverse = np.unique(hashes, return_index=True, return_inverse=True)
    rank = first[inverse]
    order = np.lexsort((np.arange(len(rank)), rank))
    start = 0
    for cut in np.flatnonzero(np.diff(rank[order])):
        yield order[start : int(cut) + 1].tolist()
        start = int(cut) + 1
    yield order[start:].tolist()
