"""`haat` in processes that need no start: one process imports everything and forks for each command.

Importing takes longer than what most commands do. A forked command is a process like any other: its own environment,
descriptors, threads, exit code and end. What starting itself does is tried with whole processes (process.py).
"""

import gc
import importlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO

from tests.cli.process import environment

ROOT = Path(__file__).parent.parent.parent


class Forks:
    """Runs commands as `process.haat` does."""

    def __init__(self, asked: IO[str], answers: IO[str], scratch: Path) -> None:
        self._asked, self._answers, self._scratch = asked, answers, scratch

    def __call__(self, folder: Path, *arguments: str, **more: str) -> "subprocess.CompletedProcess[str]":
        """Run a command to its end."""
        out, err = self._scratch / "out", self._scratch / "err"
        self._asked.write(json.dumps([arguments, environment(folder, **more), str(out), str(err)]) + "\n")
        self._asked.flush()
        code = self._answers.readline()
        assert code, "the process that forks has ended"
        return subprocess.CompletedProcess(list(arguments), int(code), out.read_text("utf-8"), err.read_text("utf-8"))


@contextmanager
def forks() -> Iterator[Forks]:
    """The process that forks, ended when nothing more is asked."""
    command = [sys.executable, "-m", "tests.cli.forked"]
    with (
        TemporaryDirectory() as scratch,
        subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
        ) as process,
    ):
        assert process.stdin is not None
        assert process.stdout is not None
        yield Forks(process.stdin, process.stdout, Path(scratch))
        process.stdin.close()
        assert process.wait(timeout=60) == 0


def _command(arguments: list[str], variables: dict[str, str], out: str, err: str) -> None:
    from haat import cli

    os.environ.clear()
    os.environ.update(variables)
    for path, number in ((os.devnull, 0), (out, 1), (err, 2)):
        opened = os.open(path, os.O_RDONLY if number == 0 else os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(opened, number)
        os.close(opened)
    sys.argv = ["haat", *arguments]
    cli.main()


def _main() -> None:
    for needed in ("haat.commands", "haat.order_commands", "alembic.command", "holidays.countries", "uvloop"):
        importlib.import_module(needed)
    gc.freeze()  # no command looks through what it was born with
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            _command(*json.loads(line))
            return
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


if __name__ == "__main__":
    _main()
