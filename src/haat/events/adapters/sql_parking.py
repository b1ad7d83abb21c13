"""Parked events in a SQL table (events.db, or the orders database where the log is not SQL)."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Final, Literal

from sqlalchemy import bindparam, func, insert, or_, select, update

from haat.engines.sql import Statement, Tx
from haat.engines.sql.ports import Database, Refused
from haat.errors import NotFound
from haat.events.adapters.tables import PARKED
from haat.events.parking import Parked, ParkedState
from haat.events.ports import Record

_SAME: Final = Statement(
    select(PARKED.c.seq).where(
        PARKED.c.consumer == bindparam("who"),
        PARKED.c.topic == bindparam("what"),
        PARKED.c.partition == bindparam("part"),
        PARKED.c.position == bindparam("at"),
    )
)
_PARK: Final = Statement(insert(PARKED), *(column.name for column in PARKED.c if column.name != "seq"))
_PAGE: Final = Statement(
    select(PARKED)
    .where(
        PARKED.c.state == bindparam("wanted"),
        PARKED.c.seq > bindparam("after"),
        or_(bindparam("who") == "", PARKED.c.consumer == bindparam("who")),
    )
    .order_by(PARKED.c.seq)
    .limit(bindparam("most"))
)
_ONE: Final = Statement(select(PARKED).where(PARKED.c.seq == bindparam("row")))
_COUNT: Final = Statement(
    select(PARKED.c.consumer, func.count()).where(PARKED.c.state == "waiting").group_by(PARKED.c.consumer)
)
_FAILED: Final = Statement(
    update(PARKED)
    .where(PARKED.c.seq == bindparam("row"), PARKED.c.state == "waiting")
    .values(
        code=bindparam("new_code"),
        reason=bindparam("new_reason"),
        tries=PARKED.c.tries + bindparam("more"),
        changed_ms=bindparam("now_ms"),
    )
)
_END: Final = Statement(
    update(PARKED)
    .where(PARKED.c.seq == bindparam("row"), PARKED.c.state == "waiting")
    .values(state=bindparam("ended"), changed_ms=bindparam("now_ms"))
)


class SqlParking:
    """Parked events in one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def park(self, consumer: str, record: Record, *, code: str, reason: str, tries: int) -> None:
        """See Parking."""

        def unit(tx: Tx) -> None:
            place = {"who": consumer, "what": record.topic, "part": record.partition, "at": record.position}
            if _SAME.first(tx, place) is None:
                row = record._asdict() | {"consumer": consumer, "code": code, "reason": reason, "tries": tries}
                _PARK.one(tx, row | {"state": "waiting", "parked_ms": tx.now_ms, "changed_ms": tx.now_ms})

        with suppress(Refused):  # another member of the group has parked it at this moment
            await self._database.transact(unit)

    async def page(
        self, *, state: ParkedState = "waiting", consumer: str | None = None, after: int = 0, limit: int = 100
    ) -> list[Parked]:
        """See Parking."""
        wanted = {"wanted": state, "after": after, "who": consumer or "", "most": limit}
        return await self._database.read(lambda tx: [Parked(*row) for row in _PAGE.all(tx, wanted)])

    async def one(self, seq: int) -> Parked:
        """See Parking."""
        row = await self._database.read(lambda tx: _ONE.first(tx, {"row": seq}))
        if row is None:
            raise NotFound(f"No event is parked under {seq}.")
        return Parked(*row)

    async def count(self) -> Mapping[str, int]:
        """See Parking."""
        return dict(await self._database.read(_COUNT.all))

    async def failed(self, seq: int, *, code: str, reason: str, tries: int) -> None:
        """See Parking."""
        row = {"row": seq, "new_code": code, "new_reason": reason, "more": tries}
        await self._database.transact(lambda tx: _FAILED.one(tx, row | {"now_ms": tx.now_ms}))

    async def end(self, seq: int, state: Literal["replayed", "discarded"]) -> bool:
        """See Parking."""
        row = {"row": seq, "ended": state}
        return await self._database.transact(lambda tx: _END.one(tx, row | {"now_ms": tx.now_ms})) == 1
