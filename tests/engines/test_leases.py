"""Leases: one holder at a time, and an epoch that shuts out who slept through its own."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import MetaData

from haat.engines.sql import Tx
from haat.engines.sql.leases import LeaseLost, give_back, holds, lease_table, take_lease
from tests.conftest import ManualClock
from tests.sql import SQL, Opened

METADATA = MetaData()
lease_table(METADATA)
TTL_MS = 10_000


@pytest.fixture
def database(tmp_path: Path, clock: ManualClock) -> Iterator[Opened]:
    database = SQL.database(METADATA, tmp_path / "leases.db", clock)
    database.open()
    yield database
    database.close()


async def asked(database: Opened, holder: str) -> int | None:
    return await database.transact(lambda tx: take_lease(tx, "expiry", holder, TTL_MS))


async def writes(database: Opened, epoch: int) -> bool:
    def unit(tx: Tx) -> None:
        holds(tx, "expiry", epoch)

    try:
        await database.transact(unit)
    except LeaseLost:
        return False
    return True


async def test_of_many_who_ask_one_holds_it(database: Opened) -> None:
    epochs = await asyncio.gather(*(asked(database, f"process-{n}") for n in range(20)))
    assert sorted(epoch for epoch in epochs if epoch) == [1]


async def test_keeping_it_in_time_keeps_the_epoch(database: Opened, clock: ManualClock) -> None:
    assert await asked(database, "a") == 1
    for _ in range(5):
        clock.advance(9)
        assert await asked(database, "a") == 1
        assert await asked(database, "b") is None
    assert await writes(database, 1)


async def test_who_slept_through_its_lease_cannot_write_beside_its_successor(
    database: Opened, clock: ManualClock
) -> None:
    assert await asked(database, "a") == 1
    clock.advance(9.999)
    assert await asked(database, "b") is None
    clock.advance(0.001)
    assert await writes(database, 1)  # late, but nobody else writes yet
    assert await asked(database, "b") == 2
    assert not await writes(database, 1)
    assert await writes(database, 2)
    assert await asked(database, "a") is None


async def test_even_the_same_holder_gets_a_new_epoch_after_a_gap(database: Opened, clock: ManualClock) -> None:
    assert await asked(database, "a") == 1
    clock.advance(10)
    assert await asked(database, "a") == 2
    assert not await writes(database, 1)


async def test_nobody_holds_what_was_never_taken(database: Opened) -> None:
    assert not await writes(database, 1)


async def test_given_back_it_is_free_at_once(database: Opened) -> None:
    assert await asked(database, "a") == 1
    assert await database.transact(lambda tx: give_back(tx, "expiry", 1))
    assert await asked(database, "b") == 2
    assert not await database.transact(lambda tx: give_back(tx, "expiry", 1))  # it is b's now
    assert await asked(database, "c") is None


async def test_a_clock_that_stepped_back_keeps_nobody_waiting_and_nobody_writing_twice(
    database: Opened, clock: ManualClock
) -> None:
    assert await asked(database, "a") == 1
    clock.set(clock.now_ms() - 3_600_000)
    assert await asked(database, "b") == 2  # not in an hour
    assert not await writes(database, 1)
    assert await asked(database, "a") is None


async def test_the_cost_is_as_said(database: Opened) -> None:
    def taking(tx: Tx) -> int:
        take_lease(tx, "expiry", "a", TTL_MS)
        return tx.statements

    def checking(tx: Tx) -> int:
        holds(tx, "expiry", 1)
        return tx.statements

    assert [await database.transact(unit) for unit in (taking, taking, checking)] == [2, 2, 1]
