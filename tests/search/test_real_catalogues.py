"""A thousand searches over the two real catalogues, against looking at every item."""

import gzip
import json
import random
from pathlib import Path
from typing import Any

import pytest

from haat.search.model import SORTS, SearchRequest
from tests.conftest import ManualClock
from tests.search.test_brute_force import HOLIDAYS, MOMENTS, PINCODES, Judge
from tests.search.world import Market, Offer, Stock, document, open_search, variant
from tests.serviceability.worlds import GridPlaces, ms, network_of, promises_of, reach_of

pytestmark = [pytest.mark.data, pytest.mark.long]

ITEMS = 400  # of each catalogue, spread over the file: enough for rare values, few enough for the suite's time
CASES = 500


def esci(row: dict[str, Any]) -> dict[str, Any]:
    path = [{"id": slug(row["category"][: n + 1]), "name": name} for n, name in enumerate(row["category"] or [])]
    return {
        "title": row["title"],
        "description": row["description"] or "",
        "bullets": [line for line in (row["bullet_points"] or "").split("\n") if line],
        "brand": row["brand"],
        "category": path[-1]["id"] if path else None,
        "categories": path,
        "attributes": {"color": row["color"]} if row["color"] else {},
        "rating": row["rating"],
        "rating_count": row["rating_count"] or 0,
    }


def slug(path: list[str]) -> str:
    return ".".join("".join(c if c.isalnum() else "-" for c in part.lower()) for part in path)


def icecat(row: dict[str, Any]) -> dict[str, Any]:
    attributes = {
        name[7:]: value for name, value in row.items() if name.startswith("attr_") and value not in ("", None)
    }
    return {
        "title": row["title"],
        "description": row.get("short_description") or "",
        "brand": row["supplier"],
        "attributes": attributes,
        "released": row["date_released"],
    }


def market_of(name: str, data_dir: Path) -> Market:
    chance = random.Random(name)
    with gzip.open(data_dir / f"{name}-products" / "products.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    network = network_of(GridPlaces(), 12, 4)
    market = Market(reach_of(network, promises=promises_of(HOLIDAYS)))
    for number, row in enumerate(rows[:: len(rows) // ITEMS][:ITEMS]):
        read = {"esci": esci, "icecat": icecat}[name](row)
        sku = f"s.{number}"
        one = variant(sku, eans=row.get("ean", []), model=row.get("name") or row.get("asin"))
        stock = [
            Stock(w.id, chance.choice([0, 2, 40])) for w in chance.sample(network.warehouses, chance.randint(0, 4))
        ]
        price = chance.choice([None, *(chance.randrange(1_000, 2_000_000) for _ in range(9))])
        market.put(document(number, **(read | {"variants": [one]})), [Offer(sku, price, stock=stock)])
    return market


def request_of(chance: random.Random, market: Market) -> SearchRequest:
    item = chance.choice(list(market.documents.values()))
    words = chance.sample(item["title"].split(), min(len(item["title"].split()), chance.randint(0, 3)))
    chosen = [(n, v) for n, v in item["attributes"].items() if chance.random() < 0.1 and len(str(v)) <= 100]
    attributes: dict[str, tuple[str, ...]] = {}
    for name, value in chosen[:2]:
        if isinstance(value, bool):
            attributes[name] = (str(value).lower(),)
        elif isinstance(value, float):
            attributes[name] = (chance.choice([f"{value!r}", f"{value / 2!r}..{value * 2!r}", f"..<{value!r}"]),)
        else:
            attributes[name] = (str(value),)
    pincode = chance.choice([None, *chance.choices(PINCODES, k=5)])
    path = item["categories"]
    return SearchRequest(
        q=" ".join(words),
        category=chance.choice(path)["id"] if path and chance.random() < 0.4 else None,
        brands=(item["brand"],) if item["brand"] and chance.random() < 0.2 else (),
        price_max_minor=chance.randrange(1_000, 2_000_000) if chance.random() < 0.2 else None,
        attributes=attributes,
        in_stock=chance.random() < 0.85,
        pincode=pincode,
        deliver_by=chance.choice([None, None, "2026-11-27", "2026-12-02"]) if pincode else None,
        sort=chance.choice(SORTS if pincode else SORTS[:-1]),
        limit=100,
    )


@pytest.mark.parametrize("name", ["esci", "icecat"])
async def test_searches_of_a_real_catalogue_equal_brute_force(
    name: str, data_dir: Path, tmp_path: Path, clock: ManualClock
) -> None:
    chance = random.Random(name)
    market = market_of(name, data_dir)
    search = await open_search(market, tmp_path, clock)
    await search.load()
    judge = RealJudge(search)
    for _ in range(CASES):
        now_ms = ms(chance.choice(MOMENTS))
        clock.set(now_ms)
        await judge.check(request_of(chance, market), now_ms)
    await search.index.close()


class RealJudge(Judge):
    """Facets of thousands of values are cut: what is shown must be right, and nothing larger left out."""

    def check_facets(self, page: Any, request: SearchRequest, now_ms: int) -> None:
        brands = self.truth(request, now_ms, without="brand").facts
        counted = {f.brand: 0 for f in brands if f.brand}
        for fact in brands:
            if fact.brand:
                counted[fact.brand] += 1
        shown = {value.value: value.count for value in page.facets.brand if value.count}
        assert all(counted[brand] == count for brand, count in shown.items())
        left_out = [count for brand, count in counted.items() if brand not in shown]
        assert not left_out or (len(shown) == 30 and max(left_out) <= min(shown.values()))
        for facet in page.facets.attributes:
            facts = self.truth(request, now_ms, without=facet.name).facts
            for value in facet.values:
                if facet.kind == "number":
                    expected = sum(self.has_number(f, facet.name, value.value) for f in facts)
                else:
                    expected = sum(value.value in f.texts.get(facet.name, ()) for f in facts)
                assert value.count == expected, (facet.name, value)

    @staticmethod
    def has_number(fact: Any, name: str, value: str) -> bool:
        low, dots, high = value.partition("..")
        numbers = fact.numbers.get(name, ())
        if not dots:
            return any(f"{n:.15g}" == value for n in numbers)
        if high.startswith("<"):
            return any(float(low) <= n < float(high[1:]) for n in numbers)
        return any(float(low) <= n <= float(high) for n in numbers)

    def check_hits(self, page: Any, request: SearchRequest, now_ms: int) -> None:
        self.check_order(page, request)
