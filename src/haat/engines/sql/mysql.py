"""MySQL 8 and MariaDB behind the Database port: a bounded number of threads, each with a connection of its own.

Units run on the driver's cursor, as on SQLite; one that meets a deadlock or waits too long for a lock is run again from
its start. The driver is PyMySQL; no other was tried. Why threads: docs/adr/0027-mysql-in-threads.md.

When a server is gone, or hangs for its time-out, several times in a row, callers hear so at once, until one who
looks after it every second finds it back (haat.engines.breaker).

A commit whose answer was lost is looked up: an event of the unit is in the outbox exactly if the unit was committed. A
unit without events whose commit was lost answers Unavailable, and its caller sends the same again.
"""

import random
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from sqlalchemy import URL, create_engine
from sqlalchemy.pool import NullPool

from haat.engines.breaker import Breaker
from haat.engines.sql.outgoing import kept_any, write_outgoing
from haat.engines.sql.ports import Refused, Tx, Unit
from haat.engines.sql.urls import Server
from haat.engines.sql.waiting import QUEUE_READS, QUEUE_UNITS, Line, answer
from haat.errors import Unavailable
from haat.vocabulary import Clock

T = TypeVar("T")
TRIES: Final = 24  # of a unit that others got in the way of; hot rows need some
CONNECT_S: Final = 1
TRY_S: Final = 10.0  # a unit that others got in the way of for so long is given up
LOCK_WAIT_S: Final = 1  # the shortest there is; a writing statement may take so much longer than one that reads
IDLE_S: Final = 30.0  # after it a connection is asked whether it lives before it is trusted with a unit
_LOOK_UP_S: Final = 10.0

_DEADLOCK, _LOCK_WAIT, _CHANGED = 1213, 1205, 1020
_AGAIN: Final = frozenset({_DEADLOCK, _LOCK_WAIT, _CHANGED})
_REFUSED: Final = frozenset({1048, 1062, 1451, 1452, 1644, 3819, 4025})  # NULL, keys, a trigger, CHECK of each server
_GONE: Final = frozenset({1040, 1053, 1129, 1152, 1158, 1159, 1160, 1161, 1184, 1203, 1226, 1317, 1927})


@dataclass(slots=True)
class _Session:
    """A connection, and when it last did something."""

    connection: Any
    id: int
    used_s: float = field(default_factory=time.monotonic)


