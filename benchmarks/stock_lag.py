"""How long a sold-out item stays in the search after its stock event, and how soon a restocked one is back.

Run: `python -m benchmarks.stock_lag [--items N] [--rate 500] [--seconds 20] [--json] [--out FILE]`.

Stock events go at a steady rate through the real path: event log on SQLite → consumer loop → indexer → commit; every
twentieth sells an item out or restocks it, and is timed from the append to the first snapshot in which a search by its
sku says so.
"""

import argparse
import asyncio
import gc
import json
import os
import random
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from benchmarks.search import Live, load
from benchmarks.search_world import Made, OfferRow, make, network
from haat.engines.sql.migrations import upgrade
from haat.engines.sql.sqlite import SqliteDatabase
from haat.engines.system import SeededIds, SystemClock, jitter
from haat.events.adapters.sql_parking import SqlParking
from haat.events.adapters.sqlite_log import SqliteEventLog
from haat.events.adapters.tables import LINE
from haat.events.backoff import Backoff
from haat.events.consume import Consumer
from haat.events.envelope import encode, wrap
from haat.inventory.messages import StockChanged
from haat.search.adapters.tantivy import TantivyItemIndex
from haat.search.consumers import IndexItems
from haat.search.index import Ask, Window, Words
from haat.search.indexer import Indexer
from haat.search.text.tokens import exact_key
from haat.vocabulary import EventId

GOAL_P99_S: Final = 2.0
TICK_S: Final = 0.02
TIMED_EVERY: Final = 20
SEED: Final = 3


class Shop:
    """Items whose stock changes under the indexer's eyes."""

    def __init__(self, items: Sequence[Made]) -> None:
        self.items = {item.id: item for item in items}

    async def documents(self, ids: Sequence[str]) -> Mapping[str, bytes]:
        """As the catalogue."""
        return {id_: self.items[id_].document for id_ in ids}

    async def offers(self, item_ids: Sequence[str]) -> Mapping[str, Sequence[OfferRow]]:
        """As inventory."""
        return {id_: self.items[id_].offers for id_ in item_ids}


def changed(item: Made, free: int | None, chance: random.Random) -> StockChanged:
    """Set all rows of an item to `free`, or one row to some count; the event of the last row changed."""
    offer = item.offers[0]
    rows = offer.stock if free is not None else [chance.choice(offer.stock)]
    for row in rows:
        row.free = free if free is not None else chance.randint(1, 90)
        row.version += 1
    last = rows[-1]
    return StockChanged(item.id, offer.sku, last.warehouse, last.free, 0, last.version)


async def measure(
    shop: Shop, index: TantivyItemIndex, log: SqliteEventLog, rate: int, seconds: float
) -> dict[str, Any]:
    """Append at the rate and watch."""
    chance = random.Random(SEED)
    clock, ids = SystemClock(), SeededIds(SEED, SystemClock())
    stocked = [item for item in shop.items.values() if item.offers[0].stock]
    chance.shuffle(stocked)
    timed, others = stocked[:100], stocked[100:]  # few enough that each sells out and comes back
    waiting: dict[str, tuple[bool, float]] = {}
    lags: dict[bool, list[float]] = {True: [], False: []}
    out: set[str] = set()

    seen = ""

    async def look() -> None:
        """Ask only snapshots not asked yet: the watching must not take the processor from what is watched."""
        nonlocal seen
        view = index.view()
        if view.name == seen:
            return
        seen = view.name
        now_s = time.perf_counter()
        for sku, (hidden, since_s) in list(waiting.items()):
            found = await view.find(Ask(words=Words((), exact_key(sku)), unreachable=False), Window(limit=0))
            if (found.tally.total == 0) == hidden:
                lags[hidden].append(now_s - since_s)
                del waiting[sku]

    started_s = time.perf_counter()
    sent = turn = 0
    while time.perf_counter() - started_s < seconds:
        due = int((time.perf_counter() - started_s) * rate) - sent
        entries = []
        for _ in range(due):
            sent += 1
            item, free = chance.choice(others), None
            if sent % TIMED_EVERY == 0:
                item, turn = timed[turn % len(timed)], turn + 1
                if item.offers[0].sku in waiting:
                    continue
                free = 9 if item.id in out else 0
                (out.discard if free else out.add)(item.id)
                waiting[item.offers[0].sku] = (free == 0, time.perf_counter())
            message = changed(item, free, chance)
            event_id = EventId(ids.new("evt"))
            event = wrap(message, event_id=event_id, key=item.id, source="haat/bench", now_ms=clock.now_ms())
            entries.append((item.id, encode(event)))
        if entries:
            await log.append("stock", entries)
        await look()
        await asyncio.sleep(TICK_S)
    until_s = time.perf_counter() + 10
    while waiting and time.perf_counter() < until_s:
        await look()
        await asyncio.sleep(TICK_S)
    return {
        "events": sent,
        "never_seen": len(waiting),
        "hidden": quantiles(lags[True]),
        "shown": quantiles(lags[False]),
    }


def quantiles(lags: Sequence[float]) -> dict[str, float]:
    """p50, p99 and the longest, in seconds."""
    ordered = sorted(lags)
    if not ordered:
        return {"count": 0}
    at = {"p50_s": 0.5, "p99_s": 0.99, "max_s": 1.0}
    return {"count": len(ordered)} | {
        name: round(ordered[min(len(ordered) - 1, int(share * len(ordered)))], 3) for name, share in at.items()
    }


async def run(items: int, rate: int, seconds: float) -> dict[str, Any]:
    """Open everything, warm up, measure."""
    world = make(await network(), items)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        opened = await load(world, folder / "index")
        upgrade(LINE, f"sqlite:///{folder / 'events.db'}")
        clock = SystemClock()
        database = SqliteDatabase(folder / "events.db", clock)
        database.open()
        log = SqliteEventLog(database, clock)
        shop = Shop(world.items)
        indexer = Indexer(
            index=opened.index,
            serviceability=Live(world.reach),
            documents=shop.documents,
            offers=shop.offers,
            lexicon=opened.lexicon,
        )
        handler = IndexItems(indexer)
        consumer = Consumer(
            handler, log, SqlParking(database), Backoff(jitter), batch=handler.batch, gather_s=handler.gather_s
        )
        stop = asyncio.Event()
        gc.collect()
        gc.freeze()
        async with asyncio.TaskGroup() as group:
            group.create_task(consumer.run(stop))
            cpu_s, wall_s = time.process_time(), time.perf_counter()
            figures = await measure(shop, opened.index, log, rate, seconds)
            figures["cpu_cores"] = round((time.process_time() - cpu_s) / (time.perf_counter() - wall_s), 2)
            stop.set()
        figures["parked"] = consumer.counts.parked
        await opened.index.close()
        database.close()
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=10_000)
    parser.add_argument("--rate", type=int, default=500)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    load_before = os.getloadavg()
    figures = asyncio.run(run(options.items, options.rate, options.seconds))
    report = {"benchmark": "stock_lag", "goal_p99_s": GOAL_P99_S, "load": load_before, "rate": options.rate, **figures}
    text = json.dumps(report, indent=2)
    if options.out:
        options.out.write_text(text)
    print(text if options.json else f"hidden {figures['hidden']}  shown {figures['shown']}  {figures}")


if __name__ == "__main__":
    main()
