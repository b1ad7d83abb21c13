"""Find items: the one use case behind the API, the storefront's listings and the rails."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final
from weakref import WeakKeyDictionary

import msgspec
import numpy as np
from numpy.typing import NDArray

from haat.errors import Unavailable
from haat.search import ask as asking
from haat.search.answer import FEW_NUMBERS, facets
from haat.search.choose import Chooser
from haat.search.cursors import Cursor, fingerprint, open_cursor, search_of, write_cursor
from haat.search.deliverable import Deliveries, Plan
from haat.search.index import (
    EXACT_BONUS,
    Ask,
    ByWarehouse,
    Delivery,
    FacetAsk,
    Found,
    ItemIndex,
    Key,
    Ranked,
    SnapshotGone,
    Tally,
    View,
    Window,
    Words,
)
from haat.search.lexicon import Lexicon
from haat.search.messages import ItemSearched
from haat.search.model import Facets, SearchPage, SearchRequest, Unreachable
from haat.search.plain import PlainFind
from haat.search.ports import CategoryFacets, OpenCursor, Place, Publish, Reach, Serviceability, Sign
from haat.search.text.analyse import ParsedQuery
from haat.search.text.rerank import DEPTH
from haat.vocabulary import Clock

MOST_FACETS: Final = 12
_SLACK: Final = 200  # how far a hit may have moved in relevance order while its snapshot was lost
_PAGES: Final = 500  # whole answers per snapshot, 20 to 35 kB each: home, stalls and what everybody looks for
_REMEMBERED: Final = 2_000  # questions per snapshot, which lives for seconds
_NOWHERE: Final = Delivery(reaches=ByWarehouse(()))


@dataclass(slots=True, eq=False)
class Answer:
    """A page, and all it hangs on beside the question and the snapshot: it is the answer for as long as these stay.

    `asked_again`: it was remembered; then `sent` is worth setting to what a route made of it.
    """

    page: SearchPage
    reach: Reach
    days: Sequence[date | None]  # the date of each arrival code at the place
    wanted: tuple[str, ...]  # the facets that the category wants
    asked_again: bool = False
    sent: tuple[bytes, str] | None = None  # the page encoded, and the query string of the following page


@dataclass(slots=True)
class _Memory:
    """What was worked out for one snapshot: pages of one listing must agree, whatever is learned meanwhile."""

    parsed: dict[str, tuple[ParsedQuery, Words]] = field(default_factory=dict)
    orders: dict[Ask, NDArray[np.intp]] = field(default_factory=dict)
    answers: dict[bytes, Answer] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Search:
    """One request, worked out against one snapshot."""

    request: SearchRequest
    view: View
    reach: Reach
    place: Place | None
    plan: Plan | None
    parsed: ParsedQuery | None
    ask: Ask
    now_ms: int
    deliver_by: date | None
    route: int


class FindItems:
    """Finds what matches and reaches a place. Its needs are its arguments."""

    def __init__(
        self,
        *,
        index: ItemIndex,
        serviceability: Serviceability,
        lexicon: Lexicon,
        clock: Clock,
        sign: Sign,
        open_cursor: OpenCursor,
        publish: Publish | None = None,
        category_facets: CategoryFacets | None = None,
        plain: PlainFind | None = None,
    ) -> None:
        self._index = index
        self._serviceability = serviceability
        self._lexicon = lexicon
        self._clock = clock
        self._sign = sign
        self._open_cursor = open_cursor
        self._publish = publish
        self._category_facets = category_facets
        self._plain = plain  # answers while the index is away
        self._deliveries = Deliveries()
        self._memories: WeakKeyDictionary[View, _Memory] = WeakKeyDictionary()

    async def __call__(self, request: SearchRequest) -> SearchPage:
        """The page. Raises: Invalid (every bad parameter), Malformed (a strange cursor), Unavailable.

        Cost: two walks of the matches and one of attribute values; about a millisecond at 20,000 items. 10 µs for
        what the same snapshot was asked before.
        """
        return (await self.answer(request)).page

    async def answer(self, request: SearchRequest) -> Answer:
        """The page with room for its encoded form. Raises and costs: as the call."""
        try:
            return await self._indexed(request)
        except Unavailable as away:
            if self._plain is None or request.cursor is not None:  # a plain list has no following page
                raise
            try:
                page = await self._plain(request)
            except Unavailable:
                raise away from None
            return Answer(page, self._serviceability.reach, (), ())

    async def _indexed(self, request: SearchRequest) -> Answer:
        asked = msgspec.msgpack.encode(msgspec.structs.replace(request, visitor=None))
        answer = self._known(self._index.view(), asked, request) if request.cursor is None else None
        if answer is None:
            try:
                answer = await self._answered(request, asked)
            except SnapshotGone:  # recall does not find it any more, and there is a newer view
                answer = await self._answered(request, asked)
        page = answer.page
        if self._publish is not None and request.visitor and request.cursor is None and page.reason is None:
            await self._publish(request.visitor, _searched(request, page))
        return answer

    def _known(self, view: View, asked: bytes, request: SearchRequest) -> Answer | None:
        """The remembered answer, if lanes, dates and wanted facets are still those it was made with."""
        answer = self._memory(view).answers.get(asked)
        if answer is None:
            return None
        reach = self._serviceability.reach
        place = reach.place(request.pincode) if request.pincode is not None else None
        days = () if place is None else reach.dates(place, self._clock.now_ms())
        if reach is not answer.reach or days != answer.days or self._wanted(request) != answer.wanted:
            return None
        if answer.page.next is not None:
            self._index.keep(view)
        answer.asked_again = True
        return answer

    async def _answered(self, request: SearchRequest, asked: bytes) -> Answer:
        """A new answer, remembered unless it goes on from a lost snapshot."""
        deliver_by = asking.check(request)
        cursor = open_cursor(request.cursor, request, self._open_cursor) if request.cursor else None
        view = self._index.recall(cursor.view) if cursor is not None else None
        search = self._prepare(request, view or self._index.view(), deliver_by)
        restarted = cursor is not None and (view is None or search.route != cursor.route)
        if restarted and view is not None:  # the lanes or the hour moved on: so does the listing
            search = self._prepare(request, self._index.view(), deliver_by)
        wanted = self._wanted(request)
        if request.pincode is not None and search.place is None:
            return Answer(await self._not_served(search), search.reach, (), wanted)
        if cursor is not None and not restarted:
            known = self._known(search.view, asked, request)
            if known is not None:
                return known
        page = await self._page(search, cursor, restarted=restarted)
        days = () if search.place is None else search.reach.dates(search.place, search.now_ms)
        answer = Answer(page, search.reach, days, wanted)
        if not restarted:
            answers = self._memory(search.view).answers
            if len(answers) >= _PAGES:
                answers.clear()
            answers[asked] = answer
        return answer

    def _prepare(self, request: SearchRequest, view: View, deliver_by: date | None) -> _Search:
        """Everything that is known before the index is asked. The view comes first: see haat.search.coverage."""
        reach = self._serviceability.reach
        now_ms = self._clock.now_ms()
        place = reach.place(request.pincode) if request.pincode is not None else None
        plan = None
        if place is not None:
            plan = self._deliveries.plan(view.coverage, reach, place, now_ms, deliver_by)
        parsed, words = self._words(view, request.q) if request.q.strip() else (None, None)
        key: Key = "score" if words is not None else "rating"
        if request.sort not in ("relevance", "fastest"):
            key = request.sort  # type: ignore[assignment]  # the other four are keys of the index
        asked = Ask(
            words=words,
            filters=asking.filters(request),
            delivery=plan.delivery if plan is not None else None,
            facets=self._facet_ask(request) if request.facets else None,
            unreachable=request.facets,
            key=key,
            tiers=plan.tiers if plan is not None and request.sort == "fastest" else (),
        )
        route = fingerprint(asked.delivery) if asked.delivery is not None else 0
        return _Search(request, view, reach, place, plan, parsed, asked, now_ms, deliver_by, route)

    def _words(self, view: View, q: str) -> tuple[ParsedQuery, Words]:
        remembered = self._memory(view).parsed
        found = remembered.get(q)
        if found is None:
            if len(remembered) >= _REMEMBERED:
                remembered.clear()
            text = self._lexicon.current
            parsed = text.analyser.analyse(q)
            found = remembered[q] = (parsed, asking.words(parsed, text))
        return found

    def _memory(self, view: View) -> _Memory:
        memory = self._memories.get(view)
        if memory is None:
            memory = self._memories[view] = _Memory()
        return memory

    def _facet_ask(self, request: SearchRequest) -> FacetAsk:
        return FacetAsk(attributes=self._wanted(request), most=MOST_FACETS, numbers=FEW_NUMBERS + 1)

    def _wanted(self, request: SearchRequest) -> tuple[str, ...]:
        if self._category_facets is None or request.category is None:
            return ()
        return tuple(self._category_facets(request.category))

    async def _not_served(self, search: _Search) -> SearchPage:
        """A place nobody delivers to: nothing, and how much is out of reach."""
        counted = msgspec.structs.replace(search.ask, delivery=_NOWHERE, facets=None, key="score", tiers=())
        found = await search.view.find(counted, Window(limit=0))
        return SearchPage(
            hits=(),
            facets=Facets(),
            total=0,
            unreachable=Unreachable(not_delivered=found.tally.not_delivered),
            corrected=search.parsed.corrected if search.parsed is not None else None,
            reason="pincode_not_served",
        )

    async def _page(self, search: _Search, cursor: Cursor | None, *, restarted: bool) -> SearchPage:
        request, view = search.request, search.view
        shown = await self._shown(search, cursor, restarted=restarted)
        chooser = Chooser(
            search.ask.filters,
            search.reach,
            search.place,
            search.now_ms,
            search.deliver_by,
            request.sort == "fastest",
        )
        places = shown.places[: request.limit]
        hits = tuple(map(chooser.hit, shown.ranked.stored(places.tolist())))
        following = None
        if len(shown.places) > request.limit:
            following = self._next(search, shown, places[-1])
        tally = shown.tally
        counted = Facets()
        if request.facets:
            days = search.plan.days if search.plan is not None else ()
            counted = facets(tally, search.ask.filters, days, search.deliver_by, view)
        return SearchPage(
            hits=hits,
            facets=counted,
            total=tally.total,
            unreachable=Unreachable(tally.later, tally.not_delivered),
            next=following,
            corrected=search.parsed.corrected if search.parsed is not None else None,
            restarted=restarted,
        )

    def _next(self, search: _Search, shown: "_Shown", last: int) -> str:
        self._index.keep(search.view)
        ranked = shown.ranked
        by_score = search.ask.key == "score"
        cursor = Cursor(
            search.view.name,
            search_of(search.request),
            search.route,
            shown.position + search.request.limit,
            shown.base,
            None if by_score else int(ranked.keys[last]),
            float(ranked.scores[last]) if by_score else None,
            int(ranked.ordinals[last]),
        )
        return write_cursor(cursor, self._sign)

    async def _shown(self, search: _Search, cursor: Cursor | None, *, restarted: bool) -> "_Shown":
        """The hits of the page, one more if there is a following one, and the counts."""
        limit = search.request.limit + 1
        if cursor is None:
            return await self._window(search, 0, limit, None)
        if not restarted:
            return await self._window(search, cursor.position, limit, cursor.base)
        if cursor.key is not None and not search.ask.tiers:
            return await self._window(search, 0, limit, cursor.key)
        return await self._behind(search, cursor, limit)

    async def _behind(self, search: _Search, cursor: Cursor, limit: int) -> "_Shown":
        """Behind the last hit seen, in an order that has no stored key: look for it where it was."""
        around = await self._window(search, 0, cursor.position + _SLACK + limit, None)
        ordinals = around.ranked.ordinals[around.places]
        seen = np.flatnonzero(ordinals == cursor.ordinal)
        if len(seen):
            start = int(seen[0]) + 1
        elif cursor.score is not None and cursor.position > DEPTH:
            scores = around.ranked.scores[around.places]
            start = max(DEPTH, int(np.searchsorted(-scores[DEPTH:], -cursor.score, "right")) + DEPTH)
        else:
            start = cursor.position
        return _Shown(around.tally, around.ranked, around.places[start : start + limit], start, None)

    async def _window(self, search: _Search, start: int, limit: int, base: int | None) -> "_Shown":
        """Hits from a position of the listing's order. The first hundred by relevance go through the second stage."""
        ask = search.ask
        staged = ask.key == "score" and not ask.tiers and start < DEPTH and search.parsed is not None
        if not staged:
            found = await search.view.find(ask, Window(offset=start, limit=limit, behind=base))
            return _shown(found, np.arange(len(found.ranked.scores)), start, base)
        found = await search.view.find(ask, Window(limit=max(DEPTH, start + limit)))
        places, count = self._order(search, found.ranked), len(found.ranked.scores)
        if count > len(places):
            places = np.concatenate((places, np.arange(len(places), count)))
        return _shown(found, places[start : start + limit], start, base)

    def _order(self, search: _Search, ranked: Ranked) -> NDArray[np.intp]:
        """The order of the first hundred: exact keys first, the others as the second stage has it."""
        orders = self._memory(search.view).orders
        order = orders.get(search.ask)
        if order is None:
            if len(orders) >= _REMEMBERED:
                orders.clear()
            assert search.parsed is not None
            scores = ranked.scores[:DEPTH]
            exact = np.count_nonzero(scores >= EXACT_BONUS)
            ranker = self._lexicon.current.ranker
            order = ranker.order(search.parsed, ranked.ordinals[exact:DEPTH], scores[exact:].astype(np.float32))
            if exact:
                order = np.concatenate((np.arange(exact), order + exact))
            orders[search.ask] = order
        return order


@dataclass(frozen=True, slots=True)
class _Shown:
    """A stretch of a listing: places in `ranked`, in the order to show; `position` of the first in the listing."""

    tally: Tally
    ranked: Ranked
    places: NDArray[np.intp]
    position: int
    base: int | None


def _shown(found: Found, places: NDArray[np.intp], position: int, base: int | None) -> _Shown:
    return _Shown(found.tally, found.ranked, places, position, base)


def _searched(request: SearchRequest, page: SearchPage) -> ItemSearched:
    return ItemSearched(
        q=request.q,
        category=request.category,
        pincode=request.pincode,
        sort=request.sort,
        total=page.total,
        corrected=page.corrected,
        filtered=bool(request.brands or request.attributes or request.deliver_by),
        shown=tuple(hit.item_id for hit in page.hits),
    )
