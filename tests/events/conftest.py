"""The world of event tests."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.events.world import World, a_world


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with a_world(tmp_path) as world:
        yield world
