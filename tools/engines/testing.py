"""`python -m tools.engines.testing mysql mariadb`: start them on fresh data, run the tests that need them, stop them.

What is named and does not start fails the run. Fetched servers are kept between runs (HAAT_ENGINES_CACHE).
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tools.engines.__main__ import CACHE, ENGINES, ROOT
from tools.engines.engine import CannotStart
from tools.engines.keeping import Keeper


def main(names: list[str]) -> int:
    """The exit code of the tests; 1 when an engine is not to be had."""
    unknown = [name for name in names if name not in ENGINES]
    if unknown or not names:
        print(f"Name engines of {', '.join(ENGINES)}.", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(prefix="haat-engines-") as folder:
        keeper = Keeper(Path(folder), CACHE)
        try:
            urls = {
                f"HAAT_TEST_{name.upper()}_URL": ENGINES[name].server_url(keeper.up(ENGINES[name])) for name in names
            }
            given = {**os.environ, **urls, "HAAT_TEST_ENGINES": ",".join(names)}
            command = [sys.executable, "-m", "pytest", "-q", "tests", "-m", "engine", "-n", "2"]
            return subprocess.run([*command, "--dist", "worksteal"], cwd=ROOT, env=given, check=False).returncode
        except CannotStart as error:
            print(error, file=sys.stderr)
            return 1
        finally:
            for name in names:
                keeper.down(ENGINES[name])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
