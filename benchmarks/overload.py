"""Three times as many searches as `haat serve` can answer, and orders meanwhile: what is answered, how fast, what not.

Run: `python -m benchmarks.overload [--seconds 20] [--times 3] [--json] [--out FILE]`.

The server has core 0, this client core 1; FakePay, consumers and timers run in the server. Searches are all different,
so that none is remembered. First the peak: the most searches that were answered in a second by 4, 8 or 16 clients, each
asking again as soon as it is answered. Then searches come at a fixed rate of so many times the peak, whether others are
answered or not, and four orders a second beside them. A search counts when it was answered within a second. Then the
load ends, and a search and an order are asked until both are answered well.

A second is one that the machine left to the server's event loop: the time in which its thread was ready and another
process had the core is taken off, in the peak and in the overload (/proc/PID/schedstat), since others may work here.
"""

import argparse
import asyncio
import json
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any, Final

from benchmarks.order_shop import HOME, made_shop
from benchmarks.orders import Line, order_of, rested
from benchmarks.processes import HAAT, cpu_s, environment, free_port, machine, rss_mb, server, wait_for

SKUS: Final = 2_000
CLIENTS: Final = (4, 8, 16)
ORDERS_A_S: Final = 4.0
IN_TIME_S: Final = 1.0
WELL_S: Final = 0.25
LOOK_S: Final = 0.1
MOST_OPEN: Final = 1_500  # connections of this client at once: what comes beyond is counted as not sent
LONGEST_RECOVERY_S: Final = 60.0
GOALS: Final = {"goodput": 0.9, "recovery_s": 10.0, "grown": 0.2}
_numbers = count()


