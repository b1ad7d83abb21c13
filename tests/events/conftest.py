"""The world of event tests, and what it logs."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import structlog
from structlog.testing import capture_logs
from structlog.typing import EventDict

from haat.events import behaviour, consume, jobs, relay
from tests.events.world import World, a_world


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with a_world(tmp_path) as world:
        yield world


@pytest.fixture(autouse=True)
def logs(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[EventDict]]:
    """What was logged, unrendered: tracebacks of parked events would take longer than all the tests.

    Loggers that other tests have used keep the processors of that moment, so each module gets a fresh one.
    """
    for module in (behaviour, consume, jobs, relay):
        monkeypatch.setattr(module, "_LOG", structlog.stdlib.get_logger(module.__name__))
    with capture_logs() as logs:
        yield logs
