"""Search by looking at every item: what the index must agree with. Reads the raw documents, shares no code with it."""

import datetime
import math
from collections import Counter
from dataclasses import dataclass
from typing import Any

from haat.search.model import SearchRequest
from haat.search.text.analyse import ParsedQuery
from haat.search.text.tokens import exact_key, tokens
from haat.serviceability.model import NOT_SERVED, Place
from haat.serviceability.reach import Reach
from tests.search.world import Market, Offer

CLASSES = ["standard", "heavy", "hazardous"]


@dataclass
class Fact:
    """All that matters about one item."""

    id: str
    words: set[str]
    keys: set[str]
    category: str | None
    brand: str | None
    prices: set[int]
    texts: dict[str, set[str]]
    numbers: dict[str, set[float]]
    stocked: bool
    warehouses: set[str]
    shipping_class: str


def sellable(variant: dict[str, Any], offers: dict[str, Offer]) -> set[str]:
    offer = offers.get(variant["sku"])
    if offer is None or not offer.active or offer.price_minor is None:
        return set()
    return {row.warehouse for row in offer.stock if row.free > 0}


def facts(market: Market) -> list[Fact]:
    found = []
    for item in market.documents.values():
        if item["status"] != "active":
            continue
        offers = {o.sku: o for o in market.offers.get(item["id"], [])}
        active = [v for v in item["variants"] if v["active"]]
        stocked = [v for v in active if sellable(v, offers)]
        relevant = stocked or active
        texts: dict[str, set[str]] = {}
        numbers: dict[str, set[float]] = {}
        for given in (item["attributes"], *(v["attributes"] for v in relevant)):
            for name, value in given.items():
                for single in value if isinstance(value, list) else [value]:
                    if isinstance(single, bool):
                        texts.setdefault(name, set()).add(str(single).lower())
                    elif isinstance(single, (int, float)):
                        numbers.setdefault(name, set()).add(float(single))
                    elif len(single) <= 120:
                        texts.setdefault(name, set()).add(single)
        spoken = [item["title"], item["description"], item["brand"] or "", *item["bullets"]]
        spoken += [c["name"] for c in item["categories"]]
        for given in (item["attributes"], *(v["attributes"] for v in relevant)):
            for name, value in given.items():
                unit = item["units"].get(name)
                for single in value if isinstance(value, list) else [value]:
                    if isinstance(single, str):
                        spoken.append(single)
                    elif unit and not isinstance(single, bool):
                        spoken.append(f"{single:g} {unit}")
        spoken += [v["model"] or "" for v in relevant] + [v["code"] for v in relevant]
        keys = {exact_key(k) for v in active for k in (v["sku"], v["code"], v["model"], *v["eans"]) if k}
        prices = {o.price_minor for v in relevant if (o := offers.get(v["sku"])) and o.price_minor is not None}
        classes = [CLASSES.index(v["shipping_class"]) for v in active] + [CLASSES.index(item["shipping_class"])]
        found.append(
            Fact(
                id=item["id"],
                words={t for text in spoken for t in tokens(text)},
                keys=keys | {exact_key(item["id"])},
                category=item["category"],
                brand=item["brand"],
                prices=prices,
                texts=texts,
                numbers=numbers,
                stocked=bool(stocked),
                warehouses={w for v in stocked for w in sellable(v, offers)},
                shipping_class=CLASSES[max(classes)],
            )
        )
    return found


def arrival(fact: Fact, reach: Reach, place: Place, now_ms: int) -> datetime.date | None:
    """The soonest date over all stocked warehouses, None if nothing goes there."""
    if fact.shipping_class in place.refuses:
        return None
    dates = reach.dates(place, now_ms)
    table = reach.codes[fact.shipping_class]  # type: ignore[index]  # one of the three
    codes = [int(table[reach.ordinals[w], place.hub]) for w in fact.warehouses if w in reach.ordinals]
    return min((d for c in codes if c != NOT_SERVED and (d := dates[c]) is not None), default=None)


def matches_text(fact: Fact, parsed: ParsedQuery | None) -> bool:
    if parsed is None:
        return True
    if parsed.exact and parsed.exact in fact.keys:
        return True
    return any(token in fact.words for group in parsed.words for token, _ in group.variants)


def chosen(fact: Fact, name: str, values: tuple[str, ...]) -> bool:
    for value in values:
        if value in fact.texts.get(name, set()):
            return True
        low, dots, high = value.partition("..")
        try:
            bounds = (float(low or "-inf"), float(high.lstrip("<") or "inf")) if dots else (float(value),) * 2
        except ValueError:
            continue
        for number in fact.numbers.get(name, set()):
            below = number < bounds[1] if high.startswith("<") else number <= bounds[1]
            if bounds[0] <= number and below:
                return True
    return False


def passes(fact: Fact, request: SearchRequest, without: str = "") -> bool:
    """Category, brand, price, attributes."""
    category = request.category
    if category and not (fact.category == category or (fact.category or "").startswith(category + ".")):
        return False
    if request.brands and without != "brand" and fact.brand not in request.brands:
        return False
    low = request.price_min_minor if request.price_min_minor is not None else 0
    high = request.price_max_minor if request.price_max_minor is not None else math.inf
    limited = request.price_min_minor is not None or request.price_max_minor is not None
    if limited and without != "price" and not any(low <= price <= high for price in fact.prices):
        return False
    return all(chosen(fact, n, v) for n, v in request.attributes.items() if without != n)


@dataclass
class Answer:
    ids: set[str]
    by_date: Counter[str]
    later: int
    not_delivered: int
    facts: list[Fact]


def search(
    all_facts: list[Fact],
    request: SearchRequest,
    parsed: ParsedQuery | None,
    reach: Reach,
    now_ms: int,
    without: str = "",
) -> Answer:
    matching = [f for f in all_facts if matches_text(f, parsed) and passes(f, request, without)]
    sold = [f for f in matching if f.stocked]
    if request.pincode is None:
        shown = sold if request.in_stock else matching
        return Answer({f.id for f in shown}, Counter(), 0, 0, shown)
    place = reach.place(request.pincode)
    if place is None:
        return Answer(set(), Counter(), 0, len(sold), [])
    dates = {f.id: arrival(f, reach, place, now_ms) for f in sold}
    reaching = [f for f in sold if dates[f.id] is not None]
    shown = reaching
    if request.deliver_by is not None:
        limit = datetime.date.fromisoformat(request.deliver_by)
        shown = [f for f in reaching if (d := dates[f.id]) is not None and d <= limit]
    elif not request.in_stock:
        shown = reaching + [f for f in matching if not f.stocked]
    later = len(reaching) - len(shown) if request.deliver_by is not None else 0
    by_date = Counter(str(dates[f.id]) for f in reaching)
    return Answer({f.id for f in shown}, by_date, later, len(sold) - len(reaching), shown)
