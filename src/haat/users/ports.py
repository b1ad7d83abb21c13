"""What users needs: a place for sellers and tokens.

P1 two sellers never share a code, whatever races
P2 a token is found by its hash until it is revoked, and never after
"""

from collections.abc import Sequence
from typing import Protocol

from haat.users.model import Seller, Token


class UserStore(Protocol):
    """Sellers and tokens at rest. Every method raises Unavailable when the database is gone."""

    async def add_seller(self, seller: Seller) -> None:
        """Keep a new seller. Raises: SellerExists."""

    async def seller(self, code: str) -> Seller | None:
        """The seller with this code."""

    async def sellers(self) -> Sequence[Seller]:
        """All sellers by code."""

    async def add_token(self, token: Token, token_hash: str) -> None:
        """Keep a token's hash."""

    async def token(self, token_hash: str) -> Token | None:
        """The live token with this hash."""

    async def tokens(self) -> Sequence[Token]:
        """All tokens, newest first, revoked ones included."""

    async def revoke(self, token_id: str, now_ms: int) -> bool:
        """End a token; whether there was a live one."""
