"""The two real catalogues imported by `haat import`: rows per second to searchable, memory, again, after a kill.

Run: `python -m benchmarks.import_feed [DATA_FOLDER] [--json] [--only NAME] [--out FILE]`; without a folder it is the
one HAAT_TEST_DATA names. For each catalogue: a first import into an empty shop, the same file again, and an import that
is ended twice by kill -9, while rows are read and while events flow, and then run again. What an import leaves is
compared by hashes of item documents, offers, stock and movements, without what must differ: ids that are minted, times,
and which feed a row came from.
The import makes the warehouses that the mapping declares, and each row gets stock in one to four of them.
CPU is that of both processes of an import; peak memory is that of the larger one, the other reads rows in 60 MB.
Goals: at least 500 rows/s to searchable, peak resident memory below 600 MB, nothing changed by the second import, the
same state after the kills.
"""

import argparse
import asyncio
import hashlib
import json
import os
import sqlite3
import sys
import tempfile
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from benchmarks.catalogues import NAMES
from benchmarks.group_commit import commit
from benchmarks.processes import HAAT, Failed, environment, machine, run, run_measured
from haat.app import open_shop
from haat.search.model import SearchRequest
from haat.settings import load

GOALS: Final = {"rows_per_s": 500, "peak_mb": 600}
MAPPINGS: Final = Path(__file__).parent.parent / "tests" / "data" / "mappings"
_TIMES: Final = ("created", "updated")


def command(data: Path, name: str) -> list[str]:
    """The command line of an import."""
    file = data / f"{name}-products" / "products.jsonl.gz"
    return [*HAAT, "import", str(file), "--seller", name, "--mapping", str(MAPPINGS / f"{name}.toml"), "--json"]


def one_import(data: Path, name: str, shop: Path, scratch: Path) -> dict[str, Any]:
    """Run it and tell rows, rates, CPU and memory."""
    ended = run_measured(command(data, name), environment(shop), scratch)
    told = json.loads(ended.out)
    return {
        **{key: told[key] for key in ("rows", "accepted", "unchanged", "refused", "parked", "read_s", "searchable_s")},
        "rows_per_s": round(told["rows"] / told["searchable_s"]),
        "command_s": round(ended.wall_s, 2),
        "cpu_s": round(ended.cpu_s, 2),
        "rows_per_cpu_s": round(told["rows"] / ended.cpu_s),
        "peak_mb": round(ended.peak_mb, 1),
    }


def state(shop: Path) -> dict[str, str]:
    """A hash per kind of what the shop holds."""
    with closing(sqlite3.connect(shop / "catalog.db")) as catalog:
        bodies = catalog.execute("SELECT body FROM documents WHERE collection = 'items'").fetchall()
        ids = {one["id"]: one["code"] for one in (json.loads(body) for (body,) in bodies)}
        documents = sorted(_document(json.loads(body)) for (body,) in bodies)
    with closing(sqlite3.connect(shop / "orders.db")) as orders:
        offers = orders.execute("SELECT item_id, sku, seller, price_minor, currency, tax_class, active FROM offer")
        offered = sorted(json.dumps([ids[item_id], *row]) for item_id, *row in offers.fetchall())
        counts = orders.execute("SELECT item_id, sku, warehouse, bucket, on_hand, held FROM stock").fetchall()
        moved = orders.execute("SELECT sku, warehouse, SUM(d_on_hand) FROM movement GROUP BY sku, warehouse").fetchall()
    with closing(sqlite3.connect(shop / "serviceability.db")) as network:
        codes = dict(network.execute("SELECT id, code FROM warehouse").fetchall())
    stocked = sorted(json.dumps([ids[i], sku, codes[where], *row]) for i, sku, where, *row in counts)
    movements = sorted(json.dumps([sku, codes[where], total]) for sku, where, total in moved)
    return {
        "items": _hash(documents),
        "offers": _hash(offered),
        "stock": _hash(stocked),
        "movements": _hash(movements),
    } | {"counts": f"{len(documents)} items, {len(offered)} offers, {len(stocked)} stock rows"}


def _document(document: dict[str, Any]) -> str:
    """The document without its minted id, times, version and feed."""
    kept = {key: value for key, value in document.items() if key not in ("id", "version", "origin", *_TIMES)}
    origin = document.get("origin", {})
    kept["origin"] = {key: value for key, value in origin.items() if key not in ("as_of_ms", "feed_id", "digest")}
    return json.dumps(kept, sort_keys=True)


