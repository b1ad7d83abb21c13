"""Key-value in Redis or Valkey: core types and Lua only, so that both answer alike.

Times to live are the server's: one clock for all replicas (docs/adr/0030-redis-behind-the-key-value-port.md). Keys are
used as they are: the database number in the URL keeps a shop apart. Evicting keys would be allowed to this port, but
`maxmemory-policy noeviction` tells of a store that is too small instead of forgetting rate limits in silence.
"""

import asyncio
import math
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError, ResponseError

from haat.engines.breaker import Breaker
from haat.errors import Conflict, Unavailable
from haat.vocabulary import Clock

T = TypeVar("T")

TIMEOUT_S: Final = 0.05  # of a whole call, connecting included
CONNECTIONS: Final = 16  # of one process; a server answers some hundred calls within a time-out over them
TURN_S: Final = 0.1  # how long a caller waits for one of them while all are busy

_SWAP: Final = """
local there = redis.call('GET', KEYS[1])
if ARGV[1] == '0' then
  if there then return 0 end
elseif there ~= ARGV[2] then
  return 0
end
if ARGV[4] == '' then redis.call('SET', KEYS[1], ARGV[3])
else redis.call('SET', KEYS[1], ARGV[3], 'PX', ARGV[4]) end
return 1
"""

# One script, because time stands still inside one: of two commands the second could find the key just expired, and
# count on from nothing without a time to live. It answers what is stored: a number of Lua has 53 bits only.
_INCREMENT: Final = """
local new = redis.call('EXISTS', KEYS[1]) == 0
redis.call('INCRBY', KEYS[1], ARGV[1])
if new and ARGV[2] ~= '' then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return redis.call('GET', KEYS[1])
"""

_REFUSED: Final = ("WRONGTYPE", "value is not an integer", "would overflow")
"""In answers of the server that mean a wrong call, not a server in trouble."""


class RedisKv:
    """A database of a Redis or Valkey server. Belongs to one event loop; `close` it there."""

    def __init__(self, url: str, clock: Clock, *, timeout_s: float = TIMEOUT_S, connections: int = CONNECTIONS) -> None:
        """`url`: redis://[user:password@]host[:port][/database]; rediss:// for TLS. `clock` is the breaker's."""
        pool = BlockingConnectionPool.from_url(
            url,
            max_connections=connections,
            timeout=None,  # there is always a connection for who has a turn
            socket_timeout=None,  # one time-out holds for all of a call, see _call
            socket_connect_timeout=None,
            retry=Retry(NoBackoff(), 0),  # an increment sent twice counts twice
            driver_info=None,
            protocol=2,
        )
        self._redis: Redis = Redis.from_pool(pool)
        self._swap = self._redis.register_script(_SWAP)
        self._increment = self._redis.register_script(_INCREMENT)
        self._turns = asyncio.Semaphore(connections)
        self._timeout_s = timeout_s
        self._breaker = Breaker("The key-value store", clock, probe=lambda: self._call(self._redis.ping))
        self._open = True

    async def close(self) -> None:
        """Refuse every call from now on, and leave the server."""
        self._open = False
        await self._redis.aclose()

    async def get(self, key: str) -> bytes | None:
        """See KeyValue."""
        found: bytes | None = await self._ask(lambda: self._redis.get(key))
        return found

    async def set(self, key: str, value: bytes, ttl_s: float | None = None) -> None:
        """See KeyValue."""
        await self._ask(lambda: self._redis.set(key, value, px=_px(ttl_s)))

    async def add(self, key: str, value: bytes, ttl_s: float | None = None) -> bool:
        """See KeyValue."""
        return bool(await self._ask(lambda: self._redis.set(key, value, px=_px(ttl_s), nx=True)))

    async def swap(self, key: str, expected: bytes | None, value: bytes, ttl_s: float | None = None) -> bool:
        """See KeyValue."""
        given = [b"0" if expected is None else b"1", expected or b"", value, _px(ttl_s) or b""]
        return bool(await self._ask(lambda: self._swap(keys=[key], args=given)))

    async def delete(self, key: str) -> bool:
        """See KeyValue."""
        return bool(await self._ask(lambda: self._redis.delete(key)))

    async def increment(self, key: str, by: int = 1, ttl_s: float | None = None) -> int:
        """See KeyValue."""
        return int(await self._ask(lambda: self._increment(keys=[key], args=[by, _px(ttl_s) or b""])))

    async def z_add(self, key: str, member: str, score: float) -> None:
        """See KeyValue."""
        if math.isnan(score):
            raise Conflict("a score must be a number")
        await self._ask(lambda: self._redis.zadd(key, {member: score}))

    async def z_due(self, key: str, max_score: float, limit: int) -> list[str]:
        """See KeyValue."""
        found = await self._ask(lambda: self._redis.zrangebyscore(key, "-inf", max_score, start=0, num=limit))
        return [member.decode() for member in found]

    async def z_remove(self, key: str, member: str) -> bool:
        """See KeyValue."""
        return bool(await self._ask(lambda: self._redis.zrem(key, member)))

    async def ping(self) -> None:
        """See KeyValue."""
        await self._ask(self._redis.ping)

    async def _ask(self, call: Callable[[], Awaitable[Any]]) -> Any:
        """Wait for a turn first: who waited while the server fell silent is then refused by the breaker."""
        if self._turns.locked():
            try:
                async with asyncio.timeout(max(TURN_S, self._timeout_s)):
                    await self._turns.acquire()
            except TimeoutError:
                raise Unavailable("The key-value store is busy") from None
        else:
            await self._turns.acquire()
        try:
            return await self._breaker(lambda: self._call(call))
        finally:
            self._turns.release()

    async def _call(self, call: Callable[[], Awaitable[T]]) -> T:
        if not self._open:
            raise Unavailable("The key-value store is closed")
        try:
            async with asyncio.timeout(self._timeout_s):
                return await call()
        except ResponseError as error:
            if any(words in str(error) for words in _REFUSED):
                raise Conflict(f"The key holds something else: {error}") from None
            raise Unavailable(f"The key-value store refuses: {error}") from error
        except TimeoutError:
            raise Unavailable("The key-value store did not answer in time") from None
        except (RedisError, OSError) as error:
            raise Unavailable(f"The key-value store is gone: {error}") from error


def _px(ttl_s: float | None) -> int | None:
    """A time to live in whole milliseconds, at least one: the server takes no 0."""
    return None if ttl_s is None else max(1, math.ceil(ttl_s * 1000))
