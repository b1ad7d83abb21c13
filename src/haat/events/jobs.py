"""Runs delayed jobs: each at least once, not before its moment, tried again when it fails, parked after ten tries.

A job is taken under a lease and given up before the lease ends, so no two workers are at one job unless a process hangs
for that long. Handlers must be idempotent all the same: a worker may die between the work and forgetting the job.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final

import structlog

from haat.engines.sql import Database, Tx
from haat.engines.sql.jobs import Job, again, due, finish, take_due
from haat.errors import HaatError
from haat.events.backoff import Backoff, pause
from haat.events.parking import reason_of
from haat.events.wake import Wake

Handler = Callable[[str], Awaitable[None]]
"""Does the work of one kind for a key. Returning forgets the job; raising tries it again later. A handler that is to be
called again for its own reasons plans itself anew (haat.engines.sql.jobs.plan) in a unit of its own.
"""

TRIES: Final = 10
LEASE_MS: Final = 60_000
DEADLINE_S: Final = 45.0  # a try that takes longer has failed, well before another worker may begin
FIRST_RETRY_S: Final = 5.0
MOST_RETRY_S: Final = 1_800.0  # ten tries outlast a gateway that is away for twenty minutes, by the mean of the jitter
AT_ONCE: Final = 8
POLL_S: Final = 1.0

_LOG: Final = structlog.stdlib.get_logger("haat.events.jobs")


class RunJobs:
    """The jobs of one database whose kinds have a handler here; others are left to processes that know them.

    `backoff` is for a database that is away; the tries of a job are spread by its jitter over up to three quarters of
    an hour.
    """

    def __init__(
        self,
        database: Database,
        handlers: Mapping[str, Handler],
        backoff: Backoff,
        *,
        at_once: int = AT_ONCE,
        tries: int = TRIES,
        poll_s: float = POLL_S,
        lease_ms: int = LEASE_MS,
        deadline_s: float = DEADLINE_S,
    ) -> None:
        self._database = database
        self._handlers = dict(handlers)
        self._backoff = backoff
        self._retries = Backoff(backoff.jitter, FIRST_RETRY_S, MOST_RETRY_S)
        self._at_once = at_once
        self._tries = tries
        self._poll_s = poll_s
        self._lease_ms = lease_ms
        self._deadline_s = deadline_s
        self._wake = Wake()

    def notify(self) -> None:
        """Look now instead of at the next poll. Callable from any thread."""
        self._wake.notify()

    async def run(self, stop: asyncio.Event) -> None:
        """Until stopped; what is at hand then is finished. A database that is away is met again later."""
        async with asyncio.TaskGroup() as group:
            stopping = group.create_task(self._wait_for(stop))
            running: set[asyncio.Task[None]] = set()
            failures = 0
            while not stop.is_set():
                self._wake.arm()
                free = self._at_once - len(running)
                try:
                    jobs = await self._take(free)
                except HaatError as error:
                    _LOG.warning("jobs wait for their database", error=str(error))
                    await pause(stop, self._backoff.pause_s(failures))
                    failures += 1
                    continue
                failures = 0
                for job in jobs:
                    task = group.create_task(self._try(job))
                    running.add(task)
                    task.add_done_callback(running.discard)
                    task.add_done_callback(lambda _: self.notify())
                if (len(jobs) == free and free) or stop.is_set():
                    continue
                await self._wake.wait(self._poll_s)
            stopping.cancel()

    async def step(self) -> int:
        """Run everything that is due, also what becomes due by it; how many tries that were. Raises: Unavailable."""
        total = 0
        while jobs := await self._take(self._at_once):
            await asyncio.gather(*(self._try(job) for job in jobs))
            total += len(jobs)
        return total

    async def _wait_for(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self.notify()

    async def _take(self, most: int) -> Sequence[Job]:
        """Jobs to do now. A look costs no transaction while nothing is due."""
        kinds = tuple(self._handlers)
        if most <= 0 or not kinds:
            return ()

        def something_due(tx: Tx) -> bool:
            return due(tx, kinds)

        def take_jobs(tx: Tx) -> list[Job]:
            return take_due(tx, kinds, most, self._lease_ms)

        if not await self._database.read(something_due, brief=True):
            return ()
        return await self._database.transact(take_jobs)

    async def _try(self, job: Job) -> None:
        """One try, and what follows from it. If that cannot be written, the lease gives the job back."""

        def finish_job(tx: Tx) -> bool:
            return finish(tx, job)

        try:
            reason = await self._failure(job)
            if reason is None:
                await self._database.transact(finish_job)
            else:
                await self._later(job, reason)
        except HaatError as error:
            _LOG.warning("the end of a job is not known", kind=job.kind, key=job.key, error=str(error))

    async def _failure(self, job: Job) -> str | None:
        """Do the work; why it failed, or None."""
        deadline = asyncio.timeout(self._deadline_s)
        try:
            async with deadline:
                await self._handlers[job.kind](job.key)
        except TimeoutError as error:
            return f"not done within {self._deadline_s:g} s" if deadline.expired() else ": ".join(reason_of(error))
        except HaatError as error:
            return ": ".join(reason_of(error))
        except Exception as error:  # a bug in one handler: its job is parked in the end, the others go on
            _LOG.exception("a job's handler is broken", kind=job.kind, key=job.key)
            return ": ".join(reason_of(error))
        return None

    async def _later(self, job: Job, reason: str) -> None:
        park = job.tries >= self._tries
        wait_ms = 1 + round(self._retries.pause_s(job.tries - 1) * 1000)

        def retry_job(tx: Tx) -> bool:
            return again(tx, job, tx.now_ms + wait_ms, reason, park=park)

        kept = await self._database.transact(retry_job)
        if park and kept:
            _LOG.error("a job is parked", kind=job.kind, key=job.key, tries=job.tries, reason=reason)
        else:
            _LOG.warning("a job failed", kind=job.kind, key=job.key, tries=job.tries, reason=reason)
