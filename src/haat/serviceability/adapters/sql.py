"""The network's rows in SQL.

Every writing unit updates the one row of `network` first: writers stand in a line, so generations and ordinals have no
gaps and a reader that has seen generation g has seen every row up to it.
"""

import datetime
from collections.abc import Mapping, Sequence
from typing import Any, Final, Generic

import msgspec
from sqlalchemy import BindParameter, Table, bindparam, func, insert, select, tuple_, update

from haat.engines.sql import Database, Statement, Tx
from haat.engines.sql.ports import Refused
from haat.errors import NotFound, Stale
from haat.events.outbox import Outbox
from haat.serviceability.adapters.tables import HOLIDAY_RULE, HUB, LANE, MATRIX, NETWORK, PIN_RULE, WAREHOUSE
from haat.serviceability.messages import MATRIX_KEY, LaneChanged
from haat.serviceability.model import AlreadyThere, HolidayRule, Hub, Lane, PinRule, Warehouse
from haat.serviceability.ports import Changes, MatrixRow, Row

_BUMP: Final = Statement(update(NETWORK).where(NETWORK.c.id == 1).values(generation=NETWORK.c.generation + 1))
_STATE: Final = Statement(select(NETWORK.c.generation, NETWORK.c.matrix).where(NETWORK.c.id == 1))
_USE: Final = Statement(update(NETWORK).where(NETWORK.c.id == 1), "matrix")
_MATRIX_FIELDS: Final = tuple(field.name for field in msgspec.structs.fields(MatrixRow))
_ADD_MATRIX: Final = Statement(insert(MATRIX), *_MATRIX_FIELDS)
_MATRIX: Final = Statement(
    select(*(MATRIX.c[name] for name in _MATRIX_FIELDS)).where(MATRIX.c.generation == bindparam("by_generation"))
)
_BUILDS: Final = Statement(
    select(*(MATRIX.c[name] for name in _MATRIX_FIELDS)).order_by(MATRIX.c.generation.desc()).limit(bindparam("most"))
)
_BY_CODE: Final = Statement(
    select(*(WAREHOUSE.c[field.name] for field in msgspec.structs.fields(Warehouse))).where(
        WAREHOUSE.c.code == bindparam("by_code")
    )
)


class _Kind(Generic[Row]):
    """How one kind of row is read and written: all its statements, made once."""

    def __init__(self, shape: type[Row], table: Table, *key: str) -> None:
        self.shape: type[Row] = shape
        self.key = key
        self.names = tuple(field.name for field in msgspec.structs.fields(shape))
        self.numbered = "ordinal" in self.names
        columns = [table.c[name] for name in self.names]
        here = [table.c[name] == bindparam(f"by_{name}") for name in key]
        keys = [table.c[name] for name in key]
        kept = [name for name in self.names if name not in key and name != "ordinal"]
        at: BindParameter[int] = bindparam("by_version")
        self.add = Statement(insert(table), *self.names, "generation")
        self.replace = Statement(update(table).where(*here, table.c.version == at), *kept, "generation")
        self.one = Statement(select(*columns).where(*here))
        self.count = Statement(select(func.count()).select_from(table))
        order = [table.c.ordinal] if self.numbered else keys
        self.since = Statement(select(*columns).where(table.c.generation > bindparam("since")).order_by(*order))
        behind: list[BindParameter[str]] = [bindparam(f"by_{name}") for name in key]
        self.page = Statement(
            select(*columns).where(tuple_(*keys) > tuple_(*behind)).order_by(*keys).limit(bindparam("most"))
        )

    def at(self, key: Sequence[str]) -> dict[str, object]:
        """Bound values that name a row."""
        return {f"by_{name}": value for name, value in zip(self.key, key, strict=True)}

    def read(self, row: Sequence[Any]) -> Row:
        """A row of the driver as its Struct."""
        values = dict(zip(self.names, row, strict=True))
        if values.get("refuses") is not None:
            values["refuses"] = tuple(name for name in values["refuses"].split(",") if name)
        found: Row = msgspec.convert(values, self.shape, strict=False)
        return found

    def write(self, row: Row) -> dict[str, object]:
        """A Struct as the driver's values."""
        return {name: _driver(getattr(row, name)) for name in self.names}


def _driver(value: object) -> object:
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, datetime.date):
        return value.isoformat()
    return ",".join(value) if isinstance(value, tuple) else value


_HUBS: Final = _Kind(Hub, HUB, "code")
_WAREHOUSES: Final = _Kind(Warehouse, WAREHOUSE, "id")
_LANES: Final = _Kind(Lane, LANE, "origin", "hub")
_RULES: Final = _Kind(PinRule, PIN_RULE, "pincode")
_HOLIDAYS: Final = _Kind(HolidayRule, HOLIDAY_RULE, "region", "day")
_KINDS: Final[Mapping[type, _Kind[Any]]] = {
    kind.shape: kind for kind in (_HUBS, _WAREHOUSES, _LANES, _RULES, _HOLIDAYS)
}


