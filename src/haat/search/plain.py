"""A plain list while the index is away: items by the beginnings of their words, with today's prices and dates.

No ranking, no facets, one page. Hits are built by the code that fills the index, from documents and offers as they are.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import msgspec

from haat.search import ask as asking
from haat.search.choose import Chooser
from haat.search.document import Builder
from haat.search.index import AttributeFilter, Entry, Filters
from haat.search.model import Facets, Hit, SearchPage, SearchRequest, Unreachable
from haat.search.ports import OffersOf, PlainItems, Reach, Serviceability
from haat.vocabulary import Clock

MOST_ITEMS: Final = 100
"""Items that are looked at for one list: some 30 CPU-ms, beside the event loop."""
FEW_ITEMS: Final = 24
"""At least so many, for a shelf of a page."""
KEPT_S: Final = 2.0
"""A list is given again for so long: what every page shows is not to be made for each."""
_MOST_KEPT: Final = 200
AT_ONCE: Final = 2


@dataclass(frozen=True, slots=True)
class PlainFind:
    """Answers a search without the index."""

    items: PlainItems
    offers: OffersOf
    serviceability: Serviceability
    clock: Clock
    turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))
    kept: dict[bytes, tuple[float, SearchPage]] = field(default_factory=dict)

    async def __call__(self, request: SearchRequest) -> SearchPage:
        """The only page there is, at most KEPT_S old. Counts are of the items looked at. Two round trips.

        Raises: Invalid (every bad parameter), Unavailable.
        """
        asked = msgspec.msgpack.encode(msgspec.structs.replace(request, visitor=None))
        now_s = self.clock.monotonic_s()
        made_s, page = self.kept.get(asked, (-KEPT_S, None))
        if page is None or now_s - made_s >= KEPT_S:
            page = await self._page(request)
            if len(self.kept) >= _MOST_KEPT:
                self.kept.clear()
            self.kept[asked] = (now_s, page)
        return page

    async def _page(self, request: SearchRequest) -> SearchPage:
        deliver_by = asking.check(request)
        reach, now_ms = self.serviceability.reach, self.clock.now_ms()
        place = reach.place(request.pincode) if request.pincode is not None else None
        if request.pincode is not None and place is None:
            return _page((), 0, Unreachable(), not_served=True)
        wanted = asking.filters(request)
        async with self.turns:
            most = MOST_ITEMS if request.facets else max(FEW_ITEMS, 2 * request.limit)
            found = await self.items(request.q, request.category, min(most, MOST_ITEMS))
            offers = await self.offers([id_ for id_, _ in found]) if found else {}
            rows = [(body, offers.get(id_, ())) for id_, body in found]
            entries = await asyncio.to_thread(_built, reach, rows)
        chooser = Chooser(wanted, reach, place, now_ms, deliver_by, soonest=False)
        hits: list[Hit] = []
        later = never = 0
        for entry in entries:
            if not _fits(entry, wanted):
                continue
            hit = chooser.hit(entry.hit)
            if place is not None and not hit.deliverable:
                never += 1
            elif deliver_by is not None and (hit.eta or "") > deliver_by.isoformat():
                later += 1
            else:
                hits.append(hit)
        return _page(hits[: request.limit], len(hits), Unreachable(later, never))


def _page(hits: Sequence[Hit], total: int, unreachable: Unreachable, *, not_served: bool = False) -> SearchPage:
    return SearchPage(
        hits=tuple(hits),
        facets=Facets(),
        total=total,
        unreachable=unreachable,
        reason="pincode_not_served" if not_served else None,
        degraded=True,
    )


def _built(reach: Reach, rows: Sequence[tuple[bytes, Sequence[object]]]) -> list[Entry]:
    builder = Builder(reach)
    entries = []
    for document, offers in rows:
        try:
            entries.append(builder.build(document, offers).entry)  # type: ignore[arg-type]  # OfferRow, as they came
        except msgspec.MsgspecError:  # its hint was parked, and told of
            continue
    return entries


def _fits(entry: Entry, wanted: Filters) -> bool:
    """What the index would have filtered."""
    low = wanted.price_min_minor if wanted.price_min_minor is not None else 0
    high = wanted.price_max_minor if wanted.price_max_minor is not None else 1 << 62
    priced = wanted.price_min_minor is not None or wanted.price_max_minor is not None
    return (
        (entry.state == "stocked" or (entry.state == "listed" and not wanted.stocked))
        and (wanted.category is None or wanted.category in entry.categories)
        and (not wanted.brands or entry.brand in wanted.brands)
        and (not priced or any(low <= price <= high for price in entry.prices_minor))
        and all(_has(entry, chosen) for chosen in wanted.attributes)
    )


def _has(entry: Entry, chosen: AttributeFilter) -> bool:
    numbers = entry.numbers.get(chosen.name, ())
    return any(text in entry.texts.get(chosen.name, ()) for text in chosen.texts) or any(
        low <= number <= high for low, high in chosen.ranges for number in numbers
    )
