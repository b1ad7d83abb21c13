"""A child process of test_move: imports a shop and is killed when it comes to a part."""

import asyncio
import os
import signal
import sys
from pathlib import Path

from haat import moving_commands
from haat.moving.folder import Folder, PartHeld
from haat.moving.parts import Pages
from haat.settings import load


class Deadly(Folder):
    """A folder that kills its reader in the middle of a part, when it is written and not only checked."""

    part = ""
    readings = 0

    async def rows(self, held: PartHeld) -> Pages:
        if held.name == Deadly.part:
            Deadly.readings += 1
        async for page in super().rows(held):
            yield page
            if held.name == Deadly.part and Deadly.readings == 2:
                os.kill(os.getpid(), signal.SIGKILL)


def say(text: str) -> None:
    if text == Deadly.part:
        os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    data, exported, Deadly.part = sys.argv[1:]
    vars(moving_commands)["Folder"] = Deadly  # where the process dies
    settings = load({"HAAT_DATA_DIR": data})
    asyncio.run(moving_commands.import_shop(settings, Path(exported), as_json=True, say=say))
