"""A made-up catalogue of any size over the real delivery network of India, for the search benchmarks.

Words are Zipf-distributed (exponent 0.9, 30,000 words); titles have 9, bodies 40; 60 categories, 200 brands, log-normal
prices; sellers with 1 to 4 warehouses, 3 % national items. Three probe hubs are given serving warehouses until so many
items in a hundred pass: 60, 10 and 1.
"""

import dataclasses
import json
import random
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np

from benchmarks.matrix import Parts, fill
from haat.engines.system import SystemClock
from haat.serviceability.reach import Reach
from haat.vocabulary import SHIPPING_CLASSES

WORDS: Final = 30_000
WAREHOUSES: Final = 200
PROBES: Final = (0.60, 0.10, 0.01)
SEED: Final = 5


@dataclass(slots=True)
class StockRow:
    """Units in a warehouse."""

    warehouse: str
    free: int
    version: int = 1


@dataclass(slots=True)
class OfferRow:
    """An offer with its stock."""

    sku: str
    price_minor: int | None
    stock: list[StockRow]
    currency: str = "INR"
    active: bool = True
    version: int = 1


@dataclass(frozen=True, slots=True)
class Made:
    """One item: its document, its offers, and what FTS5 is given of it."""

    id: str
    document: bytes
    offers: list[OfferRow]
    title: str
    body: str
    category: int
    brand: int
    price_minor: int
    rating: float
    warehouses: frozenset[str]


@dataclass(slots=True)
class SearchWorld:
    """Items, a Reach with probe hubs, and queries."""

    reach: Reach
    items: list[Made]
    queries: list[str]
    probes: dict[str, int] = field(default_factory=dict)  # pass rate → hub


async def network() -> Reach:
    """200 warehouses over the real hubs."""
    with tempfile.TemporaryDirectory() as folder:
        parts = Parts(Path(folder), SystemClock())
        await fill(parts, WAREHOUSES)
        await parts.build()
        live = parts.live()
        await live.refresh()
        reach = live.reach
        codes = tuple(np.array(reach.codes[name]) for name in SHIPPING_CLASSES)  # the mapped file goes away
        cells = dataclasses.replace(
            reach.cells,
            codes=codes,
            days=np.array(reach.cells.days),
            flags=np.array(reach.cells.flags),
        )
        parts.database.close()
        return Reach(reach.network, cells, reach.pins, reach.promises)


