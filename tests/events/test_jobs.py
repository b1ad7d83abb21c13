"""The runner of delayed jobs: at least once, again when it failed, parked in the end, and nobody in another's way."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import MetaData

from haat.engines.sql.jobs import job_table, parked, plan
from haat.errors import Unavailable
from haat.events.backoff import Backoff
from haat.events.jobs import RunJobs
from tests.conftest import ManualClock
from tests.sql import SQL, Opened

METADATA = MetaData()
job_table(METADATA)


@pytest.fixture
def database(tmp_path: Path, clock: ManualClock) -> Iterator[Opened]:
    database = SQL.database(METADATA, tmp_path / "jobs.db", clock)
    database.open()
    yield database
    database.close()


async def planned(database: Opened, *keys: str, kind: str = "poll", after_ms: int = 0) -> None:
    for key in keys:
        await database.transact(lambda tx, key=key: plan(tx, kind, key, tx.now_ms + after_ms))  # type: ignore[misc]


def runner(
    database: Opened,
    *,
    deadline_s: float = 5.0,
    poll_s: float = 60.0,
    **handlers: Callable[[str], Awaitable[None]],
) -> RunJobs:
    return RunJobs(database, handlers, Backoff(lambda: 0.5), at_once=3, deadline_s=deadline_s, poll_s=poll_s)


class Done:
    """Remembers what it was asked to do, and fails as often as told."""

    def __init__(self, fails: int = 0) -> None:
        self.keys: list[str] = []
        self.fails = fails
        self.news = asyncio.Event()

    async def __call__(self, key: str) -> None:
        self.keys.append(key)
        self.news.set()
        if len(self.keys) <= self.fails:
            raise Unavailable("the gateway is away")


async def test_a_step_does_what_is_due_and_forgets_it(database: Opened, clock: ManualClock) -> None:
    done = Done()
    run = runner(database, poll=done)
    await planned(database, *(f"k{n}" for n in range(7)))
    await planned(database, "later", after_ms=1)
    assert await run.step() == 7
    assert sorted(done.keys) == [f"k{n}" for n in range(7)]
    assert await run.step() == 0
    clock.advance(0.001)
    assert await run.step() == 1


async def test_what_fails_is_tried_again_later_and_later(database: Opened, clock: ManualClock) -> None:
    done = Done(fails=3)
    run = runner(database, poll=done)
    await planned(database, "k")
    waits = []
    assert await run.step() == 1
    while len(done.keys) < 4:
        clock.advance(0.5)
        waits.append(0.5)
        await run.step()
    assert 17.5 <= sum(waits) <= 19.0  # 2.5, 5 and 10 seconds
    clock.advance(3600)
    assert await run.step() == 0


async def test_after_ten_tries_it_waits_for_a_person_with_its_reason(database: Opened, clock: ManualClock) -> None:
    done = Done(fails=99)
    run = runner(database, poll=done)
    await planned(database, "k")
    for _ in range(20):
        await run.step()
        clock.advance(3600)
    assert len(done.keys) == 10
    (job,) = await database.read(lambda tx: parked(tx, 10))
    assert (job.key, job.tries, job.error) == ("k", 10, "unavailable: the gateway is away")


async def test_a_broken_handler_and_a_slow_one_are_in_nobodys_way(database: Opened, clock: ManualClock) -> None:
    async def broken(key: str) -> None:
        raise ZeroDivisionError

    async def slow(key: str) -> None:
        await asyncio.Event().wait()

    done = Done()
    run = runner(database, poll=done, broken=broken, slow=slow, deadline_s=0.05)
    await planned(database, "a", kind="slow")
    await planned(database, "b", kind="broken")
    await planned(database, "c")
    assert await run.step() == 3
    assert done.keys == ["c"]
    for _ in range(10):
        clock.advance(3600)
        await run.step()
    reasons = {job.kind: job.error for job in await database.read(lambda tx: parked(tx, 10))}
    assert reasons == {"slow": "not done within 0.05 s", "broken": "ZeroDivisionError: ZeroDivisionError"}


async def test_a_worker_killed_at_its_work_loses_nothing(database: Opened, clock: ManualClock) -> None:
    begun = asyncio.Event()

    async def hangs(key: str) -> None:
        begun.set()
        await asyncio.Event().wait()

    await planned(database, "k")
    dying = asyncio.create_task(runner(database, poll=hangs).step())
    await begun.wait()
    dying.cancel()
    await asyncio.gather(dying, return_exceptions=True)
    done = Done()
    run = runner(database, poll=done)
    assert await run.step() == 0
    clock.advance(60)
    assert await run.step() == 1
    assert done.keys == ["k"]


async def test_a_job_planned_anew_while_it_is_done_is_done_again(database: Opened) -> None:
    keys: list[str] = []

    async def plans_itself(key: str) -> None:
        keys.append(key)
        if len(keys) < 3:
            await planned(database, key)

    await planned(database, "k")
    assert await runner(database, poll=plans_itself).step() == 3
    assert keys == ["k"] * 3


async def test_two_runners_do_each_job_once(database: Opened) -> None:
    done = Done()
    await planned(database, *(f"k{n:02}" for n in range(40)))
    await asyncio.gather(*(runner(database, poll=done).step() for _ in range(4)))
    assert sorted(done.keys) == [f"k{n:02}" for n in range(40)]


async def test_it_runs_until_stopped_and_wakes_when_told(database: Opened) -> None:
    done, stop = Done(), asyncio.Event()
    run = runner(database, poll=done)  # polls once a minute: what is quicker was told
    running = asyncio.create_task(run.run(stop))
    await planned(database, "a")
    run.notify()
    async with asyncio.timeout(10):
        while done.keys != ["a"]:
            run.notify()
            await asyncio.sleep(0)
        stop.set()
        await running


async def test_a_slow_job_does_not_hold_up_those_behind_it_and_is_finished_at_the_end(
    database: Opened,
) -> None:
    go, stop, slow_done = asyncio.Event(), asyncio.Event(), Done()

    async def slow(key: str) -> None:
        await go.wait()
        await slow_done(key)

    done = Done()
    await planned(database, "s", kind="a_slow_one")  # comes first
    await planned(database, *(f"k{n}" for n in range(9)))
    running = asyncio.create_task(runner(database, poll=done, a_slow_one=slow).run(stop))
    async with asyncio.timeout(10):
        while len(done.keys) < 9:
            done.news.clear()
            await done.news.wait()
        stop.set()
        go.set()
        await running
    assert slow_done.keys == ["s"]
    assert await runner(database, poll=done, a_slow_one=slow).step() == 0


async def test_a_database_that_is_away_is_met_again(database: Opened) -> None:
    done, stop = Done(), asyncio.Event()
    await planned(database, "k")
    database.close()
    run = RunJobs(database, {"poll": done}, Backoff(lambda: 0.0), poll_s=0.01)
    running = asyncio.create_task(run.run(stop))
    await asyncio.sleep(0)
    database.open()
    async with asyncio.timeout(10):
        await done.news.wait()
        stop.set()
        await running
    assert done.keys == ["k"]
