"""SQLite beyond the contract: full disk, locked file, cancelled callers, closing, several loops, commit hints."""

import asyncio
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import bindparam, select

from haat.engines.sql import Statement, Tx
from haat.engines.sql.outgoing import SqlOutgoing, add_outgoing
from haat.engines.sql.sqlite import SqliteDatabase, connect
from haat.errors import Unavailable
from tests.conftest import ManualClock
from tests.contracts.database import ADD, ALL, METADATA, PROBE, add, rows
from tests.contracts.outgoing import events
from tests.contracts.sql_rigs import OUTBOX
from tests.migrated import template


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "live.db"
    path.write_bytes(template(METADATA))
    return path


@pytest.fixture
def database(path: Path, clock: ManualClock) -> Iterator[SqliteDatabase]:
    database = SqliteDatabase(path, clock, busy_timeout_ms=10)
    database.open()
    yield database
    database.close()


def nothing(tx: Tx) -> None:
    """A unit without a write."""


async def blocked(database: SqliteDatabase, go: threading.Event) -> "asyncio.Future[None]":
    """A unit that holds the writer until told; returns when it has begun."""
    begun = threading.Event()

    def unit(tx: Tx) -> None:
        begun.set()
        go.wait(10)

    running = asyncio.ensure_future(database.transact(unit))
    await asyncio.to_thread(begun.wait, 10)
    return running


async def test_units_that_wait_together_share_one_commit(database: SqliteDatabase, path: Path) -> None:
    go = threading.Event()
    running = await blocked(database, go)
    waiting = [asyncio.ensure_future(add(database, f"row-{n}", n)) for n in range(50)]
    await asyncio.sleep(0)
    commits: list[str] = []
    await asyncio.to_thread(database._connections[0].set_trace_callback, commits.append)
    go.set()
    await asyncio.gather(running, *waiting)
    database._connections[0].set_trace_callback(None)
    assert commits.count("COMMIT") <= 2  # the one that was running, and the fifty
    assert commits.count("SAVEPOINT unit") == 50


async def test_a_full_disk_answers_unavailable_keeps_what_was_there_and_goes_on(database: SqliteDatabase) -> None:
    await add(database, "kept", 1)
    limit = database._connections[0]
    pages = limit.execute("PRAGMA page_count").fetchone()[0]
    limit.execute(f"PRAGMA max_page_count={pages}")

    def big(tx: Tx) -> None:
        ADD.many(tx, [{"id": f"row-{n}", "units": n} for n in range(5_000)])

    answers = await asyncio.gather(
        *(database.transact(big) for _ in range(3)), add(database, "small", 1), return_exceptions=True
    )
    assert all(isinstance(answer, Unavailable) for answer in answers[:3])
    kept = await rows(database)
    assert set(kept) == ({"kept"} if answers[3] else {"kept", "small"})  # whole, and as it was answered
    limit.execute("PRAGMA max_page_count=1000000")
    await database.transact(big)
    assert len(await rows(database)) == 5_000 + len(kept)


async def test_a_file_locked_by_another_process_answers_unavailable_and_comes_back(
    database: SqliteDatabase, path: Path
) -> None:
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(Unavailable, match="locked"):
        await add(database, "blocked", 1)
    assert await rows(database) == {}  # readers are not held up
    other.execute("ROLLBACK")
    other.close()
    await add(database, "after", 1)
    assert await rows(database) == {"after": 1}


async def test_what_cannot_be_opened_says_so(tmp_path: Path, clock: ManualClock) -> None:
    broken = tmp_path / "broken.db"
    broken.write_bytes(b"this is no database at all, although it is long enough to have a header of that size" * 20)
    with pytest.raises(Unavailable, match=r"broken\.db cannot be opened"):
        SqliteDatabase(broken, clock).open()
    (tmp_path / "folder.db").mkdir()
    with pytest.raises(Unavailable, match=r"folder\.db cannot be opened"):
        SqliteDatabase(tmp_path / "folder.db", clock).open()


