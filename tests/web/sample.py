"""A small market for page tests: in-memory use cases that answer in the shapes of the real ones.

Twelve hand-written things in three stalls, four warehouses, three PIN codes, and whatever hostile things a test adds.
Pages are tested against it where a case is easier to make than to find; journeys run on the real shop (tests/browser).
"""

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from haat.errors import Malformed, Problem
from haat.search.model import (
    Facet,
    Facets,
    FacetValue,
    Hit,
    Image,
    Price,
    Rating,
    SearchPage,
    SearchRequest,
    Unreachable,
)
from haat.serviceability.model import Place, Promise, Step
from haat.vocabulary import Clock, ShippingClass
from haat.web.messages import ItemViewed
from haat.web.storefront.item import ItemCategory, ItemDocument, ItemPicture, ItemVariant

ZONE = ZoneInfo("Asia/Kolkata")
FAR, NEAR, HILL = "744101", "560034", "263001"  # Port Blair, Bengaluru, Nainital
_WAREHOUSES = ("whs_blr", "whs_bhiwandi", "whs_delhi", "whs_kolkata")
_NAMES = dict(zip(_WAREHOUSES, ("Bengaluru", "Bhiwandi", "Delhi", "Kolkata"), strict=True))
_PLACES = {
    NEAR: Place(NEAR, 0, "Bengaluru", "Bengaluru", "Karnataka", 1, frozenset(), True),
    HILL: Place(HILL, 1, "Haldwani", "Nainital", "Uttarakhand", 2, frozenset({"heavy"}), True),
    FAR: Place(FAR, 2, "Port Blair", "Port Blair", "Andaman & Nicobar", 3, frozenset({"hazardous", "heavy"}), False),
}
# days from each warehouse to each hub; None: does not send there
_DAYS: tuple[tuple[int | None, ...], ...] = ((1, 4, 6), (2, 3, 7), (3, 1, None), (4, 3, 4))


@dataclass(frozen=True)
class SampleStock:
    warehouse: str
    free: int


@dataclass(frozen=True)
class SampleOffer:
    sku: str
    price_minor: int | None
    currency: str
    active: bool
    stock: Sequence[SampleStock]


@dataclass(frozen=True)
class Named:
    name: str


@dataclass(frozen=True)
class Thing:
    """A document and its offers."""

    item: ItemDocument
    offers: tuple[SampleOffer, ...]


def item_id(number: int) -> str:
    return "itm_" + f"{number:026d}"


def thing(
    number: int,
    title: str,
    category: str,
    price: int,
    *,
    attributes: Mapping[str, Any] | None = None,
    stock: Mapping[str, int] | None = None,
    picture: str | None = "",
    variants: Sequence[tuple[Mapping[str, Any], int, int]] = (),
    shipping: ShippingClass = "standard",
    **more: Any,
) -> Thing:
    """One thing; `variants` are (own attributes, price, units in the first warehouse)."""
    stock = {"whs_blr": 9, "whs_delhi": 9} if stock is None else stock
    names = CATEGORIES
    way = [".".join(category.split(".")[: n + 1]) for n in range(category.count(".") + 1)] if category else []
    forms = variants or (({}, price, sum(stock.values())),)
    made, offers = [], []
    for index, (own, cost, units) in enumerate(forms):
        sku = f"sahyadri.{number}-{index}"
        made.append(
            ItemVariant(sku, f"{number}-{index}", dict(own), ["8901234567894"], f"M-{number}", [], True, shipping)
        )
        rows = [SampleStock(w, n if not variants else min(n, units)) for w, n in stock.items()]
        offers.append(SampleOffer(sku, cost * 100, "INR", True, rows))
    key = f"p{number}" if picture == "" else picture
    item = ItemDocument(
        id=item_id(number),
        seller="sahyadri",
        status="active",
        title=title,
        category=category or None,
        categories=[ItemCategory(id_, names.get(id_, id_)) for id_ in way],
        attributes=dict(attributes or {}),
        pictures=[ItemPicture(key, f"{title}, from the front", 1200, 1200)] if key else [],
        variants=made,
        shipping_class=shipping,
        **{
            "units": {"capacity": "l", "weight": "kg", "length": "cm"},
            "labels": {"capacity": "Capacity", "weight": "Weight", "colour": "Colour", "waterproof": "Waterproof"},
            "brand": "Green Equipment",
            "rating": 4.5,
            "rating_count": 638 + number,
            "bullets": ["Carries 14 kg without a complaint", "The lid comes off"],
            "description": "A thing for three or four days in the hills.\n\nIt sits well.",
            **more,
        },
    )
    return Thing(item, tuple(offers))


