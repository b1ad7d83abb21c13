"""Rows read in a process of their own: the same outcome, the same refusals, and a death that is told."""

import os
import signal
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest

from haat.engines.system import SystemIds
from haat.errors import Unavailable
from haat.inbound.accept import FeedRequest
from haat.inbound.apart import OpenRows, RowsApart, process_apart
from haat.inbound.chunks import Order
from haat.inbound.mapping import read_mapping
from tests.conftest import ManualClock
from tests.inbound.shop import MAPPINGS, Shop, Spec, open_shop, pieces
from tests.inbound.test_kill import a_feed, state

MAPPING = read_mapping((MAPPINGS / "kill.toml").read_bytes())
WIDE = b",".join(b"c%d" % n for n in range(5_000))  # more columns than a file may have


@pytest.fixture(scope="module")
def open_rows() -> Iterator[OpenRows]:
    with process_apart() as opened:
        yield opened


def apart(shop: Shop, open_rows: OpenRows) -> Shop:
    """The shop, reading elsewhere. Ids from the machine: a seeded sequence would be told twice."""
    shop.worker = replace(shop.worker, ids=SystemIds(), open_rows=open_rows)
    return shop


async def outcome(folder: Path, clock: ManualClock, open_rows: OpenRows | None, content: bytes) -> tuple[Any, ...]:
    async with open_shop(folder, clock) as shop:
        shop.world.categories["wear"] = [Spec("size", "enum", values=("S", "M"))]  # half of the rows do not fit
        await (apart(shop, open_rows) if open_rows else shop).send(content, mapping=MAPPING)
        return await state(shop)


async def test_apart_the_outcome_is_the_same(tmp_path: Path, clock: ManualClock, open_rows: OpenRows) -> None:
    here = await outcome(tmp_path / "here", clock, None, a_feed())
    there = await outcome(tmp_path / "there", clock, open_rows, a_feed())
    assert here == there
    assert here[1].refused > 20


async def test_an_unreadable_file_is_told_as_it_is_here(shop: Shop, open_rows: OpenRows) -> None:
    here = await shop.send(b"code,title," + WIDE + b"\n", "haat-csv")
    there = await apart(shop, open_rows).send(b"code,title,price," + WIDE + b"\n", "haat-csv")
    assert (here.state, there.state) == ("refused", "refused")
    assert there.reason == here.reason.replace("5,002", "5,003")


async def test_a_feed_goes_on_after_the_process_has_died(shop: Shop, open_rows: OpenRows) -> None:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as doomed:
        os.kill(doomed.submit(os.getpid).result(), signal.SIGKILL)

        def open_doomed(order: Order) -> RowsApart:
            return RowsApart(order, doomed)

        request = FeedRequest(seller="acme", filename="feed.csv", mapping=MAPPING)
        accepted = await shop.accept(request, pieces(a_feed()))
        with pytest.raises(Unavailable, match="has ended"):
            await apart(shop, open_doomed).worker.run(accepted.id)
    left = await shop.store.get(accepted.id)
    assert left is not None
    assert left.state == "waiting"
    read = await apart(shop, open_rows).worker.run(accepted.id, force=True)
    assert read is not None
    assert (read.state, read.counts.rows) == ("done", 1_200)
