"""Which item a supplier's code stands for, for those who make items without a feed."""

from dataclasses import dataclass

from haat.engines.sql.ports import Refused
from haat.inbound.ports import FeedStore
from haat.vocabulary import Ids


@dataclass(frozen=True, slots=True)
class IdentifyItem:
    """The item id of a seller's code, minted the first time and the same for ever."""

    store: FeedStore
    ids: Ids

    async def __call__(self, seller: str, code: str) -> str:
        """The id. One round trip. Raises: Unavailable."""
        new_id = self.ids.new("itm")
        try:
            return await self.store.identity(seller, code, new_id)
        except Refused:  # someone else minted it a moment ago: theirs is there now
            return await self.store.identity(seller, code, new_id)
