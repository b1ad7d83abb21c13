"""The SQL port: a database that runs transactional units.

Promises (tests/contracts/database.py has a test of each name):
P1 a unit that returned is durable before its caller is answered
P2 a unit that raises leaves nothing behind, and its neighbours in the same group commit as if it had not been
P3 units see `now_ms` of the injected clock, taken afresh at each start
P4 two units never interleave on the same rows: the guarded UPDATE of one sees all of the other or nothing
P5 a full queue answers `Unavailable` at once instead of making the caller wait
P6 a read sees one consistent snapshot of committed units, and cannot write
P7 after close, and while the engine is gone, every call raises `Unavailable`
P8 a constraint that refuses a row raises `Refused` with nothing of the unit kept
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from haat.engines.outgoing import Outgoing
from haat.errors import Conflict

T = TypeVar("T")
Row = tuple[Any, ...]
"""One row as the driver gives it: ints, strings, bytes, floats and None."""


class Cursor(Protocol):
    """The part of a DB-API cursor that statements use."""

    @property
    def rowcount(self) -> int:
        """Rows the last statement changed."""

    def execute(self, text: str, parameters: Sequence[object] = ..., /) -> object:
        """Run once."""

    def executemany(self, text: str, parameters: Sequence[Sequence[object]], /) -> object:
        """Run once per parameter row."""

    def fetchall(self) -> list[Any]:
        """All rows of the last statement."""

    def fetchone(self) -> Any:
        """The next row, or None."""


@dataclass(slots=True)
class Tx:
    """What a unit gets: a cursor inside a transaction, the dialect's name, and the database's time."""

    cursor: Cursor
    dialect: str  # "sqlite" or "mysql"
    now_ms: int
    statements: int = 0  # executions so far, for the tests that count them
    outgoing: list[Outgoing] = field(default_factory=list)  # for the relay: the engine writes them at the unit's end


Unit = Callable[[Tx], T]


class Refused(Conflict):
    """A CHECK, UNIQUE or FOREIGN KEY refused the row: a bug above, or a race the caller must decide."""

    code, title = "constraint", "The database refused this"


class Database(Protocol):
    """A transactional database. Promises in the module's docstring."""

    async def transact(self, unit: Unit[T]) -> T:
        """Run a writing unit and answer what it returned, after its COMMIT returned.

        Raises: whatever the unit raised (nothing kept); Refused; Unavailable (queue full, closed, commit failed).
        Cost: one fsync shared by all units of its group.
        """

    async def read(self, unit: Unit[T], *, brief: bool = False) -> T:
        """Run a reading unit on one snapshot. Raises: Unavailable.

        `brief`: the unit looks up at most some hundred rows by key, so the engine may run it at once on this thread
        (docs/adr/0018-brief-reads-on-the-callers-thread.md).
        """

    async def ping(self) -> None:
        """Return if the engine answers. Raises: Unavailable."""

    def on_outgoing(self, wake: Callable[[], None]) -> None:
        """Call `wake` after each commit of this process that wrote outgoing rows.

        It is called on a thread of the engine, must return at once, and may be called once for many commits.
        """


Bind = Mapping[str, object]
