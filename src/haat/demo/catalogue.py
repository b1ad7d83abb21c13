"""The generator: items one after another, from a seed alone, in bounded memory.

Each item draws from a random source of its own (seed, leaf, place in the leaf), so an item does not depend on those
before it, except that a title already given in its leaf is drawn anew. A larger size adds items to a smaller one's.
"""

import datetime
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from random import Random
from typing import Final

from haat.demo import grammar, pricing
from haat.demo.model import Attribute, Item, Leaf, Look, Seller, Value, Variant
from haat.demo.sellers import SELLERS
from haat.demo.stalls import LEAVES
from haat.demo.stock import spread
from haat.demo.words import MARKS

DEFAULT_SIZE: Final = 2_400
MAX_SIZE: Final = 100_000
LAST_DAY: Final = datetime.date(2026, 11, 15)
"""The newest day of release: a constant, because the same seed gives the same shop on any day."""

_MAX_VARIANTS: Final = 12
_TITLE_TRIES: Final = 12
_SERIALS_PER_ITEM: Final = 16
_MODELLED: Final = frozenset({"electronics", "outdoor", "home", "furniture", "tools", "sports"})

Source = Callable[[str], Random]
"""Gives a fresh random source for a name: the same for the same name and seed."""


def items(sources: Source, size: int = DEFAULT_SIZE) -> Iterator[Item]:
    """So many items, leaf after leaf. Cost: some 0.2 ms each; memory holds the titles of one leaf."""
    for number, (leaf, count) in enumerate(zip(LEAVES, counts(size), strict=True)):
        titles: set[str] = set()
        for place in range(count):
            code = f"{_initials(leaf.id.rpartition('.')[2])}{number + 1}-{place + 1:05d}"
            yield _item(sources(f"{leaf.id}/{place}"), leaf, code, number * MAX_SIZE + place, titles)


def counts(size: int) -> list[int]:
    """How many items each leaf gets: by its share, the sum exactly size."""
    total = sum(leaf.share for leaf in LEAVES)
    ends = [round(size * part / total) for part in itertools.accumulate(leaf.share for leaf in LEAVES)]
    return [end - start for start, end in zip([0, *ends], ends, strict=False)]


def sellers_of(leaf: Leaf) -> list[Seller]:
    """Who sells in the leaf's stall."""
    stall = leaf.id.partition(".")[0]
    return [seller for seller in SELLERS if stall in seller.stalls]


def looks_of(leaf: Leaf, style: int) -> tuple[Look, ...]:
    """A brand of this house style has every other colour of the leaf's palette, so that brands differ."""
    styles = 3 if len(leaf.palette) >= 5 else 2
    offered = leaf.palette[style % styles % 2 :: 2]
    return tuple(Look(leaf.kind, colour, style % styles) for colour in offered)


def all_looks() -> list[Look]:
    """Every picture the catalogue may need, each once, in the order of the stalls."""
    found = (look for leaf in LEAVES for style in range(3) for look in looks_of(leaf, style))
    return list(dict.fromkeys(found))


def _item(rng: Random, leaf: Leaf, code: str, serial: int, titles: set[str]) -> Item:
    sellers = sellers_of(leaf)
    seller = rng.choices(sellers, [one.share for one in sellers])[0]
    brand_place = rng.randrange(len(leaf.brands))
    brand = leaf.brands[brand_place]
    looks = _chosen_looks(rng, leaf, brand_place)
    shared = {a.name: _draw(rng, a) for a in leaf.attributes if not a.axis and (a.required or rng.random() < a.likely)}
    line, noun, title = _title(rng, leaf, shared, titles)
    released = _released(rng, shared)
    stars, voters = pricing.rating(rng, (LAST_DAY - released).days)
    parts = rng.sample(leaf.parts, min(len(leaf.parts), rng.choice((3, 3, 4))))
    return Item(
        code=code,
        seller=seller.code,
        leaf=leaf,
        title=title,
        description=grammar.description(rng, leaf, shared, brand=brand, line=line, noun=noun, parts=parts),
        bullets=grammar.bullets(rng, leaf, shared, parts),
        brand=brand if rng.random() > 0.02 else None,
        attributes=shared,
        looks=looks,
        variants=_variants(rng, leaf, seller=seller, code=code, brand=brand, looks=looks, shared=shared, serial=serial),
        rating=stars,
        rating_count=voters,
        released=released.isoformat(),
        tax_class=leaf.tax_class,
        shipping=leaf.shipping,
        alts=tuple(f"{title}, {look.colour}" if "colour" in leaf.axes else title for look in looks),
    )


