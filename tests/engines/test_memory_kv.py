"""Keys in memory, beyond the contract: bounded, and swept without a timer."""

import pytest

from haat.engines.kv.memory import MemoryKv
from haat.errors import Conflict, Unavailable
from tests.conftest import ManualClock


async def test_a_full_store_refuses_new_keys_and_keeps_the_old(clock: ManualClock) -> None:
    kv = MemoryKv(clock, most_keys=3)
    for n in range(3):
        await kv.set(f"k{n}", b"v", ttl_s=10)
    with pytest.raises(Unavailable):
        await kv.set("one too many", b"v")
    with pytest.raises(Unavailable):
        await kv.z_add("one too many", "m", 1)
    await kv.set("k0", b"again", ttl_s=10)
    assert await kv.get("k0") == b"again"
    clock.advance(11)
    await kv.set("room again", b"v")


async def test_expired_keys_take_no_room(clock: ManualClock) -> None:
    kv = MemoryKv(clock)
    for n in range(1_000):
        await kv.set(f"k{n}", b"v", ttl_s=1)
    clock.advance(2)
    await kv.get("other")
    assert len(kv._kept) == len(kv._ends) == len(kv._ending) == 0


async def test_a_score_that_changes_often_takes_no_room(clock: ManualClock) -> None:
    kv = MemoryKv(clock)
    for n in range(10_000):
        await kv.z_add("due", f"m{n % 3}", n)
    kept = kv._kept["due"]
    assert not isinstance(kept, bytes)
    assert len(kept.heap) < 50
    assert await kv.z_due("due", 1e9, 9) == ["m1", "m2", "m0"]
    with pytest.raises(Conflict):
        await kv.z_add("due", "m0", float("nan"))
