"""Tokens: shown once, hashed at rest, scoped, revocable."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from haat.engines.system import SeededIds
from haat.errors import Invalid
from haat.http.identity import Grant
from haat.users.adapters.sql import SqlUserStore
from haat.users.adapters.tables import LINE
from haat.users.model import NoSuchSeller
from haat.users.sellers import CreateSeller
from haat.users.tokens import CACHE_S, CheckToken, CreateToken, ManageTokens
from tests.conftest import ManualClock
from tests.sql import SQL, Opened, asked


@pytest.fixture
async def database(tmp_path: Path, clock: ManualClock) -> AsyncIterator[Opened]:
    database = SQL.database(LINE, tmp_path / "users.db", clock)
    database.open()
    yield database
    database.close()


@pytest.fixture
def store(database: Opened) -> SqlUserStore:
    return SqlUserStore(database)


async def test_a_token_grants_its_role(store: SqlUserStore, ids: SeededIds, clock: ManualClock) -> None:
    await CreateSeller(store, ids, clock)("acme", "Acme")
    create, check = CreateToken(store, ids, clock), CheckToken(store, clock)
    kept, plain = await create("seller:acme", "till 3")
    assert await check(plain) == Grant("seller", "acme", kept.id)
    operator, operators = await create("operator")
    assert await check(operators) == Grant("operator", "", operator.id)
    assert await check("haat_guess") is None


async def test_the_token_itself_is_nowhere(
    store: SqlUserStore, database: Opened, ids: SeededIds, clock: ManualClock
) -> None:
    _, plain = await CreateToken(store, ids, clock)("operator")
    rows = await database.read(asked("SELECT * FROM api_token"))
    assert plain not in str(rows)
    assert plain.removeprefix("haat_") not in str(rows)


@pytest.mark.parametrize("role", ["", "admin", "seller", "seller:", "seller:No Spaces", "operator:x"])
async def test_a_strange_role_is_refused(store: SqlUserStore, ids: SeededIds, clock: ManualClock, role: str) -> None:
    with pytest.raises(Invalid):
        await CreateToken(store, ids, clock)(role)


async def test_a_seller_must_exist(store: SqlUserStore, ids: SeededIds, clock: ManualClock) -> None:
    with pytest.raises(NoSuchSeller):
        await CreateToken(store, ids, clock)("seller:nobody")


async def test_revoking_ends_it_here_at_once_and_elsewhere_soon(
    store: SqlUserStore, ids: SeededIds, clock: ManualClock
) -> None:
    here, elsewhere = CheckToken(store, clock), CheckToken(store, clock)
    kept, plain = await CreateToken(store, ids, clock)("operator")
    assert await here(plain)
    assert await elsewhere(plain)
    assert await ManageTokens(store, clock, here).revoke(kept.id)
    assert await here(plain) is None
    clock.advance(CACHE_S)
    assert await elsewhere(plain) is None
