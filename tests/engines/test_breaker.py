"""The breaker around engines: open after failures in a row, one trial after a pause."""

import asyncio

import pytest

from haat.engines.breaker import Breaker
from haat.errors import Conflict, Unavailable
from tests.conftest import ManualClock


class Asked:
    """An engine that counts its calls."""

    def __init__(self) -> None:
        self.calls = 0
        self.error: Exception | None = None

    async def __call__(self) -> int:
        self.calls += 1
        if self.error is not None:
            raise self.error
        return self.calls


async def failed(breaker: Breaker, engine: Asked, times: int) -> None:
    for _ in range(times):
        with pytest.raises(Unavailable):
            await breaker(engine)


@pytest.fixture
def engine() -> Asked:
    return Asked()


@pytest.fixture
def breaker(clock: ManualClock) -> Breaker:
    return Breaker("the engine", clock, failures=3, pause_s=1.0)


async def test_failures_in_a_row_open_it_and_then_nothing_is_asked(breaker: Breaker, engine: Asked) -> None:
    engine.error = Unavailable("gone")
    await failed(breaker, engine, 10)
    assert (breaker.state, engine.calls) == ("open", 3)


async def test_an_answer_in_between_begins_the_row_anew(breaker: Breaker, engine: Asked) -> None:
    engine.error = Unavailable("late")
    await failed(breaker, engine, 2)
    engine.error = None
    assert await breaker(engine) == 3
    engine.error = Unavailable("late")
    await failed(breaker, engine, 2)
    assert breaker.state == "closed"


async def test_an_engine_that_refuses_is_there(breaker: Breaker, engine: Asked) -> None:
    engine.error = Conflict("not a number")
    for _ in range(10):
        with pytest.raises(Conflict):
            await breaker(engine)
    assert (breaker.state, engine.calls) == ("closed", 10)


async def test_after_the_pause_one_may_try_and_an_answer_closes_it(
    breaker: Breaker, engine: Asked, clock: ManualClock
) -> None:
    engine.error = Unavailable("gone")
    await failed(breaker, engine, 3)
    clock.advance(0.9)
    await failed(breaker, engine, 1)
    assert engine.calls == 3
    clock.advance(0.2)
    state: str = breaker.state
    assert state == "half-open"
    go_on = asyncio.Event()

    async def slow() -> str:
        await go_on.wait()
        return "there"

    trial = asyncio.ensure_future(breaker(slow))
    await asyncio.sleep(0)
    await failed(breaker, engine, 5)  # the others do not wait for the one that tries
    assert engine.calls == 3
    go_on.set()
    assert await trial == "there"
    state = breaker.state
    assert state == "closed"
    engine.error = None
    assert await breaker(engine) == 4


async def test_a_trial_that_fails_opens_it_for_another_pause(
    breaker: Breaker, engine: Asked, clock: ManualClock
) -> None:
    engine.error = Unavailable("gone")
    await failed(breaker, engine, 3)
    for turn in range(1, 4):
        clock.advance(1.1)
        await failed(breaker, engine, 4)
        assert engine.calls == 3 + turn


async def test_a_trial_that_nobody_hears_of_lets_another_try_after_a_pause(
    breaker: Breaker, engine: Asked, clock: ManualClock
) -> None:
    engine.error = Unavailable("gone")
    await failed(breaker, engine, 3)
    clock.advance(1.1)
    trial = asyncio.ensure_future(breaker(asyncio.Event().wait))
    await asyncio.sleep(0)
    trial.cancel()
    with pytest.raises(asyncio.CancelledError):
        await trial
    engine.error = None
    await failed(breaker, engine, 1)
    assert engine.calls == 3
    clock.advance(1.1)
    assert await breaker(engine) == 4
    assert breaker.state == "closed"


async def test_a_probe_looks_while_nobody_waits(clock: ManualClock, engine: Asked) -> None:
    looking = Asked()
    looking.error = engine.error = Unavailable("gone")
    breaker = Breaker("the engine", clock, failures=3, pause_s=1.0, probe=looking)
    await failed(breaker, engine, 3)
    await failed(breaker, engine, 3)
    assert (engine.calls, looking.calls) == (3, 0)
    for turn in range(1, 4):
        clock.advance(1.1)
        await failed(breaker, engine, 3)
        await asyncio.sleep(0)  # the probe's turn
        assert (engine.calls, looking.calls) == (3, turn)
    looking.error = None
    clock.advance(1.1)
    await failed(breaker, engine, 1)
    await asyncio.sleep(0)
    assert breaker.state == "closed"
    engine.error = None
    assert await breaker(engine) == 4
