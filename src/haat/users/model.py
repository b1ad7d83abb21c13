"""Sellers and API tokens."""

import hashlib
import secrets
from typing import Final, Literal

import msgspec

from haat.errors import Conflict, Invalid, NotFound, Problem
from haat.vocabulary import is_type_id, seller_code

# Makes a leaked token findable by scanners; the rest is 256 random bits.
TOKEN_PREFIX: Final = "haat_"  # noqa: S105  # a public prefix

Role = Literal["operator", "seller", "user"]


class Seller(msgspec.Struct, frozen=True):
    """Someone who sells here."""

    id: str
    code: str
    name: str
    created_ms: int


class Token(msgspec.Struct, frozen=True):
    """An API token as it is kept: never the token itself."""

    id: str
    role: Role
    seller: str  # whom it speaks for: the seller's code, or the account's id (usr_…) when role is "user"
    note: str
    created_ms: int
    revoked_ms: int = 0


class SellerExists(Conflict):
    """The code is taken. Nothing was changed."""

    code, title = "seller-exists", "There is already a seller with this code"


class NoSuchSeller(NotFound):
    """No seller has this code."""

    code, title = "no-such-seller", "There is no such seller"


def new_token() -> str:
    """A fresh token; its holder must keep it, we do not."""
    return TOKEN_PREFIX + secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """What is stored. One round of SHA-256 suffices for 256 random bits; passwords need more."""
    return hashlib.sha256(token.encode()).hexdigest()


def role_of(text: str) -> tuple[Role, str]:
    """Read `operator`, `seller:CODE`, `user` (a new account's id is made) or `user:usr_…`. Raises: Invalid."""
    if text == "operator":
        return "operator", ""
    if text == "user" or (text.startswith("user:") and is_type_id(text[5:], "usr")):
        return "user", text[5:]
    kind, _, code = text.partition(":")
    if kind != "seller" or not code:
        raise Invalid(
            problems=[Problem("--role", "Write `operator`, `user`, or `seller:CODE` with the seller's code.")]
        )
    return "seller", seller_code(code, "--role")
