"""Search: the deliverability filter against none, against the bare engine calls, and against SQLite FTS5.

Run: `python -m benchmarks.search [--items 10000 100000] [--rounds N] [--json] [--out FILE]`.

All figures are CPU time of one thread, both sides of a ratio interleaved in one run; median, smallest and largest of
the ratios of the rounds. Nothing is remembered between two calls: each round asks a fresh snapshot.
"""

import argparse
import asyncio
import dataclasses
import gc
import json
import os
import platform
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from msgspec.structs import replace
from tantivy import Occur, Query, Searcher

from benchmarks.search_world import SearchWorld, make, network, pass_rates
from haat.engines.system import SystemClock
from haat.http.signing import Signer
from haat.search.adapters.tantivy import TantivyItemIndex
from haat.search.adapters.tantivy_tally import Tallier
from haat.search.adapters.tantivy_view import StoredHits, TantivyView
from haat.search.ask import words as asked_words
from haat.search.coverage import Coverage
from haat.search.deliverable import Deliveries
from haat.search.document import Builder
from haat.search.find import FindItems
from haat.search.index import Ask, AttributeFilter, FacetAsk, Filters, Window
from haat.search.lexicon import Learned, Lexicon
from haat.search.model import SearchRequest

GOALS: Final = {"or_natural_20_50": 1.3, "and_natural_20_50": 1.1, "dates_or": 1.35, "dates_and": 1.5}
FACETS: Final = FacetAsk(most=2)
FTS_QUERIES: Final = 20


@dataclass(frozen=True, slots=True)
class Live:
    """A matrix that stays."""

    reach: Any


@dataclass(slots=True)
class Opened:
    """A loaded index."""

    world: SearchWorld
    index: TantivyItemIndex
    lexicon: Lexicon
    build: dict[str, float]

    def view(self) -> TantivyView:
        """The snapshot with nothing remembered."""
        view = self.index.view()
        assert isinstance(view, TantivyView)
        searcher = view.searcher
        return dataclasses.replace(view, tallier=Tallier(searcher, view.compiler), stored=StoredHits(searcher))


def _megabytes(folder: Path) -> float:
    return sum(f.stat().st_size for f in folder.rglob("*") if f.is_file()) / 1e6


async def load(world: SearchWorld, folder: Path) -> Opened:
    """Index all items in batches of 1,000, one commit each 20,000, and measure it."""
    clock = SystemClock()
    index = TantivyItemIndex(folder, clock, heap_bytes=256 << 20)
    await index.open()
    await index.cover(Coverage.of(world.reach))
    lexicon = Lexicon(clock)
    builder = Builder(world.reach)
    started, started_cpu = time.perf_counter(), time.process_time()
    built_cpu = 0.0
    learned: list[Learned] = []
    for start in range(0, len(world.items), 1_000):
        part_cpu = time.thread_time()
        built = [builder.build(item.document, item.offers) for item in world.items[start : start + 1_000]]
        built_cpu += time.thread_time() - part_cpu
        ordinals = await index.write([one.entry for one in built])
        learned += [
            Learned(ordinal, one.words, one.title, one.text)
            for ordinal, one in zip(ordinals, built, strict=True)
            if ordinal is not None
        ]
        if (start + 1_000) % 20_000 == 0:
            await index.commit()
    await index.commit()
    cpu, wall = time.process_time() - started_cpu, time.perf_counter() - started
    lexicon.learn(learned)
    count = len(world.items)
    megabytes = await asyncio.to_thread(_megabytes, folder)
    gc.collect()
    gc.freeze()  # as a server does after its start: the made-up items are no work for the collector
    figures = {
        "documents_per_cpu_s": count / cpu,
        "documents_per_s": count / wall,
        "builder_us": built_cpu / count * 1e6,
        "index_mb": megabytes,
        "segments": float(index.view().searcher.num_segments),  # type: ignore[attr-defined]  # tantivy's own view
    }
    return Opened(world, index, lexicon, figures)


def asks(opened: Opened, *, every: bool) -> list[Ask]:
    """The world's queries without delivery; `every`: all words must match."""
    text = opened.lexicon.current
    found = []
    for query in opened.world.queries:
        words = asked_words(text.analyser.analyse(query), text)
        found.append(Ask(words=replace(words, every=every), facets=FACETS, unreachable=False))
    return found


def delivered(opened: Opened, given: Sequence[Ask], hub: int, now_ms: int, *, dates: bool) -> list[Ask]:
    """The same at a hub, with or without counts per date."""
    place = next(
        p for pin in opened.world.reach.pins.pincodes if (p := opened.world.reach.place(str(pin))) and p.hub == hub
    )
    plan = Deliveries().plan(Coverage.of(opened.world.reach), opened.world.reach, place, now_ms, None)
    delivery = plan.delivery if dates else replace(plan.delivery, dates=())
    return [replace(ask, delivery=delivery) for ask in given]