CATEGORIES = {
    "outdoor": "Outdoor",
    "outdoor.bags": "Bags",
    "outdoor.tents": "Tents",
    "home": "Home & kitchen",
    "home.cookware": "Cookware",
    "books": "Books",
}


def market() -> list[Thing]:
    bags, tents, pots = "outdoor.bags", "outdoor.tents", "home.cookware"
    colours = [
        ({"colour": c}, 6499 + 100 * n, 4 * (c != "Stone")) for n, c in enumerate(("Navy", "Moss", "Clay", "Stone"))
    ]
    return [
        thing(
            1,
            "AlpinePack 45 l hiking backpack",
            bags,
            6499,
            attributes={"capacity": 45, "waterproof": True, "material": "Ripstop nylon"},
            variants=colours,
            axes=["colour"],
        ),
        thing(
            2,
            "Trailblaze 45 l hiking backpack",
            bags,
            4299,
            attributes={"capacity": 45, "waterproof": False},
            brand="Daybird",
        ),
        thing(
            3,
            "Expedition backpack 60 l, canvas, two side pockets",
            bags,
            7999,
            attributes={"capacity": 60, "waterproof": True},
            stock={"whs_bhiwandi": 2},
            brand="Quester",
        ),
        thing(
            4,
            "मोमजामा लगे कैनवस का बड़ा सफ़री झोला",
            bags,
            3799,
            attributes={"capacity": 30},
            brand=None,
            rating=None,
            rating_count=0,
        ),
        thing(
            5,
            "Survivor 2-person tent",
            tents,
            8999,
            attributes={"weight": 2.4, "waterproof": True},
            stock={"whs_delhi": 30},
        ),
        thing(
            6,
            "Explorer camping tent with awning, for 4",
            tents,
            14499,
            attributes={"weight": 11.5},
            stock={"whs_kolkata": 4},
            shipping="heavy",
        ),
        thing(7, "Copper pot, 3 l", pots, 2449, attributes={"capacity": 3}, picture=None, brand="Moradabad Metals"),
        thing(
            8,
            "Cast iron tawa, 28 cm",
            pots,
            1299,
            attributes={"length": 28},
            stock={"whs_blr": 3},
            brand="Moradabad Metals",
        ),
        thing(9, "Gas stove, two burners", pots, 3199, attributes={"length": 60}, shipping="hazardous", brand="Agni"),
        thing(10, "Monsoon notebooks, five", "books", 499, attributes={"pages": 120}, brand="Sahitya"),
        thing(11, "Rare print, sold out", "books", 12_34_567, attributes={"pages": 12}, stock={}, brand="Sahitya"),
        thing(12, "The road to Leh", "books", 349, attributes={"pages": 288}, brand="Sahitya"),
    ]


