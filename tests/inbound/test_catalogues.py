"""The two real catalogues: all their rows; those of the smaller one twice."""

from pathlib import Path

import pytest

from haat.inbound.feed import Counts
from haat.inbound.mapping import read_mapping
from tests.inbound.shop import MAPPINGS, Shop

pytestmark = [pytest.mark.data, pytest.mark.long]


async def test_every_row_is_accepted_and_the_second_time_unchanged(shop: Shop, data_dir: Path) -> None:
    first = await sent(shop, data_dir, "esci")
    assert (first.rows, first.accepted, first.missing_prices) == (6_764, 6_764, 4_777)
    assert (first.items, first.offers) == (6_764, 6_764)
    again = await sent(shop, data_dir, "esci")
    assert (again.unchanged, again.items, again.offers) == (6_764, 0, 0)


async def test_every_row_of_the_larger_one_is_accepted(shop: Shop, data_dir: Path) -> None:
    counts = await sent(shop, data_dir, "icecat")
    assert (counts.rows, counts.accepted, counts.missing_prices) == (19_406, 19_406, 0)
    assert (counts.items, counts.offers) == (19_406, 19_406)


async def sent(shop: Shop, data_dir: Path, name: str) -> Counts:
    raw = (data_dir / f"{name}-products" / "products.jsonl.gz").read_bytes()
    feed = await shop.send(raw, mapping=read_mapping((MAPPINGS / f"{name}.toml").read_bytes()))
    assert feed.state == "done"
    return feed.counts
