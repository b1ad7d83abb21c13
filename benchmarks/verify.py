"""How long the independent checker looks at a shop, and what it holds in memory meanwhile.

Run: `python -m benchmarks.verify [--orders N] [--shop FOLDER] [--json] [--out FILE]`. Makes databases of N orders of
every kind, at rest (kept in FOLDER, or used from there), and runs `python -m haat_verify --drained --json` on them
after a first run that warms the files.
Goal: 120 s for 1,000,000 orders, so 120 µs an order.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final

from benchmarks.group_commit import commit
from benchmarks.processes import machine
from tests.verify.make_shop import NOW_MS, Files, make_shop

GOAL_US: Final = 120.0


def look(files: Files) -> dict[str, Any]:
    """One run in a process of its own: its report, seconds, CPU and memory."""
    command = [sys.executable, "-m", "haat_verify", "--drained", "--json", "--now-ms", str(NOW_MS)]
    command += ["--orders", str(files.orders), "--gateway", str(files.gateway), "--events", str(files.events)]
    started_s = time.perf_counter()
    child = subprocess.Popen(command, stdout=subprocess.PIPE)
    assert child.stdout is not None
    said = child.stdout.read()
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        raise SystemExit(f"haat_verify answered {child.returncode}: {said[:2_000]!r}")
    return {
        "wall_s": time.perf_counter() - started_s,
        "cpu_s": used.ru_utime + used.ru_stime,
        "peak_mb": used.ru_maxrss / 1024,
        "report": json.loads(said),
    }


def measure(folder: Path, orders: int) -> dict[str, Any]:
    """Make the shop if it is not there, and look twice."""
    files = Files(folder / "orders.db", folder / "fakepay.db", folder / "events.db")
    made_s = None
    if not files.events.exists():
        started_s = time.perf_counter()
        make_shop(folder, orders)
        made_s = time.perf_counter() - started_s
    cold, warm = look(files), look(files)
    report = warm.pop("report")
    cold.pop("report")
    count = report["counts"]["orders"]
    slowest = sorted(report["found"], key=lambda found: -found["took_ms"])[:8]
    return {
        "machine": machine(),
        "commit": commit(),
        "orders": count,
        "rows": report["counts"],
        "made_s": made_s,
        "database_mb": round(sum(file.stat().st_size for file in files) / 2**20),
        "first": cold,
        "second": warm,
        "us_per_order": warm["wall_s"] / count * 1e6,
        "goal_us_per_order": GOAL_US,
        "checks": len(report["found"]),
        "slowest_ms": {found["name"]: found["took_ms"] for found in slowest},
    }


def main() -> int:
    """Measure, print, and answer 1 for a missed goal."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--orders", type=int, default=100_000)
    parser.add_argument("--shop", type=Path, help="where its databases are kept; made there if they are not")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = asked.shop or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        found = measure(folder, asked.orders)
    text = json.dumps(found, indent=2)
    if asked.out:
        asked.out.write_text(text + "\n")
    if asked.json:
        print(text)
    else:
        second = found["second"]
        print(f"{found['orders']:,} orders ({found['database_mb']:,} MB), {found['checks']} checks, nothing broken")
        print(f"{second['wall_s']:.1f} s, {second['cpu_s']:.1f} s of CPU, {second['peak_mb']:.0f} MB at most", end="; ")
        print(f"{found['us_per_order']:.0f} µs an order, goal {GOAL_US:.0f}")
        print(", ".join(f"{name} {ms:,} ms" for name, ms in found["slowest_ms"].items()))
    return 0 if found["us_per_order"] <= GOAL_US else 1


if __name__ == "__main__":
    sys.exit(main())
