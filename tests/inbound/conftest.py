"""The shop of these tests."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.conftest import ManualClock
from tests.inbound.shop import Shop, open_shop


@pytest.fixture
async def shop(tmp_path: Path, clock: ManualClock) -> AsyncIterator[Shop]:
    async with open_shop(tmp_path, clock) as one:
        yield one
