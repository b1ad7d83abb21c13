"""Sellers and tokens in SQL."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import bindparam, insert, select, update

from haat.engines.sql import Database, Row, Statement
from haat.engines.sql.ports import Refused
from haat.users.adapters.tables import API_TOKEN, SELLER
from haat.users.model import Seller, SellerExists, Token

_ADD_SELLER: Final = Statement(insert(SELLER), "code", "id", "name", "created_ms")
_SELLERS = select(SELLER.c.id, SELLER.c.code, SELLER.c.name, SELLER.c.created_ms)
_SELLER: Final = Statement(_SELLERS.where(SELLER.c.code == bindparam("by_code")))
_ALL_SELLERS: Final = Statement(_SELLERS.order_by(SELLER.c.code))
_ADD_TOKEN: Final = Statement(insert(API_TOKEN), "id", "hash", "role", "seller", "note", "created_ms", "revoked_ms")
_TOKENS = select(
    API_TOKEN.c.id,
    API_TOKEN.c.role,
    API_TOKEN.c.seller,
    API_TOKEN.c.note,
    API_TOKEN.c.created_ms,
    API_TOKEN.c.revoked_ms,
)
_TOKEN: Final = Statement(_TOKENS.where(API_TOKEN.c.hash == bindparam("by_hash"), API_TOKEN.c.revoked_ms == 0))
_ALL_TOKENS: Final = Statement(_TOKENS.order_by(API_TOKEN.c.created_ms.desc(), API_TOKEN.c.id))
_REVOKE: Final = Statement(
    update(API_TOKEN)
    .where(API_TOKEN.c.id == bindparam("by_id"), API_TOKEN.c.revoked_ms == 0)
    .values(revoked_ms=bindparam("at_ms"))
)


class SqlUserStore:
    """UserStore on one SQL database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add_seller(self, seller: Seller) -> None:
        """See UserStore."""
        row = {"code": seller.code, "id": seller.id, "name": seller.name, "created_ms": seller.created_ms}
        try:
            await self._database.transact(lambda tx: _ADD_SELLER.one(tx, row))
        except Refused:
            raise SellerExists(seller=seller.code) from None

    async def seller(self, code: str) -> Seller | None:
        """See UserStore."""
        row = await self._database.read(lambda tx: _SELLER.first(tx, {"by_code": code}))
        return Seller(*row) if row else None

    async def sellers(self) -> Sequence[Seller]:
        """See UserStore."""
        return [Seller(*row) for row in await self._database.read(_ALL_SELLERS.all)]

    async def add_token(self, token: Token, token_hash: str) -> None:
        """See UserStore."""
        row = {
            "id": token.id,
            "hash": token_hash,
            "role": token.role,
            "seller": token.seller,
            "note": token.note,
            "created_ms": token.created_ms,
            "revoked_ms": 0,
        }
        await self._database.transact(lambda tx: _ADD_TOKEN.one(tx, row))

    async def token(self, token_hash: str) -> Token | None:
        """See UserStore."""
        row = await self._database.read(lambda tx: _TOKEN.first(tx, {"by_hash": token_hash}), brief=True)
        return _token(row) if row else None

    async def tokens(self) -> Sequence[Token]:
        """See UserStore."""
        return [_token(row) for row in await self._database.read(_ALL_TOKENS.all)]

    async def revoke(self, token_id: str, now_ms: int) -> bool:
        """See UserStore."""
        return await self._database.transact(lambda tx: _REVOKE.one(tx, {"by_id": token_id, "at_ms": now_ms})) == 1


def _token(row: Row) -> Token:
    return Token(*row)
