"""Runs the checks."""

from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter_ns
from typing import Final

from haat_verify import prepare
from haat_verify.check import Check
from haat_verify.checks import CHECKS
from haat_verify.connect import CannotRead, Row, Snapshot, snapshot
from haat_verify.copy import copied
from haat_verify.log import copied_log
from haat_verify.report import Found, Report

__all__ = ["CannotRead", "Paths", "verify"]

SHOWN: Final = 20  # breaks told of one check; all are counted
DAY_MS: Final = 86_400_000
OUTBOX_KEPT_MS: Final = 7 * DAY_MS - 600_000  # sent rows are forgotten after a week; not to the minute
LOG_KEPT_MS: Final = 30 * DAY_MS - 600_000

_COUNTED: Final = ("orders", "payment", "refund", "hold", "movement", "ledger", "outbox")


@dataclass(frozen=True, slots=True)
class Paths:
    """Where the databases are. What is not given is not looked at, and the report says so."""

    orders: Path | str  # a SQLite file, or the URL of a server's database
    gateway: Path | None = None
    events: Path | str | None = None  # a SQLite log's file, or kafka://…
    parked: Path | str | None = None  # where events are parked, if that is not the log's own file


def verify(paths: Paths, drained: bool = False, *, now_ms: int | None = None, shown: int = SHOWN) -> Report:
    """Look at everything and change nothing. A running shop may go on meanwhile.

    `drained` says that the shop is at rest: no request, no event and no timer has work left, so that what is under way
    is stuck. Otherwise only what holds at every moment is looked at. `now_ms`: the time by which deadlines are held, if
    the shop's clock is not the machine's.

    Raises: CannotRead. Cost: some two minutes on two cores for a million orders; a server's rows are copied before.
    """
    with ExitStack() as stack:
        files, then_ms = _brought(stack, paths, drained)
        return _verified(files, drained, then_ms if now_ms is None else now_ms, shown)


@dataclass(frozen=True, slots=True)
class _Files:
    """Where everything lies once it is at one place."""

    orders: Path
    gateway: Path | None
    events: Path | None
    parked: Path | None


def _brought(stack: ExitStack, paths: Paths, drained: bool) -> tuple[_Files, int | None]:
    """Files of all that will be looked at, and the moment of the orders where their server says it."""
    orders, events, parked, then_ms = paths.orders, paths.events, paths.parked, None
    if parked is None and not isinstance(events, str):
        parked = events
    if isinstance(orders, str):
        orders, then_ms = stack.enter_context(copied(orders))
    if isinstance(events, str):
        events = stack.enter_context(copied_log(events)) if drained else None
    if isinstance(parked, str):
        parked = stack.enter_context(copied(parked))[0] if drained else None
    return _Files(orders, paths.gateway, events, parked), then_ms


def _verified(paths: _Files, drained: bool, now_ms: int | None, shown: int) -> Report:
    began = perf_counter_ns()
    # A database of parked events has a log's empty tables too: the log itself comes before it.
    others = [one for one in dict.fromkeys((paths.gateway, paths.events, paths.parked)) if one and drained]
    left_out = {check.name: why for check in CHECKS if (why := _why_not(check, paths, drained))}
    asked = [check for check in CHECKS if check.name not in left_out]
    # Two at once, each at a moment of its own: every check is whole by itself. SQLite works outside Python's lock.
    with (
        snapshot(paths.orders, *others) as first,
        snapshot(paths.orders) as second,
        ThreadPoolExecutor(max_workers=1) as beside,
    ):
        now = now_ms if now_ms is not None else _now_ms(first)
        free = deque(check for check in asked if not check.sums)  # whoever has time takes the next
        plain = beside.submit(_run, second, free, now, shown)
        counts = {table: int(first.one(f"SELECT COUNT(*) FROM {table}")[0]) for table in _COUNTED}  # noqa: S608
        prepare.sums(first)
        if drained and paths.gateway:
            prepare.of_gateway(first)
        if drained and paths.events:
            prepare.of_log(first)
        if drained and paths.parked:
            prepare.of_parked(first)
        found = _run(first, deque(check for check in asked if check.sums), now, shown)
        found |= _run(first, free, now, shown) | plain.result()
    return Report(drained, now, counts, [found[check.name] for check in asked], left_out, _ms_since(began))


def _run(orders: Snapshot, checks: deque[Check], now_ms: int, shown: int) -> dict[str, Found]:
    """Take checks off the front until there are none; another thread may do the same."""
    found: dict[str, Found] = {}
    while True:
        try:
            check = checks.popleft()
        except IndexError:
            return found
        found[check.name] = _look(orders, check, now_ms, shown)


def _look(orders: Snapshot, check: Check, now_ms: int, shown: int) -> Found:
    began = perf_counter_ns()
    columns, rows = orders.rows(
        check.sql, now_ms=now_ms, outbox_from_ms=now_ms - OUTBOX_KEPT_MS, log_from_ms=now_ms - LOG_KEPT_MS
    )
    first = [dict(zip(columns, row, strict=True)) for row in _take(rows, shown)]
    total = len(first) + sum(1 for _ in rows)
    return Found(check.name, check.invariant, check.says, total, first, _ms_since(began))


def _why_not(check: Check, paths: _Files, drained: bool) -> str:
    if not check.online and not drained:
        return "only of a shop at rest"
    if check.needs == "gateway" and not paths.gateway:
        return "no gateway database was given"
    if check.needs == "log" and not paths.events:
        return "no event log was given"
    if check.needs == "parked" and not paths.parked:
        return "no database of parked events was given"
    return ""


def _take(rows: Iterator[Row], most: int) -> Iterator[Row]:
    for _ in range(most):
        row = next(rows, None)
        if row is None:
            return
        yield row


def _now_ms(orders: Snapshot) -> int:
    """The database's clock."""
    return int(orders.one("SELECT CAST((JULIANDAY('now') - 2440587.5) * 86400000 AS INTEGER)")[0])


def _ms_since(began_ns: int) -> int:
    return (perf_counter_ns() - began_ns) // 1_000_000
