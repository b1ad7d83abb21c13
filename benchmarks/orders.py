"""Orders over HTTP with every commit on disk: hot sku and many skus, CPU of an order and of a whole checkout.

Run: `python -m benchmarks.orders [--orders 2000] [--rounds 3] [--json] [--out FILE]`.

The server has core 0, this client core 1. Orders are cash on delivery, of guests, so that each is placed when it is
answered. A whole checkout is a guest's: into the cart, look at it, order by UPI, go to pay, approve at FakePay, come
back, look at the order; its webhook comes meanwhile. It is measured twice: with FakePay in the shop's process, so that
its CPU counts; and, as with a real gateway, with FakePay in a process of its own, whose CPU does not, asked over HTTP.
Before each measurement the server has come to rest, so that neither its start nor what went before is counted; CPU is
taken until it rests again, so that relay and consumers are.
"""

import argparse
import asyncio
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from benchmarks.order_shop import HOME, made_shop
from benchmarks.processes import HAAT, cpu_s, environment, free_port, machine, server, spread, wait_for

CLIENTS: Final = 64
SKUS: Final = 10_000
CHECKOUTS: Final = 200
LOOK_S: Final = 1.0
RESTING: Final = 0.1  # of a core: consumers and timers look about now and then
LONGEST_REST_S: Final = 30.0
ADDRESS: Final = {"name": "Meera", "phone": "9845012345", "line1": "14, 3rd Cross", "pincode": HOME}
GOALS: Final = {"orders_a_s": 300.0, "hot_over_uniform": 0.9, "checkout_cpu_ms": 8.0}
_SETTING: Final = re.compile(r"HAAT_PAYMENTS_URL='([^']+)'")
Given = tuple[int, dict[str, str], bytes]


