"""What the catalogue needs from others, in its own words; app.py joins them."""

from typing import Protocol


class ItemIdentity(Protocol):
    """Which item a supplier's code stands for. Owned by the feeds' side, so that a feed and a request mean the same."""

    async def __call__(self, seller: str, code: str) -> str:
        """The item id of a seller's code, minted the first time and the same for ever. Raises: Unavailable."""
