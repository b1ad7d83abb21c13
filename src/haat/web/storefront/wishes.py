"""The wishlist's page and its forms."""

from collections.abc import Mapping
from dataclasses import dataclass

from litestar import Response
from litestar.response import Redirect

from haat.cart.put_line import PutLine
from haat.errors import Conflict, NotFound
from haat.http.identity import buyer_of_call, writing_buyer
from haat.vocabulary import Ids
from haat.web.storefront import words
from haat.web.storefront.address import item_path, pairs_of, same_site
from haat.web.storefront.buying import picture_at
from haat.web.storefront.frame import Visit
from haat.web.storefront.render import Renderer, page
from haat.web.storefront.views import Amount, Due, Picture
from haat.wishlist.put_wish import PutWish
from haat.wishlist.read_wishlist import ReadWishlist, WishView
from haat.wishlist.remove_wish import RemoveWish


@dataclass(frozen=True, slots=True)
class WishCard:
    """One item on the list."""

    item_id: str
    sku: str | None
    title: str
    url: str
    picture: Picture | None
    price: Amount | None
    due: Due
    tell_back: bool


@dataclass(frozen=True, slots=True)
class WishlistPage:
    """All that wishlist.html places."""

    wishes: list[WishCard]


@dataclass(frozen=True, slots=True)
class WishPages:
    """`/wishlist`."""

    read: ReadWishlist
    put: PutWish
    remove: RemoveWish
    put_line: PutLine
    ids: Ids
    render: Renderer

    async def show(self, visit: Visit) -> Response[bytes]:
        """The list, the newest first."""
        pincode = visit.pincode if visit.place else ""
        found = await self.read(await buyer_of_call(visit.request), pincode)
        view = WishlistPage([_card(wish, visit) for wish in found.wishes])
        body = self.render("wishlist.html", page=view, frame=visit.frame("Your wishlist | haat", robots="noindex"))
        return page(visit.request, body, cache_control="no-store")

    async def change(self, visit: Visit, body: bytes) -> Redirect:
        """One form: remember, be told, remove, or into the cart. Raises: NotFound, Conflict, Unavailable."""
        form = dict(pairs_of(body))
        to = "/wishlist"
        if form.get("do") == "remove":  # who has no list is given none for it
            await self.remove(await buyer_of_call(visit.request), form.get("item_id", ""))
        else:
            async with writing_buyer(visit.request, self.ids) as owner:
                to = await self._do(owner, form)
        return Redirect(same_site(form.get("next", to)), status_code=303, headers={"cache-control": "no-store"})

    async def _do(self, owner: str, form: Mapping[str, str]) -> str:
        item_id, act = form.get("item_id", ""), form.get("do", "")
        if act == "cart":
            try:
                await self.put_line(owner, form.get("sku", ""), 1, at_least=True)
            except (NotFound, Conflict):
                return "/wishlist"  # the list says what became of it
            await self.remove(owner, item_id)
            return "/cart"
        await self.put(owner, item_id, tell_back=act == "tell")
        return "/wishlist"


def _card(wish: WishView, visit: Visit) -> WishCard:
    return WishCard(
        item_id=wish.item_id,
        sku=wish.sku,
        title=wish.title or "A thing that is no longer here",
        url=item_path(wish.title or "item", wish.item_id, wish.sku),
        picture=picture_at(wish.picture),
        price=Amount.of(wish.price_minor, wish.currency) if wish.price_minor is not None else None,
        due=_due(wish, visit),
        tell_back=wish.tell_back,
    )


def _due(wish: WishView, visit: Visit) -> Due:
    if wish.sold_out or wish.gone:
        return Due("gone")
    if wish.promised_on is not None:
        return Due("by", words.day(wish.promised_on, visit.today))
    return Due("not", pincode=visit.pincode) if wish.deliverable is False else Due("unknown")
