"""SQLAlchemy Core statements, compiled once per dialect and run straight on the driver's cursor.

Core gives one statement for all dialects; rebuilding or re-executing it through Core costs 2 to 20 times the raw
driver (see docs/adr/0003-core-and-transactional-units.md), so the text is kept and only values are bound per call.
SQLAlchemy's type processors are skipped: pass driver values (int, float, str, bytes, None).
"""

from collections.abc import Sequence
from operator import itemgetter
from typing import Any, cast

from sqlalchemy.dialects import mysql, sqlite
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ClauseElement

from haat.engines.sql.ports import Bind, Row, Tx

_DIALECTS: dict[str, Dialect] = {
    "sqlite": sqlite.dialect(paramstyle="qmark"),
    "mysql": mysql.dialect(paramstyle="format"),
}


class _Compiled:
    """Text and binding order of a statement in one dialect."""

    __slots__ = ("_whole", "compiled", "constants", "expands", "names", "text")

    def __init__(self, core: ClauseElement, columns: Sequence[str], dialect: Dialect) -> None:
        compiled = core.compile(dialect=dialect, column_keys=list(columns) or None)
        assert isinstance(compiled, SQLCompiler)
        self.compiled = compiled
        self.expands = bool(compiled.post_compile_params or compiled.literal_execute_params)
        self.text = str(compiled)
        self.names: tuple[str, ...] = tuple(compiled.positiontup or ())
        self.constants: dict[str, Any] = {k: v for k, v in compiled.params.items() if v is not None}
        self._whole = itemgetter(*self.names) if len(self.names) > 1 else None

    def bind(self, row: Bind) -> Sequence[object]:
        """The row's values in the statement's order; what it leaves out is a constant of the statement, or NULL."""
        if self._whole is not None:
            try:
                return cast(Sequence[object], self._whole(row))  # a tuple, since there are several names
            except KeyError:
                pass
        constants = self.constants
        return [row[name] if name in row else constants.get(name) for name in self.names]

    def expanded(self, row: Bind) -> tuple[str, Sequence[object]]:
        state = self.compiled.construct_expanded_state({**self.constants, **row})
        return state.statement, list(state.positional_parameters)


class Statement:
    """A statement made once at import. `columns` names the bound columns of an INSERT or of UPDATE values.

    `IN` lists are `bindparam("ids", expanding=True)` and are rendered per call (some 50 µs).
    """

    __slots__ = ("_by_dialect", "_columns", "_core")

    def __init__(self, core: ClauseElement, *columns: str) -> None:
        self._core = core
        self._columns = columns
        self._by_dialect: dict[str, _Compiled] = {}

    def _for(self, tx: Tx) -> _Compiled:
        compiled = self._by_dialect.get(tx.dialect)
        if compiled is None:
            compiled = self._by_dialect[tx.dialect] = _Compiled(self._core, self._columns, _DIALECTS[tx.dialect])
        return compiled

    def _run(self, tx: Tx, row: Bind) -> None:
        compiled = self._for(tx)
        tx.statements += 1
        if compiled.expands:
            tx.cursor.execute(*compiled.expanded(row))
        else:
            tx.cursor.execute(compiled.text, compiled.bind(row))

    def one(self, tx: Tx, row: Bind | None = None) -> int:
        """Run once; the number of rows it changed."""
        self._run(tx, row or {})
        return tx.cursor.rowcount

    def many(self, tx: Tx, rows: Sequence[Bind]) -> int:
        """Run once per row in one call; the sum of rows changed. No rows, no call."""
        if not rows:
            return 0
        compiled = self._for(tx)
        tx.statements += 1
        tx.cursor.executemany(compiled.text, [compiled.bind(row) for row in rows])
        return tx.cursor.rowcount

    def all(self, tx: Tx, row: Bind | None = None) -> list[Row]:
        """All rows of a SELECT."""
        self._run(tx, row or {})
        return tx.cursor.fetchall()

    def first(self, tx: Tx, row: Bind | None = None) -> Row | None:
        """The first row of a SELECT, or None."""
        self._run(tx, row or {})
        found: Row | None = tx.cursor.fetchone()
        return found

    def text(self, dialect: str) -> str:
        """The SQL it runs on a dialect, for explanations and tests."""
        return _Compiled(self._core, self._columns, _DIALECTS[dialect]).text
