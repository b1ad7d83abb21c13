"""Search, listing, detail and suggest over HTTP: the real `haat serve` against bare ASGI and FastAPI with pydantic.

Run: `python -m benchmarks.http_hot [--json] [--rounds N] [--seconds S] [--only OP] [--out FILE]`. Needs wrk, taskset.

All servers run uvicorn (uvloop, httptools) with the settings of `haat serve`, each on a copy of one demo shop, pinned
to core 0; wrk (one thread, 32 connections) is pinned to core 1. In a round each server answers the same questions in
turn. CPU is user and system time of the server's process over the answers counted by wrk; ratios are made per round.
haat also writes an access line, metrics, a request id and security headers; the twins do none of that.

`search`, `listing`: each question is new to the snapshot asked, so nothing was remembered. `again`: the same 200
searches over and over, as the popular ones are until the index changes. The ways of a twin: benchmarks/twins/bare.py.
Goals: a search at most 0.35 of FastAPI's CPU, at most 1.5 of the bare engine calls with a bare ASGI answer.
"""

import argparse
import asyncio
import json
import os
import random
import re
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode

from benchmarks.group_commit import commit
from benchmarks.processes import (
    HAAT,
    Failed,
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
from haat.app import open_shop
from haat.search.model import SearchRequest
from haat.settings import load
from haat.shop import Shop

GOALS: Final = {"search_over_fastapi": 0.35, "search_over_engine": 1.5}
SERVER_CORE: Final = 0
CLIENT_CORE: Final = 1
CONNECTIONS: Final = 32
SEED: Final = 5
FRESH: Final = 6_000  # more questions than a snapshot remembers: asked in turn, each is new
POPULAR: Final = 200
RECORDED: Final = 1_500  # what the bare twin has calls and bytes of; as in benchmarks/twins/bare.py
PLACES: Final = 60
MOST_CLIENT_SHARE: Final = 0.9  # a busier client would be what is measured
SCRIPT: Final = Path(__file__).parent / "twins" / "ask.lua"
WAYS: Final[Mapping[str, Sequence[str]]] = {
    "search": ("haat", "same", "engine", "bytes", "fastapi"),
    "listing": ("haat", "same", "engine", "bytes", "fastapi"),
    "again": ("haat", "same", "engine", "bytes", "fastapi"),
    "detail": ("haat", "same", "bytes", "fastapi"),
    "suggest": ("haat", "same", "bytes", "fastapi"),
}
_REQUESTS: Final = re.compile(r"(\d+) requests in ")
_RATE: Final = re.compile(r"Requests/sec:\s+([\d.]+)")
_P99: Final = re.compile(r"99%\s+([\d.]+)(us|ms|s)")
_BAD: Final = re.compile(r"Non-2xx or 3xx responses: (\d+)|Socket errors: (.*)")
_MS: Final = {"us": 0.001, "ms": 1.0, "s": 1_000.0}


class Turn(NamedTuple):
    """One server under load for some seconds."""

    cpu_us: float
    per_s: float
    p99_ms: float
    client_share: float
    requests: int


@dataclass(frozen=True, slots=True)
class Target:
    """A running server and how its paths begin."""

    pid: int
    port: int
    prefix: str


async def questions(settings: Any) -> dict[str, list[str]]:
    """Paths with query strings, from the words, categories and items of the shop itself."""
    chance = random.Random(SEED)
    async with open_shop(settings, fetch_pictures=False) as shop:
        await shop.serviceability.refresh()
        hits, categories = await _goods(shop)
        reach = shop.serviceability.reach
        served = [str(pin) for pin in reach.pins.pincodes if reach.place(str(pin)) is not None]
    places = chance.sample(served, PLACES)
    titles = [title for _, title in hits]

    def search() -> str:
        words = [word for word in re.findall(r"\w+", chance.choice(titles)) if len(word) > 1]
        spoken = " ".join(chance.sample(words, min(len(words), chance.choice((1, 2, 2, 3)))))
        return "/search?" + urlencode({"q": spoken, "pincode": chance.choice(places)})

    def listing() -> str:
        given: dict[str, object] = {"category": chance.choice(categories), "pincode": chance.choice(served)}
        return "/search?" + urlencode(given)

    def suggest() -> str:
        words = " ".join(chance.choice(titles).split()[: chance.choice((1, 2))])
        return "/search/suggest?" + urlencode({"q": words[: chance.randint(2, max(2, len(words)))]})

    return {
        "search": _different(search, FRESH),
        "listing": _different(listing, FRESH),
        "again": _different(search, POPULAR),
        "detail": [f"/items/{item_id}" for item_id, _ in hits][:RECORDED],
        "suggest": _different(suggest, RECORDED),
    }


def _different(make: Callable[[], str], count: int) -> list[str]:
    found: dict[str, None] = {}
    for _ in range(count * 20):
        found[make()] = None
        if len(found) == count:
            break
    return list(found)


async def _goods(shop: Shop) -> tuple[list[tuple[str, str]], list[str]]:
    """(id, title) of everything in stock, and every category that has some of it."""
    hits: list[tuple[str, str]] = []
    cursor = None
    while True:
        page = await shop.find(SearchRequest(limit=100, cursor=cursor, facets=False))
        hits += [(hit.item_id, hit.title) for hit in page.hits]
        cursor = page.next
        if cursor is None:
            break
    categories: list[str] = []
    open_ids: list[str | None] = [None]
    while open_ids:
        page = await shop.find(SearchRequest(category=open_ids.pop(), limit=1))
        below = [value.value for value in page.facets.category]
        categories += below
        open_ids += below
    return hits, categories


def load_on(target: Target, file: Path, first: int, count: int, seconds: float) -> Turn:
    """Ask for some seconds. Raises: Failed for any answer that is not 2xx and when the client was the bottleneck."""
    tail = ["--", str(file), target.prefix, str(first), str(count)]
    command = [
        "taskset",
        "-c",
        str(CLIENT_CORE),
        "wrk",
        "-t1",
        f"-c{CONNECTIONS}",
        f"-d{seconds:g}s",
        "--latency",
        "--timeout",
        "30s",
    ]
    command += ["-s", str(SCRIPT), f"http://127.0.0.1:{target.port}", *tail]
    before_client = resource.getrusage(resource.RUSAGE_CHILDREN)
    before_s = cpu_s(target.pid)
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    spent_s = cpu_s(target.pid) - before_s
    after_client = resource.getrusage(resource.RUSAGE_CHILDREN)
    bad, requests = _BAD.search(out), _REQUESTS.search(out)
    rate, p99 = _RATE.search(out), _P99.search(out)
    if bad or not (requests and rate and p99) or requests[1] == "0":
        raise Failed(f"{' '.join(command)}\n{out}")
    client_s = after_client.ru_utime + after_client.ru_stime - before_client.ru_utime - before_client.ru_stime
    done = int(requests[1])
    return Turn(spent_s / done * 1e6, float(rate[1]), float(p99[1]) * _MS[p99[2]], client_s / seconds, done)


def measure_op(
    op: str, asked: Sequence[str], targets: Mapping[str, Target], folder: Path, rounds: int, seconds: float
) -> dict[str, Any]:
    """All ways of one operation, in turns."""
    file = folder / f"{op}.txt"
    file.write_text("\n".join(asked) + "\n", encoding="utf-8")
    ways = WAYS[op]
    turns: dict[str, list[Turn]] = {way: [] for way in ways}
    first = dict.fromkeys(ways, 0)
    for number in range(rounds + 1):
        for way in ways:
            count = min(len(asked), RECORDED) if way in ("engine", "bytes") else len(asked)
            turn = load_on(targets[way], file, first[way] % count, count, seconds if number else 1.0)
            first[way] += turn.requests + CONNECTIONS
            if number:  # the first round only warms
                turns[way].append(turn)
    return {
        "questions": len(asked),
        "cpu_us": {way: spread([turn.cpu_us for turn in turns[way]], 0) for way in ways},
        "per_s": {way: spread([turn.per_s for turn in turns[way]], 0) for way in ways},
        "p99_ms": {way: spread([turn.p99_ms for turn in turns[way]], 1) for way in ways},
        "haat_over": {
            way: spread([ours.cpu_us / other.cpu_us for ours, other in zip(turns["haat"], turns[way], strict=True)])
            for way in ways[1:]
        },
        "client_share": max(turn.client_share for way in ways for turn in turns[way]),
        "void": [way for way in ways if any(turn.client_share > MOST_CLIENT_SHARE for turn in turns[way])],
    }


def answer_bytes(op: str, asked: Sequence[str], targets: Mapping[str, Target]) -> dict[str, int]:
    """Length of the first answer each way; they must say the same. Raises: Failed."""
    sizes, contents = {}, {}
    for way in ("haat", "same", "fastapi"):
        code, body = fetch(targets[way].port, targets[way].prefix + asked[0])
        if code != 200:
            raise Failed(f"{way} answers {op} with {code}: {body[:300]!r}")
        sizes[way] = len(body)
        contents[way] = _without_cursor_and_defaults(json.loads(body))
    if contents["haat"] != contents["same"] or contents["haat"] != contents["fastapi"]:
        raise Failed(f"The twins do not answer {op} as haat does: {asked[0]}")
    return sizes


def _without_cursor_and_defaults(value: Any) -> Any:
    """Pydantic writes fields at their default, some of ours do not; a cursor names the snapshot of one process."""
    if isinstance(value, dict):
        kept = {key: _without_cursor_and_defaults(part) for key, part in value.items() if key != "next"}
        return {key: part for key, part in kept.items() if part not in (None, "", False, [], {})}
    return [_without_cursor_and_defaults(part) for part in value] if isinstance(value, list) else value


def measure(folder: Path, rounds: int, seconds: float, ops: Sequence[str]) -> dict[str, Any]:
    """Make the shop, start the servers, ask."""
    shop = folder / "shop"
    run([*HAAT, "demo", "--no-pictures"], environment(shop))
    asked = asyncio.run(questions(load(environment(shop))))
    (folder / "questions.json").write_text(json.dumps(asked), encoding="utf-8")
    targets: dict[str, Target] = {}
    memory: dict[str, float] = {}
    with ExitStack() as stack:
        for name, module, checked in (
            ("haat", "", "/readyz"),
            ("bare", "benchmarks.twins.bare", "/same" + asked["detail"][0]),
            ("fastapi", "benchmarks.twins.fastapi_twin", asked["detail"][0]),
        ):
            own, port, log = folder / name, free_port(), folder / f"{name}.log"
            shutil.copytree(shop, own)
            given = environment(own, port) | {"HAAT_TEST_QUESTIONS": str(folder / "questions.json")}
            command = [sys.executable, "-m", module, str(port)] if module else [*HAAT, "serve"]
            child = stack.enter_context(server(command, given, log, core=SERVER_CORE))
            wait_for(child, port, checked, log)
            memory[name] = round(rss_mb(child.pid), 1)
            for way in ("same", "engine", "bytes") if name == "bare" else (name,):
                prefix = {"haat": "/api/v1", "fastapi": ""}.get(way, f"/{way}")
                targets[way] = Target(child.pid, port, prefix)
        found: dict[str, Any] = {"rss_mb": memory}
        for op in ops:
            sizes = answer_bytes(op, asked[op], targets)
            found[op] = measure_op(op, asked[op], targets, folder, rounds, seconds) | {"first_answer_bytes": sizes}
            print(f"{op}: {json.dumps(found[op]['haat_over'])}", file=sys.stderr)
    return found


def report(found: Mapping[str, Any]) -> None:
    """A table of medians."""
    for op, figures in found.items():
        if op == "rss_mb":
            continue
        for way, cost in figures["cpu_us"].items():
            over = figures["haat_over"].get(way)
            ratio = f"haat/{way} {over['median']:.3f} ({over['min']:.3f} to {over['max']:.3f})" if over else ""
            print(f"{op:8} {way:8} {cost['median']:7.0f} CPU-µs {figures['per_s'][way]['median']:7.0f}/s  {ratio}")


def main() -> int:
    """Measure and print. Exit 1 when a goal is missed, 2 when a tool is missing."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="JSON on stdout instead of a table")
    parser.add_argument("--out", type=Path, help="write the JSON here as well")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--only", choices=tuple(WAYS), action="append", help="measure this operation; may be repeated")
    options = parser.parse_args()
    for tool in ("wrk", "taskset"):
        if shutil.which(tool) is None:
            print(f"benchmarks.http_hot needs {tool}: apt-get install wrk util-linux", file=sys.stderr)
            return 2
    if (os.cpu_count() or 1) < 2:
        print("benchmarks.http_hot needs two cores: one for the server, one for the client.", file=sys.stderr)
        return 2
    where = machine()
    with tempfile.TemporaryDirectory() as folder:
        found = measure(Path(folder), options.rounds, options.seconds, options.only or tuple(WAYS))
    reached = {}
    if "search" in found:
        over = found["search"]["haat_over"]
        reached = {
            "search_over_fastapi": over["fastapi"]["median"] <= GOALS["search_over_fastapi"],
            "search_over_engine": over["engine"]["median"] <= GOALS["search_over_engine"],
        }
    answer = {
        "benchmark": "http_hot",
        "commit": commit(),
        "machine": where,
        "load_after": machine()["load"],
        "rounds": options.rounds,
        "seconds": options.seconds,
        "goals": GOALS,
        "reached": reached,
        "operations": found,
    }
    text = json.dumps(answer, indent=2)
    if options.out:
        options.out.write_text(text + "\n", encoding="utf-8")
    if options.json:
        print(text)
    else:
        report(found)
        print(f"load average {where['load']} before, {answer['load_after']} after; goals {GOALS}: {reached}")
    return 0 if all(reached.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
