"""Redis and Valkey beyond the contract: what an outage costs, and that answers never reach the wrong caller."""

import asyncio
import os
import time
from collections.abc import AsyncIterator

import pytest

from haat.engines.breaker import FAILURES
from haat.engines.kv.redis import CONNECTIONS, TIMEOUT_S, RedisKv
from haat.errors import HaatError, Unavailable
from tests.conftest import ManualClock
from tests.contracts.rigs import answering
from tests.contracts.servers_kv import RedisRig, each_kv_server, redis_rig


@pytest.fixture(params=each_kv_server())
async def rig(request: pytest.FixtureRequest) -> AsyncIterator[RedisRig]:
    async with redis_rig(request.param) as rig:
        yield rig


async def test_a_black_hole_costs_some_time_outs_and_then_nothing(rig: RedisRig) -> None:
    await rig.kv.ping()
    rig.hurry()
    rig.door.swallow()
    began_s = time.monotonic()
    for _ in range(FAILURES):
        with pytest.raises(Unavailable):
            await rig.kv.get("k")
    silent_s = time.monotonic() - began_s
    assert silent_s >= FAILURES * TIMEOUT_S
    began_s = time.monotonic()
    for _ in range(1_000):
        with pytest.raises(Unavailable):
            await rig.kv.get("k")
    assert time.monotonic() - began_s < 1_000 * TIMEOUT_S / 10  # a time-out each would be fifty seconds


async def test_many_who_wait_for_a_turn_before_a_black_hole_wait_for_one_time_out(rig: RedisRig) -> None:
    await rig.kv.ping()
    rig.hurry()
    rig.door.swallow()
    began_s = time.monotonic()
    answers = await asyncio.gather(*(rig.kv.get("k") for _ in range(CONNECTIONS * 100)), return_exceptions=True)
    assert all(isinstance(answer, Unavailable) for answer in answers)
    assert time.monotonic() - began_s < 100 * TIMEOUT_S / 2  # time-outs one behind the other would be twice that


async def test_after_the_pause_it_is_found_that_it_is_back(rig: RedisRig) -> None:
    rig.hurry()
    rig.door.swallow()
    for _ in range(FAILURES + 2):
        with pytest.raises(Unavailable):
            await rig.kv.set("k", b"1")
    rig.door.shut()  # what lay in the hole is lost
    rig.door.open()
    rig.take_time()
    with pytest.raises(Unavailable):
        await rig.kv.get("k")
    await answering(rig.kv.ping, rig.clock.advance)
    assert await rig.redis.get("k") is None


async def test_a_late_answer_reaches_nobody_else(rig: RedisRig) -> None:
    for number in range(50):
        rig.root.set(f"k{number}", str(number))
    await rig.kv.ping()
    rig.hurry()
    rig.door.slow(TIMEOUT_S * 4)
    late = await asyncio.gather(*(rig.kv.get(f"k{n}") for n in range(CONNECTIONS)), return_exceptions=True)
    assert all(isinstance(answer, Unavailable) for answer in late)
    rig.door.open()
    rig.take_time()
    await answering(rig.kv.ping, rig.clock.advance)
    assert [await rig.kv.get(f"k{n}") for n in reversed(range(50))] == [b"%d" % n for n in reversed(range(50))]


async def test_a_caller_who_gave_up_leaves_no_answer_behind(rig: RedisRig) -> None:
    for number in range(50):
        rig.root.set(f"k{number}", str(number))
    await rig.kv.ping()
    rig.door.slow(30)
    calls = [asyncio.ensure_future(rig.kv.get(f"k{n}")) for n in range(CONNECTIONS * 2)]
    await asyncio.wait(calls, timeout=0.01)
    for call in calls[::2]:
        call.cancel()
    rig.door.open()
    answers = await asyncio.gather(*calls, return_exceptions=True)
    assert all(isinstance(answer, asyncio.CancelledError) for answer in answers[::2])
    assert answers[1::2] == [b"%d" % n for n in range(1, CONNECTIONS * 2, 2)]
    assert [await rig.kv.get(f"k{n}") for n in range(50)] == [b"%d" % n for n in range(50)]


async def test_an_increment_whose_answer_is_late_is_not_sent_twice(rig: RedisRig) -> None:
    await rig.kv.increment("calls")
    rig.hurry()
    rig.door.slow(TIMEOUT_S * 4)
    with pytest.raises(Unavailable):
        await rig.kv.increment("calls")
    rig.door.open()
    rig.take_time()
    assert await rig.kv.get("calls") == b"2"


async def test_connections_are_bounded_and_all_are_served(rig: RedisRig) -> None:
    await asyncio.gather(*(rig.kv.set(f"k{n}", b"v", ttl_s=60) for n in range(500)))
    assert rig.root.dbsize() == 500
    ours = rig.root.connection_pool.connection_kwargs["db"]
    there = [one for one in rig.root.client_list() if int(one["db"]) == ours]
    assert 1 < len(there) <= CONNECTIONS + 1  # and the test's own


async def test_scripts_are_sent_again_to_a_server_that_forgot_them(rig: RedisRig) -> None:
    assert await rig.kv.increment("calls") == 1
    assert await rig.kv.swap("key", None, b"1")
    await rig.forget()
    assert await rig.kv.increment("calls") == 1
    assert await rig.kv.swap("key", None, b"1")


async def test_times_to_live_are_the_servers(rig: RedisRig) -> None:
    await rig.kv.set("set", b"1", ttl_s=60)
    await rig.kv.add("add", b"1", ttl_s=60)
    await rig.kv.swap("swap", None, b"1", ttl_s=60)
    await rig.kv.increment("count", ttl_s=60)
    for key in ("set", "add", "swap", "count"):
        assert 0 < rig.root.pttl(key) <= 60_000
    await rig.kv.set("short", b"1", ttl_s=0.0001)  # less than the server can count
    await rig.kv.increment("count", ttl_s=3_600)
    assert rig.root.pttl("count") <= 60_000


@pytest.mark.parametrize("server", each_kv_server())
async def test_a_wrong_password_is_unavailable_and_is_not_told(server: str, clock: ManualClock) -> None:
    async with redis_rig(server) as rig:
        kv = RedisKv(f"redis://:wrong-secret@127.0.0.1:{rig.door.port}/0", clock, timeout_s=5)
        try:
            with pytest.raises(Unavailable) as caught:
                await kv.ping()
        finally:
            await kv.close()
        assert "wrong-secret" not in str(caught.value)


async def test_what_the_server_refuses_is_unavailable(rig: RedisRig, clock: ManualClock) -> None:
    name = f"reader-{os.getpid()}"
    rig.root.acl_setuser(name, enabled=True, passwords="+reader", keys="*", commands=["+get", "+select", "+ping"])
    kv = RedisKv(f"redis://{name}:reader@127.0.0.1:{rig.door.port}/0", clock, timeout_s=5)
    try:
        assert await kv.get("k") is None
        with pytest.raises(Unavailable):
            await kv.set("k", b"v")
    finally:
        await kv.close()
        rig.root.acl_deluser(name)


async def test_after_close_every_call_is_refused(rig: RedisRig) -> None:
    await rig.redis.close()
    with pytest.raises(HaatError):
        await rig.kv.get("k")