@dataclass
class SampleShop:
    """All use cases the pages call, over a list of things."""

    clock: Clock
    things: list[Thing] = field(default_factory=market)
    categories_by_id: dict[str, str] = field(default_factory=lambda: dict(CATEGORIES))
    watched: list[tuple[str, ItemViewed]] = field(default_factory=list)
    asked: list[SearchRequest] = field(default_factory=list)
    corrections: dict[str, str] = field(default_factory=lambda: {"bagpack": "backpack"})

    # Serviceability and Reach
    @property
    def reach(self) -> "SampleShop":
        return self

    @property
    def warehouses(self) -> Sequence[str]:
        return _WAREHOUSES

    @property
    def ordinals(self) -> Mapping[str, int]:
        return {id_: n for n, id_ in enumerate(_WAREHOUSES)}

    def place(self, pincode: str) -> Place | None:
        return _PLACES.get(pincode)

    def best(self, place: Place, ordinals: Iterable[int], shipping_class: ShippingClass, now_ms: int) -> Promise | None:
        found = [(days, n) for n in ordinals if (days := _DAYS[n][place.hub]) is not None]
        if not found or shipping_class in place.refuses:
            return None
        days, ordinal = min(found)
        return Promise(ordinal, days * 4, self._after(days + place.last_mile_days), place.cod)

    def explain(
        self, place: Place, warehouse: str, now_ms: int, shipping_class: ShippingClass
    ) -> Sequence[Step] | None:
        days = _DAYS[self.ordinals[warehouse]][place.hub]
        if days is None:
            return None
        door = days + place.last_mile_days
        return [
            Step("leaves_warehouse", self._after(1)),
            Step("reaches_hub", self._after(days)),
            Step("at_your_door", self._after(door)),
        ]

    def _after(self, days: int) -> datetime.date:
        today = datetime.datetime.fromtimestamp(self.clock.now_ms() / 1000, ZONE).date()
        for _ in range(days):
            today += datetime.timedelta(days=2 if today.weekday() == 5 else 1)
        return today

    # the ports that are one call each
    async def items(self, ids: Sequence[str]) -> Mapping[str, bytes]:
        return {t.item.id: msgspec.json.encode(t.item) for t in self.things if t.item.id in ids}

    async def offers(self, item_ids: Sequence[str]) -> Mapping[str, Sequence[SampleOffer]]:
        return {t.item.id: t.offers for t in self.things if t.item.id in item_ids}

    async def categories(self) -> Mapping[str, Named]:
        return {id_: Named(name) for id_, name in self.categories_by_id.items()}

    async def sellers(self, codes: Sequence[str]) -> Mapping[str, str]:
        return {"sahyadri": "Sahyadri Outfitters, Pune"}

    def warehouse_name(self, warehouse: str) -> str:
        return _NAMES.get(warehouse, "")

    async def watch(self, visitor: str, message: ItemViewed) -> None:
        self.watched.append((visitor, message))

    async def nearest(self, text: str) -> Sequence[str]:
        return ["tent", "backpack"]

    async def links(self, after: str, limit: int) -> Sequence[tuple[str, str, str]]:
        rows = sorted((t.item.id, t.item.title, "2026-11-20T10:00:00Z") for t in self.things)
        return [row for row in rows if row[0] > after][:limit]

    # search
    async def find(self, request: SearchRequest) -> SearchPage:
        self.asked.append(request)
        if request.pincode and self.place(request.pincode) is None:
            return SearchPage(hits=(), facets=Facets(), total=0, unreachable=Unreachable(), reason="pincode_not_served")
        q, corrected = request.q, None
        for wrong, right in self.corrections.items():
            if wrong in q.lower():
                q = corrected = q.lower().replace(wrong, right)
        matching = [(t, hit) for t in self.things for hit in [self._hit(t, request)] if self._matches(t, request, q)]
        shown = [(t, hit) for t, hit in matching if self._shown(hit, request)]
        never = sum(hit.deliverable is False and hit.stock_hint != "out_of_stock" for _, hit in matching)
        by_day = [hit.eta for _, hit in matching if hit.eta is not None]
        later = sum(bool(request.deliver_by) and eta > (request.deliver_by or "") for eta in by_day)
        shown.sort(key=lambda pair: _order(pair[1], request.sort))
        start = _opened(request.cursor)
        page = shown[start : start + request.limit]
        end = start + len(page)
        return SearchPage(
            hits=tuple(hit for _, hit in page),
            facets=self._facets([t for t, _ in shown], by_day, request) if request.facets else Facets(),
            total=len(shown),
            unreachable=Unreachable(later, never) if request.pincode else Unreachable(),
            next=f"c{end}" if end < len(shown) else None,
            corrected=corrected,
        )

    def _matches(self, t: Thing, request: SearchRequest, q: str) -> bool:
        item, first = t.item, t.offers[0]
        values = {
            name: str(value).lower() if isinstance(value, bool) else str(value)
            for name, value in item.attributes.items()
        }
        cost = first.price_minor or 0
        return (
            all(word in f"{item.title} {item.brand} {item.category}".lower() for word in q.lower().split())
            and (not request.category or f"{item.category}.".startswith(request.category + "."))
            and (not request.brands or item.brand in request.brands)
            and all(_one_of(values.get(name), wanted) for name, wanted in request.attributes.items())
            and (request.price_min_minor is None or cost >= request.price_min_minor)
            and (request.price_max_minor is None or cost <= request.price_max_minor)
        )

    def _hit(self, t: Thing, request: SearchRequest) -> Hit:
        item, offer = t.item, t.offers[0]
        place = self.place(request.pincode) if request.pincode else None
        rows = [row for o in t.offers for row in o.stock if row.free > 0]
        left = sum(row.free for row in offer.stock)
        promise = None
        if place is not None and rows:
            ordinals = [self.ordinals[row.warehouse] for row in rows]
            promise = self.best(place, ordinals, item.shipping_class, self.clock.now_ms())
        picture = item.pictures[0] if item.pictures else None
        return Hit(
            item_id=item.id,
            sku=offer.sku,
            title=item.title,
            brand=item.brand,
            price=Price(offer.price_minor, offer.currency) if offer.price_minor is not None else None,
            image=Image(picture.key, picture.alt, picture.width, picture.height) if picture else None,
            rating=Rating(item.rating, item.rating_count) if item.rating is not None else None,
            deliverable=None if place is None else promise is not None,
            eta=promise.date.isoformat() if promise else None,
            stock_hint="out_of_stock" if not rows else "few_left" if left <= 5 else "in_stock",
            variants=len(item.variants),
        )

    @staticmethod
    def _shown(hit: Hit, request: SearchRequest) -> bool:
        if hit.stock_hint == "out_of_stock":
            return not request.in_stock
        if request.pincode and hit.eta is None:
            return False
        return not request.deliver_by or (hit.eta is not None and hit.eta <= request.deliver_by)

    def _facets(self, shown: Sequence[Thing], days: Sequence[str], request: SearchRequest) -> Facets:
        depth = request.category.count(".") + 1 if request.category else 0
        categories: dict[str, int] = {}
        for t in shown:
            parts = (t.item.category or "").split(".")
            if len(parts) > depth:
                id_ = ".".join(parts[: depth + 1])
                categories[id_] = categories.get(id_, 0) + 1
        attributes = []
        for name in dict.fromkeys(name for t in shown for name in t.item.attributes):
            counts = _counts(_plain(t.item.attributes[name]) for t in shown if name in t.item.attributes)
            values = tuple(FacetValue(value=v, count=n) for v, n in counts.items())
            kind: Any = "boolean" if {"true", "false"} & counts.keys() else "number"
            label, unit = ITEM_LABELS.get(name, ("", ""))
            attributes.append(Facet(name=name, kind=kind, label=label, unit=unit, values=values))
        unique = sorted(set(days))
        return Facets(
            category=tuple(FacetValue(value=c, count=n, label=self.categories_by_id[c]) for c, n in categories.items()),
            brand=tuple(
                FacetValue(value=b, count=n) for b, n in _counts(t.item.brand for t in shown if t.item.brand).items()
            ),
            price=(
                FacetValue(value="0..499900", count=7, min=0, max=499900),
                FacetValue(value="500000..", count=4, min=500000),
            ),
            arrives_by=tuple(FacetValue(value=d, count=sum(day <= d for day in days)) for d in unique),
            attributes=tuple(attributes),
        )


