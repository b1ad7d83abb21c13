"""The public search: one hot read for listings, one for the list under the search box."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Final
from urllib.parse import urlencode

import msgspec
from litestar.handlers import ASGIRouteHandler
from msgspec import Meta, Struct, field

from haat.http.identity import Call
from haat.http.read import Reply, read
from haat.search.find import FindItems
from haat.search.lexicon import Lexicon
from haat.search.model import MAX_LIMIT, SearchPage, SearchRequest, Sort

_ENCODER: Final = msgspec.json.Encoder()
_Amount = Annotated[int, Meta(ge=0, le=9_007_199_254_740_991)]  # what JSON readers can count to


class SearchQuery(Struct, frozen=True, kw_only=True):
    """The parameters of a search. `brand` and `attr.<name>` may be repeated; prices are in the smallest unit."""

    q: Annotated[str, Meta(description="Words, a sku, an EAN or a model number; `without …` excludes")] = ""
    category: Annotated[str, Meta(description="A category's id; everything below it is found")] | None = None
    brand: list[str] = []
    price_min: _Amount | None = None
    price_max: _Amount | None = None
    attr: dict[str, list[str]] = field(default_factory=dict)
    in_stock: Annotated[bool, Meta(description="false also shows what nobody can buy at the moment")] = True
    pincode: Annotated[str, Meta(description="Six digits. Only what reaches it is found, with its date")] | None = None
    deliver_by: Annotated[str, Meta(description="YYYY-MM-DD, needs a pincode")] | None = None
    sort: Sort = "relevance"
    limit: Annotated[int, Meta(ge=1, le=MAX_LIMIT)] = 24
    cursor: Annotated[str, Meta(max_length=2_000)] | None = None

    def request(self, visitor: str) -> SearchRequest:
        """The same in the words of the use case."""
        return SearchRequest(
            q=self.q,
            category=self.category,
            brands=tuple(self.brand),
            price_min_minor=self.price_min,
            price_max_minor=self.price_max,
            attributes={name: tuple(values) for name, values in self.attr.items()},
            in_stock=self.in_stock,
            pincode=self.pincode,
            deliver_by=self.deliver_by,
            sort=self.sort,
            limit=self.limit,
            cursor=self.cursor,
            visitor=visitor or None,
        )

    def behind(self, cursor: str) -> str:
        """The query string of the following page. Source: RFC 8288 (Link)."""
        pairs: list[tuple[str, object]] = []
        for name in self.__struct_fields__:
            value = getattr(self, name)
            if name == "attr":
                pairs += [(f"attr.{key}", text) for key, texts in self.attr.items() for text in texts]
            elif isinstance(value, list):
                pairs += [(name, text) for text in value]
            elif isinstance(value, bool):
                pairs += [] if value else [(name, "false")]
            elif value not in (None, "") and name != "cursor":
                pairs.append((name, value))
        return urlencode([*pairs, ("cursor", cursor)])


class SuggestQuery(Struct, frozen=True):
    """What has been typed so far."""

    q: str = ""


class SuggestionView(Struct, frozen=True, omit_defaults=True):
    """One line. `highlight`: parts of `text` (start, end) that the visitor has typed."""

    kind: str
    text: str
    highlight: tuple[tuple[int, int], ...] = ()
    category: str | None = None
    brand: str | None = None


class Suggestions(Struct, frozen=True):
    """At most ten lines: completions, then categories, then brands."""

    suggestions: tuple[SuggestionView, ...]


@dataclass(frozen=True, slots=True)
class Suggest:
    """What may be meant by a beginning. Answers from memory."""

    lexicon: Lexicon

    def __call__(self, typed: str) -> Suggestions:
        """The lines. Any text is safe. Cost: 20-200 µs."""
        found = self.lexicon.current.suggester.suggest(typed)
        return Suggestions(tuple(SuggestionView(s.kind, s.text, s.highlight, s.category_id, s.brand) for s in found))


def search_routes(find: FindItems, suggest: Callable[[str], Suggestions]) -> list[ASGIRouteHandler]:
    """`/search` and `/search/suggest`."""

    async def search(query: SearchQuery, call: Call) -> Reply:
        answer = await find.answer(query.request(call.visitor))
        if answer.sent is not None:
            body, following = answer.sent
        else:
            page = answer.page
            body, following = _ENCODER.encode(page), query.behind(page.next) if page.next else ""
            if answer.asked_again:
                answer.sent = body, following
        return Reply(body, headers=[("link", f'</api/v1/search?{following}>; rel="next"')] if following else ())

    async def suggestions(query: SuggestQuery, _: Call) -> Reply:
        return Reply(_ENCODER.encode(suggest(query.q)), cache_control="public, max-age=60")

    return [
        read("/search", SearchQuery, SearchPage, search, summary="Find what reaches a place", tags=["shop"]),
        read("/search/suggest", SuggestQuery, Suggestions, suggestions, summary="Complete a query", tags=["shop"]),
    ]
