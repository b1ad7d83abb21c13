"""Jobs that were given up after their last try: the operator sees why, and runs one again."""

import msgspec
from litestar import Router, get, post
from litestar.params import FromPath

from haat.engines.sql import Database, Tx
from haat.engines.sql.jobs import Parked, parked, revive
from haat.errors import NotFound
from haat.events.envelope import rfc3339
from haat.http.identity import needs_operator

MOST_SHOWN = 200


class NoSuchJob(NotFound):
    """No parked job has this kind and key: it may be running again already."""

    code, title = "no-such-job", "There is no such parked job"


class JobView(msgspec.Struct, frozen=True):
    """A job that waits for a person."""

    kind: str
    key: str
    tries: int
    planned_at: str
    error: str


class JobList(msgspec.Struct, frozen=True):
    """The oldest parked jobs."""

    jobs: list[JobView]


def job_routes(database: Database) -> Router:
    """/admin/jobs."""

    @get("/jobs", summary="Jobs that were given up, the oldest first")
    async def list_jobs() -> JobList:
        def read_parked(tx: Tx) -> list[Parked]:
            return parked(tx, MOST_SHOWN)

        found = await database.read(read_parked)
        return JobList([JobView(j.kind, j.key, j.tries, rfc3339(j.planned_ms), j.error) for j in found])

    @post("/jobs/{kind:str}/{key:str}/run", summary="Run a parked job again", status_code=202)
    async def run_job(kind: FromPath[str], key: FromPath[str]) -> None:
        def revive_job(tx: Tx) -> bool:
            return revive(tx, kind, key)

        if not await database.transact(revive_job):
            raise NoSuchJob

    return Router("/admin", route_handlers=[list_jobs, run_job], guards=[needs_operator], tags=["operator"])
