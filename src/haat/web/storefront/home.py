"""The home page: the week of a visitor's PIN code, the stalls, shelves; without a PIN code the question for it."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Final

from litestar import Response

from haat.errors import Unavailable
from haat.search.model import Facets, FacetValue, SearchPage, SearchRequest, Unreachable
from haat.web.ports import Find
from haat.web.storefront import words
from haat.web.storefront.address import Query
from haat.web.storefront.frame import Visit
from haat.web.storefront.render import Renderer, page
from haat.web.storefront.stalls import Stall, stalls_of
from haat.web.storefront.views import Shelf, card_of

WEEK: Final = 7
SHELF_ITEMS: Final = 12
LEAST_ON_FIRST_SHELF: Final = 6
LEAST_ON_SHELF: Final = 3
REPAIRED: Final = "Search is being repaired. The stalls are open; lists are plain until it is back."


@dataclass(frozen=True, slots=True)
class DayChoice:
    """One day of the week, and what is here by then."""

    day: words.Day
    url: str
    words: str


@dataclass(slots=True)
class HomePage:
    """All that home.html places. `total` is None without a place, or where nothing reaches it."""

    total: int | None = None
    note: str = ""  # what is not as usual
    days: list[DayChoice] = field(default_factory=list)
    stalls: list[Stall] = field(default_factory=list)
    shelves: list[Shelf] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class HomePages:
    """`/`. One search for the week and the stalls, two small ones for the shelves."""

    find: Find
    render: Renderer

    async def __call__(self, visit: Visit) -> Response[bytes]:
        """The page. Raises: Unavailable."""
        pincode = visit.pincode if visit.place else None
        week = await self._week(pincode)
        view = HomePage(total=week.total if pincode and week.total else None)
        view.days = _days(week, visit) if pincode else []
        view.stalls = stalls_of(visit.tree, {v.value: v.count for v in week.facets.category})
        if week.degraded:
            return await self._plain(view, visit)
        shelves = [self._soon(week, visit) if pincode else self._shelf("Best rated", "rating", visit)]
        shelves += [self._shelf("Best rated, and reaches you", "rating", visit)] if pincode else []
        shelves += [self._shelf("New in the market", "newest", visit)]
        view.shelves = _without_repeats(await asyncio.gather(*shelves))
        return self._shown(view, visit)

    async def _week(self, pincode: str | None) -> SearchPage:
        """The days and the stalls, as far as they can be known."""
        try:
            return await self.find(SearchRequest(pincode=pincode, limit=1))
        except Unavailable:
            return SearchPage(hits=(), facets=Facets(), total=0, unreachable=Unreachable(), degraded=True)

    async def _plain(self, view: HomePage, visit: Visit) -> Response[bytes]:
        """Without search: a first few things, and without those nothing but the stalls."""
        view.total, view.note = None, REPAIRED
        with suppress(Unavailable):
            view.shelves = _without_repeats([await self._shelf("In the market", "rating", visit)])
        return self._shown(view, visit)

    def _shown(self, view: HomePage, visit: Visit) -> Response[bytes]:
        frame = visit.frame("haat: the market that knows your PIN code", root="/")
        frame.canonical = visit.origin + "/"
        frame.description = (
            "An open market. Tell it your PIN code, and see only what reaches you, with the day it arrives."
        )
        return page(visit.request, self.render("home.html", page=view, frame=frame))

    async def _soon(self, week: SearchPage, visit: Visit) -> Shelf:
        """What is here first: by the first day that brings enough to fill a shelf, best rated of these."""
        days = week.facets.arrives_by
        enough = next((v for v in days if v.count >= LEAST_ON_FIRST_SHELF), days[-1] if days else None)
        if enough is None:
            return Shelf("", [])
        query = Query(deliver_by=enough.value)
        shelf = await self._shelf("", "rating", visit, deliver_by=enough.value)
        when = words.day(enough.value, visit.today)
        heading = f"Here by {when.long}" if _within_week(enough, visit) else f"Here by {when.words}"
        return Shelf(heading, shelf.cards, query.url(), f"All {words.grouped(enough.count)}", eager=True)

    async def _shelf(self, heading: str, sort: str, visit: Visit, deliver_by: str = "") -> Shelf:
        request = SearchRequest(
            pincode=visit.pincode if visit.place else None,
            deliver_by=deliver_by or None,
            sort="newest" if sort == "newest" else "rating",
            limit=SHELF_ITEMS * 2,
            facets=False,
        )
        found = await self.find(request)
        cards = [card_of(hit, visit.pincode, visit.today) for hit in found.hits]
        return Shelf(heading, cards, Query(sort=request.sort).url(), "See all", eager=not visit.place)


def _without_repeats(shelves: Sequence[Shelf]) -> list[Shelf]:
    """Each thing on the first shelf that has it; shelves with too little left are taken away."""
    seen: set[str] = set()
    kept: list[Shelf] = []
    for shelf in shelves:
        cards = [card for card in shelf.cards if card.url not in seen][:SHELF_ITEMS]
        if len(cards) >= LEAST_ON_SHELF or (cards and not kept):
            seen.update(card.url for card in cards)
            kept.append(replace(shelf, cards=cards))
    return kept


def _within_week(value: FacetValue, visit: Visit) -> bool:
    return (visit.today.fromisoformat(value.value) - visit.today).days < WEEK


def _days(week: SearchPage, visit: Visit) -> list[DayChoice]:
    """Up to seven days that bring something new; the last one says "all" when it has all."""
    found: list[DayChoice] = []
    before = 0
    for value in week.facets.arrives_by:
        if value.count <= before:
            continue
        before = value.count
        everything = value.count == week.total
        said = f"all {words.grouped(value.count)}" if everything else words.things(value.count)
        found.append(DayChoice(words.day(value.value, visit.today), Query(deliver_by=value.value).url(), said))
    return found[:WEEK]
