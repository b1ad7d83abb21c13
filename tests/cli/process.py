"""`haat` as a process: started on free ports, stopped by its pid."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

HAAT = [sys.executable, "-m", "haat.cli"]
START_S = 120.0


@dataclass
class Running:
    """A server that answers."""

    url: str
    process: "subprocess.Popen[bytes]"
    started_s: float
    log: Path


def environment(folder: Path, **more: str) -> dict[str, str]:
    """The tests' environment with this data directory and nothing else of haat's."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("HAAT_")}
    return {**clean, "HAAT_DATA_DIR": str(folder), **more}


def haat(folder: Path, *arguments: str, **more: str) -> "subprocess.CompletedProcess[str]":
    """Run a command to its end."""
    command = [*HAAT, *arguments]
    return subprocess.run(
        command, env=environment(folder, **more), capture_output=True, text=True, timeout=300, check=False
    )


def free_ports(count: int) -> list[int]:
    """Ports that nobody uses at the moment."""
    held = [socket.socket() for _ in range(count)]
    for one in held:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in held]
    for one in held:
        one.close()
    return ports


@contextmanager
def serving(folder: Path, arguments: Sequence[str] = (), **more: str) -> Iterator[Running]:
    """A server, stopped at the end by SIGTERM. What it logs is in `serve.log` beside its data directory.

    A file, not a pipe: a server whose log nobody reads stands still when the pipe is full.
    """
    shop, admin = free_ports(2)
    ports = {"HAAT_LISTEN": f"127.0.0.1:{shop}", "HAAT_ADMIN_LISTEN": f"127.0.0.1:{admin}"}
    began = time.monotonic()
    record = folder.parent / "serve.log"
    with record.open("a", encoding="utf-8") as log:
        process = subprocess.Popen(
            [*HAAT, "serve", *arguments],
            env=environment(folder, **{**ports, **more}),
            stdout=subprocess.DEVNULL,
            stderr=log,
        )
    url = f"http://127.0.0.1:{shop}"
    try:
        while True:
            assert process.poll() is None, record.read_text(encoding="utf-8")
            assert time.monotonic() - began < START_S
            try:
                with urllib.request.urlopen(f"{url}/healthz", timeout=2):
                    break
            except OSError:
                time.sleep(0.05)  # polling a process from outside: there is nothing to wait on
        yield Running(url, process, time.monotonic() - began, record)
    finally:
        if process.poll() is None:
            process.terminate()
        process.wait(timeout=60)
