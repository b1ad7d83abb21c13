"""The lock on the data directory: embedded engines belong to one process.

It is the operating system's lock on an open file: it cannot outlive its process, whatever ends it.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import msgspec

from haat.errors import Conflict, Unavailable

NAME: Final = "haat.lock"
ATTEMPTS: Final = 5  # over 0.1 s: `holder` of another process takes the lock for an instant to look


class DirectoryInUse(Conflict):
    """Another haat process has this data directory open. Nothing was touched."""

    code, title = "data-directory-in-use", "Another haat process uses this data directory"


class Holder(msgspec.Struct, frozen=True):
    """Who has the directory: for the error's text, and for commands that talk to the running server instead."""

    pid: int
    command: str  # "haat serve"
    url: str = ""  # where it listens; empty when it does not


@contextmanager
def data_directory(folder: Path, command: str, url: str = "") -> Iterator[None]:
    """Hold the directory while the block runs; it is made if it is missing.

    Raises: DirectoryInUse with who holds it and what to do; Unavailable when it cannot be made or written.
    """
    path = folder / NAME
    try:
        folder.mkdir(parents=True, exist_ok=True)
        number = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise Unavailable(f"The data directory {folder} cannot be written: {error.strerror}") from error
    try:
        if not _taken(number):
            raise _in_use(folder, _read(path))
        os.ftruncate(number, 0)
        os.write(number, msgspec.json.encode(Holder(os.getpid(), command, url)))
        yield
        os.ftruncate(number, 0)
    finally:
        os.close(number)


def holder(folder: Path) -> Holder | None:
    """Who holds the directory at this moment, or None. Changes nothing and takes nothing."""
    path = folder / NAME
    try:
        number = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(number, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _read(path) or Holder(0, "another haat process")
    finally:
        os.close(number)
    return None


def _taken(number: int) -> bool:
    for _ in range(ATTEMPTS):
        with suppress(BlockingIOError):
            fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        time.sleep(0.02)
    return False


def _read(path: Path) -> Holder | None:
    with suppress(OSError, msgspec.MsgspecError):
        return msgspec.json.decode(path.read_bytes(), type=Holder)
    return None


def _in_use(folder: Path, found: Holder | None) -> DirectoryInUse:
    who = f"`{found.command}` (process {found.pid})" if found else "another haat process"
    where = f" at {found.url}" if found and found.url else ""
    return DirectoryInUse(
        f"{folder} is in use by {who}{where}. Stop that process, or set HAAT_DATA_DIR to another folder.",
        folder=str(folder),
    )
