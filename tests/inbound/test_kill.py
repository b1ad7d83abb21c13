"""A run killed anywhere and started again ends in the state of a run that was never killed."""

import random
import sys
from pathlib import Path
from typing import Any

import anyio
import pytest

from haat.inbound.accept import FeedRequest
from haat.inbound.mapping import read_mapping
from tests.conftest import ManualClock
from tests.inbound.shop import MAPPINGS, Shop, open_shop, pieces

pytestmark = pytest.mark.long

ROOT = Path(__file__).parent.parent.parent


def a_feed() -> bytes:
    """1,200 rows of 600 groups, so two chunks; scattered; one row in thirty is wrong."""
    chance = random.Random(5)
    rows = [f"s{n}-{size},s{n},Style {n},{100 + n},Wear,{size}" for n in range(600) for size in ("S", "L")]
    rows = [row if chance.random() > 1 / 30 else row.replace("Style", "\x01Style") for row in rows]
    chance.shuffle(rows)
    return ("sku,style,name,price,category,size\n" + "\n".join(rows) + "\n").encode()


async def state(shop: Shop) -> tuple[Any, ...]:
    """All that must be equal, with item and event ids out of it: they are random."""
    items, skus = await shop.known()
    codes = {row[2]: row[1] for row in items}
    events = [
        (topic, codes[e["item_id"]], {k: v for k, v in e.items() if k not in ("item_id", "feed_id")})
        for topic, e in await shop.events()
    ]
    (feed,) = await shop.store.of_seller("acme", "", 10)
    refusals = await shop.refusals(feed)
    kept = [(row[1], row[3:7]) for row in items], [(row[1], codes[row[2]], row[3:6]) for row in skus]
    return feed.state, feed.counts, refusals, kept, events


async def whole(folder: Path, content: bytes, clock: ManualClock) -> tuple[Any, ...]:
    async with open_shop(folder, clock) as shop:
        feed = await shop.send(content, mapping=read_mapping((MAPPINGS / "kill.toml").read_bytes()))
        assert (feed.counts.rows, feed.counts.accepted > 1_000, feed.counts.refused > 20) == (1_200, True, True)
        return await state(shop)


@pytest.mark.parametrize(("die_at", "when"), [(1, "before"), (1, "after"), (2, "before")])
async def test_a_killed_run_goes_on_where_it_was(tmp_path: Path, clock: ManualClock, die_at: int, when: str) -> None:
    content = a_feed()
    expected = await whole(tmp_path / "whole", content, clock)
    file = tmp_path / "feed.csv"
    file.write_bytes(content)
    killed = tmp_path / "killed"
    command = [sys.executable, "-m", "tests.inbound.run_and_die", str(killed), str(file), str(die_at), when]
    child = await anyio.run_process(command, cwd=ROOT, check=False)
    assert child.returncode == 9, child.stderr.decode()
    mapping = read_mapping((MAPPINGS / "kill.toml").read_bytes())
    async with open_shop(killed, clock, seed=8) as shop:
        (left,) = await shop.store.of_seller("acme", "", 10)
        assert (left.state, left.position) == ("running", 500 * (die_at - (when == "before")))
        accepted = await shop.accept(FeedRequest(seller="acme", filename="feed.csv", mapping=mapping), pieces(content))
        assert accepted.id == left.id
        await shop.worker.run(accepted.id, force=True)
        assert await state(shop) == expected
