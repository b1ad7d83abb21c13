"""Servers that belong to one test, so that it may kill them. They lie where tests keep what is short-lived."""

import subprocess
import sys
from pathlib import Path

from tools.engines.__main__ import CACHE, ENGINES, ROOT
from tools.engines.keeping import Keeper


class Server:
    """One engine with the settings that `make engines` gives it, its data in this folder."""

    def __init__(self, folder: Path, name: str) -> None:
        self.folder = folder
        self.keeper, self.engine = Keeper(folder, CACHE), ENGINES[name]
        self.up()
        there = self.keeper.status(self.engine)
        assert there is not None
        self.url = self.engine.server_url(there[0])

    def up(self) -> None:
        """Start it, by the tool's own process, as people do: the server is no child of the tests."""
        command = [sys.executable, "-m", "tools.engines", "up", self.engine.name, "--dir", str(self.folder)]
        subprocess.run(command, cwd=ROOT, check=True, capture_output=True)

    def kill(self) -> None:
        """As a crash: SIGKILL. `up` starts it again on the same port and data."""
        self.keeper.kill(self.engine)

    def down(self) -> None:
        """Stop it in good order."""
        self.keeper.down(self.engine)
