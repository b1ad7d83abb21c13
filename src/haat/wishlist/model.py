"""Wishes: items somebody would like to have, later or when they are back."""

from typing import Final

import msgspec

from haat.errors import Conflict, NotFound

MAX_WISHES: Final = 200
"""Wishes one can put; a merge may lead to more: it loses nothing."""


class Wish(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One item on a wishlist. `sku`: the variant that was looked at, if any; `tell_back`: say when it is sold again."""

    item_id: str
    sku: str | None
    tell_back: bool
    added_ms: int


class UnknownItem(NotFound):
    """There is no such item, or the sku is not one of its variants. Nothing was changed."""

    code, title = "unknown-item", "There is no such item"


class WishlistFull(Conflict):
    """The wishlist has as many items as one may have. Nothing was changed."""

    code, title = "wishlist-full", "Your wishlist is full"
