"""Addresses of pages: what a listing's query string says, and how it is written back. A page's whole state is there.

Pages are read kindly: parameters nobody knows (campaign tags) are passed over, a value that cannot be read is left out
and named in a note. The JSON API is strict instead.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Final
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from haat.search.model import MAX_QUERY_CHARS, MAX_VALUES, SORTS, SearchRequest, Sort
from haat.web.storefront import words

PAGE_ITEMS: Final = 24  # a multiple of 2, 3, 4 and 6 columns
MAX_TRAIL: Final = 6  # cursors of earlier pages that a URL carries, so that "Previous" needs no script
MAX_PAIRS: Final = 300
_CATEGORY: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*(?:\.[a-z0-9]+(?:-[a-z0-9]+)*)*")
_BLANKS: Final = re.compile(r"[\x00-\x20\x7f-\x9f]+")
_ITEM: Final = re.compile(r"(?:(?P<slug>[a-z0-9-]*)-)?(?P<id>itm_[0-9a-z]{26})")


@dataclass(frozen=True, slots=True)
class Query:
    """What a listing shows. `seen` is the number of things on earlier pages, `trail` the cursors of those pages."""

    q: str = ""
    category: str = ""
    brands: tuple[str, ...] = ()
    price_min_minor: int | None = None
    price_max_minor: int | None = None
    attributes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    in_stock: bool = True
    anywhere: bool = False  # also what does not reach the visitor's PIN code
    deliver_by: str = ""
    sort: Sort = "relevance"
    cursor: str = ""
    seen: int = 0
    trail: tuple[str, ...] = ()
    currency: str = "INR"

    @property
    def chosen(self) -> list[tuple[str, str]]:
        """The filters in use, as parameters."""
        pairs: list[tuple[str, str]] = []
        if self.deliver_by:
            pairs.append(("deliver_by", self.deliver_by))
        pairs.extend(("brand", brand) for brand in self.brands)
        pairs.extend((f"attr.{name}", value) for name, values in self.attributes.items() for value in values)
        if self.price_min_minor is not None:
            pairs.append(("price_min", words.decimal(self.price_min_minor, self.currency)))
        if self.price_max_minor is not None:
            pairs.append(("price_max", words.decimal(self.price_max_minor, self.currency)))
        if not self.in_stock:
            pairs.append(("in_stock", "false"))
        if self.anywhere:
            pairs.append(("anywhere", "true"))
        return pairs

    @property
    def path(self) -> str:
        """The page's address without its query string."""
        return f"/c/{self.category}" if self.category else "/search"

    @property
    def kept(self) -> list[tuple[str, str]]:
        """What the filter form keeps beside its own fields."""
        pairs = [("q", self.q)] if self.q else []
        return [*pairs, ("sort", self.sort)] if self.sort != "relevance" else pairs

    @property
    def kept_for_sort(self) -> list[tuple[str, str]]:
        """What the sort form keeps beside its own field."""
        return [*([("q", self.q)] if self.q else []), *self.chosen]

    def url(self, **changes: Any) -> str:
        """The address of this listing with some things changed; paging begins again unless it is among them."""
        changed = replace(self, **{"cursor": "", "seen": 0, "trail": (), **changes})
        pairs = [*changed.kept, *changed.chosen]
        if changed.cursor:
            pairs += [("cursor", changed.cursor), ("seen", str(changed.seen))]
            pairs += [("back", cursor) for cursor in changed.trail]
        return changed.path + ("?" + urlencode(pairs) if pairs else "")

    def cleared(self) -> "Query":
        """The same words, category and order without any filter."""
        return Query(q=self.q, category=self.category, sort=self.sort, currency=self.currency)

    def request(self, pincode: str, visitor: str) -> SearchRequest:
        """What search is asked. Without a PIN code there is no day to ask for."""
        place = pincode if pincode and not self.anywhere else None
        sort: Sort = "relevance" if self.sort == "fastest" and place is None else self.sort
        return SearchRequest(
            q=self.q,
            category=self.category or None,
            brands=self.brands,
            price_min_minor=self.price_min_minor,
            price_max_minor=self.price_max_minor,
            attributes=self.attributes,
            in_stock=self.in_stock,
            pincode=place,
            deliver_by=self.deliver_by or None if place is not None else None,
            sort=sort,
            limit=PAGE_ITEMS,
            cursor=self.cursor or None,
            visitor=visitor or None,
        )


