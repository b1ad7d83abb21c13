"""Back-off, waking and waiting together: bounds, jitter, no lost notice, nothing left running."""

import asyncio
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from haat.engines.system import jitter
from haat.events.backoff import Backoff, pause
from haat.events.together import all_of
from haat.events.wake import Wake


@given(attempt=st.integers(0, 10_000), share=st.floats(0, 1, exclude_max=True))
def test_pauses_grow_up_to_the_most_and_jitter_spreads_all_of_it(attempt: int, share: float) -> None:
    backoff = Backoff(lambda: share, first_s=0.1, most_s=30)
    longest = min(30.0, 0.1 * 2 ** min(attempt, 30))
    assert backoff.pause_s(attempt) == share * longest


def test_the_real_jitter_is_a_share() -> None:
    assert all(0 <= jitter() < 1 for _ in range(100))


async def test_a_pause_ends_with_stop() -> None:
    stop = asyncio.Event()
    assert await pause(stop, 0) is True
    waiting = asyncio.ensure_future(pause(stop, 3_600))
    await asyncio.sleep(0)
    stop.set()
    async with asyncio.timeout(5):
        assert await waiting is False


async def test_news_between_arm_and_wait_is_not_lost() -> None:
    wake = Wake()
    wake.notify()  # before anyone looks: nothing to do
    wake.arm()
    wake.notify()
    async with asyncio.timeout(5):
        await wake.wait(3_600)


async def test_news_of_other_threads_wakes_and_many_count_as_one() -> None:
    wake = Wake()
    wake.arm()
    threads = [threading.Thread(target=wake.notify) for _ in range(10)]
    for thread in threads:
        thread.start()
    async with asyncio.timeout(5):
        await wake.wait(3_600)
    for thread in threads:
        thread.join()
    await asyncio.sleep(0)
    wake.arm()
    await wake.wait(0.001)  # returns by its timeout


def test_news_for_a_loop_that_ended_does_no_harm() -> None:
    wake = Wake()

    async def look() -> None:
        wake.arm()

    asyncio.run(look())
    wake.notify()


async def test_all_of_waits_for_every_call_before_it_raises() -> None:
    ended = []

    async def call(number: int) -> int:
        await asyncio.sleep(0)
        if number == 1:
            raise KeyError(number)
        await asyncio.sleep(0)
        ended.append(number)
        return number

    assert await all_of(call(n) for n in (0, 2)) == [0, 2]
    ended.clear()
    with pytest.raises(KeyError):
        await all_of(call(n) for n in range(4))
    assert ended == [0, 2, 3]
