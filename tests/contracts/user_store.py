"""The contract of UserStore."""

import asyncio
from typing import Any

import pytest

from haat.errors import Unavailable
from haat.users.model import Seller, SellerExists, Token
from haat.users.ports import UserStore


class UserStoreContract:
    """Promises P1 and P2 of haat.users.ports. Fixtures: store, down."""

    async def test_p1_two_sellers_never_share_a_code(self, store: UserStore) -> None:
        results = await asyncio.gather(
            *(store.add_seller(Seller(f"sel_{n}", "acme", "Acme", 1)) for n in range(8)), return_exceptions=True
        )
        assert sum(isinstance(result, SellerExists) for result in results) == 7
        found = await store.seller("acme")
        assert found in await store.sellers()

    async def test_p2_a_token_is_found_until_it_is_revoked(self, store: UserStore) -> None:
        token = Token("tok_1", "seller", "acme", "till", 5)
        await store.add_token(token, "h1")
        assert await store.token("h1") == token
        assert await store.token("h2") is None
        assert await store.revoke("tok_1", 9)
        assert await store.token("h1") is None
        assert not await store.revoke("tok_1", 10)
        assert [kept.revoked_ms for kept in await store.tokens()] == [9]

    async def test_an_engine_that_is_down_says_so(self, store: UserStore, down: Any) -> None:
        await down()
        with pytest.raises(Unavailable):
            await store.seller("acme")
