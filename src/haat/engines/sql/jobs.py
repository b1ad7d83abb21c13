"""Delayed jobs as a table: what is to be done not before a moment, at least once, by whoever comes first.

A job is named by its kind and a key, so that planning it twice plans it once. It is taken for a while by moving
`run_ms` on under a compare-and-set on `turn`: a worker that dies gives it back by doing nothing, and one whose job was
planned anew or taken by another meanwhile can no longer end it.
"""

import random
from collections.abc import Sequence
from typing import Final, NamedTuple

from sqlalchemy import (
    BigInteger,
    BindParameter,
    Column,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    bindparam,
    delete,
    insert,
    select,
    update,
)

from haat.engines.sql.ports import Tx
from haat.engines.sql.statement import Statement

ERROR_CHARS: Final = 400


def job_table(metadata: MetaData) -> Table:
    """The table's shape, for a context's metadata (tables.py); a migration of its line writes the same."""
    return Table(
        "job",
        metadata,
        Column("kind", String(32), primary_key=True),
        Column("key", String(80), primary_key=True),
        Column("state", String(8), nullable=False),  # waiting, parked
        Column("run_ms", BigInteger, nullable=False),  # not before
        Column("tries", Integer, nullable=False),  # since it was planned
        Column("turn", BigInteger, nullable=False, server_default="0"),  # moves with every change: who has it
        Column("planned_ms", BigInteger, nullable=False),
        Column("error", String(ERROR_CHARS), nullable=False),  # of the last try
        Index("job_due", "state", "run_ms"),
    )


class Job(NamedTuple):
    """A job at hand."""

    kind: str
    key: str
    tries: int  # with this one
    planned_ms: int
    turn: int


class Parked(NamedTuple):
    """A job that was tried often enough and waits for a person."""

    kind: str
    key: str
    tries: int
    planned_ms: int
    error: str


