"""A migrated orders database, payments on it, and what its rows say."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from haat.engines.sql import Database, Tx
from haat.engines.system import SeededIds
from haat.events.envelope import decode
from haat.events.outbox import Outbox
from haat.payments.adapters.sql import SqlPayments
from haat.shop import LINES
from tests.conftest import ManualClock
from tests.sql import SQL, ask

ONLINE = {"upi": "fakepay", "card": "fakepay", "netbanking": "fakepay"}


class Rig:
    """The database with helpers that look into it."""

    def __init__(self, database: Database, clock: ManualClock, ids: SeededIds) -> None:
        self.database, self.clock, self.ids = database, clock, ids
        self.book = SqlPayments(database, Outbox("haat/payments", ids), ids, ONLINE)

    async def rows(self, query: str, *values: object) -> list[dict[str, Any]]:
        def look(tx: Tx) -> list[dict[str, Any]]:
            rows = ask(tx, query, values)
            names = [column[0] for column in tx.cursor.description]  # type: ignore[attr-defined]  # every driver's
            return [dict(zip(names, row, strict=True)) for row in rows]

        return await self.database.read(look)

    async def balances(self) -> Mapping[str, int]:
        found = await self.rows("SELECT account, SUM(amount_minor) AS sum FROM ledger GROUP BY account")
        return {row["account"]: row["sum"] for row in found if row["sum"]}

    async def events(self) -> list[str]:
        found = await self.rows("SELECT value FROM outbox ORDER BY seq")
        return [decode(row["value"]).type for row in found]

    async def balanced(self) -> None:
        """What holds at every moment, whatever happened."""
        assert await self.rows("SELECT entry FROM ledger GROUP BY entry, currency HAVING SUM(amount_minor) <> 0") == []
        over = "SELECT id FROM payment WHERE refunded_minor > captured_minor"
        assert await self.rows(over) == []
        drift = (
            "SELECT p.id FROM payment p LEFT JOIN refund r ON r.payment_id = p.id GROUP BY p.id, p.refunded_minor "
            "HAVING p.refunded_minor <> COALESCE(SUM(r.amount_minor), 0)"
        )
        assert await self.rows(drift) == []
        outcomes = (
            "SELECT p.id FROM payment p LEFT JOIN payment_outcome o ON o.payment_id = p.id "
            "WHERE (p.state = 'SUCCEEDED') <> (o.payment_id IS NOT NULL) OR p.outcome <> o.outcome"
        )
        assert await self.rows(outcomes) == []
        captured = (
            "SELECT p.id FROM payment p LEFT JOIN ledger l ON l.payment_id = p.id AND l.entry LIKE p.id || ':capture%' "
            "AND l.amount_minor > 0 GROUP BY p.id, p.captured_minor "
            "HAVING p.captured_minor <> COALESCE(SUM(l.amount_minor), 0)"
        )
        assert await self.rows(captured) == []
        twice = (
            "SELECT applied_order FROM payment WHERE state = 'SUCCEEDED' AND refunded_minor < captured_minor "
            "AND outcome IN ('APPLIED', 'NEW_ORDER') GROUP BY applied_order HAVING COUNT(*) > 1"
        )
        assert await self.rows(twice) == []


@asynccontextmanager
async def opened(folder: Path, clock: ManualClock, ids: SeededIds) -> AsyncIterator[Rig]:
    database = SQL.database(LINES["orders"], folder / "orders.db", clock)
    database.open()
    try:
        yield Rig(database, clock, ids)
    finally:
        database.close()
