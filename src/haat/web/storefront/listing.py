"""Search results and stalls: one page, its filters, what is hidden and why, and the page when nothing is left."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote

from litestar import Response

from haat.errors import Malformed, NotFound, Unavailable
from haat.search.model import SearchPage, SearchRequest
from haat.web.ports import Find, Items, NearestWords, Offers
from haat.web.storefront import words
from haat.web.storefront.address import MAX_TRAIL, PAGE_ITEMS, Query, read_query
from haat.web.storefront.facets import Chip, FacetView, ValueView, filters_of
from haat.web.storefront.frame import Visit
from haat.web.storefront.item import read_item, stocked
from haat.web.storefront.linked import breadcrumbs
from haat.web.storefront.render import Renderer, json_ld, page
from haat.web.storefront.views import Card, Due, Link, Shelf, card_of

_SORTS: Final = (
    ("relevance", "Best match"),
    ("fastest", "Soonest here"),
    ("price", "Price: low first"),
    ("price_desc", "Price: high first"),
    ("rating", "Best rated"),
    ("newest", "Newest"),
)
SHELF_ITEMS: Final = 12
PLAIN_LIST: Final = (
    "Search is being repaired. This is a plain list of things whose names begin so, without filters or order. "
    "Prices and days are right."
)


@dataclass(frozen=True, slots=True)
class Hidden:
    """What matches and is not shown: how much, why, and the ways to it."""

    heading: str
    words: str
    links: list[Link]


@dataclass(slots=True)
class ListingPage:
    """All that listing.html and zero.html place."""

    query: Query
    heading: str
    trail: list[Link]
    action: str
    cards: list[Card] = field(default_factory=list)
    facets: list[FacetView] = field(default_factory=list)
    chips: list[Chip] = field(default_factory=list)
    kin: list[Link] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    sorts: list[ValueView] = field(default_factory=list)
    kept: list[tuple[str, str]] = field(default_factory=list)
    kept_for_sort: list[tuple[str, str]] = field(default_factory=list)
    button: str = ""
    count: str = ""
    count_tail: str = ""
    range: str = ""
    corrected: str = ""
    restarted: bool = False
    next_url: str = ""
    prev_url: str = ""
    first_url: str = ""
    clear_url: str = ""
    hidden: Hidden | None = None
    trail_json: str = ""
    lines: list[str] = field(default_factory=list)
    ways: list[Link] = field(default_factory=list)
    shelf: Shelf | None = None


@dataclass(frozen=True, slots=True)
class ListingPages:
    """`/search` and `/c/{category}`. One search a page; one more, for a shelf, where nothing is found."""

    find: Find
    items: Items
    offers: Offers
    nearest: NearestWords
    render: Renderer
    currency: str

    async def __call__(self, visit: Visit, category: str = "") -> Response[bytes]:
        """The page. Raises: NotFound for a category that is not there, Unavailable."""
        query, notes = read_query(visit.request.scope["query_string"], category, self.currency)
        if category and category not in visit.tree.names:
            raise NotFound("This stall is not here.")
        if query.deliver_by and query.deliver_by < visit.today.isoformat():
            notes.append("That day is over.")
            query = Query(**{**_fields(query), "deliver_by": ""})
        found, query = await self._found(query, visit, notes)
        if found.degraded:
            notes.append(PLAIN_LIST)
        view = _view(query, found, visit, notes)
        if not found.hits and not query.cursor:
            return await self._zero(view, found, visit)
        dues = await self._dues(query, found, visit)
        view.cards = [card_of(hit, visit.pincode, visit.today, dues) for hit in found.hits]
        frame = visit.frame(_title(query, found, visit), root=query.category.partition(".")[0], q=query.q)
        if query.category and not query.q and not query.chosen:
            frame.canonical = visit.origin + query.path if not query.cursor else ""
            frame.description = f"{view.heading} in this market, with the day each thing arrives at your PIN code."
            view.trail_json = json_ld(breadcrumbs(view.trail, visit.origin, query.path))
        frame.robots = "" if frame.canonical else "noindex, follow"
        if _partial(visit):
            return page(visit.request, self.render("listing_swap.html", page=view, frame=frame), vary=_VARY)
        return page(visit.request, self.render("listing.html", page=view, frame=frame), vary=_VARY)

    async def _found(self, query: Query, visit: Visit, notes: list[str]) -> tuple[SearchPage, Query]:
        """The answer, and what was asked in the end: an old link's cursor that is no longer ours begins anew."""
        pincode = visit.pincode if visit.place else ""
        try:
            return await self.find(query.request(pincode, visit.visitor)), query
        except (Malformed, Unavailable):
            if not query.cursor:
                raise
            notes.append("That page of the list is gone. This is the beginning.")
            again = Query(**{**_fields(query), "cursor": "", "seen": 0, "trail": ()})
            return await self.find(again.request(pincode, visit.visitor)), again

    async def _dues(self, query: Query, found: SearchPage, visit: Visit) -> Mapping[str, Due] | None:
        """Days for things that were looked for everywhere: the one promise function, on their stock."""
        place = visit.place
        if not query.anywhere or place is None:
            return None
        ids = [hit.item_id for hit in found.hits]
        try:
            offers, documents = await asyncio.gather(self.offers(ids), self.items(ids))
        except Unavailable:  # then nothing is promised
            return None
        dues: dict[str, Due] = {}
        for hit in found.hits:
            offer = next((offer for offer in offers.get(hit.item_id, ()) if offer.sku == hit.sku), None)
            document = documents.get(hit.item_id)
            if offer is None or document is None:
                continue
            item = read_item(document)
            best = visit.reach.best(place, stocked(offer, visit.reach), item.travels_as(hit.sku), visit.now_ms)
            day = words.day(best.date, visit.today) if best else None
            dues[hit.item_id] = Due("by", day) if day else Due("not", pincode=visit.pincode)
        return dues

    async def _zero(self, view: ListingPage, found: SearchPage, visit: Visit) -> Response[bytes]:
        query, away = view.query, found.unreachable.later + found.unreachable.not_delivered
        pincode = visit.pincode if visit.place else ""
        nearest, shelf = await asyncio.gather(self._nearest(query), self._shelf(query, visit, pincode))
        if found.degraded:  # search might find it
            view.heading = f"The plain list has nothing {_named(query)}".rstrip()
        elif away and visit.place:
            view.heading = f"Nothing {_named(query)}reaches {visit.pincode}{_by(query, visit)}"
            view.lines.append(_away(found, query, visit, alone=True))
            view.ways += _hidden_links(found, query, visit)
        elif query.chosen:
            view.heading = f"Nothing {_named(query)}fits all of that"
            view.lines.append("Take one of these away, and look again.")
        elif query.q:
            view.heading = f"Nothing here is called “{query.q}”"
            view.lines.append("Look at the spelling, use fewer words, or walk along the stalls.")
        else:
            view.heading = f"{view.heading}: nothing here yet" if query.category else "The market is empty"
        view.ways += [Link(text, Query(q=text).url()) for text in nearest if text != query.q]
        if not view.ways:
            view.ways = [Link(visit.tree.names[id_], f"/c/{id_}") for id_ in visit.tree.roots[:6]]
        view.shelf = shelf
        frame = visit.frame(f"{view.heading} | haat", root=query.category.partition(".")[0], q=query.q)
        frame.robots = "noindex, follow"
        return page(visit.request, self.render("zero.html", page=view, frame=frame), vary=_VARY)

    async def _nearest(self, query: Query) -> Sequence[str]:
        return await self.nearest(query.q) if query.q else ()

    async def _shelf(self, query: Query, visit: Visit, pincode: str) -> Shelf | None:
        """Things to go on with: of the same stall, else of the whole market."""
        for category in dict.fromkeys((query.category, query.category.partition(".")[0], "")):
            request = SearchRequest(
                category=category or None, pincode=pincode or None, sort="rating", limit=SHELF_ITEMS, facets=False
            )
            found = await self.find(request)
            if len(found.hits) >= 3 or not category:
                break
        else:
            return None
        if not found.hits:
            return None
        where = f"In {visit.tree.names[category]}" if category in visit.tree.names else "In the market"
        cards = [card_of(hit, visit.pincode, visit.today) for hit in found.hits]
        url = Query(category=category, sort="rating").url()
        more = "See all" if found.degraded else f"All {words.grouped(found.total)}"
        return Shelf(where + (", and reaches you" if pincode else ""), cards, url, more)


