"""SQLite behind the Database port: one writer thread per file with group commit, a few reader threads.

WAL with `synchronous=FULL`: a commit is on disk before anyone is answered. Up to 256 waiting units share one COMMIT,
each inside its own SAVEPOINT, so a unit that raises rolls back alone. Measured against one commit per unit in
benchmarks/group_commit.py; the design is explained in docs/adr/0004-sqlite-group-commit.md.

Constraints are checked at once (never DEFERRABLE): a COMMIT that refuses would refuse the neighbours too.
"""

import queue
import sqlite3
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from haat.engines.sql.outgoing import write_outgoing
from haat.engines.sql.ports import Refused, Tx, Unit
from haat.engines.sql.waiting import QUEUE_READS, QUEUE_UNITS, Line, Waiting, answer
from haat.errors import Unavailable
from haat.vocabulary import Clock

T = TypeVar("T")

GROUP_UNITS = 256  # one COMMIT's worth; larger groups gain little and delay the first (docs/reference/figures.md)
READERS = 4
BUSY_TIMEOUT_MS = 5_000  # `haat verify` and migrations of another process may hold the file for a moment


def connect(path: Path, *, read_only: bool = False, busy_timeout_ms: int = BUSY_TIMEOUT_MS) -> sqlite3.Connection:
    """A connection with haat's settings; transactions are begun by hand.

    Raises: Unavailable when the file cannot be opened.
    """
    try:
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=512)
    except sqlite3.Error as error:
        raise Unavailable(f"{path.name} cannot be opened: {error}") from error
    try:
        connection.execute(f"PRAGMA busy_timeout={busy_timeout_ms}")
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute("PRAGMA temp_store=MEMORY")
        if read_only:
            connection.execute("PRAGMA query_only=ON")
        else:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=FULL")
    except sqlite3.Error as error:
        connection.close()
        raise Unavailable(f"{path.name} cannot be opened: {error}") from error
    return connection


class SqliteDatabase:
    """One SQLite file. Open with `open()`, end with `close()`; both may be called from the event loop's thread."""

    def __init__(
        self,
        path: Path,
        clock: Clock,
        *,
        group_units: int = GROUP_UNITS,
        queue_units: int = QUEUE_UNITS,
        busy_timeout_ms: int = BUSY_TIMEOUT_MS,
    ) -> None:
        self.path = path
        self._clock = clock
        self._group_units = group_units
        self._busy_timeout_ms = busy_timeout_ms
        self._open = False
        self._units = Line(path.name, queue_units)
        self._reads = Line(path.name, QUEUE_READS)
        self._threads: list[threading.Thread] = []
        self._local = threading.local()
        self._connections: list[sqlite3.Connection] = []
        self._wakes: list[Callable[[], None]] = []

    def open(self) -> None:
        """Create the file's folder if needed, open the writer and the readers. Opening twice is fine.

        Raises: Unavailable.
        """
        if self._open:
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._local = threading.local()
        writer = connect(self.path, busy_timeout_ms=self._busy_timeout_ms)
        self._connections = [writer]
        name = self.path.stem
        self._threads = [threading.Thread(target=self._write, args=(writer,), name=f"write-{name}", daemon=True)]
        self._threads += [threading.Thread(target=self._read, name=f"read-{name}", daemon=True) for _ in range(READERS)]
        self._open = True
        for line in (self._units, self._reads):
            line.open()
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """Finish what was already taken, then close. Calling it twice is fine."""
        if not self._open:
            return
        self._open = False
        self._units.end(1)
        self._reads.end(READERS)
        for thread in self._threads:
            thread.join()
        # Readers before the writer: the last connection to close empties the log file into the database.
        for connection in reversed(self._connections):
            connection.close()
        self._connections = []

    async def transact(self, unit: Unit[T]) -> T:
        """See Database.transact."""
        return await self._units.ask(unit)

    async def read(self, unit: Unit[T], *, brief: bool = False) -> T:
        """See Database.read."""
        if brief:
            return self.read_here(unit)
        return await self._reads.ask(unit)

    async def ping(self) -> None:
        """See Database.ping."""
        await self.read(lambda tx: tx.cursor.execute("SELECT 1 FROM sqlite_schema"))

    def on_outgoing(self, wake: Callable[[], None]) -> None:
        """See Database.on_outgoing."""
        self._wakes.append(wake)

    # ---- readers

    def read_here(self, unit: Unit[T]) -> T:
        """Run a reading unit on the calling thread: on the event loop's only what is brief.

        Raises: Unavailable.
        """
        if not self._open:
            raise Unavailable(f"{self.path.name} is closed")
        return self._look(unit)

    def _look(self, unit: Unit[T]) -> T:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = connect(self.path, read_only=True, busy_timeout_ms=self._busy_timeout_ms)
            self._local.connection = connection
            self._connections.append(connection)
        cursor = connection.cursor()
        try:
            cursor.execute("BEGIN")
            return unit(Tx(cursor, "sqlite", self._clock.now_ms()))
        except sqlite3.Error as error:
            raise _translated(error, self.path.name) from error
        finally:
            with suppress(sqlite3.Error):
                if connection.in_transaction:
                    cursor.execute("ROLLBACK")
                cursor.close()

    def _read(self) -> None:
        while (waiting := self._reads.take()) is not None:
            try:
                waiting.result = self._look(waiting.unit)
            except BaseException as error:  # whatever it is belongs to the caller, not to this thread
                waiting.error = error
            answer([waiting])

    # ---- the writer

    def _write(self, connection: sqlite3.Connection) -> None:
        while (waiting := self._units.take()) is not None:
            group = [waiting]
            try:
                while len(group) < self._group_units and (waiting := self._units.take(wait=False)) is not None:
                    group.append(waiting)
            except queue.Empty:
                pass
            self._commit(connection, group)
            if waiting is None:
                return

    def _commit(self, connection: sqlite3.Connection, group: list[Waiting]) -> None:
        cursor = connection.cursor()
        try:
            cursor.execute("BEGIN IMMEDIATE")
            for waiting in group:
                self._run(cursor, waiting)
            cursor.execute("COMMIT")
        except BaseException as error:  # disk full, locked, …: nothing of the group is kept, all are told
            with suppress(sqlite3.Error):
                if connection.in_transaction:
                    cursor.execute("ROLLBACK")
            for waiting in group:
                waiting.error = waiting.error or Unavailable(f"{self.path.name} could not commit: {error}")
        finally:
            cursor.close()
        answer(group)
        if any(waiting.outgoing and waiting.error is None for waiting in group):
            for wake in self._wakes:
                wake()

    def _run(self, cursor: sqlite3.Cursor, waiting: Waiting) -> None:
        cursor.execute("SAVEPOINT unit")
        tx = Tx(cursor, "sqlite", self._clock.now_ms())
        try:
            waiting.result = waiting.unit(tx)
            write_outgoing(tx)
        except BaseException as error:  # whatever it is belongs to the caller; its neighbours go on
            waiting.error = _translated(error, self.path.name) if isinstance(error, sqlite3.Error) else error
            cursor.execute("ROLLBACK TO unit")
        cursor.execute("RELEASE unit")
        waiting.outgoing = len(tx.outgoing)


def _translated(error: sqlite3.Error, name: str) -> Exception:
    if isinstance(error, sqlite3.IntegrityError):
        return Refused(str(error))
    if isinstance(error, sqlite3.OperationalError):
        return Unavailable(f"{name}: {error}")
    return error
