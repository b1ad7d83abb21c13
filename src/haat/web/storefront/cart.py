"""The cart's page and the small forms that change it: each ends in a redirect, so that nothing is sent twice."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from litestar import Response
from litestar.response import Redirect

from haat.cart.model import MAX_UNITS
from haat.cart.put_line import PutLine
from haat.cart.view import NOT_KNOWN_NOW, CartView
from haat.errors import Conflict, NotFound
from haat.http.identity import buyer_of_call, writing_buyer
from haat.vocabulary import Ids
from haat.web.ports import LookIntoCart, Wish
from haat.web.storefront import words
from haat.web.storefront.address import pairs_of, same_site
from haat.web.storefront.buying import LineView, ParcelView, SumsView, cart_line, cart_parcels, days_of, sums_of
from haat.web.storefront.frame import Visit
from haat.web.storefront.render import Renderer, page

UNPRICED: Final = (
    "We cannot read prices and stock at the moment: our fault, not yours. All you chose is kept here. "
    "Look again in a moment."
)


@dataclass(slots=True)
class CartPage:
    """All that cart.html places."""

    version: int
    parcels: list[ParcelView]
    apart: list[LineView]
    apart_heading: str
    totals: SumsView
    days: str
    notes: list[str] = field(default_factory=list)
    wishes: bool = True
    priced: bool = True  # False: nobody can say at the moment what it costs


@dataclass(frozen=True, slots=True)
class CartPages:
    """`/cart` and its forms."""

    look: LookIntoCart
    put: PutLine
    wish: Wish
    ids: Ids
    render: Renderer

    async def show(self, visit: Visit, note: str = "", status: int = 200) -> Response[bytes]:
        """The cart, priced and promised at this moment. Cost: one brief read and a quote."""
        cart = await self.look(await buyer_of_call(visit.request), visit.pincode)
        view = cart_page(cart, visit)
        if note:
            view.notes.insert(0, note)
        frame = visit.frame("Your cart | haat", robots="noindex")
        frame.things = cart.units
        return page(visit.request, self.render("cart.html", page=view, frame=frame), status, cache_control="no-store")

    async def change(self, visit: Visit, body: bytes) -> Response[bytes] | Redirect:
        """One form: other units, removed, or kept for later. What cannot be done is said on the cart's page."""
        form = dict(pairs_of(body))
        sku = form.get("sku", "")
        try:
            async with writing_buyer(visit.request, self.ids) as owner:
                if form.get("later"):
                    await self.wish(owner, form.get("item_id", ""), tell_back=False)
                    await self.put(owner, sku, 0)
                elif (units := _units(form)) is None:
                    return await self.show(visit, f"Write a number from 0 to {MAX_UNITS}.", 422)
                else:
                    pin = visit.pincode if visit.place else ""
                    await self.put(owner, sku, units, pin=pin, at_least="add" in form)
        except (Conflict, NotFound) as error:
            return await self.show(visit, str(error), error.status)
        return Redirect(same_site(form.get("next", "/cart")), status_code=303, headers={"cache-control": "no-store"})


def cart_page(cart: CartView, visit: Visit) -> CartPage:
    """The page of a cart."""
    parcels = cart_parcels(cart, visit.today)
    apart = [cart_line(line) for line in cart.lines if line.problem]
    units = sum(line.quantity for line in cart.lines if not line.problem)
    beyond = all(line.elsewhere for line in apart) and bool(visit.pincode)
    return CartPage(
        version=cart.version,
        parcels=parcels,
        apart=apart,
        apart_heading="Kept for you"
        if unpriced(cart)
        else f"This does not reach {visit.pincode}"
        if beyond
        else "This cannot be ordered as it is",
        totals=sums_of(cart.totals, units, len(parcels)),
        days=days_of(parcels),
        priced=not unpriced(cart),
        notes=[UNPRICED] if unpriced(cart) else price_notes(cart),
    )


def unpriced(cart: CartView) -> bool:
    """Whether nobody can say at the moment what lies in it costs."""
    return any(line.problem == NOT_KNOWN_NOW for line in cart.lines)


def price_notes(cart: CartView) -> list[str]:
    """What has another price than when it was put in."""
    return [
        f"{line.title} is now {words.money(line.price_minor, line.currency)} "
        f"(it was {words.money(line.price_was_minor, line.currency)})."
        for line in cart.lines
        if line.price_was_minor is not None and line.price_minor is not None
    ]


def _units(form: Mapping[str, Any]) -> int | None:
    """The units a form asks for: a button's own, else what was typed. None when it is no number of units."""
    text = str(form.get("to") if "to" in form else form.get("quantity", "")).strip()
    if not (text.isascii() and text.isdigit() and len(text) <= 3):
        return None
    units = int(text)
    return units if units <= MAX_UNITS else None
