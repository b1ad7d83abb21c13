"""What every test may use: a clock that moves by hand, seeded ids, and the folder of real data."""

import gc
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from haat.engines.system import SeededIds
from haat.http import shedding
from tests.sql import CHOSEN, SQL

settings.register_profile("haat", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("haat")

LOOKS = shedding.LOOKS
shedding.LOOKS = 1 << 30  # type: ignore[misc]  # a Final of the module
"""A machine that is busy with other tests is no overload: the lateness of a loop in this process counts in tests of it
only, which use the real number."""

OTHERS = {"browser": "make e2e", "fault": "make faults", "fuzz": "make fuzz"}
"""Tests that run when they are asked for, and who asks."""
NOON_MS = 1_795_329_000_000  # Sun, 22 Nov 2026, 12:00 in Kolkata


class ManualClock:
    """A clock that stands until a test moves it."""

    def __init__(self, now_ms: int = NOON_MS) -> None:
        self._now_ms = now_ms
        self._monotonic_s = 1_000.0

    def now_ms(self) -> int:
        return self._now_ms

    def monotonic_s(self) -> float:
        return self._monotonic_s

    def advance(self, seconds: float) -> None:
        self._now_ms += round(seconds * 1000)
        self._monotonic_s += seconds

    def set(self, now_ms: int) -> None:
        self._now_ms = now_ms


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def ids(clock: ManualClock) -> SeededIds:
    return SeededIds(7, clock)


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder of real catalogues. Named but missing fails."""
    folder = Path(os.environ["HAAT_TEST_DATA"])
    assert folder.is_dir(), f"HAAT_TEST_DATA names {folder}, which is not a folder"
    return folder


@pytest.fixture(autouse=True)
def _databases_given_back() -> Iterator[None]:
    """Databases that a test left closed are emptied for the next one."""
    yield
    SQL.release()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Tests of OTHERS run when asked for, data tests where the data is named; what is left out is said.

    Last, so that what is long comes first whatever the order of the rest.
    """
    chosen = config.getoption("markexpr") or ""
    out: dict[str, list[pytest.Item]] = {}
    kept: list[pytest.Item] = []
    for item in items:
        reason = ""
        if item.get_closest_marker("data") and not os.environ.get("HAAT_TEST_DATA"):
            reason = "data (set HAAT_TEST_DATA to the folder of real catalogues)"
        for name, target in OTHERS.items():
            if item.get_closest_marker(name) and name not in chosen:
                reason = f"{name} ({target})"
        there = os.environ.get("HAAT_TEST_ENGINES", "").split(",")
        wanted = [name for marker in item.iter_markers("engine") for name in marker.args]
        if missing := sorted(set(wanted) - set(there)):
            reason = f"{', '.join(missing)} (make test-engines)"
        if item.get_closest_marker("sqlite") and CHOSEN != "sqlite":
            reason = "sqlite itself"
        if item.get_closest_marker("server") and CHOSEN == "sqlite":
            reason = "SQL servers (make test-engines)"
        if reason:
            out.setdefault(reason, []).append(item)
        else:
            kept.append(item)
    if out:
        config.hook.pytest_deselected(items=[item for group in out.values() for item in group])
        config.stash[_LEFT_OUT] = {reason: len(group) for reason, group in out.items()}
        items[:] = kept
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


def pytest_collection_finish() -> None:
    """What is imported and collected stays to the end: the garbage collector need not look through it again."""
    gc.collect()
    gc.freeze()


_LEFT_OUT = pytest.StashKey[dict[str, int]]()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    for reason, count in config.stash.get(_LEFT_OUT, {}).items():
        terminalreporter.write_line(f"not run here: {count} tests of {reason}")