_VARY: Final = "cookie, accept-encoding, hx-request"


def _partial(visit: Visit) -> bool:
    headers = visit.request.headers
    return headers.get("hx-request") == "true" and "hx-history-restore-request" not in headers


def _fields(query: Query) -> dict[str, Any]:
    return {name: getattr(query, name) for name in Query.__slots__}


def _view(query: Query, found: SearchPage, visit: Visit, notes: list[str]) -> ListingPage:
    filters = filters_of(query, found.facets, visit.today, has_place=visit.place is not None)
    way = visit.tree.way(query.category)
    heading = _heading(query, visit)
    trail = [Link("Home", "/"), *way]
    trail = [*trail, Link(f"“{query.q}”", "")] if query.q else [*trail[:-1], Link(trail[-1].name, "")]
    view = ListingPage(
        query=query,
        heading=heading,
        trail=trail if query.category else [],
        action=query.path,
        facets=filters.facets,
        chips=filters.chips,
        kin=_kin(query, found, visit),
        notes=notes,
        kept=query.kept,
        kept_for_sort=query.kept_for_sort,
        corrected=found.corrected or "",
        restarted=found.restarted,
        clear_url=query.cleared().url(),
        button=f"Show {words.things(found.total)}",
        count=words.things(found.total),
        count_tail=_count_tail(query, found, visit),
    )
    view.sorts = [
        ValueView(value, text, None, value == query.sort)
        for value, text in (_SORTS[:1] if found.degraded else _SORTS)
        if value != "fastest" or (visit.place and not query.anywhere)
    ]
    _paging(view, found)
    if visit.place and not query.anywhere and found.unreachable.later + found.unreachable.not_delivered:
        count = found.unreachable.later + found.unreachable.not_delivered
        head = (
            f"{words.grouped(count)} more {'matches' if count == 1 else 'match'}, but {'does' if count == 1 else 'do'}"
        )
        view.hidden = Hidden(
            f"{head} not reach {visit.pincode}{_by(query, visit)}",
            _away(found, query, visit, alone=False),
            [
                *_hidden_links(found, query, visit),
                Link("Use another PIN code", "/pin?next=" + quote(visit.here, safe="")),
            ],
        )
    return view


