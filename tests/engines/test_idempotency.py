"""Idempotency records: the answer under a key is there exactly when its change is."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import BigInteger, Column, MetaData, String, Table, insert, select

from haat.engines.sql import Statement, Tx
from haat.engines.sql.idempotency import Claim, Kept, answered, forget_answers, idempotency_table, keep
from haat.engines.sql.ports import Refused
from haat.errors import Conflict, KeyReused
from tests.conftest import ManualClock
from tests.sql import SQL, Opened

METADATA = MetaData()
idempotency_table(METADATA)
DONE = Table("done", METADATA, Column("name", String(40), primary_key=True), Column("at", BigInteger))
DO = Statement(insert(DONE), "name", "at")
ALL = Statement(select(DONE.c.name))


@pytest.fixture
def database(tmp_path: Path, clock: ManualClock) -> Iterator[Opened]:
    database = SQL.database(METADATA, tmp_path / "keys.db", clock)
    database.open()
    yield database
    database.close()


def claim(key: str = "k1", *, scope: str = "usr_1", fingerprint: str = "f1") -> Claim:
    return Claim(scope, key, fingerprint)


async def changed(database: Opened, name: str, under: Claim, *, fails: bool = False) -> Kept:
    """A change as use cases make it: look, else claim and change in one unit, else look again."""

    def change(tx: Tx) -> Kept:
        keep(tx, under, 201, name.encode())
        DO.one(tx, {"name": name, "at": tx.now_ms})
        if fails:
            raise Conflict
        return Kept(201, name.encode())

    def look(tx: Tx) -> Kept | None:
        return answered(tx, under)

    if (before := await database.read(look)) is not None:
        return before
    try:
        return await database.transact(change)
    except Refused:
        after = await database.read(look)
        assert after is not None
        return after


async def effects(database: Opened) -> list[str]:
    return [row[0] for row in await database.read(ALL.all)]


async def test_of_many_with_one_key_one_changes_and_all_get_its_answer(database: Opened) -> None:
    answers = await asyncio.gather(*(changed(database, f"by-{n}", claim()) for n in range(30)))
    assert len(set(answers)) == 1
    assert [answers[0].body.decode()] == await effects(database)
    assert await changed(database, "later", claim()) == answers[0]


async def test_the_key_of_another_request_is_refused(database: Opened) -> None:
    await changed(database, "one", claim())
    with pytest.raises(KeyReused):
        await changed(database, "two", claim(fingerprint="f2"))
    assert await effects(database) == ["one"]


async def test_of_two_requests_with_one_key_at_once_the_other_is_refused(database: Opened) -> None:
    answers = await asyncio.gather(
        *(changed(database, f"by-{n}", claim(fingerprint=f"f{n % 2}")) for n in range(20)), return_exceptions=True
    )
    assert sum(isinstance(answer, KeyReused) for answer in answers) == 10
    assert len(await effects(database)) == 1


async def test_keys_of_others_are_others(database: Opened) -> None:
    await changed(database, "one", claim())
    await changed(database, "two", claim(scope="usr_2", fingerprint="f2"))
    assert sorted(await effects(database)) == ["one", "two"]


async def test_a_refused_change_leaves_its_key_free(database: Opened) -> None:
    with pytest.raises(Conflict):
        await changed(database, "one", claim(), fails=True)
    assert await effects(database) == []
    assert await changed(database, "two", claim()) == Kept(201, b"two")


async def test_answers_are_forgotten_by_age(database: Opened, clock: ManualClock) -> None:
    await changed(database, "one", claim())
    clock.advance(60)
    await changed(database, "two", claim("k2"))
    assert await database.transact(lambda tx: forget_answers(tx, tx.now_ms)) == 1
    assert await database.read(lambda tx: answered(tx, claim())) is None
    assert await database.read(lambda tx: answered(tx, claim("k2"))) == Kept(201, b"two")
