"""The tool that keeps real engines: what it starts it finds again, and nothing else is touched."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from haat.engines.sql.mysql import MySqlDatabase
from haat.engines.sql.urls import server_of
from haat.errors import Unavailable
from tests.conftest import ManualClock
from tests.sql import asked
from tools.engines.__main__ import CACHE
from tools.engines.engine import CannotStart, Place
from tools.engines.keeping import Keeper, Running
from tools.engines.sql import MariaDb

pytestmark = [pytest.mark.engine("mariadb"), pytest.mark.xdist_group("keeping")]
ENGINE = MariaDb()


@pytest.fixture(scope="module")
def keeper(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Keeper]:
    keeper = Keeper(tmp_path_factory.mktemp("engines"), CACHE)
    yield keeper
    keeper.down(ENGINE)


def database_at(place: Place) -> MySqlDatabase:
    database = MySqlDatabase(server_of(ENGINE.settings(place)["HAAT_ORDERS_URL"]), ManualClock())
    database.open()
    return database


async def test_killed_it_comes_up_again_on_its_port_with_what_was_committed(keeper: Keeper) -> None:
    place = keeper.up(ENGINE)
    database = database_at(place)
    try:
        await database.transact(asked("CREATE TABLE IF NOT EXISTS kept (n INT PRIMARY KEY)"))
        await database.transact(asked("REPLACE INTO kept VALUES (7)"))
        keeper.kill(ENGINE)
        assert keeper.status(ENGINE) is None
        with pytest.raises(Unavailable):
            await database.ping()
        assert keeper.up(ENGINE) == place
        assert await database.read(asked("SELECT n FROM kept")) == [(7,)]
    finally:
        database.close()


def test_up_again_is_the_same_server(keeper: Keeper) -> None:
    place = keeper.up(ENGINE)
    there = keeper.status(ENGINE)
    assert there is not None
    assert there[2], "it answers"
    assert keeper.up(ENGINE) == place
    assert keeper.status(ENGINE) == there


def test_two_tools_do_not_meet_in_one_folder(keeper: Keeper) -> None:
    place = keeper.up(ENGINE)
    holds = """if True:
        import fcntl, sys
        lock = open(sys.argv[1], "w")
        fcntl.flock(lock, fcntl.LOCK_EX)
        print("held", flush=True)
        input()"""
    with subprocess.Popen(
        [sys.executable, "-c", holds, str(place.home / "lock")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with pytest.raises(CannotStart, match="Another run"):
            keeper.up(ENGINE)
        with pytest.raises(CannotStart, match="Another run"):
            keeper.down(ENGINE)
        other.communicate("\n")
    assert keeper.up(ENGINE) == place


def test_a_process_that_only_has_its_number_is_left_alone(keeper: Keeper) -> None:
    place = keeper.up(ENGINE)
    keeper.down(ENGINE)
    kept = msgspec.json.decode((place.home / "running.json").read_bytes(), type=Running)
    ours = Running(os.getpid(), kept.started, kept.port, kept.password, kept.version)  # the machine gave it away again
    (place.home / "running.json").write_bytes(msgspec.json.encode(ours))
    assert keeper.status(ENGINE) is None
    assert not keeper.down(ENGINE)
    assert keeper.up(ENGINE) == place


async def test_a_server_that_may_lose_commits_is_not_used(keeper: Keeper) -> None:
    place = keeper.up(ENGINE)
    database = database_at(place)
    server = create_engine(ENGINE.server_url(place), poolclass=NullPool)
    try:
        with server.connect() as connection:
            connection.exec_driver_sql("SET GLOBAL innodb_flush_log_at_trx_commit = 2")
            with pytest.raises(Unavailable, match="innodb_flush_log_at_trx_commit to 1"):
                await database.ping()
            connection.exec_driver_sql("SET GLOBAL innodb_flush_log_at_trx_commit = 1")
        await database.ping()
    finally:
        database.close()


def test_wiped_it_begins_anew(tmp_path: Path, keeper: Keeper) -> None:
    place = keeper.up(ENGINE)
    keeper.down(ENGINE, wipe=True)
    assert not place.home.exists()
    assert not keeper.down(ENGINE, wipe=True)


def test_a_server_that_ends_by_itself_is_told_with_its_last_words(tmp_path: Path) -> None:
    class Broken(MariaDb):
        def command(self, place: Place) -> tuple[list[str], dict[str, str]]:
            command, more = super().command(place)
            return [*command, "--no-such-option=1"], dict(more)

    with pytest.raises(CannotStart, match="no-such-option"):
        Keeper(tmp_path, CACHE).up(Broken())