async def cost_us(opened: Opened, given: Sequence[Ask]) -> float:
    """CPU µs of page, total and facets per question."""
    view, window = opened.view(), Window(limit=20)
    started = time.thread_time()
    for ask in given:
        await view.find(ask, window)
    return (time.thread_time() - started) / len(given) * 1e6


async def ratio(opened: Opened, base: Sequence[Ask], other: Sequence[Ask], rounds: int) -> dict[str, float]:
    """Cost of one list of questions over another's, interleaved."""
    ratios, costs = [], []
    for _ in range(rounds):
        below = await cost_us(opened, base)
        above = await cost_us(opened, other)
        ratios.append(above / below)
        costs.append((below, above))
    return spread(ratios) | {
        "base_us": round(statistics.median(b for b, _ in costs)),
        "us": round(statistics.median(a for _, a in costs)),
    }


def spread(ratios: Sequence[float]) -> dict[str, float]:
    """Median, smallest and largest."""
    return {"ratio": round(statistics.median(ratios), 3), "min": round(min(ratios), 3), "max": round(max(ratios), 3)}


async def filters(opened: Opened, rounds: int) -> dict[str, Any]:
    """The deliverability filter at the probe hubs and at natural ones, OR and AND, with dates and what is apart."""
    now_ms = SystemClock().now_ms()
    rates = pass_rates(opened.world)
    probes = set(opened.world.probes.values())
    natural = sorted((rate, hub) for hub, rate in rates.items() if hub not in probes and 0.05 < rate < 0.9)
    chosen = {
        f"{natural[len(natural) * part // 100][0]:.0%}": natural[len(natural) * part // 100][1] for part in (10, 50, 90)
    }
    result: dict[str, Any] = {}
    for mode in ("or", "and"):
        plain = asks(opened, every=mode == "and")
        for kind, hubs in (("probe", opened.world.probes), ("natural", chosen)):
            for name, hub in hubs.items():
                here = delivered(opened, plain, hub, now_ms, dates=False)
                dated = delivered(opened, plain, hub, now_ms, dates=True)
                key = f"{mode}_{kind}_{name}"
                result[key] = await ratio(opened, plain, here, rounds) | {"pass_rate": round(rates[hub], 3)}
                result[key + "_dates_over_filter"] = await ratio(opened, here, dated, rounds)
        hub = next(iter(chosen.values()))
        here = delivered(opened, plain, hub, now_ms, dates=True)
        counted = [replace(ask, unreachable=True) for ask in here]
        result[f"{mode}_unreachable_over_dates"] = await ratio(opened, here, counted, rounds)
        several = Filters(brands=("Brand 1", "Brand 2"), attributes=(AttributeFilter("colour", ("red", "blue")),))
        picked = [replace(ask, filters=several) for ask in here]
        result[f"{mode}_multi_select_over_dates"] = await ratio(opened, here, picked, rounds)
    return result


def bare_calls(searcher: Searcher, schema: Any, queries: Sequence[str]) -> float:
    """CPU µs of what the engine alone needs: top 100 and four facets of an OR over the same words."""
    facets = {
        "state": {"terms": {"field": "state"}},
        "brand": {"terms": {"field": "brand", "size": 30}},
        "level": {"terms": {"field": "level.1", "size": 200}},
        "price": {"terms": {"field": "price_band", "size": 60}},
        "attribute": {"terms": {"field": "attribute", "size": 44}},
    }
    values = {
        "colour": {"terms": {"field": "value.colour", "size": 30}},
        "wired": {"terms": {"field": "value.wired", "size": 30}},
        "weight": {"terms": {"field": "number.weight", "size": 30}},
        "band": {"terms": {"field": "band.weight", "size": 40}},
    }
    started = time.thread_time()
    for query in queries:
        options = [(Occur.Should, Query.term_query(schema, "text", word)) for word in query.split()]
        asked = Query.boolean_query([(Occur.Must, Query.boolean_query(options)), (Occur.Must, _in_stock(schema))])
        searcher.aggregate(asked, facets)
        searcher.aggregate(asked, values)
        searcher.search(asked, 100, count=False)
    return (time.thread_time() - started) / len(queries) * 1e6


def _in_stock(schema: Any) -> Query:
    return Query.boost_query(Query.term_query(schema, "state", 2), 0.0)


async def whole(opened: Opened, rounds: int) -> dict[str, Any]:
    """The use case, unfiltered and at a place, against the bare engine calls for the same facets."""
    clock = SystemClock()
    signer = Signer([b"benchmark"])
    find = FindItems(
        index=opened.index,
        serviceability=Live(opened.world.reach),
        lexicon=opened.lexicon,
        clock=clock,
        sign=lambda payload: signer.sign("search", payload),
        open_cursor=lambda text: signer.open_cursor("search", text),
    )
    view = opened.view()
    schema = opened.index._live._schema  # type: ignore[union-attr]
    reach = opened.world.reach
    rates = pass_rates(opened.world)
    middle = sorted((r, h) for h, r in rates.items() if h > 2)[len(rates) // 2][1]
    pin = next(str(p) for p in reach.pins.pincodes if (at := reach.place(str(p))) and at.hub == middle)
    plain, placed, costs = [], [], []
    for _ in range(rounds):
        bare = bare_calls(view.searcher, schema, opened.world.queries)
        figures = []
        for pincode in (None, pin):
            await opened.index.cover(Coverage.of(reach))  # a new view: nothing remembered
            opened.index._live._tallier = Tallier(view.searcher, view.compiler)  # type: ignore[union-attr]
            await opened.index.cover(Coverage.of(reach))
            started = time.thread_time()
            for query in opened.world.queries:
                await find(SearchRequest(q=query, pincode=pincode, limit=20))
            figures.append((time.thread_time() - started) / len(opened.world.queries) * 1e6)
        plain.append(figures[0] / bare)
        placed.append(figures[1] / bare)
        costs.append((bare, *figures))
    middle_costs = [round(statistics.median(column)) for column in zip(*costs, strict=True)]
    return {
        "bare_us": middle_costs[0],
        "find_us": middle_costs[1],
        "find_at_place_us": middle_costs[2],
        "find_over_bare": spread(plain),
        "find_at_place_over_bare": spread(placed),
        "pass_rate": round(rates[middle], 3),
    }


def fts5(world: SearchWorld, folder: Path) -> Callable[[], float]:
    """SQLite FTS5 over the same words: page by bm25, total and four facets, no delivery; CPU µs a query."""
    connection = sqlite3.connect(folder / "fts.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode=OFF")
    connection.execute("CREATE VIRTUAL TABLE words USING fts5(title, body, content='', tokenize='ascii')")
    connection.execute("CREATE TABLE item (id INTEGER PRIMARY KEY, category INT, brand INT, price INT, rating REAL)")
    connection.execute("BEGIN")
    for number, item in enumerate(world.items):
        connection.execute("INSERT INTO words (rowid, title, body) VALUES (?, ?, ?)", (number, item.title, item.body))
        row = (number, item.category, item.brand, item.price_minor // 10_000, item.rating)
        connection.execute("INSERT INTO item VALUES (?, ?, ?, ?, ?)", row)
    connection.execute("COMMIT")
    page = "SELECT rowid FROM words WHERE words MATCH ? ORDER BY bm25(words, 4.0, 1.0) LIMIT 20"
    facet = "SELECT {0}, count(*) FROM words JOIN item ON item.id = words.rowid WHERE words MATCH ? GROUP BY {0}"

    def measure() -> float:
        started = time.thread_time()
        for query in world.queries[:FTS_QUERIES]:
            match = " OR ".join(query.split())
            connection.execute(page, (match,)).fetchall()
            for column in ("category", "brand", "price", "rating"):
                connection.execute(facet.format(column), (match,)).fetchall()
        return (time.thread_time() - started) / FTS_QUERIES * 1e6

    return measure


async def against_fts5(opened: Opened, folder: Path, rounds: int) -> dict[str, Any]:
    """FTS5's cost over ours, for page, total and facets."""
    measure = fts5(opened.world, folder)
    ours = asks(opened, every=False)[:FTS_QUERIES]
    ratios, costs = [], []
    for _ in range(min(rounds, 3)):
        mine, theirs = await cost_us(opened, ours), measure()
        ratios.append(theirs / mine)
        costs.append((mine, theirs))
    return spread(ratios) | {
        "us": round(statistics.median(c for c, _ in costs)),
        "fts5_us": round(statistics.median(c for _, c in costs)),
    }


async def run(sizes: Sequence[int], rounds: int) -> dict[str, Any]:
    """Everything, per size."""
    reach = await network()
    result: dict[str, Any] = {}
    for size in sizes:
        world = make(reach, size)
        with tempfile.TemporaryDirectory() as folder:
            opened = await load(world, Path(folder) / "index")
            figures: dict[str, Any] = {"index": {name: round(value, 1) for name, value in opened.build.items()}}
            figures["filter"] = await filters(opened, rounds)
            figures["whole"] = await whole(opened, rounds)
            figures["fts5"] = await against_fts5(opened, Path(folder), rounds)
            await opened.index.close()
        result[str(size)] = figures
        print(json.dumps({size: figures}, indent=1), file=sys.stderr)
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    report = {
        "benchmark": "search",
        "commit": commit.stdout.strip(),
        "machine": {
            "cpu": platform.processor() or platform.machine(),
            "cores": os.cpu_count(),
            "load": os.getloadavg(),
        },
        "goals": GOALS,
        "sizes": asyncio.run(run(options.items, options.rounds)),
    }
    text = json.dumps(report, indent=2)
    if options.out:
        options.out.write_text(text)
    if options.json:
        print(text)


if __name__ == "__main__":
    main()
