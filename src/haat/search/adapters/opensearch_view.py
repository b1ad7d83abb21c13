"""One snapshot of a search server's index: a point in time where the server has them, else the index as it is."""

from base64 import b64decode, urlsafe_b64decode
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from haat.errors import Unavailable
from haat.search.adapters.opensearch_client import SearchClient, reason
from haat.search.adapters.opensearch_query import Query, behind, narrowed, visible, within
from haat.search.adapters.opensearch_tally import Body, Counting, counting, total
from haat.search.coverage import Coverage
from haat.search.index import Ask, Clause, Found, Key, Label, SnapshotGone, Stored, Tally, Window

FIELDS: Final[Mapping[Key, str]] = {
    "price": "price_key",
    "price_desc": "price_desc_key",
    "newest": "newest_key",
    "rating": "rating_key",
}
DEEPEST: Final = 10_000
"""Hits of one search, by the server's default; what lies deeper is walked to."""
_TALLIES: Final = 2_000  # remembered a view, some 5 MB at worst
_ENCODER: Final = msgspec.json.Encoder()
_GONE: Final = frozenset({"search_context_missing_exception", "index_not_found_exception"})


class RankedHits:
    """Hits with their stored parts: they came in one answer."""

    __slots__ = ("_hits", "keys", "ordinals", "scores")

    def __init__(self, hits: Sequence[Mapping[str, Any]], *, by_key: bool) -> None:
        self._hits = hits
        firsts = [hit["sort"][0] for hit in hits]
        self.keys: Sequence[int] = firsts if by_key else ()
        self.scores: NDArray[np.float64] = np.zeros(len(hits)) if by_key else np.array(firsts, np.float64)
        self.ordinals: NDArray[np.int64] = np.array([hit["sort"][1] for hit in hits], np.int64)

    def stored(self, places: Sequence[int]) -> Sequence[bytes]:
        """What the entries gave as `hit`."""
        return [_hit(self._hits[place]) for place in places]


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class ServerView:
    """See the port. `snapshot` is the server's name of a point in time, "" where it has none."""

    name: str
    client: SearchClient
    index: str
    snapshot: str
    keep_s: float  # every search keeps the snapshot for so much longer
    score_scale: float
    items: int
    coverage: Coverage
    labels: Mapping[str, Label]
    gone: Callable[["ServerView"], Awaitable[None]]  # told when the server has let go of it
    deepest: int = DEEPEST
    tallies: dict[Ask, Tally] = field(default_factory=dict)
    sold: dict[Ask, int] = field(default_factory=dict)

    def label(self, name: str) -> Label | None:
        """How a category or attribute is called."""
        return self.labels.get(name)

    async def find(self, ask: Ask, window: Window, *, tally: bool = True) -> Found:
        """See the port. Cost: one round trip for hits and counts, one more for attributes, or for tiers."""
        tallied = ask.tallied()
        known = self.tallies.get(tallied) if tally else Tally(total=-1)
        if known is not None and known.total == 0:
            return Found(known, RankedHits((), by_key=ask.key != "score"))
        count = None if known is not None else Counting(tallied, self._known_sold(tallied))
        bodies, read = self._hits(ask, window)
        first = count.first if count is not None else []
        answers = await self.search([*first, *bodies])
        if count is not None:
            count.read_first(answers[: len(first)])
            known = count.read_second(await self.search(count.second))
            self._remember(tallied, known, count.sold)
        assert known is not None
        return Found(known, RankedHits(await read(answers[len(first) :]), by_key=ask.key != "score"))

    async def of_items(self, ids: Sequence[str]) -> dict[str, Stored]:
        """What is kept of each item that is there, in one round trip."""
        body: Body = {"query": {"ids": {"values": list(ids)}}, "size": len(ids), "track_total_hits": False}
        body |= {"stored_fields": ["document"], "docvalue_fields": ["hit"]}
        (answer,) = await self.search([body])
        return {hit["_id"]: _stored(hit) for hit in answer["hits"]["hits"]}

    async def search(self, bodies: Sequence[Body], *, within_s: float | None = None) -> list[Mapping[str, Any]]:
        """Several searches of this snapshot in one round trip. Raises: Unavailable; SnapshotGone."""
        if not bodies:
            return []
        if self.snapshot:
            header: Body = {}
            pit = {"pit": {"id": self.snapshot, "keep_alive": f"{self.keep_s:.0f}s"}}
            sent = [body | pit for body in bodies]
        else:
            header = {"index": self.index}
            sent = list(bodies)
        head = _ENCODER.encode(header)
        lines = [line for body in sent for line in (head, _ENCODER.encode(body))]
        answered = await self.client.lines("/_msearch", lines, within_s=within_s or self.client.find_s)
        return [await self._checked(answer) for answer in answered["responses"]]

    async def _checked(self, answer: Mapping[str, Any]) -> Mapping[str, Any]:
        """One search's own answer. A part of the matches is no answer."""
        if "error" in answer:
            if reason(answer) in _GONE or _cause(answer) in _GONE:
                await self.gone(self)
                raise SnapshotGone
            raise Unavailable(f"The search server could not answer: {_cause(answer) or reason(answer)}")
        if answer.get("timed_out") or answer["_shards"]["failed"]:
            raise Unavailable("The search server answered in part.")
        return answer

    def _known_sold(self, ask: Ask) -> int | None:
        return self.sold.get(Ask(words=ask.words, filters=ask.filters))

    def _remember(self, ask: Ask, tally: Tally, sold: int | None) -> None:
        for remembered in (self.tallies, self.sold):
            if len(remembered) >= _TALLIES:
                remembered.clear()
        self.tallies[ask] = tally
        if sold is not None:
            self.sold[Ask(words=ask.words, filters=ask.filters)] = sold

    def _hits(self, ask: Ask, window: Window) -> tuple[list[Body], Callable[[Sequence[Any]], Awaitable[list[Any]]]]:
        """What to ask beside the counts, and how its answers become hits."""
        query = visible(ask, score_scale=self.score_scale if ask.key == "score" else 0.0)
        if window.behind is not None:
            query = behind(query, FIELDS[ask.key], window.behind)
        if window.limit == 0:
            return [], _none
        if ask.tiers:
            steps = {f"{place}": {"filter": within(tier)} for place, tier in enumerate(ask.tiers)}

            async def tiered(answers: Sequence[Any]) -> list[Any]:
                counts = [int(answers[0]["aggregations"][name]["doc_count"]) for name in steps]
                return await self._by_tier(query, ask, window, [*counts, total(answers[0])])

            return [counting(query, steps)], tiered
        if window.offset + window.limit > self.deepest:

            async def walked(_: Sequence[Any]) -> list[Any]:
                return await self._walked(query, ask.key, window.offset, window.limit)

            return [], walked

        async def plain(answers: Sequence[Any]) -> list[Any]:
            return list(answers[0]["hits"]["hits"])

        return [_listing(query, ask.key, window.offset, window.limit)], plain

    async def _by_tier(self, query: Query, ask: Ask, window: Window, upto: Sequence[int]) -> list[Any]:
        """The tiers and then the rest: cumulative sizes say which of them lie in the window."""
        found: list[Any] = []
        steps: list[Clause | None] = [None, *ask.tiers, None]
        for (but, clause), (begin, end) in zip(pairwise(steps), pairwise([0, *upto]), strict=True):
            low, high = max(window.offset, begin), min(window.offset + window.limit, end)
            if low < high:
                inside = narrowed(query, clause, but)
                found += await self._walked(inside, ask.key, low - begin, high - low)
        return found

    async def _walked(self, query: Query, key: Key, offset: int, limit: int) -> list[Any]:
        """Hits at any depth: what one search cannot reach is stepped over from sort value to sort value."""
        after: Sequence[Any] = ()
        while offset > 0 and (after or offset + limit > self.deepest):  # a search goes on behind a hit, or skips some
            step = min(offset, self.deepest)
            body = _listing(query, key, 0, step, after) | {"docvalue_fields": []}
            (answer,) = await self.search([body])
            hits = answer["hits"]["hits"]
            if len(hits) < step:
                return []
            after, offset = hits[-1]["sort"], offset - step
        found: list[Any] = []
        while limit > 0:
            step = min(limit, self.deepest - offset)
            (answer,) = await self.search([_listing(query, key, offset, step, after)])
            hits = answer["hits"]["hits"]
            found += hits
            if len(hits) < step:
                break
            after, offset, limit = hits[-1]["sort"], 0, limit - step
        return found