class MySqlDatabase:
    """One database of a server. Open with `open()`, end with `close()`.

    The server's isolation is that of writing units; reads always see one snapshot.
    """

    def __init__(
        self,
        server: Server,
        clock: Clock,
        *,
        queue_units: int = QUEUE_UNITS,
    ) -> None:
        self.name = server.url.database or "mysql"
        self._engine = create_engine(server.url, poolclass=NullPool)
        self._driver: Any = self._engine.dialect.loaded_dbapi
        self._near = {"ssl_disabled": True} if _stays_here(server.url) else {}
        self._clock = clock
        self._isolation = server.isolation
        self._sizes = (server.writers, server.readers)
        self._timeout_s = server.timeout_ms / 1000
        self._breaker = Breaker(f"The database {self.name}", clock, probe=lambda: self._reads.ask(_look_in))
        self._open = False
        self._units = Line(self.name, queue_units)
        self._reads = Line(self.name, QUEUE_READS)
        self._threads: list[threading.Thread] = []
        self._wakes: list[Callable[[], None]] = []

    def open(self) -> None:
        """Start the threads; they connect when there is something to do. Opening twice is fine."""
        if self._open:
            return
        writers, readers = self._sizes
        work = [(self._write, "write")] * writers + [(self._read, "read")] * readers
        self._threads = [threading.Thread(target=do, name=f"{what}-{self.name}", daemon=True) for do, what in work]
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
        for line, threads in zip((self._units, self._reads), self._sizes, strict=True):
            line.end(threads)
        for thread in self._threads:
            thread.join()

    async def transact(self, unit: Unit[T]) -> T:
        """See Database.transact. Cost: one round trip for each statement and one for the commit."""
        self._breaker.enter()
        return await self._units.ask(unit)

    async def read(self, unit: Unit[T], *, brief: bool = False) -> T:  # noqa: ARG002  # a round trip is never brief
        """See Database.read."""
        self._breaker.enter()
        return await self._reads.ask(unit)

    async def ping(self) -> None:
        """See Database.ping. Raises: Unavailable also when the server may lose what it has committed."""
        await self.read(_look_in)

    def on_outgoing(self, wake: Callable[[], None]) -> None:
        """See Database.on_outgoing."""
        self._wakes.append(wake)

    # ---- threads

    def _read(self) -> None:
        first = "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"
        self._serve(self._reads, self._look, lambda: self._connected(self._timeout_s, first))

    def _write(self) -> None:
        first = f"SET SESSION TRANSACTION ISOLATION LEVEL {self._isolation}"
        self._serve(self._units, self._change, lambda: self._connected(self._timeout_s + LOCK_WAIT_S, first))

    def _serve(self, line: Line, do: "Callable[[_Thread, Unit[Any]], Any]", connect: "Callable[[], _Session]") -> None:
        thread = _Thread(connect)
        while (waiting := line.take()) is not None:
            try:
                waiting.result = do(thread, waiting.unit)
            except BaseException as error:  # whatever it is belongs to the caller, not to this thread
                waiting.error = error
            self._heard(waiting.error)
            answer([waiting])
        thread.close()

    def _heard(self, error: BaseException | None) -> None:
        """Tell the breaker whether the server was there. On this thread: who asked may have gone at its deadline."""
        cause = error and (error.__cause__ or error.__context__)
        if isinstance(cause, self._driver.Error) and self._lost(cause):
            self._breaker.failed()
        else:
            self._breaker.answered()

    def _connected(self, timeout_s: float, *first: str) -> _Session:
        """A connection that is fit for a shop. Raises: the driver's errors; Unavailable when the server is not fit."""
        arguments, options = self._engine.dialect.create_connect_args(self._engine.url)
        times = {"connect_timeout": CONNECT_S, "read_timeout": timeout_s, "write_timeout": timeout_s}
        connection = self._driver.connect(
            *arguments, **{"charset": "utf8mb4", **times, **self._near, **options, "conv": self._conversions()}
        )
        try:
            cursor = connection.cursor()
            for statement in (f"SET SESSION time_zone = '+00:00', innodb_lock_wait_timeout = {LOCK_WAIT_S}", *first):
                cursor.execute(statement)
            cursor.execute("SELECT CONNECTION_ID(), @@innodb_flush_log_at_trx_commit, @@sql_mode")
            number, flush, mode = cursor.fetchone()
            connection.rollback()
            self._check_fit(flush, mode)
        except BaseException:
            connection.close()
            raise
        return _Session(connection, number)

    def _check_fit(self, flush: int, mode: str) -> None:
        if flush != 1:
            raise Unavailable(f"{self.name} could lose commits: set innodb_flush_log_at_trx_commit to 1 (now {flush})")
        if "STRICT_TRANS_TABLES" not in mode and "STRICT_ALL_TABLES" not in mode:
            raise Unavailable(f"{self.name} could cut values: add STRICT_TRANS_TABLES to sql_mode")

    def _conversions(self) -> Mapping[Any, Any]:
        """The driver's own, but sums of integers come as integers and not as decimals."""
        from importlib import import_module

        package = self._driver.__name__
        known: dict[Any, Any] = dict(import_module(f"{package}.converters").conversions)
        for kind in (0, 246):  # DECIMAL, NEWDECIMAL
            known[kind] = _number
        return known

    # ---- units

    def _look(self, thread: "_Thread", unit: Unit[Any]) -> Any:
        began_s = time.monotonic()
        for attempt in range(1, TRIES + 1):
            try:
                session = thread.session()
                result = unit(Tx(session.connection.cursor(), "mysql", self._clock.now_ms()))
                session.connection.rollback()
            except self._driver.Error as error:
                thread.close()
                if not self._worth_another(thread, error, attempt, began_s):
                    raise self._translated(error) from error
            except BaseException:
                thread.ended(rollback=True)
                raise
            else:
                thread.ended()
                return result
        raise AssertionError

    def _change(self, thread: "_Thread", unit: Unit[Any]) -> Any:
        began_s = time.monotonic()
        for attempt in range(1, TRIES + 1):
            try:
                return self._once(thread, unit)
            except self._driver.Error as error:
                if not self._worth_another(thread, error, attempt, began_s):
                    raise self._translated(error) from error
        raise AssertionError

    def _worth_another(self, thread: "_Thread", error: Exception, attempt: int, began_s: float) -> bool:
        """Whether a unit of which nothing was kept is to be run again."""
        took_s = time.monotonic() - began_s
        if self._lost(error):
            thread.close()
            return attempt == 1 and took_s < self._timeout_s / 2  # no time-out: perhaps the connection had grown old
        if _code(error) not in _AGAIN or attempt == TRIES or took_s > TRY_S:
            return False
        time.sleep(random.random() * 0.004 * attempt)  # those who met must not meet again
        return True

    def _once(self, thread: "_Thread", unit: Unit[Any]) -> Any:
        """A unit from its start to its commit. Raises: the driver's errors when nothing of it was kept."""
        session = thread.session()
        tx = Tx(session.connection.cursor(), "mysql", self._clock.now_ms())
        try:
            result = unit(tx)
            write_outgoing(tx)
        except BaseException:
            thread.ended(rollback=True)
            raise
        if not tx.statements and tx.cursor.rowcount < 0:  # nothing was said, so a dead connection does not matter
            thread.ended()
            return result
        try:
            session.connection.commit()
        except self._driver.Error as error:
            if not self._lost(error):
                thread.ended(rollback=True)
                raise
            thread.close()
            if not self._was_committed(session.id, tx):
                raise Unavailable(f"{self.name} could not commit: {error}") from error
        thread.ended()
        if tx.outgoing:
            for wake in self._wakes:
                wake()
        return result

    def _was_committed(self, session_id: int, tx: Tx) -> bool:
        """Whether a unit whose COMMIT was not answered is in the database: its events tell.

        Raises: Unavailable when nobody can say.
        """
        if not tx.outgoing:
            raise Unavailable(f"{self.name} was lost while it committed; send the same again")
        until_s = time.monotonic() + _LOOK_UP_S
        while time.monotonic() < until_s:
            try:
                session = self._connected(self._timeout_s)
            except (self._driver.Error, Unavailable):
                time.sleep(0.1)
                continue
            try:
                cursor = session.connection.cursor()
                # The old connection may still be at its commit: not before it is gone is the answer final.
                cursor.execute("SELECT COUNT(*) FROM information_schema.processlist WHERE id = %s", (session_id,))
                if cursor.fetchone()[0] == 0:
                    return kept_any(Tx(cursor, "mysql", 0), tx.outgoing)
                with suppress(self._driver.Error):
                    cursor.execute(f"KILL {session_id:d}")
            except self._driver.Error:
                pass
            finally:
                with suppress(self._driver.Error):
                    session.connection.close()
            time.sleep(0.05)
        raise Unavailable(f"{self.name} was lost while it committed; send the same again")

    def _lost(self, error: Exception) -> bool:
        code = _code(error)
        return isinstance(error, self._driver.InterfaceError) or code in _GONE or 2000 <= code < 2100

    def _translated(self, error: Exception) -> Exception:
        code = _code(error)
        if code in _REFUSED:
            return Refused(str(error))
        if self._lost(error) or code in _AGAIN or isinstance(error, self._driver.OperationalError):
            return Unavailable(f"{self.name}: {error}")
        return error