def _hash(rows: Iterable[str]) -> str:
    digest = hashlib.sha256()
    for row in rows:
        digest.update(row.encode() + b"\n")
    return digest.hexdigest()[:16]


def kill(data: Path, name: str, shop: Path, after_s: float) -> dict[str, Any]:
    """Import, kill -9 after so many seconds, and tell what was there by then."""
    ended = run(command(data, name), environment(shop), after_s)
    told = state(shop)["counts"] if (shop / "orders.db").exists() else "nothing yet"
    return {"after_s": round(ended.wall_s, 2), "killed": ended.code != 0, "left": told}


def searchable(shop: Path) -> int:
    """How many items the search finds, sold out or not."""

    async def ask() -> int:
        async with open_shop(load(environment(shop)), fetch_pictures=False) as opened:
            page = await opened.find(SearchRequest(in_stock=False, facets=False, limit=1))
            return page.total

    return asyncio.run(ask())


def measure(data: Path, name: str) -> dict[str, Any]:
    """First, again, killed and run again."""
    with tempfile.TemporaryDirectory() as folder:
        scratch, shop, other = Path(folder), Path(folder) / "shop", Path(folder) / "killed"
        first = one_import(data, name, shop, scratch)
        after_first = state(shop)
        again = one_import(data, name, shop, scratch)
        after_again = state(shop)
        started_s = first["command_s"] - first["searchable_s"]  # until the first row is read
        kills = [
            kill(data, name, other, started_s + first["read_s"] / 2),  # while rows are read
            kill(data, name, other, started_s + (first["searchable_s"] - first["read_s"]) / 2),  # while events flow
        ]
        resumed = one_import(data, name, other, scratch)
        after_kill = state(other)
        found = {"first": searchable(shop), "after_kill": searchable(other)}
    if found["first"] == 0:
        raise Failed(f"Nothing of {name} is searchable.")
    return {
        "first": first,
        "again": again,
        "kills": kills,
        "run_again": resumed,
        "state": after_first,
        "searchable": found,
        "reached": {
            "rows_per_s": first["rows_per_s"] >= GOALS["rows_per_s"],
            "peak_mb": first["peak_mb"] < GOALS["peak_mb"],
            "every_row_told": first["accepted"] + first["unchanged"] + first["refused"] == first["rows"],
            "again_changes_nothing": after_again == after_first and again["accepted"] == 0,
            "same_state_after_kills": kills[0]["killed"]
            and after_kill == after_first
            and found["first"] == found["after_kill"],
        },
    }


def report(name: str, figures: dict[str, Any]) -> None:
    """A few lines."""
    for turn in ("first", "again", "run_again"):
        one = figures[turn]
        print(
            f"{name:7} {turn:9} {one['rows']:6} rows {one['rows_per_s']:6}/s searchable  peak {one['peak_mb']:.0f} MB"
            f"  {one['accepted']} accepted, {one['unchanged']} unchanged, {one['refused']} refused"
        )
    for one in figures["kills"]:
        print(f"{name:7} killed after {one['after_s']} s with {one['left']}")
    print(f"{name:7} {figures['reached']}")


def main() -> int:
    """Measure and print. Exit 1 when a goal is missed, 2 without data."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, nargs="?", default=os.environ.get("HAAT_TEST_DATA"))
    parser.add_argument("--json", action="store_true", help="JSON on stdout instead of lines")
    parser.add_argument("--out", type=Path, help="write the JSON here as well")
    parser.add_argument("--only", choices=NAMES, action="append", help="one catalogue; may be repeated")
    options = parser.parse_args()
    if options.data is None or not options.data.is_dir():
        print("Name the folder of the real catalogues, as an argument or in HAAT_TEST_DATA.", file=sys.stderr)
        return 2
    where = machine()
    names: Sequence[str] = options.only or NAMES
    found = {name: measure(options.data, name) for name in names}
    answer = {
        "benchmark": "import_feed",
        "commit": commit(),
        "machine": where,
        "load_after": machine()["load"],
        "goals": GOALS,
        "catalogues": found,
    }
    text = json.dumps(answer, indent=2)
    if options.out:
        options.out.write_text(text + "\n", encoding="utf-8")
    if options.json:
        print(text)
    else:
        for name, figures in found.items():
            report(name, figures)
        print(f"load average {where['load']} before, {answer['load_after']} after; goals {GOALS}")
    return 0 if all(all(one["reached"].values()) for one in found.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