class Line:
    """One keep-alive connection, spoken without a library: the client must not be what is measured."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self.cookie = ""

    async def ask(self, method: str, path: str, body: bytes = b"", headers: str = "") -> Given:
        """Status, headers and body. Cookies that are set come back."""
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self.port)
        reader, writer = self._streams
        cookie = f"cookie: {self.cookie}\r\n" if self.cookie else ""
        writer.write(
            f"{method} {path} HTTP/1.1\r\nhost: 127.0.0.1:{self.port}\r\n{cookie}{headers}"
            f"content-length: {len(body)}\r\n\r\n".encode()
            + body
        )
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        pairs = [line.partition(":") for line in head.split("\r\n")[1:] if line]
        given = {name.lower(): value.strip() for name, _, value in pairs}
        answer = await reader.readexactly(int(given.get("content-length", "0")))
        if "haat_guest=" in (set_ := given.get("set-cookie", "")):
            self.cookie = set_.partition(";")[0]
        if given.get("connection") == "close":
            writer.close()
            self._streams = None
        return int(head.split(" ", 2)[1]), given, answer


def order_of(n: int, skus: Sequence[str], run: str) -> tuple[bytes, str]:
    """Body and headers of one cash order."""
    key = f"{run}-{n}"
    body = {
        "checkout_id": key,
        "lines": [{"sku": sku, "quantity": 1} for sku in skus],
        "address": ADDRESS,
        "payment": {"method": "cod"},
    }
    return json.dumps(body).encode(), f"content-type: application/json\r\nidempotency-key: {key}\r\n"


async def burst(port: int, orders: int, skus_of: Callable[[int], Sequence[str]], run: str) -> dict[str, float]:
    """Place orders from all clients as fast as they are answered."""
    waiting, times = iter(range(orders)), []

    async def client() -> None:
        line = Line(port)
        for n in waiting:
            line.cookie = ""  # every order is another guest's
            body, headers = order_of(n, skus_of(n), run)
            started_s = time.perf_counter()
            status, _, answer = await line.ask("POST", "/api/v1/orders", body, headers)
            times.append(time.perf_counter() - started_s)
            if status != 201:
                raise SystemExit(f"An order was answered {status}: {answer[:300]!r}")

    started_s = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(CLIENTS)))
    wall_s = time.perf_counter() - started_s
    return {"a_s": orders / wall_s, **_percentiles(times)}


async def paced(port: int, rate: float, seconds: float, skus: Sequence[str], run: str) -> dict[str, float]:
    """Orders at a fixed rate, each timed from the moment it was due."""
    times: list[float] = []
    free: list[Line] = []
    began_s = time.perf_counter()

    async def one(n: int) -> None:
        due_s = began_s + n / rate
        await asyncio.sleep(max(0.0, due_s - time.perf_counter()))
        line = free.pop() if free else Line(port)
        line.cookie = ""
        body, headers = order_of(n, [skus[n % len(skus)]], run)
        status, _, answer = await line.ask("POST", "/api/v1/orders", body, headers)
        if status != 201:
            raise SystemExit(f"An order was answered {status}: {answer[:300]!r}")
        times.append(time.perf_counter() - due_s)
        free.append(line)

    await asyncio.gather(*(one(n) for n in range(int(rate * seconds))))
    return _percentiles(times)


async def checkouts(port: int, count: int, skus: Sequence[str]) -> None:
    """Whole checkouts by UPI, eight at a time."""
    waiting = iter(range(count))

    async def client() -> None:
        for n in waiting:
            await _checkout(Line(port), n, skus[n % len(skus)])

    await asyncio.gather(*(client() for _ in range(8)))


async def _checkout(line: Line, n: int, sku: str) -> None:
    json_ = "content-type: application/json\r\n"
    status, _, _ = await line.ask("PUT", f"/api/v1/cart/lines/{sku}", b'{"quantity": 1}', json_)
    assert status == 200, status
    _, _, answer = await line.ask("GET", f"/api/v1/cart?pincode={HOME}")
    cart = json.loads(answer)
    order = {
        "checkout_id": cart["checkout_id"], "cart": True, "address": ADDRESS, "payment": {"method": "upi"},
        "quote": cart["quote"],
    }  # fmt: skip
    status, _, answer = await line.ask(
        "POST", "/api/v1/orders", json.dumps(order).encode(), f"{json_}idempotency-key: w-{n}\r\n"
    )
    assert status == 201, answer
    placed = json.loads(answer)
    _, given, _ = await line.ask("GET", f"/pay/{placed['payment']['id']}")
    page = urlsplit(given["location"])
    gateway = line if page.port == line.port else Line(page.port or 80)
    form = "content-type: application/x-www-form-urlencoded\r\n"
    for act in ("continue", "approve"):
        _, given, _ = await gateway.ask("POST", page.path, urlencode({"do": act}).encode(), form)
    back = urlsplit(given["location"])
    await line.ask("GET", f"{back.path}?{back.query}" if back.query else back.path)
    _, _, answer = await line.ask("GET", f"/api/v1/orders/{placed['id']}")
    assert json.loads(answer)["state"] == "PLACED", answer


def _percentiles(times: Sequence[float]) -> dict[str, float]:
    cuts = statistics.quantiles(times, n=100)
    return {"p50_ms": cuts[49] * 1000, "p99_ms": cuts[98] * 1000}


def rested(pid: int) -> float:
    """CPU seconds of a process, once it does next to nothing; after half a minute whatever it does."""
    until_s = time.perf_counter() + LONGEST_REST_S
    while True:
        before_s = cpu_s(pid)
        time.sleep(LOOK_S)
        after_s = cpu_s(pid)
        if after_s - before_s < RESTING * LOOK_S or time.perf_counter() > until_s:
            return after_s


def checkout_cpu_ms(child: subprocess.Popen[bytes], port: int, skus: Sequence[str]) -> float:
    """CPU of the server for one whole checkout."""
    asyncio.run(checkouts(port, 20, skus))
    before_s = rested(child.pid)
    asyncio.run(checkouts(port, CHECKOUTS, skus))
    return round((rested(child.pid) - before_s) / CHECKOUTS * 1000, 2)


def checkout_apart_cpu_ms(name: Path) -> float:
    """The same with the gateway in a process of its own, whose CPU does not count."""
    folder = name / "apart"
    skus = made_shop(folder, 1_000)
    port, pay_port, log, pay_log = free_port(), free_port(), name / "apart.log", name / "fakepay.log"
    given = environment(folder, port) | {"HAAT_BASE_URL": f"http://127.0.0.1:{port}"}
    beside = environment(name / "fakepay") | {"HAAT_BASE_URL": given["HAAT_BASE_URL"]}
    with server([*HAAT, "fakepay", "--port", str(pay_port)], beside, pay_log, core=1) as gateway:
        wait_for(gateway, pay_port, "/", pay_log, HTTPStatus.NOT_FOUND)
        url = _SETTING.search(pay_log.read_text(encoding="utf-8"))
        if url is None:
            raise SystemExit("haat fakepay does not say how to reach it.")
        with server([*HAAT, "serve"], given | {"HAAT_PAYMENTS_URL": url[1]}, log, core=0) as child:
            wait_for(child, port, "/readyz", log)
            os.sched_setaffinity(0, {1})
            return checkout_cpu_ms(child, port, skus)


def measure(orders: int, rounds: int) -> dict[str, Any]:
    """All of it, on one server; the checkout with its gateway apart on another."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "var"
        skus = made_shop(folder, SKUS)
        port, log = free_port(), Path(name) / "serve.log"
        given = environment(folder, port) | {"HAAT_BASE_URL": f"http://127.0.0.1:{port}"}
        with server([*HAAT, "serve"], given, log, core=0) as child:
            wait_for(child, port, "/readyz", log)
            os.sched_setaffinity(0, {1})
            kinds: dict[str, Callable[[int], Sequence[str]]] = {
                "hot": lambda _: [skus[0]],
                "uniform": lambda n: [skus[(n * 7919) % SKUS]],
                "three_lines": lambda n: [skus[(n * 7919 + k) % SKUS] for k in range(3)],
            }
            asyncio.run(burst(port, 200, kinds["uniform"], "warm"))
            found: dict[str, list[dict[str, float]]] = {kind: [] for kind in kinds}
            for number in range(rounds):
                for kind, skus_of in kinds.items():
                    before_s = rested(child.pid)
                    figures = asyncio.run(burst(port, orders, skus_of, f"{kind}-{number}"))
                    figures["cpu_us"] = (rested(child.pid) - before_s) / orders * 1e6
                    found[kind].append(figures)
            most = statistics.median(one["a_s"] for one in found["uniform"])
            open_loop = {
                f"{share:.0%}": asyncio.run(paced(port, most * share, 8.0, skus, f"paced-{share * 100:.0f}"))
                for share in (0.5, 0.8)
            }
            checkout_ms = checkout_cpu_ms(child, port, skus)
        apart_ms = checkout_apart_cpu_ms(Path(name))
    ratio = [hot["a_s"] / uniform["a_s"] for hot, uniform in zip(found["hot"], found["uniform"], strict=True)]
    return {
        **{kind: {name: spread([one[name] for one in all_]) for name in all_[0]} for kind, all_ in found.items()},
        "hot_over_uniform": spread(ratio),
        "open_loop": open_loop,
        "checkout_cpu_ms": checkout_ms,
        "checkout_gateway_apart_cpu_ms": apart_ms,
        "machine": machine(),
    }


def main() -> None:
    """Read the options, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=2_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    figures = measure(options.orders, options.rounds)
    reached = {
        "orders_a_s": min(figures["hot"]["a_s"]["median"], figures["uniform"]["a_s"]["median"]) >= GOALS["orders_a_s"],
        "hot_over_uniform": figures["hot_over_uniform"]["median"] >= GOALS["hot_over_uniform"],
        "checkout_cpu_ms": figures["checkout_cpu_ms"] <= GOALS["checkout_cpu_ms"],
    }
    figures["goals"] = reached
    text = json.dumps(figures, indent=1)
    if options.out:
        options.out.write_text(text)
    if options.json:
        print(text)
    else:
        for name, value in figures.items():
            print(f"{name}: {json.dumps(value)}")
    sys.exit(0 if all(reached.values()) else 1)


if __name__ == "__main__":
    main()
