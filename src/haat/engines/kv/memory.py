"""Key-value in the memory of this process: the embedded default. All is forgotten when the process ends."""

import heapq
import math
import re
from typing import Final

from haat.errors import Conflict, Unavailable
from haat.vocabulary import Clock

MOST_KEYS: Final = 1_000_000  # some 200 MB; beyond it new keys are refused instead of growing without end

_COUNT: Final = re.compile(rb"0|-?[1-9][0-9]{0,18}")


class _Set:
    """A sorted set: scores by member, and a heap that may hold entries the scores no longer agree with."""

    __slots__ = ("heap", "scores")

    def __init__(self) -> None:
        self.scores: dict[str, float] = {}
        self.heap: list[tuple[float, str]] = []

    def add(self, member: str, score: float) -> None:
        if self.scores.get(member) != score:
            self.scores[member] = score
            heapq.heappush(self.heap, (score, member))
            if len(self.heap) > 2 * len(self.scores) + 16:
                self.heap = [(score, member) for member, score in self.scores.items()]
                heapq.heapify(self.heap)

    def due(self, max_score: float, limit: int) -> list[str]:
        found: list[tuple[float, str]] = []
        while self.heap and self.heap[0][0] <= max_score and len(found) < limit:
            entry = heapq.heappop(self.heap)
            if self.scores.get(entry[1]) == entry[0] and (not found or found[-1] != entry):
                found.append(entry)
        for entry in found:
            heapq.heappush(self.heap, entry)
        return [member for _, member in found]


class MemoryKv:
    """Keys in a dict of this process. Open from the start; `close` it, and `open` it again empty."""

    def __init__(self, clock: Clock, *, most_keys: int = MOST_KEYS) -> None:
        self._clock = clock
        self._most_keys = most_keys
        self._kept: dict[str, bytes | _Set] = {}
        self._ends: dict[str, float] = {}  # monotonic seconds, of keys with a time to live
        self._ending: list[tuple[float, str]] = []
        self._open = True

    def open(self) -> None:
        """Answer again after `close`."""
        self._open = True

    def close(self) -> None:
        """Forget everything and refuse every call."""
        self._open = False
        self._kept.clear()
        self._ends.clear()
        self._ending.clear()

    async def get(self, key: str) -> bytes | None:
        """See KeyValue."""
        self._sweep()
        return self._value(key)

    async def set(self, key: str, value: bytes, ttl_s: float | None = None) -> None:
        """See KeyValue."""
        self._sweep()
        self._drop(key)
        self._keep(key, value, ttl_s)

    async def add(self, key: str, value: bytes, ttl_s: float | None = None) -> bool:
        """See KeyValue."""
        self._sweep()
        if key in self._kept:
            return False
        self._keep(key, value, ttl_s)
        return True

    async def swap(self, key: str, expected: bytes | None, value: bytes, ttl_s: float | None = None) -> bool:
        """See KeyValue."""
        self._sweep()
        if self._value(key) != expected:
            return False
        self._drop(key)
        self._keep(key, value, ttl_s)
        return True

    async def delete(self, key: str) -> bool:
        """See KeyValue."""
        self._sweep()
        return self._drop(key)

    async def increment(self, key: str, by: int = 1, ttl_s: float | None = None) -> int:
        """See KeyValue."""
        self._sweep()
        value = self._value(key)
        if value is not None and not _COUNT.fullmatch(value):
            raise Conflict(f"{key} does not hold a count")
        before = int(value or b"0")
        count = before + by
        if not (-(2**63) <= before < 2**63 and -(2**63) <= count < 2**63):
            raise Conflict(f"{key} would be a count beyond 64 bits")
        if value is None:
            self._keep(key, b"%d" % count, ttl_s)
        else:
            self._kept[key] = b"%d" % count
        return count

    async def z_add(self, key: str, member: str, score: float) -> None:
        """See KeyValue."""
        if math.isnan(score):
            raise Conflict("a score must be a number")
        self._sweep()
        found = self._set(key)
        if found is None:
            found = _Set()
            self._keep(key, found, None)
        found.add(member, score)

    async def z_due(self, key: str, max_score: float, limit: int) -> list[str]:
        """See KeyValue."""
        self._sweep()
        found = self._set(key)
        return found.due(max_score, limit) if found else []

    async def z_remove(self, key: str, member: str) -> bool:
        """See KeyValue."""
        self._sweep()
        found = self._set(key)
        if found is None or member not in found.scores:
            return False
        del found.scores[member]
        if not found.scores:
            self._drop(key)
        return True

    async def ping(self) -> None:
        """See KeyValue."""
        self._sweep()

    def _value(self, key: str) -> bytes | None:
        found = self._kept.get(key)
        if isinstance(found, _Set):
            raise Conflict(f"{key} is a sorted set")
        return found

    def _set(self, key: str) -> _Set | None:
        found = self._kept.get(key)
        if isinstance(found, bytes):
            raise Conflict(f"{key} is not a sorted set")
        return found

    def _keep(self, key: str, value: bytes | _Set, ttl_s: float | None) -> None:
        if len(self._kept) >= self._most_keys:
            raise Unavailable(f"The key-value store is full: it holds {self._most_keys} keys")
        self._kept[key] = value
        if ttl_s is not None:
            end = self._clock.monotonic_s() + ttl_s
            self._ends[key] = end
            heapq.heappush(self._ending, (end, key))

    def _drop(self, key: str) -> bool:
        self._ends.pop(key, None)
        return self._kept.pop(key, None) is not None

    def _sweep(self) -> None:
        """Forget what has expired: each entry once, so every call pays for about one."""
        if not self._open:
            raise Unavailable("The key-value store is closed")
        now_s = self._clock.monotonic_s() if self._ending else 0.0
        while self._ending and self._ending[0][0] <= now_s:
            end, key = heapq.heappop(self._ending)
            if self._ends.get(key) == end:
                self._drop(key)