_JOB: Final = job_table(MetaData())
_IS = (_JOB.c.kind == bindparam("by_kind"), _JOB.c.key == bindparam("by_key"))
_NEXT = _JOB.c.turn + 1
_ANEW: Final = Statement(
    update(_JOB)
    .where(*_IS)
    .values(state="waiting", run_ms=bindparam("at_ms"), planned_ms=bindparam("now_ms"), tries=0, error="", turn=_NEXT)
)
_THERE: Final = Statement(select(_JOB.c.run_ms).where(*_IS).with_for_update())
_PLAN: Final = Statement(insert(_JOB), "kind", "key", "state", "run_ms", "tries", "turn", "planned_ms", "error")
_KINDS: BindParameter[str] = bindparam("kinds", expanding=True)
_IS_DUE = (_JOB.c.state == "waiting", _JOB.c.run_ms <= bindparam("now_ms"), _JOB.c.kind.in_(_KINDS))
_DUE: Final = Statement(  # where rows can be locked, those that another worker is taking now are passed over
    select(_JOB.c.kind, _JOB.c.key, _JOB.c.tries, _JOB.c.planned_ms, _JOB.c.turn)
    .where(*_IS_DUE)
    .order_by(_JOB.c.run_ms, _JOB.c.kind, _JOB.c.key)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
_ANY_DUE: Final = Statement(select(_JOB.c.key).where(*_IS_DUE).limit(1))
_MINE = (*_IS, _JOB.c.turn == bindparam("by_turn"))
_TAKE: Final = Statement(
    update(_JOB).where(*_MINE).values(tries=_JOB.c.tries + 1, turn=_NEXT, run_ms=bindparam("until_ms"))
)
_DONE: Final = Statement(delete(_JOB).where(*_MINE))
_DROP: Final = Statement(delete(_JOB).where(*_IS))
_AGAIN: Final = Statement(
    update(_JOB)
    .where(*_MINE)
    .values(state=bindparam("new_state"), run_ms=bindparam("at_ms"), error=bindparam("why"), turn=_NEXT)
)
_PARKED: Final = Statement(
    select(_JOB.c.kind, _JOB.c.key, _JOB.c.tries, _JOB.c.planned_ms, _JOB.c.error)
    .where(_JOB.c.state == "parked")
    .order_by(_JOB.c.planned_ms, _JOB.c.kind, _JOB.c.key)
    .limit(bindparam("most"))
)
_REVIVE: Final = Statement(
    update(_JOB)
    .where(*_IS, _JOB.c.state == "parked")
    .values(state="waiting", tries=0, turn=_NEXT, run_ms=bindparam("at_ms"))
)


def plan(tx: Tx, kind: str, key: str, run_ms: int) -> None:
    """See that this job runs not before `run_ms`; one that is there already begins anew. At most two statements."""
    named = {"by_kind": kind, "by_key": key}
    if _THERE.first(tx, named) is not None:
        _ANEW.one(tx, {**named, "at_ms": run_ms, "now_ms": tx.now_ms})
        return
    add(tx, kind, key, run_ms)


def add(tx: Tx, kind: str, key: str, run_ms: int) -> None:
    """Plan a job whose key is new in this very unit. One statement. Raises: Refused when it is there."""
    # A job that is done leaves no trace: one of the same key must not begin where a late worker of that one may stand.
    turn = random.getrandbits(62)
    row = {"kind": kind, "key": key, "state": "waiting", "run_ms": run_ms, "tries": 0, "turn": turn}
    _PLAN.one(tx, {**row, "planned_ms": tx.now_ms, "error": ""})


def drop(tx: Tx, kind: str, key: str) -> bool:
    """There is nothing left to do: forget the job, whoever has it; whether there was one. One statement."""
    return _DROP.one(tx, {"by_kind": kind, "by_key": key}) == 1


def due(tx: Tx, kinds: Sequence[str]) -> bool:
    """Whether a job of these kinds is due. One statement, for a reading unit."""
    return _ANY_DUE.first(tx, {"now_ms": tx.now_ms, "kinds": list(kinds)}) is not None


def take_due(tx: Tx, kinds: Sequence[str], most: int, lease_ms: int) -> list[Job]:
    """Up to `most` jobs of these kinds that are due, taken by this caller for `lease_ms`. At most 1 + `most`
    statements.
    """
    taken = []
    for kind, key, tries, planned_ms, turn in _DUE.all(tx, {"now_ms": tx.now_ms, "kinds": list(kinds), "most": most}):
        named = {"by_kind": kind, "by_key": key, "by_turn": turn, "until_ms": tx.now_ms + lease_ms}
        if _TAKE.one(tx, named):
            taken.append(Job(kind, key, tries + 1, planned_ms, turn + 1))
    return taken


def finish(tx: Tx, job: Job) -> bool:
    """Forget a job that is done; False if it was planned anew or someone else has it by now. One statement."""
    return _DONE.one(tx, {"by_kind": job.kind, "by_key": job.key, "by_turn": job.turn}) == 1


def again(tx: Tx, job: Job, run_ms: int, error: str, *, park: bool = False) -> bool:
    """Try a job later, or let it wait for a person; False as for `finish`. One statement."""
    named = {"by_kind": job.kind, "by_key": job.key, "by_turn": job.turn, "at_ms": run_ms, "why": error[:ERROR_CHARS]}
    return _AGAIN.one(tx, {**named, "new_state": "parked" if park else "waiting"}) == 1


def parked(tx: Tx, most: int) -> list[Parked]:
    """The jobs that wait for a person, the oldest first."""
    return [Parked(*row) for row in _PARKED.all(tx, {"most": most})]


def revive(tx: Tx, kind: str, key: str) -> bool:
    """Run a parked job again now; whether there was one."""
    return _REVIVE.one(tx, {"by_kind": kind, "by_key": key, "at_ms": tx.now_ms}) == 1
