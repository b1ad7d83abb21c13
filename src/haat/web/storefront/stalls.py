"""Stalls: top categories, each with a drawing that its name asks for."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from haat.web.storefront import words
from haat.web.storefront.frame import Tree

MAX_STALLS: Final = 24
_TONES: Final = ("haldi", "baingan", "neel", "mirch", "paan")
# drawing → words (or beginnings of words) in a category's id or name; the first drawing that has one wins
_DRAWINGS: Final = tuple(
    (line.split()[0], line.split()[1], frozenset(line.split()[2:]))
    for line in """
baby neel baby babies infant nursery maternity
pet neel pet pets animal aquarium dog cat
toy haldi toy toys game games hobby hobbies puzzle
books mirch book books media magazine film movie
desk neel stationery office school art arts craft paper
music haldi music instrument instruments audio
shoe baingan shoe shoes footwear sandal
jewel mirch jewel jewellery jewelry watch watches accessories gift gifts
bag haldi bag bags luggage travel
cloth neel handloom textile textiles fabric linen saree sarees bedding weave
wear paan fashion cloth clothing clothes apparel wear dress men women kids
beauty mirch beauty cosmetic cosmetics makeup personal care grooming
health paan health medicine pharmacy wellness medical fitness
sport haldi sport sports cricket cycling exercise
tent haldi outdoor outdoors camping trekking hiking
plant paan garden gardening plant plants lawn patio farm
tool mirch tool tools hardware diy improvement industrial build building business
wheel baingan auto automotive car cars motor motorbike bike vehicle vehicles
lamp haldi light lighting lights lamp lamps decor
phone neel electronic electronics phone phones mobile computer computers camera tech software video
chair haldi furniture chair sofa
grocery paan grocery groceries food spice spices pantry drink drinks beverages snack
home baingan home kitchen house household cookware appliance appliances bath dining
""".strip().splitlines()
)


@dataclass(frozen=True, slots=True)
class Stall:
    """One top category on the home page."""

    name: str
    url: str
    drawing: str
    tone: str
    count: int
    words: str


def drawing_of(category: str, name: str) -> tuple[str, str]:
    """(drawing, tone) for a category: by the words of its name and id, else the stall itself."""
    spoken = re.findall(r"[a-z]+", f"{name} {category}".lower())
    for word in spoken:
        for drawing, tone, known in _DRAWINGS:
            if word in known:
                return drawing, tone
    return "stall", _TONES[sum(map(ord, category)) % len(_TONES)]


def stalls_of(tree: Tree, counts: Mapping[str, int]) -> list[Stall]:
    """The top categories; those with nothing for this visitor come last, without a count."""
    found: list[Stall] = []
    for id_ in tree.roots:
        count = counts.get(id_, 0)
        drawing, tone = drawing_of(id_, tree.names[id_])
        said = words.things(count) if not found else words.grouped(count)
        found.append(Stall(tree.names[id_], f"/c/{id_}", drawing, tone, count, said))
    return sorted(found, key=lambda stall: not stall.count)[:MAX_STALLS]
