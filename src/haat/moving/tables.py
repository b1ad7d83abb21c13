"""A table of a SQL database as a part: rows by primary key, in the order of bytes by which our databases compare."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, LargeBinary, Table, and_, bindparam, delete, func, insert, or_, select, tuple_

from haat.engines.sql import Database, Statement, Tx
from haat.moving.parts import PAGE_ROWS, Pages, Values, bytes_of, text_of


class TablePart:
    """One table, whatever its columns are.

    `prepared`: an empty shop has rows in it already, made by migrations or by `haat migrate`; they give way. `only`
    says which rows belong to the shop; `own`, which of them nobody but the shop itself can have made.
    """

    def __init__(
        self,
        line: str,
        database: Database,
        table: Table,
        *,
        prepared: bool = False,
        only: ColumnElement[bool] | None = None,
        own: ColumnElement[bool] | None = None,
        page_rows: int = PAGE_ROWS,
    ) -> None:
        self.name = f"{line}.{table.name}"
        self.columns: Sequence[str] = [str(column.name) for column in table.columns]
        self._database = database
        self._prepared = prepared
        self._page_rows = page_rows
        self._bytes = [n for n, column in enumerate(table.columns) if isinstance(column.type, LargeBinary)]
        keys = list(table.primary_key.columns)
        self._keys = [self.columns.index(key.name) for key in keys]
        rows = select(*table.columns).order_by(*keys).limit(page_rows)
        rows = rows if only is None else rows.where(only)
        self._first = Statement(rows)
        self._next = {
            "sqlite": Statement(
                rows.where(tuple_(*keys) > tuple_(*(bindparam(f"after_{n}") for n in range(len(keys)))))
            ),
            "mysql": Statement(rows.where(_behind(keys))),
        }
        counted = [condition for condition in (only, own) if condition is not None]
        self._count = Statement(select(func.count()).select_from(table).where(*counted))
        self._clear = Statement(delete(table))
        self._insert = Statement(insert(table), *self.columns)

    async def rows(self) -> Pages:
        """See Part."""
        async for page in self.read():
            yield [self.said(row) for row in page]

    async def bring(self, pages: Pages) -> None:
        """See Part. One commit for each page."""
        if self._prepared:
            await self._database.transact(self._clear.one)
        async for page in pages:
            rows = [dict(zip(self.columns, self.stored(values), strict=True)) for values in page]
            await self._database.transact(lambda tx: self._insert.many(tx, rows))  # noqa: B023 -- awaited here

    async def count(self) -> int:
        """See Part."""
        row = await self._database.read(self._count.first)
        return int(row[0]) if row else 0

    async def read(self) -> AsyncIterator[Sequence[Values]]:
        """Rows as the driver gives them. A page is one range of the primary key. Raises: Unavailable."""
        after: Values | None = None
        while page := await self._page(after):
            yield page
            if len(page) < self._page_rows:
                return
            after = page[-1]

    async def _page(self, after: Values | None) -> Sequence[Values]:
        if after is None:
            return await self._database.read(self._first.all)
        bound = {f"after_{n}": after[key] for n, key in enumerate(self._keys)}
        return await self._database.read(lambda tx: self._following(tx, bound))

    def _following(self, tx: Tx, bound: dict[str, Any]) -> Sequence[Values]:
        return self._next[tx.dialect].all(tx, bound)

    def said(self, row: Values) -> list[Any]:
        """A row as JSON values."""
        values = list(row)
        for n in self._bytes:
            if values[n] is not None:
                values[n] = text_of(values[n])
        return values

    def stored(self, values: Values) -> list[Any]:
        """The row that those values were said of."""
        row = list(values)
        for n in self._bytes:
            if row[n] is not None:
                row[n] = bytes_of(row[n])
        return row


def _behind(keys: Sequence[Any]) -> ColumnElement[bool]:
    """`(a, b) > (x, y)` as a server finds it by its index. Source: MySQL manual, "Range Optimization of Row Constructor
    Expressions": only equality of rows is.
    """
    after: list[Any] = [bindparam(f"after_{n}") for n in range(len(keys))]
    return or_(
        *(and_(*(keys[before] == after[before] for before in range(n)), keys[n] > after[n]) for n in range(len(keys)))
    )