ITEM_LABELS = {
    "capacity": ("Capacity", "l"),
    "weight": ("Weight", "kg"),
    "length": ("Length", "cm"),
    "waterproof": ("Waterproof", ""),
}


def _plain(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _counts(values: Iterable[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for value in values:
        found[value] = found.get(value, 0) + 1
    return found


def _one_of(value: str | None, wanted: Sequence[str]) -> bool:
    return value is not None and value in wanted


def _order(hit: Hit, sort: str) -> Any:
    cost = hit.price.minor if hit.price else 0
    return {
        "price": cost,
        "price_desc": -cost,
        "rating": -(hit.rating.average if hit.rating else 0),
        "newest": [-ord(c) for c in hit.item_id],
        "fastest": hit.eta or "9",
    }.get(sort, 0)


def _opened(cursor: str | None) -> int:
    if cursor is None:
        return 0
    if not cursor.startswith("c") or not cursor[1:].isdigit():
        raise Malformed(problems=[Problem("cursor", "This cursor is not one that we gave.")])
    return int(cursor[1:])


def with_item(t: Thing, **changes: Any) -> Thing:
    """The same thing with a changed document."""
    return replace(t, item=msgspec.structs.replace(t.item, **changes))


__all__ = ["FAR", "HILL", "NEAR", "SampleShop", "Thing", "item_id", "market", "thing", "with_item"]
