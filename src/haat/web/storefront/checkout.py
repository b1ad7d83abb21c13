"""Checkout: one page, guests first. After any error every field is as it was; the same form twice is one order."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import msgspec
from litestar import Response
from litestar.response import Redirect

from haat.cart.take_out import Ordered, TakeOut
from haat.cart.view import CartView
from haat.engines.sql.idempotency import Claim
from haat.errors import Conflict, HaatError, Invalid, Problem, Unavailable
from haat.http.identity import buyer_of_call
from haat.orders.model import HOLD_MS, Address, CartMoved, Method, OnLatePayment
from haat.orders.place import OrderGiven, PlaceCommand, PlaceOrder
from haat.vocabulary import Clock
from haat.web.ports import LookIntoCart
from haat.web.storefront import words
from haat.web.storefront.address import pairs_of
from haat.web.storefront.buying import METHODS, MethodView, ParcelView, SumsView, cart_parcels, methods, sums_of
from haat.web.storefront.cart import price_notes, unpriced
from haat.web.storefront.frame import Visit
from haat.web.storefront.render import Renderer, page

_FIELDS: Final = ("name", "phone", "pincode", "email", "street", "payment", "on_late_payment", "quote", "checkout_id")
_IDS: Final[Mapping[str, str]] = {"pincode": "pincode-to", "line1": "street", "line2": "street", "method": "payment"}
_LINE_CHARS: Final = 200
_FORM_BYTES: Final = 16_384
OK: Final = 200


@dataclass(slots=True)
class FormView:
    """What was typed, and what is wrong with it, by the id of the field."""

    values: Mapping[str, str]
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def summary(self) -> str:
        """The heading over the errors."""
        count = len(self.errors)
        return {0: "", 1: "One thing to put right"}.get(count, f"{count} things to put right")


@dataclass(slots=True)
class CheckoutPage:
    """All that checkout.html places."""

    checkout_id: str
    quote: str
    form: FormView
    place: str
    methods: list[MethodView]
    reorder: bool
    hold_minutes: int
    button: str
    parcels: list[ParcelView]
    totals: SumsView
    notes: list[str]


@dataclass(frozen=True, slots=True)
class CheckoutPages:
    """`/checkout`. The order is made by the same use case as the API's."""

    look: LookIntoCart
    place_order: PlaceOrder
    take_out: TakeOut
    render: Renderer
    clock: Clock
    online: bool  # payments over a gateway are taken

    async def show(self, visit: Visit) -> Response[bytes] | Redirect:
        """The empty form; the cart when there is nothing to order."""
        cart = await self.look(await buyer_of_call(visit.request), visit.pincode)
        if unpriced(cart):
            raise Unavailable("Nobody can say what the cart costs now.")
        if not cart.ok and not any(not line.problem for line in cart.lines):
            return Redirect("/cart", status_code=303)
        form = FormView({"pincode": visit.pincode, "payment": "upi" if self.online else "cod"})
        return self._page(visit, cart, form, price_notes(cart))

    async def order(self, visit: Visit, body: bytes) -> Response[bytes] | Redirect:
        """Place the order and go on to pay. What is wrong, or has changed since, is said on the same form."""
        typed = dict(pairs_of(body)) if len(body) <= _FORM_BYTES else {}
        values = {name: typed.get(name, "") for name in _FIELDS}
        owner = await buyer_of_call(visit.request)
        try:
            given = await self._place(owner, values)
        except Invalid as error:
            errors: dict[str, str] = {}
            for problem in error.problems:
                name = problem.pointer.rpartition("/")[2]
                errors.setdefault(_IDS.get(name, name), problem.detail)
            return await self._again(visit, values, 422, errors=errors)
        except CartMoved:
            return Redirect("/cart", status_code=303)
        except Conflict as error:
            return await self._again(visit, values, 409, note=str(error))
        lines = [(line.sku, line.quantity) for line in (await self.look(owner, values["pincode"].strip())).lines]
        if lines:
            await self.take_out([Ordered(given.id, owner, lines, self.clock.now_ms())])
        to = f"/pay/{given.payment.id}" if given.payment.redirect_url else f"/orders/{given.id}"
        return Redirect(to, status_code=303, headers={"cache-control": "no-store"})

    async def _place(self, owner: str, values: Mapping[str, str]) -> OrderGiven:
        """The order, new or as it was made by this very form before. Raises: Invalid, Conflict, Unavailable."""
        street = " ".join(values["street"].split())
        cut = street.rfind(" ", 0, _LINE_CHARS + 1) if len(street) > _LINE_CHARS else len(street)
        address = Address(
            name=values["name"],
            phone=values["phone"],
            line1=street[:cut],
            line2=street[cut:].strip(),
            pincode=values["pincode"].strip(),
            email=values["email"],
        )
        asked = hashlib.sha256(msgspec.json.encode(dict(sorted(values.items())))).hexdigest()
        checkout_id = values["checkout_id"]
        command = PlaceCommand(
            owner=owner,
            checkout_id=checkout_id,
            wanted=None,
            address=address,
            method=_method(values["payment"]),
            claim=Claim(owner, f"page-{checkout_id[:40]}-{asked[:40]}", asked),
            on_late_payment=_late(values["on_late_payment"]),
            quote=values["quote"],
        )
        answer = await self.place_order(command)
        return msgspec.json.decode(answer.body, type=OrderGiven)

    async def _again(
        self,
        visit: Visit,
        values: Mapping[str, str],
        status: int,
        *,
        errors: dict[str, str] | None = None,
        note: str = "",
    ) -> Response[bytes] | Redirect:
        pincode = values["pincode"].strip()
        owner = await buyer_of_call(visit.request)
        try:
            cart = await self.look(owner, pincode or visit.pincode)
        except HaatError:  # the PIN code is no PIN code: the form says so, the sums stay as they were
            cart = await self.look(owner, visit.pincode)
        if not cart.lines:
            return Redirect("/cart", status_code=303)
        notes = [note, "Look at the new days and sums below, then order again."] if note else []
        return self._page(visit, cart, FormView(values, errors or {}), notes, status)

    def _page(
        self, visit: Visit, cart: CartView, form: FormView, notes: list[str], status: int = OK
    ) -> Response[bytes]:
        parcels = cart_parcels(cart, visit.today)
        pincode = form.values.get("pincode", "").strip()
        place = visit.reach.place(pincode) if pincode.isascii() and pincode.isdigit() else None
        chosen = form.values.get("payment", "")
        amount = words.money(cart.totals.total_minor, cart.totals.currency)
        units = sum(line.quantity for line in cart.lines if not line.problem)
        left_out = [line for line in cart.lines if line.problem]
        if left_out:
            notes = [*notes, *(f"{line.title}: {line.detail}" for line in left_out)]
        view = CheckoutPage(
            checkout_id=cart.checkout_id,
            quote=cart.quote,
            form=form,
            place=", ".join(part for part in (place.city or place.hub_name, place.state) if part) if place else "",
            methods=methods(chosen, cart.cash_on_delivery or not pincode, self.online),
            reorder=form.values.get("on_late_payment") == "reorder",
            hold_minutes=HOLD_MS // 60_000,
            button=f"Order and pay {amount}",
            parcels=parcels,
            totals=sums_of(cart.totals, units, len(parcels)),
            notes=notes,
        )
        title = "Error: Checkout | haat" if form.errors else "Checkout | haat"
        frame = visit.frame(title, robots="noindex")
        body = self.render("checkout.html", page=view, frame=frame)
        # the empty form holds nothing private, and only what may be kept is given back with its fields by "Back"
        kept = {"cache_control": "no-store"} if status != OK else {}
        return page(visit.request, body, status, **kept)


def _method(text: str) -> Method:
    """Raises: Invalid when it is no way to pay."""
    if text not in METHODS:
        raise Invalid(problems=[Problem("#/payment/method", "Choose how to pay.")])
    return text  # type: ignore[return-value]  # one of the four


def _late(text: str) -> OnLatePayment:
    return "reorder" if text == "reorder" else "refund"