def _title(rng: Random, leaf: Leaf, values: Mapping[str, Value], taken: set[str]) -> tuple[str, str, str]:
    line, noun, title = "", "", ""
    for _ in range(_TITLE_TRIES):
        line = f"{rng.choice(leaf.lines)} {rng.choice(MARKS)}".strip()
        noun = rng.choice(leaf.nouns)
        title = grammar.title(rng, leaf, grammar.title_words(rng, leaf, values, line, noun))
        if title not in taken:
            break
    else:
        title = next(name for n in itertools.count(2) if (name := f"{title}, no. {n}") not in taken)
    taken.add(title)
    return line, noun, title


def _chosen_looks(rng: Random, leaf: Leaf, brand_place: int) -> tuple[Look, ...]:
    offered = looks_of(leaf, brand_place)
    if "colour" not in leaf.axes:
        return (rng.choice(offered),)
    first = rng.randrange(len(offered))  # turned, so that the first picture of a brand's items is not always one colour
    return (offered[first:] + offered[:first])[: rng.randint(1, len(offered))]


def _draw(rng: Random, attribute: Attribute) -> Value:
    if attribute.kind == "boolean":
        return rng.random() < attribute.likely
    if attribute.kind == "multi":
        chosen = set(rng.sample(attribute.choices, rng.randint(1, min(3, len(attribute.choices)))))
        return [str(choice) for choice in attribute.choices if choice in chosen]
    return rng.choice(attribute.choices)


def _axis_values(rng: Random, attribute: Attribute, looks: Sequence[Look]) -> Sequence[Value]:
    if attribute.name == "colour":
        return [look.colour for look in looks]
    choices = attribute.choices
    length = rng.randint(min(2, len(choices)), min(len(choices), 6 if len(looks) == 1 else 4))
    start = rng.randint(0, len(choices) - length)  # neighbours: sizes 7 to 10, not 5 and 11
    return choices[start : start + length]


def _variants(
    rng: Random,
    leaf: Leaf,
    *,
    seller: Seller,
    code: str,
    brand: str,
    looks: Sequence[Look],
    shared: Mapping[str, Value],
    serial: int,
) -> tuple[Variant, ...]:
    axes = [attribute for attribute in leaf.attributes if attribute.axis]
    ranges = [_axis_values(rng, attribute, looks) for attribute in axes]
    rows = list(itertools.product(*ranges))[:_MAX_VARIANTS]
    base = pricing.base_rupees(rng, leaf, shared)
    stocks = spread(rng, seller, len(rows), leaf.shipping)
    model = f"{_initials(brand)}-{rng.randint(100, 9999)}" if leaf.id.partition(".")[0] in _MODELLED else None
    colours = [look.colour for look in looks]
    variants = []
    for place, (row, stock) in enumerate(zip(rows, stocks, strict=True)):
        own = {attribute.name: value for attribute, value in zip(axes, row, strict=True)}
        suffix = "-".join(_code(value) for value in row)
        variants.append(
            Variant(
                code=f"{code}-{suffix}" if suffix else code,
                attributes=own,
                ean=pricing.ean13(serial * _SERIALS_PER_ITEM + place),
                model=f"{model}{chr(ord('A') + place)}" if model else None,
                price_minor=pricing.price_minor(base, leaf, own),
                stock=stock,
                picture=colours.index(str(own["colour"])) if "colour" in own else 0,
                active=len(rows) < 3 or rng.random() > 0.02,
            )
        )
    return tuple(variants)


def _released(rng: Random, values: Mapping[str, Value]) -> datetime.date:
    year = values.get("year")
    if isinstance(year, int):
        last = min(datetime.date(year, 12, 31), LAST_DAY)
        return last - datetime.timedelta(days=rng.randrange((last - datetime.date(year, 1, 1)).days + 1))
    return LAST_DAY - datetime.timedelta(days=int(rng.random() ** 2 * 1_800))


def _code(value: Value) -> str:
    return grammar.shown(value).upper().replace(" ", "").replace(".", "P").replace("%", "")


def _initials(words: str) -> str:
    parts = [part for part in words.replace("-", " ").replace("&", " ").split() if part]
    return "".join(part[0] for part in parts[:3]).upper() if len(parts) > 1 else words[:3].upper()