async def test_a_caller_that_left_before_its_unit_began_is_spared_it(database: SqliteDatabase) -> None:
    go = threading.Event()
    running = await blocked(database, go)
    gone, stays = asyncio.ensure_future(add(database, "gone", 1)), asyncio.ensure_future(add(database, "stays", 1))
    await asyncio.sleep(0)
    gone.cancel()
    await asyncio.gather(gone, return_exceptions=True)
    go.set()
    await asyncio.gather(running, stays)
    assert await rows(database) == {"stays": 1}


async def test_close_finishes_what_was_taken_and_refuses_the_rest(database: SqliteDatabase) -> None:
    go = threading.Event()
    running = await blocked(database, go)
    taken = [asyncio.ensure_future(add(database, f"row-{n}", n)) for n in range(20)]
    await asyncio.sleep(0)
    closing = asyncio.ensure_future(asyncio.to_thread(database.close))
    while database._open:  # noqa: ASYNC110 -- close() has no event for "begun", and needs none
        await asyncio.sleep(0)
    with pytest.raises(Unavailable):
        await add(database, "late", 1)
    go.set()
    await asyncio.gather(closing, running, *taken)
    database.open()
    assert len(await rows(database)) == 20
    database.close()
    database.close()


async def test_close_leaves_one_file(database: SqliteDatabase, path: Path) -> None:
    await add(database, "row", 1)
    await rows(database)
    database.close()
    assert [found.name for found in path.parent.iterdir()] == ["live.db"]


def test_two_loops_may_use_one_database(database: SqliteDatabase) -> None:
    async def many(name: str) -> None:
        await asyncio.gather(*(add(database, f"{name}-{n}", n) for n in range(30)))

    threads = [threading.Thread(target=asyncio.run, args=(many(name),)) for name in ("a", "b", "c")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(database.read_here(lambda tx: ALL.all(tx))) == 90


def test_a_loop_that_ended_before_its_answer_does_no_harm(database: SqliteDatabase) -> None:
    go = threading.Event()

    async def leaves() -> None:
        running = await blocked(database, go)
        running.cancel()

    asyncio.run(leaves())
    go.set()

    async def goes_on() -> dict[str, int]:
        await add(database, "after", 1)
        return await rows(database)

    assert asyncio.run(goes_on()) == {"after": 1}


async def test_commits_are_synced_before_the_answer(path: Path) -> None:
    connection = connect(path)
    try:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert connection.execute("PRAGMA synchronous").fetchone() == (2,)  # FULL
        assert connection.execute("PRAGMA foreign_keys").fetchone() == (1,)
    finally:
        connection.close()


async def test_only_commits_with_outgoing_rows_give_the_hint(tmp_path: Path, clock: ManualClock) -> None:
    path = tmp_path / "outbox.db"
    path.write_bytes(template(OUTBOX))
    database = SqliteDatabase(path, clock)
    database.open()
    try:
        hints: list[int] = []
        database.on_outgoing(lambda: hints.append(1))
        source = SqlOutgoing(database)

        def refused(tx: Tx) -> None:
            add_outgoing(tx, events("a", 1))
            raise Unavailable

        with pytest.raises(Unavailable):
            await database.transact(refused)
        await source.mark_sent([])
        await database.transact(nothing)
        assert hints == []
        await database.transact(lambda tx: add_outgoing(tx, events("a", 1)))
        await database.transact(nothing)  # the hint is given before the next commit
        assert hints == [1]
    finally:
        database.close()


async def test_statements_are_counted_and_bound_by_name(database: SqliteDatabase) -> None:
    wanted = Statement(select(PROBE.c.id).where(PROBE.c.id.in_(bindparam("ids", expanding=True))).order_by(PROBE.c.id))

    def unit(tx: Tx) -> int:
        ADD.many(tx, [{"id": f"row-{n}", "units": n} for n in range(4)])
        ADD.many(tx, [])
        assert wanted.all(tx, {"ids": ["row-3", "row-1", "none"]}) == [("row-1",), ("row-3",)]
        assert wanted.all(tx, {"ids": []}) == []
        assert wanted.first(tx, {"ids": ["none"]}) is None
        return tx.statements

    assert await database.transact(unit) == 4