class SqlNetworkStore:
    """NetworkStore on one SQL database."""

    def __init__(self, database: Database, outbox: Outbox) -> None:
        self._database = database
        self._outbox = outbox

    async def state(self) -> tuple[int, int]:
        """See NetworkStore."""
        return await self._database.read(_state)

    async def changes(self, since: int) -> Changes:
        """See NetworkStore. Seven statements."""

        def unit(tx: Tx) -> Changes:
            generation, matrix = _state(tx)
            after = {"since": since}
            return Changes(
                since=since,
                generation=generation,
                matrix=_matrix(tx, matrix),
                hubs=[_HUBS.read(row) for row in _HUBS.since.all(tx, after)],
                warehouses=[_WAREHOUSES.read(row) for row in _WAREHOUSES.since.all(tx, after)],
                lanes=[_LANES.read(row) for row in _LANES.since.all(tx, after)],
                rules=[_RULES.read(row) for row in _RULES.since.all(tx, after)],
                holidays=[_HOLIDAYS.read(row) for row in _HOLIDAYS.since.all(tx, after)],
            )

        return await self._database.read(unit)

    async def save(self, row: Row, expects: int) -> Row:
        """See NetworkStore. At most five statements."""
        kind: _Kind[Row] = _KINDS[type(row)]

        def unit(tx: Tx) -> Row:
            generation = self._next(tx)
            values = {**kind.write(row), "version": expects + 1, "generation": generation}
            if expects == 0:
                if kind.numbered:
                    (values["ordinal"],) = kind.count.first(tx) or (0,)
                kind.add.one(tx, values)
            elif kind.replace.one(tx, {**values, **kind.at(_key(kind, values)), "by_version": expects}) != 1:
                raise self._refusal(tx, kind, values)
            return kind.read([values[name] for name in kind.names])

        try:
            return await self._database.transact(unit)
        except Refused as error:
            names = " and ".join(kind.key)
            raise AlreadyThere(f"Another one has this {names}, or a code that must be its own.") from error

    async def add_hubs(self, hubs: Sequence[Hub]) -> int:
        """See NetworkStore. Five statements, whatever the number of hubs."""

        def unit(tx: Tx) -> int:
            known = {row[at] for row in _HUBS.since.all(tx, {"since": -1})}
            new = [hub for hub in hubs if hub.code not in known]
            if not new:
                return 0
            generation = self._next(tx)
            _HUBS.add.many(
                tx,
                [
                    {**_HUBS.write(hub), "ordinal": len(known) + i, "version": 1, "generation": generation}
                    for i, hub in enumerate(new)
                ],
            )
            return len(new)

        at = _HUBS.names.index("code")
        return await self._database.transact(unit)

    async def find(self, shape: type[Row], *key: str) -> Row | None:
        """See NetworkStore."""
        kind: _Kind[Row] = _KINDS[shape]
        row = await self._database.read(lambda tx: kind.one.first(tx, kind.at(key)))
        return kind.read(row) if row else None

    async def warehouse_by_code(self, code: str) -> Warehouse | None:
        """See NetworkStore."""
        row = await self._database.read(lambda tx: _BY_CODE.first(tx, {"by_code": code}))
        return _WAREHOUSES.read(row) if row else None

    async def page(self, shape: type[Row], after: Sequence[str], limit: int) -> Sequence[Row]:
        """See NetworkStore."""
        kind: _Kind[Row] = _KINDS[shape]
        behind = {**kind.at(after or [""] * len(kind.key)), "most": limit}
        return [kind.read(row) for row in await self._database.read(lambda tx: kind.page.all(tx, behind))]

    async def add_matrix(self, matrix: MatrixRow) -> int | None:
        """See NetworkStore."""

        def unit(tx: Tx) -> int | None:
            generation = self._next(tx)
            used = _matrix(tx, _state(tx)[1])
            if used is not None and (used.made_from > matrix.made_from or used.hubs > matrix.hubs):
                raise _LaterMatrixError
            values = {**msgspec.structs.asdict(matrix), "generation": generation, "built_ms": tx.now_ms}
            _ADD_MATRIX.one(tx, values)
            _USE.one(tx, {"matrix": generation})
            return generation

        try:
            return await self._database.transact(unit)
        except _LaterMatrixError:
            return None

    async def builds(self, most: int) -> Sequence[MatrixRow]:
        """See NetworkStore."""
        rows = await self._database.read(lambda tx: _BUILDS.all(tx, {"most": most}))
        return [_matrix_row(row) for row in rows]

    def _next(self, tx: Tx) -> int:
        """Raise the generation and publish it: both are kept, or neither."""
        _BUMP.one(tx)
        generation, _ = _state(tx)
        self._outbox.add(tx, [(MATRIX_KEY, LaneChanged(generation))])
        return generation

    @staticmethod
    def _refusal(tx: Tx, kind: _Kind[Any], values: Mapping[str, object]) -> Exception:
        row = kind.one.first(tx, kind.at(_key(kind, values)))
        if row is None:
            return NotFound("There is nothing to change under this key.")
        version = kind.read(row).version
        return Stale(f"It is at version {version} now. Read it again, then change it.", version=version)


class _LaterMatrixError(Exception):
    """Rolls a build back that was overtaken."""


def _key(kind: _Kind[Any], values: Mapping[str, object]) -> list[str]:
    return [str(values[name]) for name in kind.key]


def _state(tx: Tx) -> tuple[int, int]:
    row = _STATE.first(tx)
    assert row is not None, "the first migration wrote it"
    return row[0], row[1]


def _matrix(tx: Tx, generation: int) -> MatrixRow | None:
    row = _MATRIX.first(tx, {"by_generation": generation}) if generation else None
    return _matrix_row(row) if row else None


def _matrix_row(row: Sequence[Any]) -> MatrixRow:
    return MatrixRow(**dict(zip(_MATRIX_FIELDS, row, strict=True)))