@dataclass(slots=True)
class Answers:
    """What became of requests of one kind."""

    times: dict[int, list[float]] = field(default_factory=dict)  # seconds by status; 0: no answer
    without_retry_after: int = 0
    started_late_s: float = 0.0  # the latest that this client began one: by then it was the client that was overloaded

    def add(self, status: int, took_s: float, headers: dict[str, str]) -> None:
        """One answer."""
        self.times.setdefault(status, []).append(took_s)
        if status == 503 and not headers.get("retry-after", "").isdigit():
            self.without_retry_after += 1

    def told(self, status: int) -> dict[str, float]:
        """How many had the status, and how long they took."""
        times = sorted(self.times.get(status, []))
        if not times:
            return {"count": 0}
        found = {f"p{share}_ms": round(times[len(times) * share // 100] * 1000, 1) for share in (50, 95, 99)}
        return {"count": len(times), **found}


async def _asked(line: Line, answers: Answers, due_s: float, *, order: str = "") -> int:
    """One search, or one order of a sku; timed from its start, before its connection if it needs one."""
    n, began_s = next(_numbers), time.perf_counter()
    answers.started_late_s = max(answers.started_late_s, began_s - due_s)
    try:
        if order:
            line.cookie = ""
            body, headers = order_of(n, [order], f"o{os.getpid()}")
            status, given, _ = await line.ask("POST", "/api/v1/orders", body, headers)
        else:
            status, given, _ = await line.ask("GET", f"/api/v1/search?q=steel+bottle+{n}&pincode={HOME}")
    except (OSError, EOFError):
        status, given = 0, {}
    answers.add(status, time.perf_counter() - began_s, given)
    return status


def _main_thread(pid: int) -> tuple[float, float]:
    """Seconds that the event loop's thread ran, and that it was ready to run while others had the core."""
    ran, waited = Path(f"/proc/{pid}/schedstat").read_text(encoding="ascii").split()[:2]
    return int(ran) / 1e9, int(waited) / 1e9


class _Span:
    """What the machine left the event loop, and what it used, since this was made."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._began = (time.perf_counter(), *_main_thread(pid))

    def left_s(self) -> float:
        """Seconds in which it ran or could have run."""
        return time.perf_counter() - self._began[0] - (_main_thread(self._pid)[1] - self._began[2])

    def used(self) -> float:
        """The share of them in which it ran."""
        return (_main_thread(self._pid)[0] - self._began[1]) / self.left_s()


async def _peak(pid: int, port: int, clients: int, seconds: float) -> float:
    """Searches answered in a second of the loop's, by clients that wait for their answers."""
    until_s, answers, span = time.perf_counter() + seconds, Answers(), _Span(pid)

    async def client() -> None:
        line = Line(port)
        while time.perf_counter() < until_s:
            if await _asked(line, answers, time.perf_counter()) == 503:
                await asyncio.sleep(0.05)

    await asyncio.gather(*(client() for _ in range(clients)))
    return len(answers.times.get(200, ())) / span.left_s()


class _Open:
    """Requests that come when they are due, over as many connections as that takes."""

    def __init__(self, port: int, sku: str) -> None:
        self.searches, self.orders, self.unsent = Answers(), Answers(), 0
        self._port, self._sku = port, sku
        self._free: list[Line] = []
        self._open = 0

    async def come(self, rate: float, seconds: float, *, orders: bool) -> None:
        """All of one kind."""
        began_s = time.perf_counter()
        async with asyncio.TaskGroup() as group:
            for n in range(int(rate * seconds)):
                due_s = began_s + n / rate
                if (ahead_s := due_s - time.perf_counter()) > 0:
                    await asyncio.sleep(ahead_s)
                if not self._free and self._open >= MOST_OPEN:
                    self.unsent += 1
                    continue
                group.create_task(self._one(due_s, orders=orders))

    async def _one(self, due_s: float, *, orders: bool) -> None:
        line = self._free.pop() if self._free else Line(self._port)
        self._open += 1
        answers, order = (self.orders, self._sku) if orders else (self.searches, "")
        status = await _asked(line, answers, due_s, order=order)
        self._open -= 1
        if status:
            self._free.append(line)


async def _recovered(port: int, sku: str) -> float:
    """Seconds until a search and an order are answered well, one after the other."""
    began_s = time.perf_counter()
    while time.perf_counter() - began_s < LONGEST_RECOVERY_S:
        answers, started_s = Answers(), time.perf_counter()
        line = Line(port)
        found = await _asked(line, answers, started_s), await _asked(line, answers, started_s, order=sku)
        if found == (200, 201) and time.perf_counter() - started_s < WELL_S * 2:
            return started_s - began_s
        await asyncio.sleep(LOOK_S)
    return LONGEST_RECOVERY_S


async def _overload(pid: int, port: int, skus: Sequence[str], seconds: float, times: float) -> dict[str, Any]:
    alone, line = Answers(), Line(port)
    for sku in skus[:40]:
        await _asked(line, Answers(), time.perf_counter())
        await _asked(line, alone, time.perf_counter(), order=sku)
    peaks = {clients: await _peak(pid, port, clients, max(2.0, seconds / 5)) for clients in CLIENTS}
    peak = max(peaks.values())
    before_mb = largest_mb = rss_mb(pid)
    crowd = _Open(port, skus[0])
    began_s, here_s, there_s = time.perf_counter(), time.process_time(), cpu_s(pid)
    span = _Span(pid)
    load = [
        asyncio.ensure_future(crowd.come(rate, seconds, orders=orders))
        for rate, orders in ((peak * times, False), (ORDERS_A_S, True))
    ]
    while not all(one.done() for one in load):
        await asyncio.sleep(LOOK_S)
        largest_mb = max(largest_mb, rss_mb(pid))
    await asyncio.gather(*load)
    wall_s = time.perf_counter() - began_s
    cpu = {
        "client": round((time.process_time() - here_s) / wall_s, 2),
        "server": round((cpu_s(pid) - there_s) / wall_s, 2),
        "left_to_the_loop": round(span.left_s() / wall_s, 2),
        "used_of_that": round(span.used(), 2),
    }
    left_s = span.left_s()
    recovery_s = await _recovered(port, skus[0])
    in_time = sum(took_s <= IN_TIME_S for took_s in crowd.searches.times.get(200, ()))
    return {
        "peaks_a_s": {str(clients): round(rate, 1) for clients, rate in peaks.items()},
        "offered_a_s": round(peak * times, 1),
        "sent_a_s": round(sum(map(len, crowd.searches.times.values())) / wall_s, 1),
        "client_late_s": round(crowd.searches.started_late_s, 2),
        "unsent": crowd.unsent,
        "goodput": round(in_time / left_s / peak, 3),
        "answered": crowd.searches.told(200),
        "refused": crowd.searches.told(503),
        "statuses": dict(Counter({status: len(all_) for status, all_ in crowd.searches.times.items()})),
        "without_retry_after": crowd.searches.without_retry_after + crowd.orders.without_retry_after,
        "orders_alone": alone.told(201),
        "orders": crowd.orders.told(201),
        "order_statuses": {status: len(all_) for status, all_ in crowd.orders.times.items()},
        "recovery_s": round(recovery_s, 2),
        "before_mb": round(before_mb),
        "largest_mb": round(largest_mb),
        "grown": round(largest_mb / before_mb - 1, 3),
        "cores": cpu,
        "machine": machine(),
    }


def measure(folder: Path, seconds: float, times: float = 3.0) -> dict[str, Any]:
    """A shop, its peak, and so many times of it for so long."""
    skus = made_shop(folder / "var", SKUS)
    port, log = free_port(), folder / "serve.log"
    given = environment(folder / "var", port) | {"HAAT_BASE_URL": f"http://127.0.0.1:{port}"}
    cores = os.sched_getaffinity(0)
    with server([*HAAT, "serve"], given, log, core=0) as child:
        wait_for(child, port, "/readyz", log)
        os.sched_setaffinity(0, {1} if 1 in cores else cores)
        try:
            rested(child.pid)
            return asyncio.run(_overload(child.pid, port, skus, seconds, times))
        finally:
            os.sched_setaffinity(0, cores)


def main() -> int:
    """Measure and print; 1 when a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--times", type=float, default=3.0)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = measure(Path(folder), given.seconds, given.times)
    text = json.dumps(found, indent=1)
    if given.out:
        given.out.write_text(text + "\n", encoding="utf-8")
    print(text if given.json else "\n".join(f"{name}: {json.dumps(value)}" for name, value in found.items()))
    reached = found["goodput"] >= GOALS["goodput"] and found["recovery_s"] <= GOALS["recovery_s"]
    return 0 if reached and found["grown"] < GOALS["grown"] else 1


if __name__ == "__main__":
    sys.exit(main())
