"""Who calls. Everybody is a visitor; a bearer API token makes the call an operator's or a seller's.

The edge puts a `Call` into the ASGI scope. Guards stand on every seller and operator route (a test lists the routes
that have none), answer 401 without a valid token and 403 with one of another role, and use cases take the seller's code
from the token, never from the request.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final, Literal

from litestar.connection import ASGIConnection
from litestar.handlers.base import BaseRouteHandler

from haat.errors import Forbidden, HaatError, Unauthenticated
from haat.vocabulary import Ids

SCOPE_KEY: Final = "haat.call"
Connection = ASGIConnection[Any, Any, Any, Any]


@dataclass(frozen=True, slots=True)
class Grant:
    """What a valid token allows."""

    role: Literal["operator", "seller", "user"]
    seller: str = ""  # the seller's code when role is "seller"
    token_id: str = ""
    user: str = ""  # the account's id when role is "user"


Authenticate = Callable[[str], Awaitable[Grant | None]]


@dataclass(slots=True)
class Call:
    """One request's identity and trace."""

    request_id: str
    visitor: str  # random id of the browsing session; "" until a page gives the browser one
    authorization: str
    authenticate: Authenticate
    pincode: str = ""  # what the visitor's signed cookie remembers
    grant: Grant | None = None
    guest: str = ""  # the id (crt_…) under which a guest's cart and orders are kept, from a signed cookie
    new_guest: bool = False  # the edge gives the browser the cookie with this answer

    async def granted(self) -> Grant:
        """The token's grant, looked up once. Raises: Unauthenticated."""
        if self.grant is None:
            scheme, _, token = self.authorization.partition(" ")
            if scheme.lower() != "bearer" or not token:
                raise Unauthenticated("Send a bearer API token: `Authorization: Bearer haat_…` (haat token create).")
            self.grant = await self.authenticate(token.strip())
            if self.grant is None:
                raise Unauthenticated("This API token is not valid, or was revoked.")
        return self.grant


def call_of(scope: MutableMapping[str, Any]) -> Call:
    """The call that the edge put into the scope."""
    call: Call = scope[SCOPE_KEY]
    return call


async def buyer_of_call(connection: Connection, ids: Ids | None = None) -> str:
    """Whose cart, wishlist and orders these are: an account's id (usr_…) or a guest's (crt_…).

    A guest who has none yet gets one if `ids` is given, else "" is the answer. Raises: Unauthenticated for a token that
    is not valid, Forbidden for a seller's or an operator's.
    """
    call = call_of(connection.scope)  # type: ignore[arg-type]  # a TypedDict of ASGI keys
    if call.authorization:
        grant = await call.granted()
        if grant.role != "user":
            raise Forbidden("This needs a buyer's token, or none.")
        return grant.user
    if not call.guest and ids is not None:
        call.guest, call.new_guest = ids.new("crt"), True
    return call.guest


@asynccontextmanager
async def writing_buyer(connection: Connection, ids: Ids) -> AsyncIterator[str]:
    """`buyer_of_call` for a write: a guest who is made here gets the cookie only if the write succeeds.

    Raises: what buyer_of_call raises.
    """
    try:
        yield await buyer_of_call(connection, ids)
    except HaatError:
        call = call_of(connection.scope)  # type: ignore[arg-type]  # a TypedDict of ASGI keys
        if call.new_guest:
            call.guest, call.new_guest = "", False
        raise


async def needs_operator(connection: Connection, _: BaseRouteHandler) -> None:
    """Guard: an operator's token. Raises: Unauthenticated, Forbidden."""
    if (await call_of(connection.scope).granted()).role != "operator":  # type: ignore[arg-type]  # a TypedDict of ASGI keys
        raise Forbidden("This needs an operator's token.")


async def needs_seller(connection: Connection, _: BaseRouteHandler) -> None:
    """Guard: a seller's token. Raises: Unauthenticated, Forbidden."""
    if (await call_of(connection.scope).granted()).role != "seller":  # type: ignore[arg-type]  # a TypedDict of ASGI keys
        raise Forbidden("This needs a seller's token.")


def seller_of_call(connection: Connection) -> str:
    """The seller's code of a call that passed `needs_seller`."""
    grant = call_of(connection.scope).grant  # type: ignore[arg-type]  # a TypedDict of ASGI keys
    assert grant is not None
    assert grant.role == "seller"
    return grant.seller
