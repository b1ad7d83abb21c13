"""What the catalogue does when it hears something."""

from collections.abc import Sequence
from typing import Final

import msgspec
from msgspec import Struct

from haat.catalog.fetch_pictures import FetchPictures
from haat.catalog.take import OfferedItem, TakeOffered
from haat.events.envelope import Event

_OFFERED: Final = "item.offered"
_CHANGED: Final = "item.changed"


class ItemsFromFeeds:
    """Puts what feeds offer into the catalogue."""

    name = "catalog-items"
    topics = ("items.inbound",)

    def __init__(self, take: TakeOffered) -> None:
        self._take = take

    async def __call__(self, events: Sequence[Event]) -> None:
        """Take a batch, all that can be taken, in one go; then report what cannot.

        Raises: InvalidItem or InvalidCategory of the first refused one (alone in its batch it is parked with it),
        msgspec.ValidationError for a payload that is not an offered item, Unavailable.
        """
        offered: list[OfferedItem] = []
        broken: msgspec.ValidationError | None = None
        for event in events:
            if event.type != _OFFERED:
                continue
            try:
                offered.append(event.read(OfferedItem))
            except msgspec.ValidationError as error:
                broken = broken or error
        refusals = await self._take(offered)
        if refusals:
            raise refusals[0].error
        if broken is not None:
            raise broken


class _Changed(Struct, frozen=True):
    item_id: str
    status: str


class PictureFetcher:
    """Fetches the pictures of items that changed. A consumer of its own, as it waits for other people's servers."""

    name = "catalog-pictures"
    topics = ("items",)

    def __init__(self, fetch_pictures: FetchPictures) -> None:
        self._fetch_pictures = fetch_pictures

    async def __call__(self, events: Sequence[Event]) -> None:
        """Fetch what these items lack. An item that is retired needs none. Raises: Unavailable."""
        changed = [event.read(_Changed) for event in events if event.type == _CHANGED]
        await self._fetch_pictures([one.item_id for one in changed if one.status != "retired"])
