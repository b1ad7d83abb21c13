"""Breaks: what reconciliation found and could not, or could, make right; and what a person does about them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, Protocol

import msgspec

from haat.engines.sql import Database, Tx
from haat.errors import Conflict, NotFound

BreakState = Literal["open", "healed", "resolved"]

MISSING_LOCAL: Final = "MISSING_LOCAL"  # the gateway has a payment that we do not
MISSING_REMOTE: Final = "MISSING_REMOTE"  # we have a payment or refund of which the gateway knows nothing
AMOUNT: Final = "AMOUNT"
CURRENCY: Final = "CURRENCY"
STATE: Final = "STATE"
DUPLICATE_CAPTURE: Final = "DUPLICATE_CAPTURE"
ORPHAN_REFUND: Final = "ORPHAN_REFUND"  # the gateway sent money back that we never asked for
REFUND_AMOUNT: Final = "REFUND_AMOUNT"
REFUND_STUCK: Final = "REFUND_STUCK"
REFUND_REJECTED: Final = "REFUND_REJECTED"
UNKNOWN_STUCK: Final = "UNKNOWN_STUCK"
ORPHAN_HOLD: Final = "ORPHAN_HOLD"  # a hold that its order does not want (any more), or without an order
HOLD_MISSING: Final = "HOLD_MISSING"  # an order that is on, and whose units nobody keeps
STOCK_DRIFT: Final = "STOCK_DRIFT"  # counts, movements and holds do not tell the same
OVERSOLD: Final = "OVERSOLD"  # more is held than there is
ORDER_STUCK: Final = "ORDER_STUCK"
ORDER_MONEY: Final = "ORDER_MONEY"  # an order that is on and not paid, or off and not paid back
MISSING_EVENT: Final = "MISSING_EVENT"
WEBHOOK_UNHANDLED: Final = "WEBHOOK_UNHANDLED"
JOB_PARKED: Final = "JOB_PARKED"
OUTCOME_MISSING: Final = "OUTCOME_MISSING"
LEDGER: Final = "LEDGER"

AT_GATEWAY: Final = (
    MISSING_LOCAL, MISSING_REMOTE, AMOUNT, CURRENCY, STATE, DUPLICATE_CAPTURE, ORPHAN_REFUND, REFUND_AMOUNT
)  # fmt: skip
"""Kinds that concern one payment or refund, and are looked at again by asking about just that one."""
STANDING: Final = (REFUND_STUCK, REFUND_REJECTED, UNKNOWN_STUCK, ORDER_STUCK, WEBHOOK_UNHANDLED, JOB_PARKED)
"""Kinds of which each run sees all there are: what it does not see any more is right again."""
WHOLE: Final = (ORPHAN_HOLD, HOLD_MISSING, STOCK_DRIFT, ORDER_MONEY, MISSING_EVENT, OUTCOME_MISSING, LEDGER)
"""Kinds of which a whole run sees all there are. OVERSOLD is no such kind: only a person knows when that is over."""
FOR_PEOPLE: Final = frozenset({AMOUNT, CURRENCY, DUPLICATE_CAPTURE})
"""Healed by sending money back, and still told to a person, until that money has arrived."""

MOST_DETAIL_CHARS: Final = 2_000


Detail = Mapping[str, str | int | None]
"""What a person should see of it, in few words and numbers."""


class Finding(msgspec.Struct, frozen=True):
    """Something that is not as it must be. `refs` names it: the same thing found again has the same."""

    kind: str
    refs: str
    detail: Detail


class Break(msgspec.Struct, frozen=True, kw_only=True):
    """A finding at rest."""

    id: int
    kind: str
    refs: str
    state: BreakState
    detail: str  # JSON
    first_ms: int
    last_ms: int
    resolved_by: str
    resolution: str


class Breaks(Protocol):
    """Breaks at rest. One per (kind, refs) for ever."""

    def standing(self, tx: Tx, findings: Sequence[Finding]) -> set[tuple[str, str]]:
        """Which of these are known already, as open or resolved: (kind, refs). One statement."""

    def file(self, tx: Tx, findings: Sequence[tuple[Finding, bool]]) -> None:
        """Keep findings, each with whether it was healed. What was healed and is wrong again is open again; what a
        person resolved stays so. At most three statements for up to 500.
        """

    def unseen(self, tx: Tx, kinds: Sequence[str], before_ms: int) -> int:
        """Open breaks of these kinds that nobody saw since are healed; how many. One statement."""

    def healed(self, tx: Tx, ids: Sequence[int]) -> None:
        """These open breaks are seen to be right. One statement."""

    def listed(self, tx: Tx, state: str, after: tuple[int, int], most: int) -> Sequence[Break]:
        """Open ones first, then the newest first, behind (rank, id). `state`: only those, "" for all. One statement."""

    def open_of(self, tx: Tx, kinds: Sequence[str], after: int, most: int) -> Sequence[Break]:
        """Open breaks of these kinds by id. One statement."""

    def one(self, tx: Tx, break_id: int) -> Break | None:
        """One. One statement."""

    def resolve(self, tx: Tx, break_id: int, actor: str, reason: str) -> bool:
        """Open → resolved; False if it was not open. One statement."""

    def open_count(self, tx: Tx) -> int:
        """How many are open. One statement."""


class NoSuchBreak(NotFound):
    """There is no such break."""

    code, title = "no-such-break", "There is no such break"


class BreakOver(Conflict):
    """The break is healed or resolved already. Nothing was changed."""

    code, title = "break-over", "This break is over"


FIRST: Final = (-1, 0)
"""Before the first break of a list."""


def rank_of(one: Break) -> tuple[int, int]:
    """Where a break stands in the list: the cursor behind it."""
    return (0 if one.state == "open" else 1, -one.id)


@dataclass(frozen=True, slots=True)
class LookAtBreaks:
    """What an operator sees and decides."""

    database: Database
    breaks: Breaks

    async def listed(self, state: str, after: tuple[int, int], most: int) -> Sequence[Break]:
        """A page: open first, newest first. One statement."""
        return await self.database.read(lambda tx: self.breaks.listed(tx, state, after, most), brief=True)

    async def one(self, break_id: int) -> Break:
        """One break. Raises: NoSuchBreak."""
        found = await self.database.read(lambda tx: self.breaks.one(tx, break_id), brief=True)
        if found is None:
            raise NoSuchBreak
        return found

    async def resolve(self, break_id: int, actor: str, reason: str) -> Break:
        """A person says that it is dealt with, and why. Saying so again changes nothing.

        Raises: NoSuchBreak, BreakOver.
        """

        def resolve_break(tx: Tx) -> Break:
            before = self.breaks.one(tx, break_id)
            if before is None:
                raise NoSuchBreak
            if before.state == "resolved" and (before.resolved_by, before.resolution) == (actor, reason):
                return before
            if not self.breaks.resolve(tx, break_id, actor, reason):
                raise BreakOver(f"It is {before.state} already.", state=before.state)
            after = self.breaks.one(tx, break_id)
            assert after is not None
            return after

        return await self.database.transact(resolve_break)
