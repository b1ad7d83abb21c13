"""Breaks and the progress of regular runs, in SQL."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import and_, bindparam, case, func, insert, literal_column, or_, select, update

from haat.engines.sql import Row, Statement, Tx
from haat.payments.adapters.tables import BREAK, SPAN
from haat.payments.breaks import MOST_DETAIL_CHARS, Break, BreakState, Finding
from haat.payments.spans import Slot

_OPEN = BREAK.c.state == literal_column("'open'")
_THESE: Final = Statement(
    select(BREAK.c.kind, BREAK.c.refs, BREAK.c.state).where(BREAK.c.refs.in_(bindparam("refs", expanding=True)))
)
_TOUCH: Final = Statement(
    update(BREAK)
    .where(BREAK.c.kind == bindparam("by_kind"), BREAK.c.refs == bindparam("by_refs"))
    .values(state=bindparam("new_state"), detail=bindparam("new_detail"), last_ms=bindparam("now_ms"))
)
_ADD: Final = Statement(
    insert(BREAK), "kind", "refs", "state", "detail", "first_ms", "last_ms", "resolved_by", "resolution"
)
_UNSEEN: Final = Statement(
    update(BREAK)
    .where(_OPEN, BREAK.c.kind.in_(bindparam("kinds", expanding=True)), BREAK.c.last_ms < bindparam("before_ms"))
    .values(state="healed")
)
_HEALED: Final = Statement(
    update(BREAK)
    .where(_OPEN, BREAK.c.id.in_(bindparam("ids", expanding=True)))
    .values(state="healed", last_ms=bindparam("now_ms"))
)
_RANK: Any = case((_OPEN, literal_column("0")), else_=literal_column("1"))
_AT: Any = bindparam("rank")
_BEHIND = or_(_RANK > _AT, and_(_RANK == _AT, -BREAK.c.id > bindparam("place")))
_LIST: Final = Statement(select(BREAK).where(_BEHIND).order_by(_RANK, BREAK.c.id.desc()).limit(bindparam("most")))
_LIST_STATE: Final = Statement(
    select(BREAK)
    .where(_BEHIND, BREAK.c.state == bindparam("by_state"))
    .order_by(_RANK, BREAK.c.id.desc())
    .limit(bindparam("most"))
)
_OPEN_OF: Final = Statement(
    select(BREAK)
    .where(_OPEN, BREAK.c.id > bindparam("after"), BREAK.c.kind.in_(bindparam("kinds", expanding=True)))
    .order_by(BREAK.c.id)
    .limit(bindparam("most"))
)
_ONE: Final = Statement(select(BREAK).where(BREAK.c.id == bindparam("by_id")))
_RESOLVE: Final = Statement(
    update(BREAK)
    .where(BREAK.c.id == bindparam("by_id"), _OPEN)
    .values(state="resolved", resolved_by=bindparam("actor"), resolution=bindparam("reason"))
)
_COUNT: Final = Statement(select(func.count()).select_from(BREAK).where(_OPEN))

_SPAN_COLUMNS = (SPAN.c.span, SPAN.c.from_ms, SPAN.c.to_ms, SPAN.c.at_ms, SPAN.c.due_ms, SPAN.c.busy_ms, SPAN.c.turn)
_SLOT: Final = Statement(select(*_SPAN_COLUMNS).where(SPAN.c.span == bindparam("by_span")).with_for_update())
_ADD_SLOT: Final = Statement(insert(SPAN), "span", "from_ms", "to_ms", "at_ms", "due_ms", "busy_ms", "turn", "last")
_MINE = (SPAN.c.span == bindparam("by_span"), SPAN.c.turn == bindparam("by_turn"))
_TAKE: Final = Statement(
    update(SPAN)
    .where(*_MINE)
    .values(
        from_ms=bindparam("new_from"),
        to_ms=bindparam("new_to"),
        at_ms=bindparam("new_at"),
        busy_ms=bindparam("until_ms"),
        turn=SPAN.c.turn + 1,
    )
)
_ON: Final = Statement(update(SPAN).where(*_MINE).values(at_ms=bindparam("new_at"), busy_ms=bindparam("until_ms")))
_DONE: Final = Statement(
    update(SPAN)
    .where(*_MINE)
    .values(at_ms=SPAN.c.to_ms, busy_ms=literal_column("0"), due_ms=bindparam("next_ms"), last=bindparam("report"))
)


class SqlBreaks:
    """haat.payments.breaks.Breaks and haat.payments.spans.Slots on the orders database."""

    __slots__ = ()

    def standing(self, tx: Tx, findings: Sequence[Finding]) -> set[tuple[str, str]]:
        """See Breaks."""
        there = _there(tx, findings)
        wanted = {(finding.kind, finding.refs) for finding in findings}
        return {key for key, state in there.items() if key in wanted and state != "healed"}

    def file(self, tx: Tx, findings: Sequence[tuple[Finding, bool]]) -> None:
        """See Breaks."""
        latest = {(finding.kind, finding.refs): (finding, healed) for finding, healed in findings}
        there = _there(tx, [finding for finding, _ in latest.values()])
        new: list[dict[str, object]] = []
        old: list[dict[str, object]] = []
        for key, (finding, healed) in latest.items():
            before = there.get(key)
            state: BreakState = "healed" if healed else "open"
            if before == "resolved":
                state = "resolved"
            detail = msgspec.json.encode(finding.detail).decode()[:MOST_DETAIL_CHARS]
            if before is None:
                new.append(
                    {
                        "kind": finding.kind, "refs": finding.refs, "state": state, "detail": detail,
                        "first_ms": tx.now_ms, "last_ms": tx.now_ms, "resolved_by": "", "resolution": "",
                    }
                )  # fmt: skip
            else:
                named = {"by_kind": finding.kind, "by_refs": finding.refs, "now_ms": tx.now_ms}
                old.append({**named, "new_state": state, "new_detail": detail})
        _ADD.many(tx, new)
        _TOUCH.many(tx, old)

    def unseen(self, tx: Tx, kinds: Sequence[str], before_ms: int) -> int:
        """See Breaks."""
        return _UNSEEN.one(tx, {"kinds": list(kinds), "before_ms": before_ms})

    def healed(self, tx: Tx, ids: Sequence[int]) -> None:
        """See Breaks."""
        if ids:
            _HEALED.one(tx, {"ids": list(ids), "now_ms": tx.now_ms})

    def listed(self, tx: Tx, state: str, after: tuple[int, int], most: int) -> Sequence[Break]:
        """See Breaks."""
        asked: dict[str, Any] = {"rank": after[0], "place": after[1], "most": most}
        rows = _LIST_STATE.all(tx, {**asked, "by_state": state}) if state else _LIST.all(tx, asked)
        return [_break(row) for row in rows]

    def open_of(self, tx: Tx, kinds: Sequence[str], after: int, most: int) -> Sequence[Break]:
        """See Breaks."""
        return [_break(row) for row in _OPEN_OF.all(tx, {"kinds": list(kinds), "after": after, "most": most})]

    def one(self, tx: Tx, break_id: int) -> Break | None:
        """See Breaks."""
        row = _ONE.first(tx, {"by_id": break_id})
        return _break(row) if row is not None else None

    def resolve(self, tx: Tx, break_id: int, actor: str, reason: str) -> bool:
        """See Breaks."""
        return _RESOLVE.one(tx, {"by_id": break_id, "actor": actor, "reason": reason}) == 1

    def open_count(self, tx: Tx) -> int:
        """See Breaks."""
        row = _COUNT.first(tx)
        return int(row[0]) if row is not None else 0

    # ---- progress

    def slot(self, tx: Tx, span: str) -> Slot:
        """See Slots."""
        row = _SLOT.first(tx, {"by_span": span})
        if row is None:
            slot = Slot(span, 0, 0, 0, 0, 0, 0)
            _ADD_SLOT.one(tx, {**msgspec.structs.asdict(slot), "last": ""})
            return slot
        return Slot(*row)

    def take(self, tx: Tx, slot: Slot, until_ms: int) -> Slot | None:
        """See Slots."""
        row = {"by_span": slot.span, "by_turn": slot.turn, "until_ms": until_ms}
        window = {"new_from": slot.from_ms, "new_to": slot.to_ms, "new_at": slot.at_ms}
        if _TAKE.one(tx, {**row, **window}) != 1:
            return None
        return msgspec.structs.replace(slot, turn=slot.turn + 1, busy_ms=until_ms)

    def advance(self, tx: Tx, slot: Slot, at_ms: int, until_ms: int) -> bool:
        """See Slots."""
        named = {"by_span": slot.span, "by_turn": slot.turn}
        return _ON.one(tx, {**named, "new_at": at_ms, "until_ms": until_ms}) == 1

    def finish(self, tx: Tx, slot: Slot, next_ms: int, report: bytes) -> bool:
        """See Slots."""
        named = {"by_span": slot.span, "by_turn": slot.turn}
        return _DONE.one(tx, {**named, "next_ms": next_ms, "report": report.decode()}) == 1


def _there(tx: Tx, findings: Sequence[Finding]) -> dict[tuple[str, str], str]:
    """The states of what is kept about these."""
    refs = sorted({finding.refs for finding in findings})
    return {(row[0], row[1]): row[2] for row in _THESE.all(tx, {"refs": refs})} if refs else {}


def _break(row: Row) -> Break:
    return Break(
        id=row[0], kind=row[1], refs=row[2], state=row[3], detail=row[4], first_ms=row[5], last_ms=row[6],
        resolved_by=row[7], resolution=row[8],
    )  # fmt: skip
