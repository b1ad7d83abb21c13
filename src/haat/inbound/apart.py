"""Where the rows of a feed are read: on a thread of this process, or in a process of its own.

Reading is Python from end to end. On a thread it shares the interpreter with everything else; apart it has a core to
itself, and only chunks that are ready to be committed come over.
"""

import asyncio
import os
import signal
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import BrokenExecutor, Executor, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context, parent_process
from pathlib import Path
from typing import Protocol, TypeVar

from haat.errors import Unavailable
from haat.inbound.chunks import Batch, Order, Run
from haat.inbound.ports import AttributeSpec, Chunk

T = TypeVar("T")
Schemas = Mapping[str, Sequence[AttributeSpec]]


class Rows(Protocol):
    """One feed being read, somewhere."""

    async def open(self, path: Path) -> None:
        """Stand behind what was committed. Raises: Unreadable, Unavailable."""

    async def read(self) -> Sequence[str] | None:
        """Read the next groups; the categories whose schemas are not known there. None at the end.

        Raises: Unreadable, Unavailable.
        """

    async def chunk(self, asked: Sequence[str], found: Schemas) -> Chunk:
        """What was read, checked and encoded, given the schemas that were asked for. Raises: Unavailable."""

    async def close(self) -> None:
        """Let go of the file."""


OpenRows = Callable[[Order], Rows]


class _Reading:
    """A run and the batch between its two steps."""

    def __init__(self, order: Order) -> None:
        self._run = Run(order)
        self._batch = Batch()

    def open(self, path: Path) -> None:
        self._run.open(path)

    def read(self) -> list[str] | None:
        batch = self._run.read()
        if batch is None:
            return None
        self._batch = batch
        return self._run.unknown_categories(batch)

    def chunk(self, asked: Sequence[str], found: Schemas) -> Chunk:
        self._run.learn(asked, found)
        return self._run.chunk(self._batch)

    def close(self) -> None:
        self._run.close()


class RowsOnThreads:
    """Reads on threads of this process."""

    def __init__(self, order: Order) -> None:
        self._reading = _Reading(order)

    async def open(self, path: Path) -> None:
        """See Rows."""
        await asyncio.to_thread(self._reading.open, path)

    async def read(self) -> Sequence[str] | None:
        """See Rows."""
        return await asyncio.to_thread(self._reading.read)

    async def chunk(self, asked: Sequence[str], found: Schemas) -> Chunk:
        """See Rows."""
        return await asyncio.to_thread(self._reading.chunk, asked, found)

    async def close(self) -> None:
        """See Rows."""
        self._reading.close()


class RowsApart:
    """Reads in the one process of an executor made by `process_apart`: one feed at a time."""

    def __init__(self, order: Order, executor: Executor) -> None:
        self._order = order
        self._executor = executor

    async def open(self, path: Path) -> None:
        """See Rows."""
        await self._there(_open, self._order, path)

    async def read(self) -> Sequence[str] | None:
        """See Rows."""
        return await self._there(_read)

    async def chunk(self, asked: Sequence[str], found: Schemas) -> Chunk:
        """See Rows."""
        return await self._there(_chunk, asked, found)

    async def close(self) -> None:
        """See Rows."""
        await self._there(_close)

    async def _there(self, work: Callable[..., T], *given: object) -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._executor, work, *given)
        except BrokenExecutor as error:
            raise Unavailable("The process that reads the rows of feeds has ended.") from error


@contextmanager
def process_apart() -> Iterator[OpenRows]:
    """A process that reads rows, started at once: it is ready when the shop is. It ends with this process."""
    # spawn: this process has threads, and a fork would copy their locks as they are.
    with ProcessPoolExecutor(1, mp_context=get_context("spawn"), initializer=_begin) as executor:
        executor.submit(os.getpid)
        yield lambda order: RowsApart(order, executor)


# ---- in the other process

_here: list[_Reading] = []


def _begin() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the first process, which ends this one
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)  # killed: nobody will ask any more


def _open(order: Order, path: Path) -> None:
    _close()
    _here.append(_Reading(order))
    _here[0].open(path)


def _read() -> list[str] | None:
    return _here[0].read()


def _chunk(asked: Sequence[str], found: Schemas) -> Chunk:
    return _here[0].chunk(asked, found)


def _close() -> None:
    while _here:
        _here.pop().close()
