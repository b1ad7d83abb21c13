"""FindItems on a search server against the embedded index, in one run: nDCG@10 on the graded queries, and CPU.

Run: `python -m benchmarks.search_servers DATA_FOLDER URL [--catalogue NAME] [--out FILE]`, with URL like
opensearch://127.0.0.1:9200/bench. Its indices are deleted first and afterwards. Prints JSON: per catalogue the means
and their ratio with its 95 % interval (benchmarks.relevance), and CPU and wall time per query in µs of this process
and of the server, for the first page of every graded query with facets and for ten hits without. Questions are asked
in two rounds; the second is measured, of a view that remembers nothing of the first.
"""

import argparse
import json
import os
import tempfile
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2

from benchmarks.catalogue_shop import CatalogueShop
from benchmarks.catalogues import NAMES, load
from benchmarks.relevance import compare, graded, ndcg


class Server:
    """What is asked of a server beside searching."""

    def __init__(self, url: str) -> None:
        at = urlsplit(url)
        self.prefix = at.path.strip("/")
        self._http = httpx2.Client(base_url=f"http://{at.hostname}:{at.port}", timeout=60)

    def cpu_us(self) -> float:
        """CPU of the server's process since it began; it runs on this machine."""
        nodes = self._http.get("/_nodes/process").raise_for_status().json()["nodes"]
        pids = [node["process"]["id"] for node in nodes.values()]
        stats = [Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split() for pid in pids]
        return sum(int(fields[11]) + int(fields[12]) for fields in stats) / os.sysconf("SC_CLK_TCK") * 1e6

    def wipe(self) -> None:
        """Delete the indices of the prefix."""
        found = self._http.get(f"/{self.prefix}*").raise_for_status().json()
        if found:
            self._http.delete("/" + ",".join(found)).raise_for_status()


def costs(shop: CatalogueShop, queries: list[str], server: Server | None) -> dict[str, dict[str, float]]:
    """µs a query: CPU here, CPU of the server, and wall time at the median and at the 95th percentile."""
    figures: dict[str, dict[str, float]] = {}
    for name, ask in (("page", shop.page), ("ten_hits", shop.top)):
        for question in queries:
            ask(question)
        shop.forget()
        taken: list[float] = []
        there = server.cpu_us() if server else 0.0
        here = time.process_time()
        for question in queries:
            began = time.perf_counter()
            ask(question)
            taken.append((time.perf_counter() - began) * 1e6)
        spent = (time.process_time() - here) * 1e6
        taken.sort()
        figures[name] = {
            "client_cpu": round(spent / len(queries)),
            "server_cpu": round(((server.cpu_us() - there) if server else 0.0) / len(queries)),
            "wall_p50": round(taken[len(taken) // 2]),
            "wall_p95": round(taken[len(taken) * 95 // 100]),
        }
    return figures


def measure(data: Path, name: str, url: str) -> dict[str, Any]:
    """One catalogue on both."""
    products, queries, server = load(data, name), graded(name), Server(url)
    server.wipe()
    patient = url + ("&" if "?" in url else "?") + "find_ms=10000"
    with tempfile.TemporaryDirectory() as folder, CatalogueShop(products, Path(folder)) as embedded:
        began, there = time.process_time(), server.cpu_us()
        with CatalogueShop(products, Path(folder), patient) as remote:
            built = {
                "client_us": round((time.process_time() - began) * 1e6 / len(products)),
                "server_us": round((server.cpu_us() - there) / len(products)),
            }
            scores = [
                {q: ndcg(shop.top(q), row["grades"]) for q, row in queries.items()} for shop in (remote, embedded)
            ]
            found = compare(scores[0], scores[1])
            found["server"], found["embedded"] = found.pop("haat"), found.pop("plain")
            answered = {
                "server": costs(remote, list(queries), server),
                "embedded": costs(embedded, list(queries), None),
            }
    server.wipe()
    return {"products": len(products), "ndcg": found, "index_and_learn_cpu": built, "per_query_us": answered}


def main() -> None:
    """Print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("url")
    parser.add_argument("--catalogue", choices=NAMES, action="append")
    parser.add_argument("--out", type=Path)
    chosen = parser.parse_args()
    figures = {name: measure(chosen.data, name, chosen.url) for name in chosen.catalogue or NAMES}
    text = json.dumps(figures, indent=1)
    print(text)
    if chosen.out:
        chosen.out.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
