"""The table of delayed jobs: planned once, taken by one, given back by who dies, parked for a person."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import MetaData

from haat.engines.sql import Tx
from haat.engines.sql import jobs as jobs_table
from haat.engines.sql.jobs import Job, add, again, drop, due, finish, job_table, parked, plan, revive, take_due
from haat.engines.sql.ports import Refused
from tests.conftest import ManualClock
from tests.sql import SQL, Opened

METADATA = MetaData()
job_table(METADATA)
LEASE_MS = 60_000
KINDS = ("poll", "refund")


@pytest.fixture
def database(tmp_path: Path, clock: ManualClock) -> Iterator[Opened]:
    database = SQL.database(METADATA, tmp_path / "jobs.db", clock)
    database.open()
    yield database
    database.close()


async def planned(database: Opened, key: str, after_ms: int = 0, kind: str = "poll") -> None:
    await database.transact(lambda tx: plan(tx, kind, key, tx.now_ms + after_ms))


async def taken(database: Opened, most: int = 10) -> list[Job]:
    return await database.transact(lambda tx: take_due(tx, KINDS, most, LEASE_MS))


async def test_a_job_is_not_there_before_its_moment(database: Opened, clock: ManualClock) -> None:
    await planned(database, "pay_1", 5_000)
    clock.advance(4.999)
    assert not await database.read(lambda tx: due(tx, KINDS))
    assert await taken(database) == []
    clock.advance(0.001)
    assert await database.read(lambda tx: due(tx, KINDS))
    assert [(job.key, job.tries) for job in await taken(database)] == [("pay_1", 1)]
    assert await taken(database) == []  # somebody has it


async def test_of_many_workers_one_gets_a_job(database: Opened) -> None:
    for n in range(30):
        await planned(database, f"pay_{n}")
    answers = await asyncio.gather(*(taken(database, 4) for _ in range(20)))
    keys = [job.key for answer in answers for job in answer]
    assert sorted(keys) == sorted(f"pay_{n}" for n in range(30))


async def test_kinds_nobody_here_knows_stay_for_who_does(database: Opened) -> None:
    await planned(database, "x", kind="later-version")
    assert await taken(database) == []
    assert await database.transact(lambda tx: take_due(tx, ["later-version"], 1, LEASE_MS)) != []


async def test_a_worker_that_died_gives_its_job_back_after_the_lease(database: Opened, clock: ManualClock) -> None:
    await planned(database, "pay_1")
    first = (await taken(database))[0]
    clock.advance(LEASE_MS / 1000)
    second = (await taken(database))[0]
    assert (first.tries, second.tries) == (1, 2)
    # The first was not dead but slow: what it says now counts no more.
    assert not await database.transact(lambda tx: finish(tx, first))
    assert not await database.transact(lambda tx: again(tx, first, tx.now_ms, "slow"))
    assert await database.transact(lambda tx: finish(tx, second))
    clock.advance(LEASE_MS / 1000)
    assert await taken(database) == []


async def test_planning_twice_plans_once_and_anew(database: Opened, clock: ManualClock) -> None:
    await planned(database, "pay_1", 1_000)
    await planned(database, "pay_1", 9_000)
    clock.advance(1)
    assert await taken(database) == []
    clock.advance(8)
    job = (await taken(database))[0]
    await planned(database, "pay_1")  # news came while it was being done: it will be done once more
    assert not await database.transact(lambda tx: finish(tx, job))
    assert [job.tries for job in await taken(database)] == [1]


async def test_a_job_planned_anew_in_the_same_moment_is_not_ended_by_who_had_it(database: Opened) -> None:
    await planned(database, "pay_1")
    first = (await taken(database))[0]
    await planned(database, "pay_1")
    second = (await taken(database))[0]
    assert first.tries == second.tries
    assert not await database.transact(lambda tx: finish(tx, first))
    assert await database.transact(lambda tx: finish(tx, second))


async def test_a_failed_job_comes_later_and_a_hopeless_one_waits_for_a_person(
    database: Opened, clock: ManualClock
) -> None:
    await planned(database, "pay_1")
    job = (await taken(database))[0]
    await database.transact(lambda tx: again(tx, job, tx.now_ms + 500, "gateway down"))
    assert await taken(database) == []
    clock.advance(0.5)
    again_taken = (await taken(database))[0]
    await database.transact(lambda tx: again(tx, again_taken, tx.now_ms, "x" * 999, park=True))
    clock.advance(1_000_000)
    assert await taken(database) == []
    waiting = await database.read(lambda tx: parked(tx, 10))
    assert [(job.key, job.tries, job.error) for job in waiting] == [("pay_1", 2, "x" * 400)]
    assert await database.transact(lambda tx: revive(tx, "poll", "pay_1"))
    assert not await database.transact(lambda tx: revive(tx, "poll", "pay_1"))
    assert [(job.key, job.tries) for job in await taken(database)] == [("pay_1", 1)]


async def test_a_job_can_be_dropped_by_name_and_added_once(database: Opened) -> None:
    await database.transact(lambda tx: add(tx, "poll", "pay_1", tx.now_ms))
    with pytest.raises(Refused):
        await database.transact(lambda tx: add(tx, "poll", "pay_1", tx.now_ms))
    assert await database.transact(lambda tx: drop(tx, "poll", "pay_1"))
    assert not await database.transact(lambda tx: drop(tx, "poll", "pay_1"))
    assert await taken(database) == []


async def test_the_cost_is_as_said(database: Opened) -> None:
    def planning(tx: Tx) -> int:
        plan(tx, "poll", "pay_1", tx.now_ms)
        return tx.statements

    def taking(tx: Tx) -> int:
        take_due(tx, KINDS, 10, LEASE_MS)
        return tx.statements

    assert [await database.transact(planning) for _ in range(2)] == [2, 2]
    assert [await database.transact(taking) for _ in range(2)] == [2, 1]


async def test_a_late_worker_does_not_end_what_was_planned_after_the_end_of_its_own(database: Opened) -> None:
    await planned(database, "pay_1")
    late = (await taken(database))[0]
    assert await database.transact(lambda tx: finish(tx, late))
    for _ in range(2):  # as many changes as the late one has seen
        await planned(database, "pay_1")
        assert not await database.transact(lambda tx: finish(tx, late))
    assert [job.key for job in await taken(database)] == ["pay_1"]


STEP = st.tuples(st.sampled_from(["plan", "take", "finish", "again", "wait"]), st.integers(0, 2), st.integers(0, 3))


@settings(max_examples=40)
@given(st.lists(STEP, max_size=25))
def test_a_job_is_forgotten_only_by_the_worker_that_has_its_newest_turn(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int, int]]
) -> None:
    """Whatever workers and planners do: a plan ends in a finish of a worker who took it after the plan."""
    path = tmp_path_factory.mktemp("machine") / "jobs.db"
    clock = ManualClock()

    database = SQL.database(METADATA, path, clock)
    database.open()

    async def play() -> None:
        newest: dict[str, Job | None] = {}  # planned keys, and who may end them
        had: list[Job] = []
        for verb, n, m in steps:
            key = f"k{n}"
            if verb == "plan":
                await planned(database, key)
                newest[key] = None
            elif verb == "wait":
                clock.advance(LEASE_MS / 1000 * (m + 1) / 2)
            elif verb == "take":
                for job in await taken(database):
                    newest[job.key] = job
                    had.append(job)
            elif had:
                job = had[(n + m) % len(had)]
                mine = newest.get(job.key) == job
                if verb == "finish":
                    assert await database.transact(lambda tx, job=job: finish(tx, job)) == mine  # type: ignore[misc]
                    if mine:
                        del newest[job.key]
                else:
                    told = await database.transact(lambda tx, job=job: again(tx, job, tx.now_ms, ""))  # type: ignore[misc]
                    assert told == mine
                    if mine:
                        newest[job.key] = None
        clock.advance(LEASE_MS / 1000)
        assert {job.key for job in await taken(database)} == set(newest)

    try:
        asyncio.run(play())
    finally:
        database.close()
        SQL.release()


def test_the_statements_run_on_both_dialects() -> None:
    for name in ("_THERE", "_DUE", "_TAKE", "_DONE", "_AGAIN", "_PLAN", "_ANEW", "_PARKED", "_REVIVE", "_DROP"):
        for dialect in ("sqlite", "mysql"):
            assert "RETURNING" not in getattr(jobs_table, name).text(dialect)
