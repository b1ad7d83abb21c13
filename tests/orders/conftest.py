"""A world on an empty orders database."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from haat.engines.system import SeededIds
from tests.conftest import ManualClock
from tests.orders.world import World


@pytest.fixture
async def world(tmp_path: Path, clock: ManualClock, ids: SeededIds) -> AsyncIterator[World]:
    world = World(tmp_path / "orders.db", clock, ids)
    world.database.open()
    yield world
    world.database.close()
