"""What templates are given: small frozen values with every word already chosen, so that templates only place them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal, Protocol

from haat.search.model import Hit
from haat.web.storefront import words
from haat.web.storefront.address import item_path

DueKind = Literal["by", "unknown", "not", "gone"]
WIDTHS = (160, 320, 640, 1280)


@dataclass(frozen=True, slots=True)
class Amount:
    """A price for people and for machines."""

    words: str
    value: str

    @classmethod
    def of(cls, minor: int, currency: str) -> "Amount":
        """The price in the shop's words."""
        return cls(words.money(minor, currency), words.decimal(minor, currency))


@dataclass(frozen=True, slots=True)
class Stars:
    """What buyers said."""

    average: str
    count: int


@dataclass(frozen=True, slots=True)
class Due:
    """The promise: by a day; unknown without a PIN code; not delivered there; gone, when it is sold out."""

    kind: DueKind
    day: words.Day | None = None
    pincode: str = ""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture at its sizes."""

    src: str
    srcset: str
    thumb: str
    alt: str = ""
    width: int = 640
    height: int = 640


@dataclass(frozen=True, slots=True)
class Card:
    """One thing in a list or on a shelf."""

    url: str
    title: str
    brand: str
    rating: Stars | None
    price: Amount | None
    picture: Picture | None
    due: Due
    hint: str


@dataclass(frozen=True, slots=True)
class Shelf:
    """A row of things under a heading."""

    heading: str
    cards: list[Card]
    url: str = ""
    more: str = ""
    eager: bool = False


@dataclass(frozen=True, slots=True)
class Link:
    """A link with its words; `count` where it leads to so many things."""

    name: str
    url: str
    count: int | None = None
    current: bool = False


class Pictured(Protocol):
    """A stored picture."""

    @property
    def key(self) -> str:
        """Its key."""

    @property
    def alt(self) -> str:
        """What it shows."""

    @property
    def width(self) -> int:
        """Pixels of the original, 0 where not known."""

    @property
    def height(self) -> int:
        """Pixels of the original, 0 where not known."""


def picture_of(stored: Pictured | None, *, large: bool = False) -> Picture | None:
    """Addresses of a picture at the widths that cards (or, `large`, the product page) use and that it has."""
    if stored is None:
        return None
    wanted = (WIDTHS[1], WIDTHS[2], WIDTHS[3]) if large else (WIDTHS[1], WIDTHS[2])
    widths = [w for w in wanted if not stored.width or w <= stored.width] or [WIDTHS[0]]
    paths = {width: f"/pictures/{stored.key}/{width}.webp" for width in widths}
    src = paths[widths[min(1, len(widths) - 1)] if large else widths[0]]
    srcset = ", ".join(f"{path} {width}w" for width, path in paths.items()) if len(paths) > 1 else ""
    width, height = (stored.width, stored.height) if stored.width and stored.height else (640, 640)
    return Picture(src, srcset, f"/pictures/{stored.key}/{WIDTHS[0]}.webp", stored.alt, width, height)


def stars(average: float | None, count: int) -> Stars | None:
    """A rating in words; None where nobody has rated."""
    return Stars(f"{average:.1f}", count) if average is not None and count else None


def due_of(hit: Hit, pincode: str, today: date) -> Due:
    """The promise of a search hit."""
    if hit.stock_hint == "out_of_stock" or hit.sku is None:
        return Due("gone")
    if hit.eta is not None:
        return Due("by", words.day(hit.eta, today))
    if hit.deliverable is False:
        return Due("not", pincode=pincode)
    return Due("unknown")


def card_of(hit: Hit, pincode: str, today: date, dues: Mapping[str, Due] | None = None) -> Card:
    """A search hit as a card. `dues` overrides what the hit itself promises, by item id."""
    due = (dues or {}).get(hit.item_id) or due_of(hit, pincode, today)
    sku = hit.sku if hit.variants > 1 else None
    return Card(
        url=item_path(hit.title, hit.item_id, sku),
        title=hit.title,
        brand=hit.brand or "",
        rating=stars(hit.rating.average, hit.rating.count) if hit.rating else None,
        price=Amount.of(hit.price.minor, hit.price.currency) if hit.price else None,
        picture=picture_of(hit.image),
        due=due,
        hint="Few left" if hit.stock_hint == "few_left" and due.kind != "gone" else "",
    )
