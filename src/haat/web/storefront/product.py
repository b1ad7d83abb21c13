"""The product page: pictures, variants, price, the day it arrives and its way, facts, and linked data."""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import nh3
from litestar import Response
from litestar.response import Redirect
from markupsafe import Markup

from haat.cart.model import MAX_UNITS
from haat.errors import NotFound, Unavailable
from haat.search.model import SearchRequest
from haat.serviceability.model import Promise
from haat.web.messages import ItemViewed
from haat.web.ports import Find, Items, Offer, Offers, SellerNames, WarehouseNames, Watch
from haat.web.storefront import words
from haat.web.storefront.address import Query, item_of, item_path, pairs_of
from haat.web.storefront.as_of import AS_OF, last_known, name_of
from haat.web.storefront.colours import paint
from haat.web.storefront.frame import Visit
from haat.web.storefront.item import (
    Forms,
    ItemDocument,
    ItemVariant,
    axes_of,
    read_item,
    sellable,
    stocked,
)
from haat.web.storefront.linked import description_of, linked_item
from haat.web.storefront.render import Renderer, json_ld, page
from haat.web.storefront.views import Amount, Due, Link, Picture, Shelf, Stars, card_of, picture_of, stars

MAX_PICTURES: Final = 12
MAX_OPTIONS: Final = 60
FEW_LEFT: Final = 5
_TAGS: Final = {
    "p",
    "br",
    "ul",
    "ol",
    "li",
    "b",
    "strong",
    "i",
    "em",
    "h3",
    "h4",
    "table",
    "tbody",
    "tr",
    "th",
    "td",
    "sub",
    "sup",
}
_SIZES: Final = "(min-width: 80rem) 41rem, (min-width: 60rem) 50vw, 100vw"
_COLOUR_AXES: Final = frozenset({"colour", "color", "shade", "finish"})


@dataclass(frozen=True, slots=True)
class Option:
    """One value of an axis."""

    words: str
    url: str
    current: bool
    gone: bool
    difference: str
    paint: str


@dataclass(frozen=True, slots=True)
class Axis:
    """One way in which variants differ."""

    label: str
    chosen: str
    options: list[Option]


