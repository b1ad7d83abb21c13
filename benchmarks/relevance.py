"""How well FindItems ranks: nDCG@10 on our graded queries against plain BM25, on both real catalogues.

Run: `python -m benchmarks.relevance DATA_FOLDER [--out FILE]`. Prints JSON: per catalogue the means, their ratio with
its 95 % interval (paired bootstrap over queries), the half of the queries that was looked at while building ("choose")
and the half that was not ("report"), each kind of query, and CPU per query cold and warm.
Source: docs/explanation/relevance.md section 3; nDCG with gain 2^grade - 1, Järvelin and Kekäläinen 2002.
"""

import argparse
import json
import math
import tempfile
import time
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from benchmarks.catalogue_shop import CatalogueShop
from benchmarks.catalogues import NAMES, Plain, Ranking, Stack, load

GRADED: Final = Path(__file__).parent.parent / "tests" / "data" / "relevance"
_DRAWS: Final = 10_000

Graded = Mapping[str, Mapping[str, Any]]


def graded(name: str) -> Graded:
    """The graded queries of a catalogue: query → kind, grades by product id (0 to 3)."""
    queries: Graded = json.loads((GRADED / f"{name}.json").read_text(encoding="utf-8"))
    return queries


def ndcg(ids: Sequence[str], grades: Mapping[str, int], depth: int = 10) -> float:
    """Normalised discounted cumulative gain of a ranking; what nobody graded counts as 0."""
    gain = sum((float(2 ** grades.get(one, 0)) - 1) / math.log2(rank + 2) for rank, one in enumerate(ids[:depth]))
    best = sorted(grades.values(), reverse=True)[:depth]
    return gain / sum((float(2**grade) - 1) / math.log2(rank + 2) for rank, grade in enumerate(best))


def half(query: str) -> str:
    """Which half a query belongs to, by its hash: fixed before anything was measured."""
    return ("choose", "report")[zlib.crc32(query.encode()) % 2]


def compare(ours: Mapping[str, float], plain: Mapping[str, float]) -> dict[str, float]:
    """Means of both rankings, their ratio, and its 95 % interval over queries drawn again in pairs."""
    a, b = np.array(list(ours.values())), np.array([plain[q] for q in ours])
    random = np.random.default_rng(1)
    picks = random.integers(0, len(a), (_DRAWS, len(a)))
    ratios = a[picks].mean(axis=1) / np.maximum(b[picks].mean(axis=1), 1e-9)
    low, high = np.percentile(ratios, [2.5, 97.5])
    return {
        "queries": len(a),
        "haat": round(float(a.mean()), 4),
        "plain": round(float(b.mean()), 4),
        "ratio": round(float(a.mean() / b.mean()), 3),
        "ratio_low": round(float(low), 3),
        "ratio_high": round(float(high), 3),
    }


def measure(queries: Graded, ours: Ranking, plain: Ranking) -> dict[str, Any]:
    """All comparisons of one catalogue."""
    scores = {q: ndcg(ours(q), row["grades"]) for q, row in queries.items()}
    others = {q: ndcg(plain(q), row["grades"]) for q, row in queries.items()}
    kinds = sorted({row["kind"] for row in queries.values()})
    unknown = sum(one not in row["grades"] for q, row in queries.items() for one in ours(q))
    halves = {part: {q: s for q, s in scores.items() if half(q) == part} for part in ("choose", "report")}
    return {
        "all": compare(scores, others),
        **{part: compare(chosen, others) for part, chosen in halves.items()},
        "kinds": {
            kind: compare({q: s for q, s in scores.items() if queries[q]["kind"] == kind}, others) for kind in kinds
        },
        "ungraded_hits": unknown,
        "lost": {q: [round(scores[q], 3), round(others[q], 3)] for q in scores if scores[q] < others[q] - 0.02},
    }


def cpu_us(queries: Sequence[str], ranking: Ranking, rounds: int = 5) -> dict[str, float]:
    """CPU per query in µs: the first time each is asked, and the best of later rounds."""
    taken = []
    for _ in range(rounds):
        start = time.process_time()
        for query in queries:
            ranking(query)
        taken.append((time.process_time() - start) / len(queries) * 1e6)
    return {"cold": round(taken[0]), "warm": round(min(taken[1:]))}


def main() -> None:
    """Print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--out", type=Path)
    chosen = parser.parse_args()
    figures = {}
    for name in NAMES:
        products, queries = load(chosen.data, name), graded(name)
        bare, plain = Stack(products), Plain(products)
        with tempfile.TemporaryDirectory() as folder, CatalogueShop(products, Path(folder)) as shop:
            rankings = {"find_items": shop.top, "bare_stack": bare.top, "plain": plain.top}
            cpu = {label: cpu_us(list(queries), ranking) for label, ranking in rankings.items()}
            figures[name] = measure(queries, shop.top, plain.top) | {"cpu_us": cpu}
    text = json.dumps(figures, indent=1, ensure_ascii=False)
    print(text)
    if chosen.out:
        chosen.out.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