class _Thread:
    """One thread's connection: made when it is needed, given up when it failed."""

    def __init__(self, connect: Callable[[], _Session]) -> None:
        self._connect = connect
        self._session: _Session | None = None

    def session(self) -> _Session:
        """The connection. Raises: the driver's errors, Unavailable."""
        if self._session is not None and time.monotonic() - self._session.used_s > IDLE_S:
            try:
                self._session.connection.ping(False)
            except Exception:  # any driver, any reason: a fresh one is what is needed
                self.close()
        if self._session is None:
            self._session = self._connect()
        return self._session

    def ended(self, *, rollback: bool = False) -> None:
        """A unit is over."""
        if self._session is None:
            return
        self._session.used_s = time.monotonic()
        if rollback:
            try:
                self._session.connection.rollback()
            except Exception:  # it is broken, so the server has rolled back, or will
                self.close()

    def close(self) -> None:
        """Give the connection up."""
        if self._session is not None:
            with suppress(Exception):
                self._session.connection.close()
            self._session = None


def _look_in(tx: Tx) -> None:
    tx.cursor.execute("SELECT 1")


def _stays_here(url: URL) -> bool:
    """Whether nothing leaves this machine: then TLS, which the driver begins with whoever offers it, protects nothing.

    It would cost 60 CPU-ms a connection, and as much as the rest of the driver's work for each statement.
    """
    if any(option.startswith("ssl") for option in url.query):
        return False
    return "unix_socket" in url.query or url.host in ("localhost", "::1") or (url.host or "").startswith("127.")


def _code(error: BaseException) -> int:
    return error.args[0] if error.args and isinstance(error.args[0], int) else 0


def _number(text: str | bytes) -> int | float:
    words = text.decode() if isinstance(text, bytes) else text
    return float(words) if "." in words else int(words)