@dataclass(frozen=True, slots=True)
class StepView:
    """One step of the way."""

    name: str
    words: str


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of the facts."""

    label: str
    words: str


@dataclass(slots=True)
class ProductPage:
    """All that product.html places."""

    title: str
    trail: list[Link]
    brand: str
    brand_url: str
    rating: Stars | None
    price: Amount | None
    pictures: list[Picture]
    axes: list[Axis]
    due: Due
    facts: list[Fact]
    bullets: list[str]
    paragraphs: list[str]
    description_html: Markup | str
    sizes: str = _SIZES
    due_words: str = ""
    pin_hint: str = ""
    steps: list[StepView] = field(default_factory=list)
    terms: list[str] = field(default_factory=list)
    hint: str = ""
    as_of: str = ""  # price and date are not those of this moment
    ways: list[Link] = field(default_factory=list)
    sold_by: str = ""
    sent_from: str = ""
    item_id: str = ""
    sku: str = ""
    units: int = 0  # how many may be put into the cart; 0: none
    gone: bool = False  # sold out: one can ask to be told
    shelf: Shelf | None = None
    json_ld: Markup | str = ""
    share_picture: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """The variant a page is about, and what can be said of it."""

    variant: ItemVariant | None
    offer: Offer | None
    promise: Promise | None
    offers: Mapping[str, Offer]


@dataclass(frozen=True, slots=True)
class ProductPages:
    """`/i/{slug}-{item id}`. Two round trips (document, offers), one search for the shelf."""

    find: Find
    items: Items
    offers: Offers
    sellers: SellerNames
    warehouses: WarehouseNames
    render: Renderer
    last_offers: Offers
    watch: Watch | None = None

    async def __call__(self, visit: Visit, segment: str) -> Response[bytes] | Redirect:
        """The page, or the way to its present address. Raises: NotFound, Unavailable."""
        asked = item_of(segment)
        if asked is None:
            raise NotFound("There is no such thing here.")
        documents, (offers, as_of) = await asyncio.gather(
            self.items([asked[1]]), last_known(asked[1], self.offers, self.last_offers)
        )
        document = documents.get(asked[1])
        item = read_item(document) if document is not None else None
        if item is None or item.status != "active":
            raise NotFound("This thing is not in the market, or not any more.")
        sku = next((value for name, value in pairs_of(visit.request.scope["query_string"]) if name == "sku"), "")
        if asked[0] != words.slug(item.title):
            known = sku if any(v.sku == sku for v in item.variants) else None
            return Redirect(item_path(item.title, item.id, known), status_code=301)
        choice = _choose(item, {offer.sku: offer for offer in offers.get(item.id, ())}, sku, visit)
        view = _view(item, choice, visit)
        if as_of:
            view.as_of, view.hint = AS_OF, ""
        view.sold_by, view.shelf = await asyncio.gather(name_of(item.seller, self.sellers), self._shelf(item, visit))
        self._way(view, item, choice, visit)
        frame = visit.frame(f"{item.title} | haat", root=(item.category or "").partition(".")[0])
        frame.canonical = visit.origin + item_path(item.title, item.id)
        frame.description = description_of(item)
        if view.pictures:
            view.share_picture = visit.origin + view.pictures[0].src
        view.json_ld = json_ld(linked_item(item, choice.variant, choice.offers, visit.origin))
        await self._watched(item, choice, visit)
        return page(visit.request, self.render("product.html", page=view, frame=frame))

    async def _watched(self, item: ItemDocument, choice: Choice, visit: Visit) -> None:
        """Tell that a person looked at it; a browser that only fetches ahead has not."""
        ahead = "prefetch" in visit.request.headers.get("sec-purpose", "")
        if self.watch is None or not visit.visitor or ahead:
            return
        offer = choice.offer
        viewed = ItemViewed(
            item_id=item.id,
            sku=choice.variant.sku if choice.variant else None,
            category=item.category,
            price_minor=offer.price_minor if offer is not None else None,
            currency=offer.currency if offer is not None else None,
            pincode=visit.pincode or None,
            promised=choice.promise.date.isoformat() if choice.promise else None,
        )
        await self.watch(visit.visitor, viewed)

    def _way(self, view: ProductPage, item: ItemDocument, choice: Choice, visit: Visit) -> None:
        """The promise in words and the steps of the way, when there is one."""
        place, promise, variant = visit.place, choice.promise, choice.variant
        if place is None or promise is None or variant is None:
            return
        warehouse = visit.reach.warehouses[promise.warehouse]
        view.sent_from = self.warehouses(warehouse)
        view.due_words = f"To {place.pincode} {place.city or place.hub_name}".strip() + "."
        view.terms = [f"Pay on delivery: {'yes' if promise.cod else 'no'}"]
        names = {
            "leaves_warehouse": (view.sent_from or "Warehouse", "leaves "),
            "reaches_hub": (f"{place.hub_name} hub", ""),
            "at_your_door": ("Your door", ""),
        }
        steps = visit.reach.explain(place, warehouse, visit.now_ms, item.travels_as(variant.sku)) or ()
        for step in steps:
            name, before = names[step.name]
            view.steps.append(StepView(name, before + words.day(step.date, visit.today).words))

    async def _shelf(self, item: ItemDocument, visit: Visit) -> Shelf | None:
        """More of the same category, soonest first where a PIN code is known."""
        if not item.category:
            return None
        pincode = visit.pincode if visit.place else None
        request = SearchRequest(category=item.category, pincode=pincode, sort="rating", limit=13, facets=False)
        try:
            found = await self.find(request)
        except Unavailable:  # a page without its shelf, rather than none
            return None
        cards = [card_of(hit, visit.pincode, visit.today) for hit in found.hits if hit.item_id != item.id][:12]
        if not cards:
            return None
        name = visit.tree.names.get(item.category, item.category)
        more = "See all" if found.degraded else f"All {words.grouped(found.total)}"
        heading = f"Also in {name}" + (", and reaches you" if pincode else "")
        return Shelf(heading, cards, f"/c/{item.category}", more)


def _choose(item: ItemDocument, offers: Mapping[str, Offer], sku: str, visit: Visit) -> Choice:
    """The variant asked for; else the one that arrives first, the cheaper of equals; else the first."""
    active = [v for v in item.variants if v.active]
    asked = next((v for v in item.variants if v.sku == sku), None)
    promises = {v.sku: _promise(v, offers.get(v.sku), visit) for v in ([asked] if asked else active)}
    if asked is None and active:

        def rank(variant: ItemVariant) -> tuple[bool, bool, int, int]:
            offer, promise = offers.get(variant.sku), promises[variant.sku]
            price = offer.price_minor if offer is not None and offer.price_minor is not None else 1 << 60
            return not sellable(offer), promise is None, promise.date.toordinal() if promise else 0, price

        asked = min(active, key=rank)
    if asked is None:
        return Choice(None, None, None, offers)
    return Choice(asked, offers.get(asked.sku), promises[asked.sku], offers)


def _promise(variant: ItemVariant, offer: Offer | None, visit: Visit) -> Promise | None:
    if offer is None or not sellable(offer) or not variant.active or visit.place is None:
        return None
    return visit.reach.best(visit.place, stocked(offer, visit.reach), variant.shipping_class, visit.now_ms)


def _view(item: ItemDocument, choice: Choice, visit: Visit) -> ProductPage:
    offer, variant = choice.offer, choice.variant
    due = _due(choice, visit)
    trail = [Link("Home", "/"), *(Link(c.name, f"/c/{c.id}") for c in item.categories), Link(item.title, "")]
    html = nh3.clean(item.description, tags=_TAGS, attributes={}) if _is_markup(item.description) else ""
    price = offer.price_minor if offer is not None else None
    view = ProductPage(
        title=item.title,
        trail=trail,
        brand=item.brand or "",
        brand_url=Query(brands=(item.brand,)).url() if item.brand else "",
        rating=stars(item.rating, item.rating_count),
        price=Amount.of(price, offer.currency) if offer is not None and price is not None else None,
        pictures=_pictures(item, variant),
        axes=_axes(item, choice),
        due=due,
        facts=_facts(item, variant),
        bullets=[bullet for bullet in item.bullets if bullet.strip()],
        paragraphs=[] if html else [p.strip() for p in re.split(r"\n\s*\n|\r\n|\n", item.description) if p.strip()],
        description_html=Markup(html),  # noqa: S704  # cleaned just above, a second time after the catalogue
        pin_hint="" if visit.place else "You see only what reaches you, with its date.",
    )
    _say(view, item, choice, visit)
    return view


def _due(choice: Choice, visit: Visit) -> Due:
    variant = choice.variant
    if variant is None or not variant.active or not sellable(choice.offer):
        return Due("gone")
    if visit.place is None:
        return Due("unknown")
    if choice.promise is None:
        return Due("not", pincode=visit.pincode)
    return Due("by", words.day(choice.promise.date, visit.today))


def _say(view: ProductPage, item: ItemDocument, choice: Choice, visit: Visit) -> None:
    """Few left, why it does not reach, and the ways on."""
    view.item_id, view.sku = item.id, choice.variant.sku if choice.variant else ""
    view.gone = view.due.kind == "gone"
    category = item.category or ""
    name = visit.tree.names.get(category, "")
    if view.due.kind == "not":
        view.due_words = "It is too heavy or not allowed on that road, or the seller does not send there."
        if name:
            view.ways = [Link(f"{name} that reach me", f"/c/{category}")]
    elif view.due.kind == "gone":
        view.due_words = "No date on a thing that is not there."
        if name:
            view.ways = [Link(f"More in {name}", f"/c/{category}")]
    elif choice.offer is not None:
        left = sum(row.free for row in choice.offer.stock if row.free > 0)
        view.units = min(MAX_UNITS, left)
        chosen = [axis.chosen for axis in view.axes if axis.chosen]
        if left <= FEW_LEFT:
            view.hint = f"Only {left} left" + (f" in {', '.join(chosen)}" if chosen else "")


def _pictures(item: ItemDocument, variant: ItemVariant | None) -> list[Picture]:
    """The variant's own pictures first, then the others."""
    count = len(item.pictures)
    own = [index for index in (variant.pictures if variant else []) if 0 <= index < count]
    order = [*own, *(index for index in range(count) if index not in own)]
    found = [picture_of(item.pictures[index], large=True) for index in order[:MAX_PICTURES]]
    return [picture for picture in found if picture is not None]


