"""What tests of payments share."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from haat.engines.system import SeededIds
from tests.conftest import ManualClock
from tests.payments.rig import Rig, opened


@pytest.fixture
async def rig(tmp_path: Path, clock: ManualClock, ids: SeededIds) -> AsyncIterator[Rig]:
    async with opened(tmp_path, clock, ids) as rig:
        yield rig