def make(reach: Reach, count: int) -> SearchWorld:
    """A world of so many items."""
    chance = random.Random(SEED)
    draw = np.random.default_rng(SEED)
    weights = 1 / np.arange(1, WORDS + 1) ** 0.9
    weights /= weights.sum()
    sellers = _sellers(chance, reach, max(count // 100, 20))
    items = list(_items(chance, draw, weights, sellers, reach.warehouses, count))
    world = SearchWorld(reach, items, [])
    _probe(world)
    for _ in range(200):
        words = chance.choice(items).title.split()
        world.queries.append(" ".join(chance.sample(words, chance.choice((1, 2, 2, 3)))))
    return world


def _sellers(chance: random.Random, reach: Reach, count: int) -> list[list[str]]:
    """1 to 4 warehouses each; six in ten keep to warehouses that lie near one another in the list of hubs served."""
    order = sorted(range(len(reach.warehouses)), key=lambda w: int(np.argmin(reach.codes["standard"][w])))
    sellers = []
    for _ in range(count):
        size = chance.randint(1, 4)
        if chance.random() < 0.6:
            at = chance.randrange(len(order))
            rows = [order[(at + step) % len(order)] for step in range(size)]
        else:
            rows = chance.sample(range(len(order)), size)
        sellers.append([reach.warehouses[row] for row in rows])
    return sellers


def _items(
    chance: random.Random,
    draw: np.random.Generator,
    weights: Any,
    sellers: list[list[str]],
    warehouses: Sequence[str],
    count: int,
) -> Iterator[Made]:
    words = [f"w{n}" for n in range(WORDS)]
    for start in range(0, count, 10_000):
        size = min(10_000, count - start)
        drawn = draw.choice(WORDS, (size, 49), p=weights).tolist()
        prices = np.exp(draw.normal(11, 1.2, size)).astype(np.int64).clip(1_000, 50_000_000).tolist()
        for row in range(size):
            number = start + row
            spoken = [words[n] for n in drawn[row]]
            if chance.random() < 0.03:
                stocked = chance.sample(list(warehouses), chance.randint(20, 60))
            else:
                stocked = list(
                    dict.fromkeys(
                        w
                        for seller in chance.sample(sellers, chance.randint(1, 3))
                        for w in seller
                        if chance.random() < 0.8
                    )
                )
            yield _item(chance, number, spoken, prices[row], stocked)


def _item(chance: random.Random, number: int, spoken: list[str], price: int, stocked: list[str]) -> Made:
    category, brand = chance.randrange(60), chance.randrange(200)
    root, leaf = f"c{category // 10}", f"c{category // 10}.l{category}"
    rating = chance.randint(2, 10) / 2
    sku = f"s.{number}"
    title, body = " ".join(spoken[:9]), " ".join(spoken[9:])
    document = {
        "id": f"itm_{number:026d}",
        "seller": "s",
        "version": 1,
        "status": "active",
        "title": title,
        "description": body,
        "brand": f"Brand {brand}",
        "category": leaf,
        "categories": [{"id": root, "name": root}, {"id": leaf, "name": leaf}],
        "attributes": {
            "colour": chance.choice(("red", "green", "blue", "black")),
            "weight": chance.randint(1, 400) / 10,
            "wired": chance.random() < 0.5,
        },
        "variants": [{"sku": sku, "code": str(number)}],
        "rating": rating,
        "rating_count": chance.randint(1, 500),
        "released": f"20{chance.randint(10, 26)}-0{chance.randint(1, 9)}-11",
        "shipping_class": "standard",
    }
    offer = OfferRow(sku, price, [StockRow(w, 9) for w in stocked])
    return Made(
        document["id"],  # type: ignore[arg-type]  # a string of the literal above
        json.dumps(document).encode(),
        [offer],
        title,
        body,
        category,
        brand,
        price,
        rating,
        frozenset(stocked),
    )


def _probe(world: SearchWorld) -> None:
    """Give three hubs serving warehouses until the pass rate is met; keep the codes of those that served before."""
    reach = world.reach
    codes = [np.array(reach.codes[name]) for name in SHIPPING_CLASSES]
    chance = random.Random(SEED)
    for hub, rate in enumerate(PROBES):
        order = list(reach.warehouses)
        chance.shuffle(order)
        serving: set[str] = set()
        for name in order:
            share = sum(not serving.isdisjoint(item.warehouses) for item in world.items) / len(world.items)
            if share >= rate:
                break
            serving.add(name)
        for table in codes:
            column = table[:, hub]
            column[:] = [
                (old if old != 255 else 4 * (row % 8) + 8 + row % 4) if name in serving else 255
                for row, (name, old) in enumerate(zip(reach.warehouses, column.tolist(), strict=True))
            ]
        world.probes[f"{rate:.0%}"] = hub
    cells = dataclasses.replace(reach.cells, codes=tuple(codes))
    network_of = msgspec.structs.replace(reach.network, generation=reach.generation + 1)
    world.reach = Reach(network_of, cells, reach.pins, reach.promises)


def pass_rates(world: SearchWorld) -> dict[int, float]:
    """Share of the items that each hub can have."""
    table = world.reach.codes["standard"] != 255
    members = np.zeros((len(world.items), table.shape[0]), np.float32)
    rows = world.reach.ordinals
    for at, item in enumerate(world.items):
        members[at, [rows[w] for w in item.warehouses]] = 1
    reached = (members @ table.astype(np.float32)) > 0
    return dict(enumerate(reached.mean(axis=0).tolist()))
