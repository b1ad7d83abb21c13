"""The key-value port. It holds hints and caches only: whatever it forgets can be found in SQL again.

Promises (tests/contracts/kv.py has a test of each name):
P1 each call is whole: of many that add, swap or increment the same key at once, each sees the others before or after it
P2 a key with `ttl_s` is gone when that time is over, for every call, and not before
P3 `add` succeeds only while the key is not there; `swap` only while it holds exactly the expected value
P4 `increment` counts from 0, in 64 bits, and only what it could have written itself; its `ttl_s` begins with the first
   count and is not prolonged by later ones
P5 members of a sorted set come by score, then by name; of many who remove one member exactly one is answered True
P6 what a caller wrote before it died stays; a key it took with `ttl_s` comes free by itself
P7 after close, and while the engine is gone, every call raises `Unavailable`
P8 a key holds a value or a sorted set; a call of the other kind raises `Conflict` and changes nothing
"""

from typing import Protocol


class KeyValue(Protocol):
    """A key-value store. Promises in the module's docstring. Every call raises Unavailable while it is gone."""

    async def get(self, key: str) -> bytes | None:
        """The value, or None."""

    async def set(self, key: str, value: bytes, ttl_s: float | None = None) -> None:
        """Store a value, whatever was there; without `ttl_s` until it is deleted."""

    async def add(self, key: str, value: bytes, ttl_s: float | None = None) -> bool:
        """Store a value if the key is not there; whether it was stored."""

    async def swap(self, key: str, expected: bytes | None, value: bytes, ttl_s: float | None = None) -> bool:
        """Store a value if the key holds `expected` (None: is not there); whether it was stored."""

    async def delete(self, key: str) -> bool:
        """Remove a value or a whole sorted set; whether it was there."""

    async def increment(self, key: str, by: int = 1, ttl_s: float | None = None) -> int:
        """Add to a counter and answer its new value. Raises: Conflict when the value is no count."""

    async def z_add(self, key: str, member: str, score: float) -> None:
        """Put a member into a sorted set, or give it a new score."""

    async def z_due(self, key: str, max_score: float, limit: int) -> list[str]:
        """Members with a score up to and with `max_score`, the lowest first. They stay in the set."""

    async def z_remove(self, key: str, member: str) -> bool:
        """Take a member out; whether it was there: the one who is answered True may act on it."""

    async def ping(self) -> None:
        """Return if the engine answers."""
