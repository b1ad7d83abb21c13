"""SQLAlchemy Core statements, compiled once per dialect and run straight on the driver's cursor.

Core gives one statement for all dialects; rebuilding or re-executing it through Core costs 2 to 20 times the raw
driver (see docs/adr/0003-core-and-transactional-units.md), so the text is kept and only values are bound per call.
SQLAlchemy's type processors are skipped: pass driver values (int, float, str, bytes, None).
"""

from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any, Final, cast

from sqlalchemy.dialects import mysql, sqlite
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ClauseElement

from haat.engines.sql.ports import Bind, Row, Tx

_DIALECTS: dict[str, Dialect] = {
    "sqlite": sqlite.dialect(paramstyle="qmark"),
    "mysql": mysql.dialect(paramstyle="format"),
}


_SHORT: Final = 64  # values in all lists together, up to which a written-out text is worth keeping
_MOST_RENDERED: Final = 64


class _Compiled:
    """Text and binding order of a statement in one dialect."""

    __slots__ = ("_defaults", "_lists", "_rendered", "_whole", "compiled", "constants", "expands", "names", "text")

    def __init__(self, core: ClauseElement, columns: Sequence[str], dialect: Dialect) -> None:
        compiled = core.compile(dialect=dialect, column_keys=list(columns) or None)
        assert isinstance(compiled, SQLCompiler)
        self.compiled = compiled
        self.expands = bool(compiled.post_compile_params or compiled.literal_execute_params)
        self.text = str(compiled)
        self.names: tuple[str, ...] = tuple(compiled.positiontup or ())
        self.constants: dict[str, Any] = {k: v for k, v in compiled.params.items() if v is not None}
        self._whole = itemgetter(*self.names) if len(self.names) > 1 else None
        # Values written into the text itself differ from call to call; lists differ by their length only.
        lists = tuple(sorted(compiled.bind_names[parameter] for parameter in compiled.post_compile_params))
        self._lists = () if compiled.literal_execute_params else lists
        self._defaults = dict(compiled.params)
        self._rendered: dict[tuple[int, ...], tuple[str, list[tuple[str, int]]]] = {}

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
        """Text and values with every list written out."""
        given = {**self._defaults, **row}
        lengths = tuple(len(given[name]) for name in self._lists)
        known = self._rendered.get(lengths) if lengths else None
        if known is None:
            state = self.compiled.construct_expanded_state(given)
            if 0 < sum(lengths) <= _SHORT and len(self._rendered) < _MOST_RENDERED:
                self._rendered[lengths] = (state.statement, self._places(given))
            return state.statement, list(state.positional_parameters)
        text, places = known
        return text, [given[name] if at < 0 else given[name][at] for name, at in places]

    def _places(self, given: Mapping[str, Any]) -> list[tuple[str, int]]:
        """Where each value of the written-out text comes from: a name, and the place in its list or -1."""
        marked: dict[str, object] = {
            name: [f"{at} {name}" for at in range(len(value))] if name in self._lists else f"-1 {name}"
            for name, value in given.items()
        }
        marks: Sequence[Any] = self.compiled.construct_expanded_state(marked).positional_parameters or ()
        return [(name, int(at)) for at, _, name in (mark.partition(" ") for mark in marks)]


class Statement:
    """A statement made once at import. `columns` names the bound columns of an INSERT or of UPDATE values.

    `IN` lists are `bindparam("ids", expanding=True)`; a text is rendered once per length of a short list (some 50 µs).
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

    def each(self, tx: Tx, rows: Sequence[Bind]) -> list[int]:
        """Run once per row; the rows changed by each. Counts as one statement; a round trip per row on a server, which
        `many` is there as well.
        """
        if not rows:
            return []
        compiled = self._for(tx)
        tx.statements += 1
        changed = []
        for row in rows:
            tx.cursor.execute(compiled.text, compiled.bind(row))
            changed.append(tx.cursor.rowcount)
        return changed

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
