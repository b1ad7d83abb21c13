"""Delayed jobs as a table: what is to be done not before a moment, at least once, by whoever comes first.

A job is named by its kind and a key, so that planning it twice plans it once. It is taken for a while by moving
`run_ms` on under a compare-and-set on `tries`: a worker that dies gives it back by doing nothing.
"""

from typing import Final, NamedTuple

from sqlalchemy import (
    BigInteger,
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


def job_table(metadata: MetaData) -> Table:
    """The table's shape, for a context's metadata (tables.py); a migration of its line writes the same."""
    return Table(
        "job",
        metadata,
        Column("kind", String(32), primary_key=True),
        Column("key", String(80), primary_key=True),
        Column("state", String(8), nullable=False),  # waiting, parked
        Column("run_ms", BigInteger, nullable=False),  # not before
        Column("tries", Integer, nullable=False),
        Column("planned_ms", BigInteger, nullable=False),
        Column("error", String(400), nullable=False),  # of the last try
        Index("job_due", "state", "run_ms"),
    )


class Job(NamedTuple):
    """A job at hand."""

    kind: str
    key: str
    tries: int  # with this one
    planned_ms: int


class Parked(NamedTuple):
    """A job that was tried often enough and waits for a person."""

    kind: str
    key: str
    tries: int
    planned_ms: int
    error: str


_JOB: Final = job_table(MetaData())
_IS = (_JOB.c.kind == bindparam("by_kind"), _JOB.c.key == bindparam("by_key"))
_EARLIER: Final = Statement(
    update(_JOB).where(*_IS).values(state="waiting", run_ms=bindparam("at_ms"), tries=0, error="")
)
_THERE: Final = Statement(select(_JOB.c.run_ms).where(*_IS).with_for_update())
_PLAN: Final = Statement(insert(_JOB), "kind", "key", "state", "run_ms", "tries", "planned_ms", "error")
_DUE: Final = Statement(
    select(_JOB.c.kind, _JOB.c.key, _JOB.c.tries, _JOB.c.planned_ms)
    .where(_JOB.c.state == "waiting", _JOB.c.run_ms <= bindparam("now_ms"))
    .order_by(_JOB.c.run_ms)
    .limit(bindparam("most"))
)
_TAKE: Final = Statement(
    update(_JOB)
    .where(*_IS, _JOB.c.state == "waiting", _JOB.c.tries == bindparam("tried"))
    .values(tries=_JOB.c.tries + 1, run_ms=bindparam("until_ms"))
)
_DONE: Final = Statement(delete(_JOB).where(*_IS, _JOB.c.tries == bindparam("tried")))
_DROP: Final = Statement(delete(_JOB).where(*_IS))
_AGAIN: Final = Statement(
    update(_JOB)
    .where(*_IS, _JOB.c.tries == bindparam("tried"))
    .values(state=bindparam("new_state"), run_ms=bindparam("at_ms"), error=bindparam("why"))
)
_PARKED: Final = Statement(
    select(_JOB.c.kind, _JOB.c.key, _JOB.c.tries, _JOB.c.planned_ms, _JOB.c.error)
    .where(_JOB.c.state == "parked")
    .order_by(_JOB.c.planned_ms, _JOB.c.kind, _JOB.c.key)
    .limit(bindparam("most"))
)
_REVIVE: Final = Statement(
    update(_JOB).where(*_IS, _JOB.c.state == "parked").values(state="waiting", tries=0, run_ms=bindparam("at_ms"))
)


def plan(tx: Tx, kind: str, key: str, run_ms: int) -> None:
    """See that this job runs not before `run_ms`; one that is there already begins anew. At most two statements."""
    named = {"by_kind": kind, "by_key": key}
    if _THERE.first(tx, named) is not None:
        _EARLIER.one(tx, {**named, "at_ms": run_ms})
        return
    add(tx, kind, key, run_ms)


def add(tx: Tx, kind: str, key: str, run_ms: int) -> None:
    """Plan a job whose key is new in this very unit. One statement. Raises: Refused when it is there."""
    row = {"kind": kind, "key": key, "state": "waiting", "run_ms": run_ms, "tries": 0}
    _PLAN.one(tx, {**row, "planned_ms": tx.now_ms, "error": ""})


def drop(tx: Tx, kind: str, key: str) -> bool:
    """There is nothing left to do: forget the job, whoever has it; whether there was one. One statement."""
    return _DROP.one(tx, {"by_kind": kind, "by_key": key}) == 1


def take_due(tx: Tx, most: int, lease_ms: int) -> list[Job]:
    """Up to `most` jobs that are due, taken by this caller for `lease_ms`. At most 1 + `most` statements."""
    taken = []
    for kind, key, tries, planned_ms in _DUE.all(tx, {"now_ms": tx.now_ms, "most": most}):
        named = {"by_kind": kind, "by_key": key, "tried": tries, "until_ms": tx.now_ms + lease_ms}
        if _TAKE.one(tx, named):
            taken.append(Job(kind, key, tries + 1, planned_ms))
    return taken


def finish(tx: Tx, job: Job) -> bool:
    """Forget a job that is done; False if someone else has it by now. One statement."""
    return _DONE.one(tx, {"by_kind": job.kind, "by_key": job.key, "tried": job.tries}) == 1


def again(tx: Tx, job: Job, run_ms: int, error: str, *, park: bool = False) -> None:
    """Try a job later, or let it wait for a person. One statement."""
    named = {"by_kind": job.kind, "by_key": job.key, "tried": job.tries, "at_ms": run_ms, "why": error[:400]}
    _AGAIN.one(tx, {**named, "new_state": "parked" if park else "waiting"})


def parked(tx: Tx, most: int) -> list[Parked]:
    """The jobs that wait for a person, the oldest first."""
    return [Parked(*row) for row in _PARKED.all(tx, {"most": most})]


def revive(tx: Tx, kind: str, key: str) -> bool:
    """Run a parked job again now; whether there was one."""
    return _REVIVE.one(tx, {"by_kind": kind, "by_key": key, "at_ms": tx.now_ms}) == 1
