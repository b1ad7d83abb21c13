"""The breaker: closed, open, one try after the pause."""

import asyncio

import pytest

from haat.engines.breaker import Breaker
from haat.errors import NotFound, Unavailable
from tests.conftest import ManualClock


@pytest.fixture
def breaker(clock: ManualClock) -> Breaker:
    return Breaker(clock, "It is gone.", failures=3, pause_s=1.0)


def fail(breaker: Breaker, times: int = 1) -> None:
    for _ in range(times):
        with pytest.raises(Unavailable, match="down"), breaker():
            raise Unavailable("down")


def test_it_opens_after_failures_in_a_row_and_refuses_without_calling(breaker: Breaker) -> None:
    fail(breaker, 2)
    with breaker():
        pass
    fail(breaker, 3)
    assert breaker.is_open
    called = []
    with pytest.raises(Unavailable, match="gone"), breaker():
        called.append(1)
    assert called == []


def test_after_the_pause_one_call_tries_and_closes_it(breaker: Breaker, clock: ManualClock) -> None:
    fail(breaker, 3)
    clock.advance(1.0)
    assert not breaker.is_open
    with breaker():
        assert breaker.is_open, "while one tries, others are refused"
        with pytest.raises(Unavailable, match="gone"), breaker():
            pass
    fail(breaker, 2)
    assert not breaker.is_open


def test_a_try_that_fails_opens_it_for_another_pause(breaker: Breaker, clock: ManualClock) -> None:
    fail(breaker, 3)
    clock.advance(1.0)
    fail(breaker)
    assert breaker.is_open
    clock.advance(0.9)
    assert breaker.is_open
    clock.advance(0.1)
    assert not breaker.is_open


def test_other_errors_say_nothing_about_the_engine(breaker: Breaker) -> None:
    fail(breaker, 2)
    with pytest.raises(NotFound), breaker():
        raise NotFound("asked for the wrong thing")
    fail(breaker)
    assert breaker.is_open


async def test_a_cancelled_try_lets_the_next_one_try(breaker: Breaker, clock: ManualClock) -> None:
    fail(breaker, 3)
    clock.advance(1.0)
    inside = asyncio.Event()

    async def hang() -> None:
        with breaker():
            inside.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(hang())
    await inside.wait()
    assert breaker.is_open
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    with breaker():
        pass
    fail(breaker, 2)
    assert not breaker.is_open
