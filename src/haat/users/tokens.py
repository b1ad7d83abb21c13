"""Make, check and end API tokens."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from haat.http.identity import Grant
from haat.users.model import NoSuchSeller, Token, new_token, role_of, token_hash
from haat.users.ports import UserStore
from haat.vocabulary import Clock, Ids

CACHE_S: Final = 5.0  # a revoked token works at most this long on another replica; here it ends at once
_CACHE_TOKENS: Final = 1_000


@dataclass(frozen=True, slots=True)
class CreateToken:
    """A new API token. Raises: Invalid, NoSuchSeller."""

    store: UserStore
    ids: Ids
    clock: Clock

    async def __call__(self, role: str, note: str = "") -> tuple[Token, str]:
        """The kept token and, once, the token itself. `role` is `operator`, `seller:CODE`, `user` or `user:usr_…`."""
        kind, seller = role_of(role)
        if kind == "seller" and await self.store.seller(seller) is None:
            raise NoSuchSeller(f"There is no seller {seller!r}. `haat import … --seller {seller}` creates one.")
        if kind == "user":
            seller = seller or self.ids.new("usr")
        token = Token(self.ids.new("tok"), kind, seller, note[:200], self.clock.now_ms())
        plain = new_token()
        await self.store.add_token(token, token_hash(plain))
        return token, plain


@dataclass(frozen=True, slots=True)
class CheckToken:
    """Who holds a token. Remembers answers for a few seconds, so a busy client costs no read per call."""

    store: UserStore
    clock: Clock
    known: dict[str, tuple[float, Grant]] = field(default_factory=dict)

    async def __call__(self, token: str) -> Grant | None:
        """The grant, or None for a token that is not valid."""
        hashed = token_hash(token)
        now_s = self.clock.monotonic_s()
        found = self.known.get(hashed)
        if found is not None and now_s - found[0] < CACHE_S:
            return found[1]
        kept = await self.store.token(hashed)
        if kept is None:
            self.known.pop(hashed, None)
            return None
        if len(self.known) >= _CACHE_TOKENS:
            self.known.clear()
        account = kept.role == "user"
        grant = Grant(kept.role, "" if account else kept.seller, kept.id, kept.seller if account else "")
        self.known[hashed] = (now_s, grant)
        return grant


@dataclass(frozen=True, slots=True)
class ManageTokens:
    """List and revoke."""

    store: UserStore
    clock: Clock
    check: CheckToken

    async def all(self) -> Sequence[Token]:
        """All tokens, newest first."""
        return await self.store.tokens()

    async def revoke(self, token_id: str) -> bool:
        """End a token now; whether there was a live one."""
        self.check.known.clear()
        return await self.store.revoke(token_id, self.clock.now_ms())