def _axes(item: ItemDocument, choice: Choice) -> list[Axis]:
    here = choice.variant
    names = axes_of(item)
    if here is None or not names:
        return []
    variants = [v for v in item.variants if v.active]
    forms = Forms(variants, names, {v.sku: sellable(choice.offers.get(v.sku)) for v in variants})
    return [_axis(item, name, here, choice, forms) for name in names]


def _axis(item: ItemDocument, name: str, here: ItemVariant, choice: Choice, forms: Forms) -> Axis:
    unit = item.units.get(name, "")
    values = {str(v.attributes[name]): v.attributes[name] for v in forms.variants if name in v.attributes}
    options: list[Option] = []
    for key, value in list(values.items())[:MAX_OPTIONS]:
        target = forms.nearest(here, name, key)
        said = words.attribute(value, unit)
        current = str(here.attributes.get(name)) == key
        options.append(
            Option(
                words=said,
                url=item_path(item.title, item.id, target.sku),
                current=current,
                gone=not forms.sold.get(here.sku if current else target.sku, False),
                difference="" if current else _difference(choice.offer, choice.offers.get(target.sku)),
                paint=paint(said) if name.lower() in _COLOUR_AXES else "",
            )
        )
    chosen = words.attribute(here.attributes[name], unit) if name in here.attributes else ""
    return Axis(item.labels.get(name) or words.label(name), chosen, options)


def _difference(here: Offer | None, there: Offer | None) -> str:
    if here is None or there is None or here.price_minor is None or there.price_minor is None:
        return ""
    more = there.price_minor - here.price_minor
    return f"{'+' if more > 0 else '−'} {words.money(abs(more), there.currency)}" if more else ""


def _facts(item: ItemDocument, variant: ItemVariant | None) -> list[Fact]:
    values = {**item.attributes, **(variant.attributes if variant else {})}
    facts = [
        Fact(item.labels.get(name) or words.label(name), words.attribute(value, item.units.get(name, "")))
        for name, value in values.items()
        if value not in ("", [])
    ]
    if item.brand:
        facts.insert(0, Fact("Brand", item.brand))
    if variant is not None:
        if variant.model:
            facts.append(Fact("Model number", variant.model))
        if variant.eans:
            facts.append(Fact("EAN", ", ".join(variant.eans[:3])))
        facts.append(Fact("Item code", variant.sku))
    return facts


def _is_markup(text: str) -> bool:
    """Whether a description was written as HTML: it has one of the tags we keep."""
    return re.search(r"<(?:p|br|ul|ol|li|b|strong|i|em|h3|h4|table)\b[^<>]*>", text, re.IGNORECASE) is not None
