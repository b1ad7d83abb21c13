"""Engines as processes: fetched once, started on a free port, known again by pid and start time, stopped gently.

A folder has one sub-folder for each engine: `data`, `server.log`, and `running.json` with its port. What a killed tool
or machine left behind is found by the next `up`: a pid that is somebody else's by now is left alone.
"""

import fcntl
import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import msgspec

from tools.engines.engine import CannotStart, Engine, Place

GRACE_S: Final = 30.0
_LOOK_S: Final = 0.05
_LAST_WORDS: Final = 2_000


class Running(msgspec.Struct):
    """What is kept of a server."""

    pid: int
    started: int  # in clock ticks since the machine's start: with the pid it names one process for good
    port: int
    password: str
    version: str


class Keeper:
    """The engines of one folder. `cache` holds what was fetched, for every folder."""

    def __init__(self, folder: Path, cache: Path) -> None:
        self._folder = folder.absolute()
        self._cache = cache.absolute()

    def up(self, engine: Engine) -> Place:
        """A running server, started unless it runs. Raises: CannotStart."""
        home = self._folder / engine.name
        home.mkdir(parents=True, exist_ok=True)
        with _alone(home):
            there = self._running(home)
            fetched = self._fetched(engine)
            if there is not None:
                place = Place(home, fetched, there.port, there.password)
                _wait(engine, place, there.pid, engine.start_s)
                return place
            kept = self._kept(home)
            password = kept.password if kept else secrets.token_hex(12)
            place = Place(home, fetched, kept.port if kept and _free(kept.port) else _free_port(), password)
            self._keep(home, Running(0, 0, place.port, password, engine.version))
            engine.prepare(place)
            self._start(engine, place)
            return place

    def down(self, engine: Engine, *, wipe: bool = False) -> bool:
        """Stop it, if it runs; whether it did. `wipe` also deletes its data. Raises: CannotStart if it will not end."""
        home = self._folder / engine.name
        if not home.is_dir():
            return False
        with _alone(home):
            there = self._running(home)
            if there is not None:
                _stop(there.pid, there.started)
        if wipe:
            shutil.rmtree(home)
        return there is not None

    def status(self, engine: Engine) -> tuple[Place, int, bool] | None:
        """Where it runs, its pid, and whether it answers; None when it does not run."""
        home = self._folder / engine.name
        there = self._running(home)
        if there is None:
            return None
        place = Place(home, self._bin(engine), there.port, there.password)
        return place, there.pid, engine.answers(place)

    def kill(self, engine: Engine) -> None:
        """SIGKILL, as a crash: for tests. Its data stays, and `up` starts it again on the same port."""
        there = self._running(self._folder / engine.name)
        if there is not None:
            os.kill(there.pid, signal.SIGKILL)
            _gone(there.pid, there.started, GRACE_S)

    def _bin(self, engine: Engine) -> Path:
        return self._cache / f"{engine.name}-{engine.version}"

    def _fetched(self, engine: Engine) -> Path:
        found = self._bin(engine)
        if found.is_dir():
            return found
        self._cache.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(prefix=f"{engine.name}-", dir=self._cache))
        try:
            engine.fetch(made)
            made.chmod(0o755)
            made.rename(found)
        except OSError as error:
            if not found.is_dir():  # else another run was faster
                raise CannotStart(f"{engine.name} could not be kept: {error}") from error
        finally:
            shutil.rmtree(made, ignore_errors=True)
        return found

    def _start(self, engine: Engine, place: Place) -> None:
        command, more = engine.command(place)
        with place.log.open("ab") as log:
            child = subprocess.Popen(
                command,
                cwd=place.home,
                env={**os.environ, **more},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        child.returncode = 0  # it is known by its pid from here on, and lives longer than this object
        self._keep(place.home, Running(child.pid, _started(child.pid), place.port, place.password, engine.version))
        _wait(engine, place, child.pid, engine.start_s)

    def _running(self, home: Path) -> Running | None:
        kept = self._kept(home)
        return kept if kept is not None and kept.pid and _started(kept.pid) == kept.started else None

    @staticmethod
    def _kept(home: Path) -> Running | None:
        try:
            return msgspec.json.decode((home / "running.json").read_bytes(), type=Running)
        except (OSError, msgspec.DecodeError):
            return None

    @staticmethod
    def _keep(home: Path, running: Running) -> None:
        written = home / "running.json.new"
        written.write_bytes(msgspec.json.encode(running))
        written.chmod(0o600)
        written.rename(home / "running.json")


@contextmanager
def _alone(home: Path) -> Iterator[None]:
    with (home / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise CannotStart(f"Another run starts or stops what is in {home} at this moment.") from None
        yield


def _wait(engine: Engine, place: Place, pid: int, longest_s: float) -> None:
    until = time.monotonic() + longest_s
    while time.monotonic() < until:
        if engine.answers(place):
            return
        if not _started(pid):
            raise CannotStart(f"{engine.name} ended by itself. Its last words:\n{_words(place)}")
        time.sleep(_LOOK_S)
    raise CannotStart(f"{engine.name} did not answer in {longest_s:g} s. Its last words:\n{_words(place)}")


def _words(place: Place) -> str:
    return place.log.read_text(encoding="utf-8", errors="replace")[-_LAST_WORDS:] if place.log.exists() else ""


def _stop(pid: int, started: int) -> None:
    os.kill(pid, signal.SIGTERM)
    if not _gone(pid, started, GRACE_S):
        os.kill(pid, signal.SIGKILL)
        if not _gone(pid, started, GRACE_S):
            raise CannotStart(f"Process {pid} does not end.")


def _gone(pid: int, started: int, longest_s: float) -> bool:
    until = time.monotonic() + longest_s
    while time.monotonic() < until:
        if _started(pid) != started:
            return True
        time.sleep(_LOOK_S)
    return False


def _started(pid: int) -> int:
    """When a process began; 0 when there is none, or only what its parent has not fetched yet."""
    with suppress(OSError):  # a child of ours that has ended is fetched
        os.waitpid(pid, os.WNOHANG)
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    except OSError:
        return 0
    return 0 if fields[0] == "Z" else int(fields[19])


def _free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
