"""A child process of test_kill: reads a feed and ends like a kill at a chosen commit."""

import asyncio
import os
import sys
from pathlib import Path
from typing import Any

from haat.inbound.mapping import read_mapping
from tests.conftest import ManualClock
from tests.inbound.shop import MAPPINGS, open_shop


async def run(folder: Path, content: bytes, die_at: int, before: bool) -> None:
    async with open_shop(folder, ManualClock()) as shop:
        commit = shop.store.commit
        seen = 0

        async def fatal(*args: Any) -> Any:
            nonlocal seen
            seen += 1
            if seen == die_at and before:
                os._exit(9)
            counts = await commit(*args)
            if seen == die_at:
                os._exit(9)
            return counts

        shop.store.commit = fatal  # type: ignore[method-assign, assignment]  # where the process dies
        await shop.send(content, mapping=read_mapping((MAPPINGS / "kill.toml").read_bytes()))


if __name__ == "__main__":
    asyncio.run(run(Path(sys.argv[1]), Path(sys.argv[2]).read_bytes(), int(sys.argv[3]), sys.argv[4] == "before"))