def _paging(view: ListingPage, found: SearchPage) -> None:
    query = view.query
    first = query.seen + 1
    last = query.seen + len(found.hits)
    if found.hits:
        view.range = f"{words.grouped(first)}–{words.grouped(last)} of {words.grouped(found.total)}"
    if found.next:
        trail = (*query.trail, query.cursor)[-MAX_TRAIL:] if query.cursor else ()
        view.next_url = query.url(cursor=found.next, seen=last, trail=trail)
    if query.cursor:
        view.first_url = query.url()
        if query.trail:
            before = max(0, query.seen - PAGE_ITEMS)
            view.prev_url = query.url(cursor=query.trail[-1], seen=before, trail=query.trail[:-1])
        elif query.seen <= PAGE_ITEMS:
            view.prev_url = view.first_url


def _heading(query: Query, visit: Visit) -> str:
    if query.q:
        return f"“{query.q}”"
    if query.category:
        return visit.tree.names.get(query.category, query.category)
    if query.brands and not query.attributes:
        return words.joined(query.brands[:3])
    if query.deliver_by and visit.place:
        return f"Here by {words.day(query.deliver_by, visit.today).long}"
    return "What reaches you" if visit.place and not query.anywhere else "All things"


def _title(query: Query, found: SearchPage, visit: Visit) -> str:
    what = query.q or _heading(query, visit)
    if visit.place and query.in_stock and not query.anywhere:
        verb = "reaches" if found.total == 1 else "reach"
        return f"{what}: {words.things(found.total)} {verb} {visit.pincode} | haat"
    return f"{what}: {words.things(found.total)} | haat"


def _count_tail(query: Query, found: SearchPage, visit: Visit) -> str:
    if not visit.place:
        return " in the market"
    if query.anywhere:
        return " in all of India"
    if not query.in_stock:
        return ", with those that are sold out"
    return f" {'reaches' if found.total == 1 else 'reach'} {visit.pincode}{_by(query, visit)}"


def _by(query: Query, visit: Visit) -> str:
    return f" by {words.day(query.deliver_by, visit.today).words}" if query.deliver_by and not query.anywhere else ""


def _named(query: Query) -> str:
    return f"called “{query.q}” " if query.q else ""


def _away(found: SearchPage, query: Query, visit: Visit, *, alone: bool) -> str:
    later, never = found.unreachable.later, found.unreachable.not_delivered
    sentences: list[str] = []
    if later:
        last = found.facets.arrives_by[-1].value if found.facets.arrives_by else ""
        when = f"by {words.day(last, visit.today).words}" if last > query.deliver_by else "later"
        sentences.append(
            f"{words.things(later) if alone else words.grouped(later)} {'comes' if later == 1 else 'come'} {when}."
        )
    if never:
        verb = "is" if never == 1 else "are"
        sentences.append(
            f"{words.things(never) if alone else words.grouped(never)} {verb} not delivered to this PIN code: "
            "too heavy or not allowed on that road, or the seller does not send there."
        )
    return " ".join(sentences)


def _hidden_links(found: SearchPage, query: Query, visit: Visit) -> list[Link]:
    links: list[Link] = []
    if found.unreachable.later and query.deliver_by:
        last = found.facets.arrives_by[-1].value if found.facets.arrives_by else ""
        if last > query.deliver_by:
            text = f"Show those by {words.day(last, visit.today).words}"
            links.append(Link(text, query.url(deliver_by=last)))
        else:
            links.append(Link("Show any day", query.url(deliver_by="")))
    if found.unreachable.not_delivered:
        links.append(Link("Show what does not reach me, too", query.url(anywhere=True, deliver_by="")))
    return links


def _kin(query: Query, found: SearchPage, visit: Visit) -> list[Link]:
    """The stalls one step closer: with counts where search counted them."""
    names = visit.tree.names
    links = [
        Link(value.label or names.get(value.value, value.value), query.url(category=value.value), value.count)
        for value in found.facets.category
        if value.count and value.value != query.category
    ]
    return links[:24] if len(links) > 1 or query.category else []
