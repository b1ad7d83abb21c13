"""What a SQL server does that a file does not: deadlocks, connections lost at COMMIT, settings unfit for a shop."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import pytest

from haat.engines.breaker import FAILURES
from haat.engines.outgoing import Outgoing
from haat.engines.sql import Tx
from haat.engines.sql.mysql import MySqlDatabase
from haat.engines.sql.outgoing import add_outgoing
from haat.engines.sql.urls import Server, server_of
from haat.errors import Unavailable
from tests.conftest import ManualClock
from tests.contracts import database as suite
from tests.contracts.rigs import answering
from tests.contracts.sql_rigs import OUTBOX
from tests.doors import Door
from tests.sql import SQL, Opened, asked

pytestmark = pytest.mark.server


@pytest.fixture
def server(tmp_path: Path) -> Server:
    """An outbox, and a table beside it."""
    url = SQL.url(OUTBOX, tmp_path / "some.db")
    return server_of(url)


class Forgetful(MySqlDatabase):
    """Loses its connections at COMMIT: before the server has heard of it, or after it has done it."""

    ways: "list[Literal['before', 'after']]"

    def _connected(self, timeout_s: float, *first: str) -> Any:
        session = super()._connected(timeout_s, *first)
        connection = session.connection
        commit = connection.commit

        def forget() -> None:
            way = self.ways.pop(0) if self.ways else None
            if way != "before":
                commit()
            if way is not None:
                connection._sock.shutdown(socket.SHUT_RDWR)
                commit()  # the driver says what it says of a connection that is gone

        connection.commit = forget
        return session


@pytest.fixture
def forgetful(server: Server, clock: ManualClock) -> Iterator[Forgetful]:
    database = Forgetful(server, clock)
    database.ways = []
    database.open()
    yield database
    database.close()


def event(number: int) -> Outgoing:
    return Outgoing(f"evt_{number}", "orders", "ord_1", b"{}", 1)


async def events(database: MySqlDatabase) -> list[str]:
    return [row[0] for row in await database.read(asked("SELECT event_id FROM outbox ORDER BY seq"))]


async def test_a_commit_whose_answer_was_lost_is_found_in_the_outbox(forgetful: Forgetful) -> None:
    forgetful.ways = ["after"]
    woken: list[int] = []
    forgetful.on_outgoing(lambda: woken.append(1))
    await forgetful.transact(lambda tx: add_outgoing(tx, [event(1), event(2)]))
    assert await events(forgetful) == ["evt_1", "evt_2"]
    assert woken == [1]


async def test_a_commit_that_never_arrived_is_no_commit(forgetful: Forgetful) -> None:
    forgetful.ways = ["before"]
    with pytest.raises(Unavailable, match="could not commit"):
        await forgetful.transact(lambda tx: add_outgoing(tx, [event(1)]))
    assert await events(forgetful) == []
    await forgetful.transact(lambda tx: add_outgoing(tx, [event(1)]))
    assert await events(forgetful) == ["evt_1"]


@pytest.mark.parametrize("way", ["before", "after"])
async def test_a_unit_without_events_cannot_know(forgetful: Forgetful, way: Literal["before", "after"]) -> None:
    await forgetful.transact(lambda tx: add_outgoing(tx, [event(1)]))
    forgetful.ways = [way]
    with pytest.raises(Unavailable, match="send the same again"):
        await forgetful.transact(asked("UPDATE outbox SET sent_ms = 5"))
    assert await forgetful.read(asked("SELECT sent_ms FROM outbox")) == [(5 if way == "after" else 0,)]


async def test_a_deadlock_runs_a_unit_again_from_its_start(tmp_path: Path, clock: ManualClock) -> None:
    database = SQL.database(suite.METADATA, tmp_path / "probe.db", clock)
    database.open()
    try:
        for key in ("a", "b"):
            await suite.add(database, key, 0)
        both_have_one = threading.Barrier(2)
        runs = {"ab": 0, "ba": 0}

        def unit(order: str) -> Any:
            def change(tx: Tx) -> None:
                runs[order] += 1
                suite.SET.one(tx, {"row": order[0], "now_units": runs[order]})
                if runs[order] == 1:
                    both_have_one.wait(timeout=10)
                suite.SET.one(tx, {"row": order[1], "now_units": runs[order]})

            return change

        await asyncio.gather(*(database.transact(unit(order)) for order in runs))
        assert sorted(runs.values()) == [1, 2]
        rows = await suite.rows(database)
        assert rows["a"] == rows["b"]
    finally:
        database.close()


@pytest.mark.parametrize("mode", ["", "NO_ENGINE_SUBSTITUTION"])
async def test_a_server_that_cuts_values_is_refused(server: Server, clock: ManualClock, mode: str) -> None:
    loose = server._replace(url=server.url.update_query_dict({"init_command": f"SET SESSION sql_mode = '{mode}'"}))
    database = MySqlDatabase(loose, clock)
    database.open()
    try:
        with pytest.raises(Unavailable, match="STRICT_TRANS_TABLES"):
            await database.ping()
        with pytest.raises(Unavailable, match="STRICT_TRANS_TABLES"):
            await database.transact(asked("DELETE FROM outbox"))
    finally:
        database.close()


async def test_a_server_that_is_not_there_is_said_with_its_name(clock: ManualClock) -> None:
    database: Opened = MySqlDatabase(server_of("mysql://haat:x@127.0.0.1:1/orders"), clock)
    database.open()
    try:
        with pytest.raises(Unavailable, match="orders"):
            await database.ping()
    finally:
        database.close()


@pytest.fixture
def door(server: Server) -> Iterator[Door]:
    door = Door(server.url.port or 3306)
    yield door
    door.close()


@pytest.mark.parametrize("unit", ["read", "change"])
async def test_a_server_that_hangs_is_waited_for_a_few_times_and_then_not_at_all(
    server: Server, door: Door, clock: ManualClock, unit: str
) -> None:
    near = server._replace(url=server.url.set(port=door.port), timeout_ms=200, writers=1, readers=1)
    database = MySqlDatabase(near, clock)
    do = database.read if unit == "read" else database.transact
    look = asked("SELECT sent_ms FROM outbox" if unit == "read" else "UPDATE outbox SET sent_ms = 5")
    database.open()
    try:
        await do(look)
        door.swallow()
        for _ in range(FAILURES):
            with pytest.raises(Unavailable, match=r"timed out|Lost"):
                await do(look)
        for _ in range(100):
            with pytest.raises(Unavailable, match="several times in a row"):
                await do(look)
        door.open()
        with pytest.raises(Unavailable, match="several times in a row"):
            await do(look)
        await answering(database.ping, clock.advance)
        await do(look)
    finally:
        database.close()


async def test_who_goes_at_its_deadline_is_still_counted(server: Server, door: Door, clock: ManualClock) -> None:
    near = server._replace(url=server.url.set(port=door.port), timeout_ms=100, readers=FAILURES)
    database = MySqlDatabase(near, clock)
    database.open()
    try:
        door.swallow()
        for _ in range(FAILURES):
            asking = asyncio.ensure_future(database.ping())
            await asyncio.wait([asking], timeout=0.01)
            asking.cancel()
        database.close()  # what was taken before is heard of
        database.open()
        with pytest.raises(Unavailable, match="several times in a row"):
            await database.ping()
    finally:
        database.close()
