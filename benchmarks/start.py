"""How soon a shop answers after it was started, and what it holds in memory when nobody asks.

Run: `python -m benchmarks.start [--json] [--runs N] [--out FILE]`. Seconds from starting `haat serve` to the first 200
of the home page, for an empty shop that was migrated and for the demo shop, each started N times; then idle resident
memory after a few seconds of rest, CPU while nobody asks, and the memory once every page kind was asked for.
Goals: 3 s to the first 200 when empty, 5 s for the demo shop (a second `make run`), 250 MB at rest.
"""

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final

from benchmarks.group_commit import commit
from benchmarks.processes import (
    HAAT,
    cpu_s,
    environment,
    fetch,
    free_port,
    machine,
    rss_mb,
    run,
    server,
    spread,
    wait_for,
)

GOALS: Final = {"empty_s": 3.0, "demo_s": 5.0, "idle_mb": 250.0}
REST_S: Final = 5.0  # so long that the first checks of every timer are over
PAGES: Final = ("/", "/search?q=steel", "/api/v1/search?q=cotton&pincode=560034", "/api/v1/search/suggest?q=st", "/api")


def one_start(shop: Path, log: Path) -> dict[str, float]:
    """Start it once. Raises: Failed."""
    port = free_port()
    started_s = time.perf_counter()
    with server([*HAAT, "serve"], environment(shop, port), log) as child:
        wait_for(child, port, "/", log)
        found = {"first_200_s": time.perf_counter() - started_s, "start_cpu_s": cpu_s(child.pid)}
        time.sleep(REST_S)
        before_s = cpu_s(child.pid)
        time.sleep(REST_S)
        found["idle_cpu_share"] = (cpu_s(child.pid) - before_s) / REST_S
        found["idle_mb"] = rss_mb(child.pid)
        for page in PAGES:
            fetch(port, page)
        found["asked_mb"] = rss_mb(child.pid)
    return found


def measure(folder: Path, runs: int) -> dict[str, Any]:
    """Both shops, in turns."""
    run([*HAAT, "migrate"], environment(folder / "empty"))
    run([*HAAT, "demo", "--no-pictures"], environment(folder / "demo"))
    starts: dict[str, list[dict[str, float]]] = {"empty": [], "demo": []}
    for _ in range(runs):
        for name, turns in starts.items():
            turns.append(one_start(folder / name, folder / f"{name}.log"))
    return {
        name: {figure: spread([turn[figure] for turn in turns]) for figure in turns[0]}
        for name, turns in starts.items()
    }


def main() -> int:
    """Measure and print. Exit 1 when a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="JSON on stdout instead of lines")
    parser.add_argument("--out", type=Path, help="write the JSON here as well")
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    where = machine()
    with tempfile.TemporaryDirectory() as folder:
        found = measure(Path(folder), options.runs)
    reached = {
        "empty_s": found["empty"]["first_200_s"]["median"] <= GOALS["empty_s"],
        "demo_s": found["demo"]["first_200_s"]["median"] <= GOALS["demo_s"],
        "idle_mb": found["demo"]["idle_mb"]["median"] <= GOALS["idle_mb"],
    }
    answer = {
        "benchmark": "start",
        "commit": commit(),
        "machine": where,
        "load_after": machine()["load"],
        "runs": options.runs,
        "goals": GOALS,
        "reached": reached,
        "shops": found,
    }
    text = json.dumps(answer, indent=2)
    if options.out:
        options.out.write_text(text + "\n", encoding="utf-8")
    if options.json:
        print(text)
    else:
        for name, figures in found.items():
            for figure, values in figures.items():
                print(f"{name:6} {figure:16} {values['median']:8.3f} ({values['min']:.3f} to {values['max']:.3f})")
        print(f"load average {where['load']} before, {answer['load_after']} after; goals {GOALS}: {reached}")
    return 0 if all(reached.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
