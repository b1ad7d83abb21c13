"""The file and the one thread that writes to it.

A unit is a function over the connection. Units that wait at the same time share one COMMIT, each in a savepoint of its
own: a unit that raises undoes itself and nobody else. The caller is answered after the COMMIT returned, so with
`synchronous=FULL` what was answered survives a power cut too. Cost: one flush to disk per group of units that write.
"""

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any, Final, TypeVar

from fakepay.schema import SCHEMA

T = TypeVar("T")
Unit = Callable[[sqlite3.Connection], T]

_MOST_UNITS: Final = 64  # in one COMMIT
_BUSY_S: Final = 10.0


class Store:
    """One SQLite file, opened for writing. Usable from any event loop and thread."""

    def __init__(self, path: Path) -> None:
        self._waiting: queue.SimpleQueue[tuple[Unit[Any], Future[Any]] | None] = queue.SimpleQueue()
        self._connection = sqlite3.connect(path, timeout=_BUSY_S, isolation_level=None, check_same_thread=False)
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            self._connection.execute(f"PRAGMA {pragma}").close()
        self._connection.executescript(f"BEGIN;{SCHEMA}COMMIT;")
        self._gate = threading.Lock()
        self._closed = False
        self._thread = threading.Thread(target=self._work, name="fakepay-store", daemon=True)
        self._thread.start()

    async def do(self, unit: Unit[T]) -> T:
        """What the unit returned, after its writes are on disk. Raises: what the unit raised."""
        future: Future[T] = Future()
        with self._gate:
            if self._closed:
                raise RuntimeError("This gateway was closed.")
            self._waiting.put((unit, future))
        return await asyncio.wrap_future(future)

    def close(self) -> None:
        """Finish what waits, then close the file. A second call does nothing."""
        with self._gate:
            if self._closed:
                return
            self._closed = True
            self._waiting.put(None)
        self._thread.join()
        self._connection.close()

    def _work(self) -> None:
        while (first := self._waiting.get()) is not None:
            group = [first]
            end = False
            while len(group) < _MOST_UNITS and not end:
                try:
                    following = self._waiting.get_nowait()
                except queue.Empty:
                    break
                end = following is None
                if following is not None:
                    group.append(following)
            self._commit([(unit, future) for unit, future in group if future.set_running_or_notify_cancel()])
            if end:
                return

    def _commit(self, group: list[tuple[Unit[Any], Future[Any]]]) -> None:
        done: list[tuple[Future[Any], Any, BaseException | None]] = []
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            for unit, future in group:
                done.append((future, *self._one(unit)))
            self._connection.execute("COMMIT")
        except sqlite3.Error as error:  # disk full, file locked by another process: nobody of the group was answered
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            for _, future in group:
                future.set_exception(error)
            return
        for future, result, failure in done:
            if failure is None:
                future.set_result(result)
            else:
                future.set_exception(failure)

    def _one(self, unit: Unit[Any]) -> tuple[Any, BaseException | None]:
        self._connection.execute("SAVEPOINT one")
        try:
            result = unit(self._connection)
        except BaseException as error:  # whatever it is belongs to the caller
            self._connection.execute("ROLLBACK TO one")
            self._connection.execute("RELEASE one")
            return None, error
        self._connection.execute("RELEASE one")
        return result, None