def _hit(hit: Mapping[str, Any]) -> bytes:
    """A column's bytes: in the alphabet of URLs, or the usual one, and without padding."""
    return urlsafe_b64decode(hit["fields"]["hit"][0] + "==")


def _stored(hit: Mapping[str, Any]) -> Stored:
    fields = hit.get("fields", {})
    document = b64decode(fields["document"][0]) if "document" in fields else b""
    return Stored(_hit(hit) if "hit" in fields else b"", document)


async def _none(_: Sequence[Any]) -> list[Any]:
    return []


def _listing(query: Query, key: Key, offset: int, limit: int, after: Sequence[Any] = ()) -> Body:
    """One total order: equal scores and keys by ordinal."""
    first = {"_score": "desc"} if key == "score" else {FIELDS[key]: "asc"}
    body: Body = {
        "query": query,
        "sort": [first, {"ordinal": "asc"}],
        "size": limit,
        "stored_fields": "_none_",
        "docvalue_fields": ["hit"],
        "track_total_hits": False,
    }
    if after:
        body["search_after"] = list(after)
    if offset:
        body["from"] = offset
    return body


def _cause(answer: Mapping[str, Any]) -> str:
    causes = answer["error"].get("root_cause") or [{}]
    return str(causes[0].get("type", ""))


async def documents_in(view: ServerView) -> int:
    """How many documents a snapshot has, those that are gone included."""
    (answer,) = await view.search([counting({"match_all": {}})], within_s=view.client.bulk_s)
    return total(answer)
