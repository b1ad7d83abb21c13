"""A world on a fresh copy of the migrated orders database."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from haat.engines.system import SeededIds
from tests.conftest import ManualClock
from tests.migrated import migrated
from tests.orders.world import LINE, World


@pytest.fixture(scope="session")
def migrated_orders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database at its head, to be copied: migrating one per test would take most of the time."""
    path = tmp_path_factory.mktemp("orders") / "empty.db"
    return migrated(LINE, path)


@pytest.fixture
async def world(migrated_orders: Path, tmp_path: Path, clock: ManualClock, ids: SeededIds) -> AsyncIterator[World]:
    shutil.copy(migrated_orders, tmp_path / "orders.db")
    world = World(tmp_path / "orders.db", clock, ids)
    world.database.open()
    yield world
    world.database.close()
