"""What tests of payments share."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from haat.engines.system import SeededIds
from tests.conftest import ManualClock
from tests.payments.rig import Rig, opened
from tests.payments.shop import Shop, open_shop


@pytest.fixture
async def rig(tmp_path: Path, clock: ManualClock, ids: SeededIds) -> AsyncIterator[Rig]:
    async with opened(tmp_path, clock, ids) as rig:
        yield rig


@pytest.fixture
async def shop(tmp_path: Path, clock: ManualClock, ids: SeededIds) -> AsyncIterator[Shop]:
    async with open_shop(tmp_path, clock, ids) as shop:
        yield shop
