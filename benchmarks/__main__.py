"""All benchmarks, one after the other: `python -m benchmarks [--only NAME …] [--data FOLDER] [--out FOLDER]`.

Each runs in a process of its own and leaves NAME.json in the folder (benchmarks/out/): what it measured, with machine,
commit, load average before and after, and how long it took. A short table is printed at the end. A missed goal is a
result; the exit code is 1 only when a benchmark crashed. The whole takes about 30 minutes on two cores.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from benchmarks.group_commit import commit
from benchmarks.processes import machine

OUT: Final = Path(__file__).parent / "out"
MISSED: Final = 1  # the exit code of a benchmark whose goal was missed


class Benchmark(NamedTuple):
    """A module of this package, its arguments, and whether it needs the real catalogues."""

    name: str
    arguments: Sequence[str] = ()
    data: bool = False


ALL: Final = (
    Benchmark("group_commit"),
    Benchmark("reads"),
    Benchmark("event_path"),
    Benchmark("matrix", ("--rounds", "9")),
    Benchmark("start"),
    Benchmark("http_hot"),
    Benchmark("import_feed", data=True),
    Benchmark("relevance", data=True),
    Benchmark("typos", data=True),
    Benchmark("stock_lag"),
    Benchmark("search"),
    Benchmark("orders"),
    Benchmark("expiry"),
    Benchmark("verify"),
)


def run(one: Benchmark, data: Path | None, folder: Path) -> dict[str, Any]:
    """Run it and write its file. `crashed` tells its last words."""
    file = folder / f"{one.name}.json"
    raw = folder / f"{one.name}.tmp"
    raw.unlink(missing_ok=True)
    command = [sys.executable, "-m", f"benchmarks.{one.name}", *one.arguments, "--out", str(raw)]
    if one.data:
        command.append(str(data))
    before, started_s = machine(), time.perf_counter()
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    found: dict[str, Any] = {
        "benchmark": one.name,
        "command": f"python -m benchmarks.{one.name} {' '.join(one.arguments)}".strip(),
        "commit": commit(),
        "machine": before,
        "load_after": machine()["load"],
        "took_s": round(time.perf_counter() - started_s, 1),
    }
    if ended.returncode in (0, MISSED) and raw.exists():
        found["figures"] = json.loads(raw.read_text(encoding="utf-8"))
    else:
        found["crashed"] = f"exit code {ended.returncode}: {ended.stderr[-2_000:]}"
    raw.unlink(missing_ok=True)
    file.write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return found


def _of(values: Mapping[str, Any]) -> str:
    middle = values.get("median", values.get("ratio"))
    return f"{middle:g} ({values['min']:g} to {values['max']:g})"


def _group_commit(figures: Mapping[str, Any]) -> Iterator[str]:
    for unit, measured in figures["units"].items():
        yield f"{unit}: {_of(measured['rate_ratio'])} × one commit per unit"


def _reads(figures: Mapping[str, Any]) -> Iterator[str]:
    for name, measured in figures["reads"].items():
        yield f"{name}: {_of(measured['cpu_ratio'])} of a read on a thread"


def _event_path(figures: Mapping[str, Any]) -> Iterator[str]:
    yield f"commit to effect, {figures['rate_per_s']} events/s: p99 {figures['path']['lag_ms']['p99']:.0f} ms"


def _matrix(figures: Mapping[str, Any]) -> Iterator[str]:
    best, quote = figures["lookup_us"]["best"], figures["lookup_us"]["quote_20_lines"]
    yield f"built in {figures['build_s']} s, loaded {figures['loaded']['process_mb']} MB"
    yield f"best warehouse and date {best['best']} µs (median {best['median']}), quote of 20 lines {quote['best']} µs"
    yield f"one cell {figures['ratio_cell_to_select']} × faster than one SELECT"


def _start(figures: Mapping[str, Any]) -> Iterator[str]:
    for name, shop in figures["shops"].items():
        yield f"{name}: first 200 after {_of(shop['first_200_s'])} s, at rest {_of(shop['idle_mb'])} MB"


def _http_hot(figures: Mapping[str, Any]) -> Iterator[str]:
    for name, operation in figures["operations"].items():
        if name != "rss_mb":
            over = ", ".join(f"{_of(ratio)} × {way}" for way, ratio in operation["haat_over"].items())
            yield f"{name}: {operation['cpu_us']['haat']['median']:g} CPU-µs; {over}"


def _import_feed(figures: Mapping[str, Any]) -> Iterator[str]:
    for name, one in figures["catalogues"].items():
        yield f"{name}: {one['first']['rows_per_s']} rows/s, peak {one['first']['peak_mb']:g} MB; {one['reached']}"


def _relevance(figures: Mapping[str, Any]) -> Iterator[str]:
    for name, one in figures.items():
        whole = one["all"]
        yield f"{name}: {whole['ratio']} × plain BM25 ({whole['ratio_low']} to {whole['ratio_high']})"


def _typos(figures: Mapping[str, Any]) -> Iterator[str]:
    for name, one in figures["catalogues"].items():
        kept, first = one["typo_share"], one["exact_share"]
        yield f"{name}: {kept:.1%} of typos keep the first hit, {first:.1%} of codes rank first"


def _stock_lag(figures: Mapping[str, Any]) -> Iterator[str]:
    for what in ("hidden", "shown"):
        yield f"{what}: p50 {figures[what]['p50_s']} s, p99 {figures[what]['p99_s']} s at {figures['rate']} events/s"


def _search(figures: Mapping[str, Any]) -> Iterator[str]:
    for size, one in figures["sizes"].items():
        for name, ratio in one["filter"].items():
            if "natural" in name:
                yield f"{size}: {name} {_of(ratio)}"
        yield f"{size}: find / bare engine calls {_of(one['whole']['find_over_bare'])}, FTS5 {_of(one['fts5'])} × ours"


def _orders(figures: Mapping[str, Any]) -> Iterator[str]:
    for kind in ("hot", "uniform", "three_lines"):
        one = figures[kind]
        yield f"{kind}: {_of(one['a_s'])} orders/s, {_of(one['cpu_us'])} CPU-µs an order"
    yield f"hot / uniform {_of(figures['hot_over_uniform'])}; a whole checkout {figures['checkout_cpu_ms']:g} CPU-ms"


def _expiry(figures: Mapping[str, Any]) -> Iterator[str]:
    for name in ("hint", "flushed"):
        one = figures[name]
        yield f"{name}: p99 {one['p99_s']:.2f} s after its time (goal {figures['goal_p99_s'][name]:g})"


def _verify(figures: Mapping[str, Any]) -> Iterator[str]:
    second = figures["second"]
    yield f"{figures['orders']:,} orders in {second['wall_s']:.1f} s, {figures['us_per_order']:.0f} µs an order"


TOLD: Final[Mapping[str, Callable[[Mapping[str, Any]], Iterator[str]]]] = {
    "group_commit": _group_commit,
    "reads": _reads,
    "event_path": _event_path,
    "matrix": _matrix,
    "start": _start,
    "http_hot": _http_hot,
    "import_feed": _import_feed,
    "relevance": _relevance,
    "typos": _typos,
    "stock_lag": _stock_lag,
    "search": _search,
    "orders": _orders,
    "expiry": _expiry,
    "verify": _verify,
}


def main() -> int:
    """Run, print, and tell crashes by the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=[one.name for one in ALL], action="append", help="may be repeated")
    parser.add_argument("--data", type=Path, default=os.environ.get("HAAT_TEST_DATA"), help="the real catalogues")
    parser.add_argument("--out", type=Path, default=OUT, help="where the JSON goes")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    crashed = []
    for one in ALL:
        if options.only and one.name not in options.only:
            continue
        if one.data and options.data is None:
            print(f"{one.name}: left out; it needs the real catalogues (--data FOLDER or HAAT_TEST_DATA)", flush=True)
            continue
        found = run(one, options.data, options.out)
        print(f"{one.name}  ({found['took_s']} s, load {found['machine']['load'][0]} to {found['load_after'][0]})")
        if "crashed" in found:
            crashed.append(one.name)
            print(f"  CRASHED, {found['crashed']}", flush=True)
            continue
        for line in TOLD[one.name](found["figures"]):
            print(f"  {line}", flush=True)
    if crashed:
        print(f"crashed: {', '.join(crashed)}", file=sys.stderr)
    return 1 if crashed else 0


if __name__ == "__main__":
    sys.exit(main())
