"""The store: what was answered is on disk; a unit that fails undoes itself alone."""

import asyncio
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import anyio
import httpx2
import pytest

from fakepay.store import Store, Unit
from tests.conftest import ManualClock
from tests.fakepay.conftest import KEY, SECRET, Gateway


async def test_a_restart_keeps_everything(gateway: Gateway) -> None:
    gateway.ears.answers = [500]
    await gateway.script({"on": "act", "do": "late_success", "ms": 60_000, "times": 1}, {"on": "list", "do": "error"})
    late = await gateway.create("pay_1")
    await gateway.act(late, "decline")
    paid = await gateway.paid("pay_2")
    await gateway.refund(paid, 900)
    first = await gateway.ask("POST", "/v1/intents", gateway.new("pay_3"), status=201, key="k1")
    await gateway.later(1_000)
    before = [await gateway.find(reference) for reference in ("pay_1", "pay_2", "pay_3")]
    events = await gateway.ask("GET", "/v1/events")
    await gateway.restart()
    assert [await gateway.find(reference) for reference in ("pay_1", "pay_2", "pay_3")] == before
    assert await gateway.ask("GET", "/v1/events") == events
    assert await gateway.ask("GET", "/v1/faults") == {"script": [{"on": "list", "do": "error"}]}
    assert (await gateway.ask("GET", "/v1/clock"))["offset_ms"] == 1_000
    assert await gateway.ask("POST", "/v1/intents", gateway.new("pay_3"), status=201, key="k1") == first
    await gateway.later(59_000)
    assert (await gateway.find("pay_1"))["status"] == "captured"
    for _ in range(2):
        await gateway.pay.drain()
        await gateway.later(5_000)
    assert len({event["id"] for event in gateway.ears.heard}) == 4


async def test_others_may_read_the_store_beside_the_gateway(gateway: Gateway) -> None:
    paid = await gateway.paid()
    with sqlite3.connect(f"file:{gateway.path}?mode=ro", uri=True) as reader:
        rows = reader.execute("SELECT id, status, captured_minor FROM intents").fetchall()
        synchronous = gateway.pay._store._connection.execute("PRAGMA synchronous").fetchone()
    reader.close()
    assert rows == [(paid["id"], "captured", 129_900)]
    assert synchronous == (2,)


async def test_a_unit_that_fails_undoes_itself_and_nobody_else(tmp_path: Path) -> None:
    store = Store(tmp_path / "x.db")
    outcomes: dict[int, object] = {}

    def unit(number: int, connection: sqlite3.Connection) -> int:
        connection.execute("INSERT INTO setting (name, value) VALUES (?, ?)", (f"n{number}", number))
        if number % 3 == 0:
            raise ValueError(f"no {number}")
        return number

    async def one(number: int) -> None:
        try:
            outcomes[number] = await store.do(lambda connection: unit(number, connection))
        except ValueError as error:
            outcomes[number] = str(error)

    async with anyio.create_task_group() as group:
        for number in range(200):
            group.start_soon(one, number)
    assert outcomes == {number: number if number % 3 else f"no {number}" for number in range(200)}
    kept = await store.do(lambda connection: connection.execute("SELECT value FROM setting ORDER BY value").fetchall())
    assert [row[0] for row in kept] == [number for number in range(200) if number % 3]
    store.close()
    store.close()
    with pytest.raises(RuntimeError, match="closed"):
        await store.do(lambda _: None)


async def test_a_full_disk_is_said_and_the_store_goes_on_when_there_is_room(tmp_path: Path) -> None:
    store = Store(tmp_path / "x.db")

    def insert(connection: sqlite3.Connection) -> None:
        connection.execute("INSERT INTO answers VALUES (?, x'', 200, zeroblob(100000), 0)", (os.urandom(8).hex(),))

    def room(pages: int) -> Unit[None]:
        return lambda connection: connection.execute(f"PRAGMA max_page_count={pages}").close()

    await store.do(room(1))  # means: as large as it is
    with pytest.raises(sqlite3.Error):
        await store.do(insert)
    await store.do(room(1_000_000))
    await store.do(insert)
    assert await store.do(lambda connection: connection.execute("SELECT count(*) FROM answers").fetchone()) == (1,)
    store.close()


async def test_a_store_that_breaks_is_a_500_in_json_and_no_end_of_the_runner(
    gateway: Gateway, caplog: pytest.LogCaptureFixture
) -> None:
    await gateway.paid()
    store = gateway.pay._store
    await store.do(lambda connection: connection.execute("PRAGMA query_only=1").close())
    said = await gateway.ask("POST", "/v1/intents", gateway.new("pay_2"), status=500)
    assert said["error"] == {"code": "error", "message": "Something broke at the gateway."}
    stop = asyncio.Event()
    gateway.ears.wanted = 1
    with anyio.fail_after(20):
        async with anyio.create_task_group() as group:
            group.start_soon(gateway.pay.run, stop)
            await anyio.wait_all_tasks_blocked()
            store._connection.execute("PRAGMA query_only=0").close()
            await gateway.ears.enough.wait()
            stop.set()
    assert "failed" in caplog.text


@contextmanager
def alone(store: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """`python -m fakepay` until the block ends."""
    command = [sys.executable, "-m", "fakepay", "--store", str(store), "--port", str(port)]
    process = subprocess.Popen(command, env=os.environ | {"FAKEPAY_KEY": KEY, "FAKEPAY_SECRET": SECRET})
    try:
        end = time.monotonic() + 30
        while time.monotonic() < end:
            try:
                httpx2.get(f"http://127.0.0.1:{port}/page.css", trust_env=False).raise_for_status()
                break
            except httpx2.TransportError:
                assert process.poll() is None
                time.sleep(0.05)
        yield process
    finally:
        process.terminate()
        process.wait(20)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.mark.fault
def test_a_killed_process_has_lost_nothing_it_answered(tmp_path: Path, clock: ManualClock) -> None:
    port = free_port()
    acknowledged: list[str] = []
    with alone(tmp_path / "x.db", port) as process:
        client = httpx2.Client(
            base_url=f"http://127.0.0.1:{port}", headers={"authorization": f"Bearer {KEY}"}, trust_env=False
        )
        for number in range(50):
            body = {
                "reference": f"pay_{number}", "amount_minor": 100, "currency": "INR", "method": "upi",
                "return_url": "http://shop.example/", "expires_ms": 0,
            }  # fmt: skip
            made = client.post("/v1/intents", json=body).json()
            acted = client.post(f"/v1/intents/{made['id']}/act", json={"action": "approve"})
            assert acted.status_code == 200
            acknowledged.append(made["reference"])
        process.send_signal(signal.SIGKILL)
        process.wait(20)
    with alone(tmp_path / "x.db", port):
        for reference in acknowledged:
            assert client.get(f"/v1/intents/by-reference/{reference}").json()["status"] == "captured"
        client.close()
