"""The real clock and real ids: the only place that asks the machine for time or randomness."""

import ctypes
import gc
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

import uuid_utils

from haat.vocabulary import Clock, Prefix, type_id

_M_ARENA_MAX: Final = -8


def spare_memory() -> None:
    """Keep the C library from giving each thread an arena of its own: with a dozen threads that costs 100 MB.

    Source: mallopt(3), M_ARENA_MAX. Where there is no glibc, nothing happens.
    """
    with suppress(OSError, AttributeError):
        ctypes.CDLL("libc.so.6").mallopt(_M_ARENA_MAX, 2)


_RARELY: Final = (50_000, 20, 100)


@contextmanager
def rare_collections() -> Iterator[None]:
    """Let the garbage collector pass over what is there now, and look at the rest seldom: for work in bulk.

    Rows and events become garbage by themselves, without cycles; looking through a whole loaded shop for some again and
    again took a tenth of an import's CPU.
    """
    before = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_RARELY)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


class SystemClock:
    """The machine's clocks."""

    def now_ms(self) -> int:
        """Milliseconds since the epoch, UTC."""
        return time.time_ns() // 1_000_000

    def monotonic_s(self) -> float:
        """Seconds since some moment; never steps back."""
        return time.monotonic()


class SystemIds:
    """UUIDv7 from the machine's clock and random source."""

    def new(self, prefix: Prefix) -> str:
        """A fresh TypeID."""
        return type_id(prefix, uuid_utils.uuid7().bytes)


def jitter() -> float:
    """A number in [0, 1) that spreads retries: never for ids, secrets or decisions."""
    return random.random()


class SeededIds:
    """The same ids in the same order for the same seed: tests and the demo shop."""

    def __init__(self, seed: int, clock: Clock) -> None:
        self._random = random.Random(seed)
        self._clock = clock
        self._count = 0

    def new(self, prefix: Prefix) -> str:
        """The next id of this seed; the counter after the time keeps the order within one millisecond."""
        self._count += 1
        head = self._clock.now_ms().to_bytes(6, "big")
        counter = (self._count & 0xFFF) | 0x7000
        tail = (self._count >> 12) << 40 | self._random.getrandbits(40)
        return type_id(
            prefix, head + counter.to_bytes(2, "big") + (tail & ((1 << 62) - 1) | 1 << 63).to_bytes(8, "big")
        )
