"""Make and find sellers."""

from collections.abc import Sequence
from dataclasses import dataclass

from haat.errors import Invalid, Problem
from haat.users.model import NoSuchSeller, Seller
from haat.users.ports import UserStore
from haat.vocabulary import Clock, Ids, seller_code


@dataclass(frozen=True, slots=True)
class CreateSeller:
    """A new seller. Raises: Invalid, SellerExists."""

    store: UserStore
    ids: Ids
    clock: Clock

    async def __call__(self, code: str, name: str) -> Seller:
        """Keep the seller and answer it."""
        name = name.strip()
        if not 0 < len(name) <= 200:
            raise Invalid(problems=[Problem("#/name", "A seller's name has 1 to 200 characters.")])
        seller = Seller(self.ids.new("sel"), seller_code(code, "#/code"), name, self.clock.now_ms())
        await self.store.add_seller(seller)
        return seller


@dataclass(frozen=True, slots=True)
class FindSellers:
    """Sellers by code; one indexed read."""

    store: UserStore

    async def __call__(self, code: str) -> Seller:
        """The seller. Raises: NoSuchSeller."""
        seller = await self.store.seller(code)
        if seller is None:
            raise NoSuchSeller(f"There is no seller {code!r}.", seller=code)
        return seller

    async def exists(self, code: str) -> bool:
        """Whether someone sells under this code."""
        return await self.store.seller(code) is not None

    async def all(self) -> Sequence[Seller]:
        """All sellers by code."""
        return await self.store.sellers()