def pairs_of(query_string: bytes) -> list[tuple[str, str]]:
    """Names and values of a query string or a posted form; none when there are more than anyone needs."""
    try:
        pairs = parse_qsl(query_string.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=MAX_PAIRS)
    except ValueError:
        return []
    return [(name, value) for name, value in pairs if "\x00" not in value]


def read_query(query_string: bytes, category: str = "", currency: str = "INR") -> tuple[Query, list[str]]:
    """The listing a query string asks for, and a note for each value that could not be read."""
    notes: list[str] = []
    single: dict[str, str] = {}
    brands: dict[str, None] = {}
    trail: list[str] = []
    attributes: dict[str, dict[str, None]] = {}
    for name, value in pairs_of(query_string):
        if not value:
            continue
        if name == "brand":
            brands[value] = None
        elif name == "back":
            trail.append(value)
        elif name.startswith("attr.") and 5 < len(name) <= 105:
            attributes.setdefault(name[5:], {})[value] = None
        else:
            single.setdefault(name, value)
    low = _amount(single.get("price_min", ""), "lowest", currency, notes)
    high = _amount(single.get("price_max", ""), "highest", currency, notes)
    if low is not None and high is not None and low > high:
        low, high = high, low
    wanted = single.get("category", category)
    sort = single.get("sort", "")
    query = Query(
        q=clean(single.get("q", "")),
        category=wanted if _CATEGORY.fullmatch(wanted) and len(wanted) <= 200 else "",
        brands=tuple(brands)[:MAX_VALUES],
        price_min_minor=low,
        price_max_minor=high,
        attributes={name: tuple(values)[:MAX_VALUES] for name, values in list(attributes.items())[:20]},
        in_stock=single.get("in_stock") != "false",
        anywhere=single.get("anywhere") == "true",
        deliver_by=_day(single.get("deliver_by", ""), notes),
        sort=next((known for known in SORTS if known == sort), "relevance"),
        cursor=single.get("cursor", ""),
        seen=int(single["seen"]) if re.fullmatch(r"\d{1,7}", single.get("seen", "")) else 0,
        trail=tuple(trail[-MAX_TRAIL:]),
        currency=currency,
    )
    return query, notes


def clean(text: str) -> str:
    """What a visitor typed, without control characters, blanks joined, at most as long as search reads."""
    return _BLANKS.sub(" ", text).strip()[:MAX_QUERY_CHARS]


def item_path(title: str, item_id: str, sku: str | None = None) -> str:
    """The address of an item's page."""
    path = f"/i/{words.slug(title)}-{item_id}"
    return f"{path}?sku={quote(sku, safe='')}" if sku else path


def item_of(segment: str) -> tuple[str, str] | None:
    """(slug, item id) of the last part of an item's address; None when it cannot be one."""
    found = _ITEM.fullmatch(segment)
    return (found["slug"] or "", found["id"]) if found else None


def same_site(target: str) -> str:
    """A place on this site to go back to; `/` for everything that could lead elsewhere."""
    if len(target) > 2_000 or not target.startswith("/") or target[1:2] in ("/", "\\"):
        return "/"
    if any(ord(character) < 33 or character == "\\" for character in target):
        return "/"
    try:
        parts = urlsplit(target)
    except ValueError:
        return "/"
    return "/" if parts.scheme or parts.netloc else quote(target, safe="/?&=%:;,.~+-_!*'()@$#")


def _amount(text: str, which: str, currency: str, notes: list[str]) -> int | None:
    if not text.strip():
        return None
    amount = words.minor_units(text, currency)
    if amount is None:
        notes.append(f"We could not read the {which} price “{text[:40]}”. Write it like 1,299.")
    return amount


def _day(text: str, notes: list[str]) -> str:
    if not text:
        return ""
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        notes.append(f"We could not read the day “{text[:40]}”.")
        return ""
