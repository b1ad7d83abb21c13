"""The two real catalogues: all their rows, twice."""

from pathlib import Path

import pytest

from haat.inbound.mapping import read_mapping
from tests.inbound.shop import MAPPINGS, Shop

pytestmark = [pytest.mark.data, pytest.mark.long]


@pytest.mark.parametrize(("name", "rows", "missing"), [("esci", 6_764, 4_777), ("icecat", 19_406, 0)])
async def test_every_row_is_accepted_and_the_second_time_unchanged(
    shop: Shop, data_dir: Path, name: str, rows: int, missing: int
) -> None:
    raw = (data_dir / f"{name}-products" / "products.jsonl.gz").read_bytes()
    mapping = read_mapping((MAPPINGS / f"{name}.toml").read_bytes())
    feed = await shop.send(raw, mapping=mapping)
    counts = feed.counts
    assert (feed.state, counts.rows, counts.accepted, counts.missing_prices) == ("done", rows, rows, missing)
    assert (counts.items, counts.offers) == (rows, rows)
    again = await shop.send(raw, mapping=mapping)
    assert (again.counts.unchanged, again.counts.items, again.counts.offers) == (rows, 0, 0)
