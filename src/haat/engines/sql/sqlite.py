"""SQLite behind the Database port: one writer thread per file with group commit, a pool of readers.

WAL with `synchronous=FULL`: a commit is on disk before anyone is answered. Up to 256 waiting units share one COMMIT,
each inside its own SAVEPOINT, so a unit that raises rolls back alone. Measured against one commit per unit in
benchmarks/group_commit.py; the design is explained in docs/adr/0004-sqlite-group-commit.md.
"""

import asyncio
import queue
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from haat.engines.sql.ports import Refused, Tx, Unit
from haat.errors import Unavailable
from haat.vocabulary import Clock

T = TypeVar("T")

GROUP_UNITS = 256  # one COMMIT's worth; larger groups gain little and delay the first (docs/reference/figures.md)
QUEUE_UNITS = 1024  # beyond it callers are told at once to come back, which keeps latency bounded
READERS = 4
BUSY_TIMEOUT_MS = 5_000  # `haat verify` and migrations of another process may hold the file for a moment


@dataclass(slots=True)
class _Waiting:
    unit: Unit[Any]
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[Any]
    result: Any = None
    error: BaseException | None = None


def connect(path: Path, *, read_only: bool = False) -> sqlite3.Connection:
    """A connection with haat's settings; transactions are begun by hand.

    Raises: Unavailable when the file cannot be opened.
    """
    try:
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=512)
        connection.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute("PRAGMA temp_store=MEMORY")
        if read_only:
            connection.execute("PRAGMA query_only=ON")
        else:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=FULL")
    except sqlite3.Error as error:
        raise Unavailable(f"{path.name} cannot be opened: {error}") from error
    return connection


class SqliteDatabase:
    """One SQLite file. Open with `open()`, end with `close()`; both may be called from the event loop's thread."""

    def __init__(
        self, path: Path, clock: Clock, *, group_units: int = GROUP_UNITS, queue_units: int = QUEUE_UNITS
    ) -> None:
        self.path = path
        self._clock = clock
        self._group_units = group_units
        self._queue: queue.Queue[_Waiting | None] = queue.Queue(maxsize=queue_units)
        self._open = False
        self._writer: threading.Thread | None = None
        self._readers: ThreadPoolExecutor | None = None
        self._local = threading.local()
        self._reader_connections: list[sqlite3.Connection] = []
        self._connection: sqlite3.Connection | None = None

    def open(self) -> None:
        """Create the file's folder if needed, open the writer and the pool. Raises: Unavailable."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._connection = connect(self.path)
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix=f"read-{self.path.stem}")
        self._writer = threading.Thread(target=self._write, name=f"write-{self.path.stem}", daemon=True)
        self._open = True
        self._writer.start()

    def close(self) -> None:
        """Finish the units already taken, then close. Calling it twice is fine."""
        if not self._open:
            return
        self._open = False
        self._queue.put(None)
        assert self._writer is not None
        assert self._readers is not None
        self._writer.join()
        self._readers.shutdown(wait=True)
        for connection in self._reader_connections:
            connection.close()
        assert self._connection is not None
        self._connection.close()

    async def transact(self, unit: Unit[T]) -> T:
        """See Database.transact."""
        if not self._open:
            raise Unavailable(f"{self.path.name} is closed")
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        try:
            self._queue.put_nowait(_Waiting(unit, loop, future))
        except queue.Full:
            raise Unavailable(f"{self.path.name} has {self._queue.maxsize} units waiting", retry_after_s=1) from None
        return await future

    async def read(self, unit: Unit[T]) -> T:
        """See Database.read."""
        if not self._open or self._readers is None:
            raise Unavailable(f"{self.path.name} is closed")
        return await asyncio.get_running_loop().run_in_executor(self._readers, self.read_here, unit)

    def read_here(self, unit: Unit[T]) -> T:
        """Run a reading unit on the calling thread: for threads that are not the event loop's."""
        connection = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = connect(self.path, read_only=True)
            self._reader_connections.append(connection)
        cursor = connection.cursor()
        try:
            cursor.execute("BEGIN")
            try:
                return unit(Tx(cursor, "sqlite", self._clock.now_ms()))
            finally:
                if connection.in_transaction:
                    cursor.execute("ROLLBACK")
        except sqlite3.Error as error:
            raise _translated(error, self.path.name) from error
        finally:
            cursor.close()

    async def ping(self) -> None:
        """See Database.ping."""
        await self.read(lambda tx: tx.cursor.execute("SELECT 1"))

    # ---- the writer's thread

    def _write(self) -> None:
        stopping = False
        while not stopping:
            first = self._queue.get()
            if first is None:
                break
            group = [first]
            while len(group) < self._group_units:
                try:
                    more = self._queue.get_nowait()
                except queue.Empty:
                    break
                if more is None:
                    stopping = True
                    break
                group.append(more)
            self._commit(group)
        while True:  # callers that slipped in while closing
            with suppress(queue.Empty):
                late = self._queue.get_nowait()
                if late is not None:
                    late.error = Unavailable(f"{self.path.name} is closed")
                    _answer([late])
                continue
            break

    def _commit(self, group: list[_Waiting]) -> None:
        assert self._connection is not None
        cursor = self._connection.cursor()
        try:
            cursor.execute("BEGIN IMMEDIATE")
            for waiting in group:
                self._run(cursor, waiting)
            cursor.execute("COMMIT")
        except BaseException as error:  # the group's own statements failed: nothing of it is kept, everyone is told
            with suppress(sqlite3.Error):
                if self._connection.in_transaction:
                    cursor.execute("ROLLBACK")
            failure = Unavailable(f"{self.path.name} could not commit: {error}")
            for waiting in group:
                waiting.error = waiting.error or failure
        finally:
            cursor.close()
        _answer(group)

    def _run(self, cursor: sqlite3.Cursor, waiting: _Waiting) -> None:
        cursor.execute("SAVEPOINT unit")
        try:
            waiting.result = waiting.unit(Tx(cursor, "sqlite", self._clock.now_ms()))
        except BaseException as error:
            waiting.error = _translated(error, self.path.name) if isinstance(error, sqlite3.Error) else error
            cursor.execute("ROLLBACK TO unit")
        cursor.execute("RELEASE unit")


def _answer(group: list[_Waiting]) -> None:
    """Resolve futures on their own loops: one wake-up per loop, not per unit."""
    by_loop: dict[asyncio.AbstractEventLoop, list[_Waiting]] = {}
    for waiting in group:
        by_loop.setdefault(waiting.loop, []).append(waiting)
    for loop, waiters in by_loop.items():
        with suppress(RuntimeError):  # the loop ended before its answer came: nobody is there to hear it
            loop.call_soon_threadsafe(_resolve, waiters)


def _resolve(waiters: list[_Waiting]) -> None:
    for waiting in waiters:
        if waiting.future.done():  # cancelled while the unit ran; the unit's outcome stands
            continue
        if waiting.error is not None:
            waiting.future.set_exception(waiting.error)
        else:
            waiting.future.set_result(waiting.result)


def _translated(error: sqlite3.Error, name: str) -> Exception:
    if isinstance(error, sqlite3.IntegrityError):
        return Refused(str(error))
    if isinstance(error, sqlite3.OperationalError):
        return Unavailable(f"{name}: {error}")
    return error
