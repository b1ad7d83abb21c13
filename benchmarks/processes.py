"""Processes under measurement: start them on a core, wait for an answer, read their CPU and memory, end them."""

import http.client
import os
import platform
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

_TICKS_PER_S: Final = os.sysconf("SC_CLK_TCK")
_POLL_S: Final = 0.005
LONGEST_START_S: Final = 120.0
HAAT: Final = (sys.executable, "-m", "haat.cli")


class Failed(RuntimeError):
    """A process under measurement did not do what it was started for."""


class Ended(NamedTuple):
    """What a child left behind. Memory is its largest resident set."""

    code: int
    out: str
    wall_s: float
    cpu_s: float
    peak_mb: float


def machine() -> dict[str, Any]:
    """Where and on what a figure was taken."""
    model = "unknown"
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    return {
        "cpu": model,
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "system": platform.platform(),
        "load": [round(one, 2) for one in os.getloadavg()],
    }


def spread(values: Sequence[float], digits: int = 3) -> dict[str, float]:
    """Median, smallest and largest."""
    return {
        "median": round(statistics.median(values), digits),
        "min": round(min(values), digits),
        "max": round(max(values), digits),
    }


def free_port() -> int:
    """A port nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def environment(data_dir: Path, port: int = 0, admin_port: int = 0) -> dict[str, str]:
    """The environment of a shop of its own, without any other HAAT_ setting."""
    found = {name: value for name, value in os.environ.items() if not name.startswith("HAAT_")}
    found["HAAT_DATA_DIR"] = str(data_dir.absolute())
    if port:
        found["HAAT_LISTEN"] = f"127.0.0.1:{port}"
        found["HAAT_ADMIN_LISTEN"] = f"127.0.0.1:{admin_port or free_port()}"
    return found


def run(command: Sequence[str], given: Mapping[str, str], kill_after_s: float | None = None) -> Ended:
    """Run a child to its end, or kill -9 it after so many seconds (its code is then -9).

    Raises: Failed when it ended badly without being killed; its last words are in the message.
    """
    started_s = time.perf_counter()
    child = subprocess.Popen(command, env=dict(given), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    killed = False
    try:
        out, err = child.communicate(timeout=kill_after_s)
    except subprocess.TimeoutExpired:
        child.kill()
        killed = True
        out, err = child.communicate()
    wall_s = time.perf_counter() - started_s
    if child.returncode != 0 and not killed:
        raise Failed(f"{' '.join(command)} ended with {child.returncode}:\n{err[-2_000:]}")
    return Ended(child.returncode, out, wall_s, 0.0, 0.0)


def run_measured(command: Sequence[str], given: Mapping[str, str], folder: Path) -> Ended:
    """Run a child to its end with its CPU time and its largest resident set. Raises: Failed."""
    out_file, err_file = folder / "child.out", folder / "child.err"
    started_s = time.perf_counter()
    with out_file.open("wb") as out, err_file.open("wb") as err:
        child = subprocess.Popen(command, env=dict(given), stdout=out, stderr=err)
        _, status, usage = os.wait4(child.pid, 0)
    wall_s = time.perf_counter() - started_s
    code = child.returncode = os.waitstatus_to_exitcode(status)
    if code != 0:
        raise Failed(f"{' '.join(command)} ended with {code}:\n{err_file.read_text()[-2_000:]}")
    return Ended(code, out_file.read_text(), wall_s, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def cpu_s(pid: int) -> float:
    """User and system time of a process and all its threads since it began."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS_PER_S


def rss_mb(pid: int) -> float:
    """Resident memory at the moment."""
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise Failed(f"Process {pid} tells no VmRSS.")


@contextmanager
def server(
    command: Sequence[str], given: Mapping[str, str], log: Path, *, core: int | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """A server that runs inside the block, on one core if named. SIGTERM ends it."""
    pinned = [*(("taskset", "-c", str(core)) if core is not None else ()), *command]
    with log.open("ab") as err:
        child = subprocess.Popen(pinned, env=dict(given), stdout=err, stderr=err)
    try:
        yield child
    finally:
        child.terminate()
        try:
            child.wait(20)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def wait_for(
    child: subprocess.Popen[bytes], port: int, path: str, log: Path, expected: int = http.HTTPStatus.OK
) -> None:
    """Return at the first answer with this status. Raises: Failed when the process ended or took two minutes."""
    until_s = time.perf_counter() + LONGEST_START_S
    while time.perf_counter() < until_s:
        if child.poll() is not None:
            raise Failed(f"The server ended with {child.returncode}:\n{log.read_text()[-2_000:]}")
        if status(port, path) == expected:
            return
        time.sleep(_POLL_S)
    raise Failed(f"No {expected} from {path} after {LONGEST_START_S:.0f} s:\n{log.read_text()[-2_000:]}")


def status(port: int, path: str) -> int:
    """The status of a GET, 0 while nobody answers."""
    return fetch(port, path)[0]


def fetch(port: int, path: str) -> tuple[int, bytes]:
    """Status and body of a GET; 0 while nobody answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read()
    except OSError:
        return 0, b""
    finally:
        connection.close()
