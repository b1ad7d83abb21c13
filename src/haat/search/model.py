"""What a search is asked and what it answers: the words the API, the storefront and the index port share.

Money is integer minor units; dates are calendar days in the shop's time zone, written `YYYY-MM-DD`.
A `FacetValue.value` is the very text to send back as the parameter, so a page never has to build one.
"""

from collections.abc import Mapping
from typing import Annotated, Final, Literal

from msgspec import Meta, Struct, field

Sort = Literal["relevance", "price", "price_desc", "newest", "rating", "fastest"]
SORTS: Final[tuple[Sort, ...]] = ("relevance", "price", "price_desc", "newest", "rating", "fastest")

MAX_LIMIT: Final = 100
MAX_QUERY_CHARS: Final = 200
MAX_VALUES: Final = 50  # of one filter: more is a mistake or an attack

Reason = Literal["pincode_not_served"]
StockHint = Literal["in_stock", "few_left", "out_of_stock"]
FacetKind = Literal["category", "text", "number", "boolean", "price", "date"]


class SearchRequest(Struct, frozen=True, kw_only=True, gc=False):
    """One search. Inside a filter values are OR-ed, the filters are AND-ed.

    `attributes`: name → values as text; a number may be a range: `10..20`, `..20`, `10..` (both ends included) or
    `10..<20` (without 20).
    Without `pincode` everything in stock is found, without dates; `deliver_by` and `fastest` then need one.
    """

    q: str = ""
    category: str | None = None  # id; finds all below it
    brands: tuple[str, ...] = ()
    price_min_minor: int | None = None
    price_max_minor: int | None = None
    attributes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    in_stock: bool = True  # False also shows what nobody can buy at the moment
    pincode: str | None = None
    deliver_by: str | None = None  # YYYY-MM-DD
    sort: Sort = "relevance"
    limit: Annotated[int, Meta(ge=1, le=MAX_LIMIT)] = 24
    cursor: str | None = None
    facets: bool = True  # False answers facets and unreachable empty: for rails and infinite lists
    visitor: str | None = None  # key of the behaviour event; nothing is published without one


class Price(Struct, frozen=True, gc=False):
    """An amount as it goes over the wire."""

    minor: int
    currency: str


class Image(Struct, frozen=True, gc=False):
    """A picture; its sizes are at /pictures/{key}/{160,320,640,1280}.{avif,webp}."""

    key: str
    alt: str = ""
    width: int = 0
    height: int = 0


class Rating(Struct, frozen=True, gc=False):
    """What buyers said."""

    average: float
    count: int


class Hit(Struct, frozen=True, kw_only=True, gc=False):
    """One item. `sku` is the variant that meets most of the filters; price, date and stock are that sku's own.

    `deliverable`: True/False for the PIN code asked, None when none was asked. `eta` only when it is deliverable.
    """

    item_id: str
    sku: str | None  # None: the item has no active sku at the moment
    title: str
    brand: str | None
    price: Price | None
    image: Image | None
    rating: Rating | None
    deliverable: bool | None
    eta: str | None
    stock_hint: StockHint
    variants: int = 1  # active skus


class FacetValue(Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """One choice of a facet and how many items it would leave. `min`/`max`: the edges of a range."""

    value: str
    count: int
    label: str = ""  # empty: show the value
    selected: bool = False
    min: float | None = None
    max: float | None = None


class Facet(Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """A filter one can choose. Counted without its own selection, with all the others."""

    name: str
    kind: FacetKind
    label: str = ""
    unit: str = ""
    values: tuple[FacetValue, ...] = ()


class Facets(Struct, frozen=True, kw_only=True, gc=False):
    """`category`: the children of the chosen one, or the roots. `arrives_by`: cumulative per date, soonest first."""

    category: tuple[FacetValue, ...] = ()
    brand: tuple[FacetValue, ...] = ()
    price: tuple[FacetValue, ...] = ()
    arrives_by: tuple[FacetValue, ...] = ()
    attributes: tuple[Facet, ...] = ()


class Unreachable(Struct, frozen=True, gc=False):
    """What matches and is in stock, but is not shown: it comes after `deliver_by`, or never to this PIN code."""

    later: int = 0
    not_delivered: int = 0


class SearchPage(Struct, frozen=True, kw_only=True, gc=False):
    """The answer. `total`, `facets` and `unreachable` count all pages, exactly, in the snapshot the hits come from.

    `next` is the cursor of the following page, None on the last. `restarted`: the snapshot of the cursor is gone and
    the page goes on behind the last hit seen. `corrected`: what was searched instead of unknown words.
    `degraded`: search is away, and this is a plain list: items with words that begin so, in no order, without facets or
    a following page; `total` counts those that were looked at, at most 100.
    """

    hits: tuple[Hit, ...]
    facets: Facets
    total: int
    unreachable: Unreachable
    next: str | None = None
    corrected: str | None = None
    restarted: bool = False
    reason: Reason | None = None
    degraded: bool = False
